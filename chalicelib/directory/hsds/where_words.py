"""Words that say where something is (redaction): streets as people, links and ids write them, and maps.

Texts are compared by letters and digits alone, so that no sign between them, no escape of a link and no other
script's digits hides a street.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from chalicelib.directory.hsds.folding import folded

_KINDS = (
    r"st|street|ave?|avenue|rd|road|blvd|boulevard|dr|drive|ln|lane|way|ct|court|pl|place|hwy|highway|"
    r"pkwy|parkway|ter|terrace|cir|circle|plaza|square|sq|trail|trl|loop|alley|route|rte|expressway|fwy|"
    r"freeway"
)
_STREET = re.compile(
    r"\b\d{1,6}(?:-\d+)?(?:\s*1/2)?\s+(?:[NSEW]{1,2}\.?\s+)?(?:[\w'’.-]+\s+){1,4}?"
    rf"(?:{_KINDS})\b\.?"
    r"|\b\d{1,6}\s+(?:state\s+|county\s+)?(?:hwy|highway|route|rte|road)\s+\d{1,4}\b"
    r"|\b\d{1,6}\s+(?:calle|avenida|camino|paseo|v[ií]a)\s+\w+"
    r"|\b(?:calle|avenida|camino|paseo|v[ií]a)\s+(?:[\w'’.-]+,?\s+){1,4}?#?\d{1,6}\b"
    r"|\b(?:corner|intersection)\s+of\s+\w+|\besquina\s+(?:de|con)\s+\w+"
    r"|\b-?\d{1,3}\.\d{4,}\s*°?\s*[NS]?[,;/\s]\s*-?\d{1,3}\.\d{4,}",
    re.IGNORECASE,
)
# A crossing, by two names with capitals: a sentence may speak of the street and of other things.
_CROSSING = re.compile(
    rf"\b[A-Z0-9][\w'’-]*\s+(?i:{_KINDS})\b\.?\s*(?:and|&|at|y|/)\s*[A-Z0-9][\w'’-]*(?:\s+(?i:{_KINDS})\b|\b)"
)
_MAPS = re.compile(
    r"maps\.app\.goo\.gl|goo\.gl/maps|g\.co/maps|maps\.google\.|google\.[a-z.]+/maps|maps\.apple\.|"
    r"bing\.com/maps|openstreetmap\.org|osm\.org|waze\.com|mapquest\.|what3words\.|w3w\.co|plus\.codes|"
    r"///\w+\.\w+\.\w+|\b[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[0-9]+")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_WORDS = re.compile(r"[^\W_]+")
_DIRECTIONS = frozenset((
    "n", "s", "e", "w", "ne", "nw", "se", "sw", "north", "south", "east", "west", "northeast", "northwest",
    "southeast", "southwest",
))  # fmt: skip
_UNITS = frozenset((
    "suite", "ste", "apt", "apartment", "unit", "room", "rm", "floor", "bldg", "building",
))  # fmt: skip
_SHORTEST = 5  # characters of a text that says where something is: less would be found anywhere
_RAW = 3  # times that a text may have been escaped


@dataclass(frozen=True, slots=True)
class Keys:
    """What to look for in texts: rows of words by their first one, and the same run together.

    What runs together is found by the number that it begins with, "" for none: a file may hide thousands.
    """

    rows: Mapping[str, Sequence[tuple[str, ...]]] = field(default_factory=dict)
    together: Mapping[str, Sequence[str]] = field(default_factory=dict)


def keys_of(texts: Iterable[str], shared: bool = False) -> Keys:
    """Return what to look for of texts that say where something is, such as the lines of an address.

    Of a street with its number that is the number and the first word, however the rest is abbreviated. With
    `shared`, only streets: many may have one post-office box.
    """
    found: dict[tuple[str, ...], None] = {}
    for text in texts:
        for part in dict.fromkeys((text, *text.split(","))):
            words = tuple(_plain(part).split())
            if len(words) > 1 and words[0][0].isdigit() and not words[1].isdigit():
                found[words[:2]] = None
            elif part is text and _is_told(words) and not (shared and "box" in words):
                found[words] = None
    rows: dict[str, list[tuple[str, ...]]] = {}
    for words in found:
        rows.setdefault(words[0], []).append(words)
    together: dict[str, list[str]] = {}
    for run in ("".join(words) for words in found):
        if len(run) > _SHORTEST:
            number = _NUMBER.match(run)
            together.setdefault(number[0] if number else "", []).append(run)
    return Keys(rows, together)


def _is_told(words: Sequence[str]) -> bool:
    """Say whether words tell a place apart: a suite's or a unit's number does not."""
    return len("".join(words)) >= _SHORTEST and words[0] not in _UNITS


def has_key(text: str, keys: Keys) -> bool:
    """Say whether a text has one of these keys in it, between whatever signs, or run together in a link."""
    if not keys.rows:
        return False
    words = _plain(text).split()
    for at, word in enumerate(words):
        for row in keys.rows.get(word, ()):
            if tuple(words[at : at + len(row)]) == row:
                return True
    return " " not in text and _has_run("".join(words), keys.together)


def _has_run(text: str, together: Mapping[str, Sequence[str]]) -> bool:
    """Say whether a link, an id or an address has one of these keys in it without anything between."""
    for number in _NUMBER.finditer(text):
        for start in range(*number.span()):  # "q12main" and "112main" both say it
            for one in together.get(text[start : number.end()], ()):
                if text.startswith(one, start):
                    return True
    return any(one in text for one in together.get("", ()))


def streets_in(text: str) -> list[tuple[int, int]]:
    """Return from where to where each part of a text goes that reads like a street."""
    return [found.span() for one in (_STREET, _CROSSING, _MAPS) for found in one.finditer(text)]


def street_in(text: str) -> str:
    """Return the first part of a text that reads like a street or leads to a map, or nothing."""
    for one in (text, _shown(text)):
        spans = streets_in(one)
        if spans:
            start, end = min(spans)
            return one[start:end]
    return ""


def leads_to_a_map(text: str) -> bool:
    """Say whether a text has the address of a map in it, or a code of one."""
    return bool(_MAPS.search(_shown(text)))


def is_veiled(text: str) -> bool:
    """Say whether a text is read as something else than what stands in it, letter by letter."""
    return _shown(text) != text


def _shown(text: str) -> str:
    """Return a text as somebody reads it: nothing escaped, no signs that cannot be seen, plain digits."""
    for _ in range(_RAW):
        plain = html.unescape(text)
        if "%" in plain or ("+" in plain and " " not in plain):
            plain = unquote_plus(plain)
        if plain == text:
            break
        text = plain
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text)
    if not plain.isprintable():
        plain = "".join(one for one in plain if unicodedata.category(one) != "Cf")
    return _OTHER_DIGIT.sub(lambda found: str(unicodedata.digit(found[0])), plain)


def _plain(text: str) -> str:
    words = _WORDS.findall(folded(_shown(text)))
    return " ".join(one for one in words if one not in _DIRECTIONS)
