"""The page function as AWS calls it, with pages as a package has them: any ZIP, any town, any body."""

from __future__ import annotations

import base64
import importlib
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.find import build_pages
from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.zips import read_zips
from chalicelib.pages.choices import CHOICES
from chalicelib.wiring import http
from tests.pages.test_published_pages import Bucket
from tests.pages.test_search import ask, event, heading, html_of, links, search
from tests.support.website import FORM

pytestmark = pytest.mark.takes(20)

ZIPS = read_zips(json.loads((CONTENT / "zips.json").read_text(encoding="utf-8")))
PATHS = {county.fips: county.path for county in ZIPS.counties()}
ODD = "zqxvwk"  # in no page, name or header

Function = Callable[[Any, Any], dict[str, Any]]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a package has of pages, in two languages."""
    here = tmp_path_factory.mktemp("package")
    build_pages(here / "built_pages", ZIPS, 1)
    return here


def start(package: Path, pages_url: str = "") -> Function:
    """Load the function's module anew, as a cold start does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "HERE", str(package))
        patch.setenv("PORCHLIGHT_FUNCTION", "page")
        patch.setenv("PAGES_URL", pages_url)
        sys.modules.pop("chalicelib.wiring.page", None)
        module = importlib.import_module("chalicelib.wiring.page")
        sys.modules.pop("chalicelib.wiring.page", None)
    return module.answer


@pytest.fixture(scope="module")
def function(package: Path) -> Function:
    return start(package)


def test_every_zip_leads_to_the_page_of_its_county_or_to_a_choice_of_pages(function: Function) -> None:
    ready = {path: ask("GET", f"/es/places/{path}/", function=function) for path in PATHS.values()}
    assert {answer["statusCode"] for answer in ready.values()} == {200}
    for code, counties in ZIPS.counties_of.items():
        answer = search(code, "/es/places/", function=function)
        assert answer["statusCode"] == 203
        if len(counties) == 1:
            assert answer["body"] == ready[PATHS[counties[0]]]["body"], code
            continue
        assert CHOICES not in html_of(answer)
        wanted = [f"/es/places/{PATHS[fips]}/" for fips in counties]  # each is in `ready`
        assert [link for link in links(answer) if link in wanted] == wanted, code


def counties_offered(answer: dict[str, Any]) -> list[str]:
    return [link for link in links(answer) if link.startswith("/en/places/ca/") and link.count("/") == 5]


def test_every_town_leads_where_each_of_its_zips_leads_first(function: Function) -> None:
    by_zip = {code: search(code, function=function) for code in ZIPS.counties_of}
    choices = set()
    for town in ZIPS.towns:
        [fips] = town.counties
        path = f"/en/places/{PATHS[fips]}/"
        page = ask("GET", path, function=function)["body"]
        answer = search(f"{town.name}, CA", function=function)
        assert answer["statusCode"] == 203
        if answer["body"] != page:
            choices.add(town.name)
            assert path in counties_offered(answer)
        for code in town.zips:
            alone = len(ZIPS.counties_of[code]) == 1
            assert by_zip[code]["body"] == page if alone else counties_offered(by_zip[code])[0] == path, code
    assert choices == {"Alpine", "San Joaquin"}, "a county elsewhere is called so, and is offered as well"


# Whatever is sent


def everything_in(answer: dict[str, Any], *more: str) -> str:
    return (
        json.dumps(answer["headers"])
        + json.dumps(answer["multiValueHeaders"])
        + "".join((html_of(answer), *more))
    )


def said(packed: bytes, kind: str | None = FORM, **more: Any) -> dict[str, Any]:
    """An event with this body, as base64."""
    headers = {"Accept-Encoding": "gzip"} | ({} if kind is None else {"Content-Type": kind})
    return {**event("POST", "/en/places/", headers, packed), **more}


def plain(body: Any, **more: Any) -> dict[str, Any]:
    """An event with this body, as it is."""
    return said(b"", body=body, isBase64Encoded=False, **more)


PART = f'--x\r\nContent-Disposition: form-data; name="place"\r\n\r\n{ODD}\r\n--x--\r\n'.encode()
SENT: dict[str, tuple[int, dict[str, Any]]] = {
    "a form": (203, said(f"place={ODD}".encode())),
    "as it is": (203, plain(f"place={ODD}")),
    "many fields of the name": (203, said(b"&".join([f"place={ODD}".encode()] * 30))),
    "the second of two": (203, said(f"place=&place={ODD}".encode())),
    "another name": (203, said(f"{ODD}=1&x={ODD}".encode())),
    "no name": (203, said(f"={ODD}".encode())),
    "no form": (203, said(ODD.encode())),
    "only separators": (203, said(b"&&&===&&&")),
    "no UTF-8": (203, said(b"place=" + ODD.encode() + b"\xff\xfe%ff%c3%28")),
    "cut off within a sign": (203, said(f"place={ODD}%C3%".encode())),
    "half of a pair": (203, plain(f"place={ODD}\ud800")),
    "zero bytes and escapes": (203, said(f"place=%00%1b[31m{ODD}%0d%0aSet-Cookie: {ODD}".encode())),
    "the mark of a choice": (203, said(f"place={CHOICES}{ODD}".encode())),
    "no body": (203, plain(None)),
    "an empty body": (203, plain("")),
    "as much as there may be": (203, said(f"place={ODD}".ljust(2000, "z").encode())),
    "a little more": (413, said(f"place={ODD}".ljust(2001, "z").encode())),
    "two megabytes": (413, said(f"place={ODD}".encode() + b"z" * 2_000_000)),
    "two megabytes in another field": (413, plain(f"x={'z' * 2_000_000}&place={ODD}")),
    "base64 that is none": (400, plain(f"place={ODD}") | {"isBase64Encoded": True}),
    "base64 that is cut off": (400, plain("cGxhY2U9eg=") | {"isBase64Encoded": True}),
    "base64 with signs of other scripts": (400, plain(f"ñ{ODD}") | {"isBase64Encoded": True}),
    "an object": (400, plain({"place": ODD})),
    "a list": (400, plain([ODD])),
    "a number": (400, plain(7)),
    "multipart": (415, said(PART, "multipart/form-data; boundary=x")),
    "multipart that says it is a form": (203, said(PART, f"{FORM}; boundary=x")),
    "JSON": (415, said(json.dumps({"place": ODD}).encode(), "application/json")),
    "text": (415, said(f"place={ODD}".encode(), "text/plain")),
    "of no kind": (415, said(f"place={ODD}".encode(), None)),
    "of a kind that is the words": (415, said(f"place={ODD}".encode(), ODD)),
    "of two kinds": (415, said(f"place={ODD}".encode(), f"{ODD}, {FORM}")),
    "in the query": (203, plain(None, queryStringParameters={"place": ODD})),
    "in all else": (
        203,
        plain(
            None,
            pathParameters={"proxy": ODD, "place": ODD},
            stageVariables={"place": ODD},
            multiValueQueryStringParameters={"place": [ODD, ODD]},
        ),
    ),
}


@pytest.mark.parametrize("name", SENT)
def test_nothing_that_is_sent_is_told_to_anybody_whatever_it_is_sent_as(
    function: Function, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    status, asked = SENT[name]
    answer = function(asked, None)
    out, err = capfd.readouterr()
    assert answer["statusCode"] == status
    assert (out, err, caplog.records) == ("", "", []), "nothing is written, and no error is counted"
    whole = everything_in(answer)
    assert not [
        way for way in (ODD, ODD.upper(), quote(ODD), base64.b64encode(ODD.encode()).decode()) if way in whole
    ]
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert answer["headers"]["Referrer-Policy"] == "no-referrer"
    assert not {"Set-Cookie", "Location", "Refresh"} & answer["headers"].keys()
    assert "tel:911" in whole


ANY = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=40), st.lists, max_leaves=4)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=60).map(lambda sent: base64.b64encode(b"place=" + sent).decode()) | ANY,
    packed=st.booleans() | st.none() | st.text(max_size=3),
    kind=st.sampled_from([FORM, FORM.upper(), f"{FORM};charset=utf-7"]) | st.text(max_size=30) | ANY,
)
def test_any_event_gets_a_page_with_numbers_and_no_log_line(
    function: Function, caplog: pytest.LogCaptureFixture, body: Any, packed: Any, kind: Any
) -> None:
    caplog.clear()
    asked = {**said(b""), "body": body, "isBase64Encoded": packed}
    asked["headers"] = {"Content-Type": kind, "Accept-Encoding": "gzip"}
    answer = function(asked, None)
    assert answer["statusCode"] in (203, 400, 413, 415)
    assert "tel:911" in html_of(answer)
    assert not caplog.records


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("typed", ["93635", "Merced", ODD])
def test_words_in_an_address_find_nothing(function: Function, method: str, typed: str) -> None:
    """Neither a link that somebody made nor another site's form makes this one look for a place by GET."""
    plain_page = ask(method, "/en/places/", function=function)
    asked = event(method, "/en/places/", {"Accept-Encoding": "gzip"}, query={"place": typed})
    asked |= {"multiValueQueryStringParameters": {"place": [typed]}}
    assert function(asked, None) == plain_page
    with_body = event(method, "/en/places/", {"Accept-Encoding": "gzip", "Content-Type": FORM})
    with_body |= {"body": urlencode({"place": typed}), "isBase64Encoded": False}
    assert function(with_body, None) == plain_page


# What is published is away


@pytest.fixture
def bucket(package: Path) -> Iterator[Bucket]:
    """A release as it ships, published: its index of ZIPs, its places and areas."""
    bucket = Bucket()
    built = package / "built_pages"
    index = json.loads((built / "index.json").read_text(encoding="utf-8"))
    for name in (*index["places"], *index["areas"]):
        for locale in index["locales"]:
            path = f"releases/places/{name}/h/{locale}.b64"
            bucket.files[path] = (built / locale / f"{name}.b64").read_bytes()
    release = {**index, "brotli": False, "shared": "s"}
    release |= {"places": dict.fromkeys(index["places"], "h"), "areas": dict.fromkeys(index["areas"], "h")}
    bucket.files["current.json"] = json.dumps({"release": 1, "index": release}).encode()
    yield bucket
    bucket.stop()


def without_areas(package: Path, folder: Path) -> Path:
    """A package of a site with so many areas that it carries none of them."""
    built, here = package / "built_pages", folder / "few" / "built_pages"
    for file in [one for one in built.rglob("*") if one.is_file() and "--" not in one.name]:
        copy = here / file.relative_to(built)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    index = json.loads((built / "index.json").read_text(encoding="utf-8"))
    (here / "index.json").write_text(json.dumps({**index, "areas": []}), encoding="utf-8")
    return here.parent


def test_a_bucket_that_is_away_from_the_start_leaves_what_shipped(
    package: Path, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    bucket.stop()
    function = start(package, bucket.base)
    answer = search("93635", function=function)
    assert (answer["statusCode"], "Merced County" in heading(answer)) == (203, True)
    assert "93635" not in caplog.text


def test_a_bucket_that_goes_away_later_leaves_what_shipped(
    package: Path, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    function = start(package, bucket.base)
    assert ask("GET", "/en/us/", function=function)["statusCode"] == 200
    assert bucket.asked == ["current.json", "releases/places/us/h/en.b64"]
    bucket.stop()
    for typed in ("93635", "Los Bamos"):
        answer = search(typed, function=function)
        assert (answer["statusCode"], "Merced County" in heading(answer)) == (203, True)
    assert "/en/places/ca/" in links(search(ODD, function=function))
    assert not {"93635", "Bamos", ODD} & set(caplog.text.split())


def test_an_index_that_did_not_ship_leaves_the_list_of_states(
    package: Path, bucket: Bucket, tmp_path: Path
) -> None:
    few = without_areas(package, tmp_path)
    (few / "built_pages" / "zips").unlink()
    function = start(few, bucket.base)
    assert ask("GET", "/en/places/", function=function)["statusCode"] == 200
    answer = search("93635", function=function)
    assert answer["statusCode"] == 203
    assert answer["body"] == ask("GET", "/en/places/", function=function)["body"]
    assert {"/en/places/ca/", "tel:911"} <= {*links(answer)}


@pytest.mark.parametrize("typed", ["93635", "Los Bamos", ODD, ""])
def test_pages_that_are_away_and_did_not_ship_leave_numbers_and_the_way_to_the_first_page(
    package: Path, bucket: Bucket, tmp_path: Path, typed: str, caplog: pytest.LogCaptureFixture
) -> None:
    function = start(without_areas(package, tmp_path), bucket.base)
    assert ask("GET", "/en/us/", function=function)["statusCode"] == 200
    bucket.stop()
    answer = search(typed, function=function)
    assert answer["statusCode"] == 503
    assert {"/en/", "tel:911", "tel:+18883737888"} <= {*links(answer)}
    assert "/en/places/all/" in links(ask("GET", "/en/", function=function)), "a reload, or the field there"
    assert len(caplog.records) == 1
    assert not typed or typed not in caplog.text
