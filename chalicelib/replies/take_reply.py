"""Inbound mail: each is sealed whole to the reporter's key, then read, then sealed as a reply, then deleted.

Every step is idempotent, in an order in which whatever stops it in the middle loses nothing: the queue brings
the mail again, and its steps are done once more. The mail itself is deleted last. Nothing is mailed here, and
nothing of a mail stands in a log, an error or a table in clear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.recipients import Recipient
from chalicelib.replies.conversation import HELD, KEPT, NOT_TO_US, NOTED, SHOWN, THROWN, ReplyNote
from chalicelib.replies.headings import Heading, read_heading
from chalicelib.replies.judge_mail import (
    begun,
    cut_short,
    has_words,
    is_begun,
    judge,
    may_be_told,
    may_follow,
    to_be_told,
    unreadable,
)
from chalicelib.replies.mail_heads import MailHead, read_head
from chalicelib.replies.mistyped import DIGEST, LISTED_FOR, MISTYPED, MistypedMail, MistypedMails
from chalicelib.replies.mistyped import HELD as HELD_ROW
from chalicelib.replies.note_messages import spoke
from chalicelib.replies.parsed_mail import ParsedMail
from chalicelib.replies.place_mail import Copy, PlaceMail
from chalicelib.replies.ports import (
    ANSWER_ONE,
    LATE,
    ConversedReports,
    InboundMail,
    InboundStore,
    InboxNote,
    InboxNotes,
    ReplySealer,
    ReplyShelf,
)
from chalicelib.replies.read_mail import read_mail
from chalicelib.replies.senders import may_write_for, who_wrote
from chalicelib.replies.taking_ports import Marks, MistypedShelf
from chalicelib.reporting.cases import case_number
from chalicelib.reporting.ports import Sealer
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import SecretMissing, StaleRecord, StoreUnavailable

PIECE = 255 * 1024  # bytes of a raw mail that are sealed together: padding takes 256 KiB with its length
SEALED_MISTYPED = PIECE  # of a mail that found no case: its words stand at its beginning
_NOTE_KEPT = timedelta(days=14)
_TRIES = 50


class TakeReply:
    """Takes one inbound mail, and is idempotent. `to_delivery_key` seals what belongs to no report."""

    def __init__(
        self,
        inbound: InboundStore,
        place: PlaceMail,
        reports: ConversedReports,
        directory: RecipientBook,
        shelf: ReplyShelf,
        sealer: ReplySealer,
        inbox_notes: InboxNotes,
        marks: Marks,
        rows: MistypedMails,
        mistyped: MistypedShelf,
        to_delivery_key: Sealer,
        clock: Clock,
    ) -> None:
        self._inbound = inbound
        self._place = place
        self._reports = reports
        self._directory = directory
        self._shelf = shelf
        self._sealer = sealer
        self._inbox_notes = inbox_notes
        self._marks = marks
        self._rows = rows
        self._mistyped = mistyped
        self._to_delivery_key = to_delivery_key
        self._clock = clock

    def __call__(self, key: str) -> Mapping[str, int]:
        """Take the mail that lies under a key; return how many copies of reports it was what to.

        Taking it again does nothing: "gone". Raises StoreUnavailable: it must then come again.
        """
        mail = self._inbound.read(key)
        if mail is None:
            return {"gone": 1}
        head, heading = read_head(mail.raw), read_heading(mail.raw)
        placed = self._place(
            mail.recipients, head.answers, lambda office: may_write_for(heading.sender, self._office(office))
        )
        steps: list[Callable[[], str]] = [
            self._step(self._take, copy, mail, head, heading) for copy in placed.copies
        ]
        steps += [self._step(self._answer_to_digest, one, mail, head) for one in placed.digests]
        if placed.mistyped:
            steps.append(self._step(self._keep_mistyped, mail, head))
        became = Counter(guesses=placed.guesses, strange=placed.strange) + Counter(_all_done(steps))
        self._inbound.delete(key)
        return became or {"nobodys": 1}

    @staticmethod
    def _step(what: Callable[..., str], *of: object) -> Callable[[], str]:
        return lambda: what(*of)

    # A reply to one office's copy of one report

    def _take(self, copy: Copy, mail: InboundMail, head: MailHead, heading: Heading) -> str:
        key = self._reports.reporter_key(copy.report_id)
        if key is None or self._reports.look_up(copy.report_id, self._now()) is None:
            return self._late(copy, mail)
        now, reply_id = self._now(), head.reply_id(copy.report_id, copy.recipient)
        before = self._shelf.conversation(copy.report_id).reply(reply_id)
        if before is not None and before.state != HELD:  # an earlier try came as far, or it came twice
            self._finish(copy, before)
            return "again"
        if before is None:
            self._noted(copy.report_id, begun(reply_id, copy.recipient, now))
        elif is_begun(before):  # whoever began to read it came to no end: the desk hears of it
            self._finish(copy, before)
        if before is None or is_begun(before):
            self._keep_raw(copy, reply_id, key, mail)
        to_us = self._place.is_to(copy, heading, head.answers)
        parsed, note, words = self._read(copy, reply_id, mail, now, () if to_us else (NOT_TO_US,))
        if before is not None and not may_follow(note, before):
            self._finish(copy, before)
            return "again"
        if words:
            sealed = self._sealer.seal(words, key, f"{copy.report_id}/{reply_id}")
            self._shelf.keep_reply(copy.report_id, reply_id, sealed, now + KEPT)
        if kind := to_be_told(note, parsed.files):
            self._tell(copy.recipient, kind, (case_number(copy.report_id),), why=note.kind)
        note = self._noted(copy.report_id, note)
        self._finish(copy, note)
        return note.state

    def _keep_raw(self, copy: Copy, reply_id: str, key: bytes, mail: InboundMail) -> None:
        """Seal a mail as it came, before anything reads it."""
        name = f"{copy.report_id}/{reply_id}"
        pieces = [mail.raw[start : start + PIECE] for start in range(0, len(mail.raw), PIECE)] or [b""]
        sealed = [self._sealer.seal(one, key, f"{name}/raw/{number}") for number, one in enumerate(pieces)]
        self._shelf.keep_raw(copy.report_id, reply_id, sealed, self._now() + KEPT)

    def _read(
        self, copy: Copy, reply_id: str, mail: InboundMail, now: datetime, doubts: tuple[str, ...]
    ) -> tuple[ParsedMail, ReplyNote, bytes]:
        """Take a mail apart. What cannot be is held as it is, sealed: no stranger's mail stops the others."""
        office = self._office(copy.recipient)
        try:
            parsed = _parsed(mail)
            note, words = judge(parsed, (*who_wrote(parsed, office), *doubts), reply_id, copy, now)
            return parsed, note, words
        except Exception:
            parsed = unreadable()
            return parsed, judge(parsed, (), reply_id, copy, now)[0], b""

    def _noted(self, report_id: str, note: ReplyNote) -> ReplyNote:
        """Put a note into the conversation; return it, or the one that is there and stays.

        Of one that had to leave at once nothing is kept, as of one that says nothing to the writer.
        """
        for _ in range(_TRIES):
            conversation = self._shelf.conversation(report_id)
            there = conversation.reply(note.id)
            if there is not None and not may_follow(note, there):
                return there
            changed, gone = conversation.with_reply(note)
            try:
                self._shelf.save(changed, self._now() + KEPT)
            except StaleRecord:
                continue
            for one in gone:
                self._shelf.drop_raw(report_id, one.id)
                self._shelf.drop_reply(report_id, one.id)
            return note if note not in gone else replace(note, state=NOTED)
        raise StoreUnavailable("the conversation changes too often")

    def _finish(self, copy: Copy, note: ReplyNote) -> None:
        """Do what follows from a note, in whatever state it is by now."""
        if note.state == SHOWN:
            self._spoken(copy, note)
        if note.state == HELD:  # its row on the desk's list: there once, however often it is added
            domain, case = _domain(note.sender), case_number(copy.report_id)
            self._rows.add(MistypedMail(note.id, note.at, domain, note.verdicts, HELD_ROW, case))
        if note.state == THROWN:
            self._shelf.drop_reply(copy.report_id, note.id)
        if note.state != HELD:
            self._shelf.drop_raw(copy.report_id, note.id)

    def _spoken(self, copy: Copy, note: ReplyNote) -> None:
        """Record on the report that this office replied: somebody there has it, and it is kept for longer.

        One that is not proven to be an answer of theirs does not say that somebody has it.
        """
        office, proven = (copy.recipient,), not note.unproven
        for _ in range(_TRIES):
            try:
                spoke(self._reports, copy.report_id, office, note.at, self._now(), replied=proven)
            except StaleRecord:
                continue
            return
        raise StoreUnavailable("the record changes too often")

    # What belongs to no report (any more)

    def _late(self, copy: Copy, mail: InboundMail) -> str:
        """Tell an office once that a report is gone which somebody there answered: nothing of it is kept.

        What somebody else sent in its name tells it nothing, and does not use up that once.
        """
        parsed = _parsed(mail)
        if not has_words(parsed) or not may_be_told(who_wrote(parsed, self._office(copy.recipient))):
            return "late_noted"
        case = case_number(copy.report_id)
        mark = f"late reply {case} {copy.recipient}"
        if not self._marks.marked(mark):
            self._tell(copy.recipient, LATE, (case,))
            self._marks.mark(mark, self._now() + KEPT)
        return "late"

    def _answer_to_digest(self, recipient: str, mail: InboundMail, head: MailHead) -> str:
        """Keep what answers a digest: nobody knows which report is meant. Tell how to answer one."""
        parsed = _parsed(mail)
        if not has_words(parsed):
            return "digest_noted"
        doubts = who_wrote(parsed, self._office(recipient))
        if may_be_told(doubts):
            self._tell(recipient, ANSWER_ONE, ())
        return self._keep_caseless(DIGEST, head.reply_id(DIGEST, recipient), mail, parsed, doubts)

    def _keep_mistyped(self, mail: InboundMail, head: MailHead) -> str:
        """Keep what has a slip in its address, and nothing of what no person wrote."""
        parsed = _parsed(mail)
        if not has_words(parsed):
            return "mistyped_noted"
        doubts = who_wrote(parsed, None)
        return self._keep_caseless(MISTYPED, head.reply_id(MISTYPED, ""), mail, parsed, doubts)

    def _keep_caseless(
        self, why: str, mail_id: str, mail: InboundMail, parsed: ParsedMail, doubts: tuple[str, ...]
    ) -> str:
        """Seal a mail to the delivery key and put it on the desk's list; without a key it is counted.

        So is what is forged, spam or harmful: nobody needs to look for its office.
        """
        if not may_be_told(doubts):
            return f"{why}_not_kept"
        now = self._now()
        row = MistypedMail(mail_id, now, _domain(parsed.sender), parsed.verdicts.words(), why)
        try:
            sealed = self._to_delivery_key.seal(mail.raw[:SEALED_MISTYPED], mail_id)
        except SecretMissing:
            return f"{why}_not_kept"
        self._mistyped.keep(mail_id, sealed, now + LISTED_FOR)
        if not self._rows.add(row) and mail_id not in (one.id for one in self._rows.listed(now)):
            self._mistyped.drop(mail_id)  # its day has as many as are kept
            return f"{why}_not_kept"
        return why

    def _tell(self, recipient: str, kind: str, about: tuple[str, ...], why: str = "") -> None:
        now = self._now()
        note = InboxNote(recipient, kind, about, f"{now:%Y-%m-%d}", why)
        self._inbox_notes.add(note, now + _NOTE_KEPT)

    def _office(self, recipient: str) -> Recipient | None:
        return next((one for one in self._directory.recipients() if one.id == recipient), None)

    def _now(self) -> datetime:
        now = self._clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)  # as stores keep it


def _parsed(mail: InboundMail) -> ParsedMail:
    parsed = read_mail(mail.raw)
    return cut_short(parsed) if mail.truncated else parsed


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2]


def _all_done(steps: Iterable[Callable[[], str]]) -> list[str]:
    """Do each, also after one that failed, so that one report's trouble holds up no other; then raise it."""
    became: list[str] = []
    failed: Exception | None = None
    for step in steps:
        try:
            became.append(step())
        except Exception as error:
            failed = failed or error
    if failed is not None:
        raise failed
    return became
