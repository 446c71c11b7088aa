"""Number formatting: large numbers as a language writes them."""

from __future__ import annotations

# What stands between groups of three digits in CLDR, where that is not a comma. Spanish is that of the United
# States. A space must not break the number over two lines.
_BETWEEN = {"pt": "\u00a0"}


def grouped(number: int, locale: str) -> str:
    """Return a whole number with thousands separators: 20000 is "20,000" in English."""
    return f"{number:,}".replace(",", _BETWEEN.get(locale, ","))
