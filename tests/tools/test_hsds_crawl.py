"""A crawl reads an API's pages into one file: politely, within bounds, and from where it stopped."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from chalicelib.directory.hsds.api import Api, Zips
from chalicelib.directory.hsds.read_json import read_json
from chalicelib.directory.hsds.records import list_item
from chalicelib.directory.hsds.snapshot import build
from tests.directory.hsds.samples import DOOR, REACH, SAMPLES, SETTING
from tools.hsds_crawl.__main__ import main
from tools.hsds_crawl.crawl import Bounds, Crawl, CrawlFailed, over_http

API = Api(build(SAMPLES, SETTING, REACH), "http://a.example/hsds", "http://a.example/p", Zips(lambda zip: ()))
SMALL = Bounds(per_page=2, pause=0)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


class Site:
    """An API on this machine, of which a test may decide what it answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.before: list[tuple[int, dict[str, str], bytes]] = []
        self.short = False
        self.total: int | None = None
        self.server = make_server("127.0.0.1", 0, self._respond, threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hsds"

    def _respond(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        path = request.full_path.removesuffix("?")
        self.asked.append(path)
        self.agents.add(request.headers["User-Agent"])
        status, headers, body = self.before.pop(0) if self.before else self.answer(path)
        response = Response(body, status, headers)
        response.autocorrect_location_header = False
        return response(environ, start)

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        found = API.answer(parts.path.removeprefix("/hsds"), query)
        body = json.loads(found.body)
        if self.short and "contents" in body:
            body["contents"] = [list_item(one) for one in body["contents"]]
        if self.total is not None and "contents" in body:
            body["total_items"] = self.total
        return found.status, {}, json.dumps(body).encode()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, args=[0.01])
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


def crawl(site, out, bounds=SMALL, sleep=lambda seconds: None):
    return Crawl(over_http(site.url, bounds, sleep), out, bounds)


def names(out):
    return [json.loads(line)["name"] for line in out.read_text(encoding="utf-8").splitlines()]


def test_all_pages_are_read_into_one_file_that_the_import_takes(site, tmp_path):
    out = tmp_path / "services.jsonl"
    assert crawl(site, out)() == 3
    found = read_json(out.read_bytes(), out.name, DOOR)
    assert not found.refusals
    assert {one.id for one in found.services} == {one.id for one in SAMPLES}
    assert [path.name for path in tmp_path.iterdir()] == ["services.jsonl"]
    assert site.asked == [f"/hsds/services?page={page}&per_page=2&full=true" for page in (1, 2)]
    assert site.agents == {"porchlight-hsds-crawl/1"}


def test_an_api_that_gives_no_full_lists_is_asked_for_each_service(site, tmp_path):
    site.short = True
    out = tmp_path / "services.jsonl"
    crawl(site, out)()
    assert len(site.asked) == 5
    assert len(read_json(out.read_bytes(), out.name, DOOR).services) == 3


def test_an_api_that_refuses_to_be_asked_for_full_lists_is_asked_without(site, tmp_path):
    site.before = [(400, {}, b"{}")]
    out = tmp_path / "services.jsonl"
    assert crawl(site, out)() == 3
    assert [path for path in site.asked if "?" in path] == [
        "/hsds/services?page=1&per_page=2&full=true",
        "/hsds/services?page=1&per_page=2",
        "/hsds/services?page=2&per_page=2",
    ]
    assert len(read_json(out.read_bytes(), out.name, DOOR).services) == 3


def test_a_list_with_a_list_in_it_and_no_organization_is_not_in_full(site, tmp_path):
    whole = json.loads(API.answer("services", {"full": ["true"]}).body)
    short = [{"id": one["id"], "name": one["name"], "languages": []} for one in whole["contents"]]
    site.before = [(200, {}, json.dumps({**whole, "contents": short}).encode())]
    out = tmp_path / "services.jsonl"
    crawl(site, out)()
    assert len(read_json(out.read_bytes(), out.name, DOOR).services) == 3


def test_another_service_than_the_one_that_was_asked_for_is_named(site, tmp_path):
    site.short = True
    site.before = [site.answer("/hsds/services?page=1&per_page=2"), (200, {}, b'{"id": "other"}')]
    with pytest.raises(CrawlFailed, match="another id"):
        crawl(site, tmp_path / "a.jsonl")()


def test_a_crawl_that_stopped_goes_on_where_it_was(site, tmp_path):
    out = tmp_path / "services.jsonl"
    bounds = Bounds(per_page=1, pause=0, tries=1)
    site.before = [site.answer("/hsds/services?page=1&per_page=1&full=true"), (500, {}, b"")]
    with pytest.raises(CrawlFailed, match="goes on from here"):
        crawl(site, out, bounds)()
    assert not out.exists()
    part = tmp_path / "services.jsonl.part"
    part.write_bytes(part.read_bytes() + b'{"id": "half')
    site.asked.clear()
    assert crawl(site, out, bounds)() == 3
    assert [path.split("&")[0] for path in site.asked] == ["/hsds/services?page=2", "/hsds/services?page=3"]
    assert len(names(out)) == len(set(names(out))) == 3


def test_a_whole_file_is_not_read_again_unless_asked_for(site, tmp_path):
    out = tmp_path / "services.jsonl"
    crawl(site, out)()
    with pytest.raises(CrawlFailed, match="--again"):
        crawl(site, out)()
    again = crawl(site, out)
    again.forget()
    assert again() == 3


def test_it_waits_until_the_day_that_it_is_told(site, tmp_path):
    later = formatdate(time.time() + 40, usegmt=True)
    site.before = [(429, {"Retry-After": later}, b""), (429, {"Retry-After": "soon"}, b"")]
    slept: list[float] = []
    crawl(site, tmp_path / "a.jsonl", Bounds(per_page=3, pause=0), slept.append)()
    assert 0 < slept[0] <= 40
    assert slept[2] == 2.0


def test_it_waits_between_requests_and_as_long_as_it_is_asked_to(site, tmp_path):
    site.before = [(429, {"Retry-After": "7"}, b""), (503, {}, b""), (429, {"Retry-After": "9999"}, b"")]
    slept: list[float] = []
    crawl(site, tmp_path / "a.jsonl", Bounds(per_page=2, pause=0.5), slept.append)()
    assert slept == [7.0, 0.5, 2.0, 0.5, 60.0, 0.5, 0.5]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((404, {}, b""), "answers 404"),
        ((200, {}, b"<html>"), "no JSON"),
        ((200, {}, b"[]"), "no record and no page"),
        ((200, {}, b"{}"), "no page of HSDS"),
        ((200, {}, b'{"contents": [{}], "total_items": 1}'), "no id"),
        ((200, {}, b'{"contents": [], "total_items": 99999999}'), "--most"),
        ((200, {}, b" " * 2_000), "more than"),
        ((302, {"Location": "http://other.example/"}, b""), "another address"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "answers 302"),
    ],
)
def test_an_answer_that_cannot_be_used_is_named(site, tmp_path, answer, says):
    site.before = [answer]
    with pytest.raises(CrawlFailed, match=says):
        crawl(site, tmp_path / "a.jsonl", Bounds(pause=0, size=1_000))()
    assert not (tmp_path / "a.jsonl").exists()


def test_a_list_that_changed_meanwhile_is_no_whole_file(site, tmp_path):
    site.total = 4
    with pytest.raises(CrawlFailed, match="4 services, and 3 were read"):
        crawl(site, tmp_path / "a.jsonl")()
    assert [*tmp_path.iterdir()] == []


def test_a_list_that_got_shorter_meanwhile_is_no_whole_file_even_if_it_adds_up(site, tmp_path):
    pages = [{"total_items": 3, "contents": [{"id": one, "phones": [], "organization": {}} for one in "ab"]}]
    # The first is gone, so that the third stands on the first page now, which was read.
    pages += [{"total_items": 2, "contents": []}]
    site.before = [(200, {}, json.dumps(one).encode()) for one in pages]
    with pytest.raises(CrawlFailed, match="3 services, and later 2"):
        crawl(site, tmp_path / "a.jsonl")()
    assert [*tmp_path.iterdir()] == []


def test_pages_without_an_end_are_left(site, tmp_path):
    page = json.dumps(
        {"contents": [{"id": "a", "phones": [], "organization": {}}], "total_items": 1}
    ).encode()
    site.before = [(200, {}, page)] * 10
    with pytest.raises(CrawlFailed, match="more than 3 pages"):
        crawl(site, tmp_path / "a.jsonl", Bounds(pause=0, pages=3))()


def test_half_of_a_sign_is_kept_as_it_was_escaped_and_the_import_names_it(site, tmp_path):
    whole = json.loads(site.answer("/hsds/services?full=true")[2])
    whole["contents"][0]["description"] = "\ud83d"
    site.before = [(200, {}, json.dumps(whole).encode())]
    out = tmp_path / "s.jsonl"
    assert Crawl(over_http(site.url, SMALL), out, SMALL)() == 3
    assert "half of a sign" in "".join(str(one) for one in read_json(out.read_bytes(), "s", DOOR).refusals)


def test_a_service_that_answers_with_another_id_is_not_taken(site, tmp_path):
    site.short = True
    other = site.answer("/hsds/services?full=true&per_page=1&page=3")[2]
    record = json.dumps(json.loads(other)["contents"][0]).encode()
    site.before = [site.answer("/hsds/services?page=1&per_page=2&full=true"), (200, {}, record)]
    with pytest.raises(CrawlFailed, match="another id"):
        Crawl(over_http(site.url, SMALL), tmp_path / "s.jsonl", SMALL)()


def test_a_response_that_trickles_is_left(site, tmp_path, monkeypatch):
    monkeypatch.setattr("tools.hsds_crawl.crawl.LONGEST", -1.0)
    with pytest.raises(CrawlFailed, match="took more than"):
        Crawl(over_http(site.url, SMALL), tmp_path / "s.jsonl", SMALL)()


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "http://169.254.169.254/latest", "ftp://x.example/", "//x/y"]
)
def test_no_redirect_leads_elsewhere(site, tmp_path, to):
    site.before = [(302, {"Location": to}, b"")]
    with pytest.raises(CrawlFailed, match=r"another address|answers 302"):
        Crawl(over_http(site.url, SMALL), tmp_path / "s.jsonl", SMALL)()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.org",
        "file:///etc/passwd",
        "ftp://a.example/",
        "https://a:b@a.example/",
        "https://a.example/?x=1",
    ],
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(CrawlFailed, match="URL"):
        over_http(url, SMALL)


def test_the_command_says_what_it_did(site, tmp_path, capsys):
    out = tmp_path / "services.jsonl"
    assert main([site.url, "--out", str(out), "--pause", "0"]) == 0
    assert "3 services" in capsys.readouterr().out
    assert main([site.url, "--out", str(out), "--pause", "0"]) == 1
    assert "--again" in capsys.readouterr().err
    assert main([site.url, "--out", str(out), "--pause", "0", "--again"]) == 0
