"""The function that looks up receipt codes, in a process of its own as on AWS.

Each look-up takes argon2id's 32 MiB and tens of milliseconds of a processor. In the site's own process a
flood of them would make every page wait; here it can only make codes wait, and no more than some seconds.
"""

from __future__ import annotations

import base64
import http.client
import os
import secrets
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from tools.build import gateway_pages
from tools.local.local_server import LocalSite
from tools.local.quiet_server import HOST, reserve

ROOT = Path(__file__).resolve().parents[2]
# One more than there are processors: while one look-up waits for the store, another can compute.
AT_ONCE = 1 + max(2, os.cpu_count() or 1)
PATIENCE = 2.4  # seconds: who waits for longer is told to come again
GENTLE = 15  # how far they stand back (nice) behind pages and forms
# Of glibc: take argon2id's memory in large pages, and keep it from one look-up to the next. Clearing 32 MiB
# in small pages anew took a third of the time.
_MEMORY = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
    "MALLOC_ARENA_MAX": "1",  # a thread's own arena would give the memory back with the thread
}
_BUSY, _AWAY = gateway_pages.ANSWERS["THROTTLED"], gateway_pages.ANSWERS["INTEGRATION_FAILURE"]


class TooManyWait(Exception):
    """More come than can be served."""


class Queue:
    """A queue that lets a few in at a time, by lot, and turns away who has waited for too long.

    While more come than can be served, everybody has the same chance, and most who are served have waited
    little. The newest first would be kinder still to those who are served, but then a guess that comes right
    after somebody's code takes its turn. In the order of their coming all would wait as long as anybody may.
    """

    def __init__(
        self,
        at_once: int = AT_ONCE,
        patience: float = PATIENCE,
        draw: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self._free = at_once
        self._patience = patience
        self._draw = draw
        self._waiting: list[threading.Event] = []
        self._lock = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn. Raises TooManyWait when it does not come."""
        called = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                called.set()
            else:
                self._waiting.append(called)
        if not called.wait(self._patience):
            self._leave(called)
        try:
            yield
        finally:
            with self._lock:
                if self._waiting:
                    self._waiting.pop(self._draw(len(self._waiting))).set()  # the place goes on
                else:
                    self._free += 1

    def _leave(self, called: threading.Event) -> None:
        with self._lock:
            if not called.is_set():  # else the turn came in this very moment
                self._waiting.remove(called)
                raise TooManyWait


class CodeFunction:
    """The child process, and what hands a request on to it."""

    def __init__(self, environ: Mapping[str, str], number: gateway_pages.Hotline) -> None:
        self._number = number
        self._queue = Queue()
        # It comes from a process that ends at once: nobody has to wait for it, and it ends with its pipe.
        first = subprocess.Popen(
            [sys.executable, "-m", "tools.local.local_codes"],
            cwd=ROOT,
            env={**environ, **_MEMORY, "PORCHLIGHT_FUNCTION": "codes"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,  # who ends the whole group ends us, and we end it by closing its input
        )
        self._input = cast(IO[bytes], first.stdin)
        self._output = cast(IO[bytes], first.stdout)
        self._port = self._process = 0
        first.wait()

    def start(self) -> None:
        """Wait until it listens. Raises RuntimeError when it does not."""
        line = self._output.readline().decode().strip()
        if not line:
            raise RuntimeError("the function that looks up codes did not start")
        self._port, self._process = (int(number) for number in line.split())

    def stop(self) -> None:
        """End it."""
        self._input.close()
        ended = select.select([self._output], [], [], 1)[0]  # its end of the pipe closes with it
        if not ended and self._process:
            with suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGKILL)
        self._output.close()

    @staticmethod
    def answers(method: str, path: str) -> bool:
        """Say whether this is a look-up: a form sent to the code page, in any language."""
        parts = [part for part in path.partition("?")[0].split("/") if part]
        return method == "POST" and len(parts) == 2 and parts[1] == "code"

    def __call__(
        self, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> Mapping[str, Any]:
        """Return its answer as Lambda would, or the API's own small page when there is none."""
        try:
            with self._queue.turn():
                return self._asked(method, target, headers, body)
        except TooManyWait:
            return self._small_page(*_BUSY)
        except (OSError, http.client.HTTPException):
            return self._small_page(*_AWAY)

    def _asked(
        self, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> Mapping[str, Any]:
        line = http.client.HTTPConnection(HOST, self._port, timeout=25)
        try:
            line.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                if name.lower() not in ("connection", "content-length"):
                    line.putheader(name, value)
            line.putheader("Content-Length", str(len(body)))
            line.putheader("Connection", "close")
            line.endheaders(body)
            answer = line.getresponse()
            content = answer.read()
        finally:
            line.close()
        skipped = ("connection", "content-length", "server", "date")
        told = {name: value for name, value in answer.getheaders() if name.lower() not in skipped}
        return _answer(answer.status, told, content)

    def _small_page(self, status: int | None, problem: tuple[str, str]) -> Mapping[str, Any]:
        html = gateway_pages.page(problem, self._number)
        told = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
        return _answer(status or 503, told, html.encode())


def _answer(status: int, headers: Mapping[str, str], content: bytes) -> Mapping[str, Any]:
    return {
        "statusCode": status,
        "headers": dict(headers),
        "multiValueHeaders": {},
        "body": base64.b64encode(content).decode("ascii"),
        "isBase64Encoded": True,
    }


def main(say: Callable[[str], None]) -> None:
    """Serve the code page to the process that started this one, until that one ends."""
    if os.fork():
        os._exit(0)
    os.nice(GENTLE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the site, whose end closes the pipe
    from chalicelib.reporting.adapters import receipt_vault
    from tools.local import argon2

    receipt_vault.argon2id = argon2.argon2id
    import app

    site = LocalSite(app.app, reserve(0), say=lambda line: None)
    site.start()
    say(f"{site.port} {os.getpid()}")
    sys.stdin.read()


if __name__ == "__main__":
    main(lambda line: print(line, flush=True))
    os._exit(0)
