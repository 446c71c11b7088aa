"""What the use cases ask of the world. Adapters promise this, and fakes in tests/support keep the same promises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.domain.deliveries import SealedReport
from chalicelib.domain.recipients import Recipient
from chalicelib.domain.reports import Report


class Clock(Protocol):
    """The time and chance."""

    def now(self) -> datetime:
        """Return the time, in UTC."""

    def chance(self) -> float:
        """Return a random number in [0, 1)."""

    def nonce(self) -> bytes:
        """Return 16 random bytes fit for secrets."""


class Sealer(Protocol):
    """Locks a report so that only the desk can open it."""

    def seal(self, content: bytes, report_id: str) -> bytes:
        """Encrypt to the desk's current key, bound to this report's id. Raises SecretMissing."""


class Opener(Protocol):
    """Opens what a Sealer sealed."""

    def open(self, sealed: bytes, report_id: str) -> bytes:
        """Return the content. Raises SealBroken when the key is gone or the id is another."""


@dataclass(frozen=True, slots=True)
class ReceiptKeys:
    """What a receipt code leads to: the report's id, and the public key to which replies are sealed."""

    report_id: str
    public_key: bytes


class ReceiptVault(Protocol):
    """The site's secrets around forms and receipt codes. Each may raise SecretMissing or StoreUnavailable."""

    def form_secret(self) -> bytes:
        """Return the secret that signs form tokens."""

    def receipt_secret(self) -> bytes:
        """Return the secret that receipt codes are derived with."""

    def copy_secret(self, day: str) -> bytes:
        """Return the secret of one day (like "2026-11-25") by which copies of a text are recognised."""

    def keys_of(self, code: str) -> ReceiptKeys:
        """Derive a code's keys, slowly on purpose (argon2id)."""


class ReportStore(Protocol):
    """Sealed reports with their deliveries. Any call may raise StoreUnavailable."""

    def add(self, report: SealedReport) -> None:
        """Store a new report and queue its mails: one item, so both or neither. Raises ReceiptTaken."""

    def get(self, report_id: str, now: datetime) -> SealedReport | None:
        """Return a report, or None when there is none or its time is over."""

    def due(self, now: datetime, limit: int) -> list[str]:
        """Return up to `limit` ids of reports that need a worker now, longest waiting first.

        The list may be stale: an id may be leased or finished already, and `claim` will say so.
        """

    def claim(self, report_id: str, now: datetime, until: datetime) -> SealedReport | None:
        """Lease a due report to this worker until `until`, or return None when it is not due any more."""

    def save(self, report: SealedReport) -> SealedReport:
        """Write a changed record; return it as written, with its new version. Raises StaleRecord.

        Its lease stays as the record says, and is dropped when nothing is left to send.
        """

    def count(self, counter: str, names: Sequence[str], keep_until: datetime) -> Mapping[str, int]:
        """Add one to each named number of a counter, and return their new values."""

    def keep_batch(self, batch: str, reports: Sequence[str], keep_until: datetime) -> None:
        """Remember, before it is sent, which reports a digest mail holds."""

    def batch(self, batch: str) -> tuple[str, ...]:
        """Return the ids of the reports in a digest mail, empty when it is unknown."""

    def expired(self, now: datetime) -> Iterable[str]:
        """Return the ids of reports whose time is over, and of counters nobody needs any more."""

    def delete(self, report_id: str, now: datetime) -> bool:
        """Delete an expired record for good; False when it is not expired."""


@dataclass(frozen=True, slots=True)
class OpenedReport:
    """A report opened for the mails, with what a recipient should know around it."""

    record: SealedReport
    report: Report = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """One message, ready to send.

    `about` ("report-<id>" or "batch-<id>"), `recipient` and `address` ("first" or "fallback") come back in the
    mail service's notices; `content` is the whole message (RFC 5322).
    """

    sender: str
    to: str
    recipient: str
    address: str
    about: str
    content: bytes = field(repr=False)


class Mailer(Protocol):
    """The mail service."""

    def send(self, mail: Mail) -> str:
        """Send once and return the service's message id.

        Raises MailDelayed (try again later), MailUncertain (perhaps taken), MailRefused (never this mail) or
        MailStopped (nothing at all now).
        """


class MailRenderer(Protocol):
    """Turns opened reports into messages."""

    def report(self, recipient: Recipient, opened: OpenedReport, others: Sequence[Recipient]) -> bytes:
        """Return the message for one report. Raises KeyUnusable."""

    def digest(
        self, recipient: Recipient, opened: Sequence[OpenedReport], others: Mapping[str, str]
    ) -> bytes:
        """Return one message that holds every one of these reports, in order. Raises KeyUnusable.

        `others` names each recipient id.
        """


class Alarms(Protocol):
    """The operator's attention."""

    def raise_alarm(self, kind: str, detail: Mapping[str, str]) -> None:
        """Tell the operator, once in a while for each kind. `detail` holds our own ids and states only."""


class Directory(Protocol):
    """The recipients as they are published now."""

    def recipients(self) -> tuple[Recipient, ...]:
        """Return every recipient."""

    def chain(self, place: str) -> tuple[str, ...]:
        """Return the slugs of a place and those around it, nearest first; empty when we do not know it."""


class Pages(Protocol):
    """The public pages as they are published now, ready to send."""

    @property
    def locales(self) -> Sequence[str]:
        """The languages there are pages in."""

    @property
    def places(self) -> Sequence[str]:
        """The slugs of the places there are pages for."""

    @property
    def default_place(self) -> str:
        """The place that "/" shows."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that every answer carries."""

    def page(self, locale: str, place: str) -> str:
        """Return a place's page: base64 of the gzip of its HTML. Raises KeyError when there is none."""

    def error(self, locale: str, status: int) -> str:
        """Return the page for an error status, in the same form."""
