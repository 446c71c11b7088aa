"""Comparison of a draft with the text that takes its place: whether words are lost by it (lost update).

Two people who change one field after the other lose the first one's words without a conflict. What is lost so
is kept among the drafts that were thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.directory.document_ids import CATALOG, JSON_DOCUMENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import read_po
from chalicelib.publishing.json_documents import read

NOTHING, WORDS, ENTRY = 0, 1, 2  # what is lost: nothing, words of a field, or an entry as a whole

_NAMED_BY = ("id", "slug", "tag")
_Places = Mapping[tuple[str, ...], Any]


def lost(document: str, live: str, draft: str, now: str) -> int:
    """Return what is lost of a draft, begun from what is live, by the text that takes its place.

    A text that cannot be read counts line by line.
    """
    try:
        before, theirs, mine = (_places(document, text) for text in (live, draft, now))
    except DocumentInvalid:
        before, theirs, mine = (_lines(text) for text in (live, draft, now))
    changed = [path for path, value in theirs.items() if value and before.get(path) != value]
    gone = [path for path in changed if mine.get(path) != theirs[path]]
    if not gone:
        return NOTHING
    entries = {path[:2] for path in mine}
    return ENTRY if any(len(path) > 2 and path[:2] not in entries for path in gone) else WORDS


def _places(document: str, text: str) -> _Places:
    """Return each value of a text by where it stands: entries by their name, sentences by their English."""
    if document.startswith(CATALOG):
        return {(entry.source,): entry.text for entry in read_po(text)}
    if document in JSON_DOCUMENTS:
        found: dict[tuple[str, ...], Any] = {}
        _walk(read(document, text), (document,) if document == "recipients" else (), found)
        return found
    return _lines(text)


def _lines(text: str) -> _Places:
    return {(line,): line for line in text.split("\n")}


def _walk(value: Any, path: tuple[str, ...], found: dict[tuple[str, ...], Any]) -> None:
    named = _by_name(value)
    if named is None:
        found[path] = value
        return
    for name, one in named.items():
        _walk(one, (*path, str(name)), found)


def _by_name(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        for known_by in _NAMED_BY:
            names = [one.get(known_by) for one in value]
            if all(isinstance(name, str) for name in names) and len({*names}) == len(names):
                return dict(zip(names, value, strict=True))
    return None
