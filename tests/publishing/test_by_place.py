"""Documents of places: two clerks never meet, and what an earlier package left is moved and loses nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.directory.document_ids import CONTACTS, PLACES, SITE, fingerprint
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import edit_whole
from chalicelib.publishing.check_documents import CheckDocuments
from chalicelib.publishing.documents import SHIPPED, Draft, Release, Version
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_places import EditPlaces
from chalicelib.publishing.edit_text import EditText, LiveTexts
from chalicelib.publishing.forms import Typed
from chalicelib.publishing.package_by_place import PackageByPlace
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.renderer_by_place import RendererByPlace
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.store_by_place import StoreByPlace
from chalicelib.publishing.targets import Targets
from chalicelib.publishing.whole_texts import laid_out
from chalicelib.shared.errors import EntryMissing
from tests.publishing.test_edit_contacts import typed
from tests.support.fake_documents import FakeDocuments, FakeShelf
from tests.support.fake_package import LINE, SHELTER, FakePackage, FakeRenderer, written
from tests.support.fakes import FixedClock

ANA, BEN = "ana@desk.example", "ben@desk.example"
THEN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NEW_TOWN = Typed({"name": ["Gustine"], "kind": ["county"], "parent": ["state"], "zone": [""]})
STATE = {"slug": "state", "name": "The State", "parent": "us", "kind": "state", "zone": "America/Chicago"}
OLD_TOWN = {"slug": "old-town", "name": "Aldtown", "parent": "us", "kind": "city"}


class Killed(BaseException):
    """The process ends here."""


class Desk:
    """A desk by place over fakes; `raw` is the store that an earlier package may have written."""

    def __init__(self) -> None:
        self.clock, self.package, self.shelf = FixedClock(), FakePackage(), FakeShelf()
        places = json.loads(self.package.texts[PLACES])["places"]
        site = {**json.loads(self.package.texts[SITE]), "police": ["shelter"]}
        self.package.texts |= {
            PLACES: written({"places": [places[0], STATE, places[1]]}),
            SITE: written(site),
        }
        self.writes: list[str] = []
        self.kill_at = 0
        self.raw = FakeDocuments(self._before)
        self.start()

    def start(self) -> None:
        """Start a process anew."""
        self.shipped = PackageByPlace(self.package)
        self.store = StoreByPlace(self.raw, self.shipped, self.shelf)
        self.edit = EditText(self.store, self.shipped, self.shelf, self.clock)
        self.contacts = EditContacts(self.edit, self.clock)
        self.places = EditPlaces(self.edit)

    def change(self, contact: str, who: str = ANA, **changed: Any) -> None:
        entry = self.contacts.open(contact)
        self.contacts.save(contact, typed(entry, **changed), edit_whole.seen_as(entry), who)

    def drafted(self) -> list[str]:
        return [draft.document for draft in self.store.drafts()]

    def live(self, texts: Mapping[str, str], number: int = 1, **how: Any) -> None:
        """Publish whole texts as an earlier package did."""
        for document, text in texts.items():
            shipped = fingerprint(self.package.texts[document])
            self.raw.add_version(Version(document, number, text, BEN, THEN, "of before", shipped))
        versions = {**how.get("kept", {}), **dict.fromkeys(texts, number)}
        self.raw.add_release(Release(number, versions, BEN, THEN, "of before", since=number - 1))
        self.shelf.move(number, {}, self.shelf.live())

    def before(self, document: str, text: str, who: str = BEN) -> None:
        """Leave a draft as an earlier package did."""
        shipped = fingerprint(self.package.texts[document])
        self.raw.put_draft(Draft(document, text, 1, SHIPPED, who, THEN, shipped))

    def _before(self, write: str) -> None:
        self.writes.append(write)
        if self.kill_at and len(self.writes) == self.kill_at:
            raise Killed


@pytest.fixture
def desk() -> Desk:
    return Desk()


def of_before(**changed: Any) -> str:
    return written({"contacts": [{**LINE, **changed}, SHELTER]})


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
    check = CheckDocuments(renderer, desk.shipped, desk.clock)
    stops = check({document: json.dumps(part, indent=1)}).report.stops
    assert [(one.document, sentence in one.sentence) for one in stops] == [(document, True)]


def test_a_rule_that_is_broken_is_told_with_the_document_of_the_place(desk: Desk) -> None:
    renderer = RendererByPlace(FakeRenderer(desk.package), desk.shipped)
    check = CheckDocuments(renderer, desk.shipped, desk.clock)
    text = desk.shipped.text("contacts/town").replace('"SINGLE"', '"SURE"')
    [stop] = check({"contacts/town": text}).report.stops
    assert (stop.document, stop.line) == ("contacts/town", 4)


# What an earlier package left


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
    check = CheckDocuments(renderer, desk.shipped, desk.clock)
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
