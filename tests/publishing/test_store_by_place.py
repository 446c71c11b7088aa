"""What an earlier package left, moved to documents of places: it loses nothing, wherever it is stopped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.directory.document_ids import CONTACTS, PLACES, SITE, fingerprint
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import edit_whole
from chalicelib.publishing.documents import Release, Version
from chalicelib.publishing.edit_text import LiveTexts
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.renderer_by_place import RendererByPlace
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.store_by_place import StoreByPlace
from chalicelib.publishing.targets import Targets
from chalicelib.publishing.whole_texts import laid_out
from tests.support.desk_by_place import ANA, BEN, OLD_TOWN, THEN, Desk, Killed, of_before
from tests.support.fake_builds import checks
from tests.support.fake_package import LINE, SHELTER, FakeRenderer, written


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_release_of_before_is_read_as_documents_of_places(desk: Desk) -> None:
    desk.live({CONTACTS: of_before(hours="At night.")})
    numbers = LiveTexts(desk.store, desk.shipped).numbers(desk.shelf.live())
    assert numbers == {"contacts/us": 1}
    version = desk.edit.history("contacts/us")[0]
    assert (version.who, version.when, version.why) == (BEN, THEN, "of before")
    assert version.shipped == fingerprint(desk.shipped.text("contacts/us"))
    assert desk.raw.release(1) is not None
    assert desk.contacts.open("line")["hours"] == "At night."
    assert [one.number for one in desk.edit.history(CONTACTS)] == [1], "the old history stays readable"
    count = len(desk.writes)
    desk.start()
    assert LiveTexts(desk.store, desk.shipped).numbers(desk.shelf.live()) == numbers
    assert desk.writes[count:] in ([], ["keep_shipped"]), "a second start writes no version twice"


def test_what_was_live_before_reaches_readers_unchanged(desk: Desk) -> None:
    town = {**OLD_TOWN}
    places = json.loads(desk.package.texts[PLACES])["places"]
    whole = {
        CONTACTS: of_before(hours="At night."),
        PLACES: written({"places": [*places, town]}),
        SITE: written(
            {**json.loads(desk.package.texts[SITE]), "police": [], "exit_url": "https://line.example/"}
        ),
    }
    desk.live(whole)
    out = laid_out(desk.shipped, LiveTexts(desk.store, desk.shipped).changed(desk.shelf.live()))
    assert json.loads(out[PLACES]) == json.loads(whole[PLACES]), "also their order"
    assert json.loads(out[CONTACTS])["contacts"] == sorted(
        json.loads(whole[CONTACTS])["contacts"], key=lambda one: one["serves"] != "town"
    )
    before, now = json.loads(whole[SITE]), json.loads(out[SITE])
    assert {**now, "hosts": sorted(now["hosts"])} == {
        name: sorted(value) if name == "hosts" else value
        for name, value in before.items()
        if name != "police"
    }


def test_drafts_of_before_become_drafts_of_their_places(desk: Desk) -> None:
    desk.before(CONTACTS, of_before(hours="At night."))
    desk.before(SITE, written({**json.loads(desk.package.texts[SITE]), "police": ["shelter", "line"]}), ANA)
    assert desk.drafted() == ["contacts/us"]
    draft = desk.store.draft("contacts/us")
    assert draft is not None
    assert (draft.who, draft.when) == (BEN, THEN)
    assert json.loads(draft.text)["police"] == ["line"]
    assert draft.shipped == fingerprint(desk.shipped.text("contacts/us"))
    assert desk.edit.newer("contacts/us") is None


def everything(desk: Desk) -> tuple[Any, ...]:
    whole = edit_whole.now(desk.edit)
    return whole, sorted(desk.drafted()), desk.places.list(), desk.store.thrown()


def left(desk: Desk) -> None:
    """Leave a live release and three drafts of before."""
    places = json.loads(desk.package.texts[PLACES])["places"]
    site = {**json.loads(desk.package.texts[SITE]), "police": ["shelter", "line"]}
    desk.live({PLACES: written({"places": [*places, OLD_TOWN]}), CONTACTS: of_before(hours="At night.")})
    desk.before(
        PLACES, written({"places": [*places, {**OLD_TOWN, "name": "Newtown"}, {**OLD_TOWN, "slug": "b"}]})
    )
    desk.before(CONTACTS, written({"contacts": [LINE, {**SHELTER, "serves": "old-town"}]}))
    desk.before(SITE, written({**site, "exit_url": "https://line.example/x"}))
    desk.writes.clear()


def test_a_move_that_is_stopped_anywhere_ends_as_one_that_was_not() -> None:
    whole = Desk()
    left(whole)
    wanted, steps = everything(whole), len(whole.writes)
    assert "Newtown" in str(wanted[0].places)
    assert steps > 8
    for kill_at in range(1, steps + 1):
        desk = Desk()
        left(desk)
        desk.kill_at = kill_at
        with pytest.raises(Killed):
            everything(desk)
        desk.start()
        assert everything(desk) == wanted, f"stopped at write {kill_at}"


def test_two_processes_that_move_at_once_make_one_draft_of_each_and_throw_nothing_away(desk: Desk) -> None:
    desk.before(CONTACTS, of_before(hours="At night."))
    other = StoreByPlace(desk.raw, desk.shipped, desk.shelf)
    moved: list[object] = []
    ahead = desk.raw.before

    def meanwhile(write: str) -> None:
        ahead(write)
        if write == "put_draft" and not moved:
            moved.append(write)
            other.drafts()

    desk.raw.before = meanwhile
    assert desk.drafted() == ["contacts/us"]
    assert moved
    assert desk.store.thrown() == []
    assert desk.store.draft("contacts/us") == other.draft("contacts/us")


def test_a_move_that_meets_a_newer_draft_keeps_both(desk: Desk) -> None:
    desk.change("line", ANA, hours="By Ana.")
    desk.before(CONTACTS, of_before(hours="By Ben."))
    desk.start()
    assert desk.contacts.open("line")["hours"] == "By Ana."
    [kept] = desk.store.thrown()
    assert kept.draft.document == CONTACTS
    assert "By Ben." in kept.draft.text


@pytest.mark.parametrize(
    "text", ["{", '{"contacts": 5}', written({"contacts": [{**LINE, "serves": "No Such"}]})]
)
def test_a_draft_of_before_that_has_no_place_stays_to_be_read(desk: Desk, text: str) -> None:
    desk.before(CONTACTS, text)
    desk.change("shelter", hours="By day.")
    assert desk.edit.open(CONTACTS).text == text
    assert [entry.unused for entry in desk.edit.list() if entry.id == CONTACTS] == [True]
    with pytest.raises(DocumentInvalid, match="place by place"):
        desk.edit.save_draft(CONTACTS, text, 1, ANA)


def test_a_release_of_before_is_rolled_back_to_by_place(desk: Desk) -> None:
    desk.live({CONTACTS: of_before(hours="At night.")})
    desk.live({CONTACTS: of_before(hours="At noon.")}, 2)
    targets = Targets(desk.store, desk.shipped, desk.shelf)
    back = targets.back_to(1)
    assert list(back.going.texts) == ["contacts/us"]
    assert "At night." in back.going.texts["contacts/us"]
    assert targets.back_to(0).going.texts == {"contacts/us": desk.shipped.text("contacts/us")}


def test_a_roll_back_keeps_the_place_that_an_office_serves(desk: Desk) -> None:
    places = json.loads(desk.package.texts[PLACES])["places"]
    offices = json.loads(desk.package.texts["recipients"])
    desk.live(
        {
            PLACES: written({"places": [*places, OLD_TOWN]}),
            "recipients": written([*offices, {**offices[0], "id": "new", "serves": "old-town"}]),
        }
    )
    back = Targets(desk.store, desk.shipped, desk.shelf).back_to(0)
    assert back.kept_places == ("old-town",)
    assert json.loads(back.drafted["places/old-town"]) == {"places": [OLD_TOWN]}


def test_a_decision_about_a_whole_text_counts_for_its_parts(desk: Desk) -> None:
    desk.raw.settle(CONTACTS, fingerprint(desk.package.texts[CONTACTS]), ANA, THEN)
    assert desk.store.settled()["contacts/us"] == fingerprint(desk.shipped.text("contacts/us"))
    desk.raw.settle(CONTACTS, "another", ANA, THEN)
    assert "contacts/us" not in desk.store.settled()


def test_a_newer_package_s_contact_is_merged_into_the_place_s_own(desk: Desk) -> None:
    desk.live({CONTACTS: of_before(hours="At night.")})
    desk.edit.open("contacts/us")
    desk.package.texts[CONTACTS] = of_before(what="Help by phone, for all.")
    newer = desk.edit.newer("contacts/us")
    assert newer is not None
    assert newer.merge is not None
    text = newer.merged({})
    assert "At night." in text
    assert "Help by phone, for all." in text
    assert desk.edit.newer("contacts/town") is None


def test_the_first_release_by_place_is_told_against_what_was_live_before(desk: Desk) -> None:
    desk.live({CONTACTS: of_before(hours="At night.")})
    desk.live({CONTACTS: of_before(hours="At noon.")}, 2)
    desk.edit.open("contacts/us")
    text = desk.edit.open("contacts/us").text.replace("At noon.", "At dawn.")
    desk.store.add_version(Version("contacts/us", 9, text, ANA, THEN, "why"))
    desk.store.add_release(Release(3, {"contacts/us": 9}, ANA, THEN, "why", since=2))
    desk.shelf.move(3, {}, desk.shelf.live())
    renderer = RendererByPlace(FakeRenderer(desk.package), desk.shipped)
    check = checks(renderer, desk.shipped, desk.shelf, desk.clock)
    publish = Publish(desk.store, desk.shipped, desk.shelf, check, desk.clock)
    for number in (1, 2, 3):
        desk.shelf.files[f"releases/{number}/index.json"] = b""
    told = [(one.release.number, one.changed) for one in publish.releases()]
    assert told == [
        (3, [("contacts/us", 1, 9)]),
        (2, [(CONTACTS, 1, 2)]),
        (1, [(CONTACTS, 0, 1)]),
    ]


def test_the_history_of_a_place_says_what_is_live_from_before(desk: Desk) -> None:
    desk.live({CONTACTS: of_before(hours="At night.")})
    see = SeeChanges(desk.store, desk.shipped, desk.shelf)
    LiveTexts(desk.store, desk.shipped).numbers(desk.shelf.live())
    assert [(one.version.number, one.live) for one in see.history("contacts/us")] == [(1, True), (0, False)]
    _, changes = see.of_release(1)
    assert [one.document for one in changes] == ["contacts/us"]
