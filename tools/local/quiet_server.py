"""The HTTP server of everything that serves on this machine: werkzeug's, which here prints nothing.

It answers one request a connection, each in a thread. Its own log would hold addresses, paths and, after an
error, what somebody wrote.
"""

from __future__ import annotations

import socket
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

HOST = "127.0.0.1"
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class PortTaken(Exception):
    """Another program listens on the port."""


def reserve(port: int) -> socket.socket:
    """Listen on a port of this machine (0: any free one) before anything that wants it is started."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PortTaken(port) from error
    return listener


def place_of(error: BaseException) -> str:
    """Name an error by type and place only, since its text may quote what somebody wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"


class QuietHandler(WSGIRequestHandler):
    """One connection: twenty seconds of silence end it."""

    timeout = 20
    wbufsize = -1  # head and body leave together
    disable_nagle_algorithm = True

    def version_string(self) -> str:
        """Name the server, without the versions of what it runs on."""
        return "local"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Print nothing."""


class QuietServer(ThreadedWSGIServer):
    """A WSGI application on a socket that listens already, which is then the server's own."""

    def __init__(
        self, app: Wsgi, listener: socket.socket, handler: type[QuietHandler] = QuietHandler
    ) -> None:
        host, port = listener.getsockname()
        super().__init__(host, port, app, handler, fd=listener.fileno())
        listener.close()

    def log(self, type: str, message: str, *args: Any) -> None:
        """Print nothing."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: a browser that hangs up is no news."""
