"""HSDS over HTTP: events of API Gateway in, JSON, marks and headers out, nothing of a request in a log."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.directory.hsds.edition import read_edition
from chalicelib.directory.hsds.profile import problems_of, problems_of_page
from chalicelib.directory.hsds.rules_of_profile import RULES
from chalicelib.pages.web.hsds_answers import KEPT_SECONDS
from tests.directory.hsds.official_files import VERSIONS, problems, strict
from tests.pages.hsds_site import FILES, SERVICES, Here, handler
from tools.build.functions import HSDS

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "hsds.md"
KINDS = ("services", "organizations", "service_at_locations", "taxonomies", "taxonomy_terms")
OFFICIAL = {
    "services": "service",
    "organizations": "organization",
    "service_at_locations": "service_at_location",
}


def event(path: str, method: str = "GET", query: Any = None, **headers: str) -> dict[str, Any]:
    return {
        "path": path,
        "httpMethod": method,
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "multiValueQueryStringParameters": query,
        "requestContext": {"httpMethod": method},
    }


ASK = handler()


def ask(path: str, method: str = "GET", query: Any = None, **headers: str) -> dict[str, Any]:
    found: dict[str, Any] = ASK(event(path, method, query, **headers), None)
    return found


def body(path: str, **query: Any) -> Any:
    answer = ask(path, query={name: [str(value)] for name, value in query.items()})
    assert answer["statusCode"] == 200, answer["body"]
    return json.loads(answer["body"])


@pytest.mark.parametrize("path", ["/hsds", "/hsds/"])
def test_the_root_names_version_profile_and_description(path: str) -> None:
    root = body(path)
    assert root["version"] == "3.0"
    for name in ("profile", "openapi_url"):
        assert body(root[name].removeprefix("https://a.example"))


def test_the_profile_says_what_the_guide_says() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    for what, how in RULES[:-1]:
        assert f"| {what} | {how} |" in guide
    assert body("/hsds/profile")["rules"] == [{"what": what, "how": how} for what, how in RULES]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 7, 50])
def test_a_crawl_finds_each_record_once(kind: str, size: int) -> None:
    pages = [body(f"/hsds/{kind}", per_page=size)]
    while not pages[-1]["last_page"]:
        pages.append(body(f"/hsds/{kind}", per_page=size, page=len(pages) + 1))
    assert [said for page in pages for said in problems_of_page(page)] == []
    ids = [one["id"] for page in pages for one in page["contents"]]
    assert len(ids) == len(set(ids)) == pages[0]["total_items"]
    assert body(f"/hsds/{kind}", per_page=size, page=len(pages) + 1)["empty"]


@pytest.mark.parametrize("kind", OFFICIAL)
@pytest.mark.parametrize("language", ["en", "es", "km"])
def test_every_record_is_strictly_valid_for_both_versions(kind: str, language: str) -> None:
    listed = body(f"/hsds/{kind}", per_page=20, lang=language)["contents"]
    for one in listed:
        for version in VERSIONS:
            name = f"compiled/{OFFICIAL[kind]}_list"
            assert [error.message for error in strict(version, name).iter_errors(one)] == []
    full = [body(f"/hsds/{kind}/{one['id']}", lang=language) for one in listed[::7]]
    full += body(f"/hsds/{kind}", per_page=5, full="true", lang=language)["contents"]
    assert [said for one in full for said in problems(OFFICIAL[kind], one)] == []
    assert kind != "services" or problems_of({one["id"]: one for one in full}.values()) == []


def test_a_language_is_told_and_changes_neither_ids_nor_counts() -> None:
    by_header = ask("/hsds/taxonomy_terms", accept_language="es-MX,en;q=0.5")
    by_query = ask("/hsds/taxonomy_terms", query={"lang": ["es"]})
    assert by_header["headers"]["Content-Language"] == by_query["headers"]["Content-Language"] == "es"
    assert by_header["body"] == by_query["body"]
    assert "Comidas y alimentos" in by_header["body"]
    assert by_header["headers"]["Vary"] == "Accept-Language"
    english = json.loads(ask("/hsds/taxonomy_terms")["body"])
    spanish = json.loads(by_query["body"])
    assert [one["id"] for one in english["contents"]] == [one["id"] for one in spanish["contents"]]


def test_a_zip_finds_what_covers_it_its_counties_or_all_around() -> None:
    def found(postcode: str) -> set[str]:
        page = body("/hsds/service_at_locations", postcode=postcode, per_page=100, full="true")
        return {one["service"]["name"] for one in page["contents"]}

    assert "A Bed Tonight" in found("95340")
    assert "A Bed Tonight" in found("93635-1234"), "one of its two counties is covered"
    assert "A Bed Tonight" not in found("93701")
    assert {"A Line"} == found("93701"), "what covers the whole nation covers this county"
    assert {"A Line"} == found("99999"), "a ZIP that nobody knows is in the nation all the same"


def test_who_has_a_response_is_told_so_by_its_mark() -> None:
    first = ask("/hsds/services")
    mark = first["headers"]["ETag"]
    for known in (mark, f"W/{mark}", f'"x", {mark}', "*"):
        again = ask("/hsds/services", if_none_match=known)
        assert (again["statusCode"], again["body"]) == (304, "")
        assert again["headers"]["ETag"] == mark
    assert ask("/hsds/services", if_none_match='"x"')["statusCode"] == 200
    assert ask("/hsds/services", query={"page": ["2"]})["headers"]["ETag"] != mark


def test_responses_are_kept_for_a_minute_and_refusals_not_at_all() -> None:
    assert ask("/hsds/services")["headers"]["Cache-Control"] == f"public, max-age={KEPT_SECONDS}"
    for answer in (ask("/hsds/nothing"), ask("/hsds/services", query={"page": ["0"]}), ask("/hsds", "POST")):
        assert answer["headers"]["Cache-Control"] == "no-store"
        assert json.loads(answer["body"])["status"] == answer["statusCode"]


def test_head_has_every_header_and_no_body() -> None:
    got, head = ask("/hsds/services"), ask("/hsds/services", "HEAD")
    assert head == {**got, "body": ""}
    assert ask("/hsds/export.json", "HEAD", accept_encoding="gzip")["isBase64Encoded"] is False


@pytest.mark.parametrize("path", ["/hsds", "/hsds/services", "/hsds/nothing", "/hsds/export.csv"])
def test_any_site_may_read_everything_and_ask_whether_it_may(path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        assert ask(path, method)["headers"]["Access-Control-Allow-Origin"] == "*"
    asked = ask(path, "OPTIONS")
    assert (asked["statusCode"], asked["body"]) == (204, "")
    assert asked["headers"]["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_nothing_can_be_written(method: str) -> None:
    answer = ask("/hsds/services", method)
    assert answer["statusCode"] == 405
    assert answer["headers"]["Allow"] == "GET, HEAD, OPTIONS"


def test_everything_comes_as_one_file_when_nothing_is_published() -> None:
    whole = ask("/hsds/export.json", accept_encoding="gzip")
    assert whole["headers"]["Content-Encoding"] == "gzip"
    assert whole["headers"]["Content-Disposition"] == 'attachment; filename="services-2026-11-25.json"'
    text = gzip.decompress(base64.b64decode(whole["body"])).decode()
    assert len(json.loads(text)["services"]) == len(SERVICES)
    plain = ask("/hsds/export.json")
    assert (plain["body"], plain["isBase64Encoded"]) == (text, False)
    sheet = ask("/hsds/export.csv")
    assert sheet["headers"]["Content-Type"] == "text/csv; charset=utf-8"
    assert sheet["body"].count("\r\n") == len(SERVICES) + 1
    assert ask("/hsds/export.csv", query={"x": ["1"]})["statusCode"] == 400


def test_everything_that_was_published_is_fetched_where_it_lies() -> None:
    away = handler(Here(away="https://p.example/releases/hsds/0a/"))
    answer = away(event("/hsds/export.json"), None)
    assert answer["statusCode"] == 307
    assert answer["headers"]["Location"] == "https://p.example/releases/hsds/0a/services.json.gz"


def test_a_failure_says_so_in_json_and_logs_neither_path_nor_query() -> None:
    said: list[str] = []

    class Broken:
        def current(self) -> Any:
            raise RuntimeError("95340 tulip")

    answer = handler(Broken(), log=said.append)(event("/hsds/services", query={"search": ["tulip"]}), None)
    assert answer["statusCode"] == 503
    assert json.loads(answer["body"])["status"] == 503
    assert answer["headers"]["Retry-After"] == "60"
    assert len(said) == 1
    assert "tulip" not in said[0]
    assert "95340" not in said[0]


def test_a_question_that_is_answered_or_refused_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    said: list[str] = []
    quiet = handler(log=said.append)
    for path, query in (
        ("/hsds/services", {"search": ["tulip"]}),
        ("/hsds/service_at_locations", {"postcode": ["95340"]}),
        ("/hsds/service_at_locations", {"postcode": ["tulip"]}),
        ("/hsds/tulip", None),
        ("/hsds/services", {"tulip": ["1"]}),
    ):
        answer = quiet(event(path, query=query), None)
        assert "tulip" not in json.loads(answer["body"]).get("message", "")
    assert said == []
    assert caplog.records == []


@pytest.mark.parametrize("odd", [None, {}, [], {"path": None, "headers": None}, {"requestContext": "x"}])
def test_an_event_that_is_none_is_answered_all_the_same(odd: Any) -> None:
    assert ASK(odd, None)["statusCode"] in (200, 404, 503)


def test_parameters_also_come_once_each() -> None:
    single = {**event("/hsds/services"), "queryStringParameters": {"per_page": "1"}}
    single.pop("multiValueQueryStringParameters")
    assert json.loads(ASK(single, None)["body"])["size"] == 1


def test_no_address_of_a_confidential_service_is_in_any_file_of_an_edition() -> None:
    edition = read_edition(FILES)
    for row in range(len(edition.snapshot)):
        record = edition.snapshot.record(row)
        if record["name"] == "A Bed Tonight":
            assert "address" not in json.dumps(record)
    assert HSDS.memory <= 512
