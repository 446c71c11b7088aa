"""Review marks of translations (gettext translator comments): one that fits the English of now as it is.

English is reworded, and the translation of before may still be right. Who looks at it says so, and the
catalog keeps the day in a comment, with a fingerprint of both texts: once either changes, the mark stands for
nothing.
Who it was is in the history and in the audit log: a catalog goes into a public repository.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from chalicelib.directory.document_ids import fingerprint
from chalicelib.pages.po_files import Entry, read_po
from chalicelib.publishing.field_labels import day_of as label_of_day

_MARK = re.compile(r"# Looked at again on (\d{4}-\d\d-\d\d): it fits the English\. \(([0-9a-f]{16})\)")


def seen_as(english: str, text: str) -> str:
    """Return the fingerprint of a translation beside the English that it was looked at with."""
    return fingerprint(f"{english.strip()}\0{text.strip()}")


def is_marked(entry: Entry, english: str) -> bool:
    """Say whether somebody looked at this translation beside this English, and found that it fits."""
    return _digest(entry) == seen_as(english, entry.text)


def day_of(entry: Entry) -> str:
    """Return the day of an entry's mark as people write it, or nothing; whether it stands is not asked."""
    marks = [match[1] for line in entry.before if (match := _MARK.fullmatch(line))]
    return label_of_day(marks[-1]) if marks else ""


def with_marks(text: str, english: Mapping[str, str], day: date) -> str:
    """Return a catalog with some translations marked as fitting: by source, the English that readers get.

    Those without a translation stay as they are. Raises PoInvalid.
    """
    notes = {
        entry.source: f"# Looked at again on {day}: it fits the English."
        f" ({seen_as(english[entry.source], entry.text)})"
        for entry in read_po(text)
        if entry.source in english and entry.text.strip()
    }
    return _put(text, notes)


def carried(text: str, other: str) -> str:
    """Return a catalog with the marks that another one has for the same translations. Raises PoInvalid."""
    here = {entry.source: entry for entry in read_po(text)}
    notes = {}
    for entry in read_po(other):
        own, digest = here.get(entry.source), _digest(entry)
        if own and digest and own.text == entry.text and not own.unsure and digest != _digest(own):
            notes[entry.source] = next(line for line in reversed(entry.before) if _MARK.fullmatch(line))
    return _put(text, notes)


def _digest(entry: Entry) -> str:
    marks = [match[2] for line in entry.before if (match := _MARK.fullmatch(line))]
    return marks[-1] if marks else ""


def _put(text: str, notes: Mapping[str, str]) -> str:
    """Put a line above some sentences, in the place of the mark that each has; all else stays."""
    if not notes:
        return text
    lines = text.split("\n")
    for entry in sorted(read_po(text), key=lambda one: one.line, reverse=True):
        if entry.source not in notes:
            continue
        top = at = entry.line - 1
        while top > 0 and lines[top - 1].startswith("#") and not lines[top - 1].startswith("#~"):
            top -= 1
        kept = [line for line in lines[top:at] if not _MARK.fullmatch(line)]
        lines[top:at] = [notes[entry.source], *kept]
    return "\n".join(lines)
