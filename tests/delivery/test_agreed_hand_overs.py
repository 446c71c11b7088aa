"""What two people agreed to at the access screens is carried out once, and nothing else hands a copy over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, product
from typing import Any

import pytest

from chalicelib.delivery.adapters.dynamo_hand_overs import DynamoHandOvers
from chalicelib.delivery.agreed_hand_overs import (
    COUNTS_FOR,
    AgreedHandOver,
    AgreedHandOvers,
    Agreement,
    HandOverKey,
    fingerprint_of,
)
from chalicelib.delivery.grant_hand_overs import GrantHandOvers
from chalicelib.delivery.hand_overs import as_shown
from chalicelib.delivery.wishes import KINDS, Wish, seen_of
from chalicelib.reporting.cases import BOUNCED, DELIVERED, FAILED, FIRST, QUEUED, Delivery, HandOver
from chalicelib.shared.aws.dynamo_values import table_definition
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StaleRecord, StoreUnavailable
from tests.delivery.test_wishes import ANA, BEN, NOW, OFFICES, Granting
from tests.support.fake_hand_overs import FakeHandOvers
from tests.support.fakes import FakeRecipients

POLICE, CLINIC, SHERIFF = OFFICES[:3]
SEEN = fingerprint_of(SHERIFF)
CAM = "cam@desk.example"


class Agreeing(Granting):
    """A case whose copy for the police bounced, who grants wishes about it, and who hands copies over."""

    def __init__(self, *copies: Delivery, **more: Any) -> None:
        super().__init__(*copies, **more)
        self.agreed = FakeHandOvers()
        self.hand_over = GrantHandOvers(
            self.cases, self.agreed, self.directory, self.clock, self.log.append, agreed_only=True
        )

    def asked(self, **other: str) -> HandOverKey:
        return HandOverKey(self.case.case_number, "town", "police", "sheriff")._replace(**other)

    def agree(
        self, by: str, account: str = "id of {}", at: datetime = NOW, seen: str = SEEN, **other: str
    ) -> None:
        self.agreed.agree(self.asked(**other), Agreement(by, account.format(by), at, seen))

    def run(self) -> int:
        """Do what the deliver function does each minute; return how many copies were handed over."""
        self.grant()
        return self.hand_over()

    def got(self) -> list[str]:
        return [copy.recipient for copy in self.case.deliveries]


@pytest.fixture
def agreeing() -> Agreeing:
    made = Agreeing()
    made.with_proposal()
    return made


def test_what_was_proposed_and_two_agreed_to_is_handed_over_once(agreeing: Agreeing) -> None:
    agreeing.agree(ANA)
    assert agreeing.run() == 0
    agreeing.agree(BEN)
    assert agreeing.run() == 1
    before, there = agreeing.case.delivery_to("police"), agreeing.case.delivery_to("sheriff")
    assert before is not None
    assert there is not None
    assert (before.state, before.proposed, there.state, there.instead_of) == (FAILED, None, QUEUED, "police")
    assert agreeing.log[-1].startswith(f"handed over: {agreeing.case.case_number}, police to sheriff")
    assert f"{ANA} and {BEN}" in agreeing.log[-1]
    done = agreeing.case
    assert agreeing.run() == 0
    # not even when it comes back undelivered, and somebody proposes the same again
    agreeing.store.change(done.with_delivery(replace(there, state=BOUNCED)))
    agreeing.with_proposal()
    once = agreeing.case
    assert agreeing.run() == 0
    assert agreeing.case == once


def test_what_was_agreed_to_before_it_was_proposed_counts_for_nothing() -> None:
    agreeing = Agreeing()
    agreeing.agree(ANA)
    agreeing.agree(BEN)
    agreeing.clock.forward(seconds=60)
    agreeing.wish("propose", recipient="police", other="sheriff", why="a dead inbox")
    assert agreeing.run() == 0
    for by in (ANA, BEN):
        assert agreeing.run() == 0
        agreeing.agree(by, at=agreeing.clock.now())
    assert agreeing.run() == 1


def test_what_was_declined_and_is_proposed_anew_is_agreed_to_anew(agreeing: Agreeing) -> None:
    agreeing.agree(ANA)
    agreeing.clock.forward(seconds=60)
    agreeing.wish("decline", by=BEN, recipient="police", seen=agreeing.shown())
    agreeing.wish("propose", by=CAM, recipient="police", other="sheriff", why="another reason")
    agreeing.run()
    agreeing.agree(BEN, at=agreeing.clock.now())
    assert agreeing.run() == 0
    assert agreeing.got() == ["police", "clinic"]


NOT_ENOUGH: dict[str, list[dict[str, Any]]] = {
    "nobody": [],
    "one": [{"by": ANA}],
    "one under two addresses": [{"by": ANA, "account": "1"}, {"by": BEN, "account": "1"}],
    "an account that is not known": [{"by": ANA}, {"by": BEN, "account": ""}],
    "one a week ago": [{"by": ANA, "at": NOW - COUNTS_FOR}, {"by": BEN}],
    "one of tomorrow": [{"by": ANA}, {"by": BEN, "at": NOW + timedelta(days=1)}],
    "one to another place's case": [{"by": ANA}, {"by": BEN, "place": "elsewhere"}],
    "two for another place's case": [{"by": ANA, "place": "elsewhere"}, {"by": BEN, "place": "elsewhere"}],
    "two to another case": [{"by": one, "case_number": "PL-2222-2222"} for one in (ANA, BEN)],
    "two about another copy": [{"by": one, "recipient": "clinic"} for one in (ANA, BEN)],
    "two to another office": [
        {"by": one, "other": "shelter", "seen": fingerprint_of(OFFICES[3])} for one in (ANA, BEN)
    ],
    "two to an office that was another": [{"by": one, "seen": "another"} for one in (ANA, BEN)],
}


@pytest.mark.parametrize("name", NOT_ENOUGH)
def test_what_is_not_two_agreements_to_this_very_hand_over_hands_nothing_over(
    agreeing: Agreeing, name: str
) -> None:
    before = agreeing.case
    for agreement in NOT_ENOUGH[name]:
        agreeing.agree(**agreement)
    assert agreeing.run() == 0
    assert agreeing.case == before


@pytest.mark.parametrize("what", ["name", "nature", "enforces_immigration", "email", "fallback"])
def test_an_office_that_changed_since_it_was_agreed_to_gets_nothing(agreeing: Agreeing, what: str) -> None:
    agreeing.agree(ANA)
    agreeing.agree(BEN)
    value: Any = True if what == "enforces_immigration" else "services" if what == "nature" else "new"
    agreeing.directory.all = tuple(
        replace(one, **{what: value}) if one.id == "sheriff" else one for one in OFFICES
    )
    assert agreeing.run() == 0
    assert agreeing.got() == ["police", "clinic"]


@pytest.mark.parametrize("other", ["shop", "not-yet", "clinic", "gone"])
def test_what_the_rule_does_not_let_through_is_not_handed_over_whoever_agreed(other: str) -> None:
    agreeing = Agreeing()
    agreeing.with_proposal(to=other)
    office = next((one for one in OFFICES if one.id == other), SHERIFF)
    for by in (ANA, BEN, CAM):
        agreeing.agree(by, seen=fingerprint_of(office), other=other)
    assert agreeing.run() == 0
    assert agreeing.got() == ["police", "clinic"]


def test_a_copy_that_arrived_or_a_proposal_that_was_declined_is_not_handed_over(agreeing: Agreeing) -> None:
    agreeing.agree(ANA)
    agreeing.agree(BEN)
    waiting = agreeing.case
    copy = waiting.delivery_to("police")
    assert copy is not None
    for changed in (replace(copy, state=DELIVERED), replace(copy, proposed=None)):
        agreeing.store.change(replace(waiting.with_delivery(changed), version=agreeing.case.version))
        assert agreeing.run() == 0
        assert agreeing.got() == ["police", "clinic"]


def test_who_holds_the_desks_role_hands_nothing_over_by_all_that_it_can_write() -> None:
    """It writes every wish, in anybody's name, with every fingerprint that fits; one after another, too."""
    agreeing = Agreeing()
    lost = agreeing.case
    agreeing.with_proposal()
    for start in (lost, agreeing.case):
        offices = [*OFFICES[:3], None]
        fits = {
            as_shown(start.case_number, before, other, copy)
            for copy in start.deliveries
            for before, other in product(offices, repeat=2)
        } | {seen_of(start, kind, copy.recipient) for kind in KINDS for copy in start.deliveries}
        for kind, by, recipient, seen in product(KINDS, (ANA, BEN), ("police", "clinic"), sorted(fits)):
            agreeing.store.reports[start.id] = start
            wish = Wish("1", start.case_number, kind, by, NOW, recipient, FIRST, seen, "sheriff", "why")
            agreeing.wishes.waiting = [wish]
            agreeing.run()
            assert agreeing.got() == ["police", "clinic"], wish
    agreeing.store.reports[lost.id] = lost
    for by, again in product((ANA, BEN), repeat=2):
        agreeing.wish("propose", by=by, recipient="police", other="sheriff", why="a dead inbox")
        agreeing.run()
        for kind in ("agree", "acknowledge", "decline"):
            agreeing.wish(
                kind, by=again, recipient="police", seen=agreeing.shown() if kind != "acknowledge" else ""
            )
        agreeing.run()
        assert agreeing.got() == ["police", "clinic"]
    granted = {line.split()[2] for line in agreeing.log if line.startswith("wish granted")}
    assert granted >= {"propose,", "decline,"}, "the attack must get as far as it can"
    assert not [line for line in agreeing.log if line.startswith("handed over")]


def test_a_case_that_others_change_is_tried_again_and_then_waits_for_the_next_run(agreeing: Agreeing) -> None:
    agreeing.agree(ANA)
    agreeing.agree(BEN)
    agreeing.cases.fail_next("change", *[StaleRecord("changed")] * 3)
    assert agreeing.run() == 0
    agreeing.cases.fail_next("change", StaleRecord("changed"))
    assert agreeing.run() == 1
    assert agreeing.got() == ["police", "clinic", "sheriff"]


def test_a_row_that_breaks_a_rule_of_ours_stops_no_other(agreeing: Agreeing) -> None:
    for number in ("PL-0000-0000", agreeing.case.case_number):
        for by in (ANA, BEN):
            agreeing.agree(by, case_number=number)
    agreeing.cases.fail_next("find", ZeroDivisionError("never foreseen"))
    assert agreeing.run() == 1
    agreeing.with_proposal()
    agreeing.cases.fail_next("find", StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        agreeing.hand_over()


def test_nobody_is_asked_for_recipients_while_nothing_was_agreed_to(agreeing: Agreeing) -> None:
    agreeing.agree(ANA)
    agreeing.directory = FakeRecipients()
    assert agreeing.run() == 0


# Where they are kept


_numbers = count(1)
ASKED = HandOverKey("PL-1A2B-3C4D", "town", "police", "sheriff")
THEN = datetime(2026, 11, 28, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=["fake", "moto"])
def book(request: pytest.FixtureRequest) -> AgreedHandOvers:
    if request.param == "fake":
        return FakeHandOvers()
    request.getfixturevalue("aws")
    return on_dynamodb()[0]


def on_dynamodb() -> tuple[DynamoHandOvers, str]:
    dynamodb, name = client("dynamodb"), f"agreed-{next(_numbers)}"
    dynamodb.create_table(**table_definition(name))
    return DynamoHandOvers(lambda: dynamodb, name), name


def test_agreements_come_out_as_they_went_in_one_an_address(book: AgreedHandOvers) -> None:
    first = Agreement("o'ana+x@desk.example", "1", THEN, "seen")
    second = Agreement("b#n@desk.example", "2", THEN + timedelta(seconds=1), "seen")
    assert book.of(ASKED) == AgreedHandOver(ASKED)
    assert list(book.all()) == []
    book.agree(ASKED, second)
    book.agree(ASKED, replace(first, seen="earlier"))
    book.agree(ASKED, first)
    assert book.of(ASKED) == AgreedHandOver(ASKED, (first, second))
    assert list(book.all()) == [AgreedHandOver(ASKED, (first, second))]
    assert book.of(ASKED._replace(place="elsewhere")).agreements == ()


def test_what_was_taken_back_is_gone_and_the_others_stay(book: AgreedHandOvers) -> None:
    book.take_back(ASKED, ANA)
    assert list(book.all()) == []
    for by in (ANA, BEN):
        book.agree(ASKED, Agreement(by, by, THEN, "seen"))
    book.take_back(ASKED, ANA)
    book.take_back(ASKED, ANA)
    assert [one.by for one in book.of(ASKED).agreements] == [BEN]


@pytest.mark.usefixtures("aws")
def test_a_row_goes_when_its_last_agreement_does_not_count_any_more() -> None:
    book, name = on_dynamodb()
    for days, by in enumerate((ANA, BEN)):
        book.agree(ASKED, Agreement(by, by, THEN + timedelta(days=days), "seen"))
    [item] = client("dynamodb").scan(TableName=name)["Items"]
    end = datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC)
    assert timedelta(0) < end - (THEN + timedelta(days=1) + COUNTS_FOR) <= timedelta(seconds=1)


@pytest.mark.usefixtures("aws")
def test_parts_that_could_be_read_as_others_are_not_written() -> None:
    book, _ = on_dynamodb()
    for part in ("police#sheriff", ""):
        with pytest.raises(ValueError, match="not a hand-over"):
            book.agree(ASKED._replace(recipient=part), Agreement(ANA, "1", THEN, "seen"))


def test_a_proposal_of_before_is_carried_out_by_two_agreements_and_its_wish_alone_by_none() -> None:
    """An earlier package left a proposal, and the desk's word that somebody agreed."""
    agreeing = Agreeing()
    agreeing.store.change(
        agreeing.case.with_proposal("police", HandOver("sheriff", ANA, NOW, "a dead inbox"))
    )
    agreeing.wish("agree", by=BEN, recipient="police", seen=agreeing.shown())
    assert agreeing.run() == 0
    assert agreeing.reasons() == ["two publishers have to agree to it at People"]
    assert agreeing.got() == ["police", "clinic"]
    for by in (ANA, BEN):
        agreeing.agree(by)
    assert agreeing.run() == 1
