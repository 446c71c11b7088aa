"""Search by what is seen: a sentence is found with its number, place or date filled in.

Words are compared without capitals, without signs that nobody sees, and whether quotes are curly or straight
and dashes long or short.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence

from chalicelib.publishing.placeholders import PLACEHOLDER, names

ALL_OF_IT, IN_IT, WORDS_OF_IT = 3, 2, 1  # how well a text fits what is looked for; 0 is not at all

_LONGEST = 200  # letters of what is looked for
_ALIKE = {ord(sign): "'" for sign in "’‘ʼ‛′`´"} | {ord(sign): '"' for sign in "“”„«»″"}
_ALIKE |= {ord(sign): "-" for sign in "‐‑‒–—−"}
_UNSEEN = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ue000-\uf8ff]")
_LONGEST_VALUE = 60
_MOST_VALUES = 6  # placeholders of one sentence that are tried
_NUMBERLIKE = re.compile(r"[\d\s().+\-]{1,24}")
_NUMBERS = frozenset({"number", "day", "days", "year", "count", "limit", "case_number", "digest_number"})
_PLACES = frozenset({"place", "place_name"})
_WORD = re.compile(r"\w+")


class Steps:
    """Budget of one search, in tries of what may be filled in: texts are an editor's, and may be bombs.

    Once it is used up, sentences are found by their own words alone.
    """

    def __init__(self, left: int = 400_000) -> None:
        self.left = left

    def take(self, count: int) -> bool:
        """Take so many, and say whether there were any left."""
        if self.left <= 0:
            return False
        self.left -= count
        return True


def plain(text: str) -> str:
    """Return a text as it is compared."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_ALIKE)
    return " ".join(_UNSEEN.sub("", folded).split())


def asked(words: str) -> str:
    """Return what is looked for as it is compared; it is cut off where nobody would read on."""
    return plain(words[:_LONGEST])


def fit(
    wanted: str,
    text: str,
    source: str = "",
    places: Collection[str] | None = None,
    steps: Steps | None = None,
) -> int:
    """Say how well a text fits what is looked for, which is `asked`: 0 when it does not.

    `source` is the English of a sentence, by which its placeholders have their names; `places` are the names
    of places, as they are compared, that may stand there; without them anything may. `steps` are what the
    whole search may take.
    """
    if not wanted:
        return 0
    literals = [_kept(part) for part in PLACEHOLDER.split(text)[::2]]
    wilds = PLACEHOLDER.findall(text)
    whole = plain(text)
    if wanted == whole:
        return ALL_OF_IT
    if any(wanted in literal for literal in literals) or wanted in plain(_named(text, source)):
        return IN_IT
    if 0 < len(wilds) <= _MOST_VALUES and _is_filled(wanted, literals, wilds, places, steps or Steps()):
        return IN_IT
    if len(whole) >= 12 and not wilds and whole in wanted:
        return IN_IT  # a piece of a page was copied, and this sentence stands in it
    words = _WORD.findall(wanted)
    there = set(_WORD.findall(" ".join(literals)))
    return WORDS_OF_IT if len(words) > 1 and there.issuperset(words) else 0


def fits_number(wanted: str, number: str) -> bool:
    """Say whether what is looked for is this phone number, or a part of it, however it is written."""
    digits = "".join(re.findall(r"\d", wanted))
    if len(digits) < 3 or re.search(r"[^\d\s().+\-]", wanted):
        return False
    return digits.removeprefix("1") in "".join(re.findall(r"\d", number)) or digits in number


def _named(text: str, source: str) -> str:
    called = names(source) if source else {}
    return PLACEHOLDER.sub(lambda match: f"[{called.get(match[1], match[1])}]", text)


def _kept(part: str) -> str:
    """Return a part of a sentence as it is compared; a space at its ends stays."""
    inner = plain(part)
    if not inner:
        return " " if part else ""
    return f"{' ' if part[:1].isspace() else ''}{inner}{' ' if part[-1:].isspace() else ''}"


def _is_filled(
    wanted: str,
    literals: Sequence[str],
    wilds: Sequence[str],
    places: Collection[str] | None,
    steps: Steps,
) -> bool:
    """Say whether this is a part of the sentence with something filled in.

    Enough of it must be words of the sentence: at least three letters, and half as many as were made up.
    """
    # By what comes next, a placeholder's number and where it begins in what is wanted: letters of the
    # sentence's own, and letters that anything could have, at best.
    sure = _NUMBERS | (_PLACES if places is not None else frozenset())
    reached: list[dict[int, tuple[int, int]]] = [{} for _ in literals]
    for number, start in enumerate(literals[:-1]):
        for length in range(min(len(start), len(wanted)) + 1):
            own = start[len(start) - length :]
            if wanted.startswith(own):
                reached[number][length] = (_letters(own), 0)
    for number, wild in enumerate(wilds):
        literal = literals[number + 1]
        cost = _LONGEST_VALUE * (1 + len(places or ()) // 20 if wild in _PLACES else 1)
        for at, (own_letters, free) in list(reached[number].items()):
            if not steps.take(cost):
                return False
            for end in range(at + 1, min(len(wanted), at + _LONGEST_VALUE) + 1):
                value, after = wanted[at:end], wanted[end:]
                if not _may_be(wild, value, places):
                    continue
                more = 0 if wild in sure else _letters(value)
                if literal.startswith(after):
                    own_now = own_letters + _letters(after)
                    if own_now >= 3 and 2 * own_now >= free + more:
                        return True
                elif after.startswith(literal):
                    then = (own_letters + _letters(literal), free + more)
                    there = reached[number + 1].get(end + len(literal), then)
                    reached[number + 1][end + len(literal)] = max(then, there, key=_worth)
    return False


def _worth(letters: tuple[int, int]) -> int:
    return 2 * letters[0] - letters[1]


def _may_be(wild: str, words: str, places: Collection[str] | None) -> bool:
    """Say whether these words, or more around them, may be filled in."""
    if words != words.strip():
        return False
    if wild in _NUMBERS:
        return bool(_NUMBERLIKE.fullmatch(words))
    if wild in _PLACES and places is not None:
        return any(words in place for place in places)
    return True


def _letters(text: str) -> int:
    return sum(one.isalnum() for one in text)


def place_names(sources: Collection[str], catalogs: Collection[Mapping[str, str]]) -> frozenset[str]:
    """Return the names of places in every language, as they are compared."""
    return frozenset(
        plain(name) for source in sources for name in (source, *(one.get(source, "") for one in catalogs))
    ) - {""}
