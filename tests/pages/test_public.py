"""Every HTTP response is a page of ours: the right language, status and headers, whatever was asked."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from chalice.test import Client

from chalicelib.pages.render.live_pages import LivePages
from chalicelib.pages.render.site import Site
from chalicelib.pages.web.gateway_answers import accepted
from tests.support.website import FORM, Answer, Website, gateway_event

HOTLINE = "888-373-7888"


class BrokenPages(LivePages):
    """Pages that cannot be had, and error pages that can be unless they are broken too."""

    def __init__(self, site: Site, errors_too: bool = False) -> None:
        super().__init__(lambda: site)
        self._errors_too = errors_too

    def current(self) -> BrokenPages:
        return self

    def page(self, locale: str, place: str) -> str:
        raise ValueError("odd phrase")

    def error(self, locale: str, status: int) -> str:
        if self._errors_too:
            raise ValueError("odd phrase")
        return super().error(locale, status)


@pytest.mark.parametrize(
    ("accept", "gzip", "brotli"),
    [
        ("", False, False),
        ("gzip, deflate, br", True, True),
        ("br;q=0.9, gzip", True, False),
        ("gzip;q=0.5, br;q=0.6", True, True),
        ("br;q=0, gzip", True, False),
        ("br;q=0.000", False, False),
        ("br", False, True),
        ("*", True, True),
        ("*;q=0", False, False),
        ("gzip, *;q=0", True, False),
        ("identity, gzip;q=0.5, br;q=0.5", False, False),
        ("identity;q=0.5, br", False, True),
        ("BR;Q=1, GZIP;q=.9", True, True),
        ("br;q=x, gzip;q=2", False, False),
        ("brotli, x-gzip, broken", False, False),
    ],
)
def test_the_encoding_is_the_one_of_the_greatest_weight(accept: str, gzip: bool, brotli: bool) -> None:
    assert accepted(accept) == (gzip, brotli)


@pytest.mark.parametrize(
    ("path", "wanted", "lang"),
    [
        ("/", "", "en"),
        ("/", "es-MX,es;q=0.9,en;q=0.5", "es"),
        ("/", "fr", "en"),
        ("/es/", "en", "es"),
        ("/es", "en", "es"),
        ("/en/us/", "es", "en"),
        ("/es/merced-county-ca/", "", "es"),
        ("/ES", "en", "es"),
        ("/Es/los-banos-ca", "en", "es"),
        ("/zh-hant/", "en", "zh-Hant"),
        ("/es.", "en", "es"),
        ("/es/us/).", "en", "es"),
        ("/es/us/note,", "en", "es"),
        ("/es/code.", "en", "es"),
    ],
)
def test_a_page_comes_in_the_language_of_its_path_or_of_the_browser(
    website: Website, path: str, wanted: str, lang: str
) -> None:
    response = website.get(path, Accept_Language=wanted)
    assert (response.status, response.lang) == (200, lang)
    assert response.is_a_page()
    assert HOTLINE in response.text


@pytest.mark.parametrize(
    ("path", "lang"),
    [
        ("/nowhere/", "es"),
        ("/en/atlantis/", "en"),
        ("/es/atlantis/", "es"),
        ("/en/us/note/more/", "en"),
        ("/es/a/b/c/d/e/f/g/h/", "es"),
        ("/favicon.ico", "es"),
        ("/wp-login.php", "es"),
        ("/en/atlantis/note/", "en"),
        ("/xx/us/note/", "es"),
        ("/xx/code/", "es"),
        ("/en/los-banos-ca%2F..%2Fsecret/", "en"),
        ("/en/..%2f..%2fetc%2fpasswd/note/", "en"),
        ("/en/%00/", "en"),
        ("/en/ñandú/note/", "en"),
        ("/en/" + "x" * 5000 + "/", "en"),
        ("/en/<script>alert(1)</script>/", "en"),
        ("/en/a\r\nSet-Cookie: a=b/", "en"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_is_none_is_a_small_page_with_numbers(
    website: Website, path: str, lang: str, method: str
) -> None:
    body = b"" if method == "POST" else None
    response = website.ask(method, path, {"Accept-Language": "es", "Content-Type": FORM}, body)
    if method == "POST" and path.count("/") < 4 and "note" not in path and "code" not in path:
        assert response.status in (404, 405)
    else:
        assert response.status == 404
    assert response.lang == lang
    assert response.is_a_page()
    assert HOTLINE in response.text
    for part in ("script>alert", "passwd", "Set-Cookie", "x" * 100):
        assert part not in response.text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "POST", "TRACE", "ODD"])
@pytest.mark.parametrize("path", ["/", "/es/", "/es/us/"])
def test_a_page_can_only_be_read(website: Website, method: str, path: str) -> None:
    response = website.ask(method, path, {"Accept-Language": "es"})
    assert (response.status, response.lang) == (405, "es")
    assert sorted(response.headers["Allow"].split(", ")) == ["GET", "HEAD"]
    assert response.is_a_page()


@pytest.mark.parametrize("path", ["/es/us/note/", "/es/code/"])
def test_a_form_can_be_read_and_sent_and_nothing_else(website: Website, path: str) -> None:
    response = website.ask("PUT", path)
    assert (response.status, response.lang) == (405, "es")
    assert sorted(response.headers["Allow"].split(", ")) == ["GET", "HEAD", "POST"]
    assert response.is_a_page()


@pytest.mark.parametrize("path", ["/", "/es/us/", "/en/us/note/", "/en/code/", "/nowhere/"])
@pytest.mark.parametrize("accept_encoding", ["gzip, deflate, br", "identity"])
def test_a_head_is_answered_like_a_get_without_its_body(
    website: Website, path: str, accept_encoding: str
) -> None:
    headers = {"Accept-Encoding": accept_encoding}
    head, get = website.ask("HEAD", path, headers), website.ask("GET", path, headers)
    assert (head.status, head.headers) == (get.status, get.headers)
    assert head.raw["body"] == ""
    assert head.raw["isBase64Encoded"] is False
    assert website.stored() == []


@pytest.mark.parametrize(
    ("accept_encoding", "packed"),
    [
        ("gzip", True),
        ("GZip;q=1.0, identity; q=0.5, *;q=0", True),
        ("br, *", True),
        ("gzip;q=0.001", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br", False),
        ("", False),
        (";;,,=q", False),
    ],
)
def test_a_page_is_packed_only_for_those_who_can_unpack_it(
    website: Website, accept_encoding: str, packed: bool
) -> None:
    response = website.get("/en/", Accept_Encoding=accept_encoding)
    assert (response.headers.get("Content-Encoding") == "gzip") is packed
    assert response.raw["isBase64Encoded"] is packed
    assert HOTLINE in response.text
    assert response.headers["Vary"] == "Accept-Encoding, Accept-Language"


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "image/png", "text/html;q=0", ""])
def test_whatever_a_browser_accepts_it_gets_the_page(website: Website, accept: str | None) -> None:
    headers = {"Accept-Encoding": "gzip"} if accept is None else {"Accept": accept, "Accept-Encoding": "gzip"}
    assert website.ask("GET", "/en/", headers).status == 200


@pytest.mark.parametrize("content_type", ["application/json", "text/html", "image/png", "\x00", "a/b" * 1000])
def test_an_odd_content_type_of_a_get_does_not_matter(website: Website, content_type: str) -> None:
    for path, status in (("/en/", 200), ("/en/us/note/", 203), ("/nowhere/", 404)):
        assert website.get(path, Content_Type=content_type).status == status


def test_header_names_may_be_written_in_any_case(website: Website) -> None:
    assert website.ask("GET", "/", {"aCCept-LANGuage": "es"}).lang == "es"


def _without_headers(event: dict[str, Any]) -> None:
    event["headers"] = event["multiValueHeaders"] = None


def _with_a_query(event: dict[str, Any]) -> None:
    event["queryStringParameters"] = {"fbclid": "x"}
    event["multiValueQueryStringParameters"] = {"fbclid": ["x", "y"]}


def _without_identity(event: dict[str, Any]) -> None:
    event["requestContext"]["identity"] = None


def _as_chalices_own_server_writes_it(event: dict[str, Any]) -> None:
    del event["path"]
    event["requestContext"] = {
        "httpMethod": "GET",
        "resourcePath": "/{locale}/{place}",
        "path": "/es/us/",
        "identity": {"sourceIp": "127.0.0.1"},
    }


def _unknown_resource(event: dict[str, Any]) -> None:
    event["requestContext"]["resourcePath"] = "/some/{other}/resource"


def _no_resource(event: dict[str, Any]) -> None:
    del event["requestContext"]["resourcePath"]


def _no_context(event: dict[str, Any]) -> None:
    event.clear()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (_without_headers, 200),
        (_with_a_query, 200),
        (_without_identity, 200),
        (_as_chalices_own_server_writes_it, 200),
        (_unknown_resource, 404),
        (_no_resource, 500),
        (_no_context, 500),
    ],
)
def test_an_event_that_lacks_something_gets_a_page_all_the_same(
    website: Website, change: Any, status: int
) -> None:
    event = copy.deepcopy(gateway_event(website.app, "GET", "/es/us/", {"Accept-Language": "es"}, None))
    change(event)
    response = website.event(event)
    assert response.status == status
    assert response.is_a_page()
    assert HOTLINE in response.text


def test_one_request_leaves_nothing_to_the_next(website: Website) -> None:
    website.get("/es/us/", Accept_Language="es")
    assert website.event({}).lang == "en"


def test_a_broken_page_is_answered_with_a_small_one_and_the_log_does_not_quote(
    site: Site, log: list[str]
) -> None:
    response = Website(lambda: site, BrokenPages(site)).get("/es/us/")
    assert (response.status, response.lang) == (500, "es")
    assert response.is_a_page()
    assert HOTLINE in response.text
    assert any("ValueError at test_public.py" in line for line in log)
    assert "odd phrase" not in "".join(log)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_even_when_the_error_pages_are_broken_the_answer_is_a_page_with_numbers(
    site: Site, log: list[str], method: str
) -> None:
    website = Website(lambda: site, BrokenPages(site, errors_too=True))
    for path in ("/es/us/", "/nowhere/", "/a/b/c/d/"):
        response = website.ask(method, path)
        assert response.status in (405, 500) if method == "POST" else response.status == 500
        assert response.is_a_page()
        if method != "HEAD":
            assert HOTLINE in response.text
            assert "call 911" in response.text  # not "text": that does not work everywhere
            assert "text 911" not in response.text
    assert "odd phrase" not in "".join(log)


def test_a_stack_shows_to_nobody_even_with_debugging_on(site: Site, log: list[str]) -> None:
    website = Website(lambda: site, BrokenPages(site))
    website.app.debug = True
    response = website.get("/es/us/")
    assert response.status == 500
    assert response.is_a_page()
    assert "Traceback" not in response.html
    assert "odd phrase" not in response.html + "".join(log)


def test_chalices_own_test_client_gets_the_same_page(website: Website) -> None:
    with Client(website.app) as client:
        response = client.http.get("/es", headers={"Accept-Encoding": "identity"})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b'<html lang="es"' in response.body


def test_an_answer_is_what_a_lambda_may_return(website: Website) -> None:
    raw = Answer(website.app(gateway_event(website.app, "GET", "/en/", {}, None), None)).raw
    assert set(raw) == {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
    assert all(isinstance(value, str) and "\n" not in value for value in raw["headers"].values())
