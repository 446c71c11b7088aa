"""Field diffs of drafts, versions and publishes: what would change for readers, or has changed.

Everything is compared as it is shown elsewhere at the desk, with names for places and contacts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chalicelib.directory.document_ids import CONTACTS, PLACES, RETIRED
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import changes, going_live
from chalicelib.publishing.changes import MOST, DocumentChanges
from chalicelib.publishing.documents import SHIPPED, DiffLine, Release, Version
from chalicelib.publishing.documents import compare as compare_lines
from chalicelib.publishing.edit_text import LiveTexts
from chalicelib.publishing.field_labels import Names
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.newer_texts import with_new_sentences
from chalicelib.publishing.ports import DocumentStore, ReleaseShelf, ShippedDocuments
from chalicelib.shared.errors import EntryMissing

MOST_OF_ONE = 60  # rows of each document on a screen of many
_MOST_RELEASES = 2000
_TOLD = 20  # versions of a history of which it is told what changed
_ROWS_TOLD = 3


@dataclass(frozen=True, slots=True)
class VersionEntry:
    """A version in a history: whether it is `live` and ever `reached` readers.

    `changes` are to the one that readers got before it, the first rows of them; None where they are not told.
    """

    version: Version
    live: bool
    reached: bool
    changes: DocumentChanges | None


class SeeChanges:
    """What differs, read from the store: every method raises EntryMissing for what is not there."""

    def __init__(self, store: DocumentStore, shipped: ShippedDocuments, shelf: ReleaseShelf) -> None:
        self._store = store
        self._shipped = shipped
        self._shelf = shelf
        self._live = LiveTexts(store, shipped)

    def of_draft(self, document: str, most: int = MOST) -> DocumentChanges:
        """Return what a document's draft would change for readers; nothing where there is none."""
        draft = self._store.draft(document)
        live = self._live_text(document)
        return self.between(document, live, draft.text if draft else live, most)

    def of_versions(self, document: str, old: int, new: int, most: int = MOST) -> DocumentChanges:
        """Return what differs from one version to another."""
        before, after = (self._live.version(document, number).text for number in (old, new))
        return self.between(document, before, after, most)

    def of_release(self, number: int) -> tuple[Release, Sequence[DocumentChanges]]:
        """Return a release, and what it changed for readers of the one that it took the place of."""
        release = self._store.release(number)
        if release is None:
            raise EntryMissing(f"there is no release {number}")
        before: Mapping[str, int] = {}
        if release.since > SHIPPED:
            earlier = self._store.release(release.since)
            before = earlier.versions if earlier else {}
        steps = going_live.steps(before, release.versions) if release.since >= SHIPPED else []
        return release, [self.of_versions(name, old, new, MOST_OF_ONE) for name, old, new in steps]

    def release(self, number: int) -> Release | None:
        """Return a release, or None for what shipped."""
        return self._store.release(number) if number != SHIPPED else None

    def of_texts(self, texts: Mapping[str, str], release: int) -> Sequence[DocumentChanges]:
        """Return what texts would change for readers who get a release (SHIPPED: as it shipped)."""
        versions: Mapping[str, int] = {}
        if release != SHIPPED:
            there = self._store.release(release)
            versions = there.versions if there else {}
        return [
            self.between(name, self._live.version(name, versions.get(name, SHIPPED)).text, text, MOST_OF_ONE)
            for name, text in texts.items()
        ]

    def between(self, document: str, before: str, after: str, most: int = MOST) -> DocumentChanges:
        """Return what differs from one text of a document to another, as readers would get both."""
        before, after = self._whole(document, before), self._whole(document, after)
        return changes.compare(document, before, after, self.names(), most)

    def waiting_revision(self) -> int:
        """Return the revision of the change of recipients that waits, or 0."""
        change = self._store.change()
        return change.revision if change else 0

    def text(self, document: str, texts: Mapping[str, str]) -> str:
        """Return a document's text among these, else the live one, as readers would get it."""
        return self._whole(document, texts.get(document) or self._live_text(document))

    def lines(self, document: str, before: str, after: str) -> Sequence[DiffLine]:
        """Return the line diff, for who knows how a page is built."""
        return compare_lines(self._whole(document, before), self._whole(document, after))

    def history(self, document: str) -> Sequence[VersionEntry]:
        """Return every version, newest first; the last one is what shipped."""
        versions = [*self._store.versions(document)]
        if document not in RETIRED:
            versions.append(self._live.version(document, SHIPPED))
        live, reached = self._reached(document)
        entries = []
        for at, version in enumerate(versions):
            before = next((one for one in versions[at + 1 :] if one.number in reached), None)
            told = at < _TOLD and before is not None
            changed = (
                self.between(document, before.text, version.text, _ROWS_TOLD) if told and before else None
            )
            is_live, was_live = version.number == live, version.number in reached
            entries.append(VersionEntry(version, is_live, was_live, changed))
        return entries

    def names(self) -> Names:
        """Return the names of places and contacts, as drafts have them; none where they cannot be read."""
        return Names(self._named(PLACES, "places", "slug"), self._named(CONTACTS, "contacts", "id"))

    def _named(self, document: str, listed: str, known_by: str) -> Mapping[str, str]:
        draft = self._store.draft(document)
        texts = [self._live_text(document), *([draft.text] if draft else [])]
        names: dict[str, str] = {}
        for text in texts:
            with suppress(DocumentInvalid):
                entries: Any = read(document, text).get(listed)
                for entry in entries if isinstance(entries, list) else ():
                    if isinstance(entry, Mapping) and entry.get("name"):
                        names[str(entry.get(known_by))] = str(entry["name"])
        return names

    def _reached(self, document: str) -> tuple[int, set[int]]:
        """Return the version that is live, and those that readers ever got."""
        live = self._shelf.live()
        releases = self._store.releases(_MOST_RELEASES)
        numbers = going_live.reached(
            live.number if live else SHIPPED, {release.number: release.since for release in releases}
        )
        versions = {
            release.number: release.versions.get(document, SHIPPED)
            for release in releases
            if release.number in numbers
        }
        return versions.get(live.number, SHIPPED) if live else SHIPPED, {SHIPPED, *versions.values()}

    def _live_text(self, document: str) -> str:
        if document in RETIRED:
            versions = self._store.versions(document)
            return versions[0].text if versions else ""
        number = self._live.numbers(self._shelf.live()).get(document, SHIPPED)
        return self._live.version(document, number).text

    def _whole(self, document: str, text: str) -> str:
        try:
            return with_new_sentences(document, text, self._shipped.text(document))
        except KeyError:  # a document that no package has any more
            return text
