"""One contact at a time in a form: what is typed, what is refused, and two people who save."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.directory.contacts import CONFIRMED, SINGLE
from chalicelib.directory.document_ids import CONTACTS, PLACES, SITE
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.documents import Draft
from chalicelib.publishing.edit_contacts import (
    ChannelFields,
    ContactConflict,
    ContactFields,
    ContactWrong,
    EditContacts,
    is_stale,
    seen_as,
    value_of,
)
from chalicelib.shared.errors import EntryMissing, StaleRecord
from tests.support.editors_desk import ANA, BEN, EditorsDesk
from tests.support.fake_package import LINE, SHELTER, written
from tests.support.fakes import NOON

TODAY = "2026-11-25"
PRIVATE = "-----BEGIN PGP PRIVATE KEY BLOCK-----"


def typed(entry: Mapping[str, Any], **changed: Any) -> ContactFields:
    """Return a contact as its form sends it when only `changed` was typed."""
    names = ("name", "serves", "audience", "hours", "languages", "what", "what_not", "mark")
    channels = [
        ChannelFields(one["kind"], one["show"] or one["value"], one.get("body", ""))
        for one in entry["channels"]
    ]
    told = {name: entry[name] for name in names}
    return replace(ContactFields(**told, sources=entry["sources"], channels=channels), **changed)


class Editing(EditorsDesk):
    """The contacts in their form."""

    def __init__(self) -> None:
        super().__init__()
        self.contacts = EditContacts(self.edit, self.clock)

    def change(self, contact: str, who: str = ANA, seen: str = "", **changed: Any) -> Draft:
        """Open a contact, type something, and save it."""
        entry = self.contacts.open(contact)
        return self.contacts.save(contact, typed(entry, **changed), seen or seen_as(entry), who)

    def refused(self, **changed: Any) -> str:
        """Return the sentence with which a contact is refused."""
        with pytest.raises(ContactWrong) as refusal:
            self.change("line", **changed)
        assert self.store.drafts() == []
        return refusal.value.sentence


@pytest.fixture
def editing() -> Editing:
    return Editing()


def test_who_checks_in_the_evening_has_checked_on_the_day_of_the_place(editing: Editing) -> None:
    nation = {"slug": "us", "name": "US", "parent": None, "kind": "nation", "zone": "America/New_York"}
    town = {"slug": "town", "name": "Town", "parent": "us", "kind": "city", "zone": "America/Los_Angeles"}
    editing.save(PLACES, json.dumps({"places": [nation, town]}))
    editing.clock.time = datetime(2026, 11, 28, 6, 10, tzinfo=UTC)  # ten in Los Angeles, one in New York
    for serves, day in (("town", "2026-11-27"), ("us", "2026-11-28")):
        editing.change("line", serves=serves, checked_by="volunteer")
        assert editing.contacts.open("line")["checked_on"] == day
        editing.contacts.mark_checked("line", "volunteer", ANA)
        assert editing.contacts.open("line")["checked_on"] == day


def test_contacts_are_listed_in_the_order_of_the_document(editing: Editing) -> None:
    lines = editing.contacts.list()
    assert [(line.entry["id"], line.stale, line.changed) for line in lines] == [
        ("line", False, False),
        ("shelter", True, False),
    ]


@pytest.mark.parametrize(
    ("checked_on", "stale"),
    [("2026-08-27", False), ("2026-08-26", True), (TODAY, False), ("2026-11-26", False), ("2026-11-27", True),
     (None, True), ("", True), ("yesterday", True), (20261120, True), ("2026-13-01", True),
     ("2019-12-31", True)],
)  # fmt: skip
def test_a_contact_is_stale_when_nobody_checked_it_for_90_days(checked_on: object, stale: bool) -> None:
    assert is_stale({"checked_on": checked_on}, NOON.date()) == stale


def test_a_contact_is_marked_as_changed_until_it_is_live(editing: Editing) -> None:
    editing.change("line", hours="At night.")
    assert [line.changed for line in editing.contacts.list()] == [True, False]
    editing.publish({CONTACTS: editing.edit.open(CONTACTS).text})
    assert [line.changed for line in editing.contacts.list()] == [False, False]


def test_a_contact_is_opened_as_its_draft_has_it(editing: Editing) -> None:
    assert editing.contacts.open("line") == LINE
    editing.change("line", hours="At night.")
    assert editing.contacts.open("line")["hours"] == "At night."
    with pytest.raises(EntryMissing, match="gone"):
        editing.contacts.open("gone")


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"contacts": {"line": LINE}},
        {"contacts": ["line"]},
        {"contacts": [{key: value for key, value in LINE.items() if key != "name"}]},
        {"contacts": [{**LINE, "channels": "call us"}]},
        {"contacts": [{**LINE, "channels": [{"kind": "call"}]}]},
    ],
)
def test_a_draft_that_no_screen_can_show_is_said_to_be_amiss(editing: Editing, document: object) -> None:
    editing.save(CONTACTS, written(document))
    for ask in (
        editing.contacts.list,
        lambda: editing.contacts.open("line"),
        lambda: editing.contacts.save("line", typed(LINE), seen_as(LINE), ANA),
    ):
        with pytest.raises(DocumentInvalid, match="contact"):
            ask()


def test_places_are_those_of_the_draft(editing: Editing) -> None:
    assert [place.slug for place in editing.contacts.places()] == ["town", "us"]
    editing.save(PLACES, '{"places": [{"slug": "us", "name": "US", "parent": null, "kind": "nation"}]}')
    assert [place.slug for place in editing.contacts.places()] == ["us"]


@pytest.mark.parametrize("text", ['{"places": [{"slug": "us"}]}', '{"places": {}}', "{}", '{"places": [1]}'])
def test_places_that_break_a_rule_are_said_to_be_amiss(editing: Editing, text: str) -> None:
    editing.save(PLACES, text)
    with pytest.raises(DocumentInvalid, match="draft of the places"):
        editing.contacts.places()
    with pytest.raises(DocumentInvalid, match="draft of the places"):
        editing.change("line", hours="At night.")


def test_a_changed_contact_is_a_draft_in_which_all_else_stays(editing: Editing) -> None:
    entry = {**LINE, "only_here": True, "name_lang": "es"}
    editing.publish({CONTACTS: written({"note": "kept", "contacts": [entry, SHELTER]})})
    draft = editing.change("line", hours="At night.")
    assert (draft.revision, draft.who, draft.base) == (1, ANA, 1)
    document = editing.draft(CONTACTS)
    assert document["note"] == "kept"
    assert document["contacts"][1] == SHELTER
    assert (document["contacts"][0]["only_here"], document["contacts"][0]["name_lang"]) == (True, "es")
    assert document["contacts"][0]["hours"] == "At night."


def test_a_form_that_was_only_sent_changes_nothing(editing: Editing) -> None:
    editing.change("line")
    editing.change("shelter")
    assert editing.draft(CONTACTS) == {"contacts": [LINE, SHELTER]}


def test_what_was_typed_is_kept_without_needless_spaces_and_empty_lines(editing: Editing) -> None:
    editing.change(
        "shelter",
        name="  The \n shelter\t2 ",
        sources=["", "  https://a.example/  ", " "],
        channels=[ChannelFields("call", " 888-373-7888 "), ChannelFields("text", "  ", "HELP")],
    )
    entry = editing.contacts.open("shelter")
    assert entry["name"] == "The shelter 2"
    assert entry["sources"] == ["https://a.example/"]
    assert entry["channels"] == [{"kind": "call", "show": "888-373-7888", "value": "+18883737888"}]


@pytest.mark.parametrize(
    ("kind", "show", "value"),
    [
        ("call", "888-373-7888", "+18883737888"),
        ("call", "1 (888) 373 7888", "+18883737888"),
        ("tty", "+1 888 373 7888", "+18883737888"),
        ("call", "911", "911"),
        ("text", "233733", "233733"),
        ("call", "２０９-373-7888", "3737888"),
        ("call", "28883737888", "28883737888"),
        ("page", " https://line.example/a ", "https://line.example/a"),
        ("email", "help@line.example", "help@line.example"),
    ],
)
def test_what_the_machine_dials_or_opens_is_made_of_what_is_read(kind: str, show: str, value: str) -> None:
    assert value_of(ChannelFields(kind, show)) == value


def test_every_kind_of_channel_is_kept_as_it_is_used(editing: Editing) -> None:
    channels = [ChannelFields("text", "233733", " HELP "), ChannelFields("page", "https://line.example/a"),
                ChannelFields("email", "help@line.example")]  # fmt: skip
    editing.change("line", channels=channels)
    assert editing.contacts.open("line")["channels"] == [
        {"kind": "text", "show": "233733", "value": "233733", "body": "HELP"},
        {"kind": "page", "show": "", "value": "https://line.example/a"},
        {"kind": "email", "show": "help@line.example", "value": "help@line.example"},
    ]


@pytest.mark.parametrize(
    ("kind", "show"),
    [("call", "373-7888"), ("call", "12"), ("call", "2337"), ("tty", "23373"), ("text", "2337337"),
     ("call", "888-373-78889"), ("call", "８８８-３７３-７８８８"), ("call", "none")],
)  # fmt: skip
def test_half_a_number_is_refused_as_it_was_typed(editing: Editing, kind: str, show: str) -> None:
    sentence = editing.refused(channels=[ChannelFields(kind, show)])
    assert sentence.startswith(f"“{show}” is not a whole number")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": " "}, "name is missing"),
        ({"what": ""}, "what is missing"),
        ({"serves": "nowhere"}, "no place 'nowhere'"),
        ({"sources": [" "]}, "names no source"),
        ({"channels": []}, "no channel"),
        ({"channels": [ChannelFields("call", "888-373-7888 or so")]}, "letters"),
        ({"channels": [ChannelFields("page", "https://elsewhere.example/")]}, "not on the list of hosts"),
        ({"channels": [ChannelFields("page", "http://line.example/")]}, "not a plain https address"),
        ({"channels": [ChannelFields("email", "help")]}, "not shown as the address"),
        ({"channels": [ChannelFields("call", "888-373-7888", "HELP")]}, "only a text line has a body"),
        ({"channels": [ChannelFields("text", "233733", "two words")]}, "only a text line has a body"),
        ({"channels": [ChannelFields("fax", "888-373-7888")]}, "channel kind is one of"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_sentence(
    editing: Editing, changed: dict[str, Any], said: str
) -> None:
    sentence = editing.refused(**changed)
    assert said in sentence
    assert not sentence.startswith("contact line")


def test_a_link_may_lead_to_a_host_of_the_draft(editing: Editing) -> None:
    site = json.loads(editing.shipped.text(SITE))
    editing.save(SITE, written({**site, "hosts": [*site["hosts"], "new.example"]}))
    editing.change("line", channels=[ChannelFields("page", "https://new.example/")])
    assert editing.contacts.open("line")["channels"][0]["value"] == "https://new.example/"


@pytest.mark.parametrize("made_up", ["", "DISPUTED", "confirmed"])
def test_a_mark_and_an_audience_that_there_are_not_leave_those_that_were(
    editing: Editing, made_up: str
) -> None:
    editing.change("line", mark=made_up, audience=made_up)
    assert (editing.contacts.open("line")["mark"], editing.contacts.open("line")["audience"]) == (
        CONFIRMED,
        "anyone",
    )


def test_a_private_key_is_refused_and_not_kept(editing: Editing) -> None:
    with pytest.raises(DocumentInvalid, match="private key"):
        editing.change("line", what=PRIVATE)
    assert editing.store.drafts() == []


def test_two_people_who_change_two_contacts_at_once_both_keep_their_change(editing: Editing) -> None:
    editing.meanwhile.append(lambda: editing.change("shelter", BEN, hours="By day."))
    draft = editing.change("line", hours="At night.")
    assert (draft.revision, draft.who) == (2, ANA)
    assert [entry["hours"] for entry in editing.draft(CONTACTS)["contacts"]] == ["At night.", "By day."]


def test_of_two_people_who_change_one_contact_at_once_the_second_is_shown_the_first_s(
    editing: Editing,
) -> None:
    editing.meanwhile.append(lambda: editing.change("line", BEN, hours="By day."))
    with pytest.raises(ContactConflict) as conflict:
        editing.change("line", hours="At night.")
    assert conflict.value.theirs["hours"] == "By day."
    assert editing.contacts.open("line")["hours"] == "By day."


def test_a_contact_that_changed_since_it_was_shown_is_not_overwritten(editing: Editing) -> None:
    shown = seen_as(editing.contacts.open("line"))
    editing.change("line", BEN, hours="By day.")
    for seen in (shown, "made up"):
        with pytest.raises(ContactConflict) as conflict:
            editing.change("line", seen=seen, hours="At night.")
        assert conflict.value.theirs["hours"] == "By day."
    assert editing.edit.open(CONTACTS).revision == 1


def test_a_contact_that_was_taken_out_meanwhile_is_missing(editing: Editing) -> None:
    editing.save(CONTACTS, written({"contacts": [SHELTER]}))
    with pytest.raises(EntryMissing, match="line"):
        editing.contacts.save("line", typed(LINE), seen_as(LINE), ANA)


def test_who_never_gets_a_turn_is_told_so_after_three_tries(editing: Editing) -> None:
    def collide() -> None:
        raise StaleRecord("changed")

    editing.meanwhile += [collide] * 3
    with pytest.raises(ContactConflict) as conflict:
        editing.change("line", hours="At night.")
    assert conflict.value.theirs == LINE
    assert editing.meanwhile == []
    editing.meanwhile += [collide] * 2
    assert editing.change("line", hours="At night.").revision == 1


def test_a_check_is_noted_with_its_role_and_its_day(editing: Editing) -> None:
    draft = editing.contacts.mark_checked("shelter", "  shelter \n desk ", ANA)
    entry = editing.contacts.open("shelter")
    assert (entry["checked_on"], entry["checked_by"], draft.who) == (TODAY, "shelter desk", ANA)
    assert not is_stale(entry, NOON.date())
    assert editing.contacts.open("line") == LINE


@pytest.mark.parametrize("role", ["", "  ", "\n"])
def test_a_check_wants_a_role(editing: Editing, role: str) -> None:
    with pytest.raises(DocumentInvalid, match="which role"):
        editing.contacts.mark_checked("shelter", role, ANA)


def test_a_contact_that_there_is_not_is_not_checked(editing: Editing) -> None:
    with pytest.raises(EntryMissing):
        editing.contacts.mark_checked("gone", "desk", ANA)


def test_a_check_and_a_change_at_once_are_both_kept(editing: Editing) -> None:
    editing.meanwhile.append(lambda: editing.change("line", BEN, hours="By day."))
    editing.contacts.mark_checked("shelter", "desk", ANA)
    assert editing.contacts.open("line")["hours"] == "By day."
    assert editing.contacts.open("shelter")["checked_by"] == "desk"


def test_a_check_that_never_gets_a_turn_is_told_after_three_tries(editing: Editing) -> None:
    def collide() -> None:
        raise StaleRecord("changed")

    editing.meanwhile += [collide] * 3
    with pytest.raises(ContactConflict) as conflict:
        editing.contacts.mark_checked("shelter", "desk", ANA)
    assert conflict.value.theirs == SHELTER


def stamps(entry: Mapping[str, Any]) -> Sequence[object]:
    return [entry["mark"], entry["checked_on"], entry["read_on"]]


def test_stamps_stay_while_what_they_stand_for_does(editing: Editing) -> None:
    editing.change("line", sources=["https://line.example/new"], hours="Day and night")
    assert stamps(editing.contacts.open("line")) == [CONFIRMED, "2026-11-20", "2026-11-20"]


@pytest.mark.parametrize("changed", [{"hours": "At night."}, {"what": "Help."}, {"serves": "town"}])
def test_the_check_falls_with_what_it_stood_for_and_the_mark_stays(
    editing: Editing, changed: dict[str, str]
) -> None:
    editing.change("line", **changed)
    entry = editing.contacts.open("line")
    assert stamps(entry) == [CONFIRMED, None, "2026-11-20"]
    assert entry["checked_by"] is None


@pytest.mark.parametrize(
    "changed", [{"name": "Another line"}, {"channels": [ChannelFields("call", "888-373-7889")]}]
)
def test_check_and_mark_fall_when_the_name_or_a_number_changes(
    editing: Editing, changed: dict[str, Any]
) -> None:
    editing.change("line", **changed)
    assert stamps(editing.contacts.open("line")) == [SINGLE, None, "2026-11-20"]


def test_two_sources_read_anew_keep_the_mark(editing: Editing) -> None:
    editing.change("line", name="Another line", two_sources=True)
    assert stamps(editing.contacts.open("line")) == [CONFIRMED, None, TODAY]


def test_two_sources_are_of_two_publishers(editing: Editing) -> None:
    one = ["https://line.example/a", "https://www.line.example/b"]
    assert "two sources of different publishers" in editing.refused(two_sources=True, sources=one)


def test_a_change_that_was_checked_as_it_stands_is_stamped_today(editing: Editing) -> None:
    editing.change("line", hours="At night.", checked_by="  shelter \n desk ")
    entry = editing.contacts.open("line")
    assert stamps(entry) == [CONFIRMED, TODAY, TODAY]
    assert entry["checked_by"] == "shelter desk"
