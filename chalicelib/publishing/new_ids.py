"""Slug generator: the address of a page, or the id of an entry, made from a name that somebody typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Container

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.places import RESERVED

_LONGEST = 50


def slug_of(name: str) -> str:
    """Return a name as a slug: small letters a to z, digits and single dashes; nothing when it has none."""
    plain = unicodedata.normalize("NFKD", name.replace("’", "").replace("'", "")).encode("ascii", "ignore")
    letters = "".join(
        letter if letter.isalnum() else " "
        for letter in plain.decode("ascii").casefold().replace("&", " and ")
    )
    return "-".join(letters.split())[:_LONGEST].strip("-")


def free_slug(name: str, taken: Container[str], *endings: str) -> str:
    """Return a slug of a name that is not taken: with one of the endings, else with a number.

    Raises DocumentInvalid when the name has neither a letter from a to z nor a digit.
    """
    slug = slug_of(name)
    if not slug:
        raise DocumentInvalid("this name has no letter from a to z: write it in those letters")
    tries = (*(f"{slug}-{ending}" if ending else slug for ending in (endings or ("",))), *_numbered(slug))
    return next(one for one in tries if one not in taken and one not in RESERVED)


def _numbered(slug: str) -> list[str]:
    return [f"{slug}-{number}" for number in range(2, 1000)]
