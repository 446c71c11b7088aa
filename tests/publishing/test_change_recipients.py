"""Who gets reports changes only when two publishers agree, and to addresses that are known to be read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.delivery.ports import KeyInfo
from chalicelib.desk.agreements import Standing
from chalicelib.desk.audit import plain_line
from chalicelib.desk.errors import AgreementMissing, NotAllowed
from chalicelib.desk.people import PUBLISHER, Person
from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.change_recipients import ChangeRecipients
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.errors import CodesUsedUp, CodeWrong, NothingToPublish
from chalicelib.publishing.recipient_changes import described
from chalicelib.shared.errors import EntryMissing
from chalicelib.shared.mail import Mail
from tests.publishing.test_publish import ANA, BEN, Desk

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


CAM, OPERATOR = "cam@example.org", "operator@example.org"


def id_of(email: str) -> str:
    return f"id-{email.strip().lower().partition('@')[0]}"


def person(email: str) -> Person:
    return Person(email, PUBLISHER, id=id_of(email))


def standing(email: str, **told: Any) -> Standing:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    told = {"id": id_of(email), "invited_at": long_ago, **told}
    return Standing(email=email, role=PUBLISHER, **told)


class First:
    """Whether the first delivered report is still ahead."""

    ahead = True

    def is_ahead(self) -> bool:
        return self.ahead


class Tries:
    """A count of tries in a window."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[int, datetime]] = {}

    def count_try(self, what: str, now: datetime, window: timedelta, most: int = 0) -> int:
        tries, until = self.kept.get(what, (0, now + window))
        tries, until = (tries, until) if until > now else (0, now + window)
        self.kept[what] = (tries + 1, until)
        return tries + 1


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
        self.first = First()
        self.change = ChangeRecipients(
            self.desk.store,
            self.desk.shipped,
            self.desk.shelf,
            self.outbox,
            self.clock,
            "reports@example.org",
            lambda address, code: f"{address} {code}".encode(),
            describe,
            Tries(),
            self.first,
            OPERATOR,
            lambda to, code, lines: f"{to} {code} {' '.join(lines)}".encode(),
        )

    @property
    def revision(self) -> int:
        state = self.change.state()
        return state.change.revision if state else 0

    def propose(self, *offices: dict[str, object], who: str = ANA) -> None:
        self.change.propose(json.dumps(offices), self.revision, person(who), "a new office")

    @property
    def seen(self) -> str:
        state = self.change.state()
        return state.fingerprint if state else ""

    def agree(self, who: str, **since: Any) -> None:
        self.change.agree(self.revision, self.seen, standing(who, **since))

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
    changing.agree(BEN)
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
            changing.agree(who)


def test_whoever_changes_the_proposal_is_a_proposer_too_and_voids_the_agreement(changing: Changing) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    changing.agree(BEN)
    changing.propose({**OFFICE, "name": "County desk, 2nd floor"}, who=BEN)
    state = changing.change.state()
    assert state is not None
    assert not state.change.agreed
    assert not state.waiting, "addresses stay confirmed"
    assert state.whose("county-desk") == (ANA, BEN)
    for who in (ANA, BEN):
        with pytest.raises(AgreementMissing, match="omebody else"):
            changing.agree(who)
    changing.agree(CAM)
    assert changing.desk.publish.plan().documents == (RECIPIENTS,)


def test_a_word_changed_elsewhere_takes_nobodys_entry_over(changing: Changing) -> None:
    """Ana proposes an inbox of hers; Ben corrects another office. Each may agree to the other's alone."""
    changing.propose(OFFICE)
    changing.confirm_all()
    shelter = {**OFFICE, "id": "shelter", "name": "Shelter"}
    changing.propose(OFFICE, shelter, who=BEN)
    changing.agree(ANA)
    state = changing.change.state()
    assert state is not None
    agreed = {one.id: one.agreed_by for one in state.entries}
    assert (agreed["county-desk"], agreed["shelter"]) == ("", ANA)
    assert not state.change.agreed
    with pytest.raises(NothingToPublish):
        changing.desk.publish(ANA, "too early")
    with pytest.raises(AgreementMissing):
        changing.agree(ANA)
    changing.agree(BEN)
    state = changing.change.state()
    assert state is not None
    assert state.change.agreed


def test_a_person_who_was_removed_and_invited_again_under_the_same_address_is_the_proposer_still(
    changing: Changing,
) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    with pytest.raises(AgreementMissing):
        changing.agree(ANA, id="another-id")
    with pytest.raises(AgreementMissing):
        changing.agree("ana.other@example.org", id=id_of(ANA))


@pytest.mark.parametrize("date_of", ["invited_at", "publisher_since", "password_at", "authenticator_at"])
def test_nobody_new_agrees(changing: Changing, date_of: str) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    with pytest.raises(AgreementMissing, match="seven days"):
        changing.agree(BEN, **{date_of: changing.clock.now() - timedelta(days=6)})
    changing.agree(BEN, **{date_of: changing.clock.now() - timedelta(days=7)})


def test_an_agreement_is_to_what_was_shown(changing: Changing) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    with pytest.raises(DraftConflict):
        changing.change.agree(changing.revision, "0" * 32, standing(BEN))
    seen, revision = changing.seen, changing.revision
    changing.change.withdraw(revision)
    changing.propose({**OFFICE, "name": "Another"})
    while changing.revision < revision:  # the same number again, and another text
        changing.mailed_code(NEW)
    with pytest.raises(DraftConflict):
        changing.change.agree(changing.revision, seen, standing(BEN))


def test_a_change_from_before_proposers_were_kept_is_read_and_agreed_to_by_nobody(changing: Changing) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    old = changing.desk.store.change()
    assert old is not None
    changing.desk.store.put_change(replace(old, revision=old.revision + 1, proposers={}))
    with pytest.raises(AgreementMissing, match="propose it again"):
        changing.agree(BEN)
    with pytest.raises(AgreementMissing, match="propose it again"):
        changing.change.send_operator_code(changing.revision, changing.seen)


def test_a_change_of_unknown_proposers_is_proposed_again_in_ones_name_and_agreed_to(
    changing: Changing,
) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    old = changing.desk.store.change()
    assert old is not None
    changing.desk.store.put_change(replace(old, revision=old.revision + 1, proposers={}))
    with pytest.raises(DraftConflict):
        changing.change.propose_again(old.revision, person(BEN))
    again = changing.change.propose_again(changing.revision, person(BEN))
    assert again.text == old.text
    assert again.confirmed == old.confirmed
    for proposer in (ANA, BEN):  # who first proposed it has a hand in it still
        with pytest.raises(AgreementMissing, match="somebody else"):
            changing.agree(proposer)
    changing.agree(CAM)
    assert changing.change.state().change.agreed


def test_a_change_whose_proposers_are_known_is_not_taken_over(changing: Changing) -> None:
    changing.propose(OFFICE)
    with pytest.raises(EntryMissing):
        changing.change.propose_again(changing.revision, person(BEN))


def operators_code(changing: Changing) -> str:
    changing.change.send_operator_code(changing.revision, changing.seen)
    to, code, *_ = changing.outbox.sent[-1].content.decode().split(" ")
    assert (to, changing.outbox.sent[-1].to) == (OPERATOR, OPERATOR)
    return code


def test_until_the_first_delivered_report_a_code_of_the_operator_stands_for_the_second_publisher(
    changing: Changing,
) -> None:
    changing.propose(OFFICE)
    with pytest.raises(AgreementMissing):
        operators_code(changing)
    changing.confirm_all()
    code = operators_code(changing)
    assert code not in repr(changing.desk.store.change())
    changing.change.agree_by_operator(changing.revision, changing.seen, f" {code[:4]}-{code[4:]} ")
    state = changing.change.state()
    assert state is not None
    assert (state.change.agreed, state.change.operator_code) == (True, None)
    with pytest.raises(CodeWrong):
        changing.change.agree_by_operator(changing.revision, changing.seen, code)


def test_the_operators_code_is_for_one_change_for_a_day_and_for_five_tries(changing: Changing) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    code = operators_code(changing)
    changing.propose({**OFFICE, "what": "Something else."})
    with pytest.raises(CodeWrong):
        changing.change.agree_by_operator(changing.revision, changing.seen, code)
    code = operators_code(changing)
    wrong = "1" * 8 if code != "1" * 8 else "2" * 8
    for _ in range(5):
        with pytest.raises(CodeWrong):
            changing.change.agree_by_operator(changing.revision, changing.seen, wrong)
    with pytest.raises(CodeWrong, match="used up"):
        changing.change.agree_by_operator(changing.revision, changing.seen, code)
    code = operators_code(changing)
    changing.desk.clock.time += timedelta(hours=25)
    with pytest.raises(CodeWrong, match="too old"):
        changing.change.agree_by_operator(changing.revision, changing.seen, code)


def test_once_a_report_was_delivered_no_code_of_the_operator_counts(changing: Changing) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    code = operators_code(changing)
    changing.first.ahead = False
    state = changing.change.state()
    assert state is not None
    assert not state.operator_may
    with pytest.raises(NotAllowed):
        changing.change.agree_by_operator(changing.revision, changing.seen, code)
    with pytest.raises(NotAllowed):
        operators_code(changing)


def test_codes_are_mailed_a_few_times_a_day_and_no_more(changing: Changing) -> None:
    changing.propose(OFFICE)
    for _ in range(5):
        changing.mailed_code(NEW)
    with pytest.raises(CodesUsedUp):
        changing.mailed_code(NEW)
    # not by withdrawing and proposing anew either
    changing.change.withdraw(changing.revision)
    changing.propose(OFFICE)
    with pytest.raises(CodesUsedUp):
        changing.mailed_code(NEW)
    changing.mailed_code(SECOND)


def test_what_changes_is_said_in_words(changing: Changing) -> None:
    changing.propose(OFFICE)
    state = changing.change.state()
    assert state is not None
    assert (
        f"County desk (county-desk) is new: mail to {NEW}, second address {SECOND}, for us" in state.described
    )


def test_no_long_text_pushes_an_address_out_of_the_line_that_the_log_keeps() -> None:
    old = {**OFFICE, "what": "It helps. " * 30}
    new = {**old, "name": "N" * 900, "what": "It helps. " * 29 + "It sells.", "email": "other@evil.example"}
    [line] = described(json.dumps([old]), json.dumps([new]))
    assert f"first address from {OFFICE['email']} to other@evil.example" in plain_line(line)
    assert "It helps." in line
    assert "It sells." in line
    assert len(line) < 500
    [line] = described("[]", json.dumps([new]))
    assert "other@evil.example" in plain_line(line)


def test_a_proposal_that_changes_nothing_is_refused(changing: Changing) -> None:
    with pytest.raises(DocumentInvalid, match="changes nothing"):
        changing.change.propose(changing.change.live_text(), 0, person(ANA), "nothing")


def test_a_proposer_cannot_agree_by_way_of_a_second_round(changing: Changing) -> None:
    """Ana proposes a good office, Ben agrees, Ana swaps the office: Ben's agreement does not carry over."""
    changing.propose(OFFICE)
    changing.confirm_all()
    changing.agree(BEN)
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
        changing.agree(BEN)


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
        changing.agree(BEN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "list"),
        ("[", "a bracket is amiss"),
        (json.dumps([{**OFFICE, "email": "nowhere"}]), "email"),
        (json.dumps([{**OFFICE, "serves": "atlantis"}]), "place"),
        (json.dumps([OFFICE, OFFICE]), "twice"),
        (json.dumps([{**OFFICE, "key": "bad"}]), "expired"),
    ],
)
def test_a_change_that_breaks_a_rule_is_refused_at_once(changing: Changing, text: str, said: str) -> None:
    with pytest.raises(DocumentInvalid, match=said):
        changing.change.propose(text, 0, person(ANA), "a new office")
    assert changing.change.state() is None


def test_a_key_is_shown_with_its_end(changing: Changing) -> None:
    changing.propose({**OFFICE, "key": "good"})
    changing.confirm_all()
    changing.agree(BEN)
    changing.desk.publish(BEN, "with a key")
    (entry,) = changing.change.list()
    assert entry.key is not None
    assert entry.key.expires_on == date(2027, 1, 1)


def test_whoever_comes_second_is_told(changing: Changing) -> None:
    changing.propose(OFFICE)
    with pytest.raises(DraftConflict):
        changing.change.propose(json.dumps([OFFICE]), 0, person(BEN), "mine")
    seen = changing.revision
    changing.mailed_code(NEW)
    for late in (
        lambda: changing.change.agree(seen, changing.seen, standing(BEN)),
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
        changing.change.agree(1, changing.seen, standing(BEN))


def test_taking_an_office_out_needs_two_as_well_but_no_code(changing: Changing) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    changing.agree(BEN)
    changing.desk.publish(BEN, "in")
    changing.propose(who=ANA)
    with pytest.raises(NothingToPublish):
        changing.desk.publish(ANA, "out")
    changing.agree(BEN)
    changing.desk.publish(ANA, "out")
    assert not changing.change.list()


def test_a_roll_back_leaves_recipients_as_they_are(changing: Changing) -> None:
    changing.propose(OFFICE)
    changing.confirm_all()
    changing.agree(BEN)
    changing.desk.publish(BEN, "in")
    with pytest.raises(NothingToPublish):  # nothing else was published
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
