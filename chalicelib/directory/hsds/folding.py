"""Folding of texts (Unicode): how names are compared and searched, without accents and capitals."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """Return a text as it is compared: small letters without accents, one space between words."""
    plain = text.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
        plain = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(plain.split())
