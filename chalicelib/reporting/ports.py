"""Ports of taking reports: the store, the sealer, and the secrets around receipt codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.reporting.cases import SealedReport
from chalicelib.shared.mail import About


class Sealer(Protocol):
    """Encrypts a report so that only the delivery key opens it."""

    def seal(self, content: bytes, report_id: str) -> bytes:
        """Encrypt to the current delivery key, bound to this report's id. Raises SecretMissing."""


@dataclass(frozen=True, slots=True)
class ReceiptKeys:
    """Keys that a receipt code leads to: the report's id, and the public key to which replies are sealed."""

    report_id: str
    public_key: bytes


class ReceiptVault(Protocol):
    """The site's secrets around forms and receipt codes. Each may raise SecretMissing or StoreUnavailable."""

    def form_secret(self) -> bytes:
        """Return the secret that signs form tokens."""

    def receipt_secret(self) -> bytes:
        """Return the secret that receipt codes are derived with."""

    def keys_of(self, code: str) -> ReceiptKeys:
        """Derive a code's keys with argon2id, slowly on purpose."""


@dataclass(frozen=True, slots=True)
class SentMail:
    """What a mail was about, to whom, and in which turn of the delivery."""

    about: About
    recipient: str
    turn: int

    def __post_init__(self) -> None:
        """Read the kind out of what was stored, or came back in a notice."""
        object.__setattr__(self, "about", About(self.about))


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was deleted: for a report, what is known of it, without its words and keys."""

    record: SealedReport | None = None


class ReportShelf(Protocol):
    """Report store as those who seal and look up see it. Any call may raise StoreUnavailable."""

    def add(self, report: SealedReport) -> None:
        """Store a new report and queue its mails: one item, so both or neither. Raises ReceiptTaken."""

    def get(self, report_id: str, now: datetime) -> SealedReport | None:
        """Return a report, or None when there is none or its time is over."""

    def look_up(self, report_id: str, now: datetime) -> SealedReport | None:
        """Return the same as `get`, but without the report's words and keys, which are not even read.

        So it takes no longer for a long report whose time is over than for one that never was.
        """


class DueReports(Protocol):
    """Queue of reports that need a worker: leases and saves. Any call may raise StoreUnavailable."""

    def due(self, now: datetime, limit: int, digests: bool = False) -> list[str]:
        """Return up to `limit` ids of reports that need a worker now, longest waiting first.

        What waits for a digest is listed apart, in the order in which it came.

        The list may be stale: an id may be leased or finished already, and `claim` will say so.
        """

    def claim(self, report_id: str, now: datetime, until: datetime) -> SealedReport | None:
        """Lease a due report to this worker until `until`, or return None when it is not due any more."""

    def save(self, report: SealedReport) -> SealedReport:
        """Write a changed record (optimistic lock); return it with its new version. Raises StaleRecord.

        Its lease stays as the record says, and is dropped when nothing is left to send.
        """


class Counters(Protocol):
    """Counters and marks with a TTL beside the reports. Any call may raise StoreUnavailable."""

    def count(self, counter: str, names: Sequence[str], keep_until: datetime) -> Mapping[str, int]:
        """Increment each named number of a counter, and return their new values."""

    def mark(self, name: str, keep_until: datetime) -> bool:
        """Set a mark idempotently, and say whether this call set it: False when it was there before.

        A call that met its own first try, whose response was lost, set it.
        """

    def marked(self, name: str) -> bool:
        """Say whether a mark is set."""


class ReportStore(ReportShelf, DueReports, Counters, Protocol):
    """Report store as delivery needs it whole. Any call may raise StoreUnavailable."""

    def change(self, report: SealedReport) -> None:
        """Write how the deliveries of a surveyed report go, without its words. Raises StaleRecord."""

    def keep_batch(self, batch: str, reports: Sequence[str], keep_until: datetime) -> None:
        """Remember, before it is sent, which reports a digest mail holds."""

    def batch(self, batch: str) -> tuple[str, ...]:
        """Return the ids of the reports in a digest mail, empty when it is unknown."""

    def keep_mail(self, message_id: str, mail: SentMail, keep_until: datetime) -> None:
        """Remember what the mail service's id stands for: some notices carry nothing else."""

    def mail(self, message_id: str) -> SentMail | None:
        """Return what a mail was about, or None when it is unknown."""

    def survey(self, now: datetime) -> Iterable[SealedReport]:
        """Return every report whose time is not over, without its words and keys (those are empty).

        Its lease lasts for as long as it is hidden from workers.
        """

    def expired(self, now: datetime) -> Iterable[str]:
        """Return the ids of expired reports (past their TTL), and of counters nobody needs any more."""

    def delete(self, report_id: str, now: datetime) -> Deleted | None:
        """Delete an expired record for good; None when it is not expired, or not there."""
