"""Query parameters of the HSDS API (pagination, filters): read once, or refused without an echo."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.directory.hsds.folding import folded

PER_PAGE, MOST_PER_PAGE = 50, 100
LAST_PAGE = 10**9
LONGEST_SEARCH = 200
MOST_WORDS = 8
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_WHOLE = re.compile(r"[0-9]{1,9}")

_PAGED = ("search", "page", "per_page", "format", "lang")
SERVICES = (
    *_PAGED,
    "taxonomy_term_id",
    "taxonomy_id",
    "organization_id",
    "modified_after",
    "minimal",
    "full",
)
AT_LOCATIONS = (
    *_PAGED, "taxonomy_term_id", "taxonomy_id", "organization_id", "modified_after", "postcode", "full",
)  # fmt: skip
ORGANIZATIONS = (*_PAGED, "taxonomy_term_id", "taxonomy_id", "full", "full_service")
TAXONOMIES = _PAGED
TERMS = (*_PAGED, "taxonomy_id", "top_only", "parent_id")
ONE = ("lang", "format")
ONE_ORGANIZATION = (*ONE, "full_service")
# In the official description, and not offered here: a distance needs the place of each ZIP.
NOT_OFFERED = ("proximity",)


class Problem(Exception):
    """A question without an answer: its status (HTTP), and what to write instead. It echoes nothing."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status, self.says = status, says


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for: all filters are cumulative. `given` are the names of what was asked."""

    page: int = 1
    per_page: int = PER_PAGE
    words: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    taxonomies: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    modified_after: int | None = None
    postcode: str = ""
    minimal: bool = False
    full: bool = False
    full_service: bool = False
    top_only: bool = False


def read_parameters(query: Mapping[str, Sequence[str]], known: Collection[str]) -> Wanted:
    """Return what a query string asks for. Raises Problem (400), naming the parameter."""
    for name, values in query.items():
        if name in NOT_OFFERED and name not in known:
            raise Problem(400, f"{name} is not offered")
        if name not in known:
            raise Problem(400, f"an unknown parameter; there are {', '.join(known)}")
        if len(values) > 1 and not name.endswith("_id"):
            raise Problem(400, f"{name} is given more than once")
    if _one(query, "format") not in ("", "json"):
        raise Problem(400, "format is json; ndjson is not offered")
    return Wanted(
        page=_whole(query, "page", 1, LAST_PAGE),
        per_page=min(_whole(query, "per_page", PER_PAGE, LAST_PAGE), MOST_PER_PAGE),
        words=_words(query),
        terms=_ids(query, "taxonomy_term_id"),
        taxonomies=_ids(query, "taxonomy_id"),
        organizations=_ids(query, "organization_id"),
        parents=_ids(query, "parent_id"),
        modified_after=_moment(query),
        postcode=_postcode(query),
        minimal=_flag(query, "minimal"),
        full=_flag(query, "full"),
        full_service=_flag(query, "full_service"),
        top_only=_flag(query, "top_only"),
    )


def _one(query: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(query.get(name, ())), "")


def _whole(query: Mapping[str, Sequence[str]], name: str, usual: int, most: int) -> int:
    if name not in query:
        return usual
    value = _one(query, name)
    if not _WHOLE.fullmatch(value) or not 1 <= int(value) <= most:
        raise Problem(400, f"{name} is a whole number from 1")
    return int(value)


def _flag(query: Mapping[str, Sequence[str]], name: str) -> bool:
    if name not in query:
        return False
    value = _one(query, name).lower()
    if value not in _FLAGS:
        raise Problem(400, f"{name} is true or false")
    return _FLAGS[value]


def _ids(query: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    return tuple(value.strip().lower() for value in query.get(name, ()))


def _words(query: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    text = _one(query, "search")
    words = tuple(dict.fromkeys(folded(text).split())) if len(text) <= LONGEST_SEARCH else ()
    if len(text) > LONGEST_SEARCH or len(words) > MOST_WORDS:
        raise Problem(400, f"search has up to {MOST_WORDS} words and {LONGEST_SEARCH} characters")
    return words


def _moment(query: Mapping[str, Sequence[str]]) -> int | None:
    if "modified_after" not in query:
        return None
    # A plus of a time zone that nobody escaped comes as a space.
    value = _one(query, "modified_after").strip().upper()
    try:
        found = datetime.fromisoformat(value.replace(" ", "+") if "T" in value else value)
        zoned = found if found.tzinfo else found.replace(tzinfo=UTC)
        return int(zoned.timestamp()) + (1 if zoned.microsecond else 0)
    except (ValueError, OverflowError) as error:
        raise Problem(400, "modified_after is a date, 2026-11-25, or a date with time and zone") from error


def _postcode(query: Mapping[str, Sequence[str]]) -> str:
    if "postcode" not in query:
        return ""
    value = _one(query, "postcode").strip()
    if not re.fullmatch(r"[0-9]{5}(-?[0-9]{4})?", value, re.ASCII):
        raise Problem(400, "postcode is a ZIP of five digits")
    return value[:5]
