"""What becomes of a mail that answers a report: shown, held or noted, and whether its office is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.replies.conversation import (
    DMARC_FAILED,
    EMPTY,
    ENCRYPTED,
    FILES_ONLY,
    HELD,
    HUMAN,
    MAY_BE_SHOWN,
    NOT_TO_US,
    NOTED,
    SHOWN,
    SPAM,
    TNEF,
    UNREADABLE,
    VIRUS,
    ReplyNote,
)
from chalicelib.replies.mail_kinds import is_held
from chalicelib.replies.parsed_mail import ParsedMail
from chalicelib.replies.place_mail import Copy
from chalicelib.replies.ports import FILES, NOT_SHOWN
from chalicelib.replies.reply import Reply
from chalicelib.replies.split_reply import is_nothing, split_reply
from chalicelib.reporting.cases import case_number

WORDS_MOST = 250 * 1024  # bytes of a reply: sealed, it fits into one item
_TOLD_OF = frozenset({EMPTY, ENCRYPTED, TNEF, UNREADABLE})
_NOT_THEIRS = frozenset({DMARC_FAILED, SPAM, VIRUS})
_WITHOUT_WORDS = frozenset({EMPTY, ENCRYPTED, FILES_ONLY, TNEF, UNREADABLE})


def begun(reply_id: str, recipient: str, now: datetime) -> ReplyNote:
    """Return the note of a mail that is about to be read: if that never ends, it is held as it is."""
    return ReplyNote(reply_id, recipient, now, UNREADABLE, HELD)


def is_begun(note: ReplyNote) -> bool:
    """Say whether a note is of a mail that nobody has read yet. Any other one has verdicts."""
    return note.state == HELD and note.kind == UNREADABLE and not note.verdicts


def may_follow(note: ReplyNote, there: ReplyNote) -> bool:
    """Say whether a note may take the place of one that is there for the same mail.

    A forged copy may come before the mail itself, and a check that failed may work an hour later.
    """
    return is_begun(there) or (there.state == HELD and note.state == SHOWN)


def judge(
    parsed: ParsedMail, doubts: tuple[str, ...], reply_id: str, copy: Copy, now: datetime
) -> tuple[ReplyNote, bytes]:
    """Return the note of a mail, with what becomes of it, and the reply to be sealed, if there is one.

    Only a person's, without a doubt, is shown; one that is not addressed to us as unproven. One in which
    nothing is left but what they quoted is held: they wrote where we cannot find it.
    """
    note = _note_of(parsed, doubts, reply_id, copy.recipient, now)
    kept = note.state in (SHOWN, HELD) and MAY_BE_SHOWN.issuperset(doubts)
    if not kept or parsed.kind in _WITHOUT_WORDS:
        return note, b""
    reply = split_reply(parsed, case_number(copy.report_id))
    if note.kind == HUMAN and is_nothing(reply):
        return replace(note, kind=EMPTY, state=HELD, sender=parsed.sender), b""
    return note, _words_of(reply)


def _note_of(
    parsed: ParsedMail, doubts: tuple[str, ...], reply_id: str, recipient: str, now: datetime
) -> ReplyNote:
    others = HELD if is_held(parsed) else NOTED
    unproven = doubts == (NOT_TO_US,)  # proven to be theirs, and not to be an answer: the writer is told so
    state = others if parsed.kind != HUMAN else SHOWN if unproven or not doubts else HELD
    sender, words = parsed.sender if state == HELD else "", parsed.verdicts.words()
    return ReplyNote(
        reply_id, recipient, now, parsed.kind, state, sender, words, doubts, unproven and state == SHOWN
    )


def _words_of(reply: Reply) -> bytes:
    while len(content := reply.to_bytes()) > WORDS_MOST:  # half of it control characters, or worse
        cut = reply.text[: len(reply.text) // 2] if not reply.whole else reply.text
        thread = reply.message_id[:998]
        reply = replace(reply, text=cut, whole="", message_id=thread, references=(), cut=True)
    return content


def to_be_told(note: ReplyNote, files: int) -> str:
    """Return the kind of note that the office's inbox gets about a mail, or "" for none."""
    if not may_be_told(note.doubts):
        return ""
    if note.kind in _TOLD_OF or (note.kind == HUMAN and note.state == HELD):
        return NOT_SHOWN
    return FILES if note.kind == FILES_ONLY or (note.state == SHOWN and files) else ""


def may_be_told(doubts: tuple[str, ...]) -> bool:
    """Say whether an office may hear of a mail at all: not of one that somebody sent in its name."""
    return not _NOT_THEIRS.intersection(doubts)


def has_words(parsed: ParsedMail) -> bool:
    """Say whether a person may have written in it: no absence note, receipt or bounce."""
    return parsed.kind == HUMAN or is_held(parsed)


def unreadable() -> ParsedMail:
    """Return what stands for a mail that could not be taken apart."""
    return ParsedMail(UNREADABLE)


def cut_short(parsed: ParsedMail) -> ParsedMail:
    """Return a mail of which only the beginning was read. What was cut off a file is no word of theirs."""
    return parsed if parsed.files else replace(parsed, cut=True)
