"""Places that help is wanted in, each inside a wider one: town, county, state, nation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.write_entries import write_entries
from chalicelib.shared.time_zones import UTC_ZONE, is_zone_name

# Where the ways to report were printed first. Places that name no newspaper show this one, as all did.
FOUNDING_PAPER = "The Westside Express"
LONGEST_PAPER = 80
KINDS = ("city", "county", "state", "nation")
# What stands after a language in a URL and is no place: pages of the site, that for codes, those of counties.
RESERVED = ("about", "code", "more", "places")
_SLUG_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


@dataclass(frozen=True, slots=True)
class Place:
    """One place and the wider place it lies in; a nation has none.

    `zone` is its time zone (an IANA name), or "" for that of the place around it. `paper` is the newspaper
    that printed the ways to report there, likewise. `fips` is the number of a county (five digits), `state`
    the two letters of a state: by these ZIPs know it.
    """

    slug: str
    name: str
    parent: str | None
    kind: str
    zone: str = ""
    paper: str = ""
    fips: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """All places, by slug, in the order of the document."""

    by_slug: Mapping[str, Place]

    def __contains__(self, slug: object) -> bool:
        return slug in self.by_slug

    def __iter__(self) -> Iterator[Place]:
        return iter(self.by_slug.values())

    def __getitem__(self, slug: str) -> Place:
        return self.by_slug[slug]

    def chain(self, slug: str) -> tuple[Place, ...]:
        """Return the place and all that it lies in, nearest first."""
        chain = []
        place: Place | None = self.by_slug[slug]
        while place:
            chain.append(place)
            place = self.by_slug[place.parent] if place.parent else None
        return tuple(chain)

    def zone_of(self, slug: str) -> str:
        """Return a place's time zone: its own, else that of the place around it, else "UTC".

        Also "UTC" for a place that we do not know: it may be gone since a report came in.
        """
        around = self.chain(slug) if slug in self else ()
        return next((place.zone for place in around if place.zone), UTC_ZONE)

    def paper_of(self, slug: str) -> str:
        """Return the newspaper that printed the ways of a place: its own, or that of a place around it."""
        around = self.chain(slug) if slug in self else ()
        return next((place.paper for place in around if place.paper), FOUNDING_PAPER)

    def within(self, slug: str) -> tuple[Place, ...]:
        """Return the places that lie directly in this one."""
        return tuple(place for place in self if place.parent == slug)


def read_places(document: Mapping[str, Any]) -> Places:
    """Turn the places document into Places. Raises ContentInvalid, naming the entry and the rule."""
    places: dict[str, Place] = {}
    for entry in entries_of(document, "places"):
        place = _read_place(entry)
        if place.slug in places:
            raise ContentInvalid(f"place {place.slug}: listed twice")
        places[place.slug] = place
    for place in places.values():
        _check_parent(place, places)
    return Places(places)


def with_places(older: str, now: str, recipients: str) -> tuple[str, tuple[str, ...]]:
    """Return an older places document with the places that recipients need, and the slugs that were added.

    The added ones, and those around them, are as they are `now`. Texts that cannot be read stay as they are:
    the checks say what is wrong with them.
    """
    try:
        document = json.loads(older)
        known = {entry["slug"] for entry in document["places"]}
        there = {entry["slug"]: entry for entry in json.loads(now)["places"]}
        wanted: set[str] = set()
        for slug in (entry["serves"] for entry in json.loads(recipients)):
            while slug in there and slug not in known and slug not in wanted:
                wanted.add(slug)
                slug = there[slug].get("parent")
        added = [entry for slug, entry in there.items() if slug in wanted]
        document["places"] = [*document["places"], *added]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return older, ()
    if not added:
        return older, ()
    text = write_entries(document)
    return text, tuple(str(entry["slug"]) for entry in added)


def entries_of(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the list of entries called `name`. Raises ContentInvalid when there is none of that form."""
    entries = document.get(name) if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise ContentInvalid(f"{name}: a list of entries is missing")
    return entries


def is_slug(text: str) -> bool:
    """Say whether `text` is a slug, which may stand in a URL: a-z, 0-9 and single inner dashes."""
    return bool(text) and _SLUG_LETTERS.issuperset(text) and all(text.split("-"))


def _read_place(entry: Mapping[str, Any]) -> Place:
    slug = str(entry.get("slug", ""))
    if not is_slug(slug):
        raise ContentInvalid(f"place {slug!r}: a slug has only a-z, 0-9 and single dashes")
    if slug in RESERVED:
        raise ContentInvalid(f"place {slug}: another page has this address, so it can be no slug")
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip():
        raise ContentInvalid(f"place {slug}: name is missing")
    if entry.get("kind") not in KINDS:
        raise ContentInvalid(f"place {slug}: kind is one of {', '.join(KINDS)}")
    zone = entry.get("zone") or ""
    if zone and not is_zone_name(zone):
        raise ContentInvalid(f"place {slug}: zone is a name like America/Los_Angeles")
    paper = entry.get("paper") or ""
    if (
        not isinstance(paper, str)
        or len(paper) > LONGEST_PAPER
        or not (paper.isprintable() and paper == paper.strip())
    ):
        raise ContentInvalid(f"place {slug}: paper is the name of a newspaper, in one line")
    fips, state = (str(entry.get(one) or "") for one in ("fips", "state"))
    if fips and not (entry["kind"] == "county" and len(fips) == 5 and fips.isascii() and fips.isdigit()):
        raise ContentInvalid(f"place {slug}: fips is the number of a county, five digits")
    if state and not (entry["kind"] == "state" and len(state) == 2 and state.isascii() and state.islower()):
        raise ContentInvalid(f"place {slug}: state is the two small letters of a state")
    return Place(slug, name, entry.get("parent"), entry["kind"], zone, paper, fips, state)


def _check_parent(place: Place, places: Mapping[str, Place]) -> None:
    if place.parent is None:
        if place.kind != "nation":
            raise ContentInvalid(f"place {place.slug}: only a nation has no parent")
        return
    parent = places.get(place.parent)
    if parent is None:
        raise ContentInvalid(f"place {place.slug}: there is no place {place.parent!r}")
    # Each step leads to a wider kind, so a chain cannot come back to where it began.
    if KINDS.index(parent.kind) <= KINDS.index(place.kind):
        raise ContentInvalid(f"place {place.slug}: {parent.slug} is not wider than it")
