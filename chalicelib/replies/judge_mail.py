"""What becomes of a mail that answers a report: shown, held or noted, and whether its office is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.directory.recipients import Recipient
from chalicelib.replies.conversation import (
    DMARC_FAILED,
    EMPTY,
    ENCRYPTED,
    FILES_ONLY,
    FROM_ELSEWHERE,
    HELD,
    HUMAN,
    MAY_BE_SHOWN,
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
from chalicelib.replies.ports import FILES, NOT_SHOWN
from chalicelib.replies.senders import who_wrote
from chalicelib.replies.split_reply import split_reply

WORDS_MOST = 250 * 1024  # bytes of a reply: sealed, it fits into one item
_TOLD_OF = frozenset({EMPTY, ENCRYPTED, TNEF, UNREADABLE})
_NOT_THEIRS = frozenset({DMARC_FAILED, SPAM, VIRUS})
_WITHOUT_WORDS = frozenset({EMPTY, ENCRYPTED, FILES_ONLY, TNEF, UNREADABLE})


def doubts_about(parsed: ParsedMail, office: Recipient | None) -> tuple[str, ...]:
    """Return the doubts that an office wrote a mail; one that is on no list any more wrote nothing."""
    return who_wrote(parsed, office) if office is not None else (FROM_ELSEWHERE,)


def note_of(
    parsed: ParsedMail, doubts: tuple[str, ...], reply_id: str, recipient: str, now: datetime
) -> ReplyNote:
    """Return the note of a mail, with what becomes of it. Only a person's, without a doubt, is shown."""
    others = HELD if is_held(parsed) else NOTED
    state = others if parsed.kind != HUMAN else HELD if doubts else SHOWN
    sender = parsed.sender if state == HELD else ""
    return ReplyNote(reply_id, recipient, now, parsed.kind, state, sender, parsed.verdicts.words(), doubts)


def words_of(parsed: ParsedMail, note: ReplyNote, case_number: str) -> bytes:
    """Return the reply to be sealed; nothing where there is none that anybody may ever show."""
    kept = note.state in (SHOWN, HELD) and MAY_BE_SHOWN.issuperset(note.doubts)
    if not kept or parsed.kind in _WITHOUT_WORDS:
        return b""
    reply = split_reply(parsed, case_number)
    while len(content := reply.to_bytes()) > WORDS_MOST:  # half of it control characters, or worse
        cut = reply.text[: len(reply.text) // 2] if not reply.whole else reply.text
        thread = reply.message_id[:998]
        reply = replace(reply, text=cut, whole="", message_id=thread, references=(), cut=True)
    return content


def to_be_told(note: ReplyNote, files: int) -> str:
    """Return the kind of note that the office's inbox gets about a mail, or "" for none."""
    if not may_be_told(note.doubts):
        return ""
    if note.kind in _TOLD_OF:
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
