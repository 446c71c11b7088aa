"""The referral directory, measured: `python -m bench.directory SERVICES=20000`.

So many invented services come in as one sheet, as a county's clerk would bring them; all pages of all
counties are made in ten languages, with the files for machines; then the HSDS function starts cold, and is
asked.

Each step is a process of its own. Pages are made as a publish makes them, in as many processes as there are
processors, and one in sixteen is looked over as a publish looks over all; nothing is written to a bucket.
Then one service of one county changes. The last line is one JSON object.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.kept_open import KeptOpen, http
from chalicelib.pages.page_files import HSDS

_DEFAULTS = {"SERVICES": 20_000}
_MARK = "0" * 20
_STARTS = 5
_OF_A_PUBLISH = (
    "import_s", "import_cpu_s", "pages", "publish_s", "publish_cpu_s", "plan_s", "pages_s", "page_ms",
    "findings",
    "edition_s", "edition_cpu_s", "edition_unchanged_s", "edition_bytes",
    "largest_page_bytes", "largest_english_bytes", "pages_over_budget",
    "change_s", "change_cpu_s", "change_units", "change_pages", "change_pages_s", "change_edition_s",
)  # fmt: skip


class Published:
    """A bucket with one edition of the services in it."""

    def __init__(self, folder: Path) -> None:
        self._files = {f"/{HSDS}{_MARK}/{path.name}": path.read_bytes() for path in folder.iterdir()}
        self._files["/current.json"] = json.dumps({"release": 1, "index": {"hsds": _MARK}}).encode()
        self._server = KeptOpen(self._respond)
        self.address = self._server.address

    def close(self) -> None:
        """Take no more connections."""
        self._server.close()

    def _respond(self, head: bytes, body: bytes) -> bytes:
        content = self._files.get(head.split(b" ")[1].decode("ascii"))
        return http("404 Not Found", b"") if content is None else http("200 OK", content)


def step(name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Do a step in a process of its own; return what it told, with its time."""
    say(name)
    began = time.monotonic()
    command = [sys.executable, "-m", "bench.directory_steps", name, *arguments]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})}, check=False
    )
    if done.returncode:
        raise SystemExit(f"bench: {name} failed")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**told, "seconds": time.monotonic() - began}


def measure(services: int) -> dict[str, Any]:
    """Return every figure."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="porchlight-directory-") as work:
        made = step("make", str(services), work)
        found = step("find")
        bucket = Published(Path(work, "edition"))
        told = {"PORCHLIGHT_FUNCTION": "hsds", "PAGES_URL": bucket.address, "PORCHLIGHT_PAGES": "live"}
        try:
            cold = [step("start", environment=told) for _ in range(_STARTS)]
            asked = step("ask", environment=told)
        finally:
            bucket.close()
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "services": made["services"],
        "load_before": round(load, 2),
        "processors": os.cpu_count(),
        **{name: made[name] for name in _OF_A_PUBLISH},
        "publish_rss_mb": made["rss_mb"],
        "find_us_p50": found["find_us_p50"],
        "hsds_ms_p50": asked["p50"],
        "hsds_ms_p95": asked["p95"],
        "hsds_ms_by_kind": asked["by_kind"],
        "cold_ms": round(statistics.median(one["seconds"] for one in cold) * 1000),
        "cold_start_ms": round(statistics.median(one["start_ms"] for one in cold)),
        "max_rss_mb": max(one["rss_mb"] for one in (*cold, asked)),
    }


def wanted(arguments: Sequence[str]) -> dict[str, int]:
    """Read SERVICES=NUMBER. Raises SystemExit."""
    found = dict(_DEFAULTS)
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name not in found or not (value.isascii() and value.isdecimal() and int(value)):
            raise SystemExit("usage: python -m bench.directory SERVICES=20000")
        found[name] = int(value)
    return found


def say(text: str) -> None:
    """Tell whoever waits."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    print(json.dumps(measure(wanted(sys.argv[1:])["SERVICES"])))
