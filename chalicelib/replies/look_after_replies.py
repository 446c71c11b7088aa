"""Replies as the desk may know them: who wrote when, and what is held and why. Never a word of them.

Nobody at the desk changes a conversation: what somebody wants is left as a wish (reply_wishes.py), which
whoever delivers grants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.delivery.hand_overs import WHY_MOST
from chalicelib.delivery.look_after_cases import CaseFile, LookAfterCases
from chalicelib.delivery.wish_for_cases import WishForCases
from chalicelib.delivery.wishes import SHOW_REPLY, THROW_REPLY
from chalicelib.desk.audit import plain_line
from chalicelib.desk.people import Person
from chalicelib.desk.ports import Counts
from chalicelib.replies.conversation import (
    FROM_ELSEWHERE,
    HELD,
    SHOWN,
    Conversation,
    MessageNote,
    ReplyNote,
)
from chalicelib.replies.errors import ReplyWishRefused
from chalicelib.replies.mistyped import HELD as WAITS_IN_A_CASE
from chalicelib.replies.mistyped import MistypedMail, MistypedMails
from chalicelib.replies.reply_wishes import may_be_shown, may_be_thrown, seen_of_note
from chalicelib.replies.reply_words import DOUBT_WORDS, STATE_WORDS, WHY_NEVER, words_of
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing, StaleRecord

THROWN_A_DAY = 50
SHOWN_A_DAY = 20  # replies that one person may show in a day, so that a stolen session shows few
LOOKED_AT = 100  # held replies that one screen looks at
_DAY = timedelta(days=1)


class Conversations(Protocol):
    """Conversations, to be read. May raise StoreUnavailable."""

    def conversation(self, report_id: str) -> Conversation:
        """Return a report's conversation; an empty one when there is none."""


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """One mail or message of a conversation, in words. `at` is to be shown as a day for a `message`."""

    at: datetime
    words: str
    message: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True)
class HeldReply:
    """A reply that is held, as the screen shows it; `seen` stands for exactly this.

    `may_show` says whether somebody at the desk may show it, and `never` why nobody may. `strange` says that
    its sender is not on the office's list.
    """

    id: str
    recipient: str
    office: str
    at: datetime
    kind: str
    sender: str
    why: tuple[str, ...]
    verdicts: tuple[str, ...]
    seen: str
    may_show: bool
    may_throw: bool
    never: str
    strange: bool


@dataclass(frozen=True, slots=True)
class SpokenCase:
    """A case's conversation: its lines, oldest first, and what is held of it."""

    lines: tuple[SpokenLine, ...]
    held: tuple[HeldReply, ...]


@dataclass(frozen=True, slots=True)
class WaitingReply:
    """A held reply in the list of all that wait, with its case."""

    file: CaseFile
    reply: HeldReply


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """What waits for somebody: replies held in cases, and mail that found no case, newest first.

    `more` says that not all were looked at.
    """

    replies: Sequence[WaitingReply]
    placeless: Sequence[MistypedMail]
    more: bool


class LookAfterReplies:
    """Conversations of cases, and commands about what is held in them."""

    def __init__(
        self,
        look: LookAfterCases,
        conversations: Conversations,
        mistyped: MistypedMails,
        wishes: WishForCases,
        counts: Counts,
        clock: Clock,
    ) -> None:
        self._look = look
        self._conversations = conversations
        self._mistyped = mistyped
        self._wishes = wishes
        self._counts = counts
        self._clock = clock

    def of(self, file: CaseFile) -> SpokenCase:
        """Return the conversation of a case. Raises StoreUnavailable."""
        names = {line.delivery.recipient: line.name for line in file.lines}
        found = self._conversations.conversation(file.case.id)
        lines = [_line_of(note, names) for note in found.replies]
        lines += [_message_line(note, names) for note in found.messages]
        held = tuple(_held(note, names) for note in found.replies if note.state == HELD)
        return SpokenCase(tuple(sorted(lines, key=lambda line: line.at)), held)

    def waiting(self, sees: Callable[[str], bool], sees_site: bool) -> WaitingMail:
        """Return what waits, of the places that somebody `sees`; what found no case is the site's."""
        rows = self._mistyped.listed(self._clock.now())
        held = [row for row in rows if row.why == WAITS_IN_A_CASE]
        numbers = dict.fromkeys(row.case_number for row in held[:LOOKED_AT])
        replies = [one for number in numbers for one in self._held_in(number, sees)]
        placeless = [row for row in rows if row.why != WAITS_IN_A_CASE] if sees_site else []
        replies.sort(key=lambda one: one.reply.at, reverse=True)
        return WaitingMail(replies, placeless, len(held) > LOOKED_AT)

    def show(self, case_number: str, reply_id: str, seen: str, why: str, who: Person) -> ReplyNote:
        """Wish a held reply shown to the writer, marked as unproven; return its note.

        Raises EntryMissing, StaleRecord, and ReplyWishRefused, in words.
        """
        note = self._as_seen(case_number, reply_id, seen)
        if not may_be_shown(note):
            raise EntryMissing("this reply cannot be shown to the writer")
        reason = plain_line(why, WHY_MOST + 1)
        if not reason or len(reason) > WHY_MOST:
            raise ReplyWishRefused(f"Please say why, in up to {WHY_MOST} letters.")
        self._count("shown", SHOWN_A_DAY, "shows", who)
        self._wishes.leave(case_number, SHOW_REPLY, who, note.recipient, seen=seen, other=note.id, why=reason)
        return note

    def throw(self, case_number: str, reply_id: str, seen: str, who: Person) -> ReplyNote:
        """Wish a held reply thrown away; return its note.

        Raises EntryMissing, StaleRecord, and ReplyWishRefused, in words.
        """
        note = self._as_seen(case_number, reply_id, seen)
        if not may_be_thrown(note):
            raise EntryMissing("this reply is not held any more")
        if self._look.find(case_number).case.legal_hold:
            raise ReplyWishRefused("This case is under a legal hold. Nothing of it can be thrown away.")
        self._count("thrown", THROWN_A_DAY, "throws away", who)
        self._wishes.leave(case_number, THROW_REPLY, who, note.recipient, seen=seen, other=note.id)
        return note

    def _count(self, what: str, most: int, does: str, who: Person) -> None:
        """Count what one person does in a day: a stolen session does no more than that."""
        if self._counts.count_try(f"{what} replies {who.email}", self._clock.now(), _DAY) > most:
            raise ReplyWishRefused(f"One person {does} {most} replies a day at most. Ask somebody else.")

    def _as_seen(self, case_number: str, reply_id: str, seen: str) -> ReplyNote:
        case = self._look.find(case_number).case
        note = self._conversations.conversation(case.id).reply(reply_id)
        if note is None:
            raise EntryMissing("there is no such reply in this case")
        if seen != seen_of_note(note):
            raise StaleRecord("somebody decided about this reply meanwhile: look at the case again")
        return note

    def _held_in(self, case_number: str, sees: Callable[[str], bool]) -> list[WaitingReply]:
        try:
            file = self._look.find(case_number)
        except EntryMissing:  # its time is over
            return []
        return [WaitingReply(file, one) for one in self.of(file).held] if sees(file.case.place) else []


def _line_of(note: ReplyNote, names: dict[str, str]) -> SpokenLine:
    office = names.get(note.recipient, note.recipient)
    state = STATE_WORDS["unproven" if note.unproven and note.state == SHOWN else note.state]
    return SpokenLine(note.at, f"{words_of(note, office)}. {state}", held=note.state == HELD)


def _message_line(note: MessageNote, names: dict[str, str]) -> SpokenLine:
    offices = ", ".join(names.get(one, one) for one in note.recipients)
    return SpokenLine(note.at, f"The writer wrote to {offices}.", message=True)


def _held(note: ReplyNote, names: dict[str, str]) -> HeldReply:
    may_show, office = may_be_shown(note), names.get(note.recipient, note.recipient)
    return HeldReply(
        note.id,
        note.recipient,
        office,
        note.at,
        words_of(note, office),
        plain_line(note.sender, 254),
        tuple(DOUBT_WORDS[doubt] for doubt in note.doubts if doubt in DOUBT_WORDS),
        tuple(plain_line(verdict, 60) for verdict in note.verdicts),
        seen_of_note(note),
        may_show,
        may_be_thrown(note),
        "" if may_show else next((WHY_NEVER[one] for one in note.doubts if one in WHY_NEVER), WHY_NEVER[""]),
        FROM_ELSEWHERE in note.doubts,
    )
