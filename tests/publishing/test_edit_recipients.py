"""One recipient at a time in a form: what is proposed is the whole document with that one changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.delivery.ports import KeyInfo
from chalicelib.desk.agreements import Standing
from chalicelib.desk.people import PUBLISHER, Person
from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.change_recipients import ChangeRecipients
from chalicelib.publishing.edit_recipients import EditRecipients
from chalicelib.publishing.errors import PublishUnderWay
from chalicelib.publishing.forms import FormConflict, FormInvalid, Typed
from chalicelib.publishing.recipient_changes import RecipientChange, described, with_agreement, with_hold
from chalicelib.publishing.recipient_form import as_typed, entry_of
from chalicelib.shared.errors import EntryMissing, StaleRecord
from tests.support.editors_desk import ANA, BEN, EditorsDesk
from tests.support.fake_package import CLINIC, POLICE, written
from tests.support.fake_sign_ins import FakeSignIns
from tests.support.fakes import FakeMailer

KEY = f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{'A' * 64}\n-----END PGP PUBLIC KEY BLOCK-----"
PRIVATE = KEY.replace("PUBLIC", "PRIVATE")


def typed(entry: Mapping[str, Any], **changed: str) -> Typed:
    """Return a recipient as its form sends it when only `changed` was typed."""
    fields = {**as_typed(entry).fields, "why": ["they moved"]}
    return Typed({**fields, **{name: [value] if value else [] for name, value in changed.items()}})


def describe(key: str) -> KeyInfo:
    usable = "BEGIN PGP PUBLIC" in key
    return KeyInfo("openpgp", "ABCD", date(2027, 1, 1), usable, "" if usable else "it has expired")


class Ahead:
    """The first delivered report, still ahead."""

    def is_ahead(self) -> bool:
        return True


class Proposing(EditorsDesk):
    """The recipients in their form."""

    def __init__(self) -> None:
        super().__init__()
        changes = ChangeRecipients(
            self.store,
            self.shipped,
            self.shelf,
            FakeMailer(),
            self.clock,
            "desk@porchlight.example",
            lambda to, code: b"",
            describe,
            FakeSignIns(),
            Ahead(),
            "",
            lambda to, code, lines: b"",
        )
        self.recipients = EditRecipients(changes, self.edit, self.clock)

    def propose(
        self, entry: Mapping[str, Any] = POLICE, who: str = ANA, revision: int = 0, **changed: str
    ) -> RecipientChange:
        person = Person(who, PUBLISHER, id=f"id-{who}")
        self.recipients.propose(str(entry.get("id", "")), typed(entry, **changed), revision, person)
        change = self.store.change()
        assert change is not None
        return change

    def without(self, recipient: str, revision: int = 0, why: str = "they closed") -> RecipientChange:
        fields = Typed({"why": [why]})
        return self.recipients.propose_without(recipient, fields, revision, Person(ANA, PUBLISHER))

    def refused(self, entry: Mapping[str, Any] = POLICE, **changed: str) -> dict[str, str]:
        """Return everything that a recipient is refused for, by field."""
        with pytest.raises(FormInvalid) as refusal:
            self.propose(entry, **changed)
        assert self.store.change() is None
        return refusal.value.problems

    def waiting(self) -> list[dict[str, Any]]:
        """Return the entries of the change that waits."""
        change = self.store.change()
        assert change is not None
        return list(json.loads(change.text))


@pytest.fixture
def proposing() -> Proposing:
    return Proposing()


def test_without_a_change_the_published_recipients_are_shown(proposing: Proposing) -> None:
    assert proposing.recipients.entries() == ([POLICE, CLINIC], 0)
    proposing.publish({RECIPIENTS: written([CLINIC])})
    assert proposing.recipients.entries() == ([CLINIC], 0)


def test_with_a_change_the_recipients_are_shown_as_it_has_them_with_its_revision(
    proposing: Proposing,
) -> None:
    proposing.propose(name="County police")
    entries, revision = proposing.recipients.entries()
    assert ([entry["name"] for entry in entries], revision) == (["County police", "The clinic"], 1)


def test_one_recipient_is_opened_with_the_revision(proposing: Proposing) -> None:
    assert proposing.recipients.open("clinic") == (CLINIC, 0)
    proposing.propose(name="County police")
    assert proposing.recipients.open("clinic") == (CLINIC, 1)
    assert proposing.recipients.open("police")[0]["name"] == "County police"
    with pytest.raises(EntryMissing, match="no such recipient"):
        proposing.recipients.open("gone")


def test_a_changed_recipient_is_proposed_in_its_place_and_the_others_stay(proposing: Proposing) -> None:
    change = proposing.propose(email="desk@town.example")
    assert proposing.waiting() == [{**POLICE, "email": "desk@town.example"}, CLINIC]
    assert (change.revision, change.proposed_by, change.why) == (1, ANA, "they moved")
    assert change.proposers == {"police": (ANA, f"id-{ANA}")}
    assert proposing.recipients.entries()[1] == 1


def test_whose_replies_are_the_offices_and_that_it_writes_back_are_proposed(proposing: Proposing) -> None:
    change = proposing.propose(
        reply_from="Town.example\n\n *.county.example \ndesk@vendor.example\ntown.example", answers="yes"
    )
    senders = ["town.example", "*.county.example", "desk@vendor.example"]
    assert proposing.waiting()[0] == {**POLICE, "reply_from": senders, "answers": True}
    [line] = described(written([POLICE, CLINIC]), change.text)
    assert f"replies come from {', '.join(senders)}, before it was nothing" in line
    assert "writes back to writers from nothing to yes" in line
    again = as_typed(proposing.waiting()[0])
    assert (again.lines("reply_from"), again.raw("answers")) == (senders, "yes")


def test_what_nobody_filled_in_changes_nothing_of_an_office_and_what_is_emptied_is_told(
    proposing: Proposing,
) -> None:
    assert {"reply_from", "answers"}.isdisjoint(POLICE)
    proposing.propose(name="County police")
    assert proposing.waiting()[0] == {**POLICE, "name": "County police"}
    filled = {**POLICE, "reply_from": ["town.example"], "answers": True}
    emptied = entry_of(filled, typed(filled, reply_from="", answers=""))
    assert (emptied["reply_from"], emptied["answers"]) == ([], False)


@pytest.mark.parametrize(
    ("senders", "said"),
    [
        ("town", "“town” is neither a domain nor an e-mail address"),
        ("town.example\nA Desk <desk@town.example>", "“A Desk <desk@town.example>” is neither"),
        ("gmail.com", "Everybody may have an address at gmail.com"),
        ("*.outlook.com", "Everybody may have an address at *.outlook.com"),
        ("\n".join(f"n{number}.example" for number in range(41)), "more than 40"),
    ],
)
def test_a_sender_that_would_let_anybody_reply_or_nobody_is_refused(
    proposing: Proposing, senders: str, said: str
) -> None:
    assert said in proposing.refused(reply_from=senders)["reply_from"]


def test_one_address_where_everybody_has_one_may_reply(proposing: Proposing) -> None:
    proposing.propose(reply_from="the-shelter@gmail.com\ntown.example")
    assert proposing.waiting()[0]["reply_from"] == ["the-shelter@gmail.com", "town.example"]


@pytest.mark.parametrize(
    ("senders", "fits"),
    [
        ("no-reply@vendor.example", False),
        ("vendor.example\nTOWN.example", True),
        ("*.town.example", False),
    ],
)
def test_a_list_that_would_hold_the_office_itself_is_refused(
    proposing: Proposing, senders: str, fits: bool
) -> None:
    if fits:
        proposing.propose(reply_from=senders)
        return
    with pytest.raises(FormInvalid) as refused:
        proposing.propose(reply_from=senders)
    assert "town.example here too" in refused.value.problems["reply_from"]


NEW = {**POLICE, "name": "The Harbor Office", "email": "harbor@town.example"}
del NEW["id"]


def test_a_new_recipient_comes_at_the_end_with_an_id_made_from_its_name(proposing: Proposing) -> None:
    proposing.propose(NEW)
    assert [entry["id"] for entry in proposing.waiting()] == ["police", "clinic", "the-harbor-office"]


def test_an_id_that_is_live_is_not_given_anew_while_its_recipient_is_being_dropped(
    proposing: Proposing,
) -> None:
    proposing.without("police")
    proposing.propose(NEW, revision=1, name="Police")
    assert [entry["id"] for entry in proposing.waiting()] == ["clinic", "police-2"]


def test_a_second_proposal_takes_the_first_one_along(proposing: Proposing) -> None:
    proposing.propose(name="County police")
    change = proposing.propose({**CLINIC, "fallback": "two@town.example"}, BEN, 1, name="County clinic")
    assert [entry["name"] for entry in proposing.waiting()] == ["County police", "County clinic"]
    assert {one: names[0] for one, names in change.proposers.items()} == {"police": ANA, "clinic": BEN}


def test_what_was_typed_is_kept_without_needless_spaces(proposing: Proposing) -> None:
    proposing.propose(NEW, name=" The \n harbor ", email=" harbor@town.example ")
    entry = proposing.waiting()[-1]
    assert (entry["id"], entry["name"], entry["email"]) == ("the-harbor", "The harbor", "harbor@town.example")


def test_fields_that_the_form_does_not_show_stay(proposing: Proposing) -> None:
    more = {"mark": "UNVERIFIED", "source": "an article", "read_on": "2026-11-25"}
    proposing.publish({RECIPIENTS: written([{**POLICE, **more}])})
    proposing.propose(name="County police")
    assert proposing.waiting() == [{**POLICE, **more, "name": "County police"}]


def test_that_an_office_enforces_immigration_is_kept_as_yes_or_no(proposing: Proposing) -> None:
    proposing.propose(enforces_immigration="yes")
    assert proposing.waiting()[0]["enforces_immigration"] is True


def test_a_key_is_kept_without_what_stood_around_it(proposing: Proposing) -> None:
    proposing.propose(key=f"Dear desk,\r\nthis is our key:\r\n{KEY}\r\nBest, Ana\r\n")
    key = proposing.waiting()[0]["key"]
    assert key.startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
    assert key.endswith("-----END PGP PUBLIC KEY BLOCK-----\n")
    assert not key.endswith("\n\n")
    assert "Dear" not in key
    assert "\r" not in key


def test_a_recipient_without_a_key_gets_no_field_for_one(proposing: Proposing) -> None:
    proposing.propose(name="County police", key=" \r\n ")
    assert "key" not in proposing.waiting()[0]


def test_a_key_is_taken_away_when_its_field_is_emptied(proposing: Proposing) -> None:
    proposing.publish({RECIPIENTS: written([{**POLICE, "key": KEY + "\n"}])})
    proposing.propose(key="")
    assert proposing.waiting()[0]["key"] == ""


def test_a_key_that_cannot_be_used_is_refused_with_its_reason(proposing: Proposing) -> None:
    assert proposing.refused(key="some letters") == {"key": "The key cannot be used: it has expired."}


@pytest.mark.parametrize("field", ["key", "what", "why", "name", "email"])
def test_a_private_key_is_refused_at_its_field_and_not_kept(proposing: Proposing, field: str) -> None:
    problems = (
        proposing.refused(name="New", **{field: PRIVATE})
        if field != "name"
        else proposing.refused(name=PRIVATE)
    )
    assert problems[field].startswith("This is a private key")


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"name": " "}, "name", "Write the name"),
        ({"name": "the CLINIC"}, "name", "already"),
        ({"serves": ""}, "serves", "Choose the place"),
        ({"serves": "No where"}, "serves", "Choose one of those"),
        ({"email": ""}, "email", "Write the address"),
        ({"email": "police"}, "email", "not one e-mail address"),
        ({"email": "a@b.example, c@d.example"}, "email", "not one e-mail address"),
        ({"fallback": ""}, "fallback", "Write a second address"),
        ({"fallback": "chief"}, "fallback", "not one e-mail address"),
        ({"fallback": "POLICE@town.example"}, "fallback", "the first address again"),
        ({"nature": "friends"}, "nature", "Choose one of those"),
        ({"language": "xx"}, "language", "Choose one of those"),
        ({"what": ""}, "what", "what this office is"),
        ({"what_not": " "}, "what_not", "what this office is not"),
        ({"agreed_on": ""}, "agreed_on", "day on which the office agreed"),
        ({"agreed_on": "last week"}, "agreed_on", "This is no day"),
        ({"agreed_on": "２０２６-11-01"}, "agreed_on", "This is no day"),
        ({"agreed_on": "2026-11-27"}, "agreed_on", "has not come yet"),
        ({"why": ""}, "why", "Say why"),
        ({"why": "x" * 501}, "why", "501 letters"),
    ],
)
def test_what_breaks_a_rule_is_refused_beside_its_field(
    proposing: Proposing, changed: dict[str, str], field: str, said: str
) -> None:
    problems = proposing.refused(**changed)
    assert problems.keys() == {field}
    assert said in problems[field]


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_form(proposing: Proposing) -> None:
    problems = proposing.refused({}, language="en", email="no address", key="some letters", why="")
    assert list(problems) == [
        "name", "serves", "nature", "agreed_on", "email", "fallback", "key", "what", "what_not", "why",
    ]  # fmt: skip
    assert not re.search(r"_|\b(id|slug|must be|field)\b", " ".join(problems.values()))


def test_a_proposal_is_edited_by_its_proposer_who_finds_the_reason(proposing: Proposing) -> None:
    proposing.propose(name="County police", why="they have a new name")
    mine, revision = proposing.recipients.typed("police", Person(ANA, PUBLISHER))
    assert (mine.text("name"), mine.text("why"), revision) == ("County police", "they have a new name", 1)
    theirs, _ = proposing.recipients.typed("police", Person(BEN, PUBLISHER))
    assert theirs.text("why") == ""
    proposing.propose(name="Valley police", revision=1)
    assert proposing.waiting()[0]["name"] == "Valley police"


def _ben(proposing: Proposing) -> Standing:
    return Standing("id-ben", BEN, PUBLISHER, proposing.clock.now() - timedelta(days=30))


def test_an_agreement_falls_away_when_its_entry_is_edited_even_if_it_is_put_back(
    proposing: Proposing,
) -> None:
    change = proposing.propose(name="County police")
    live = proposing.shipped.text(RECIPIENTS)
    change = with_agreement(change, _ben(proposing), proposing.clock.now(), live)
    proposing.store.put_change(change)
    assert change.agreed
    change = proposing.propose(name="Valley police", revision=change.revision)
    assert (change.agreed, change.agreements) == (False, {})
    change = proposing.propose(name="County police", revision=change.revision)
    assert (change.agreed, change.agreements) == (False, {})


def test_an_agreement_to_another_entry_stays(proposing: Proposing) -> None:
    change = proposing.propose(name="County police")
    live = proposing.shipped.text(RECIPIENTS)
    change = with_agreement(change, _ben(proposing), proposing.clock.now(), live)
    proposing.store.put_change(change)
    clinic = {**CLINIC, "fallback": "two@town.example"}
    change = proposing.propose(clinic, revision=change.revision)
    assert change.agreements.keys() == {"police"}
    assert not change.agreed


def test_what_changes_nothing_is_no_proposal(proposing: Proposing) -> None:
    with pytest.raises(DocumentInvalid, match="this changes nothing"):
        proposing.propose()
    proposing.propose(name="County police")
    with pytest.raises(DocumentInvalid, match="this changes nothing"):
        proposing.propose(revision=1, name="County police")
    with pytest.raises(DocumentInvalid, match="withdraw the change"):
        proposing.propose(revision=1)


@pytest.mark.parametrize("revision", [0, 2])
def test_a_proposal_over_another_one_than_was_seen_is_refused(proposing: Proposing, revision: int) -> None:
    proposing.propose(name="County police")
    with pytest.raises(FormConflict):
        proposing.propose({**CLINIC, "fallback": "two@town.example"}, BEN, revision, name="County clinic")
    with pytest.raises(FormConflict):
        proposing.without("clinic", revision)
    assert [entry["name"] for entry in proposing.waiting()] == ["County police", "The clinic"]


def test_of_two_who_propose_in_the_same_moment_the_second_is_told(proposing: Proposing) -> None:
    def collide(write: str) -> None:
        if write == "put_change":
            raise StaleRecord("changed")

    proposing.store.before = collide
    with pytest.raises(FormConflict) as conflict:
        proposing.propose(name="County police")
    assert conflict.value.theirs.text("name") == "Town police"


def test_a_recipient_is_proposed_to_be_dropped(proposing: Proposing) -> None:
    change = proposing.without("police")
    assert proposing.waiting() == [CLINIC]
    assert change.proposers == {"police": (ANA,)}
    with pytest.raises(EntryMissing, match="no such recipient"):
        proposing.without("police", 1)


def test_the_only_recipient_may_be_dropped_too(proposing: Proposing) -> None:
    proposing.publish({RECIPIENTS: written([CLINIC])})
    proposing.without("clinic")
    assert proposing.waiting() == []


def test_a_recipient_that_there_is_not_is_not_dropped(proposing: Proposing) -> None:
    with pytest.raises(EntryMissing, match="no such recipient"):
        proposing.without("gone")
    with pytest.raises(FormInvalid, match="Say why"):
        proposing.without("police", why="")
    assert proposing.store.change() is None


def test_nothing_is_proposed_while_a_publish_takes_the_change_along(proposing: Proposing) -> None:
    change = proposing.propose(name="County police")
    proposing.store.put_change(with_hold(change, proposing.clock.now()))
    with pytest.raises(PublishUnderWay):
        proposing.propose({**CLINIC, "fallback": "two@town.example"}, BEN, 2, name="County clinic")
    with pytest.raises(PublishUnderWay):
        proposing.without("clinic", 2)
    proposing.clock.forward(minutes=2)
    assert (
        proposing.propose({**CLINIC, "fallback": "two@town.example"}, BEN, 2, name="County clinic").revision
        == 3
    )
