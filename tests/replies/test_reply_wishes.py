"""What the desk may do about a held reply, and the fingerprint of what it saw."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import pytest

from chalicelib.replies.conversation import (
    AUTOMATIC,
    DMARC_FAILED,
    DOUBTS,
    FROM_ELSEWHERE,
    HELD,
    HUMAN,
    KINDS,
    MAY_BE_SHOWN,
    NOT_ALIGNED,
    STATES,
    ReplyNote,
)
from chalicelib.replies.reply_wishes import may_be_shown, may_be_thrown, seen_of_note
from tests.support.fakes import NOON

NOTE = ReplyNote(
    "1" * 32, "police", NOON, HUMAN, HELD, "desk@vendor.example", ("dmarc=gray",), (FROM_ELSEWHERE,)
)


@pytest.mark.parametrize("doubt", DOUBTS)
def test_only_what_may_be_a_strange_way_of_the_office_may_be_shown(doubt: str) -> None:
    assert may_be_shown(replace(NOTE, doubts=(doubt,))) is (doubt in MAY_BE_SHOWN)
    assert may_be_shown(replace(NOTE, doubts=(FROM_ELSEWHERE, doubt))) is (doubt in MAY_BE_SHOWN)


def test_two_doubts_that_may_be_shown_may_be_shown_together_and_none_is_no_reason_to() -> None:
    assert may_be_shown(replace(NOTE, doubts=(FROM_ELSEWHERE, NOT_ALIGNED)))
    assert not may_be_shown(replace(NOTE, doubts=()))


def test_only_a_persons_reply_that_is_held_may_be_shown_and_what_an_agents_program_sent() -> None:
    shown = [kind for kind in KINDS if may_be_shown(replace(NOTE, kind=kind))]
    assert shown == [HUMAN, AUTOMATIC]
    assert may_be_shown(replace(NOTE, kind=AUTOMATIC, doubts=()))
    assert not may_be_shown(replace(NOTE, kind=AUTOMATIC, doubts=(DMARC_FAILED,)))
    assert [state for state in STATES if may_be_shown(replace(NOTE, state=state))] == [HELD]
    assert [state for state in STATES if may_be_thrown(replace(NOTE, state=state))] == [HELD]


def test_whatever_stands_on_the_screen_changes_the_fingerprint() -> None:
    others = {
        "id": "2" * 32,
        "recipient": "county",
        "at": NOON + timedelta(seconds=1),
        "kind": "list",
        "state": "thrown",
        "sender": "x@vendor.example",
        "verdicts": ("dmarc=fail",),
        "doubts": (NOT_ALIGNED,),
        "unproven": True,
    }
    assert {*others} == {one.name for one in fields(ReplyNote)}
    seen = {seen_of_note(replace(NOTE, **{name: other})) for name, other in others.items()}
    assert len(seen - {seen_of_note(NOTE)}) == len(others)
    assert seen_of_note(NOTE) == seen_of_note(replace(NOTE))
