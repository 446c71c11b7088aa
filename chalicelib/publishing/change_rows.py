"""Rows of a field diff: a field with its old and its new words, under the entry that it belongs to."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from chalicelib.publishing.word_changes import Piece, pieces

CHANGED, ADDED, REMOVED = "changed", "added", "removed"

UNSEEN = "Only spaces differ, or signs that cannot be seen."
ALIKE = "It is written in another way, and reads the same."


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One row: a field's label, and its value before and after; "" where there was or is none.

    `pieces` are both laid over each other, for a long text of which some words differ. `note` says what the
    two values do not show by themselves. `lang` is the language of the values.
    """

    field: str
    before: str
    after: str
    pieces: tuple[Piece, ...] = ()
    note: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class EntryChange:
    """What differs in one entry: `what` is its name, `kind` is CHANGED, ADDED or REMOVED.

    `key` is the id by which its form is opened, if it has one; `lang` is the language of its name.
    """

    what: str
    kind: str
    fields: tuple[FieldChange, ...]
    key: str = ""
    lang: str = ""


def field_change(label: str, before: str, after: str, *, prose: bool = False, lang: str = "") -> FieldChange:
    """Return the row of a field that differs; `prose` may be compared word by word."""
    marked = pieces(before, after) if prose and before and after else ()
    note = ""
    if before == after:
        note = ALIKE
    elif visible(before) == visible(after):
        note, marked = UNSEEN, ()
    return FieldChange(label, before, after, marked, note, lang)


def visible(text: str) -> str:
    """Return what of a text can be seen: letters and signs, with single spaces."""
    seen = (letter for letter in text if letter.isspace() or unicodedata.category(letter) not in ("Cf", "Cc"))
    return " ".join("".join(seen).split())
