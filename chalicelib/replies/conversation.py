"""The conversation around a report, as it is known in clear: who wrote when, what kind of mail it was, and
whether the writer sees it. Never a word of it: those are sealed, each under its own id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.shared.retention import KEEP_DAYS_MOST

# Kinds of mail, as `read_kind` tells them apart.
HUMAN = "human"
BOUNCE = "bounce"
READ_RECEIPT = "read_receipt"
CALENDAR = "calendar"
RECALL = "recall"
AUTOMATIC = "automatic"
LIST = "list"
ENCRYPTED = "encrypted"
TNEF = "tnef"  # winmail.dat alone, whose body could not be read
EMPTY = "empty"
FILES_ONLY = "files_only"
UNREADABLE = "unreadable"  # what the parser could not take
KINDS = (
    HUMAN, BOUNCE, READ_RECEIPT, CALENDAR, RECALL, AUTOMATIC, LIST, ENCRYPTED, TNEF, EMPTY, FILES_ONLY,
    UNREADABLE,
)  # fmt: skip

# What became of it.
SHOWN = "shown"  # the writer reads it on the code page
HELD = "held"  # it is kept, sealed; the desk may show it or throw it away
NOTED = "noted"  # it says nothing to the writer, and nothing of it is kept: bounces, absences, read receipts
THROWN = "thrown"  # somebody at the desk threw it away
STATES = (SHOWN, HELD, NOTED, THROWN)

# Why it is held, beside its kind.
FROM_ELSEWHERE = "from_elsewhere"  # From is not on the office's list
DMARC_FAILED = "dmarc_failed"  # never shown to anybody
NOT_ALIGNED = "not_aligned"  # DMARC says GRAY, and neither SPF nor DKIM is of the From's domain
NOT_CHECKED = "not_checked"  # a check of the mail service did not work, or its header is missing
SPAM = "spam"
VIRUS = "virus"
DIGEST = "digest"  # it answers a digest, and not one of its reports
NOT_TO_US = "not_to_us"  # its own lines are to somebody else: an old mail may have been sent once more
DOUBTS = (FROM_ELSEWHERE, DMARC_FAILED, NOT_ALIGNED, NOT_CHECKED, SPAM, VIRUS, DIGEST, NOT_TO_US)
# What somebody at the desk may show to the writer after all, marked as unproven.
MAY_BE_SHOWN = frozenset({FROM_ELSEWHERE, NOT_ALIGNED, NOT_TO_US})

# How long what was said is kept by itself. It goes with its report, nearly always sooner; of a report that is
# kept for longer (nobody took it, or a legal hold) the sweep puts the end off.
KEPT = timedelta(days=2 * KEEP_DAYS_MOST)
PUT_OFF_AFTER = KEPT / 2
NOTES_MOST = 200  # of one report
OTHERS_MOST = 40  # of those that the writer does not see


@dataclass(frozen=True, slots=True)
class ReplyNote:
    """What is known in clear of one mail of an office.

    `id` is 32 hex digits, under which its sealed words lie; the same mail has the same id. `recipient` is the
    office whose address it came to. `sender` is the From address of one that is held. `verdicts` are the mail
    service's own words ("dmarc=gray"), `doubts` ours, of DOUBTS. `unproven` says that somebody at the desk
    let it be shown although it is not proven who wrote it.
    """

    id: str
    recipient: str
    at: datetime
    kind: str
    state: str
    sender: str = ""
    verdicts: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    unproven: bool = False


@dataclass(frozen=True, slots=True)
class MessageNote:
    """What is known in clear of one message of the writer: its record's id, to whom, and when."""

    id: str
    recipients: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Conversation:
    """All that went either way after a report. `version` counts changes, for an optimistic lock."""

    report_id: str
    replies: tuple[ReplyNote, ...] = ()
    messages: tuple[MessageNote, ...] = ()
    version: int = 0

    def reply(self, reply_id: str) -> ReplyNote | None:
        """Return the note of one reply, or None."""
        return next((note for note in self.replies if note.id == reply_id), None)

    def with_reply(self, note: ReplyNote) -> tuple[Conversation, tuple[ReplyNote, ...]]:
        """Return the conversation with a reply added or replaced, and the notes that had to leave for it.

        What the writer sees stays. Of the others those leave first that are worth least, so that no flood of
        forged mail pushes out what an office wrote; of the same worth the oldest. It may be the new one.
        """
        notes = [other for other in self.replies if other.id != note.id]
        notes.append(note)
        notes.sort(key=lambda other: (other.at, other.id))
        gone: list[ReplyNote] = []
        others = [other for other in notes if other.state != SHOWN]
        others.sort(key=lambda other: (_worth(other), other.id == note.id))
        while others and (len(others) > OTHERS_MOST or len(notes) > NOTES_MOST):
            gone.append(others.pop(0))
            notes.remove(gone[-1])
        while len(notes) > NOTES_MOST:  # two hundred that are shown: the page opens the newest twenty
            gone.append(notes.pop(0))
        return replace(self, replies=tuple(notes)), tuple(gone)

    def with_message(self, note: MessageNote) -> Conversation:
        """Return the conversation with a message added; the same one twice is there once."""
        others = tuple(other for other in self.messages if other.id != note.id)
        return replace(self, messages=(*others, note)[-NOTES_MOST:])

    def begun_at(self) -> datetime | None:
        """Return when the first that is left of it was said, or None when nothing is."""
        times = [note.at for note in self.replies] + [note.at for note in self.messages]
        return min(times, default=None)

    def shown(self) -> tuple[ReplyNote, ...]:
        """Return what the writer may read, newest first."""
        return tuple(note for note in reversed(self.replies) if note.state == SHOWN)


def _worth(note: ReplyNote) -> int:
    """Return how much is lost with the note of a mail that the writer does not see."""
    if note.state != HELD:
        return 0
    return 2 if note.kind != UNREADABLE and MAY_BE_SHOWN.issuperset(note.doubts) else 1
