"""Write back: validate a writer's message, seal it like a report, and store it with its queue entry (outbox).

It is a record of its own, whose id is the report's, a point, and what makes the same form give one record
(idempotent). Who may get it is decided here by the deliveries of the report, and sealed with the words:
whoever mails it mails it to nobody else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.recipients import Recipient, offered_at
from chalicelib.replies.follow_up import FollowUp, OpenedCase, has_it
from chalicelib.replies.ports import CodeVault
from chalicelib.replies.reply import Reply
from chalicelib.reporting import form_fields
from chalicelib.reporting.cases import QUEUED, WATCH_AFTER, Delivery, SealedReport
from chalicelib.reporting.choices import SHOWN_MOST, Choice, Office, marks_of
from chalicelib.reporting.errors import FormExpired, InvalidReport, ReceiptTaken
from chalicelib.reporting.form_tokens import (
    Stamps,
    make_token,
    read_token,
    returned_stamps,
    says_it_may_stay,
)
from chalicelib.reporting.ports import ReportShelf, Sealer
from chalicelib.reporting.report import Report, plain_lines, problem_of_story
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import SecretMissing, StoreUnavailable

A_DAY = 5  # messages of one report
IN_ALL = 20
TOO_MANY_TODAY = "too_many_today"
TOO_MANY = "too_many"
_COUNTER = "message#"  # the policy of the code function names it
_ID_BYTES = 6
_REFERENCES_MOST = 10
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,250}>")  # what can stand in a header of a mail


class MessageShelf(ReportShelf, Protocol):
    """The report store as who writes back sees it. Any call may raise StoreUnavailable."""

    def count(self, counter: str, names: Sequence[str], keep_until: datetime) -> Mapping[str, int]:
        """Increment each named number of a counter, and return their new values."""


@dataclass(frozen=True, slots=True)
class MayGetIt:
    """An office to which a message may go, as the box names it; `wrote` says that it wrote back."""

    office: Recipient
    wrote: bool


class WriteBack:
    """Use case of the box below the replies. Nothing is mailed here: whoever delivers does that."""

    def __init__(
        self,
        store: MessageShelf,
        sealer: Sealer,
        vault: CodeVault,
        recipient_book: RecipientBook,
        clock: Clock,
        follow_up: FollowUp,
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._vault = vault
        self._recipient_book = recipient_book
        self._clock = clock
        self._follow_up = follow_up

    def offices(self, case: OpenedCase) -> tuple[MayGetIt, ...]:
        """Return the offices to which a message may go: those that have the report, once one wrote back.

        One that may have, and nobody can prove it, is among them and counts as one that did not.

        Whoever has it not is not among them: it was withheld, did not arrive, or is not settled.
        """
        wrote = case.who_wrote()
        known = {recipient.id: recipient for recipient in self._recipient_book.recipients()}
        return tuple(
            MayGetIt(known[delivery.recipient], delivery.recipient in wrote)
            for delivery in case.record.deliveries
            if case.has_replies and delivery.recipient in known and has_it(delivery)
        )

    def named(self, ids: Sequence[str]) -> tuple[Recipient, ...]:
        """Return the offices of these ids that we know, to name them again: it says nothing of a report."""
        return tuple(one for one in self._recipient_book.recipients() if one.id in set(ids))

    def closed(self, case: OpenedCase) -> str:
        """Say why nothing can be written any more: TOO_MANY, or ""."""
        return TOO_MANY if len(case.conversation.messages) >= IN_ALL else ""

    def open_form(self) -> str:
        """Return a token for a new box."""
        return make_token(self._vault.form_secret(), self._clock.now(), self._clock.nonce())

    def kept_stamps(self, token: str, *, anew: bool = False) -> Stamps:
        """Return the stamps of a box that comes back: still the same one, so that it counts once."""
        now = self._clock.now()
        if says_it_may_stay(token, now) and not anew:
            return Stamps(token)
        with suppress(SecretMissing, StoreUnavailable):
            return returned_stamps(self._vault.form_secret(), token, now, self._clock.nonce())
        return Stamps(token)

    def __call__(
        self, case: OpenedCase, fields: Mapping[str, Sequence[str]], locale: str
    ) -> tuple[Recipient, ...]:
        """Store the message in `fields` and return to whom it goes.

        Sending the same box twice stores one message. Raises InvalidReport (with every problem), FormExpired,
        SecretMissing or StoreUnavailable; nothing is stored then.
        """
        now = self._clock.now()
        text = plain_lines("".join(fields.get(form_fields.STORY, ())[:1]))
        offices = {one.office.id: one.office for one in self.offices(case)}
        ticked = set(fields.get(form_fields.RECIPIENTS, ()))
        problems = {}
        if problem := problem_of_story(text):
            problems[form_fields.STORY] = problem
        if not ticked:
            problems[form_fields.RECIPIENTS] = "no_recipient"
        elif not ticked <= offices.keys():
            problems[form_fields.RECIPIENTS] = "unknown_choice"
        try:
            token = read_token(self._vault.form_secret(), "".join(fields.get(form_fields.TOKEN, ())), now)
        except FormExpired as expired:
            raise FormExpired(str(expired), problems) from expired
        if problems:
            raise InvalidReport(problems)
        chosen = tuple(office for office in offices.values() if office.id in ticked)
        record_id = f"{case.record.id}.{_part(case.record.id, token.nonce, text, chosen)}"
        if self._store.look_up(record_id, now) is None:
            self._allow(case, now)
            self._add(case, record_id, text, chosen, locale, now)
        return chosen

    def _allow(self, case: OpenedCase, now: datetime) -> None:
        """Count one more message. Raises InvalidReport when that is more than one report may have.

        What waits to be mailed is not in the conversation yet: the count of the day stands before that.
        """
        if problem := self.closed(case):
            raise InvalidReport({form_fields.TOKEN: problem})
        day = f"{self._follow_up.today(case):%Y-%m-%d}"
        counted = self._store.count(f"{_COUNTER}{case.record.id}#{day}", ["sent"], now + timedelta(days=2))
        if counted["sent"] > A_DAY:
            raise InvalidReport({form_fields.TOKEN: TOO_MANY_TODAY})

    def _add(
        self,
        case: OpenedCase,
        record_id: str,
        text: str,
        chosen: Sequence[Recipient],
        locale: str,
        now: datetime,
    ) -> None:
        record = case.record
        message = Report(
            record.place,
            locale,
            text,
            choice=self._choice(case, {office.id for office in chosen}),
            answers={
                office.id: ids
                for office in chosen
                if (newest := case.newest_from(office.id)) and (ids := _thread(newest))
            },
        )
        sealed = SealedReport(
            id=record_id,
            sealed=self._sealer.seal(message.to_bytes(), record_id),
            reporter_key=case.public_key,
            place=record.place,
            taken_at=now,
            deliveries=tuple(Delivery(office.id, QUEUED, now, now) for office in chosen),
            watch_at=now + WATCH_AFTER,
            keep_days=record.keep_days,
        )
        with suppress(ReceiptTaken):  # the same box again: one message
            self._store.add(sealed)

    def _choice(self, case: OpenedCase, chosen: set[str]) -> Choice:
        """Return the consent that is sealed: the chosen are ticked, and all others that we know of are not.

        Nobody can be put in their place later: neither who got the report and not this, nor who is offered
        beside them.
        """
        known = {recipient.id: recipient for recipient in self._recipient_book.recipients()}
        chain = self._recipient_book.chain(case.record.place)
        named = [delivery.recipient for delivery in case.record.deliveries]
        named += [office.id for office in offered_at(known.values(), chain, agreed_only=False)]
        offices = []
        for name in [*dict.fromkeys(named)][: max(SHOWN_MOST, len(case.record.deliveries))]:
            one = known.get(name)
            offices.append(
                Office(name, "", False, False)
                if one is None
                else Office(name, one.nature, one.enforces_immigration, name in chosen, marks_of(one))
            )
        return Choice(tuple(offices))


def _part(report_id: str, nonce: bytes, text: str, chosen: Sequence[Recipient]) -> str:
    """Return the hex digits of a message's id: the same of the same box with the same words and offices."""
    names = ",".join(sorted(office.id for office in chosen))
    sent = f"{report_id}\0{names}\0{text}".encode()
    return hashlib.sha256(b"porchlight message|" + nonce + sent).digest()[:_ID_BYTES].hex()


def _thread(reply: Reply) -> tuple[str, ...]:
    """Return a reply's Message-ID and, behind it, those that it refers to, the latest of them."""
    if not _MESSAGE_ID.fullmatch(reply.message_id):
        return ()
    earlier = [one for one in reply.references if _MESSAGE_ID.fullmatch(one)]
    return (reply.message_id, *earlier[-_REFERENCES_MOST:])
