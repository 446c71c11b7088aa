"""An HTTP server on one loopback port that keeps connections open and adds next to no time of its own.

Not werkzeug, which serves everything else on this machine: it ends each connection after one response, and
what is measured here includes the reuse of connections.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable

_LENGTH = re.compile(rb"(?i)content-length:\s*(\d+)")


class KeptOpen:
    """Serves from threads of this process; `respond` is given a request's head and body."""

    def __init__(self, respond: Callable[[bytes, bytes], bytes]) -> None:
        self._respond = respond
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        data = b""
        with connection:
            while True:
                head, blank, rest = data.partition(b"\r\n\r\n")
                length = _LENGTH.search(head) if blank else None
                if blank and len(rest) >= (size := int(length[1]) if length else 0):
                    data = rest[size:]
                    connection.sendall(self._respond(head, rest[:size]))
                    continue
                try:
                    received = connection.recv(1 << 20)
                except OSError:
                    return
                if not received:
                    return
                data += received


def http(status: str, body: bytes) -> bytes:
    """Return a whole response; `status` is such as "200 OK"."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode("ascii") + body
