"""Diff by word of two sentences: what stays, what goes and what comes, in any script.

Scripts that put no spaces between words are compared letter by letter. Two sentences that have less than half
in common are not torn apart: they are read better one after the other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.publishing import comparison

SAME, GONE, NEW = "same", "gone", "new"
_STEPS = 40_000  # of a comparison: as much as two pages of text need
_LONGEST = 8_000  # letters: no field of a form holds more
_FEWEST = 4  # words: of less, both are shown as they are
_INSIDE = frozenset("-.'’‘:/@_%·")  # between two letters they are part of a word, as in 209-555-0142
_JOINERS = frozenset("\u200c\u200d")
_STACKS_NEXT = frozenset("\u17d2\u1039\u0e3a")  # the letter after it stands below, as one with it
# Chinese, Japanese, Thai, Lao, Burmese, Khmer
_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3040, 0x30FF),
    (0x3400, 0x9FFF),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of two sentences laid over each other: `kind` is SAME, GONE or NEW."""

    kind: str
    text: str


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """Return the pieces in reading order; nothing when the two are better shown whole.

    What is SAME and GONE makes the one, what is SAME and NEW the other, letter by letter.
    """
    if max(len(before), len(after)) > _LONGEST:
        return ()
    old, new = words(before), words(after)
    if min(_counted(old), _counted(new)) < _FEWEST:
        return ()
    found = _laid_over(old, new)
    kept = sum(len(one.text) for one in found if one.kind == SAME and not one.text.isspace())
    if 2 * kept < max(_letters(before), _letters(after)):
        return ()
    return tuple(found)


def words(text: str) -> list[str]:
    """Return a text's words, spaces and signs; joined they are the text again."""
    found: list[str] = []
    kinds: list[str] = []
    for at, letter in enumerate(text):
        kind = _kind(letter)
        if letter in _INSIDE and kinds and kinds[-1] == "word" and _begins_word(text[at + 1 : at + 2]):
            kind = "word"
        joins = kind in ("space", "word") and kinds and kinds[-1] == kind
        if found and (joins or kind == "mark" or found[-1][-1] in _STACKS_NEXT):
            found[-1] += letter
        else:
            found.append(letter)
            kinds.append(kind)
    return found


def _laid_over(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    """Return the pieces; a space between two changes belongs to both of them."""
    i = j = 0
    found: list[Piece] = []
    gone = come = ""
    for a, b, size in [*comparison.common(old, new, _STEPS), (len(old), len(new), 0)]:
        gone, come = gone + "".join(old[i:a]), come + "".join(new[j:b])
        same = "".join(old[a : a + size])
        i, j = a + size, b + size
        is_last = i == len(old) and j == len(new)
        if same.isspace() and (gone or come) and not is_last:
            gone, come = gone + same, come + same
            continue
        found += [Piece(GONE, gone)] if gone else []
        found += [Piece(NEW, come)] if come else []
        found += [Piece(SAME, same)] if same else []
        gone = come = ""
    return found


def _kind(letter: str) -> str:
    if letter.isspace():
        return "space"
    if letter in _JOINERS or unicodedata.category(letter).startswith("M"):
        return "mark"
    code = ord(letter)
    if any(first <= code <= last for first, last in _WITHOUT_SPACES):
        return "letter"
    return "word" if letter.isalnum() else "sign"


def _begins_word(letter: str) -> bool:
    return bool(letter) and _kind(letter) == "word"


def _counted(tokens: Sequence[str]) -> int:
    return sum(not token.isspace() for token in tokens)


def _letters(text: str) -> int:
    return sum(not letter.isspace() for letter in text)


def joined(found: Sequence[Piece], kind: str) -> str:
    """Return one of the two sentences again: with GONE the old one, with NEW the new one."""
    return "".join(_texts(found, kind))


def _texts(found: Sequence[Piece], kind: str) -> Iterator[str]:
    return (piece.text for piece in found if piece.kind in (SAME, kind))
