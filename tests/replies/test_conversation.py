"""Conversations: what stays and what leaves when many mails come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.replies.conversation import (
    AUTOMATIC,
    DMARC_FAILED,
    FROM_ELSEWHERE,
    HELD,
    HUMAN,
    NOTED,
    NOTES_MOST,
    OTHERS_MOST,
    SHOWN,
    THROWN,
    UNREADABLE,
    Conversation,
    MessageNote,
    ReplyNote,
)
from chalicelib.replies.reply import Reply

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)


def note(number: int, state: str = SHOWN) -> ReplyNote:
    kind = HUMAN if state in (SHOWN, HELD) else AUTOMATIC
    return ReplyNote(f"{number:032x}", "police", NOW + timedelta(minutes=number), kind, state)


def filled(*notes: ReplyNote) -> Conversation:
    conversation = Conversation("0" * 32)
    for one in notes:
        conversation, _ = conversation.with_reply(one)
    return conversation


def test_the_same_mail_twice_is_there_once() -> None:
    assert filled(note(1), note(1), note(2)).replies == (note(1), note(2))


def test_the_writer_reads_what_is_shown_newest_first() -> None:
    assert filled(note(2), note(1, HELD), note(3), note(4, NOTED)).shown() == (note(3), note(2))


def test_a_flood_of_what_is_held_pushes_no_reply_out() -> None:
    flood = [note(number, HELD) for number in range(10, 10 + 3 * OTHERS_MOST)]
    conversation = filled(note(1), *flood)
    assert conversation.shown() == (note(1),)
    assert len(conversation.replies) == 1 + OTHERS_MOST
    assert conversation.replies[-1] == flood[-1]
    _, gone = conversation.with_reply(note(500, HELD))
    assert gone == (conversation.replies[1],)


FORGED = replace(note(0, HELD), doubts=(FROM_ELSEWHERE, DMARC_FAILED))
WORTHLESS = (note(0, NOTED), note(0, THROWN), FORGED, replace(note(0, HELD), kind=UNREADABLE))


@pytest.mark.parametrize("worthless", WORTHLESS, ids=["noted", "thrown", "forged", "unreadable"])
def test_a_flood_of_what_nobody_may_ever_show_pushes_nothing_out_that_somebody_may(
    worthless: ReplyNote,
) -> None:
    theirs = [replace(note(number, HELD), doubts=(FROM_ELSEWHERE,)) for number in range(OTHERS_MOST)]
    flood = [replace(worthless, id=f"{number:032x}", at=note(number).at) for number in range(100, 150)]
    assert filled(*theirs, *flood).replies == tuple(theirs)
    assert filled(*flood, *theirs).replies == tuple(theirs)


def test_what_was_noted_leaves_before_what_is_held_and_forged_and_that_before_the_rest() -> None:
    forged = replace(FORGED, id=f"{2:032x}", at=note(2).at)
    first = [note(1, HELD), forged, note(3, NOTED), *(note(at, HELD) for at in range(4, OTHERS_MOST + 1))]
    conversation, left = filled(*first), []
    for number in (500, 501, 502):
        conversation, gone = conversation.with_reply(note(number, HELD))
        left += gone
    assert left == [note(3, NOTED), forged, note(1, HELD)]


def test_what_is_held_pushes_out_nothing_that_the_writer_sees() -> None:
    full = filled(*(note(number) for number in range(NOTES_MOST)))
    held = note(900, HELD)
    assert full.with_reply(held) == (full, (held,))


def test_of_too_many_replies_the_oldest_leave_and_the_newest_stay() -> None:
    conversation = filled(*(note(number) for number in range(NOTES_MOST + 3)))
    assert len(conversation.replies) == NOTES_MOST
    assert conversation.shown()[0] == note(NOTES_MOST + 2)


def test_a_message_twice_is_there_once() -> None:
    message = MessageNote("0" * 32 + ".1", ("police",), NOW)
    assert Conversation("0" * 32).with_message(message).with_message(message).messages == (message,)


def test_a_reply_comes_back_from_bytes_as_it_was() -> None:
    reply = Reply("Gracias", "Gracias\n> todo", 2, True, False, 1, False, "<a@b>", ("<c@d>", "<e@f>"))
    assert Reply.from_bytes(reply.to_bytes()) == reply
    assert "Gracias" not in repr(reply)
