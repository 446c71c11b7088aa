"""Services that hang, in each of the ways in which a network lets them: on sockets of this machine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest

WAYS = ("name", "accept", "addresses", "silence", "handshake", "handshake drip", "drip", "head drip")
DEAF = 8  # addresses that never accept


class Hanging:
    """A server on a free port: `hang` says how. `address` is what to ask it at."""

    def __init__(self, how: str, at_the_end: ExitStack, patch: pytest.MonkeyPatch) -> None:
        self._how = how
        self._over = threading.Event()
        at_the_end.callback(self._over.set)
        self._listening = at_the_end.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = self._listening.getsockname()[1]
        scheme = "https" if how.startswith("handshake") else "http"
        self.address = f"{scheme}://127.0.0.1:{port}"
        if how == "name":
            patch.setattr(socket, "getaddrinfo", self._slow_name)
        elif how in ("accept", "addresses"):
            self._fill(at_the_end, port)
            if how == "addresses":
                found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))] * DEAF
                patch.setattr(socket, "getaddrinfo", lambda *asked, **more: found)
        else:
            threading.Thread(target=self._accept, daemon=True).start()

    def _slow_name(self, *asked: Any, **more: Any) -> list[Any]:
        self._over.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    def _fill(self, at_the_end: ExitStack, port: int) -> None:
        """Take up every place in the line of those who wait to be accepted: who comes next hears nothing."""
        for _ in range(3):
            waiting = at_the_end.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        time.sleep(0.05)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        drips = {
            "handshake drip": (b"\x16\x03\x03\x40\x00", b"\x02"),
            "drip": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{", b" "),
            "head drip": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        }
        with line, suppress(OSError):
            first, then = drips.get(self._how, (b"", b""))
            line.sendall(first)
            while not self._over.wait(0.05):
                line.sendall(then)


@contextmanager
def hanging(how: str) -> Iterator[Hanging]:
    """Run a server that hangs in one of WAYS."""
    with ExitStack() as at_the_end:
        patch = at_the_end.enter_context(pytest.MonkeyPatch.context())
        yield Hanging(how, at_the_end, patch)


def seconds_of(call: Callable[[], object]) -> float:
    """Return how long a call takes, whatever it ends with."""
    begun = time.monotonic()
    with suppress(Exception):
        call()
    return time.monotonic() - begun
