"""The site on this machine, over werkzeug: what API Gateway does and Chalice's own local server does not.

Chalice's server answers unknown paths and methods itself (in JSON), knows no greedy `{proxy+}`, writes a body
after HEAD, and logs addresses and paths. Here the application is handed every request as API Gateway would
hand it, in a real-shaped event, and what is too broken to be handed on gets a small page. Nothing about a
request is printed but its method and the answer's status.
"""

from __future__ import annotations

import base64
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from http.client import responses
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs, urlsplit

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import LambdaContext, create_local_server

from chalicelib.pages.page_headers import BARE_POLICY, page_headers
from tools.local.quiet_server import HOST, QuietHandler, QuietServer, Wsgi, place_of

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# API Gateway takes 10 MB. What is longer than this is handed on cut short: the application refuses far less,
# and so its own page, in the visitor's language, is the answer.
LONGEST_BODY = 6 * 1024 * 1024
LONGEST_LEFTOVER = 64 * 1024 * 1024
LAMBDA_SECONDS = 60

_REFUSAL = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Information</title><link rel="icon" href="data:,"></head>
<body><h1>{status}</h1>
<p>We could not read that request. In danger, call 911. To talk at any hour, call 888-373-7888.</p>
<p lang="es">No pudimos leer esa solicitud. En peligro, llame al 911. Para hablar a cualquier hora,
llame al 888-373-7888.</p>
<p><a href="/">Information</a></p></body></html>
"""
_REFUSAL_HEADERS = {"Content-Type": "text/html; charset=utf-8", **page_headers(BARE_POLICY)}


class Routes:
    """Finds the route of a path as API Gateway does: literal before `{name}` before the greedy `{proxy+}`."""

    def __init__(self, routes: Iterable[str]) -> None:
        self._routes = sorted(routes, key=lambda route: [_rank(part) for part in _parts(route)])

    def match(self, path: str) -> tuple[str, dict[str, str]] | None:
        """Return the route and what its names captured, or None."""
        parts = _parts(path)
        for route in self._routes:
            captured = _captured(_parts(route), parts)
            if captured is not None:
                return route, captured
        return None


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _rank(part: str) -> int:
    return 2 if part.endswith("+}") else 1 if part.startswith("{") else 0


def _captured(route: list[str], parts: list[str]) -> dict[str, str] | None:
    captured: dict[str, str] = {}
    for index, name in enumerate(route):
        if name.endswith("+}"):
            rest = "/".join(parts[index:])
            return {**captured, name[1:-2]: rest} if rest else None
        if index >= len(parts):
            return None
        if name.startswith("{"):
            captured[name[1:-1]] = parts[index]
        elif name != parts[index]:
            return None
    return captured if len(route) == len(parts) else None


def gateway_event(
    routes: Routes, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes
) -> dict[str, Any] | None:
    """Return the event that API Gateway would make of a request, or None when it has no route for it."""
    path, _, query = target.partition("?")
    found = routes.match(path)
    if found is None:
        return None
    route, captured = found
    many: dict[str, list[str]] = {}
    for name, value in headers:
        many.setdefault(name.lower(), []).append(value)
    queries = parse_qs(query, keep_blank_values=True)
    return {
        "resource": route,
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in many.items()},
        "multiValueHeaders": many,
        "queryStringParameters": {name: values[-1] for name, values in queries.items()} or None,
        "multiValueQueryStringParameters": queries or None,
        "pathParameters": captured or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": route,
            "httpMethod": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "stage": "local",
            "identity": {"sourceIp": HOST},
        },
        "body": base64.b64encode(body).decode("ascii") if body else None,
        "isBase64Encoded": bool(body),
    }


def lambda_context(function: str, seconds: int = LAMBDA_SECONDS) -> LambdaContext:
    """Return what Lambda hands a function beside the event."""
    return LambdaContext(function, memory_size=512, max_runtime_ms=seconds * 1000)


class Apart(Protocol):
    """A function in a process of its own, which answers some requests instead of this one."""

    def answers(self, method: str, path: str) -> bool:
        """Say whether a request is for it."""

    def __call__(
        self, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> Mapping[str, Any]:
        """Return its answer, in the form that Lambda gives."""


class LocalSite:
    """The application on a socket of this machine."""

    def __init__(
        self,
        app: Chalice,
        listener: socket.socket,
        before_each: Callable[[], None] = lambda: None,
        say: Callable[[str], None] = print,
        apart: Apart | None = None,
    ) -> None:
        # Only create_local_server makes `current_request` thread-local; its server is not wanted.
        create_local_server(app, Config.create(), HOST, 0).server.server_close()
        self._server = _Server(self._serve, listener, say)
        self._app = app
        self._routes = Routes(app.routes)
        self._before_each = before_each
        self._apart = apart
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    def start(self) -> None:
        """Serve, in threads of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests."""
        self._server.shutdown()
        self._server.server_close()

    def answer(
        self, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> Mapping[str, Any] | None:
        """Return the application's answer to a request, or None when no route takes it."""
        if self._apart is not None and self._apart.answers(method, target):
            return self._apart(method, target, headers, body)
        self._before_each()
        event = gateway_event(self._routes, method, target, headers, body)
        if event is None:
            return None
        answer: Mapping[str, Any] = self._app(event, lambda_context("all"))
        return answer

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Be a WSGI application: hand a request on, and its answer back."""
        request: _Request = environ[_REQUEST]
        try:
            answer = self.answer(*request)
        except Exception as error:
            self._server.say(f"the application failed: {place_of(error)}")
            status, headers, content = _refusal(500)
        else:
            status, headers, content = _refusal(404) if answer is None else _parts_of(answer)
        bodiless = request.method == "HEAD" or status in {204, 304}
        if not bodiless:
            headers.append(("Content-Length", str(len(content))))
        start_response(f"{status} {responses.get(status, '')}", headers)
        return [] if bodiless else [content]


_Parts = tuple[int, list[tuple[str, str]], bytes]


def _parts_of(answer: Mapping[str, Any]) -> _Parts:
    """Return status, headers and content of an answer in the form that Lambda gives."""
    content = answer["body"] or ""
    content = base64.b64decode(content) if answer.get("isBase64Encoded") else content
    headers = [
        (name, str(value))
        for name, values in {**answer["headers"], **answer["multiValueHeaders"]}.items()
        if name.lower() not in {"content-length", "connection"}
        for value in (values if isinstance(values, list) else [values])
    ]
    return int(answer["statusCode"]), headers, content.encode() if isinstance(content, str) else content


def _refusal(status: int) -> _Parts:
    """Return the small page for what cannot be handed on."""
    return status, list(_REFUSAL_HEADERS.items()), _REFUSAL.format(status=status).encode()


class _Request(NamedTuple):
    """A request as it came: werkzeug's environ joins repeated headers and decodes paths."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


_REQUEST = "porchlight.request"


class _Refused(Exception):
    """A request that cannot be handed on."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Server(QuietServer):
    """The server of the site: it says method and status of each request, and nothing else of it."""

    def __init__(self, app: Wsgi, listener: socket.socket, say: Callable[[str], None]) -> None:
        super().__init__(app, listener, _Handler)
        self.say = say

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say the type and place of an error that is ours."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, (ConnectionError, TimeoutError)):
            self.say(f"the local server failed: {place_of(error)}")


class _Handler(QuietHandler):
    server: _Server

    def parse_request(self) -> bool:
        """Read the first line and the headers; return whether there is a request to hand on."""
        if not super().parse_request():
            return False
        if self.request_version == "HTTP/0.9":
            self.send_error(400)
            return False
        return True

    def run_wsgi(self) -> None:
        """Hand a request on, whatever its method, or refuse it."""
        try:
            target, length = self._target(), self._length()
        except _Refused as refusal:
            return self.send_error(refusal.status)
        self._request = _Request(self.command, target, self.headers.items(), self._body(length))
        return super().run_wsgi()

    def make_environ(self) -> dict[str, Any]:
        """Return werkzeug's environ with the request as it came."""
        return {**super().make_environ(), _REQUEST: self._request}

    def _target(self) -> str:
        if self.path.startswith("/"):
            return self.path
        try:
            absolute = urlsplit(self.path)
        except ValueError as error:
            raise _Refused(400) from error
        if absolute.scheme not in {"http", "https"}:
            raise _Refused(400)
        return (absolute.path or "/") + (f"?{absolute.query}" if absolute.query else "")

    def _length(self) -> int:
        if self.headers.get("Transfer-Encoding"):
            raise _Refused(411)
        lengths = {length.strip() for length in self.headers.get_all("Content-Length", ["0"])}
        length = lengths.pop()
        if lengths or not (length.isascii() and length.isdigit() and len(length) < 16):
            raise _Refused(400)
        return int(length)

    def _body(self, length: int) -> bytes:
        """Return a body, cut short if it is too long; the rest is taken in, or the answer would be torn."""
        body = self.rfile.read(min(length, LONGEST_BODY))
        left = min(length, LONGEST_LEFTOVER) - len(body)
        while left > 0 and (piece := self.rfile.read(min(left, 65536))):
            left -= len(piece)
        if left > 0:
            raise ConnectionError
        return body

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say the method, if it is one that is known, and the status."""
        self.server.say(f"{self.command if self.command in METHODS else 'other'} {int(code)}")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what cannot be handed on with a small page, and end the connection."""
        if not str(self.request_version).startswith("HTTP/1."):
            self.request_version = "HTTP/1.0"
        status, headers, content = _refusal(int(code))
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", str(len(content))), ("Connection", "close")]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else content)
        self.wfile.flush()
        self._read_leftover()

    def _read_leftover(self) -> None:
        """Take in what the client still sends: to hang up on it would tear the answer from it."""
        try:
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(2)
            left = LONGEST_LEFTOVER
            while left > 0 and (piece := self.connection.recv(65536)):
                left -= len(piece)
        except OSError:
            pass
