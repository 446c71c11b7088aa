"""The probe finds what is broken at each of nine kinds of pages, by GET alone, and nothing else."""

from __future__ import annotations

import base64
import gzip
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chalicelib.directory.adapters.shipped_content import TEMPLATES
from chalicelib.directory.content import Content
from chalicelib.pages.about import AboutSite
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.reporting.render.form_pages import FormPages
from tests.support.fakes import NOON
from tests.support.website import Website
from tools.probe import __main__ as command
from tools.probe.fetch import BadUrl, Fetched, NoAnswer, over_http, site_of
from tools.probe.look import Walk
from tools.probe.page import Html

LANGUAGES = ("en", "ar")
PARSED = cache(Html)  # a page is parsed once for all tests
Change = Callable[[Fetched], Fetched]


class Served:
    """A site in two languages, in this process. `change` alters what comes from paths that match."""

    def __init__(self, site: FormPages, about: AboutSite | None = None) -> None:
        self._website = Website(lambda: site, **({"about": about} if about else {}))
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self._changes: list[tuple[str, Change]] = []
        self._kept = cache(self._ask)

    def breaks(self, pattern: str, change: Change) -> None:
        self._changes = [(pattern, change)]

    def get(self, path: str, headers: Mapping[str, str]) -> Fetched:
        self.asked.append((path, headers))
        # Two forms a path, in turn: each reader's is another, and each of ours is parsed once.
        turn = len(self.asked) % 2 if path.endswith("/note/") else 0
        fetched = self._kept(path, headers.get("Accept-Language", ""), turn)
        for pattern, change in self._changes:
            if re.fullmatch(pattern, path):
                fetched = change(fetched)
        return fetched

    def _ask(self, path: str, language: str, _turn: int) -> Fetched:
        answer = self._website.ask("GET", path, {"Accept-Language": language})
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Fetched(answer.status, headers, answer.html.encode())

    def found(self, languages: tuple[str, ...] = ()) -> list[str]:
        return [f"{one.path} {one.sentence}" for one in Walk(self.get, NOON, languages, PARSED)()]


@pytest.fixture(scope="module")
def small_site(content: Content, catalogs: Catalogs) -> FormPages:
    locales = tuple(one for one in content.site.locales if one.tag in LANGUAGES)
    return FormPages(TEMPLATES, catalogs, replace(content, site=replace(content.site, locales=locales)))


@pytest.fixture(scope="module")
def shared(small_site: FormPages) -> Served:
    return Served(small_site)


@pytest.fixture
def served(shared: Served) -> Served:
    shared.breaks("", lambda fetched: fetched)
    shared.asked.clear()
    return shared


def text(old: str, new: str) -> Change:
    def change(fetched: Fetched) -> Fetched:
        assert old in fetched.body.decode(), "the test would break nothing"
        return replace(fetched, body=fetched.body.decode().replace(old, new).encode())

    return change


def header(name: str, value: str | None) -> Change:
    def change(fetched: Fetched) -> Fetched:
        rest = {key: old for key, old in fetched.headers.items() if key != name}
        return replace(fetched, headers=rest if value is None else {**rest, name: value})

    return change


def status(number: int) -> Change:
    return lambda fetched: replace(fetched, status=number)


def away(_fetched: Fetched) -> Fetched:
    raise NoAnswer("nothing came within 20 seconds")


def test_a_sound_site_has_no_findings_and_is_asked_for_every_kind_of_page_in_each_language(
    served: Served,
) -> None:
    assert served.found(LANGUAGES) == []
    paths = {path for path, _ in served.asked}
    for locale in LANGUAGES:
        for rest in (
            "",
            "los-banos-ca/",
            "us/",
            "los-banos-ca/note/",
            "code/",
            "about/",
            "more/",
            "no-such-page/",
        ):
            assert f"/{locale}/{rest}" in paths
    assert {"/", "/.well-known/security.txt", "/robots.txt"} <= paths


def test_nothing_is_sent(served: Served) -> None:
    served.found()
    assert {name for _, headers in served.asked for name in headers} <= {"Accept-Language"}
    assert not [path for path, _ in served.asked if "?" in path or path.startswith("/admin")]
    assert served._website.stored() == []


EVERY = r"/|/ar/|/en/us/|/en/us/note/|/en/code/|/ar/about/|/en/more/|/ar/no-such-page/|/robots\.txt"
KINDS = EVERY.split("|")


@pytest.mark.parametrize("path", KINDS)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (status(500), "the status is 500"),
        (away, "there is no answer"),
        (header("referrer-policy", None), "the header Referrer-Policy is missing"),
    ],
)
def test_each_kind_of_page_is_missed_when_it_fails(
    served: Served, path: str, change: Change, said: str
) -> None:
    served.breaks(path, change)
    found = served.found()
    assert [one for one in found if one.startswith(path.replace("\\", "") + " ") and said in one], found
    assert len(found) <= 2


@pytest.mark.parametrize("path", [path for path in KINDS if "robots" not in path])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (text('href="tel:911"', 'href="tel:912"'), "911 is missing"),
        (text("<style>", "<style>p{}"), "style is not the one"),
    ],
)
def test_each_kind_of_page_is_looked_at_as_a_page(
    served: Served, path: str, change: Change, said: str
) -> None:
    served.breaks(path, change)
    found = served.found()
    assert [one for one in found if one.startswith(f"{path} ") and said in one], found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (header("cache-control", "max-age=600"), "the header Cache-Control is 'max-age=600'"),
        (header("set-cookie", "a=b"), "there is a header set-cookie"),
        (header("etag", '"1"'), "there is a header etag"),
        (header("content-type", "text/html"), "is sent as 'text/html'"),
        (header("content-security-policy", None), "the header Content-Security-Policy is missing"),
        (header("content-security-policy", "default-src 'none' 'unsafe-inline'"), "more than the page's own"),
        (text('lang="ar" dir="rtl">\n<head>', 'lang="ar" dir="ltr">\n<head>'), "is written 'ltr'"),
        (text('<html lang="ar"', '<html lang="en"'), "its language is 'en'"),
        (text("</html>", ""), "it is cut off"),
        (text("<title>", "<title>Report trafficking "), "which a history would show"),
        (text('id="exit"', 'id="way"'), "the exit is missing"),
        (text("data-exit", "data-way"), "does not lead away"),
        (text("noreferrer", "referrer"), "where the reader comes from"),
        (text('class="care"', 'class="cure"'), "the warning about phones"),
        (text('href="tel:+', 'href="x:+'), "no number to talk to somebody"),
        (text("/ar/los-banos-ca/note/", "/ar/"), "does not lead to the form"),
        (text("/ar/code/", "/ar/"), "does not lead to the code page"),
        (text("/ar/about/", "/ar/"), "does not lead to the page about the site"),
        (text('hreflang="en"', 'hreflang="xx"'), "does not lead to the languages en"),
        (lambda fetched: replace(fetched, body=b"\xff\xfe"), "it is not UTF-8"),
    ],
)
def test_what_a_language_s_page_can_lose_is_found(served: Served, change: Change, said: str) -> None:
    served.breaks("/ar/", change)
    found = served.found()
    assert [one for one in found if one.startswith("/ar/ ") and said in one], found


def test_a_standby_page_is_known_as_one(served: Served) -> None:
    def stands_by(fetched: Fetched) -> Fetched:
        meta = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
        return header("content-security-policy", None)(text("<title>", f"{meta}<title>")(fetched))

    served.breaks("/en/", stands_by)
    assert served.found() == ["/en/ this is a standby page: the functions do not answer"]


FORM = r"/en/us/note/"


def token(of: timedelta) -> str:
    milliseconds = int((NOON + of).timestamp() * 1000)
    return base64.urlsafe_b64encode(milliseconds.to_bytes(6, "big") + bytes(32)).decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (status(200), "the status is 200, and must be 203"),
        (text('method="post"', 'method="get"'), "by post"),
        (text('action="/en/us/note/"', 'action="https://evil.example/"'), "to its own page"),
        (text('name="a"', 'name="aa"'), "no field for what was seen"),
        (text('name="r"', 'name="rr"'), "no field for who should get it"),
        (text('name="t" value="', 'name="t" value="x'), "token is missing, or is none"),
        (text('<input type="hidden" name="t"', '<input type="hidden" name="tt"'), "token is missing"),
        (text(' autocomplete="off" data-most', " data-most"), "would remember what is typed"),
    ],
)
def test_what_the_form_can_lose_is_found(served: Served, change: Change, said: str) -> None:
    served.breaks(FORM, change)
    found = served.found()
    assert [one for one in found if one.startswith("/en/us/note/ ") and said in one], found


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(0), "the same token"),
        (timedelta(hours=-5), "it is old"),
        (timedelta(hours=1), "a clock is wrong"),
    ],
)
def test_a_form_from_a_cache_is_found_by_its_token(served: Served, age: timedelta, said: str) -> None:
    def kept(fetched: Fetched) -> Fetched:
        page = re.sub(r'name="t" value="[^"]*"', f'name="t" value="{token(age)}"', fetched.body.decode())
        return replace(fetched, body=page.encode())

    served.breaks(FORM, kept)
    assert [one for one in served.found() if said in one]


def test_a_code_page_without_its_field_is_found(served: Served) -> None:
    served.breaks("/ar/code/", text('name="k"', 'name="kk"'))
    assert served.found() == ["/ar/code/ the form has no field for the code"]


def test_a_site_that_nobody_says_who_runs_is_found(small_site: FormPages) -> None:
    found = Served(small_site, AboutSite("", "", 30, "2027-11-28T00:00:00Z")).found()
    assert "/en/about/ nobody says who runs the site, or how to reach them" in found
    assert "/.well-known/security.txt the status is 404, and must be 200" in found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (text("mailto:", ""), "names nobody"),
        (text("2027-11-28", "2026-11-01"), "out of date since 2026-11-01"),
        (text("2027-11-28", f"{NOON + timedelta(days=9):%Y-%m-%d}"), "holds only until"),
        (text("Expires", "Expired"), "until when it holds"),
        (text("2027-11-28T00:00:00Z", "next year"), "until when it holds"),
        (header("content-type", "text/html; charset=utf-8"), "not sent as plain text"),
    ],
)
def test_what_security_txt_can_lose_is_found(served: Served, change: Change, said: str) -> None:
    path = "/.well-known/security.txt"
    served.breaks(re.escape(path), change)
    [found] = served.found()
    assert found.startswith(path)
    assert said in found


def test_robots_that_lead_to_the_desk_are_found(served: Served) -> None:
    served.breaks(r"/robots\.txt", text("/admin/", "/"))
    assert served.found() == ["/robots.txt it does not leave out the desk"]


def test_a_page_for_what_is_not_there_must_say_so(served: Served) -> None:
    served.breaks("/en/no-such-page/", status(200))
    assert served.found() == ["/en/no-such-page/ the status is 200, and must be 404"]


def test_a_language_that_the_front_page_lost_is_found(served: Served) -> None:
    served.breaks("/", text('hreflang="ar"', 'hreflang="en"'))
    assert "/ it does not lead to the language ar" in served.found()
    assert "/ it does not lead to the language es" in served.found(("es",))


def test_the_front_page_of_another_reader_is_found(served: Served) -> None:
    first = served.get("/", {"Accept-Language": "en"})
    served.breaks("/", lambda _: first)
    assert [one for one in served.found() if one.startswith("/ it says that its language is 'en'")]


# The command


def test_one_line_a_finding_and_an_exit_status_for_a_cron(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.probe(served.get, NOON, {"QUIET": "1"}) == 0
    assert capsys.readouterr().out == ""
    served.breaks(".*", header("x-frame-options", None))
    assert command.probe(served.get, NOON, {}) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert re.fullmatch(r"\[!\] / and \d+ more: the header X-Frame-Options is missing", lines[0])
    assert re.fullmatch(r"\d+ pages looked at, 1 findings\.", lines[1])


@pytest.mark.parametrize(
    "url",
    ["", "places.example.org", "http://places.example.org", "https://a.example/en/", "https://a.example/?x=1",
     "https://u@a.example", "ftp://a.example"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_with_2(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadUrl):
        site_of(url)
    assert command.main({"URL": url}) == 2
    assert "URL" in capsys.readouterr().err


def test_an_address_of_a_site_is_taken() -> None:
    assert site_of("https://places.example.org/") == "https://places.example.org"
    assert site_of("http://127.0.0.1:8000") == "http://127.0.0.1:8000"


# HTTP


class Answers(BaseHTTPRequestHandler):
    seen: list[tuple[str, str, Mapping[str, str]]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.seen.append((self.command, self.path, dict(self.headers)))
        bodies = {"/gzip/": gzip.compress(b"packed"), "/bad/": b"no gzip"}
        self.send_response(302 if self.path == "/away/" else 404 if self.path == "/none/" else 200)
        if self.path == "/away/":
            self.send_header("Location", "/other/")
        if self.path in bodies:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(bodies.get(self.path, b"plain"))

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_it_asks_by_get_follows_no_redirect_and_unpacks(server: str) -> None:
    get = over_http(server)
    assert get("/plain/", {"Accept-Language": "es"}).body == b"plain"
    assert get("/gzip/", {}).body == b"packed"
    assert (get("/away/", {}).status, get("/none/", {}).status) == (302, 404)
    with pytest.raises(NoAnswer, match="gzip"):
        get("/bad/", {})
    assert {method for method, _, _ in Answers.seen} == {"GET"}
    assert "/other/" not in [path for _, path, _ in Answers.seen]
    assert Answers.seen[0][2]["Accept-Language"] == "es"
    assert "Cookie" not in Answers.seen[0][2]


def test_who_does_not_answer_is_named(server: str) -> None:
    with pytest.raises(NoAnswer, match="refused"):
        over_http("http://127.0.0.1:1")("/", {})
