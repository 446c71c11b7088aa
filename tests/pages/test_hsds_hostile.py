"""Hostile questions to the HSDS API: nothing echoed, nothing logged, no error of ours, and bounded work."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.directory.hsds.api import LONGEST_PAGE
from chalicelib.directory.services import Organization
from tests.directory.hsds.samples import KITCHEN, LINE
from tests.pages.hsds_site import Here, files_of, handler
from tests.pages.test_hsds_answers import event

MARK = "zq7planted"
QUERIES: list[Any] = [
    {"page": [value]} for value in ("10" * 9, "0", "-1", "1e9", "٣", "１", "", " 1", "1\n", f"1{MARK}", "0x1")
]
QUERIES += [{"per_page": [value]} for value in ("0", "-1", "999999999", "9" * 5000, MARK, "१००", "1.5")]
QUERIES += [
    {"search": [value]}
    for value in (f"(a+)+${MARK}", ".*", "%", "\\", "\0", "a" * 200, f"{MARK} " * 9, "é" * 200, "‮", "ﷺ" * 200)
]
QUERIES += [
    {"search": ["a", MARK]},
    {"lang": [f"{MARK}\r\nSet-Cookie: a=b"]},
    {"lang": ["../../etc"]},
    {"lang": ["x" * 5000]},
    {"postcode": [MARK]},
    {"modified_after": ["9" * 400]},
    {"modified_after": [f"2026-01-01T00:00:00{MARK}"]},
    {"modified_after": ["0001-01-01T00:00:00+23:59"]},
    {"taxonomy_term_id": [MARK] * 500},
    {MARK: ["1"]},
    {"__class__": ["1"]},
    {"format": [f"json{MARK}"]},
    {"": [""]},
    None,
]
PATHS = [
    "services",
    "service_at_locations",
    "organizations",
    "taxonomies",
    "taxonomy_terms",
    "",
    "export.csv",
]
PATHS += [
    "services/..%2f",
    "services/../admin",
    "services//",
    f"services/{MARK}",
    f"{MARK}",
    "services/\0",
    "%00",
]
PATHS += ["services/" + "a/" * 2000, "export.json/..", "profile/x", "openapi.json/x", "services/constructor"]
HEADS = {"accept_language": f"{MARK}, es;q=x", "origin": f"https://{MARK}.example", "cookie": MARK}
USUAL = {200, 204, 304, 307, 400, 404, 405}


@pytest.fixture
def logged() -> list[str]:
    return []


@pytest.mark.parametrize("path", PATHS)
def test_whatever_is_asked_is_answered_without_an_echo(path: str, logged: list[str]) -> None:
    ask = handler(log=logged.append)
    for query in QUERIES:
        for method in ("GET", "HEAD", "OPTIONS", "POST", "TRACE", MARK):
            heads = {
                "accept_language": f"{MARK}, es;q=x",
                "origin": f"https://{MARK}.example",
                "cookie": MARK,
            }
            answer = ask(event(f"/hsds/{path}", method, query, **heads), None)
            assert answer["statusCode"] in USUAL, (path, query, method)
            assert MARK not in json.dumps(answer), (path, query, method)
            assert "Access-Control-Allow-Credentials" not in answer["headers"]
            assert "Set-Cookie" not in json.dumps(answer["headers"])
            if answer["statusCode"] not in (200, 304, 307):
                assert answer["headers"]["Cache-Control"] == "no-store"
    assert logged == []


def test_an_event_that_is_none_of_the_gateway_s_is_answered(logged: list[str]) -> None:
    for wrong in (
        {},
        {"path": None},
        {"headers": 5},
        {"multiValueQueryStringParameters": {"page": None}},
        None,
        [],
    ):
        assert handler(log=logged.append)(wrong, None)["statusCode"] in USUAL
    assert logged == []


def test_a_response_that_no_function_could_send_is_refused_in_words() -> None:
    long = "Somebody helps you here. " * 190
    told = {
        name: long.strip()
        for name in ("what", "apply", "eligibility", "cost", "hours_note", "interpretation")
    }
    one = Organization("large", "Large")
    many = [replace(KITCHEN, id=f"k{n}", name=f"K {n}", organization=one, **told) for n in range(300)]
    ask = handler(Here(files_of(many)))
    for path, query in (
        ("organizations", {"full": ["true"]}),
        ("organizations", {"full_service": ["true"], "per_page": ["100"]}),
        ("services", {"full": ["true"], "per_page": ["100"]}),
    ):
        answer = ask(event(f"/hsds/{path}", query=query), None)
        assert len(answer["body"].encode()) < LONGEST_PAGE + 1_000
        assert answer["statusCode"] in (200, 400)
    assert "per_page" in ask(event("/hsds/organizations", query={"full": ["true"]}), None)["body"]


def test_a_town_s_service_does_not_reword_an_organization_of_a_wider_place() -> None:
    false = replace(
        LINE.organization, name="0 False", website="https://false.example/", description="Pay us."
    )
    own = replace(KITCHEN, id="0-first", name="0 First", organization=false)
    ask = handler(Here(files_of([own, LINE, KITCHEN])))
    listed = ask(event("/hsds/organizations", query={"full": ["true"]}), None)["body"]
    assert {one["name"] for one in json.loads(listed)["contents"]} == {"A House", "The Town"}
    for path in ("organizations", "services", "service_at_locations"):
        assert "false.example" not in ask(event(f"/hsds/{path}", query={"full": ["true"]}), None)["body"]
