"""Ports of delivery: decryption, mail rendering and encryption, notices, metrics, cases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from chalicelib.delivery.mail_threads import Thread
from chalicelib.delivery.month_tallies import MonthSum
from chalicelib.delivery.reply_addresses import ReplyToken
from chalicelib.delivery.wishes import Wish
from chalicelib.directory.recipients import Recipient
from chalicelib.reporting.cases import SealedReport
from chalicelib.reporting.ports import SentMail
from chalicelib.reporting.report import Report


class Opener(Protocol):
    """Decrypts what a Sealer sealed."""

    def open(self, sealed: bytes, report_id: str) -> bytes:
        """Return the content, decrypted. Raises SealBroken when the key is gone or the id is another."""


class CopyMarks(Protocol):
    """Keyed digests (HMAC) by which copies of a text are recognised: they mean nothing to anybody else."""

    def mark(self, text: str, day: str) -> str:
        """Return 32 hex digits: the same for the same text on one day (like "2026-11-25")."""


@dataclass(frozen=True, slots=True)
class OpenedReport:
    """A report opened for the mails, with what a recipient should know around it.

    `instead_of` is the name of the recipient whose copy did not arrive, when this one is told in its stead.
    `reply_to` is the address at which this recipient may answer it, or "". `thread` is that of a message that
    the writer added.
    """

    record: SealedReport
    report: Report = field(repr=False)
    instead_of: str = ""
    reply_to: str = ""
    thread: Thread | None = None


class ReplyTokens(Protocol):
    """Tokens of reply addresses, made with a secret that only who delivers has."""

    def token(self, sealed: bytes, about: str, recipient: str) -> ReplyToken:
        """Return the token of one recipient's copy of what `about` names ("report-<id>", "batch-<id>").

        It is the same for as long as the delivery key exists to which `sealed` was sealed; b"" stands for
        the newest. Raises SecretMissing.
        """


class KeepReplyAddress(Protocol):
    """Keeps what a reply address leads to, by the hash of its token."""

    def __call__(
        self, token_hash: str, recipient: str, keep_until: datetime, *, report_id: str = "", batch: str = ""
    ) -> None:
        """Store it; the same again only lengthens its time. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A delivery status notification: what the mail service tells of one mail later.

    `kind` is "delivered", "delayed", "bounced", "away" (a bounce as absence notes are told), "complained" or
    "rejected", and `why` the service's own word for it. `mail` is None when the notice does not say what the
    mail was about. `to` are all addresses of the mail, and `addresses` those that the notice is about.
    """

    kind: str
    message_id: str
    mail: SentMail | None
    sent_at: datetime | None
    to: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    why: str = ""


class MailRenderer(Protocol):
    """Renders opened reports as MIME messages to `to`, which is one of the recipient's addresses."""

    def report(
        self, recipient: Recipient, to: str, opened: OpenedReport, others: Sequence[Recipient]
    ) -> bytes:
        """Return the message for one report. Raises KeyUnusable."""

    def digest(
        self,
        recipient: Recipient,
        to: str,
        opened: Sequence[OpenedReport],
        names: Mapping[str, str],
        reply_to: str = "",
    ) -> bytes:
        """Return one message that holds every one of these reports, in order. Raises KeyUnusable.

        `names` gives each recipient id's name; `reply_to` is where an answer to the digest itself goes.
        """


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A description of a recipient's key (OpenPGP, S/MIME), for people; `reason` says why it is not `usable`.

    `kind` is "openpgp", "smime", or empty when it is neither. It stops working on `expires_on`.
    """

    kind: str
    fingerprint: str
    expires_on: date | None
    usable: bool
    reason: str


class MailEncrypter(Protocol):
    """Encrypts a mail, so that only whoever holds a recipient's private key can read it."""

    def encrypt(self, entity: bytes, key: str, headers: Mapping[str, str]) -> bytes:
        """Return a message with these headers whose only content is `entity`, encrypted.

        `entity` is a whole multipart, with the headers that only the recipient shall see. Raises KeyUnusable,
        whose text names the reason and never the key.
        """

    def describe(self, key: str) -> KeyInfo:
        """Return a description of a key, and whether mail can be encrypted to it now."""


class Metrics(Protocol):
    """Metrics for the operator to watch."""

    def put(self, figures: Mapping[str, float]) -> None:
        """Record these metrics as they are now."""


class Cases(Protocol):
    """Cases: reports as the desk may know them. How their delivery goes, never their words, which are empty.

    Any call may raise StoreUnavailable.
    """

    def find(self, case_number: str, now: datetime) -> SealedReport | None:
        """Return the case with this number, or None. It may lag a moment behind."""

    def all(self, now: datetime) -> Iterable[SealedReport]:
        """Return every case that is kept. It may lag a moment behind."""

    def listed(
        self,
        name: str,
        now: datetime,
        upto: datetime | None = None,
        chunk: int = 50,
        oldest_first: bool = False,
    ) -> Iterator[SealedReport]:
        """Return the cases of a list, newest first, read `chunk` at a time as they are asked for.

        A list is OPEN, of cases that are not done, or a place's, of those that are. None is newer than
        `upto`. It may lag a moment behind.
        """

    def change(self, case: SealedReport) -> None:
        """Save changed deliveries. Raises StaleRecord when somebody changed the case since it was read."""


@dataclass(frozen=True, slots=True)
class RefusedWish:
    """A command of the desk that was not granted, and why not, in words for the desk."""

    wish: Wish
    reason: str


class WishBook(Protocol):
    """Commands of the desk about cases ("wishes"). Any call may raise StoreUnavailable.

    What comes out of it may have been forged: it has the form of a wish, and no more.
    """

    def add(self, wish: Wish) -> None:
        """Store a wish."""

    def pending(self, most: int) -> Sequence[Wish]:
        """Return the first wishes that wait, oldest first."""

    def take(self, most: int) -> Sequence[Wish]:
        """Return the same, for who grants them: what has not the form of a wish is deleted."""

    def settle(self, wish: Wish) -> None:
        """Delete a wish that was granted; one that is gone already is no fault."""

    def refuse(self, wish: Wish, reason: str, now: datetime) -> None:
        """Delete a wish that was refused, and keep the reason for a week."""

    def refused(self, case_number: str, now: datetime) -> Sequence[RefusedWish]:
        """Return the wishes about a case that were refused in the last week, newest first."""


class Conversations(Protocol):
    """What was said about reports, as the sweep looks after it. Any call may raise StoreUnavailable."""

    def drop(self, report_id: str) -> None:
        """Delete what was said about a report."""

    def to_look_at(self, now: datetime) -> Collection[str]:
        """Return the ids of all reports of which something was said, once a day, and none later on it."""

    def keep_on(self, report_id: str, now: datetime) -> None:
        """Keep what was said about a report that is still there."""

    def with_times(self, report: SealedReport) -> SealedReport:
        """Return a report with the times at which its offices and its writer spoke."""


class StageMarks(Protocol):
    """Marks of a stage, of its first delivered report. Any call may raise StoreUnavailable."""

    def watched_since(self) -> datetime | None:
        """Return since when deliveries leave a mark, or None when that is not known."""

    def delivered_at(self) -> datetime | None:
        """Return when the first delivered report was recorded, or None."""

    def made_at(self) -> datetime | None:
        """Return when the table of reports was made: before that nothing was delivered. None if not known."""


class MonthSums(Protocol):
    """Monthly sums of cases, a record a town and month. Any call may raise StoreUnavailable."""

    def all(self) -> Iterable[MonthSum]:
        """Return every record that is kept."""

    def of(self, places: Sequence[str], months: Sequence[str]) -> Iterable[MonthSum]:
        """Return the records of these places and months, and read no others."""

    def save(self, changed: MonthSum) -> None:
        """Write a record whole. Raises StaleRecord when somebody changed it since it was read."""

    def begin(self, now: datetime) -> None:
        """Record since when months are summed, unless it is recorded."""

    def since(self) -> datetime | None:
        """Return since when months are summed, or None: what was deleted before is in no sum."""
