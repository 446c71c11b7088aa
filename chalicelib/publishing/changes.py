"""Field diff of two versions of a document: rows of what, field, before and after, in a clerk's words.

Whatever differs makes at least one row; what readers never see is said to be so. A text that cannot be read
has no rows: its lines are compared instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chalicelib.directory.document_ids import CATALOG, is_entries
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import entry_changes, sentence_changes
from chalicelib.publishing.change_rows import ALIKE, CHANGED, EntryChange, FieldChange
from chalicelib.publishing.field_labels import Names, is_built

MOST = 400  # rows of one document on a screen of its own


@dataclass(frozen=True, slots=True)
class DocumentChanges:
    """What differs between two versions of a document, entry by entry.

    `hidden` is how many rows were left out at the end. `unreadable` says why a text cannot be compared by
    field, if so. `built` says that lines differ too, which only those read who know how a page is built.
    """

    document: str
    entries: tuple[EntryChange, ...]
    hidden: int = 0
    unreadable: str = ""
    built: bool = False

    @property
    def rows(self) -> int:
        """Return how many rows there are, with those left out."""
        return sum(max(1, len(entry.fields)) for entry in self.entries) + self.hidden

    def __bool__(self) -> bool:
        """Say whether anything differs."""
        return bool(self.entries or self.unreadable or self.hidden)


_NO_NAMES = Names()
_WRITTEN_ANEW = EntryChange(
    "The text as a whole", CHANGED, (FieldChange("How it is written", "", "", note=ALIKE),)
)


def compare(
    document: str, before: str, after: str, names: Names = _NO_NAMES, most: int = MOST
) -> DocumentChanges:
    """Return the field diff from one text of a document to another, of `most` rows."""
    if before == after:
        return DocumentChanges(document, ())
    try:
        entries = [*_entries(document, before, after, names)] or [_WRITTEN_ANEW]
    except DocumentInvalid as error:
        return DocumentChanges(document, (), unreadable=str(error))
    shown, hidden = _first(entries, most)
    return DocumentChanges(document, shown, hidden, built=is_built(document))


def _entries(document: str, before: str, after: str, names: Names) -> Iterable[EntryChange]:
    if is_entries(document):
        return entry_changes.compare(document, before, after, names)
    if document.startswith(CATALOG):
        return sentence_changes.of_language(document, before, after)
    if is_built(document):
        return sentence_changes.of_page(document, before, after)
    return sentence_changes.of_mail(before, after)


def _first(entries: Iterable[EntryChange], most: int) -> tuple[tuple[EntryChange, ...], int]:
    """Return the entries of the first rows, and how many rows are left out."""
    shown: list[EntryChange] = []
    left, hidden = most, 0
    for entry in entries:
        rows = max(1, len(entry.fields))
        if left <= 0:
            hidden += rows
            continue
        if rows > left:
            hidden += rows - left
            entry = replace(entry, fields=entry.fields[:left])
        shown.append(entry)
        left -= rows
    return tuple(shown), hidden
