"""What the desk wishes of a held reply: granted by who delivers, where its note is as it was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.delivery.errors import WishRefused
from chalicelib.delivery.grant_wishes import GrantWishes
from chalicelib.delivery.wishes import LIVES, SHOW_REPLY, THROW_REPLY, Wish
from chalicelib.replies.conversation import (
    DMARC_FAILED,
    FROM_ELSEWHERE,
    HELD,
    HUMAN,
    NOT_ALIGNED,
    NOT_CHECKED,
    SHOWN,
    SPAM,
    THROWN,
    VIRUS,
    Conversation,
    ReplyNote,
)
from chalicelib.replies.grant_reply_wishes import GrantReplyWishes
from chalicelib.replies.reply_wishes import seen_of_note
from chalicelib.reporting.cases import SENT, Delivery, SealedReport
from chalicelib.shared.errors import StaleRecord
from tests.support.fake_cases import FakeCases, FakeWishes
from tests.support.fake_replies import FakeReplyShelf
from tests.support.fakes import NOON, FakeRecipients, FakeStore, FixedClock, recipient

REPORT, REPLY = "a" * 32, "1" * 32
NOTE = ReplyNote(REPLY, "police", NOON, HUMAN, HELD, "x@vendor.example", ("dmarc=gray",), (NOT_ALIGNED,))


class Granting:
    """A report that nobody has taken yet, and a reply to it that is held."""

    def __init__(self, note: ReplyNote = NOTE) -> None:
        self.clock, self.store, self.shelf, self.wishes = (
            FixedClock(),
            FakeStore(),
            FakeReplyShelf(),
            FakeWishes(),
        )
        self.store.add(
            SealedReport(REPORT, b"words", b"key", "town", NOON, (Delivery("police", SENT, NOON),))
        )
        self.shelf.save(Conversation(REPORT, (note,)), NOON + timedelta(days=90))
        self.shelf.keep_reply(REPORT, REPLY, b"sealed", NOON)
        self.shelf.keep_raw(REPORT, REPLY, [b"raw"], NOON)
        self.log: list[str] = []

    def grant(self, *, here: bool = True) -> int:
        about = {"about_replies": GrantReplyWishes(self.shelf, self.store)} if here else {}
        cases, directory = FakeCases(self.store), FakeRecipients(recipient("police"))
        run = GrantWishes(
            cases, self.wishes, directory, self.clock, self.log.append, agreed_only=False, **about
        )
        return run()

    def wish(self, kind: str = SHOW_REPLY, **more: Any) -> Wish:
        asked = {"seen": seen_of_note(self.note), "other": REPLY, "why": "I called the office"} | more
        at = asked.pop("at", self.clock.now())
        number = SealedReport(REPORT, b"", b"", "", NOON, ()).case_number
        wish = Wish(f"{at.isoformat()} 1", number, kind, "ana@desk.example", at, **asked)
        self.wishes.add(wish)
        return wish

    @property
    def note(self) -> ReplyNote:
        note = self.shelf.conversation(REPORT).reply(REPLY)
        assert note is not None
        return note

    @property
    def copy(self) -> Delivery:
        [copy] = self.store.reports[REPORT].deliveries
        return copy

    def refused(self, **more: Any) -> str:
        """Return why a wish was not granted; the reply must be as it was."""
        before = self.shelf.conversation(REPORT)
        self.wish(**more)
        assert self.grant() == 0
        assert self.shelf.conversation(REPORT) == before
        assert self.shelf.raw
        assert self.shelf.sealed
        return self.wishes.no[-1].reason


def test_a_reply_that_is_shown_is_marked_as_unproven_and_its_raw_copy_goes() -> None:
    granting = Granting()
    granting.wish()
    assert granting.grant() == 1
    assert granting.note == replace(NOTE, state=SHOWN, unproven=True)
    assert granting.shelf.raw == {}
    assert granting.shelf.replies(REPORT, [REPLY]) == {REPLY: b"sealed"}


def test_it_moves_the_reports_end_and_does_not_prove_that_anybody_has_it() -> None:
    granting = Granting()
    granting.wish()
    granting.clock.forward(hours=1)
    granting.grant()
    assert granting.copy.spoke_at == granting.clock.now()
    assert granting.copy.replied_at is None
    assert not granting.store.reports[REPORT].reached_all()


@pytest.mark.parametrize("doubt", [DMARC_FAILED, VIRUS, SPAM, NOT_CHECKED])
def test_what_failed_a_check_is_never_shown_whatever_reason_is_given(doubt: str) -> None:
    for doubts in ((doubt,), (FROM_ELSEWHERE, doubt)):
        assert Granting(replace(NOTE, doubts=doubts)).refused() == "this reply may not be shown"


def test_a_wish_without_a_reason_is_refused() -> None:
    assert Granting().refused(why=" ") == "no reason was given"
    assert Granting().refused(why="x" * 320) == "no reason was given"


@pytest.mark.parametrize("kind", [SHOW_REPLY, THROW_REPLY])
def test_a_wish_about_a_reply_that_was_seen_otherwise_is_refused(kind: str) -> None:
    assert Granting().refused(kind=kind, seen="0" * 32) == "the reply changed meanwhile"
    assert Granting().refused(kind=kind, other="2" * 32) == "there is no such reply any more"


def test_a_wish_that_is_too_old_or_from_the_future_is_refused() -> None:
    assert Granting().refused(at=NOON - LIVES - timedelta(minutes=1)) == "it took too long"
    assert Granting().refused(at=NOON + timedelta(minutes=6)) == "it took too long"


def test_a_reply_of_which_nothing_is_kept_cannot_be_shown() -> None:
    granting = Granting()
    granting.shelf.drop_reply(REPORT, REPLY)
    granting.wish()
    assert granting.grant() == 0
    assert granting.note.state == HELD


def test_a_reply_that_is_thrown_away_is_gone_with_its_raw_copy_and_its_note_says_so() -> None:
    granting = Granting(replace(NOTE, doubts=(DMARC_FAILED,)))
    granting.wish(THROW_REPLY, why="")
    assert granting.grant() == 1
    assert granting.note.state == THROWN
    assert (granting.shelf.raw, granting.shelf.sealed) == ({}, {})


def test_a_reply_that_the_writer_reads_already_cannot_be_thrown_away() -> None:
    assert Granting(replace(NOTE, state=SHOWN, doubts=())).refused(kind=THROW_REPLY) == (
        "only a reply that is held can be thrown away"
    )


@pytest.mark.parametrize(("kind", "state"), [(SHOW_REPLY, SHOWN), (THROW_REPLY, THROWN)])
def test_a_wish_that_died_in_the_middle_is_finished(kind: str, state: str) -> None:
    granting = Granting()
    wish = granting.wish(kind)
    granting.grant()
    granting.shelf.keep_raw(REPORT, REPLY, [b"raw"], NOON)
    granting.wishes.add(wish)
    assert granting.grant() == 1
    assert granting.note.state == state
    assert granting.shelf.raw == {}


def test_where_others_change_it_all_the_while_a_wish_waits() -> None:
    granting = Granting()
    wish = granting.wish()
    granting.store.fail(StaleRecord("changed"), "change")
    assert granting.grant() == 0
    assert granting.wishes.pending(10) == [wish]
    granting.store.mend()
    assert granting.grant() == 1
    assert granting.shelf.raw == {}


def test_a_function_that_may_not_leaves_the_wish_for_the_one_that_may() -> None:
    granting = Granting()
    wish = granting.wish()
    assert granting.grant(here=False) == 0
    assert granting.wishes.pending(10) == [wish]
    assert granting.wishes.no == []


def test_a_refusal_says_why_in_words_for_the_desk() -> None:
    granting = Granting()
    case = granting.store.reports[REPORT]
    wish = replace(granting.wish(), seen="x")
    with pytest.raises(WishRefused, match="changed meanwhile"):
        GrantReplyWishes(granting.shelf, granting.store)(case, wish, NOON)
