"""Three-way merge of a document: the text before, the one edited here, and the one of a newer package.

What only one side changed is taken; where both changed the same place otherwise there is a clash, and a
person chooses. Places are lines of a template, sentences of a catalog, fields of an entry.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from chalicelib.directory.document_ids import CATALOG, JSON_DOCUMENTS, fingerprint
from chalicelib.directory.write_entries import write_entries
from chalicelib.pages.po_files import read_po, replace_texts
from chalicelib.publishing import comparison
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.still_fits import carried

YOURS = "yours"
NEW = "new"
Choices = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """A place that the package changed, with its three texts; None where a text has no such place.

    `key` stands for it in a form. It is a clash where it was edited here too; else the new text is taken.
    """

    key: str
    name: str
    before: str | None
    yours: str | None
    new: str | None
    clash: bool


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge: the places that the package changed. `write` gives the text, with YOURS or NEW chosen by key.

    A clash of which nothing is chosen stays as it was edited here.
    """

    places: tuple[Place, ...]
    write: Callable[[Choices], str]

    @property
    def clashes(self) -> tuple[Place, ...]:
        """Return the places that a person must choose at."""
        return tuple(place for place in self.places if place.clash)

    @property
    def taken(self) -> tuple[Place, ...]:
        """Return the places at which the package's text is taken without a question."""
        return tuple(place for place in self.places if not place.clash)


def merge(document: str, before: str, yours: str, new: str) -> Merge:
    """Merge a document's texts. Raises DocumentInvalid when one of them cannot be read."""
    if document.startswith(CATALOG):
        return _sentences(before, yours, new)
    if document in JSON_DOCUMENTS:
        return _entries(*(read(document, text) for text in (before, yours, new)))
    return _lines(before, yours, new)


# Templates and styles: lines


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: str  # "same", YOURS, NEW or "clash"
    before: Sequence[str]
    yours: Sequence[str]
    new: Sequence[str]
    line: int


def _lines(before: str, yours: str, new: str) -> Merge:
    pieces = list(_pieces(before.split("\n"), yours.split("\n"), new.split("\n")))
    keys = {index: f"{index}-{piece.kind}" for index, piece in enumerate(pieces)}
    places = tuple(
        Place(
            keys[index],
            f"Line {piece.line}",
            _joined(piece.before),
            _joined(piece.yours),
            _joined(piece.new),
            piece.kind == "clash",
        )
        for index, piece in enumerate(pieces)
        if piece.kind in (NEW, "clash")
    )

    def write(choices: Choices) -> str:
        lines: list[str] = []
        for index, piece in enumerate(pieces):
            is_new = piece.kind == NEW or choices.get(keys[index]) == NEW
            lines += piece.new if is_new else piece.yours
        return "\n".join(lines)

    return Merge(places, write)


def _pieces(before: Sequence[str], yours: Sequence[str], new: Sequence[str]) -> Iterator[_Piece]:
    """Yield the texts side by side (diff3): what all three share, and what lies between."""
    b = y = n = 0
    for start, y_start, n_start, size in [
        *_shared(before, yours, new),
        (len(before), len(yours), len(new), 0),
    ]:
        parts = before[b:start], yours[y:y_start], new[n:n_start]
        if any(parts):
            yield from _line_by_line(_Piece(_kind(*parts), *parts, y + 1))
        b, y, n = start + size, y_start + size, n_start + size
        if size:
            same = before[start:b]
            yield _Piece("same", same, same, same, y_start + 1)


def _line_by_line(piece: _Piece) -> Iterator[_Piece]:
    """Yield a clash in parts, where all three texts have as many lines: neighbours of a changed line are
    no clash, if each text changed another one."""
    sides = (piece.before, piece.yours, piece.new)
    if piece.kind != "clash" or len({len(side) for side in sides}) > 1:
        yield piece
        return
    kinds = [_kind(*lines) for lines in zip(*sides, strict=True)]
    start = 0
    for kind, group in groupby(kinds):
        end = start + len([*group])
        before, yours, new = (side[start:end] for side in sides)
        yield _Piece(kind, before, yours, new, piece.line + start)
        start = end


def _joined(lines: Sequence[str]) -> str | None:
    return "\n".join(lines) if lines else None


def _kind(before: Any, yours: Any, new: Any) -> str:
    if yours == new or new == before:
        return YOURS
    return NEW if yours == before else "clash"


def _shared(
    before: Sequence[str], yours: Sequence[str], new: Sequence[str]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield the runs of lines that all three texts have: where each begins, and how many lines it has."""
    ours, theirs = comparison.common(before, yours), comparison.common(before, new)
    i = j = 0
    while i < len(ours) and j < len(theirs):
        (a, y, a_size), (b, n, b_size) = ours[i], theirs[j]
        start, end = max(a, b), min(a + a_size, b + b_size)
        if start < end:
            yield start, y + start - a, n + start - b, end - start
        if a + a_size < b + b_size:
            i += 1
        else:
            j += 1


# Catalogs: sentences


def _sentences(before: str, yours: str, new: str) -> Merge:
    old, mine, theirs = (
        {entry.source: entry.text for entry in read_po(text) if entry.source} for text in (before, yours, new)
    )
    places = []
    for source, text in theirs.items():
        was, is_here = old.get(source, ""), mine.get(source, "")
        kind = _kind(was, is_here, text)
        if kind in (NEW, "clash") and text:  # a package that has lost a translation takes none away
            clash = kind == "clash"
            places.append(Place(fingerprint(source), source, was or None, is_here or None, text, clash))

    def write(choices: Choices) -> str:
        taken = {
            place.name: str(place.new) for place in places if not place.clash or choices.get(place.key) == NEW
        }
        return carried(replace_texts(yours, taken), new)

    return Merge(tuple(places), write)


# Contacts, places, settings: entries and their fields

_MISSING: Any = object()
_NAMED_BY = ("id", "slug", "tag")  # what an entry of a list is known by
_LABELS = {"kind": "type", "show": "number or address", "value": "what a phone dials", "serves": "place"}


def _entries(before: Any, yours: Any, new: Any) -> Merge:
    merging = _EntryMerge({})
    merging.value((), before, yours, new)

    def write(choices: Choices) -> str:
        merged = _EntryMerge(choices).value((), before, yours, new)
        return write_entries(merged)

    return Merge(tuple(merging.places), write)


class _EntryMerge:
    """One walk through three documents of JSON, which notes the places that the package changed."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self.places: list[Place] = []

    def value(self, path: tuple[str, ...], before: Any, yours: Any, new: Any) -> Any:
        """Return the merged value, _MISSING for none."""
        if yours == new or new == before:
            return yours
        if isinstance(yours, dict) and isinstance(new, dict):
            return self._fields(path, before if isinstance(before, dict) else {}, yours, new)
        lists = [_by_name(one) for one in (before, yours, new)]
        if None not in lists[1:]:
            merged = self._fields(path, lists[0] or {}, lists[1] or {}, lists[2] or {})
            return [*merged.values()]
        clash = yours != before
        key = fingerprint(json.dumps(path))
        self.places.append(Place(key, _name_of(path), _shown(before), _shown(yours), _shown(new), clash))
        return new if not clash or self._choices.get(key) == NEW else yours

    def _fields(
        self,
        path: tuple[str, ...],
        before: Mapping[str, Any],
        yours: Mapping[str, Any],
        new: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Merge by name, in the order of `yours`; what only `new` has comes after what it stands behind."""
        merged: dict[str, Any] = {}
        for name in _in_order([*yours], [*new]):
            texts = (one.get(name, _MISSING) for one in (before, yours, new))
            value = self.value((*path, name), *texts)
            if value is not _MISSING:
                merged[name] = value
        return merged


def _in_order(yours: list[str], new: list[str]) -> list[str]:
    order = list(yours)
    for index, name in enumerate(new):
        if name not in order:
            behind = next((one for one in reversed(new[:index]) if one in order), None)
            order.insert(order.index(behind) + 1 if behind is not None else 0, name)
    return order


def _by_name(value: Any) -> dict[str, Any] | None:
    """Return a list's entries by the name that each is known by; None for anything else."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return None
    for known_by in _NAMED_BY:
        names = [one.get(known_by) for one in value]
        if all(isinstance(name, str) for name in names) and len({*names}) == len(names):
            return dict(zip(map(str, names), value, strict=True))
    return None


def _name_of(path: tuple[str, ...]) -> str:
    """Return where a value stands, in words: "los-banos-police: hours"."""
    words = [_LABELS.get(name, name.replace("_", " ")) for name in path]
    return ": ".join(words[1:] or words)


def _shown(value: Any) -> str | None:
    """Return a value as a clerk reads it; None when there is none."""
    if value is _MISSING or value is None or value == "":
        return None
    if isinstance(value, dict):
        parts = ((_LABELS.get(name, name.replace("_", " ")), _shown(one)) for name, one in value.items())
        return "\n".join(f"{name}: {text}" for name, text in parts if text)
    if isinstance(value, list):
        return "\n".join(_shown(one) or "" for one in value) or None
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
