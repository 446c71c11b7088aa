"""Names of languages in English, beside their own: for offices, which have to find an interpreter."""

from __future__ import annotations

from chalicelib.shared.locales import ENDONYMS

IN_ENGLISH = {
    "en": "English",
    "es": "Spanish",
    "hmn": "Hmong",
    "pa": "Punjabi",
    "pt": "Portuguese",
    "ar": "Arabic",
    "zh-Hans": "Chinese, simplified",
    "zh-Hant": "Chinese, traditional",
    "fil": "Filipino",
    "km": "Khmer",
}


def language_name(locale: str) -> str:
    """Return a language's name in English with its own behind it, "Spanish (Español)", or a tag as it is."""
    own = ENDONYMS.get(locale, locale)
    english = IN_ENGLISH.get(locale, own)
    return english if english == own else f"{english} ({own})"
