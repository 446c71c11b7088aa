"""Documents without recipients (adapters of ports to the same ports): the desk publishes none.

Where reports go lies in the access table alone. Everything that renders, looks up or compares texts gets them
from there as readers may know them; releases and drafts of before that name inboxes are read without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from chalicelib.directory.document_ids import PLACES, RECIPIENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.write_entries import write_entries
from chalicelib.publishing.documents import Draft, Release, ThrownDraft, Version
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.ports import (
    MarkedPage,
    PlaceInputs,
    RenderedPage,
    RenderedPlace,
    ShippedDocuments,
    SiteLook,
    SiteRenderer,
)
from chalicelib.publishing.recipient_changes import RecipientChange
from chalicelib.publishing.store_over_store import StoreOverStore
from chalicelib.shared.errors import StaleRecord


class PackageWithOffices:
    """The ShippedDocuments with recipients as they are now; `offices` gives their document."""

    def __init__(self, package: ShippedDocuments, offices: Callable[[], str]) -> None:
        self._package = package
        self._offices = offices

    def ids(self) -> Sequence[str]:
        """Return every document's id."""
        return self._package.ids()

    def text(self, document: str) -> str:
        """Return a document's text."""
        return self._offices() if document == RECIPIENTS else self._package.text(document)

    def earlier(self, document: str) -> Sequence[str]:
        """Return a document's texts in earlier releases; none of recipients."""
        return () if document == RECIPIENTS else self._package.earlier(document)

    def package(self) -> str:
        """Return the fingerprint of everything that shipped."""
        return self._package.package()


class RendererWithOffices:
    """The SiteRenderer over one that takes recipients from the texts it is given."""

    def __init__(self, renderer: SiteRenderer, offices: Callable[[], str]) -> None:
        self._renderer = renderer
        self._offices = offices

    def look(self, texts: Mapping[str, str]) -> SiteLook:
        """Look over the style, every template and every mail."""
        return self._renderer.look(self._with(texts))

    def places(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> Sequence[RenderedPlace]:
        """Render the pages of some places: who gets reports there is among their inputs."""
        return self._renderer.places(texts, inputs)

    def page(self, texts: Mapping[str, str], name: str) -> RenderedPage:
        """Render one page."""
        return self._renderer.page(self._with(texts), name)

    def marked(self, texts: Mapping[str, str], name: str) -> MarkedPage:
        """Render one page with marks."""
        return self._renderer.marked(self._with(texts), name)

    def mail(self, texts: Mapping[str, str], name: str, recipient: str, sample: int = 0) -> bytes:
        """Render a mail."""
        return self._renderer.mail(self._with(texts), name, recipient, sample)

    def sentences(self, texts: Mapping[str, str]) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Return each sentence with the documents and lines that say it."""
        return self._renderer.sentences(self._with(texts))

    def _with(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Return the texts with the recipients of the places in them."""
        return with_offices(texts, self._offices())


def with_offices(texts: Mapping[str, str], offices: str) -> dict[str, str]:
    """Return texts with those of these recipients that serve a place in them; with all, if they name none."""
    if PLACES in texts:
        with suppress(DocumentInvalid, LookupError, TypeError, AttributeError):
            slugs = {entry["slug"] for entry in read(PLACES, texts[PLACES])["places"]}
            offices = write_entries([one for one in read(RECIPIENTS, offices) if one["serves"] in slugs])
    return {**texts, RECIPIENTS: offices}


class StoreWithoutRecipients(StoreOverStore):
    """The DocumentStore in which there never were recipients."""

    def drafts(self) -> Sequence[Draft]:
        """Return every draft."""
        return [draft for draft in self._store.drafts() if draft.document != RECIPIENTS]

    def draft(self, document: str) -> Draft | None:
        """Return a document's draft, if it has one."""
        return None if document == RECIPIENTS else self._store.draft(document)

    def thrown(self) -> Sequence[ThrownDraft]:
        """Return every draft that was thrown away and is still kept."""
        return [one for one in self._store.thrown() if one.draft.document != RECIPIENTS]

    def versions(self, document: str) -> Sequence[Version]:
        """Return a document's published versions, newest first."""
        return () if document == RECIPIENTS else self._store.versions(document)

    def version(self, document: str, number: int) -> Version | None:
        """Return one version."""
        return None if document == RECIPIENTS else self._store.version(document, number)

    def read_ahead(self, versions: Mapping[str, int]) -> None:
        """Take note that each of these versions will be asked for."""
        self._store.read_ahead({name: one for name, one in versions.items() if name != RECIPIENTS})

    def releases(self, limit: int) -> Sequence[Release]:
        """Return the newest releases, newest first."""
        return [_without(release) for release in self._store.releases(limit)]

    def release(self, number: int) -> Release | None:
        """Return one release."""
        release = self._store.release(number)
        return _without(release) if release else None

    def change(self) -> RecipientChange | None:
        """Return None: what waits is decided elsewhere."""
        return None

    def put_change(self, change: RecipientChange) -> None:
        """Refuse it. Raises StaleRecord, always."""
        raise StaleRecord("recipients are decided on the access screens")

    def drop_change(self, revision: int) -> None:
        """Refuse it. Raises StaleRecord, always."""
        raise StaleRecord("recipients are decided on the access screens")


def _without(release: Release) -> Release:
    versions = {name: number for name, number in release.versions.items() if name != RECIPIENTS}
    return replace(release, versions=versions)
