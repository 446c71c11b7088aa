"""Documents of places: two clerks never meet, and nobody writes for another town."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from chalicelib.directory.document_ids import CONTACTS, PLACES, SITE
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import edit_whole
from chalicelib.publishing.documents import SHIPPED, Draft
from chalicelib.publishing.forms import Typed
from chalicelib.publishing.renderer_by_place import RendererByPlace
from chalicelib.publishing.whole_texts import laid_out
from chalicelib.shared.errors import EntryMissing
from tests.support.desk_by_place import ANA, BEN, NEW_TOWN, OLD_TOWN, STATE, THEN, Desk
from tests.support.editors_desk import typed
from tests.support.fake_builds import checks
from tests.support.fake_package import LINE, SHELTER, FakeRenderer


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_ships_lies_a_document_a_place(desk: Desk) -> None:
    ids = [f"{base}/{slug}" for base in (CONTACTS, PLACES) for slug in ("town", "state", "us")]
    assert list(desk.shipped.ids())[:8] == [*ids, "recipients", SITE]
    assert json.loads(desk.shipped.text("contacts/town"))["police"] == ["shelter"]
    assert json.loads(desk.shipped.text("contacts/nowhere-yet")) == {"contacts": []}


def test_two_clerks_of_two_places_save_two_drafts_and_never_meet(desk: Desk) -> None:
    desk.change("line", ANA, hours="At night.")
    desk.change("shelter", BEN, ways=[("call", "888-373-7888"), ("page", "https://shelter.example/")])
    drafts = {draft.document: draft.who for draft in desk.store.drafts()}
    assert drafts == {"contacts/us": ANA, "contacts/town": BEN}
    assert json.loads(desk.edit.open("contacts/town").text)["hosts"] == ["shelter.example"]
    assert "shelter.example" in edit_whole.now(desk.edit).site["hosts"]


def test_who_is_police_is_said_with_the_place_and_changes_no_setting(desk: Desk) -> None:
    desk.change("shelter")
    assert "police" not in edit_whole.now(desk.edit).site
    assert desk.drafted() == ["contacts/town"]


def test_a_contact_that_serves_another_place_goes_from_one_document_to_the_other(desk: Desk) -> None:
    desk.change("shelter", serves="us")
    assert desk.drafted() == ["contacts/town", "contacts/us"]
    assert [one["id"] for one in json.loads(desk.edit.open("contacts/town").text)["contacts"]] == []
    assert desk.contacts.open("shelter")["serves"] == "us"


def test_a_new_place_has_documents_with_its_first_drafts_and_none_when_they_are_gone(desk: Desk) -> None:
    slug = desk.places.add(NEW_TOWN, ANA)
    desk.contacts.add(typed({**SHELTER, "name": "Gustine desk", "serves": slug}), ANA)
    assert desk.drafted() == [f"contacts/{slug}", f"places/{slug}"]
    assert {entry.id for entry in desk.edit.list()} >= {f"contacts/{slug}", f"places/{slug}"}
    assert desk.edit.history(f"places/{slug}")[-1].number == SHIPPED
    for document in desk.drafted():
        desk.edit.discard(document, 1, ANA)
    assert slug not in {line.place.slug for line in desk.places.list()}
    with pytest.raises(EntryMissing):
        desk.edit.open("places/No Place")


def test_a_draft_that_cannot_be_read_stands_in_no_other_town_s_way(desk: Desk) -> None:
    desk.raw.put_draft(Draft("contacts/us", '{"contacts": [{"id": 5}]}', 1, SHIPPED, BEN, THEN))
    desk.change("shelter", hours="By day.")
    assert desk.contacts.open("line") == LINE
    with pytest.raises(DocumentInvalid, match="Contacts of US"):
        desk.change("line", hours="At night.")
    assert list(edit_whole.unread(desk.edit)) == ["contacts/us"]


@pytest.mark.parametrize(
    ("document", "part"),
    [
        ("contacts/us", {"contacts": [{**LINE, "serves": "town"}]}),
        ("contacts/us", {"contacts": [{**LINE, "serves": "No Place"}]}),
        ("contacts/us", {"contacts": [LINE], "police": ["shelter"]}),
        ("places/state", {"places": [{**STATE, "parent": "nowhere"}]}),
        ("places/state", {"places": [{**STATE, "parent": None}]}),
        ("places/town", {"places": [OLD_TOWN]}),
    ],
)
def test_a_draft_that_breaks_a_rule_changes_nothing_of_another_place(
    desk: Desk, document: str, part: dict[str, Any]
) -> None:
    before = edit_whole.now(desk.edit)
    desk.raw.put_draft(Draft(document, json.dumps(part), 1, SHIPPED, BEN, THEN))
    assert edit_whole.now(desk.edit) == before
    assert list(edit_whole.unread(desk.edit)) == [document]
    desk.places.add(NEW_TOWN, ANA)
    assert len(desk.drafted()) == 2


def test_a_town_may_need_the_county_that_is_drafted_beside_it(desk: Desk) -> None:
    county = desk.places.add(NEW_TOWN, ANA)
    town = Typed({"name": ["Aaa"], "kind": ["city"], "parent": [county], "zone": [""]})
    slug = desk.places.add(town, BEN)
    desk.raw.put_draft(Draft("places/state", '{"places": []}', 1, SHIPPED, BEN, THEN))
    assert {slug, county, "state"} <= {line.place.slug for line in desk.places.list()}
    assert list(edit_whole.unread(desk.edit)) == ["places/state"]


def test_a_place_that_changed_leaves_readers_functions_whole_texts(desk: Desk) -> None:
    desk.change("line", hours="At night.")
    text = desk.edit.open("contacts/us").text
    out = laid_out(desk.shipped, {"contacts/us": text})
    assert list(out) == [CONTACTS]
    entries = {one["id"]: one for one in json.loads(out[CONTACTS])["contacts"]}
    assert entries["line"]["hours"] == "At night."
    assert entries["shelter"] == SHELTER
    assert laid_out(desk.shipped, {"contacts/us": desk.shipped.text("contacts/us")}) == {}


def test_sentences_are_traced_to_the_place_that_says_them(desk: Desk) -> None:
    renderer = RendererByPlace(FakeRenderer(desk.package), desk.shipped)
    only_in_town = copy.deepcopy(json.loads(desk.shipped.text("contacts/town")))
    only_in_town["contacts"][0]["hours"] = "By day only."
    said = renderer.sentences({"contacts/town": json.dumps(only_in_town, indent=1)})
    assert [document for document, _ in said["By day only."]] == ["contacts/town"]
    assert {document for document, _ in said[LINE["what"]]} == {"contacts/us", "contacts/town"}


@pytest.mark.parametrize(
    ("document", "part", "sentence"),
    [
        ("contacts/town", {"contacts": [{**SHELTER, "serves": "us"}]}, "belongs to another place"),
        ("places/town", {"places": [OLD_TOWN]}, "belongs to another place"),
        ("contacts/town", {"contacts": [SHELTER], "polise": []}, "police"),
    ],
)
def test_nobody_writes_for_another_town(
    desk: Desk, document: str, part: dict[str, Any], sentence: str
) -> None:
    renderer = RendererByPlace(FakeRenderer(desk.package), desk.shipped)
    check = checks(renderer, desk.shipped, desk.shelf, desk.clock)
    stops = check({document: json.dumps(part, indent=1)}).report.stops
    assert [(one.document, sentence in one.sentence) for one in stops] == [(document, True)]


def test_a_rule_that_is_broken_is_told_with_the_document_of_the_place(desk: Desk) -> None:
    renderer = RendererByPlace(FakeRenderer(desk.package), desk.shipped)
    check = checks(renderer, desk.shipped, desk.shelf, desk.clock)
    text = desk.shipped.text("contacts/town").replace('"SINGLE"', '"SURE"')
    [stop] = check({"contacts/town": text}).report.stops
    assert (stop.document, stop.line) == ("contacts/town", 4)
