"""Marks in a rendered draft: which words of it are which sentence or contact.

They are characters that no language uses, and stand around the words. A page with marks is looked at by the
desk alone, which draws its own page from it; what readers get is rendered without. What a mark says was
written where an editor's template ran: it is looked up before anything is made of it, and leads nowhere else.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from chalicelib.directory.document_ids import fingerprint

OPEN, MIDDLE, CLOSE = "\uf8e0", "\uf8e1", "\uf8e2"
SENTENCE, NAME, CHANNEL, RECIPIENT = "s", "n", "c", "r"

_KEY = r"[sncr][0-9a-f]{16}"
_MARKS = re.compile(f"{OPEN}{_KEY}{MIDDLE}|{CLOSE}")
_PIECES = re.compile(f"({OPEN}{_KEY}{MIDDLE}|{CLOSE})")


class Mark(NamedTuple):
    """What some words are: `kind` is one of those above, `key` the fingerprint of their English or id."""

    kind: str
    key: str


def channel_name(contact: str, number: int) -> str:
    """Return what a contact's channel is known by: its number counts from 1, as on the contact's form."""
    return f"{contact} {number}"


def opening(kind: str, name: str) -> str:
    """Return the mark before words: of a sentence (its English), contact, recipient (id) or channel."""
    return f"{OPEN}{kind}{fingerprint(name)}{MIDDLE}"


def marked(kind: str, name: str, words: str) -> str:
    """Return words between their marks; no words have none."""
    return f"{opening(kind, name)}{words}{CLOSE}" if words else words


def without(html: str) -> str:
    """Return a page without marks: what readers get."""
    return _MARKS.sub("", html)


def split(text: str) -> list[str | Mark | None]:
    """Return a text's pieces in order: words, a Mark where it opens, and None where one closes."""
    pieces: list[str | Mark | None] = []
    for piece in filter(None, _PIECES.split(text)):
        if piece == CLOSE:
            pieces.append(None)
        elif piece[0] == OPEN and len(piece) > 1:
            pieces.append(Mark(piece[1], piece[2:-1]))
        else:
            pieces.append(piece)
    return pieces
