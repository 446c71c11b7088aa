"""A DocumentStore over another one that does the same: what a layer over a store does not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from chalicelib.publishing.documents import Draft, Release, ThrownDraft, Version
from chalicelib.publishing.ports import DocumentStore
from chalicelib.publishing.recipient_changes import RecipientChange


class StoreOverStore:
    """The DocumentStore that hands every call on. A layer is a subclass with those calls that it changes."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def drafts(self) -> Sequence[Draft]:
        """Return every draft."""
        return self._store.drafts()

    def draft(self, document: str) -> Draft | None:
        """Return a document's draft, if it has one."""
        return self._store.draft(document)

    def put_draft(self, draft: Draft) -> None:
        """Save a draft over the revision before it."""
        self._store.put_draft(draft)

    def drop_draft(self, document: str, revision: int) -> None:
        """Delete a draft, if it still is this revision."""
        self._store.drop_draft(document, revision)

    def keep_thrown(self, thrown: ThrownDraft) -> None:
        """Keep a draft that was thrown away."""
        self._store.keep_thrown(thrown)

    def thrown(self) -> Sequence[ThrownDraft]:
        """Return every draft that was thrown away and is still kept."""
        return self._store.thrown()

    def drop_thrown(self, id_: str) -> None:
        """Delete one of them."""
        self._store.drop_thrown(id_)

    def keep_shipped(self, document: str, text: str) -> None:
        """Keep a shipped text that an edit began from."""
        self._store.keep_shipped(document, text)

    def shipped_text(self, document: str, fingerprint: str) -> str | None:
        """Return a shipped text that was kept."""
        return self._store.shipped_text(document, fingerprint)

    def settle(self, document: str, fingerprint: str, who: str, when: datetime) -> None:
        """Keep a decision for the edited text."""
        self._store.settle(document, fingerprint, who, when)

    def settled(self) -> Mapping[str, str]:
        """Return the decisions, by document."""
        return self._store.settled()

    def versions(self, document: str) -> Sequence[Version]:
        """Return a document's published versions, newest first."""
        return self._store.versions(document)

    def version(self, document: str, number: int) -> Version | None:
        """Return one version."""
        return self._store.version(document, number)

    def read_ahead(self, versions: Mapping[str, int]) -> None:
        """Take note that each of these versions will be asked for."""
        self._store.read_ahead(versions)

    def add_version(self, version: Version) -> None:
        """Keep a version for good."""
        self._store.add_version(version)

    def releases(self, limit: int) -> Sequence[Release]:
        """Return the newest releases, newest first."""
        return self._store.releases(limit)

    def release(self, number: int) -> Release | None:
        """Return one release."""
        return self._store.release(number)

    def add_release(self, release: Release) -> None:
        """Keep a release for good."""
        self._store.add_release(release)

    def change(self) -> RecipientChange | None:
        """Return the change of recipients that waits."""
        return self._store.change()

    def put_change(self, change: RecipientChange) -> None:
        """Save it over the revision before it."""
        self._store.put_change(change)

    def drop_change(self, revision: int) -> None:
        """Delete it, if it still is this revision."""
        self._store.drop_change(revision)
