"""The local server: what it hands on, and what it answers by itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice, Response

from tests.support.website import EVERY_ANSWER
from tools.local.local_server import LONGEST_BODY, LocalSite, Routes, gateway_event
from tools.local.quiet_server import HOST, PortTaken, reserve

FORM = "application/x-www-form-urlencoded"


def odd_app() -> Chalice:
    """An application that says what it was handed, and fails when it is asked to."""
    app = Chalice("odd")

    def told(**more: Any) -> Response:
        request = app.current_request
        event = request.to_original_event()
        return Response(
            body="<p>"
            + "|".join(
                [request.method, event["path"], str(event["pathParameters"]), str(len(request.raw_body))]
            ),
            headers={"Content-Type": "text/html; charset=utf-8", "X-Two": ["one", "two"]},
        )

    anything = ["GET", "HEAD", "POST", "PUT", "BREW", "OPTIONS"]
    app.route("/", methods=["GET", "HEAD", "POST"], content_types=[])(told)
    app.route("/{locale}/{place}", methods=["GET"], content_types=[])(
        lambda locale, place: told(locale=locale, place=place)
    )
    app.route("/{proxy+}", methods=anything, content_types=[])(lambda: told())
    return app


class Running:
    """A served application, with all that the server said."""

    def __init__(self, app: Any) -> None:
        self.said: list[str] = []
        self.site = LocalSite(app, reserve(0), say=self.said.append)
        self.site.start()

    def raw(self, request: bytes, close_after: bool = False) -> bytes:
        """Send bytes, and return all that comes back until the server hangs up."""
        with socket.create_connection((HOST, self.site.port), timeout=10) as connection:
            connection.sendall(request)
            if close_after:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
            return answer

    def ask(self, line: str, *headers: str, body: bytes = b"") -> bytes:
        """Send one request that asks the server to hang up afterwards."""
        head = "\r\n".join([f"{line} HTTP/1.1", "Host: x", "Connection: close", *headers])
        return self.raw(head.encode("latin-1") + b"\r\n\r\n" + body)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """The odd application, served."""
    running = Running(odd_app())
    yield running
    running.site.stop()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def assert_small_page(answer: bytes, expected: int) -> None:
    assert status(answer) == expected
    head = answer.partition(b"\r\n\r\n")[0]
    assert b"text/html" in head
    assert b"Content-Security-Policy: default-src 'none'" in head
    for name, value in EVERY_ANSWER.items():
        assert f"\r\n{name}: {value}\r\n".encode() in head + b"\r\n"
    assert body(answer).startswith(b"<!doctype html>")
    assert b"888-373-7888" in body(answer)
    assert b"Traceback" not in answer
    assert len(answer) < 2500


@pytest.mark.parametrize(
    ("path", "route", "captured"),
    [
        ("/", "/", {}),
        ("/en", "/{locale}", {"locale": "en"}),
        ("/en/", "/{locale}", {"locale": "en"}),
        ("/en/code/", "/{locale}/code", {"locale": "en"}),
        ("/en/us/", "/{locale}/{place}", {"locale": "en", "place": "us"}),
        ("/en/us/note", "/{locale}/{place}/note", {"locale": "en", "place": "us"}),
        ("/en/us/other/", "/{proxy+}", {"proxy": "en/us/other"}),
        ("/en//", "/{locale}", {"locale": "en"}),
        ("/en//x/y", "/{proxy+}", {"proxy": "en/x/y"}),
    ],
)
def test_the_most_literal_route_wins_and_captures_only_its_own_names(
    path: str, route: str, captured: dict[str, str]
) -> None:
    routes = Routes(
        ["/{proxy+}", "/{locale}/{place}/note", "/", "/{locale}", "/{locale}/{place}", "/{locale}/code"]
    )
    assert routes.match(path) == (route, captured)


def test_a_path_without_a_route_is_nobodys() -> None:
    assert Routes(["/", "/a"]).match("/b") is None
    assert gateway_event(Routes(["/"]), "GET", "/b", [], b"") is None


def test_an_event_has_the_shape_of_api_gateways() -> None:
    headers = [("X-A", "1"), ("x-a", "2")]
    event = gateway_event(Routes(["/{proxy+}"]), "POST", "/a/b/?q=1&q=%C3%B1&r=", headers, b"\xff")
    assert event is not None
    assert event["resource"] == "/{proxy+}"
    assert event["path"] == event["requestContext"]["path"] == "/a/b/"
    assert event["headers"] == {"x-a": "2"}
    assert event["multiValueHeaders"] == {"x-a": ["1", "2"]}
    assert event["queryStringParameters"] == {"q": "ñ", "r": ""}
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "ñ"], "r": [""]}
    assert (event["body"], event["isBase64Encoded"]) == ("/w==", True)


def test_unknown_paths_and_methods_are_the_applications_to_answer(running: Running) -> None:
    assert b"GET|/nope/a/b|" in running.ask("GET /nope/a/b?x=1")
    assert b"BREW|/nope/a/b|" in running.ask("BREW /nope/a/b")
    assert b"OPTIONS|/nope/a/b|" in running.ask("OPTIONS /nope/a/b")
    assert b"{'locale': 'en', 'place': 'us'}" in running.ask("GET /en/us/")


def test_head_has_no_body(running: Running) -> None:
    answer = running.ask("HEAD /")
    assert status(answer) == 200
    assert body(answer) == b""


def test_a_header_with_two_values_is_two_headers(running: Running) -> None:
    assert running.ask("GET /").count(b"X-Two: ") == 2


def test_a_connection_takes_one_request_and_says_so(running: Running) -> None:
    first = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
    second = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = running.raw(first + second)
    assert answer.count(b"HTTP/1.1 200") == 1
    assert b"POST|/|None|3" in answer
    assert b"\r\nConnection: close\r\n" in answer


def test_headers_reach_the_application_as_they_came(running: Running) -> None:
    said: list[Any] = []
    answer = running.site.answer

    def noted(method: str, target: str, headers: Any, body: bytes) -> Any:
        said.append((target, [(name, value) for name, value in headers if name.startswith("X")]))
        return answer(method, target, headers, body)

    running.site.answer = noted  # type: ignore[method-assign]
    try:
        running.ask("GET /%61//b?q=%C3%B1", "X-A: 1", "X-A: 2", "X_B: 3")
    finally:
        del running.site.answer
    # In werkzeug's own environ the first two are one, the third is gone, and the path is decoded.
    assert said == [("/%61//b?q=%C3%B1", [("X-A", "1"), ("X-A", "2"), ("X_B", "3")])]


def test_a_full_address_in_the_request_line_is_read_as_its_path(running: Running) -> None:
    assert b"GET|/a/b/c|" in running.ask("GET http://other.example/a/b/c?d")


def test_a_body_that_is_too_long_is_handed_on_cut_short(running: Running) -> None:
    long = b"x" * (LONGEST_BODY + 70_000)
    answer = running.ask("POST /", f"Content-Length: {len(long)}", body=long)
    assert f"POST|/|None|{LONGEST_BODY}".encode() in answer


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        (b"GET\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/nonsense\r\n\r\n", 400),
        (b"GET / HTTP/3.0\r\n\r\n", 505),
        (b"one two three four five\r\n\r\n", 400),
        (b"GET nopath HTTP/1.1\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 200 + b"\r\n", 431),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    ],
)
def test_what_is_too_broken_to_hand_on_gets_a_small_page(
    running: Running, request_bytes: bytes, expected: int
) -> None:
    assert_small_page(running.raw(request_bytes), expected)


def test_a_body_that_never_comes_ends_the_connection_and_nothing_else(running: Running) -> None:
    cut = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nabc"
    assert running.raw(cut, close_after=True) == b""
    assert status(running.ask("GET /")) == 200


def test_the_server_says_method_and_status_and_nothing_else(running: Running) -> None:
    running.said.clear()
    running.ask("GET /secret-path?secret-query", "User-Agent: secret-agent", "X-Forwarded-For: 198.51.100.7")
    running.ask("SECRET /")
    running.raw(b"secret\r\n\r\n")
    assert running.said == ["GET 200", "other 405", "other 400"]


@pytest.mark.parametrize("kind", [RuntimeError, ConnectionResetError, TimeoutError])
def test_an_application_that_fails_outright_is_told_by_type_and_place_only(kind: type[Exception]) -> None:
    def failing(event: Any, context: Any) -> None:
        raise kind("what the reporter wrote")

    app = odd_app()
    running = Running(app)
    running.site._app = failing
    try:
        assert_small_page(running.ask("GET /"), 500)
    finally:
        running.site.stop()
    assert running.said[0].startswith(f"the application failed: {kind.__name__} at test_local_server.py:")
    assert "reporter" not in "".join(running.said)


def test_a_taken_port_is_noticed_before_anything_is_served() -> None:
    with reserve(0) as listener, pytest.raises(PortTaken):
        reserve(listener.getsockname()[1])


def test_requests_at_once_are_not_mixed_up() -> None:
    import threading
    import time

    app = Chalice("slow")

    @app.route("/{proxy+}", methods=["GET"], content_types=[])
    def slow() -> Response:
        time.sleep(0.01)
        return Response(
            body=app.current_request.to_original_event()["path"], headers={"Content-Type": "text/plain"}
        )

    running = Running(app)
    wrong: list[str] = []

    def ask(number: int) -> None:
        if not running.ask(f"GET /n/{number}").endswith(f"/n/{number}".encode()):
            wrong.append(str(number))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    running.site.stop()
    assert wrong == []
