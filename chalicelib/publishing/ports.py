"""Ports of publishing: documents, drafts and releases, and what renders a whole site."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from chalicelib.publishing.chunks import Chunk
from chalicelib.publishing.documents import CheckReport, Draft, Problem, Release, ThrownDraft, Version
from chalicelib.publishing.jobs import Job, Lane
from chalicelib.publishing.page_blocks import Block
from chalicelib.publishing.recipient_changes import RecipientChange


class ShippedDocuments(Protocol):
    """The documents as they came with the package: version 0 of each."""

    def ids(self) -> Sequence[str]:
        """Return every document's id, in the order in which a person would look for them."""

    def text(self, document: str) -> str:
        """Return a document's text. Raises KeyError when it did not ship."""

    def earlier(self, document: str) -> Sequence[str]:
        """Return the texts of this document in earlier releases that the package knows, oldest first."""

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

    def keep_thrown(self, thrown: ThrownDraft) -> None:
        """Keep a draft that was thrown away."""

    def thrown(self) -> Sequence[ThrownDraft]:
        """Return every draft that was thrown away and is still kept, oldest first."""

    def drop_thrown(self, id_: str) -> None:
        """Delete one of them; it is nothing to delete what is gone."""

    def keep_shipped(self, document: str, text: str) -> None:
        """Keep a shipped text that an edit began from; it is nothing to keep it twice."""

    def shipped_text(self, document: str, fingerprint: str) -> str | None:
        """Return a shipped text that was kept, by its fingerprint."""

    def settle(self, document: str, fingerprint: str, who: str, when: datetime) -> None:
        """Keep that somebody decided for the edited text, against the shipped one of this fingerprint."""

    def settled(self) -> Mapping[str, str]:
        """Return, by document, the fingerprint of the shipped text that was last decided against."""

    def versions(self, document: str) -> Sequence[Version]:
        """Return a document's published versions, newest first, without the shipped one."""

    def version(self, document: str, number: int) -> Version | None:
        """Return one version."""

    def read_ahead(self, versions: Mapping[str, int]) -> None:
        """Take note that each of these versions will be asked for: thousands are read sooner together."""

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
    """The live release. `mark` (an ETag) stands for exactly this state: nobody moves on from another.

    `index` is what readers know of it: languages, places, and the hashes of their pages.
    """

    number: int
    mark: str
    index: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


class ReleaseShelf(Protocol):
    """Store of releases for readers: files under each release's number, and one that names the live.

    Any call may raise StoreUnavailable.
    """

    def live(self) -> LiveRelease | None:
        """Return the release that readers get, or None while nothing has been published."""

    def put_pages(self, pages: Mapping[str, bytes]) -> None:
        """Write pages by path, each unless it is there. No reader gets them before a release names them."""

    def put(self, number: int, files: Mapping[str, bytes]) -> None:
        """Write files of a release that is not live yet. Nothing that a reader gets changes."""

    def file(self, number: int, name: str) -> bytes | None:
        """Return a file of a release, if it is there."""

    def lost(self, index: Mapping[str, Any]) -> Collection[str]:
        """Return the places, "" for the pages of no place, of which a page that this index names is gone."""

    def move(self, number: int, index: Mapping[str, object], since: LiveRelease | None) -> None:
        """Compare-and-swap of the live release: readers get another one, in one write.

        Raises StaleRecord when `since` is not live any more.
        """

    def stand_by(self) -> None:
        """Write the live release's standby (failover) pages; it is quick where they are.

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

    def clear_pages(self, now: datetime) -> None:
        """Delete pages that no release names any more, 90 days after they were written; once a day."""

    def clear_standby(self) -> None:
        """Delete the standby (failover) pages that the live release has no place or language for."""


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """One page as rendered: its HTML, packed as it travels, and the headers it is answered with.

    `page` leaves it unpacked; `site` leaves the headers to the index.

    Names are "en/los-banos-ca", "es/error-404", and for the pages that are made on request
    "en/los-banos-ca/note", "en/los-banos-ca/receipt", "en/code" and "en/answer".
    """

    name: str
    html: str
    packed: str
    headers: Mapping[str, str] = field(default_factory=dict)
    brotli: str = ""  # packed once more; nothing for pages that are made on request


@dataclass(frozen=True, slots=True)
class MarkedPage:
    """One page rendered twice: `html` as readers get it, `marked` with the marks of page_marks.

    `blocks` are the words of the latter.
    """

    name: str
    html: str
    marked: str
    blocks: Sequence[Block] = ()


@dataclass(frozen=True, slots=True)
class SiteLook:
    """What is said of a whole site before a page of it is rendered. `index` is what readers' functions need.

    `frames` are the texts around the block of each mail, by mail and language. The index is empty where
    nothing could be put together; `renders` says whether pages can be rendered.
    """

    index: Mapping[str, object]
    sentences: Mapping[str, Sequence[tuple[str, int]]]  # each, with the documents and lines that say it
    problems: Sequence[Problem]
    frames: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    renders: bool = True


@dataclass(frozen=True, slots=True)
class PlaceInputs:
    """Inputs of the pages of one place, "" for those of no place: nothing else goes into them.

    `content` is JSON of contacts, places and settings as `place_inputs` cuts them out for just this place.
    Beside them, pages are made of the documents of the whole site.
    """

    place: str
    content: str


@dataclass(frozen=True, slots=True)
class RenderedPlace:
    """All pages of one place in every language, rendered, looked over and packed, with what was found."""

    place: str
    pages: Sequence[RenderedPage]
    problems: Sequence[Problem]


class BuildStore(Protocol):
    """Store of rendered places by the fingerprint of their inputs (build cache): readers cannot reach it.

    What lies there is kept for some days. Any call may raise StoreUnavailable.
    """

    def rendered(self, place: str, fingerprint: str) -> RenderedPlace | None:
        """Return what was made of exactly these inputs, if it is there and whole."""

    def keep(self, rendered: RenderedPlace, fingerprint: str) -> None:
        """Keep a rendered place; it is nothing to keep the same twice."""


@dataclass(frozen=True, slots=True)
class ChunkInputs:
    """Inputs of a chunk as they were when its job began: drafts may change meanwhile.

    `texts` are the documents of the whole site that differ from what shipped with `package`; `wanted` are the
    inputs of each place, with their fingerprint.
    """

    texts: Mapping[str, str]
    package: str
    wanted: Sequence[tuple[PlaceInputs, str]]


class JobInputs(Protocol):
    """Store of the inputs of chunks: readers cannot reach it. Any call may raise StoreUnavailable."""

    def freeze(self, job: str, first: int, chunks: Sequence[ChunkInputs], asked: Mapping[str, str]) -> None:
        """Keep the inputs of a job's chunks, numbered from `first`, over what was there.

        All are of the same texts and package. `asked` is the fingerprint of each place that was asked for by
        then, in these chunks or before.
        """

    def asked(self, job: str, first: int) -> Mapping[str, str]:
        """Return what had been asked for when the chunks from `first` on began."""

    def chunk(self, job: str, number: int) -> ChunkInputs | None:
        """Return the inputs of one chunk, if they are still kept."""


class SiteRenderer(Protocol):
    """Renderer of what editors write, in a sandbox with limits on time, memory and output."""

    def look(self, texts: Mapping[str, str]) -> SiteLook:
        """Look over the style, every template and every mail of these texts, which replace what shipped.

        What is wrong with a text is a Problem. Raises RenderStopped only when no text can be blamed for it.
        """

    def places(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> Sequence[RenderedPlace]:
        """Render the pages of these places, look over each, and pack it, in processes of their own.

        Of `texts`, those of the whole site count; the others are in `inputs`. Where a page of any of them
        could not be made, the others may come without pages, or not at all.
        """

    def page(self, texts: Mapping[str, str], name: str) -> RenderedPage:
        """Render one page. Raises DocumentInvalid with the reason when the texts do not allow it."""

    def marked(self, texts: Mapping[str, str], name: str) -> MarkedPage:
        """Render one page, and once more with marks around its sentences and contacts.

        Raises DocumentInvalid.
        """

    def sentences(self, texts: Mapping[str, str]) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Return every sentence that these texts say, with the documents and lines that say it, as `site`.

        Raises DocumentInvalid, or RenderStopped, when they cannot be read.
        """

    def mail(self, texts: Mapping[str, str], name: str, recipient: str, sample: int = 0) -> bytes:
        """Render a mail ("report" or "digest") with an invented report, to one recipient.

        Another `sample` is another report. Raises DocumentInvalid.
        """


PAGE, CHECK = "page", "check"  # what a renderer is at: first it makes the pages, then it checks them


class Progress(Protocol):
    """Whoever is told how far a long work is. It may raise, to end that work."""

    def __call__(self, phase: str, done: int, of: int, /) -> None:
        """Take note that `done` of `of` things of a phase are done; called often.

        Phases are those of jobs.PHASES, and a renderer's PAGE and CHECK.
        """


class JobStore(Protocol):
    """Records of background jobs, their reports, and lanes. Any call may raise StoreUnavailable."""

    def job(self, id_: str) -> Job | None:
        """Return a job, if it is still kept."""

    def put_job(self, job: Job) -> None:
        """Save it over version `job.version - 1` (0: over none). Raises StaleRecord when it is another."""

    def report(self, id_: str) -> CheckReport | None:
        """Return what the checks of a job found, if it came so far."""

    def put_report(self, job: Job, report: CheckReport) -> None:
        """Keep what the checks found; of two, the later one stays."""

    def chunks(self, job: str, first: int) -> Sequence[Chunk]:
        """Return a job's chunks from a number on, in their order, as they are at this moment."""

    def chunk(self, job: str, number: int) -> Chunk | None:
        """Return one chunk, if it is there."""

    def add_chunk(self, chunk: Chunk) -> None:
        """Keep a new chunk, in the place of one that was begun in vain."""

    def put_chunk(self, chunk: Chunk) -> None:
        """Save it over version `chunk.version - 1`. Raises StaleRecord when it is another."""

    def lane(self, name: str) -> Lane | None:
        """Return a lane, if anybody was ever in it."""

    def put_lane(self, lane: Lane) -> None:
        """Save it over revision `lane.revision - 1`. Raises StaleRecord when that is not there."""


class JobQueue(Protocol):
    """Executor of background jobs: brings a job's id, or a chunk's message, to a worker, at least once."""

    def send(self, id_: str) -> None:
        """Bring it. Raises StoreUnavailable when the queue does not take it."""
