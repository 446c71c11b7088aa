"""Which servers take mail for a domain (MX), by the command `dig` where there is one."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

# Returns the servers of a domain, the first choice first; None where nobody could be asked.
Lookup = Callable[[str], "tuple[str, ...] | None"]

_STATUS = re.compile(r"^;; ->>HEADER<<- .*\bstatus: (\w+)", re.MULTILINE)
_RECORD = re.compile(r"^\S+\s+\d+\s+IN\s+MX\s+(\d+)\s+(\S+?)\.?$", re.MULTILINE | re.IGNORECASE)
_KNOWN = ("NOERROR", "NXDOMAIN")  # any other answer is somebody's fault and says nothing of the domain


def receiving_host(region: str) -> str:
    """Return the name of the server by which SES takes mail in a region."""
    return f"inbound-smtp.{region}.amazonaws.com"


def servers_of(
    domain: str, run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run
) -> tuple[str, ...] | None:
    """Look up who takes a domain's mail; None without `dig` and without an answer."""
    asked = ["dig", "+time=3", "+tries=2", "MX", domain]
    try:
        done = run(asked, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    status = _STATUS.search(done.stdout)
    if done.returncode != 0 or status is None or status[1] not in _KNOWN:
        return None
    found = sorted((int(priority), server.lower()) for priority, server in _RECORD.findall(done.stdout))
    return tuple(server for _, server in found)
