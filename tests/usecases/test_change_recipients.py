"""Who gets reports changes only when two publishers agree, and to addresses that are known to be read."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain.documents import RECIPIENTS
from chalicelib.domain.errors import (
    AgreementMissing,
    CodeWrong,
    DocumentInvalid,
    DraftConflict,
    EntryMissing,
    NothingToPublish,
)
from chalicelib.ports import KeyInfo, Mail
from chalicelib.usecases.change_recipients import ChangeRecipients
from tests.usecases.test_publish import ANA, BEN, Desk

NEW, SECOND = "desk@county.example", "second@county.example"
OFFICE = {
    "id": "county-desk",
    "name": "County desk",
    "serves": "us",
    "email": NEW,
    "fallback": SECOND,
    "language": "en",
    "nature": "desk",
    "enforces_immigration": False,
    "what": "A desk.",
    "what_not": "Not the police.",
    "agreed_on": "2026-11-20",
}


class Outbox:
    def __init__(self) -> None:
        self.sent: list[Mail] = []

    def send(self, mail: Mail) -> str:
        self.sent.append(mail)
        return "id"


class Nonces:
    """The desk's clock, with chance that never repeats."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._drawn = 0

    def now(self) -> datetime:
        return self._desk.clock.now()

    def chance(self) -> float:
        return 0.5

    def nonce(self) -> bytes:
        self._drawn += 1
        return (self._drawn * 987_654_321_987_654_321).to_bytes(16, "big")


def describe(key: str) -> KeyInfo:
    usable = key == "good"
    return KeyInfo("openpgp", "ABCD", date(2027, 1, 1), usable, "" if usable else "it has expired")


class Changing:
    def __init__(self) -> None:
        self.desk = Desk()
        self.outbox = Outbox()
        self.clock = Nonces(self.desk)
        self.change = ChangeRecipients(
            self.desk.store,
            self.desk.shipped,
            self.desk.shelf,
            self.outbox,
            self.clock,
            "reports@example.org",
            lambda address, code: f"{address} {code}".encode(),
            describe,
        )

    @property
    def revision(self) -> int:
        state = self.change.state()
        return state.change.revision if state else 0

    def propose(self, *offices: dict[str, object], who: str = ANA) -> None:
        self.change.propose(json.dumps(offices), self.revision, who, "a new office")

    def mailed_code(self, address: str) -> str:
        self.change.send_code(address, self.revision)
        to, _, code = self.outbox.sent[-1].content.decode().partition(" ")
        assert (to, self.outbox.sent[-1].to) == (address, address)
        return code

    def confirm_all(self) -> None:
        for address in (NEW, SECOND):
            self.change.confirm(address, self.mailed_code(address), self.revision)


@pytest.fixture
def changing() -> Changing:
    return Changing()


def test_the_mail_with_a_code_names_nobody_who_gets_reports_and_leaves_no_tag_empty(
    changing: Changing,
) -> None:
    """Notices about it must not change a delivery, and SES refuses a tag without a value."""
    changing.propose(OFFICE)
    changing.change.send_code(NEW, changing.revision)
    mail = changing.outbox.sent[-1]
    assert (mail.about, mail.recipient, mail.to) == ("code", "desk", NEW)


def test_a_change_goes_live_when_its_addresses_are_confirmed_and_another_publisher_agrees(
    changing: Changing,
) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    with pytest.raises(NothingToPublish):
        changing.desk.publish(ANA, "too early")
    changing.change.agree(changing.revision, BEN)
    plan = changing.desk.publish.plan()
    assert (plan.documents, plan.recipients_proposed_by) == ((RECIPIENTS,), ANA)
    changing.desk.publish(BEN, "the county desk joins")
    assert [entry.recipient.email for entry in changing.change.list()] == [NEW]
    assert changing.change.state() is None


def test_nobody_agrees_to_their_own_change(changing: Changing) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    for who in (ANA, " ANA@Example.org "):
        with pytest.raises(AgreementMissing, match="somebody else"):
            changing.change.agree(changing.revision, who)


def test_whoever_changes_the_proposal_is_its_proposer_and_voids_the_agreement(changing: Changing) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    changing.change.agree(changing.revision, BEN)
    changing.propose({**OFFICE, "name": "County desk, 2nd floor"}, who=BEN)
    state = changing.change.state()
    assert state is not None
    assert not state.change.agreed
    assert not state.waiting, "addresses stay confirmed"
    with pytest.raises(AgreementMissing):
        changing.change.agree(changing.revision, BEN)
    changing.change.agree(changing.revision, ANA)


def test_a_proposer_cannot_agree_by_way_of_a_second_round(changing: Changing) -> None:
    """Ana proposes a good office, Ben agrees, Ana swaps the office: Ben's agreement does not carry over."""
    changing.propose(OFFICE)
    changing.confirm_all()
    changing.change.agree(changing.revision, BEN)
    changing.propose({**OFFICE, "email": SECOND, "fallback": NEW})
    with pytest.raises(NothingToPublish):
        changing.desk.publish(ANA, "quickly")


def test_an_address_is_confirmed_by_the_code_that_was_mailed_to_it_and_no_other(changing: Changing) -> None:
    changing.propose(OFFICE)
    code, other = changing.mailed_code(NEW), changing.mailed_code(SECOND)
    assert len(code) == 8
    assert code.isdigit()
    assert code != other
    with pytest.raises(CodeWrong):
        changing.change.confirm(NEW, other, changing.revision)
    changing.change.confirm(NEW, f" {code[:4]} {code[4:]} ", changing.revision)
    state = changing.change.state()
    assert state is not None
    assert (state.waiting, state.mailed) == ((SECOND,), (SECOND,))
    with pytest.raises(AgreementMissing, match=SECOND):
        changing.change.agree(changing.revision, BEN)


def test_a_code_works_for_two_days_and_five_tries(changing: Changing) -> None:
    changing.propose(OFFICE)
    code = changing.mailed_code(NEW)
    wrong = "1" * 8 if code != "1" * 8 else "2" * 8
    for _ in range(5):
        with pytest.raises(CodeWrong):
            changing.change.confirm(NEW, wrong, changing.revision)
    with pytest.raises(CodeWrong, match="used up"):
        changing.change.confirm(NEW, code, changing.revision)
    code = changing.mailed_code(NEW)
    changing.desk.clock.time += timedelta(hours=49)
    with pytest.raises(CodeWrong, match="too old"):
        changing.change.confirm(NEW, code, changing.revision)


def test_no_code_is_mailed_to_an_address_that_waits_for_none(changing: Changing) -> None:
    changing.propose(OFFICE)
    with pytest.raises(EntryMissing):
        changing.change.send_code("stranger@example.org", changing.revision)
    assert not changing.outbox.sent


def test_the_code_itself_is_kept_nowhere(changing: Changing) -> None:
    changing.propose(OFFICE)
    code = changing.mailed_code(NEW)
    assert code not in repr(changing.desk.store.change())


@pytest.mark.parametrize(("field", "said"), [("agreed_on", "agreed"), ("fallback", "second address")])
def test_a_new_recipient_has_a_day_of_consent_and_a_second_address(
    changing: Changing, field: str, said: str
) -> None:
    changing.propose({**OFFICE, field: None if field == "agreed_on" else ""})
    state = changing.change.state()
    assert state is not None
    assert any(said in sentence for sentence in state.lacking)
    for address in state.waiting:
        changing.change.confirm(address, changing.mailed_code(address), changing.revision)
    with pytest.raises(AgreementMissing, match=said):
        changing.change.agree(changing.revision, BEN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "list"),
        ("[", "JSON"),
        (json.dumps([{**OFFICE, "email": "nowhere"}]), "email"),
        (json.dumps([{**OFFICE, "serves": "atlantis"}]), "place"),
        (json.dumps([OFFICE, OFFICE]), "twice"),
        (json.dumps([{**OFFICE, "key": "bad"}]), "expired"),
    ],
)
def test_a_change_that_breaks_a_rule_is_refused_at_once(changing: Changing, text: str, said: str) -> None:
    with pytest.raises(DocumentInvalid, match=said):
        changing.change.propose(text, 0, ANA, "a new office")
    assert changing.change.state() is None


def test_a_key_is_shown_with_its_end(changing: Changing) -> None:
    changing.propose({**OFFICE, "key": "good"})
    changing.confirm_all()
    changing.change.agree(changing.revision, BEN)
    changing.desk.publish(BEN, "with a key")
    (entry,) = changing.change.list()
    assert entry.key is not None
    assert entry.key.expires_on == date(2027, 1, 1)


def test_whoever_comes_second_is_told(changing: Changing) -> None:
    changing.propose(OFFICE)
    with pytest.raises(DraftConflict):
        changing.change.propose(json.dumps([OFFICE]), 0, BEN, "mine")
    seen = changing.revision
    changing.mailed_code(NEW)
    for late in (
        lambda: changing.change.agree(seen, BEN),
        lambda: changing.change.send_code(NEW, seen),
        lambda: changing.change.withdraw(seen),
    ):
        with pytest.raises(DraftConflict):
            late()


def test_a_change_can_be_withdrawn(changing: Changing) -> None:
    changing.propose(OFFICE)
    changing.change.withdraw(changing.revision)
    assert changing.change.state() is None
    with pytest.raises(EntryMissing):
        changing.change.agree(1, BEN)


def test_taking_an_office_out_needs_two_as_well_but_no_code(changing: Changing) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    changing.change.agree(changing.revision, BEN)
    changing.desk.publish(BEN, "in")
    changing.propose(who=ANA)
    with pytest.raises(NothingToPublish):
        changing.desk.publish(ANA, "out")
    changing.change.agree(changing.revision, BEN)
    changing.desk.publish(ANA, "out")
    assert not changing.change.list()


def test_a_roll_back_leaves_recipients_as_they_are(changing: Changing) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    changing.change.agree(changing.revision, BEN)
    changing.desk.publish(BEN, "in")
    changing.desk.publish.roll_back(0, ANA, "back to the beginning")
    assert [entry.recipient.email for entry in changing.change.list()] == [NEW]


def test_the_day_is_utc(changing: Changing) -> None:
    changing.propose(OFFICE)
    change = changing.desk.store.change()
    assert change is not None
    assert change.proposed_at.tzinfo is UTC


def test_a_consent_of_a_day_to_come_is_none(changing):
    with pytest.raises(DocumentInvalid, match="not come yet"):
        changing.propose({**OFFICE, "agreed_on": "2030-01-01"})
