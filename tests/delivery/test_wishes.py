"""What the desk wishes of a case: granted once, by who delivers, and only where it fits the case as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.delivery.adapters import dynamo_wishes
from chalicelib.delivery.adapters.dynamo_wishes import DynamoWishes
from chalicelib.delivery.grant_wishes import MOST, GrantWishes
from chalicelib.delivery.hand_overs import as_shown
from chalicelib.delivery.ports import WishBook
from chalicelib.delivery.wishes import (
    ACKNOWLEDGE,
    AGREE,
    DECLINE,
    END_HOLD,
    HOLD,
    KINDS,
    LIVES,
    PROPOSE,
    REPLY_KINDS,
    SEND_AGAIN,
    Wish,
    seen_of,
)
from chalicelib.reporting.cases import (
    BOUNCED,
    DELIVERED,
    FALLBACK,
    FIRST,
    QUEUED,
    SENT,
    Delivery,
    HandOver,
    SealedReport,
)
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StaleRecord, StoreUnavailable
from tests.support.fake_cases import FakeCases, FakeWishes
from tests.support.fakes import FakeRecipients, FakeStore, FixedClock, recipient

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
ANA, BEN = "ana@desk.example", "ben@desk.example"
LOST = Delivery("police", BOUNCED, NOW - timedelta(hours=1))
TOOK = Delivery("clinic", DELIVERED, NOW - timedelta(hours=1))
OFFICES = (
    recipient("police"),
    recipient("clinic", nature="services"),
    recipient("sheriff", serves="elsewhere"),
    recipient("shelter", serves="elsewhere", nature="services"),
    recipient("shop", serves="elsewhere", nature="business"),
    recipient("not-yet", serves="elsewhere", agreed_on=None),
)


class Granting:
    """A case whose copy for the police bounced, and who grants wishes about it."""

    def __init__(self, *copies: Delivery, **more: Any) -> None:
        self.clock, self.store, self.wishes = FixedClock(NOW), FakeStore(), FakeWishes()
        self.cases = FakeCases(self.store)
        self.directory = FakeRecipients(*OFFICES)
        self.log: list[str] = []
        self.number = count(1)
        case = SealedReport(
            "1" * 32, b"words", b"key", "town", NOW - timedelta(hours=2), copies or (LOST, TOOK)
        )
        self.store.add(replace(case, **more))
        self.grant = GrantWishes(
            self.cases, self.wishes, self.directory, self.clock, self.log.append, agreed_only=True
        )

    @property
    def case(self) -> SealedReport:
        return self.store.reports["1" * 32]

    def wish(self, kind: str, by: str = ANA, at: datetime | None = None, **more: str) -> Wish:
        """Wish something, having seen the case as it is now."""
        at = at or self.clock.now()
        seen = more.pop("seen", "") or seen_of(self.case, kind, more.get("recipient", ""))
        wish = Wish(
            f"{at.isoformat()} {next(self.number):05d}",
            self.case.case_number,
            kind,
            by,
            at,
            seen=seen,
            **more,
        )
        self.wishes.add(wish)
        return wish

    def shown(self) -> str:
        """Return what stands for the hand-over that waits."""
        copy = self.case.delivery_to("police")
        assert copy is not None
        assert copy.proposed is not None
        known = {one.id: one for one in OFFICES}
        return as_shown(self.case.case_number, known["police"], known.get(copy.proposed.to), copy)

    def reasons(self) -> list[str]:
        return [no.reason for no in self.wishes.no]

    def with_proposal(self, to: str = "sheriff", by: str = ANA) -> None:
        self.store.change(self.case.with_proposal("police", HandOver(to, by, NOW, "a dead inbox")))


def test_each_kind_does_to_a_case_what_it_says() -> None:
    granting = Granting()
    granting.wish(SEND_AGAIN, recipient="police", address=FALLBACK)
    assert granting.grant() == 1
    again = granting.case.delivery_to("police")
    assert again is not None
    assert (again.state, again.turn, again.address) == (QUEUED, 1, FALLBACK)

    granting = Granting()
    granting.wish(ACKNOWLEDGE)
    granting.wish(HOLD)
    assert granting.grant() == 2
    assert (granting.case.answered_at, granting.case.legal_hold) == (NOW, True)
    granting.wish(END_HOLD)
    assert granting.grant() == 1
    assert not granting.case.legal_hold

    granting = Granting()
    granting.wish(PROPOSE, recipient="police", other="sheriff", why="a dead inbox")
    granting.grant()
    copy = granting.case.delivery_to("police")
    assert copy is not None
    assert copy.proposed == HandOver("sheriff", ANA, NOW, "a dead inbox")
    granting.wish(AGREE, by=BEN, recipient="police", seen=granting.shown())
    granting.grant()
    assert [one.recipient for one in granting.case.deliveries] == ["police", "clinic"]
    assert granting.reasons() == ["two publishers have to agree to it at People"]

    granting = Granting()
    granting.with_proposal()
    granting.wish(DECLINE, by=BEN, recipient="police", seen=granting.shown())
    granting.grant()
    copy = granting.case.delivery_to("police")
    assert copy is not None
    assert copy.proposed is None
    assert granting.wishes.waiting == granting.wishes.no == []


@pytest.mark.parametrize("kind", sorted({*KINDS} - {AGREE}))
def test_a_wish_whose_deletion_was_lost_is_granted_once(kind: str) -> None:
    granting = Granting()
    if kind == DECLINE:
        granting.with_proposal()
    more = {
        SEND_AGAIN: {"recipient": "police", "address": FIRST},
        PROPOSE: {"recipient": "police", "other": "sheriff", "why": "a dead inbox"},
    }.get(kind, {"recipient": "police", "seen": granting.shown()} if kind == DECLINE else {})
    granting.wish(kind, by=BEN, **more)
    granting.wishes.fail_next("settle", StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        granting.grant()
    once = replace(granting.case, version=0)
    granting.clock.forward(seconds=60)
    assert granting.grant() == 1
    if kind == ACKNOWLEDGE:  # the same, a minute later at the most
        once = replace(once, answered_at=granting.case.answered_at, expires_at=granting.case.expires_at)
    assert replace(granting.case, version=0) == once
    assert granting.wishes.waiting == granting.wishes.no == []


def test_what_changed_since_somebody_looked_is_not_done_and_said() -> None:
    granting = Granting(replace(LOST, state=SENT), TOOK)
    granting.wish(SEND_AGAIN, recipient="police", address=FIRST)
    granting.wish(ACKNOWLEDGE)
    police = granting.case.delivery_to("police")
    assert police is not None
    granting.store.change(granting.case.with_delivery(replace(police, state=BOUNCED)))
    before = granting.case
    assert granting.grant() == 0
    assert granting.case == before, "a loss that nobody has seen is acknowledged by nobody"
    assert granting.reasons() == ["the case changed meanwhile"] * 2


BAD: dict[str, tuple[str, dict[str, str]]] = {
    "an office of another kind": (PROPOSE, {"other": "shop", "why": "x"}),
    "an office that has not agreed": (PROPOSE, {"other": "not-yet", "why": "x"}),
    "an office that has a copy": (PROPOSE, {"other": "clinic", "why": "x"}),
    "nobody we know": (PROPOSE, {"other": "gone", "why": "x"}),
    "no reason": (PROPOSE, {"other": "sheriff", "why": ""}),
    "no such address": (SEND_AGAIN, {"address": "third"}),
    "nothing proposed": (AGREE, {"seen": "x"}),
}


@pytest.mark.parametrize("name", BAD)
def test_what_the_desk_would_not_have_offered_is_refused_here_too(name: str) -> None:
    kind, more = BAD[name]
    granting = Granting()
    before = granting.case
    granting.wish(kind, recipient="police", **more)
    assert granting.grant() == 0
    assert granting.case == before
    assert len(granting.reasons()) == 1


def test_nobody_agrees_by_a_wish_and_what_is_declined_is_what_was_shown() -> None:
    granting = Granting()
    granting.with_proposal()
    before = granting.case
    granting.wish(AGREE, by=ANA, recipient="police", seen=granting.shown())
    granting.wish(AGREE, by=BEN, recipient="police", seen=granting.shown())
    granting.wish(DECLINE, by=BEN, recipient="police", seen="something else")
    assert granting.grant() == 0
    assert granting.case == before


def test_what_an_earlier_package_had_agreed_and_done_is_settled_and_not_done_again() -> None:
    granting = Granting()
    granting.with_proposal()
    granting.wish(AGREE, by=BEN, recipient="police", seen=granting.shown())
    granting.store.change(granting.case.handed_over("police", "sheriff", NOW))
    done = granting.case
    assert granting.grant() == 1
    assert granting.case == done
    assert granting.wishes.waiting == granting.wishes.no == []


def test_a_copy_that_arrived_or_is_on_its_way_is_not_handed_over() -> None:
    for state in (SENT, DELIVERED, QUEUED):
        granting = Granting(replace(LOST, state=state), TOOK)
        granting.wish(PROPOSE, recipient="police", other="sheriff", why="x")
        assert granting.grant() == 0, state


@pytest.mark.parametrize("away", [-LIVES - timedelta(seconds=1), timedelta(minutes=6)])
def test_a_wish_of_yesterday_or_of_tomorrow_is_none(away: timedelta) -> None:
    granting = Granting(LOST, TOOK, expires_at=None)
    granting.wish(ACKNOWLEDGE, at=NOW + away)
    assert granting.grant() == 0
    assert granting.case.answered_at is None


def test_a_legal_hold_that_was_wished_in_time_is_not_too_late() -> None:
    granting = Granting(TOOK, expires_at=NOW + timedelta(seconds=30))
    granting.wish(HOLD)
    granting.clock.forward(seconds=60)
    assert granting.grant() == 1
    assert granting.case.legal_hold


def test_a_run_grants_a_bounded_number_the_oldest_first() -> None:
    granting = Granting()
    for minute in range(MOST + 5, 0, -1):
        granting.wish(HOLD, at=NOW - timedelta(minutes=minute))
    assert granting.grant() == MOST
    assert [wish.at for wish in granting.wishes.pending(10)] == [
        NOW - timedelta(minutes=minute) for minute in range(5, 0, -1)
    ]


def test_a_case_that_others_change_is_tried_again_and_then_waits_for_the_next_run() -> None:
    granting = Granting()
    granting.wish(HOLD)
    granting.cases.fail_next("change", StaleRecord("changed"))
    assert granting.grant() == 1
    granting.wish(END_HOLD)
    granting.cases.fail_next("change", *[StaleRecord("changed")] * 3)
    assert granting.grant() == 0
    assert len(granting.wishes.waiting) == 1
    assert granting.grant() == 1


def test_a_forged_wish_that_breaks_a_rule_of_ours_stops_no_other() -> None:
    granting = Granting()
    granting.wish(HOLD)
    granting.cases.fail_next("change", ZeroDivisionError("never foreseen"))
    granting.wish(ACKNOWLEDGE)
    assert granting.grant() == 1
    assert granting.case.answered_at == NOW
    assert granting.reasons() == ["it could not be understood (ZeroDivisionError)"]


# Where they are kept


_numbers = count(1)


@pytest.fixture(params=["fake", "moto"])
def book(request: pytest.FixtureRequest) -> WishBook:
    if request.param == "fake":
        return FakeWishes()
    request.getfixturevalue("aws")
    return on_dynamodb()[0]


def on_dynamodb() -> tuple[DynamoWishes, str]:
    dynamodb, name = client("dynamodb"), f"wishes-{next(_numbers)}"
    dynamodb.create_table(**dynamo_wishes.table_definition(name))
    return DynamoWishes(lambda: dynamodb, name), name


def a_wish(number: int, **more: Any) -> Wish:
    return replace(Wish(f"2026-11-28T12:00 {number}", "PL-1A2B-3C4D", HOLD, ANA, NOW), **more)


def test_wishes_come_out_as_they_went_in_and_in_order(book: WishBook) -> None:
    first, second = a_wish(1, recipient="police", other="sheriff", why="ਗੁ\u200dਰੂ"), a_wish(2)
    book.add(second)
    book.add(first)
    assert list(book.pending(10)) == list(book.take(10)) == [first, second]
    assert list(book.pending(1)) == [first]
    book.settle(first)
    book.settle(first)
    assert list(book.pending(10)) == [second]


@pytest.mark.parametrize("kind", REPLY_KINDS)
def test_a_wish_about_a_reply_comes_out_as_it_went_in(book: WishBook, kind: str) -> None:
    made = a_wish(1, kind=kind, recipient="police", seen="f" * 32, other="a" * 32, why="I called them.")
    book.add(made)
    assert book.take(5) == [made]


def test_why_a_wish_was_refused_is_kept_with_its_case(book: WishBook) -> None:
    for number in (1, 2):
        book.add(a_wish(number))
        book.refuse(a_wish(number), f"reason {number}", NOW)
    assert [no.reason for no in book.refused("PL-1A2B-3C4D", NOW)] == ["reason 2", "reason 1"]
    assert list(book.refused("PL-0000-0000", NOW)) == list(book.pending(10)) == []


@pytest.mark.usefixtures("aws")
def test_what_is_no_wish_is_never_read_as_one_and_waits_in_nobodys_way() -> None:
    book, name = on_dynamodb()
    book.add(a_wish(9))
    [good] = client("dynamodb").scan(TableName=name)["Items"]
    text = {"S": "x"}
    forged = [
        {"pk": good["pk"], "sk": text},
        *(good | {what: {"N": "1"}} for what in ("kind", "by", "at", "seen")),
        *(good | {what: {"S": "x" * 400}} for what in ("recipient", "why", "address")),
        *(good | {what: {"S": f"{ANA}\nwish granted"}} for what in ("by", "kind", "case_number")),
        good | {"kind": {"S": "delete"}},
        good | {"at": {"S": "yesterday"}},
    ]
    for number, item in enumerate(forged):
        client("dynamodb").put_item(TableName=name, Item=item | {"sk": {"S": f"0 {number:03d}"}})
    assert list(book.pending(100)) == [a_wish(9)]
    assert list(book.take(100)) == [a_wish(9)]
    assert len(client("dynamodb").scan(TableName=name)["Items"]) == 1
