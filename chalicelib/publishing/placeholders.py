"""Placeholders (gettext) of a sentence under the names that a clerk reads: “Call [the number]”.

In a form each stands as its name in square brackets, and is turned back when it is saved. What was lost,
doubled or made up is a fault, told in a clerk's words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_SPLIT = re.compile(r"(\[[^\[\]]*\])")

_NAMES = {
    "case_number": "the number of the report",
    "contact": "the address of who runs the page",
    "count": "how many reports",
    "date": "the date",
    "day": "the day",
    "days": "how many days",
    "digest_number": "the number of the mail",
    "license": "the name of the license",
    "limit": "how many letters",
    "month": "the month",
    "most": "how many days at most",
    "name": "the name",
    "number": "the phone number",
    "paper": "the newspaper’s name",
    "place": "the place’s name",
    "role": "who confirmed it",
    "place_name": "the place’s name",
    "source": "the source’s name",
    "word": "the word to text",
    "year": "the year",
    "zone": "the time zone",
}
# What stands there, where one sentence says it more closely than the name of its placeholder does.
_IN_SENTENCE = {
    ("This page is run by: %(name)s", "name"): "the name of who runs the page",
    ("Files that came with it: %(number)s.", "number"): "how many files",
    (
        "You can write back up to %(number)s times a day. Please send it again tomorrow.",
        "number",
    ): "how many times",
}


def name_of(placeholder: str, source: str = "") -> str:
    """Return what a placeholder of a sentence is called on the screens."""
    close = _IN_SENTENCE.get((source, placeholder))
    return close or _NAMES.get(placeholder) or placeholder.replace("_", " ")


def names(source: str) -> dict[str, str]:
    """Return the placeholders of an English sentence, each with its name: no two have the same.

    A name that stands in brackets in the sentence's own words is told apart from these.
    """
    found: dict[str, str] = {}
    words = {_plain(inner) for inner in _BRACKETS.findall(source)}
    for placeholder in dict.fromkeys(PLACEHOLDER.findall(source)):
        name = name_of(placeholder, source)
        while _plain(name) in words:
            name += ", filled in"
        words.add(_plain(name))
        found[placeholder] = name
    return found


def shown(text: str, source: str) -> str:
    """Return a text, English or translated, with its placeholders under their names in brackets.

    One that the English sentence does not have stays as it is: whoever saves it is told.
    """
    known = names(source)
    return PLACEHOLDER.sub(lambda match: f"[{known[match[1]]}]" if match[1] in known else match[0], text)


def pieces(text: str, source: str) -> list[tuple[str, bool]]:
    """Return a text in pieces, each with whether the site fills it in."""
    chips = {f"[{name}]" for name in names(source).values()}
    parts = (part for part in _SPLIT.split(shown(text, source)) if part)
    return [(part[1:-1], True) if part in chips else (part, False) for part in parts]


def read_typed(typed: str, source: str) -> tuple[str, tuple[str, ...]]:
    """Return a typed text with placeholders in the place of their names, and all that is wrong with them.

    An empty text is none, and right. Capitals, spaces and the form of an apostrophe do not matter in a name.
    """
    if not typed.strip():
        return typed, ()
    known = {_plain(name): placeholder for placeholder, name in names(source).items()}
    literal = {_plain(inner) for inner in _BRACKETS.findall(source)}
    strange: list[str] = []

    def turned(match: re.Match[str]) -> str:
        plain = _plain(match[1])
        if plain in known:
            return f"%({known[plain]})s"
        if plain not in literal:
            strange.append(match[0])
        return match[0]

    text = _BRACKETS.sub(turned, typed)
    return text, (*_strange(strange, source), *_faults(text, source))


def _faults(text: str, source: str) -> Sequence[str]:
    """Say what a text with placeholders lacks, has twice, or has alone beside its English sentence."""
    wanted, there = Counter(PLACEHOLDER.findall(source)), Counter(PLACEHOLDER.findall(text))
    called = names(source)
    faults = []
    for placeholder, name in called.items():
        if not there[placeholder]:
            faults.append(f"[{name}] is missing. Put it where it belongs.")
        elif there[placeholder] > wanted[placeholder]:
            faults.append(f"[{name}] stands here more often than in English. Take one away.")
        elif there[placeholder] < wanted[placeholder]:
            faults.append(f"[{name}] stands here less often than in English. Put it in once more.")
    foreign = sorted(set(there) - set(wanted))
    faults += [f"The site has nothing to fill in for “{name_of(one)}” here. Take it away." for one in foreign]
    rest = PLACEHOLDER.sub("", text)
    if "%" in rest:
        faults.append("Write “per cent” in words: the sign % cannot be used.")
    if re.search(r"[\[\]]", _BRACKETS.sub("", rest)) and not re.search(
        r"[\[\]]", _BRACKETS.sub("", PLACEHOLDER.sub("", source))
    ):
        faults.append("A bracket is left open, or stands alone. What the site fills in stands in [ ].")
    return faults


def _strange(found: Sequence[str], source: str) -> Sequence[str]:
    if not found:
        return ()
    there = ", ".join(f"[{name}]" for name in names(source).values())
    ending = f"It can fill in: {there}." if there else "Write it without brackets."
    return [f"The site does not know {one}. {ending}" for one in dict.fromkeys(found)]


def _plain(name: str) -> str:
    return " ".join(name.replace("'", "’").casefold().split())
