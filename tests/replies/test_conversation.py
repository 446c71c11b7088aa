"""Conversations: what stays and what leaves when many mails come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chalicelib.replies.conversation import (
    AUTOMATIC,
    HELD,
    HUMAN,
    NOTED,
    NOTES_MOST,
    OTHERS_MOST,
    SHOWN,
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
