"""The page function on AWS gives the responses of the routes, and loads no framework for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.pages.adapters.shipped_pages import ShippedPages
from chalicelib.pages.render.live_pages import LivePages
from chalicelib.pages.render.packing import pack, pack_brotli, unpack, unpack_brotli
from chalicelib.pages.render.site import Site
from chalicelib.pages.web.gateway_answers import page_function
from tests.pages.test_public import BrokenPages
from tests.support.website import Answer, Website, gateway_event

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PATHS = (
    "/",
    "/es/",
    "/es",
    "/en/us/",
    "/es/merced-county-ca",
    "/nowhere/",
    "/en/atlantis/",
    "/es/a/b/c/d/",
    "/en/us/more/",
    "/wp-login.php",
    "/en/%2e%2e/",
    "/en/ñandú/",
)
PART = st.sampled_from(["en", "es", "xx", "us", "los-banos-ca", "atlantis", "note", "..", "%00", "é"])
HEADERS: tuple[Mapping[str, str], ...] = (
    {},
    {"Accept-Language": "es-MX,es;q=0.9", "Accept-Encoding": "gzip"},
    {"accept-language": "en", "ACCEPT-ENCODING": "identity"},
    {"Accept-Language": "zz;q=x", "Accept-Encoding": "gzip;q=0", "Accept": "application/json"},
)


class PagesWebsite(Website):
    """The public pages alone, as the page function has them."""

    def __init__(self, site: Site, pages: Any = None) -> None:
        from chalice.app import Chalice

        from chalicelib.pages.render.live_pages import LivePages
        from chalicelib.pages.web import public, quiet_log, responses

        self.pages = pages or LivePages(lambda: site)
        self.app = Chalice(app_name="pages")
        quiet_log.install(self.app)
        responses.respond_in_html(self.app, self.pages)
        self.app.register_blueprint(public.routes(self.pages))
        self.log: list[str] = []
        self.function = page_function(self.pages, self.log.append)

    def both(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[Any, Any]:
        """Return what the routes and what the page function answer, as Lambda sends it."""
        event = gateway_event(self.app, method, path, headers, None)
        return _sent(self.app(event, None)), _sent(self.function(event, None))


def _sent(response: Any) -> Any:
    return json.loads(json.dumps(response))


@pytest.fixture(scope="module")
def public_site(site: Site) -> PagesWebsite:
    return PagesWebsite(site)


@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", PATHS)
def test_both_answer_alike(
    public_site: PagesWebsite, path: str, method: str, headers: Mapping[str, str]
) -> None:
    routed, direct = public_site.both(method, path, headers)
    routed["headers"].setdefault("Allow", ""), direct["headers"].setdefault("Allow", "")
    assert sorted(routed["headers"].pop("Allow").split(", ")) == sorted(
        direct["headers"].pop("Allow").split(", ")
    )
    assert direct == routed


@settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(PART, max_size=5), st.sampled_from(["GET", "HEAD"]), st.text(max_size=30))
def test_both_answer_alike_whatever_is_asked(
    public_site: PagesWebsite, parts: list[str], method: str, languages: str
) -> None:
    routed, direct = public_site.both(method, "/" + "/".join(parts), {"Accept-Language": languages})
    assert direct == routed


@pytest.mark.parametrize("errors_too", [False, True])
def test_pages_that_cannot_be_had_are_answered_alike(site: Site, errors_too: bool) -> None:
    broken = PagesWebsite(site, BrokenPages(site, errors_too))
    routed, direct = broken.both("GET", "/es/", {"Accept-Encoding": "gzip"})
    assert Answer(direct).status == 500
    assert direct == routed
    assert len(broken.log) == 1 + errors_too
    assert "odd phrase" not in " ".join(broken.log)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"headers": None, "requestContext": None},
        {"path": None, "httpMethod": None, "headers": {}},
        {"path": "/es/", "headers": {"Accept-Language": None}},
    ],
)
def test_an_odd_event_is_answered_with_a_page(public_site: PagesWebsite, event: dict[str, Any]) -> None:
    response = Answer(_sent(public_site.function(event, None)))
    assert response.status == 200
    assert response.is_a_page()


def test_the_page_function_loads_no_framework(tmp_path: Any) -> None:
    # Without shipped pages it must stop where it reads them; by then it has loaded all that it loads.
    ask = (
        "import sys\ntry: import chalicelib.wiring.page\nexcept FileNotFoundError: pass\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, env={})
    loaded = set(done.stdout.split())
    assert "chalicelib.pages.web.gateway_answers" in loaded
    assert not {"chalice", "jinja2", "boto3", "dataclasses", "urllib.parse", "http.client"} & loaded


def test_who_takes_brotli_gets_what_lies_ready_so_and_others_gzip_or_text(tmp_path, site):
    index = {
        "locales": ["en"],
        "places": ["a"],
        "default_place": "a",
        "headers": {"X-Made": "here"},
        "brotli": True,
    }
    (tmp_path / "en").mkdir()
    (tmp_path / "index.json").write_text(json.dumps(index), encoding="utf-8")
    for name, html in (("a", "<p>a</p>"), ("error-404", "<p>none</p>")):
        (tmp_path / "en" / f"{name}.b64").write_text(pack(html), encoding="ascii")
        (tmp_path / "en" / f"{name}.br.b64").write_text(pack_brotli(html), encoding="ascii")
    handle = page_function(ShippedPages(str(tmp_path)), print)

    def ask(path: str, accept: str) -> tuple[str | None, str]:
        answer = handle({"httpMethod": "GET", "path": path, "headers": {"Accept-Encoding": accept}}, None)
        assert answer["headers"]["Vary"] == "Accept-Encoding, Accept-Language"
        coding = answer["headers"].get("Content-Encoding")
        read = {"br": unpack_brotli, "gzip": unpack, None: str}[coding]
        assert answer["isBase64Encoded"] == (coding is not None)
        return coding, read(answer["body"])

    assert ask("/en/", "gzip, deflate, br") == ("br", "<p>a</p>")
    assert ask("/en/", "gzip, br;q=0.5") == ("gzip", "<p>a</p>")
    assert ask("/en/", "identity") == (None, "<p>a</p>")
    assert ask("/nowhere/", "br") == ("br", "<p>none</p>")


def test_pages_that_do_not_lie_ready_in_brotli_go_out_as_gzip_or_as_text(site):
    handle = page_function(LivePages(lambda: site), print)
    for accept, coding in (("gzip, br", "gzip"), ("br", None), ("br, gzip;q=0", None)):
        answer = handle({"httpMethod": "GET", "path": "/en/", "headers": {"Accept-Encoding": accept}}, None)
        assert answer["headers"].get("Content-Encoding") == coding, accept
        text = unpack(answer["body"]) if coding else answer["body"]
        assert text.startswith("<!DOCTYPE html>"), accept
