"""The reckoning of replies in a chaos run finds each thing that must not be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.replies.adapters.hpke_reply_sealer import HpkeReplySealer
from chalicelib.replies.conversation import HELD, HUMAN, SHOWN, ReplyNote
from chalicelib.replies.reply import Reply
from chalicelib.reporting.cases import DELIVERED, Delivery, SealedReport
from tests.support.fake_replies import FakeReplyShelf
from tests.support.fakes import NOON
from tools.chaos.reply_reckoning import ReplyReckoning, reckon_replies, reply_key

MARK, OTHER = "reply-000001-0123456789abcdef", "reply-000002-0123456789abcdef"
COPY = Delivery("steady", DELIVERED, NOON, replied_at=NOON)
CASE = SealedReport("1" * 32, b"", b"", "us", NOON, (COPY,))
SECOND = replace(CASE, id="2" * 32)


def reckoned(
    shown: list[tuple[SealedReport, str, str]],
    state: str = SHOWN,
    records: tuple[SealedReport, ...] = (CASE, SECOND),
    deleted: tuple[str, ...] = (),
    objects: tuple[str, ...] = (),
) -> ReplyReckoning:
    """Reckon one reply about CASE; `shown` are those that are kept: of which report, id, and text."""
    shelf = FakeReplyShelf()
    for case, reply_id, text in shown:
        before = shelf.conversation(case.id)
        note = ReplyNote(reply_id, "steady", NOON, HUMAN, state)
        shelf.save(before.with_reply(note)[0], NOON + timedelta(days=1))
        key = reply_key(case.id).public_key().public_bytes_raw()
        sealed = HpkeReplySealer().seal(Reply(text).to_bytes(), key, f"{case.id}/{reply_id}")
        shelf.keep_reply(case.id, reply_id, sealed, NOON)
    one: dict[str, Any] = {"mark": MARK, "cases": [CASE.case_number], "agency": "steady"}
    by_id = {record.id: record for record in records}
    return reckon_replies({"replied": [one], "objects": objects}, by_id, deleted, shelf)


def test_a_reply_that_its_code_opens_is_shown() -> None:
    assert reckoned([(CASE, "a", f"We have it, {MARK}.")]) == ReplyReckoning(replies=1, shown=1)


def test_a_reply_that_is_nowhere_or_held_or_not_on_the_record_is_lost() -> None:
    kept = (CASE, "a", MARK)
    unmarked = replace(CASE, deliveries=(replace(COPY, replied_at=None),))
    assert len(reckoned([]).lost) == 1
    assert len(reckoned([kept], state=HELD).lost) == 1
    assert len(reckoned([kept], records=(unmarked, SECOND)).lost) == 1
    assert len(reckoned([(CASE, "a", OTHER)]).lost) == 1


def test_a_reply_to_a_report_that_is_gone_came_too_late_unless_it_never_was_there() -> None:
    gone = reckoned([], records=(SECOND,), deleted=(CASE.case_number,))
    assert (gone.too_late, gone.lost) == (1, [])
    assert len(reckoned([], records=(SECOND,)).lost) == 1


def test_a_reply_that_another_code_opens_is_misplaced() -> None:
    result = reckoned([(CASE, "a", MARK), (SECOND, "b", MARK)])
    assert (result.shown, len(result.misplaced)) == (1, 1)


def test_a_reply_that_a_code_opens_twice_is_told() -> None:
    assert len(reckoned([(CASE, "a", MARK), (CASE, "b", MARK)]).twice) == 1


def test_words_of_a_report_in_a_reply_are_told() -> None:
    quoted = f"{MARK}\n> story-000001-000-0123456789abcdef-begin"
    assert len(reckoned([(CASE, "a", quoted)]).repeated) == 1


def test_a_mail_that_was_never_deleted_is_told() -> None:
    assert reckoned([(CASE, "a", MARK)], objects=("inbound/000001",)).left == ["object inbound/000001"]
