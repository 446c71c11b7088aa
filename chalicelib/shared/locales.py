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

# Tags that name a language we call otherwise. A macrolanguage may stand for its member, and the language that
# children read at school for what they speak at home; never a neighbour for a neighbour: Persian, Dari and
# Urdu are written like Arabic and are not Arabic.
_ALIASES = {"tl": "fil", "mww": "hmn", "hnj": "hmn", "arb": "ar"}
_ALIASES |= dict.fromkeys(("bcl", "bik", "ceb", "hil", "ilo", "pag", "pam", "war"), "fil")
# Chinese languages share one written standard in two scripts; those of the south-east more often traditional.
_CHINESE = frozenset(("zh", "cmn", "yue", "nan", "hak", "wuu", "gan", "hsn", "cdo", "lzh"))
_SOUTH_EAST = frozenset(("yue", "nan", "hak", "hakka", "min", "lzh"))
_TRADITIONAL = frozenset(("hant", "cht", "tw", "hk", "mo"))
_SIMPLIFIED = frozenset(("hans", "chs", "cn", "sg", "my"))
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
            match = nearest(tag, offered)
            if match:
                best, best_quality = match, quality
    return best


def direction(locale: str) -> str:
    """Return the text direction: "rtl" for a language written from right to left, else "ltr"."""
    return "rtl" if locale.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


def nearest(tag: str, offered: Sequence[str]) -> str:
    """Return the offered locale that is nearest to a language tag, "zh-TW" or "zh_TW", or nothing."""
    by_lower = {locale.lower(): locale for locale in offered}
    for candidate in _candidates(tag.strip().lower().replace("_", "-").split("-")):
        if candidate in by_lower:
            return by_lower[candidate]
    return ""


def _candidates(subtags: list[str]) -> list[str]:
    language = _ALIASES.get(subtags[0], subtags[0])
    if language in _CHINESE:
        return ["zh-hans", "zh-hant"] if _is_simplified(subtags) else ["zh-hant", "zh-hans"]
    if language == "pa" and _SHAHMUKHI.intersection(subtags) and "guru" not in subtags:
        return []
    whole = [language, *subtags[1:]]
    return ["-".join(whole[:length]) for length in range(len(whole), 0, -1)]


def _is_simplified(subtags: list[str]) -> bool:
    """Say which script a Chinese tag means: as its script says, else its region, else its language."""
    for script in ("hans", "chs", "hant", "cht"):
        if script in subtags:
            return script in _SIMPLIFIED
    if _TRADITIONAL.intersection(subtags):
        return False
    return bool(_SIMPLIFIED.intersection(subtags)) or not _SOUTH_EAST.intersection(subtags)


def _quality(parameter: str) -> int:
    """Return the weight of a wish in thousandths: 1000 when none is given, 0 when it is mangled."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1000
    whole, _, part = value.strip().partition(".")
    if (
        name.strip().lower() != "q"
        or whole not in ("0", "1", "")
        or not whole + part
        or len(part) > 3
        or not _QUALITY_DIGITS.issuperset(part)
    ):
        return 0
    return min(1000, int(whole or "0") * 1000 + int((part + "000")[:3]))
