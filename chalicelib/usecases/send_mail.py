"""Send one mail, and turn what the mail service says into a change of each delivery that was in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.deliveries import (
    FALLBACK,
    FALLEN_BACK,
    FIRST,
    REJECTED,
    SENT,
    Delivery,
    back_off,
    move,
)
from chalicelib.domain.errors import KeyUnusable, MailDelayed, MailRefused
from chalicelib.domain.recipients import Recipient
from chalicelib.ports import Alarms, Clock, Mail, Mailer, MailRenderer, OpenedReport

KEY_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Change:
    """What to do with a delivery after a try. `apply` may be called again on a record that changed meanwhile."""

    apply: Callable[[Delivery], Delivery]
    sent: bool = False
    given_up: bool = False


class SendMail:
    """Writes and sends mails. MailStopped passes through: it concerns the queue, not one mail."""

    def __init__(
        self,
        mailer: Mailer,
        renderer: MailRenderer,
        alarms: Alarms,
        clock: Clock,
        sender: str,
        names: Callable[[], dict[str, str]],
    ) -> None:
        self._mailer = mailer
        self._renderer = renderer
        self._alarms = alarms
        self._clock = clock
        self._sender = sender
        self._names = names

    def report(
        self, recipient: Recipient, delivery: Delivery, opened: OpenedReport, others: Sequence[Recipient]
    ) -> Change:
        """Send one report to one recipient, told who else gets it."""
        about = f"report-{opened.record.id}"
        case = opened.record.case_number
        return self._tried(
            recipient, delivery, about, case, lambda: self._renderer.report(recipient, opened, others)
        )

    def digest(
        self, recipient: Recipient, deliveries: Sequence[Delivery], opened: Sequence[OpenedReport], batch: str
    ) -> Change:
        """Send many reports to one recipient in one mail; `deliveries` are theirs, all to the same address."""
        names = self._names()
        longest_tried = max(deliveries, key=lambda one: one.attempts)
        case = f"{len(opened)} held"
        return self._tried(
            recipient,
            longest_tried,
            f"batch-{batch}",
            case,
            lambda: self._renderer.digest(recipient, opened, names),
        )

    def _tried(
        self, recipient: Recipient, delivery: Delivery, about: str, case: str, write: Callable[[], bytes]
    ) -> Change:
        detail = {"case": case, "recipient": recipient.id, "address": delivery.address}
        try:
            content = write()
        except KeyUnusable as error:
            self._alarms.raise_alarm("key_unusable", {**detail, "error": str(error)})
            again = self._clock.now() + KEY_WAIT
            return Change(lambda one: replace(one, next_try=again) if one.next_try is not None else one)
        to = recipient.address(delivery.address)
        mail = Mail(self._sender, to, recipient.id, delivery.address, about, content)
        try:
            message_id = self._mailer.send(mail)
        except MailDelayed:
            wait = back_off(delivery.attempts + 1, self._clock.chance())
            return Change(_try_again(self._clock.now() + wait, delivery.attempts + 1))
        except MailRefused as error:
            self._alarms.raise_alarm("mail_refused", {**detail, "error": str(error)})
            given_up = delivery.address == FALLBACK or not recipient.fallback
            return Change(_refused(self._clock.now(), delivery.address, recipient), given_up=given_up)
        now = self._clock.now()
        return Change(lambda one: move(one, SENT, now, message_id=message_id), sent=True)


def _try_again(when: datetime, attempts: int) -> Callable[[Delivery], Delivery]:
    # A notice may have said meanwhile that the mail arrived after all: then there is nothing to try again.
    return lambda one: replace(one, next_try=when, attempts=attempts) if one.next_try is not None else one


def _refused(now: datetime, address: str, recipient: Recipient) -> Callable[[Delivery], Delivery]:
    return lambda one: refuse(one, address, REJECTED, now, bool(recipient.fallback))


def refuse(delivery: Delivery, address: str, state: str, now: datetime, has_fallback: bool) -> Delivery:
    """Return a delivery that `address` did not take: queued for the second address, or given up as `state`.

    Unchanged when the delivery has moved on to the other address already: this is then old news.
    """
    if delivery.address != address:
        return delivery
    if delivery.address == FIRST and has_fallback:
        return move(delivery, FALLEN_BACK, now, next_try=now, address=FALLBACK, attempts=0)
    return move(delivery, state, now)
