"""Long lists of the desk with invented towns: a page at a time, found by words, and no table is scanned."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.directory.adapters.published_texts import PublishedDocuments
from chalicelib.shared.aws.faults import Table
from chalicelib.shared.aws.sdk import client
from chalicelib.wiring import published
from tests.support.desk_site import PASSWORD, PUBLISHER_ONE, DeskSite, Page, Person
from tools.local import towns
from tools.local.seed_towns import seed_towns

pytestmark = pytest.mark.takes(60)  # a desk with a seed in it, made once for all of these

MANY = 45
READ = 2_000  # items of one page at the most: drafts of places stand at every place, cases and lines do not
LISTS = (
    "/admin/",
    "/admin/contacts",
    "/admin/towns",
    "/admin/services",
    "/admin/services/due",
    "/admin/documents",
    "/admin/deliveries",
    "/admin/places",
    "/admin/figures",
    "/admin/log",
    "/admin/thrown",
    "/admin/releases",
    "/admin/access/people",
)


class Calls:
    """The calls of DynamoDB in this process: how often each, and how many items came."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.items = 0

    def begin(self) -> None:
        self.made.clear()
        self.items = 0


@pytest.fixture(scope="module")
def calls() -> Iterator[Calls]:
    calls, call = Calls(), Table.call

    def counted(self: Table, operation: str, **arguments: Any) -> Any:
        answer = call(self, operation, **arguments)
        calls.made[operation] += 1
        calls.items += len(answer.get("Items", ())) + ("Item" in answer)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "call", counted)
        yield calls


@pytest.fixture(scope="module")
def kept() -> dict[str, Person]:
    """Who is at the desk with the seed in it, once it was made."""
    return {}


@pytest.fixture(scope="module")
def documents() -> list[PublishedDocuments]:
    """What is published there, once it was read: these sites serve no bucket."""
    return []


@pytest.fixture
def ana(
    make_desk: Callable[..., DeskSite],
    calls: Calls,
    kept: dict[str, Person],
    documents: list[PublishedDocuments],
    monkeypatch: pytest.MonkeyPatch,
) -> Person:
    """A publisher of the site, whose desk has the seed in it and was looked at once."""
    if "ana" not in kept:
        desk = make_desk()
        seed_towns(desk.settings, MANY, PASSWORD)
        kept["ana"] = desk.signed_in(PUBLISHER_ONE).at_access()
        assert kept["ana"].get("/admin/contacts").status == 200
    settings = kept["ana"].site.settings
    if not documents:
        file = client("s3").get_object(Bucket=settings.pages_bucket, Key="releases/1/documents.json")
        documents.append(PublishedDocuments(1, json.loads(file["Body"].read())))
    monkeypatch.setattr(published, "published_now", lambda _: (documents[0], 0))
    return kept["ana"]


def rows(page: Page) -> int:
    return sum(1 for _ in page.tree.iter("tr"))


@pytest.mark.parametrize("path", LISTS)
def test_a_list_scans_no_table_and_reads_no_more_than_a_page_needs(
    ana: Person, calls: Calls, path: str
) -> None:
    calls.begin()
    page = ana.get(path)
    assert page.status == 200, page.words[-300:]
    assert calls.made["scan"] == 0
    assert calls.items < READ
    assert rows(page) <= 60
    assert len(page.text) < 120_000


def test_the_next_page_is_led_to_by_a_position_and_shows_others(ana: Person) -> None:
    first = ana.get("/admin/towns")
    assert "1 to 50 of 70; page 1 of 2." in first.words
    [link] = set(re.findall(r'href="(/admin/towns\?page=2)"', first.text))
    second = ana.get(link)
    assert "51 to 70 of 70; page 2 of 2." in second.words
    shown = [set(re.findall(r"/admin/town\?p=([a-z0-9-]+)", page.text)) for page in (first, second)]
    assert not shown[0] & shown[1]
    assert len(shown[0] | shown[1]) >= 69


@pytest.mark.parametrize(
    ("path", "words", "found"),
    [
        ("/admin/contacts", "alder bend safe", "Alder Bend Safe House (invented)"),
        ("/admin/towns", "elm BLUFF", "Elm Bluff (invented)"),
        ("/admin/deliveries", "alder bend", "Alder Bend (invented)"),
        ("/admin/figures", "larch", "Larch Brook (invented)"),
        ("/admin/places", "larch brook", "Larch Brook (invented)"),
        ("/admin/log", "clerk@elm-bluff", "Elm Bluff"),
        ("/admin/thrown", "clerk@alder-bend", "Alder Bend"),
        ("/admin/access/people/find", "clerk@elm-bluff", "clerk@elm-bluff-invented.example"),
    ],
)
def test_words_are_sent_in_a_body_and_stand_in_no_address(
    ana: Person, path: str, words: str, found: str
) -> None:
    [form, *_] = [one for one in ana.get(path).forms(path) if "words" in one]
    page = ana.post(path, {**form, "words": words})
    assert page.status == 200, page.words[-300:]
    assert found.casefold() in page.words.casefold()
    first = words.split()[0]
    assert not [link for link in re.findall(r'href="([^"]*)"', page.text) if f"words={first}" in link]


def test_an_invitation_looks_through_no_table(ana: Person, calls: Calls) -> None:
    people = "/admin/access/people"
    page = ana.get(people)
    calls.begin()
    asked = ana.submit(page, people, email="new@desk.example", role="editor")
    assert asked.location == f"{people}?done=waits"
    assert calls.made["scan"] == 0


def test_pages_of_what_was_found_are_asked_for_by_a_form(ana: Person) -> None:
    [form, *_] = [one for one in ana.get("/admin/contacts").forms("/admin/contacts") if "words" in one]
    page = ana.post("/admin/contacts", {**form, "words": "house"})
    assert "1 to 25 of 45" in page.words
    [form] = [one for one in page.forms("/admin/contacts") if one.get("words") and "page" not in one][1:2]
    assert "26 to 45 of 45" in ana.post("/admin/contacts", {**form, "page": "2"}).words


def test_a_town_s_cases_are_shown_when_it_is_chosen(ana: Person) -> None:
    town = next(one for one in towns.places(MANY) if one.kind == "city")
    page = ana.get(f"/admin/deliveries?town={town.slug}")
    assert page.words.count(town.name) >= towns.CASES_OF_A_TOWN


def test_home_stays_short_and_leads_to_the_rest(ana: Person) -> None:
    page = ana.get("/admin/")
    assert "more drafts" in page.words
    assert page.words.count("Contacts: ") < 40
    assert len(page.text) < 60_000
