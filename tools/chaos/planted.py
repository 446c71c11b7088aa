"""Faults that are planted on purpose, to see that a chaos run finds them: PLANT=<name>.

Each stands between the site's own parts, where a mistake in one of them would show.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.delivery.deliver_reports import DeliverReports
from chalicelib.delivery.leases import Case, Leases
from chalicelib.delivery.outbox import Tally
from chalicelib.delivery.ports import (
    MailRenderer,
    Notice,
    OpenedReport,
    Opener,
)
from chalicelib.delivery.send_mail import Change, SendMail
from chalicelib.directory.recipients import Recipient
from chalicelib.replies.ports import InboundStore, ReplyAddressBook
from chalicelib.reporting.cases import (
    BOUNCED,
    QUEUED,
    SENT,
    Delivery,
    SealedReport,
    move,
)
from chalicelib.reporting.ports import ReportStore
from chalicelib.reporting.report import Report
from chalicelib.shared.errors import StoreUnavailable
from chalicelib.shared.mail import Mail, Mailer
from tools.chaos.world import AGENCIES


class Plant:
    """A site without a fault: every part is handed back as it is."""

    worker: type[DeliverReports] = DeliverReports

    def mailer(self, mailer: Mailer) -> Mailer:
        """Return the mail service."""
        return mailer

    def renderer(self, renderer: MailRenderer) -> MailRenderer:
        """Return what writes the mails."""
        return renderer

    def opener(self, opener: Opener) -> Opener:
        """Return what opens the reports."""
        return opener

    def store(self, store: ReportStore) -> ReportStore:
        """Return the deliverers' store."""
        return store

    def writers_store(self, store: ReportStore) -> ReportStore:
        """Return the form's store."""
        return store

    def notice(self, notice: Notice) -> Notice:
        """Return a notice as the site reads it."""
        return notice

    def inbound(self, store: InboundStore) -> InboundStore:
        """Return the bucket of inbound mail."""
        return store

    def addresses(self, book: ReplyAddressBook) -> ReplyAddressBook:
        """Return the reply addresses, as who takes replies looks them up."""
        return book


class _Around:
    """Passes everything on to a part of the site, but for what a fault changes."""

    def __init__(self, part: Any) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)


def _to_other_address(mail: Mail, to: str) -> Mail:
    content = mail.content.replace(f"To: {mail.to}".encode(), f"To: {to}".encode(), 1)
    return replace(mail, to=to, content=content)


class WrongInbox(Plant):
    """Every report goes to one office's inbox, whoever was chosen; the tags are right."""

    def mailer(self, mailer: Mailer) -> Mailer:
        """Return a mail service with one address for all."""

        class Wrong(_Around):
            def send(self, mail: Mail) -> str:
                if mail.about.startswith("alarm-"):
                    return mailer.send(mail)
                return mailer.send(_to_other_address(mail, AGENCIES[0].email))

        return Wrong(mailer)


class AlsoUnticked(Plant):
    """Each report also goes to every office that was not ticked."""

    def mailer(self, mailer: Mailer) -> Mailer:
        """Return a mail service that sends one mail to everybody else as well."""

        class Generous(_Around):
            def send(self, mail: Mail) -> str:
                message_id = mailer.send(mail)
                if not mail.about.startswith("alarm-"):
                    for other in AGENCIES:
                        if other.id != mail.recipient:
                            mailer.send(_to_other_address(mail, other.email))
                return message_id

        return Generous(mailer)


class CutWords(Plant):
    """Words are cut after sixty signs when a report is opened."""

    def opener(self, opener: Opener) -> Opener:
        """Return an opener that forgets what came after."""

        class Short(_Around):
            def open(self, sealed: bytes, report_id: str) -> bytes:
                report = Report.from_bytes(opener.open(sealed, report_id))
                return replace(report, story=report.story[:60]).to_bytes()

        return Short(opener)


class SwallowsStoreFaults(Plant):
    """The form gives a receipt although the store did not take the report."""

    def writers_store(self, store: ReportStore) -> ReportStore:
        """Return a store that is content with anything."""

        class Content(_Around):
            def add(self, report: SealedReport) -> None:
                try:
                    store.add(report)
                except StoreUnavailable:
                    return

        return Content(store)


class ShortDigest(Plant):
    """A digest leaves out its last report."""

    def renderer(self, renderer: MailRenderer) -> MailRenderer:
        """Return a renderer that stops too early."""

        class Lazy(_Around):
            def digest(
                self,
                recipient: Recipient,
                to: str,
                opened: Sequence[OpenedReport],
                names: Mapping[str, str],
                reply_to: str = "",
            ) -> bytes:
                return renderer.digest(recipient, to, opened[:-1] or opened, names, reply_to)

        return Lazy(renderer)


class OnlyRecorded(Plant):
    """Of a report to two offices, the second mail is recorded as sent and never handed over."""

    def mailer(self, mailer: Mailer) -> Mailer:
        """Return a mail service that takes one mail of each report."""
        taken: dict[str, str] = {}

        class Forgetful(_Around):
            def send(self, mail: Mail) -> str:
                if (
                    mail.about.startswith("report-")
                    and taken.setdefault(mail.about, mail.recipient) != mail.recipient
                ):
                    return f"0101-{hashlib.sha256(mail.content).hexdigest()[:8]}-999999"
                return mailer.send(mail)

        return Forgetful(mailer)


class SilentThird(Plant):
    """A third of what is for one office is given up without a mail, a word, or the watch over it."""

    def store(self, store: ReportStore) -> ReportStore:
        """Return a store that loses some of what is claimed."""

        class Silent(_Around):
            def claim(self, report_id: str, now: datetime, until: datetime) -> SealedReport | None:
                record = store.claim(report_id, now, until)
                if record is None or int(report_id[:2], 16) % 3:
                    return record
                lost = record.delivery_to("closed")
                if lost is None or lost.state != QUEUED:
                    return record
                far = datetime(2999, 1, 1, tzinfo=UTC)
                given_up = record.with_delivery(move(lost, BOUNCED, now))
                return store.save(replace(given_up, watch_at=None, answered_at=now, expires_at=far))

        return Silent(store)


class BouncesAreDeliveries(Plant):
    """A bounce is read as a delivery."""

    def notice(self, notice: Notice) -> Notice:
        """Return good news only."""
        return replace(notice, kind="delivered") if notice.kind == "bounced" else notice


class MarksSentFirst(DeliverReports):
    """Records "sent" before it sends, and forgets what the mail service answers."""

    def __call__(self, time_left: Callable[[], timedelta]) -> Tally:
        """Work like the real one, with the mistake in the middle."""
        send, store, clock, wait = self._send, self._store, self._clock, self._wait

        class Hasty(SendMail):
            def __init__(self) -> None:
                pass

            def report(
                self,
                recipient: Recipient,
                delivery: Delivery,
                opened: OpenedReport,
                others: Sequence[Recipient],
            ) -> Change:
                now = clock.now()
                turn = delivery.turn

                def sent(one: Delivery) -> Delivery:
                    return move(one, SENT, now) if one.turn == turn else one

                record = opened.record
                case = Case(record, record.leased_until, {"somebody else"})
                Leases(store, clock, wait, time_left).record(case, recipient.id, sent)
                change = send.report(recipient, delivery, opened, others)
                return Change(lambda one: one, sent=change.sent, message_id=change.message_id)

            def digest(self, *arguments: object, **named: object) -> Change:
                return send.digest(*arguments, **named)  # type: ignore[arg-type]

            @property
            def writes_a_report(self) -> int:
                return send.writes_a_report

            def remember(self, change: Change) -> None:
                send.remember(change)

        self._send = Hasty()
        try:
            return super().__call__(time_left)
        finally:
            self._send = send


class SentBeforeSending(Plant):
    """A worker records "sent" before it sends."""

    worker = MarksSentFirst


PLANTS: dict[str, Callable[[], Plant]] = {
    "": Plant,
    "wrong-inbox": WrongInbox,
    "also-unticked": AlsoUnticked,
    "cut-words": CutWords,
    "swallows-store-faults": SwallowsStoreFaults,
    "short-digest": ShortDigest,
    "only-recorded": OnlyRecorded,
    "silent-third": SilentThird,
    "bounces-are-deliveries": BouncesAreDeliveries,
    "sent-before-sending": SentBeforeSending,
}
