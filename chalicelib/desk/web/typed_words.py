"""Form fields as typed, for the page that asks to send them again, or says that they were not saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chalicelib.directory.armor import without_private

_NEVER_KEPT = frozenset({"csrf", "password", "again", "code"})
_OF_FILES = "kept"  # a file, packed: nobody typed it
_SHORTEST = 40  # letters of a text without spaces that somebody would not type once more


def kept(fields: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return the fields of a form, by name, without passwords, codes and private keys."""
    return [
        (name, without_private(value))
        for name, values in fields.items()
        if name not in _NEVER_KEPT
        for value in values
    ]


def words(fields: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what a person typed into a form, to be copied: texts of more than one word, or long ones."""
    typed = dict.fromkeys(value.strip() for name, value in kept(fields) if name != _OF_FILES)
    return [text for text in typed if len(text.split()) > 1 or len(text) > _SHORTEST]
