"""A bench for delivery, every port a fake: reports go in, a worker runs, notices come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.delivery.deliver_reports import DeliverReports
from chalicelib.delivery.flood_caps import Caps, FloodCaps
from chalicelib.delivery.note_delivery import NoteDelivery
from chalicelib.delivery.outbox import Tally
from chalicelib.delivery.outcomes import Outcome
from chalicelib.delivery.ports import Notice, OpenedReport
from chalicelib.delivery.reply_addresses import ReplyToken, reply_token
from chalicelib.delivery.reply_to import ReplyTo
from chalicelib.delivery.send_mail import SendMail
from chalicelib.directory.recipients import Recipient
from chalicelib.reporting.cases import (
    HELD,
    QUEUED,
    WATCH_AFTER,
    Delivery,
    SealedReport,
)
from chalicelib.reporting.choices import Choice
from chalicelib.reporting.ports import SentMail
from chalicelib.reporting.report import Report
from tests.support.fakes import (
    Failing,
    FakeAlarms,
    FakeMailer,
    FakeMarks,
    FakeRecipients,
    FakeSealer,
    FakeStore,
    FixedClock,
    recipient,
)

POLICE = recipient("police", fallback="chief@agency.example")
CLINIC = recipient("clinic")


class FakeRenderer(Failing):
    """Writes mails that a test can read: a line for the address, then one for each story.

    `told` are the opened reports that it was given, `reply_to` the reply addresses of digests.
    """

    def __init__(self) -> None:
        super().__init__()
        self.told: list[OpenedReport] = []
        self.reply_to: list[str] = []

    def report(
        self, recipient: Recipient, to: str, opened: OpenedReport, others: Sequence[Recipient]
    ) -> bytes:
        self._about_to(f"write {opened.report.story}")
        self._about_to("report")
        self.told.append(opened)
        return "\n".join([f"To: {to}", opened.report.story]).encode()

    def digest(
        self,
        recipient: Recipient,
        to: str,
        opened: Sequence[OpenedReport],
        names: Mapping[str, str],
        reply_to: str = "",
    ) -> bytes:
        for one in opened:
            self._about_to(f"write {one.report.story}")
        self._about_to("digest")
        self.told += opened
        self.reply_to.append(reply_to)
        return "\n".join([f"To: {to}", *(one.report.story for one in opened)]).encode()


class FakeReplyTokens(Failing):
    """Makes tokens with a secret that anybody knows, one for each key of a fake seal."""

    def token(self, sealed: bytes, about: str, recipient: str) -> ReplyToken:
        self._about_to("token")
        return reply_token(b"of a test", about, recipient)


class FakeAddresses(Failing):
    """A KeepReplyAddress in a dictionary: what leads where, and until when."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, tuple[str, str, str]] = {}
        self.until: dict[str, datetime] = {}

    def __call__(
        self, token_hash: str, recipient: str, keep_until: datetime, *, report_id: str = "", batch: str = ""
    ) -> None:
        self._about_to("keep")
        self.kept[token_hash] = (recipient, report_id, batch)
        self.until[token_hash] = keep_until


class DeliveryBench:
    """The delivering side of Porchlight with every port a fake. `seconds` is what a run may take."""

    def __init__(self, *recipients: Recipient) -> None:
        self.store, self.sealer, self.clock = FakeStore(), FakeSealer(), FixedClock()
        self.mailer, self.alarms, self.renderer = FakeMailer(), FakeAlarms(), FakeRenderer()
        self.directory = FakeRecipients(*(recipients or (POLICE, CLINIC)))
        self.marks = FakeMarks()
        self.caps: Caps | None = None  # reports are stored as counted already
        self.waited: list[timedelta] = []
        self.outcomes: list[Outcome] = []
        self.seconds = 120.0
        self.reply_domain = ""  # replies are off
        self.tokens, self.reply_addresses = FakeReplyTokens(), FakeAddresses()
        self.note_message: Callable[[SealedReport], None] = lambda message: None
        self._stories = 0

    def worker(self) -> DeliverReports:
        """Return a worker; several may be made."""
        replies = ReplyTo(
            self.tokens,
            self.reply_addresses,
            self.store,
            self.clock,
            self.reply_domain,
            lambda: "us-west-2.amazonses.com",
        )
        send = SendMail(
            self.mailer,
            self.renderer,
            self.store,
            self.alarms,
            self.clock,
            "reports@porchlight.example",
            replies,
        )
        caps = FloodCaps(self.store, self.marks, digest_every=timedelta(hours=1), caps=self.caps)
        return DeliverReports(
            self.store,
            self.sealer,
            send,
            caps,
            self.directory,
            self.alarms,
            self.clock,
            self.waited.append,
            self.outcomes.append,
            note_message=self.note_message,
        )

    def deliver(self) -> Tally:
        """Let a worker run once."""
        return self.worker()(lambda: timedelta(seconds=self.seconds))

    def take(
        self,
        *to: str,
        story: str = "",
        held_until: datetime | None = None,
        place: str = "town",
        choice: Choice | None = None,
        about: str = "",
    ) -> str:
        """Store a report to these recipients (police, if none is named) and return its id.

        Without a `choice` it is one that was sealed before choices were.
        """
        self._stories += 1
        now = self.clock.now()
        report_id = f"{self._stories:032x}"
        words = Report("town", "en", story or f"story {self._stories}", about_writer=about, choice=choice)
        content = words.to_bytes()
        state, when = (QUEUED, now) if held_until is None else (HELD, held_until)
        self.store.add(
            SealedReport(
                id=report_id,
                sealed=self.sealer.seal(content, report_id),
                reporter_key=bytes(32),
                place=place,
                taken_at=now,
                deliveries=tuple(
                    Delivery(one, state, now, when, digest=state == HELD) for one in to or ("police",)
                ),
                held="" if held_until is None else "flood",
                watch_at=now + WATCH_AFTER,
                counted=self.caps is None or held_until is not None,
            )
        )
        return report_id

    def take_message(
        self,
        report_id: str,
        *to: str,
        answers: Mapping[str, Sequence[str]] | None = None,
        held_until: datetime | None = None,
    ) -> str:
        """Store a message that the writer of a report adds to it, and return its id."""
        self._stories += 1
        now, message_id = self.clock.now(), f"{report_id}.{self._stories:012x}"
        words = Report("town", "en", f"message {self._stories}", answers=answers or {})
        state, when = (QUEUED, now) if held_until is None else (HELD, held_until)
        copies = tuple(Delivery(one, state, now, when, digest=state == HELD) for one in to or ("police",))
        sealed = self.sealer.seal(words.to_bytes(), message_id)
        self.store.add(
            SealedReport(
                message_id, sealed, bytes(32), "town", now, copies, watch_at=now + WATCH_AFTER, counted=True
            )
        )
        return message_id

    def add_delivery(self, report_id: str, *deliveries: Delivery) -> None:
        """Write deliveries straight into a record, as somebody could who may write to the table."""
        record = self.record(report_id)
        self.store.reports[report_id] = replace(
            record, deliveries=(*record.deliveries, *deliveries), version=record.version + 1
        )

    def record(self, report_id: str) -> SealedReport:
        """Return a report as it is stored."""
        return self.store.reports[report_id]

    def delivery(self, report_id: str, to: str = "police") -> Delivery:
        """Return a delivery as it is stored."""
        found = self.record(report_id).delivery_to(to)
        assert found is not None
        return found

    def state(self, report_id: str, to: str = "police") -> str:
        """Return the state of a delivery."""
        return self.delivery(report_id, to).state

    def stories(self, to: str | None = None) -> list[list[str]]:
        """Return the stories of each mail that was sent, or of those to one address."""
        return [
            mail.content.decode().split("\n")[1:] for mail in self.mailer.sent if to is None or mail.to == to
        ]

    def addresses(self) -> list[str]:
        """Return to whom mails went, in order."""
        return [mail.to for mail in self.mailer.sent]

    def note(self, kind: str, mail: int = -1, **changed: object) -> str:
        """Note a notice of the mail service about one of the mails that were sent."""
        sent = self.mailer.sent[mail]
        number = mail % len(self.mailer.sent) + 1
        notice = Notice(
            kind,
            f"message-{number}",
            SentMail(sent.about, sent.recipient, sent.turn),
            self.clock.now(),
            to=(sent.to,),
            addresses=(sent.to,),
        )
        return self.noter()(replace(notice, **changed))  # type: ignore[arg-type]

    def noter(self) -> NoteDelivery:
        """Return the use case of notices."""
        return NoteDelivery(
            self.store, self.directory, self.alarms, self.clock, log_outcome=self.outcomes.append
        )
