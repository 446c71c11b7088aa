"""The site on this machine: Chalice's own local server, with what API Gateway does and that server does not.

Chalice's server answers unknown paths and methods itself (in JSON), knows no greedy `{proxy+}`, writes a body
after HEAD, and logs addresses and paths. Here the application is handed every request as API Gateway would
hand it, in a real-shaped event, and what is too broken to be handed on gets a small page. Nothing about a
request is printed but its method and the answer's status.
"""

from __future__ import annotations

import base64
import functools
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import LambdaContext, create_local_server

from chalicelib.pages.page_headers import BARE_POLICY, page_headers

HOST = "127.0.0.1"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# API Gateway takes 10 MB. What is longer than this is handed on cut short: the application refuses far less,
# and so its own page, in the visitor's language, is the answer.
LONGEST_BODY = 1024 * 1024
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


def lambda_context(function: str) -> LambdaContext:
    """Return what Lambda hands a function beside the event."""
    return LambdaContext(function, memory_size=512, max_runtime_ms=LAMBDA_SECONDS * 1000)


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
        # Only create_local_server makes `current_request` thread-local; its own socket is not wanted.
        self._server = create_local_server(app, Config.create(), HOST, 0).server
        self._server.server_close()
        self._server.socket = listener
        self._server.server_address = listener.getsockname()
        self._server.RequestHandlerClass = functools.partial(_Handler, site=self)
        self._server.handle_error = self._handle_error
        self._app = app
        self._routes = Routes(app.routes)
        self._before_each = before_each
        self._apart = apart
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.say = say

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

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

    def _handle_error(self, _request: Any, _client_address: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, (ConnectionError, TimeoutError)):
            self.say(f"the local server failed: {place_of(error)}")


class _Refused(Exception):
    """A request that cannot be handed on."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20
    wbufsize = -1
    disable_nagle_algorithm = True

    def __init__(self, *arguments: Any, site: LocalSite) -> None:
        self._site = site
        super().__init__(*arguments)

    def version_string(self) -> str:
        """Name the server, without the versions of what it runs on."""
        return "local"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):  # the application decides about methods, known or not
            return self._hand_on
        raise AttributeError(name)

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        if self.request_version == "HTTP/0.9":
            self.send_error(400)
            return False
        return True

    def _hand_on(self) -> None:
        try:
            target = self._target()
            body = self._body()
            answer = self._site.answer(self.command, target, self.headers.items(), body)
        except _Refused as refusal:
            return self.send_error(refusal.status)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
            return None
        except Exception as error:
            self._site.say(f"the application failed: {place_of(error)}")
            return self.send_error(500)
        if answer is None:
            return self.send_error(404)
        content = answer["body"] or ""
        content = base64.b64decode(content) if answer.get("isBase64Encoded") else content
        content = content.encode() if isinstance(content, str) else content
        self._write(int(answer["statusCode"]), {**answer["headers"], **answer["multiValueHeaders"]}, content)
        return None

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

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding"):
            raise _Refused(411)
        lengths = {length.strip() for length in self.headers.get_all("Content-Length", ["0"])}
        length = lengths.pop()
        if lengths or not (length.isascii() and length.isdigit() and len(length) < 16):
            raise _Refused(400)
        wanted = min(int(length), LONGEST_BODY)
        if int(length) > LONGEST_BODY:
            self.close_connection = True
        body = self.rfile.read(wanted)
        if len(body) < wanted:
            raise ConnectionError
        return body

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what cannot be handed on with a small page, and end the connection."""
        if not str(self.request_version).startswith("HTTP/1."):
            self.request_version = "HTTP/1.0"
        self.close_connection = True
        self._write(int(code), _REFUSAL_HEADERS, _REFUSAL.format(status=int(code)).encode())

    def _write(self, status: int, headers: Mapping[str, Any], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "connection"}:
                for one in value if isinstance(value, list) else [value]:
                    self.send_header(name, str(one))
        if self.close_connection:
            self.send_header("Connection", "close")
        bodiless = self.command == "HEAD" or status in {204, 304}
        if not bodiless:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if not bodiless:
            self.wfile.write(content)
        self.wfile.flush()
        self._site.say(f"{self.command if self.command in METHODS else 'other'} {status}")
        if self.close_connection:
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

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: BaseHTTPRequestHandler would print addresses and paths."""
