"""The site, run for as long as somebody looks at it: what `make run` starts, on any free ports."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
_READY = re.compile(
    r"the site is at (http://127\.0\.0\.1:\d+)/ and the mailroom at (http://127\.0\.0\.1:\d+)/"
)


class DidNotStart(Exception):
    """The site ended before it was ready; the text is what it said last."""


@contextmanager
def running_site(deliver_every: float = 1) -> Iterator[str]:
    """Run the whole site beside this process and give its address. Raises DidNotStart."""
    with running_site_and_mailroom(deliver_every) as (site, _):
        yield site


@contextmanager
def running_site_and_mailroom(deliver_every: float = 1) -> Iterator[tuple[str, str]]:
    """Run the whole site and give its address and the mailroom's. Raises DidNotStart."""
    environment = {**os.environ, "PORT": "0", "MAILROOM_PORT": "0", "DELIVER_EVERY": str(deliver_every)}
    environment.pop("MAKELEVEL", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.local.run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        assert process.stdout is not None  # noqa: S101 (for the type checker)
        try:
            yield _addresses(process.stdout)
        finally:
            process.terminate()


def _addresses(output: IO[str]) -> tuple[str, str]:
    last: deque[str] = deque(maxlen=5)
    for line in output:
        last.append(line.strip())
        if ready := _READY.search(line):
            # It tells of every request; a pipe that nobody empties would make it wait.
            threading.Thread(target=output.read, daemon=True).start()
            return ready[1], ready[2]
    raise DidNotStart(" / ".join(last))
