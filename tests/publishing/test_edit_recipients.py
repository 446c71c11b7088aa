"""One recipient at a time in a form: what is proposed is the whole document with that one changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chalicelib.delivery.ports import KeyInfo
from chalicelib.desk.people import PUBLISHER, Person
from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.change_recipients import ChangeRecipients
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.edit_recipients import EditRecipients, RecipientFields
from chalicelib.publishing.errors import PublishUnderWay
from chalicelib.publishing.recipient_changes import RecipientChange, with_hold
from chalicelib.shared.errors import EntryMissing, StaleRecord
from tests.support.editors_desk import ANA, BEN, EditorsDesk
from tests.support.fake_package import CLINIC, POLICE, written
from tests.support.fake_sign_ins import FakeSignIns
from tests.support.fakes import FakeMailer

KEY = f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{'A' * 64}\n-----END PGP PUBLIC KEY BLOCK-----"
PRIVATE = KEY.replace("PUBLIC", "PRIVATE")


def typed(entry: Mapping[str, Any], **changed: Any) -> RecipientFields:
    """Return a recipient as its form sends it when only `changed` was typed."""
    names = [name for name in RecipientFields.__dataclass_fields__ if name != "key"]
    told = {name: entry[name] or "" for name in names}
    told["enforces_immigration"] = entry["enforces_immigration"]
    return replace(RecipientFields(**told, key=entry.get("key", "")), **changed)


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
        self.recipients = EditRecipients(changes)

    def propose(
        self,
        entry: Mapping[str, Any] = POLICE,
        who: str = ANA,
        revision: int = 0,
        why: str = "they moved",
        **changed: Any,
    ) -> RecipientChange:
        person = Person(who, PUBLISHER, id=f"id-{who}")
        return self.recipients.propose(typed(entry, **changed), revision, person, why)

    def without(self, recipient: str, revision: int = 0, why: str = "they closed") -> RecipientChange:
        return self.recipients.propose_without(recipient, revision, Person(ANA, PUBLISHER), why)

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
    with pytest.raises(EntryMissing, match="gone"):
        proposing.recipients.open("gone")


def test_a_changed_recipient_is_proposed_in_its_place_and_the_others_stay(proposing: Proposing) -> None:
    change = proposing.propose(email="desk@town.example")
    assert proposing.waiting() == [{**POLICE, "email": "desk@town.example"}, CLINIC]
    assert (change.revision, change.proposed_by, change.why) == (1, ANA, "they moved")
    assert change.proposers == {"police": (ANA, f"id-{ANA}")}
    assert proposing.recipients.entries()[1] == 1


def test_a_new_recipient_comes_at_the_end(proposing: Proposing) -> None:
    proposing.propose(id="harbor", email="harbor@town.example", fallback="")
    assert [entry["id"] for entry in proposing.waiting()] == ["police", "clinic", "harbor"]


def test_a_second_proposal_takes_the_first_one_along(proposing: Proposing) -> None:
    proposing.propose(name="County police")
    change = proposing.propose(CLINIC, BEN, 1, name="County clinic")
    assert [entry["name"] for entry in proposing.waiting()] == ["County police", "County clinic"]
    assert {one: names[0] for one, names in change.proposers.items()} == {"police": ANA, "clinic": BEN}


def test_what_was_typed_is_kept_without_needless_spaces(proposing: Proposing) -> None:
    proposing.propose(
        id=" harbor ", name=" The \n harbor ", email=" harbor@town.example ", fallback=" ", agreed_on=" "
    )
    entry = proposing.waiting()[-1]
    assert (entry["id"], entry["name"], entry["email"]) == ("harbor", "The harbor", "harbor@town.example")
    assert (entry["fallback"], entry["agreed_on"]) == ("", None)


def test_fields_that_the_form_does_not_show_stay(proposing: Proposing) -> None:
    more = {"mark": "UNVERIFIED", "source": "an article", "read_on": "2026-11-25"}
    proposing.publish({RECIPIENTS: written([{**POLICE, **more}])})
    proposing.propose(name="County police")
    assert proposing.waiting() == [{**POLICE, **more, "name": "County police"}]


def test_that_an_office_enforces_immigration_is_kept_as_yes_or_no(proposing: Proposing) -> None:
    proposing.propose(enforces_immigration=True)
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
    with pytest.raises(DocumentInvalid, match="Town police: the key cannot be used: it has expired"):
        proposing.propose(key="some letters")
    assert proposing.store.change() is None


def test_a_private_key_is_refused_and_not_kept(proposing: Proposing) -> None:
    for changed in ({"key": PRIVATE}, {"what": PRIVATE}, {"why": PRIVATE, "name": "New"}):
        with pytest.raises(DocumentInvalid, match="private key"):
            proposing.propose(**changed)
    assert proposing.store.change() is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": " "}, "name must be a text"),
        ({"serves": "nowhere"}, "serves a place that we do not know"),
        ({"email": "police"}, "email must be one address"),
        ({"email": "a@b.example, c@d.example"}, "email must be one address"),
        ({"fallback": "chief"}, "fallback must be one address"),
        ({"fallback": "POLICE@town.example"}, "fallback must differ"),
        ({"nature": "friends"}, "nature must be one of"),
        ({"id": "Not A Slug"}, "id has only"),
        ({"id": " police", "name": "Twice"}, "is there twice"),
        ({"agreed_on": "last week"}, "agreed_on must be a date"),
        ({"agreed_on": "２０２６-11-01"}, "agreed_on must be a date"),
        ({"agreed_on": "2026-11-27"}, "has not come yet"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_sentence(
    proposing: Proposing, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(DocumentInvalid, match=said):
        proposing.propose(**changed)
    assert proposing.store.change() is None


def test_what_changes_nothing_is_no_proposal(proposing: Proposing) -> None:
    with pytest.raises(DocumentInvalid, match="this changes nothing"):
        proposing.propose()
    proposing.propose(name="County police")
    with pytest.raises(DocumentInvalid, match="this changes nothing"):
        proposing.propose(revision=1, name="County police")
    with pytest.raises(DocumentInvalid, match="withdraw the change"):
        proposing.propose(revision=1)


@pytest.mark.parametrize("why", ["", "  ", "x" * 501])
def test_a_proposal_wants_a_reason(proposing: Proposing, why: str) -> None:
    with pytest.raises(DocumentInvalid, match="please say"):
        proposing.propose(why=why, name="County police")
    assert proposing.store.change() is None


@pytest.mark.parametrize("revision", [0, 2])
def test_a_proposal_over_another_one_than_was_seen_is_refused(proposing: Proposing, revision: int) -> None:
    proposing.propose(name="County police")
    with pytest.raises(DraftConflict):
        proposing.propose(CLINIC, BEN, revision, name="County clinic")
    with pytest.raises(DraftConflict):
        proposing.without("clinic", revision)
    assert [entry["name"] for entry in proposing.waiting()] == ["County police", "The clinic"]


def test_of_two_who_propose_in_the_same_moment_the_second_is_told(proposing: Proposing) -> None:
    def collide(write: str) -> None:
        if write == "put_change":
            raise StaleRecord("changed")

    proposing.store.before = collide
    with pytest.raises(DraftConflict) as conflict:
        proposing.propose(name="County police")
    assert "County police" in conflict.value.mine


def test_a_recipient_is_proposed_to_be_dropped(proposing: Proposing) -> None:
    change = proposing.without("police")
    assert proposing.waiting() == [CLINIC]
    assert change.proposers == {"police": (ANA,)}
    with pytest.raises(EntryMissing, match="police"):
        proposing.without("police", 1)


def test_the_only_recipient_may_be_dropped_too(proposing: Proposing) -> None:
    proposing.publish({RECIPIENTS: written([CLINIC])})
    proposing.without("clinic")
    assert proposing.waiting() == []


def test_a_recipient_that_there_is_not_is_not_dropped(proposing: Proposing) -> None:
    with pytest.raises(EntryMissing, match="gone"):
        proposing.without("gone")
    with pytest.raises(DocumentInvalid, match="please say why"):
        proposing.without("police", why="")
    assert proposing.store.change() is None


def test_nothing_is_proposed_while_a_publish_takes_the_change_along(proposing: Proposing) -> None:
    change = proposing.propose(name="County police")
    proposing.store.put_change(with_hold(change, proposing.clock.now()))
    with pytest.raises(PublishUnderWay):
        proposing.propose(CLINIC, BEN, 2, name="County clinic")
    with pytest.raises(PublishUnderWay):
        proposing.without("clinic", 2)
    proposing.clock.forward(minutes=2)
    assert proposing.propose(CLINIC, BEN, 2, name="County clinic").revision == 3
