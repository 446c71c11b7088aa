"""One contact at a time in a form: what is typed, what is refused, and two people who save."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.directory.contacts import CONFIRMED, SINGLE
from chalicelib.directory.document_ids import CONTACTS, PLACES, SITE
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.contact_form import as_typed, value_of
from chalicelib.publishing.documents import Draft
from chalicelib.publishing.edit_contacts import EditContacts, is_stale
from chalicelib.publishing.edit_whole import seen_as
from chalicelib.publishing.forms import FormConflict, FormInvalid
from chalicelib.shared.errors import EntryMissing, StaleRecord
from tests.support.editors_desk import ANA, BEN, EditorsDesk, typed
from tests.support.fake_package import LINE, PAGE, SHELTER, written
from tests.support.fakes import NOON

TODAY = "2026-11-25"
PRIVATE = "-----BEGIN PGP PRIVATE KEY BLOCK-----"


class Editing(EditorsDesk):
    """The contacts in their form."""

    def __init__(self) -> None:
        super().__init__()
        self.contacts = EditContacts(self.edit, self.clock)

    def change(self, contact: str, who: str = ANA, seen: str = "", **changed: Any) -> Draft:
        """Open a contact, type something, and save it."""
        entry = self.contacts.open(contact)
        return self.contacts.save(contact, typed(entry, **changed), seen or seen_as(entry), who)

    def refused(self, **changed: Any) -> dict[str, str]:
        """Return everything that a contact is refused for, by field."""
        with pytest.raises(FormInvalid) as refusal:
            self.change("line", **changed)
        assert self.store.drafts() == []
        return refusal.value.problems

    def site(self) -> Any:
        return self.draft(SITE)


@pytest.fixture
def editing() -> Editing:
    return Editing()


def test_who_checks_in_the_evening_has_checked_on_the_day_of_the_place(editing: Editing) -> None:
    nation = {"slug": "us", "name": "US", "parent": None, "kind": "nation", "zone": "America/New_York"}
    town = {"slug": "town", "name": "Town", "parent": "us", "kind": "city", "zone": "America/Los_Angeles"}
    editing.save(PLACES, json.dumps({"places": [nation, town]}))
    editing.clock.time = datetime(2026, 11, 28, 6, 10, tzinfo=UTC)  # ten in Los Angeles, one in New York
    for serves, day in (("town", "2026-11-27"), ("us", "2026-11-28")):
        editing.change("line", serves=serves, checked="yes", role="volunteer")
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
    with pytest.raises(EntryMissing, match="no such contact"):
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
        sources="\r\n  https://a.example/  \r\n \r\n",
        ways=[("call", " 888-373-7888 "), ("text", "  ")],
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
        ("chat", "www.line.example/a", "https://www.line.example/a"),
        ("email", "help@line.example", "help@line.example"),
    ],
)
def test_what_the_machine_dials_or_opens_is_made_of_what_is_read(kind: str, show: str, value: str) -> None:
    assert value_of(kind, show) == value


def test_every_kind_of_channel_is_kept_as_it_is_used(editing: Editing) -> None:
    ways = [
        ("text", "233733", " HELP "),
        ("page", "https://line.example/a"),
        ("email", "help@line.example"),
    ]
    editing.change("line", ways=ways)
    assert editing.contacts.open("line")["channels"] == [
        {"kind": "text", "show": "233733", "value": "233733", "body": "HELP"},
        {"kind": "page", "show": "", "value": "https://line.example/a"},
        {"kind": "email", "show": "help@line.example", "value": "help@line.example"},
    ]


@pytest.mark.parametrize(
    ("kind", "show", "digits"),
    [("call", "373-7888", 7), ("call", "12", 2), ("call", "2337", 4), ("tty", "23373", 5),
     ("text", "2337337", 7), ("call", "888-373-78889", 11), ("call", "８８８-３７３-７８８８", 0)],
)  # fmt: skip
def test_half_a_number_is_refused_beside_it(editing: Editing, kind: str, show: str, digits: int) -> None:
    problems = editing.refused(ways=[("call", "888-373-7888"), (kind, show)])
    assert problems.keys() == {"show-2"}
    assert problems["show-2"].startswith(f"This number has {digits} digits. It needs 10")


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"name": " "}, "name", "Write the name of the office."),
        ({"what": ""}, "what", "what they do"),
        ({"serves": ""}, "serves", "Choose the place"),
        ({"serves": "nowhere"}, "serves", "Choose one of those"),
        ({"audience": "dogs"}, "audience", "Choose one of those"),
        ({"mark": "confirmed"}, "mark", "Choose one of those"),
        ({"sources": " \r\n"}, "sources", "Say where you read it"),
        ({"sources": "https://a.example/1", "two": "yes"}, "sources", "Two sources"),
        ({"checked": "yes"}, "role", "in which role"),
        ({"hours": "x" * 301}, "hours", "301 letters. 300 are the most."),
        ({"hours": "by\x07day"}, "hours", "a sign in this that nobody can see"),
        ({"ways": []}, "show-1", "at least one way"),
        ({"ways": [("call", "none")]}, "show-1", "letters in it"),
        ({"ways": [("call", "888-373-7888 or so")]}, "show-1", "letters in it"),
        ({"ways": [("page", "http://line.example/")]}, "show-1", "no web address"),
        ({"ways": [("page", "https://ana@line.example/")]}, "show-1", "no web address"),
        ({"ways": [("page", "javascript:alert(1)")]}, "show-1", "no web address"),
        ({"ways": [("page", "https://line.example:8080/")]}, "show-1", "no web address"),
        ({"ways": [("page", "https://127.0.0.1/")]}, "show-1", "no web address"),
        ({"ways": [("page", "https://localhost/")]}, "show-1", "no web address"),
        ({"ways": [("page", "https://line.example/a b")]}, "show-1", "no web address"),
        ({"ways": [("email", "help")]}, "show-1", "no e-mail address"),
        ({"ways": [("call", "888-373-7888", "HELP")]}, "body-1", "Only a text message"),
        ({"ways": [("text", "233733", "two words")]}, "body-1", "one plain word"),
        ({"ways": [("fax", "888-373-7888")]}, "kind-1", "Choose one of those"),
    ],
)
def test_what_breaks_a_rule_is_refused_beside_its_field(
    editing: Editing, changed: dict[str, Any], field: str, said: str
) -> None:
    problems = editing.refused(**changed)
    assert problems.keys() == {field}
    assert said in problems[field]


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_form(editing: Editing) -> None:
    problems = editing.refused(
        what="", name="", ways=[("call", "12"), ("", ""), ("page", "http://x")], checked="yes"
    )
    assert list(problems) == ["name", "show-1", "show-3", "what", "role"]


def test_no_sentence_of_the_form_names_a_field_by_its_code(editing: Editing) -> None:
    problems = editing.refused(name="", serves="", what="", sources="", ways=[], checked="yes")
    words = " ".join(problems.values())
    assert not re.search(r"_|\b(id|slug|null|true|false|json|channel)\b", words, re.IGNORECASE)


def test_a_web_site_of_a_contact_comes_onto_the_list_of_hosts_and_goes_with_it(editing: Editing) -> None:
    editing.change("line", ways=[("call", "888-373-7888"), ("page", "https://new.example/help")])
    assert editing.contacts.open("line")["channels"][1]["value"] == "https://new.example/help"
    assert editing.site()["hosts"] == ["weather.example", "line.example", "new.example"]
    editing.change("line", ways=[("page", "https://other.example/")])
    assert editing.site()["hosts"] == ["weather.example", "line.example", "other.example"]
    editing.contacts.take_out("shelter", seen_as(editing.contacts.open("shelter")), ANA)
    assert editing.site()["hosts"] == ["weather.example", "line.example", "other.example"]


def test_a_host_stays_while_anything_else_links_to_it(editing: Editing) -> None:
    link = ("page", "https://new.example/")
    for contact in ("line", "shelter"):
        editing.change(contact, ways=[("call", "888-373-7888"), link])
    editing.change("line", ways=[("call", "888-373-7888")])
    assert "new.example" in editing.site()["hosts"]
    editing.save(PAGE, '<a href="https://new.example/">help</a>')
    editing.change("shelter", ways=[("call", "888-373-7888")])
    assert "new.example" in editing.site()["hosts"]


def test_a_changed_phone_number_makes_no_draft_of_the_settings(editing: Editing) -> None:
    editing.publish({SITE: written({**json.loads(editing.shipped.text(SITE)), "police": []})})
    editing.change("line", ways=[("call", "888-373-7889")])
    assert [draft.document for draft in editing.store.drafts()] == [CONTACTS]


def test_the_police_are_named_in_the_settings(editing: Editing) -> None:
    editing.change("shelter", police="yes")
    assert editing.site()["police"] == ["shelter"]
    assert editing.contacts.typed("shelter").raw("police")
    editing.change("shelter")
    assert editing.site()["police"] == []


NEW = {**SHELTER, "name": "Casa Segura (Dos Palos)", "serves": "town"}


def test_a_new_contact_gets_an_id_from_its_name_and_comes_at_the_end(editing: Editing) -> None:
    assert editing.contacts.add(typed(NEW), ANA) == "casa-segura-dos-palos"
    entry = editing.draft(CONTACTS)["contacts"][-1]
    assert (entry["id"], entry["mark"], entry["read_on"]) == ("casa-segura-dos-palos", SINGLE, TODAY)
    assert (entry["checked_on"], entry["checked_by"]) == (None, None)
    assert editing.contacts.add(typed(NEW), ANA) == "casa-segura-dos-palos-2"


def test_a_new_contact_is_as_sure_as_its_sources_and_as_checked_as_somebody_says(editing: Editing) -> None:
    both = "https://a.example/\nhttps://b.example/"
    name = editing.contacts.add(typed(NEW, sources=both, two="yes", checked="yes", role="shelter desk"), ANA)
    entry = editing.contacts.open(name)
    assert (entry["mark"], entry["checked_on"], entry["checked_by"]) == (CONFIRMED, TODAY, "shelter desk")


def test_a_new_contact_is_refused_with_everything_that_is_wrong(editing: Editing) -> None:
    with pytest.raises(FormInvalid) as refusal:
        editing.contacts.add(typed(NEW, name="安全之家", what=""), ANA)
    assert refusal.value.problems.keys() == {"name", "what"}
    assert "letter from a to z" in refusal.value.problems["name"]
    assert editing.store.drafts() == []


def test_two_new_contacts_at_once_are_both_there(editing: Editing) -> None:
    editing.meanwhile.append(lambda: editing.contacts.add(typed(NEW, name="Harbor House"), BEN))
    editing.contacts.add(typed(NEW), ANA)
    names = [entry["id"] for entry in editing.draft(CONTACTS)["contacts"]]
    assert names == ["line", "shelter", "harbor-house", "casa-segura-dos-palos"]


def test_two_new_contacts_of_one_name_at_once_do_not_become_one(editing: Editing) -> None:
    editing.meanwhile.append(lambda: editing.contacts.add(typed(NEW), BEN))
    with pytest.raises(FormInvalid) as refusal:
        editing.contacts.add(typed(NEW), ANA)
    assert refusal.value.problems.keys() == {"name"}


def test_a_contact_is_taken_out_with_all_that_names_it(editing: Editing) -> None:
    editing.change("shelter", police="yes")
    editing.contacts.take_out("shelter", seen_as(editing.contacts.open("shelter")), ANA)
    assert [entry["id"] for entry in editing.draft(CONTACTS)["contacts"]] == ["line"]
    assert editing.site()["police"] == []


def test_the_hotline_and_what_the_newspaper_printed_are_not_taken_out(editing: Editing) -> None:
    seen = seen_as(LINE)
    with pytest.raises(FormInvalid, match="The line is the hotline of every page"):
        editing.contacts.take_out("line", seen, ANA)
    site = json.loads(editing.shipped.text(SITE))
    editing.publish({SITE: written({**site, "hotline": "shelter"})})
    with pytest.raises(FormInvalid, match="newspaper printed"):
        editing.contacts.take_out("line", seen, ANA)
    assert editing.store.drafts() == []


def test_a_contact_that_changed_since_it_was_looked_at_is_not_taken_out(editing: Editing) -> None:
    seen = seen_as(editing.contacts.open("shelter"))
    editing.change("shelter", BEN, hours="By day.")
    with pytest.raises(FormConflict) as conflict:
        editing.contacts.take_out("shelter", seen, ANA)
    assert conflict.value.theirs.text("hours") == "By day."
    assert len(editing.draft(CONTACTS)["contacts"]) == 2


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
    with pytest.raises(FormConflict) as conflict:
        editing.change("line", hours="At night.")
    assert conflict.value.theirs.text("hours") == "By day."
    assert editing.contacts.open("line")["hours"] == "By day."


def test_a_contact_that_changed_since_it_was_shown_is_not_overwritten(editing: Editing) -> None:
    shown = seen_as(editing.contacts.open("line"))
    editing.change("line", BEN, hours="By day.")
    for seen in (shown, "made up"):
        with pytest.raises(FormConflict) as conflict:
            editing.change("line", seen=seen, hours="At night.")
        assert conflict.value.theirs.text("hours") == "By day."
    assert editing.edit.open(CONTACTS).revision == 1


def test_a_contact_that_was_taken_out_meanwhile_is_missing(editing: Editing) -> None:
    editing.save(CONTACTS, written({"contacts": [SHELTER]}))
    with pytest.raises(EntryMissing, match="took it out meanwhile"):
        editing.contacts.save("line", typed(LINE), seen_as(LINE), ANA)


def test_who_never_gets_a_turn_is_told_so_after_three_tries(editing: Editing) -> None:
    def collide() -> None:
        raise StaleRecord("changed")

    editing.meanwhile += [collide] * 3
    with pytest.raises(FormConflict) as conflict:
        editing.change("line", hours="At night.")
    assert conflict.value.theirs == as_typed(LINE)
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
    with pytest.raises(FormConflict) as conflict:
        editing.contacts.mark_checked("shelter", "desk", ANA)
    assert conflict.value.theirs == as_typed(SHELTER)


def stamps(entry: Mapping[str, Any]) -> Sequence[object]:
    return [entry["mark"], entry["checked_on"], entry["read_on"]]


def test_stamps_stay_while_what_they_stand_for_does(editing: Editing) -> None:
    editing.change("line", sources="https://line.example/new", hours="Day and night")
    assert stamps(editing.contacts.open("line")) == [CONFIRMED, "2026-11-20", "2026-11-20"]


@pytest.mark.parametrize("changed", [{"hours": "At night."}, {"what": "Help."}, {"serves": "town"}])
def test_the_check_falls_with_what_it_stood_for_and_the_mark_stays(
    editing: Editing, changed: dict[str, str]
) -> None:
    editing.change("line", **changed)
    entry = editing.contacts.open("line")
    assert stamps(entry) == [CONFIRMED, None, "2026-11-20"]
    assert entry["checked_by"] is None


@pytest.mark.parametrize("changed", [{"name": "Another line"}, {"ways": [("call", "888-373-7889")]}])
def test_check_and_mark_fall_when_the_name_or_a_number_changes(
    editing: Editing, changed: dict[str, Any]
) -> None:
    editing.change("line", **changed)
    assert stamps(editing.contacts.open("line")) == [SINGLE, None, "2026-11-20"]


def test_two_sources_read_anew_keep_the_mark(editing: Editing) -> None:
    editing.change("line", name="Another line", two="yes")
    assert stamps(editing.contacts.open("line")) == [CONFIRMED, None, TODAY]


def test_two_sources_are_of_two_publishers(editing: Editing) -> None:
    one = "https://line.example/a\nhttps://www.line.example/b"
    assert "Two sources of different publishers" in editing.refused(two="yes", sources=one)["sources"]


def test_a_change_that_was_checked_as_it_stands_is_stamped_today(editing: Editing) -> None:
    editing.change("line", hours="At night.", checked="yes", role="  shelter \n desk ")
    entry = editing.contacts.open("line")
    assert stamps(entry) == [CONFIRMED, TODAY, TODAY]
    assert entry["checked_by"] == "shelter desk"
