"""Content negotiation (Accept-Language): which language to answer in.

The page function loads this module, so it imports next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

DEFAULT = "en"

ENDONYMS = {
    "en": "English",
    "es": "Español",
    "hmn": "Hmoob",
    "pa": "ਪੰਜਾਬੀ",
    "pt": "Português",
    "ar": "العربية",
    "zh-Hans": "简体中文",
    "zh-Hant": "繁體中文",
    "fil": "Filipino",
    "km": "ភាសាខ្មែរ",
}

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "prs", "ps", "ur"})

# Tags that name a language we call otherwise. A macrolanguage may stand for its member, never a neighbour
# for a neighbour: Persian, Dari and Urdu are written like Arabic and are not Arabic.
_ALIASES = {"tl": "fil", "mww": "hmn", "hnj": "hmn", "cmn": "zh"}
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})
_SHAHMUKHI = frozenset({"arab", "pk"})  # Punjabi in Arabic letters: its readers seldom read Gurmukhi

_LONGEST_HEADER = 1000
_MOST_TAGS = 30
_QUALITY_DIGITS = frozenset("0123456789")


def negotiate(accept_language: str, offered: Sequence[str]) -> str:
    """Return the offered locale that an Accept-Language header wants most, else English.

    Whatever the header holds, the answer is one of `offered` or "en", and only its first part is read.
    """
    best, best_quality = DEFAULT, 0
    for part in accept_language[:_LONGEST_HEADER].split(",")[:_MOST_TAGS]:
        tag, _, parameter = part.partition(";")
        quality = _quality(parameter)
        if quality > best_quality:  # equal wishes: the first one named wins
            match = _match(tag.strip().lower(), offered)
            if match:
                best, best_quality = match, quality
    return best


def direction(locale: str) -> str:
    """Return the text direction: "rtl" for a language written from right to left, else "ltr"."""
    return "rtl" if locale.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


def _match(tag: str, offered: Sequence[str]) -> str:
    by_lower = {locale.lower(): locale for locale in offered}
    for candidate in _candidates(tag.split("-")):
        if candidate in by_lower:
            return by_lower[candidate]
    return ""


def _candidates(subtags: list[str]) -> list[str]:
    language = _ALIASES.get(subtags[0], subtags[0])
    if language == "zh":
        simplified_first = not _TRADITIONAL.intersection(subtags) or "hans" in subtags
    elif language == "yue":  # Cantonese has no page of its own; its readers read standard Chinese
        simplified_first = "hans" in subtags
    elif language == "pa" and _SHAHMUKHI.intersection(subtags) and "guru" not in subtags:
        return []
    else:
        whole = [language, *subtags[1:]]
        return ["-".join(whole[:length]) for length in range(len(whole), 0, -1)]
    return ["zh-hans", "zh-hant"] if simplified_first else ["zh-hant", "zh-hans"]


def _quality(parameter: str) -> int:
    """Return the weight of a wish in thousandths: 1000 when none is given, 0 when it is mangled."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1000
    whole, _, part = value.strip().partition(".")
    if (
        name.strip().lower() != "q"
        or whole not in ("0", "1")
        or len(part) > 3
        or not _QUALITY_DIGITS.issuperset(part)
    ):
        return 0
    return min(1000, int(whole) * 1000 + int((part + "000")[:3]))
