"""Sending of one mail: its result becomes the state sent, a retry with back-off, or a fallback."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.delivery.place_notes import places_of
from chalicelib.delivery.ports import MailRenderer, OpenedReport
from chalicelib.delivery.reply_to import ReplyTo
from chalicelib.directory.errors import KeyUnusable
from chalicelib.directory.recipients import Recipient
from chalicelib.reporting.cases import (
    FALLBACK,
    HELD,
    REJECTED,
    SENT,
    UNCERTAIN_WAIT,
    WAITING,
    Delivery,
    back_off,
    move,
    refused,
)
from chalicelib.reporting.ports import ReportStore, SentMail
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StoreUnavailable
from chalicelib.shared.mail import (
    BATCH,
    REPORT,
    About,
    Mail,
    MailBusy,
    MailDelayed,
    Mailer,
    MailRefused,
    MailStopped,
    MailUncertain,
    MailUnverified,
)
from chalicelib.shared.retention import KEEP_DAYS_MOST

KEY_WAIT = timedelta(hours=1)
FAULT_WAIT = timedelta(minutes=10)
NOTICES_KEPT = timedelta(days=KEEP_DAYS_MOST)


@dataclass(frozen=True, slots=True)
class Change:
    """The change of a delivery after a try. `apply` may be called again on a record that changed meanwhile.

    `sent` is the mail that went out. `busy`: the mail service asked us to slow down. `divide`: try again with
    half of what was in this mail, since one report may spoil it for all.
    """

    apply: Callable[[Delivery], Delivery]
    sent: SentMail | None = None
    message_id: str = ""
    given_up: bool = False
    fell_back: bool = False
    busy: bool = False
    divide: bool = False


class SendMail:
    """Renders and sends mails. MailStopped passes through: it concerns the queue, not one mail.

    `replies` gives mails their reply addresses; without it nobody can reply.
    """

    def __init__(
        self,
        mailer: Mailer,
        renderer: MailRenderer,
        store: ReportStore,
        alarms: Alarms,
        clock: Clock,
        sender: str,
        replies: ReplyTo | None = None,
    ) -> None:
        self._replies = replies
        self._mailer = mailer
        self._renderer = renderer
        self._store = store
        self._alarms = alarms
        self._clock = clock
        self._sender = sender

    def report(
        self, recipient: Recipient, delivery: Delivery, opened: OpenedReport, others: Sequence[Recipient]
    ) -> Change:
        """Send one report to one recipient, told who else gets it. Raises StoreUnavailable, SecretMissing."""
        to = recipient.address(delivery.address)
        opened = self._answerable(recipient, opened)
        return self._tried(
            recipient,
            delivery,
            About.of(REPORT, opened.record.id),
            {"case": opened.record.case_number, **places_of([opened.record.place])},
            lambda: self._renderer.report(recipient, to, opened, others),
        )

    def digest(
        self,
        recipient: Recipient,
        deliveries: Sequence[Delivery],
        opened: Sequence[OpenedReport],
        names: Mapping[str, str],
        may_divide: bool,
    ) -> Change:
        """Send many reports to one recipient in one mail.

        `deliveries` are theirs, all to the same address and in the same turn; `names` gives every
        recipient's name. Which reports the mail holds is stored first, because notices name the mail alone.
        A mail that is refused is given up, unless it `may_divide`. Raises StoreUnavailable, SecretMissing.
        """
        batch = self._clock.nonce().hex()
        now = self._clock.now()
        self._store.keep_batch(batch, [report.record.id for report in opened], now + NOTICES_KEPT)
        opened = [self._answerable(recipient, report) for report in opened]
        reply_to = self._replies.batch(recipient, batch) if self._replies else ""
        longest_tried = max(deliveries, key=lambda delivery: delivery.attempts)
        to = recipient.address(longest_tried.address)
        return self._tried(
            recipient,
            longest_tried,
            About.of(BATCH, batch),
            {
                "case": opened[0].record.case_number,
                "reports": str(len(opened)),
                **places_of([one.record.place for one in opened]),
            },
            lambda: self._renderer.digest(recipient, to, opened, names, reply_to),
            may_divide,
        )

    @property
    def writes_a_report(self) -> int:
        """Return how many writes each report of a mail takes: one records it, one keeps its address."""
        return 2 if self._replies is not None and self._replies.is_on else 1

    def _answerable(self, recipient: Recipient, opened: OpenedReport) -> OpenedReport:
        return opened if self._replies is None else self._replies.report(recipient, opened)

    def remember(self, change: Change) -> None:
        """Store what the mail's message id stands for.

        Most notices say it by themselves, so this may fail.
        """
        if change.sent is not None:
            with suppress(StoreUnavailable):
                self._store.keep_mail(change.message_id, change.sent, self._clock.now() + NOTICES_KEPT)

    def _tried(
        self,
        recipient: Recipient,
        delivery: Delivery,
        about: About,
        named: Mapping[str, str],
        write: Callable[[], bytes],
        may_divide: bool = False,
    ) -> Change:
        detail = {**named, "recipient": recipient.id, "address": delivery.address}
        turn, attempts = delivery.turn, delivery.attempts + 1
        to = recipient.address(delivery.address)
        if not to:  # the fallback was taken out of the directory after the report fell back
            return self._given_up(recipient, delivery, detail, "no such address")
        try:
            content = write()
        except KeyUnusable as error:
            self._alarms.raise_alarm("key_unusable", {**detail, "error": str(error)})
            return Change(_held(turn, self._clock.now() + KEY_WAIT))
        except Exception as error:
            # A template or a report that cannot be written down must not stop what stands behind it. The
            # error's text may quote the report.
            if may_divide:
                return Change(_unchanged, divide=True)
            self._alarms.raise_alarm("mail_unwritable", {**detail, "error": type(error).__name__})
            return Change(_later(turn, self._clock.now() + FAULT_WAIT, attempts))
        try:
            message_id = self._mailer.send(Mail(self._sender, to, recipient.id, turn, about, content))
        except MailDelayed as error:
            if isinstance(error, MailUnverified):
                self._alarms.raise_alarm("not_verified", {**detail, "error": str(error)})
            wait = back_off(attempts, self._clock.chance())
            if isinstance(error, MailUncertain):
                # If it was taken after all, its notice comes first, and nothing is sent twice.
                wait = max(wait, UNCERTAIN_WAIT)
            again_at = self._clock.now() + wait
            return Change(_later(turn, again_at, attempts), busy=isinstance(error, MailBusy))
        except MailRefused as error:
            if may_divide:
                return Change(_unchanged, divide=True)
            return self._given_up(recipient, delivery, detail, str(error))
        except MailStopped:
            raise
        except Exception as error:
            # Whatever it was, the mail may have been taken.
            self._alarms.raise_alarm("mail_fault", {**detail, "error": type(error).__name__})
            return Change(_later(turn, self._clock.now() + FAULT_WAIT, attempts))
        apply = _sent(turn, self._clock.now(), message_id)
        return Change(apply, sent=SentMail(about, recipient.id, turn), message_id=message_id)

    def _given_up(
        self, recipient: Recipient, delivery: Delivery, detail: Mapping[str, str], why: str
    ) -> Change:
        self._alarms.raise_alarm("mail_refused", {**detail, "error": why})
        now, turn, has_fallback = self._clock.now(), delivery.turn, bool(recipient.fallback)
        falls_back = delivery.address != FALLBACK and has_fallback
        return Change(
            lambda current: (
                refused(current, REJECTED, now, has_fallback) if current.turn == turn else current
            ),
            given_up=not falls_back,
            fell_back=falls_back,
        )


# Each of these may meet a record that a notice, or a person, changed while the mail was on its way: another
# turn is none of our business any more, and what is no longer waiting need not be tried again.


def _unchanged(delivery: Delivery) -> Delivery:
    return delivery


def _sent(turn: int, now: datetime, message_id: str) -> Callable[[Delivery], Delivery]:
    return lambda delivery: (
        move(delivery, SENT, now, message_id=message_id) if delivery.turn == turn else delivery
    )


def _later(turn: int, when: datetime, attempts: int) -> Callable[[Delivery], Delivery]:
    return lambda delivery: (
        replace(delivery, next_try=when, attempts=attempts)
        if delivery.turn == turn and delivery.state in WAITING
        else delivery
    )


def _held(turn: int, until: datetime) -> Callable[[Delivery], Delivery]:
    def apply(delivery: Delivery) -> Delivery:
        if delivery.turn != turn or delivery.state not in WAITING:
            return delivery
        held = (
            delivery if delivery.state == HELD else move(delivery, HELD, delivery.changed_at, next_try=until)
        )
        return replace(held, next_try=until, attempts=delivery.attempts + 1)

    return apply
