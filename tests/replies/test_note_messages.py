"""A writer's message stands in its conversation once, and moves the end of its report."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib.replies.conversation import KEPT, MessageNote
from chalicelib.replies.note_messages import NoteMessages
from chalicelib.reporting.cases import DELIVERED, QUEUED, WITHHELD, Delivery, SealedReport
from chalicelib.shared.errors import StaleRecord, StoreUnavailable
from tests.support.fake_replies import FakeReplyShelf
from tests.support.fakes import NOON, FakeStore, FixedClock

REPORT = "a" * 32
MESSAGE = f"{REPORT}.0123456789ab"


class Noting:
    """A report that two offices took five days ago, and a message to them."""

    def __init__(self) -> None:
        self.clock, self.store, self.shelf = FixedClock(), FakeStore(), FakeReplyShelf()
        long_ago = NOON - timedelta(days=5)
        copies = tuple(Delivery(one, DELIVERED, long_ago) for one in ("police", "clinic"))
        self.store.add(SealedReport(REPORT, b"words", b"key", "town", long_ago, copies).settled())
        self.note = NoteMessages(self.shelf, self.store, self.clock)

    def message(self, *to: str, state: str = QUEUED, at: datetime = NOON, number: str = "") -> SealedReport:
        copies = tuple(Delivery(one, state, at, at) for one in to or ("police",))
        return SealedReport(MESSAGE + number, b"words", b"key", "town", at, copies)

    def spoke_at(self, recipient: str) -> datetime | None:
        copy = self.store.reports[REPORT].delivery_to(recipient)
        assert copy is not None
        return copy.spoke_at


@pytest.fixture
def noting() -> Noting:
    return Noting()


def test_a_message_is_noted_and_moves_the_end_to_thirty_days_after_it(noting: Noting) -> None:
    noting.note(noting.message())
    [note] = noting.shelf.conversation(REPORT).messages
    assert note == MessageNote(MESSAGE, ("police",), NOON)
    assert noting.shelf.until[REPORT,] == NOON + KEPT
    assert (noting.spoke_at("police"), noting.spoke_at("clinic")) == (NOON, None)
    assert noting.store.reports[REPORT].expires_at == NOON + timedelta(days=30)


def test_the_same_message_again_changes_nothing(noting: Noting) -> None:
    noting.note(noting.message("police", "clinic"))
    conversation, report = noting.shelf.conversation(REPORT), noting.store.reports[REPORT]
    noting.clock.forward(days=1)
    noting.note(noting.message("police", "clinic"))
    assert noting.shelf.conversation(REPORT) == conversation
    assert noting.store.reports[REPORT] == report


def test_an_earlier_message_that_is_noted_late_moves_nothing_back(noting: Noting) -> None:
    noting.note(noting.message())
    noting.note(noting.message(at=NOON - timedelta(days=1), number="c"))
    assert noting.spoke_at("police") == NOON
    assert len(noting.shelf.conversation(REPORT).messages) == 2


def test_whom_a_message_may_not_reach_is_not_in_its_note(noting: Noting) -> None:
    noting.note(noting.message(state=WITHHELD))
    assert noting.shelf.conversation(REPORT).messages[0].recipients == ()
    assert noting.spoke_at("police") is None


def test_a_message_whose_report_is_gone_begins_no_conversation(noting: Noting) -> None:
    noting.clock.forward(days=60)
    noting.note(noting.message(at=noting.clock.now()))
    assert noting.shelf.conversations == {}


def test_what_others_change_meanwhile_is_kept(noting: Noting) -> None:
    found = noting.store.look_up
    overtaken = iter([True, False])

    def look_up(report_id: str, now: datetime) -> SealedReport | None:
        record = found(report_id, now)
        if record is not None and next(overtaken, False):
            noting.store.change(replace(record, legal_hold=True))
        return record

    noting.store.look_up = look_up  # type: ignore[method-assign]
    noting.note(noting.message())
    assert noting.store.reports[REPORT].legal_hold
    assert noting.spoke_at("police") == NOON


def test_a_store_that_is_away_is_said(noting: Noting) -> None:
    noting.store.fail_next("look_up", StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        noting.note(noting.message())


def test_what_is_changed_all_the_while_is_given_up(noting: Noting) -> None:
    noting.store.fail(StaleRecord("changed"), "change")
    with pytest.raises(StaleRecord):
        noting.note(noting.message())
