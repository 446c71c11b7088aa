"""What was said about a report goes with it, by whomever it was deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.delivery.sweep import Sweep
from chalicelib.replies.conversation import (
    HELD,
    HUMAN,
    KEPT,
    SHOWN,
    Conversation,
    MessageNote,
    ReplyNote,
)
from chalicelib.replies.forget_replies import ForgetReplies, with_times
from chalicelib.reporting.cases import BOUNCED, DELIVERED, QUEUED, SENT, WITHHELD, Delivery, SealedReport
from chalicelib.shared.errors import StoreUnavailable
from tests.delivery.test_sweep import Gauges
from tests.support.fake_replies import FakeReplyShelf
from tests.support.fakes import NOON, FakeAlarms, FakeStore, FixedClock

REPORT, OTHER = "a" * 32, "b" * 32


class Keeping:
    """Two reports that were taken at noon, each with a reply that is shown and one that is held."""

    def __init__(self) -> None:
        self.clock, self.store, self.shelf = FixedClock(), FakeStore(), FakeReplyShelf()
        self.later = NOON + timedelta(days=180)
        for report_id in (REPORT, OTHER):
            copies = (Delivery("police", DELIVERED, NOON),)
            self.store.add(SealedReport(report_id, b"words", b"key", "town", NOON, copies).settled())
            self.say(report_id)
        self.store.change(replace(self.store.reports[OTHER], legal_hold=True).settled())

    def say(self, report_id: str) -> None:
        notes = [ReplyNote(str(n) * 32, "police", NOON, HUMAN, state) for n, state in ((1, SHOWN), (2, HELD))]
        self.shelf.save(Conversation(report_id, tuple(notes)), self.later)
        for note in notes:
            self.shelf.keep_reply(report_id, note.id, b"sealed", self.later)
            self.shelf.keep_raw(report_id, note.id, [b"raw"], self.later)

    def sweep(self, seconds: float = 100) -> int:
        run = Sweep(
            self.store,
            FakeAlarms(),
            Gauges(),
            self.clock,
            conversations=ForgetReplies(self.shelf, self.shelf.begun, self.store),
        )
        return run(lambda: timedelta(seconds=seconds), self.clock.now())

    def left(self) -> set[str]:
        """Return the reports of which anything that was said is kept."""
        names = {*self.shelf.sealed, *self.shelf.raw}
        return {*self.shelf.conversations, *(report_id for report_id, _ in names)}


@pytest.fixture
def keeping() -> Keeping:
    return Keeping()


def test_replies_stay_as_long_as_their_report(keeping: Keeping) -> None:
    keeping.clock.forward(days=29, hours=23)
    keeping.sweep()
    assert keeping.left() == {REPORT, OTHER}


def test_replies_go_with_their_report_and_no_other(keeping: Keeping) -> None:
    keeping.clock.forward(days=30)
    keeping.sweep()
    assert REPORT not in keeping.store.reports
    assert keeping.left() == {OTHER}, "the other is on legal hold"


def test_replies_go_although_dynamodb_deleted_their_report_itself(keeping: Keeping) -> None:
    keeping.clock.forward(days=1)
    del keeping.store.reports[REPORT]
    keeping.sweep()
    assert keeping.left() == {OTHER}


def test_replies_go_the_day_after_a_sweep_died_between_a_report_and_them(keeping: Keeping) -> None:
    keeping.clock.forward(days=30)
    drop = keeping.shelf.drop
    keeping.shelf.drop = _fails  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        keeping.sweep()
    assert REPORT not in keeping.store.reports
    assert keeping.left() == {REPORT, OTHER}
    keeping.shelf.drop = drop  # type: ignore[method-assign]
    keeping.clock.forward(days=1)
    keeping.sweep()
    assert keeping.left() == {OTHER}


def _fails(report_id: str) -> None:
    raise StoreUnavailable("away")


def test_conversations_are_looked_for_once_a_day(keeping: Keeping) -> None:
    keeping.sweep()
    del keeping.store.reports[REPORT]
    keeping.clock.forward(hours=1)
    keeping.sweep()
    assert keeping.left() == {REPORT, OTHER}
    keeping.clock.forward(days=1)
    keeping.sweep()
    assert keeping.left() == {OTHER}


def test_a_sweep_that_deletes_nothing_forgets_nothing(keeping: Keeping) -> None:
    del keeping.store.reports[REPORT]
    shelf = keeping.shelf
    forget = ForgetReplies(shelf, shelf.begun, keeping.store)
    run = Sweep(
        keeping.store,
        FakeAlarms(),
        Gauges(),
        keeping.clock,
        conversations=forget,
    )
    run(lambda: timedelta(seconds=100))
    assert keeping.left() == {REPORT, OTHER}


def test_what_a_writer_added_takes_no_replies_with_it(keeping: Keeping) -> None:
    message = SealedReport(
        f"{OTHER}.0123456789ab", b"", b"", "town", NOON, (Delivery("police", DELIVERED, NOON),)
    )
    keeping.store.add(message.settled())
    keeping.clock.forward(days=31)
    keeping.sweep()
    assert message.id not in keeping.store.reports
    assert keeping.left() == {OTHER}


def test_what_was_said_is_kept_on_while_its_report_is(keeping: Keeping) -> None:
    for _ in range(4):
        keeping.clock.forward(days=89)
        keeping.sweep()
    assert keeping.left() == {OTHER}, "it is on legal hold"
    ends = {until for key, until in keeping.shelf.until.items() if key[0] == OTHER}
    assert ends == {keeping.clock.now() + KEPT}
    keeping.store.change(replace(keeping.store.reports[OTHER], legal_hold=False).settled())
    keeping.clock.forward(days=1)
    keeping.sweep()
    assert keeping.left() == set()


def test_a_message_is_held_and_let_go_with_the_report_it_adds_to(keeping: Keeping) -> None:
    messages = [
        SealedReport(
            f"{one}.0123456789ab", b"", b"", "town", NOON, (Delivery("police", DELIVERED, NOON),)
        ).settled()
        for one in (REPORT, OTHER)
    ]
    for message in messages:
        keeping.store.add(message)
    keeping.sweep()
    keeping.clock.forward(days=31)
    keeping.sweep()
    assert messages[0].id not in keeping.store.reports
    assert keeping.store.reports[messages[1].id].legal_hold
    keeping.store.change(replace(keeping.store.reports[OTHER], legal_hold=False).settled())
    keeping.sweep()
    keeping.clock.forward(hours=1)
    keeping.sweep()
    assert not keeping.store.reports


def test_times_that_an_earlier_package_did_not_know_are_put_back(keeping: Keeping) -> None:
    keeping.clock.forward(days=20)
    keeping.sweep()
    (copy,) = keeping.store.reports[REPORT].deliveries
    assert (copy.replied_at, copy.spoke_at) == (NOON, NOON)


def test_what_nobody_could_prove_says_when_somebody_spoke_and_not_that_anybody_has_it() -> None:
    notes = (
        ReplyNote("1" * 32, "police", NOON, HUMAN, SHOWN, unproven=True),
        ReplyNote("2" * 32, "clinic", NOON, HUMAN, HELD),
    )
    written = MessageNote(REPORT + ".0123456789ab", ("clinic",), NOON + timedelta(hours=1))
    copies = (Delivery("police", DELIVERED, NOON), Delivery("clinic", DELIVERED, NOON))
    report = SealedReport(REPORT, b"", b"", "town", NOON, copies).settled()
    police, clinic = with_times(report, Conversation(REPORT, notes, (written,))).deliveries
    assert (police.replied_at, police.spoke_at) == (None, NOON)
    assert (clinic.replied_at, clinic.spoke_at) == (None, NOON + timedelta(hours=1))


@pytest.mark.parametrize("state", [BOUNCED, SENT, WITHHELD, QUEUED])
def test_a_message_ends_with_its_report_whether_it_arrived_or_not(keeping: Keeping, state: str) -> None:
    when = NOON if state == QUEUED else None
    message = SealedReport(
        f"{REPORT}.0123456789ab", b"", b"", "town", NOON, (Delivery("police", state, NOON, when),)
    ).settled()
    keeping.store.add(message)
    keeping.clock.forward(days=29)
    keeping.sweep()
    assert message.id in keeping.store.reports
    keeping.clock.forward(days=1)
    for _ in range(3):
        keeping.sweep()
        keeping.clock.forward(hours=1)
    assert message.id not in keeping.store.reports


def test_somebody_is_told_once_that_a_message_did_not_arrive() -> None:
    message = SealedReport(
        f"{REPORT}.0123456789ab", b"", b"", "town", NOON, (Delivery("police", BOUNCED, NOON),)
    ).settled()
    assert message.watch_at is not None
    told = message.watched(NOON + timedelta(hours=8))
    assert told.watch_at is None
    assert told.expires_at == NOON + timedelta(hours=8, days=30)
