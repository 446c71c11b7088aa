"""Privacy flags of a flat sheet: columns and cells that say that an address or a number is not for readers.

What cannot be told apart is taken as private: a street that stands on no page can be written there later.
"""

from __future__ import annotations

import re

from chalicelib.directory.hsds.columns import column_of, plain

_FLAG = re.compile(
    r"\b(?:private|confidential\w*|hidden|hide|undisclosed|unlisted|unpublished|not public|"
    r"(?:do not|dont|don t) (?:publish|show|list|share)|"
    r"not (?:to be|for) (?:published|publication|the public))\b"
)
_OF_WHERE = re.compile(r"\b(?:address|location|site|street|where)\b")
_OF_LETTERS = re.compile(r"\b(?:mailing|postal|billing)\b")  # where letters go, which no page shows
_SMALL = frozenset((
    "is", "are", "the", "of", "this", "number", "from", "on", "in", "online", "web", "website", "directory",
    "listing", "listed", "record", "entry", "row", "resource", "program", "agency", "service",
))  # fmt: skip
_NO = frozenset(("", "no", "n", "false", "0", "none", "public", "not private", "not confidential"))
_NO_STREET = re.compile(
    r"confidential|undisclosed|withheld|not (?:disclosed|given|public|published|listed)|"
    r"\bcall (?:\w+ )?for (?:the |an )?(?:address|location|directions)|"
    r"^(?:private|hidden|secret|unlisted)(?: (?:address|location))?$",
    re.IGNORECASE,
)

WHERE, RECORD = "where", "record"


def is_flag(title: str) -> bool:
    """Say whether a column that nobody knows says of something whether it is private."""
    return not column_of(title) and bool(_FLAG.search(plain(title)))


def made_private(title: str, text: str) -> str:
    """Return what a flag makes private: WHERE, RECORD for all, how other titles begin; "" for nothing."""
    words = plain(title)
    if " ".join(text.casefold().split()) in _NO or _OF_LETTERS.search(words):
        return ""
    if _OF_WHERE.search(words):
        return WHERE
    return " ".join(one for one in _FLAG.sub(" ", words).split() if one not in _SMALL) or RECORD


def hides_street(text: str) -> bool:
    """Say whether a cell for a street says that nobody may learn it."""
    return not any(one.isdigit() for one in text) and bool(_NO_STREET.search(text.strip(" .()*")))
