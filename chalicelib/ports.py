"""What the use cases ask of the world. Adapters promise this; fakes in tests/support keep the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from chalicelib.directory.recipients import Recipient
from chalicelib.domain.documents import Draft, Problem, Release, Version
from chalicelib.domain.recipient_changes import RecipientChange
from chalicelib.reporting.cases import SealedReport
from chalicelib.reporting.ports import SentMail
from chalicelib.reporting.report import Report


class Opener(Protocol):
    """Opens what a Sealer sealed."""

    def open(self, sealed: bytes, report_id: str) -> bytes:
        """Return the content. Raises SealBroken when the key is gone or the id is another."""


class CopyMarks(Protocol):
    """Marks by which copies of a text are recognised, and which mean nothing to anybody else."""

    def mark(self, text: str, day: str) -> str:
        """Return 32 hex digits: the same for the same text on one day (like "2026-11-25")."""


@dataclass(frozen=True, slots=True)
class OpenedReport:
    """A report opened for the mails, with what a recipient should know around it.

    `instead_of` is the name of the recipient whose copy did not arrive, when this one is told in its stead.
    """

    record: SealedReport
    report: Report = field(repr=False)
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the mail service tells of one mail later.

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
    """Turns opened reports into messages to `to`, which is one of the recipient's addresses."""

    def report(
        self, recipient: Recipient, to: str, opened: OpenedReport, others: Sequence[Recipient]
    ) -> bytes:
        """Return the message for one report. Raises KeyUnusable."""

    def digest(
        self, recipient: Recipient, to: str, opened: Sequence[OpenedReport], names: Mapping[str, str]
    ) -> bytes:
        """Return one message that holds every one of these reports, in order. Raises KeyUnusable.

        `names` gives each recipient id's name.
        """


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What a recipient's key is, for people to look at; `reason` says why it is not `usable`.

    `kind` is "openpgp", "smime", or empty when it is neither. It stops working on `expires_on`.
    """

    kind: str
    fingerprint: str
    expires_on: date | None
    usable: bool
    reason: str


class MailEncrypter(Protocol):
    """Locks a mail so that only whoever holds a recipient's private key can read it."""

    def encrypt(self, entity: bytes, key: str, headers: Mapping[str, str]) -> bytes:
        """Return a message with these headers whose only content is `entity`, encrypted.

        `entity` is a whole multipart, with the headers that only the recipient shall see. Raises KeyUnusable,
        whose text names the reason and never the key.
        """

    def describe(self, key: str) -> KeyInfo:
        """Say what a key is, and whether mail can be encrypted to it now."""


class Figures(Protocol):
    """Numbers for the operator to watch."""

    def put(self, figures: Mapping[str, float]) -> None:
        """Record these numbers as they are now."""


class Cases(Protocol):
    """Reports as the desk may know them: how their delivery goes, never their words, which are empty here.

    Any call may raise StoreUnavailable.
    """

    def find(self, case_number: str, now: datetime) -> SealedReport | None:
        """Return the case with this number, or None. It may lag a moment behind."""

    def all(self, now: datetime) -> Iterable[SealedReport]:
        """Return every case that is kept. It may lag a moment behind."""

    def change(self, case: SealedReport) -> None:
        """Write changed deliveries, unless somebody changed the case since it was read: StaleRecord."""


class StageMarks(Protocol):
    """What a stage knows of its first delivered report. Any call may raise StoreUnavailable."""

    def watched_since(self) -> datetime | None:
        """Return since when deliveries leave a mark, or None when that is not known."""

    def delivered_at(self) -> datetime | None:
        """Return when the first delivered report was noted, or None."""

    def made_at(self) -> datetime | None:
        """Return when the table of reports was made: before that nothing was delivered. None if not known."""


class ShippedDocuments(Protocol):
    """The documents as they came with the package: version 0 of each."""

    def ids(self) -> Sequence[str]:
        """Return every document's id, in the order in which a person would look for them."""

    def text(self, document: str) -> str:
        """Return a document's text. Raises KeyError when it did not ship."""

    def package(self) -> str:
        """Return the fingerprint of everything that shipped."""


class DocumentStore(Protocol):
    """Drafts, versions and releases. Any call may raise StoreUnavailable."""

    def drafts(self) -> Sequence[Draft]:
        """Return every draft."""

    def draft(self, document: str) -> Draft | None:
        """Return a document's draft, if it has one."""

    def put_draft(self, draft: Draft) -> None:
        """Save a draft over revision `draft.revision - 1` (0: over none).

        Raises StaleRecord when that is not there.
        """

    def drop_draft(self, document: str, revision: int) -> None:
        """Delete a draft, if it still is this revision. Raises StaleRecord when it is another."""

    def versions(self, document: str) -> Sequence[Version]:
        """Return a document's published versions, newest first, without the shipped one."""

    def version(self, document: str, number: int) -> Version | None:
        """Return one version."""

    def add_version(self, version: Version) -> None:
        """Keep a version for good. Raises StaleRecord when its number is taken."""

    def releases(self, limit: int) -> Sequence[Release]:
        """Return the newest releases, newest first, whether they ever went live or not."""

    def release(self, number: int) -> Release | None:
        """Return one release."""

    def add_release(self, release: Release) -> None:
        """Keep a release for good. Raises StaleRecord when its number is taken."""

    def change(self) -> RecipientChange | None:
        """Return the change of recipients that waits for agreement, if there is one."""

    def put_change(self, change: RecipientChange) -> None:
        """Save it over revision `change.revision - 1`. Raises StaleRecord when that is not there."""

    def drop_change(self, revision: int) -> None:
        """Delete it, if it still is this revision. Raises StaleRecord when it is another."""


@dataclass(frozen=True, slots=True)
class LiveRelease:
    """What readers get now. `mark` stands for exactly this state, so that nobody moves on from another."""

    number: int
    mark: str


class ReleaseShelf(Protocol):
    """Where readers fetch releases from: files under each release's number, and one that names the live.

    Any call may raise StoreUnavailable.
    """

    def live(self) -> LiveRelease | None:
        """Return the release that readers get, or None while nothing has been published."""

    def put(self, number: int, files: Mapping[str, bytes]) -> None:
        """Write files of a release that is not live yet. Nothing that a reader gets changes."""

    def move(self, number: int, index: Mapping[str, object], since: LiveRelease | None) -> None:
        """Let readers get another release, in one write.

        Raises StaleRecord when `since` is not live any more.
        """

    def stand_by(self) -> None:
        """Make the pages for when the functions fail those of the live release; it is quick where they are.

        They never take the place of a newer release's, whoever writes at the same time. Stopped on its way,
        the next call finishes.
        """

    def numbers(self) -> Sequence[int]:
        """Return the number of each release of which any file is there, lowest first."""

    def delete(self, number: int) -> None:
        """Delete a release's files, if its number is lower than the live one's.

        A release goes live under the highest number there is, so such a one never does. Stopped on its way,
        the next call finishes; it is nothing to delete what is gone.
        """

    def clear_standby(self) -> None:
        """Delete the pages for when the functions fail that the live release has no place or language for."""


@dataclass(frozen=True, slots=True)
class PressedPage:
    """One page as rendered: its HTML, packed as it travels, and the headers it is answered with.

    `page` leaves it unpacked; `site` leaves the headers to the index.

    Names are "en/los-banos-ca", "es/error-404", and for the pages that are made on request
    "en/los-banos-ca/note", "en/los-banos-ca/receipt", "en/code" and "en/answer".
    """

    name: str
    html: str
    packed: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pressed:
    """A whole site, rendered and looked over. `index` is what the page function needs to know of it.

    `frames` are the texts around the block of each mail, by mail and language.
    """

    pages: Sequence[PressedPage]
    index: Mapping[str, object]
    sentences: Mapping[str, Sequence[tuple[str, int]]]  # each, with the documents and lines that say it
    problems: Sequence[Problem]
    frames: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Press(Protocol):
    """Renders what editors write: shut in, with limits on time, memory and output."""

    def site(self, texts: Mapping[str, str]) -> Pressed:
        """Render and check every page and every mail from these texts, which replace what shipped.

        What is wrong with a text is a Problem. Raises RenderStopped only when no text can be blamed for it.
        """

    def page(self, texts: Mapping[str, str], name: str) -> PressedPage:
        """Render one page. Raises DocumentInvalid with the reason when the texts do not allow it."""

    def mail(self, texts: Mapping[str, str], name: str, recipient: str, sample: int = 0) -> bytes:
        """Render a mail ("report" or "digest") with an invented report, to one recipient.

        Another `sample` is another report. Raises DocumentInvalid.
        """
