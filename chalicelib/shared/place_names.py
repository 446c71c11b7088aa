"""Normalization of place names: as people type them, and as they stand in a URL (a slug).

The page function loads this when somebody looks for a place, so it imports next to nothing.
"""

from __future__ import annotations

import unicodedata

# Written short or whole, they are one word. Both sides of a comparison are folded, so "st" for a street does
# no harm.
_WHOLE = {"st": "saint", "ste": "sainte", "mt": "mount", "mtn": "mountain", "ft": "fort"}
_SILENT = frozenset("'’‘ʻʼ`´.")  # inside a word: O'Neals, Coeur d'Alene, L.A.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
# What a county is called beside its name. A city of Virginia that is its own county keeps its "city", since a
# county of that name lies around it.
KINDS_OF_COUNTY = (
    " city and borough",
    " census area",
    " municipality",
    " municipio",
    " borough",
    " county",
    " parish",
)


def fold(text: str) -> str:
    """Return a name in small Latin letters, digits and single spaces, without accents and punctuation.

    "Doña Ana", "DOÑA-ANA" and "dona ana" are one; so are "St. Helena" and "Saint Helena", "L.A." and "LA".
    What has no Latin letters becomes nothing. The time is that of the length: cut a stranger's text before.
    """
    signs = []
    for sign in unicodedata.normalize("NFKD", text).lower():
        if sign in _PLAIN:
            signs.append(sign)
        elif not (sign in _SILENT or sign.isalnum() or unicodedata.combining(sign)):
            signs.append(" ")
    words: list[str] = []
    single = False  # the last word is made of single letters: "L A"
    for word in "".join(signs).split():
        is_letter = len(word) == 1 and word.isalpha()
        if is_letter and single:
            words[-1] += word
        else:
            words.append(_WHOLE.get(word, word))
        single = is_letter
    return " ".join(words)


def without_kind(folded: str) -> str:
    """Return a county's folded name without what kind it is: "merced" for "merced county"."""
    for kind in KINDS_OF_COUNTY:
        if folded.endswith(kind):
            return folded.removesuffix(kind)
    return folded


def county_slug(name: str) -> str:
    """Return the slug of a county, unique in its state: "merced", and "fairfax-city" beside "fairfax"."""
    return without_kind(fold(name)).replace(" ", "-")
