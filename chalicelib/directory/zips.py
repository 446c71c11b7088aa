"""ZIP codes, towns and counties of the nation, read from the `zips` document, which says where it is from.

A ZIP lies in one county or several, and its town's county is always one of them: so whoever types a ZIP finds
at least what its town's name finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.places import entries_of, is_slug
from chalicelib.shared.place_names import fold

MOST_COUNTIES = 16  # of one ZIP; the most that sources have is 7
_DIGITS = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class ZipSource:
    """Where ZIP data is from: its name, its licence, the date that it is of, and where it is published."""

    name: str
    licence: str
    date: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class County:
    """One county, or what counts as one. `fips` is its number, `path` where its page is: "ca/merced"."""

    fips: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class State:
    """A state with its counties in the order of their names. `letters` is its slug, "ca"."""

    letters: str
    name: str
    fips: str
    counties: tuple[County, ...]


@dataclass(frozen=True, slots=True)
class Town:
    """A town as letters are addressed, and the county it lies in; several where sources disagree.

    `also` has what people call it for short.
    """

    name: str
    state: str
    counties: tuple[str, ...]
    zips: tuple[str, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountyParts:
    """What lies in one county, wholly or in part: its ZIPs in their order, and its towns by name."""

    zips: tuple[str, ...]
    towns: tuple[Town, ...]


@dataclass(frozen=True, slots=True)
class Zips:
    """All ZIPs with their counties (FIPS), the town's county first; where it exists, it is valid."""

    sources: tuple[ZipSource, ...]
    states: tuple[State, ...]
    towns: tuple[Town, ...]
    counties_of: Mapping[str, tuple[str, ...]]

    def counties(self) -> Iterator[County]:
        """Return every county, state after state."""
        return (county for state in self.states for county in state.counties)

    def parts(self) -> dict[str, CountyParts]:
        """Return for each county (FIPS) its ZIPs and towns. A town is of each county that its ZIPs touch."""
        zips: dict[str, list[str]] = {county.fips: [] for county in self.counties()}
        towns: dict[str, list[Town]] = {fips: [] for fips in zips}
        for zip_code, counties in self.counties_of.items():
            for fips in counties:
                zips[fips].append(zip_code)
        for town in self.towns:
            touched = {fips for zip_code in town.zips for fips in self.counties_of[zip_code]}
            for fips in sorted({*touched, *town.counties}):
                towns[fips].append(town)
        return {fips: CountyParts(tuple(zips[fips]), tuple(towns[fips])) for fips in zips}


def read_zips(document: Mapping[str, Any]) -> Zips:
    """Turn the zips document into Zips. Raises ContentInvalid, naming the entry and the rule."""
    sources = tuple(_read_source(entry) for entry in entries_of(document, "sources"))
    if not sources:
        raise ContentInvalid("zips: it names no source")
    states = _read_states(document)
    known = {county.fips for state in states for county in state.counties}
    counties_of = _read_counties_of(document, known)
    in_state = {state.letters: frozenset(county.fips for county in state.counties) for state in states}
    towns = tuple(_read_town(entry, in_state) for entry in entries_of(document, "towns"))
    _check_towns(towns, counties_of)
    return Zips(sources, states, towns, counties_of)


def _read_source(entry: Mapping[str, Any]) -> ZipSource:
    name, licence, date, link = (str(entry.get(one) or "") for one in ("name", "licence", "date", "link"))
    if not (name and licence and date):
        raise ContentInvalid("zips: a source has a name, a licence and a date")
    return ZipSource(name, licence, date, link)


def _read_states(document: Mapping[str, Any]) -> tuple[State, ...]:
    counties: dict[str, list[County]] = {}
    letters_of = {
        str(entry.get("fips")): str(entry.get("letters")) for entry in entries_of(document, "states")
    }
    paths: set[str] = set()
    fips_seen: set[str] = set()
    for entry in entries_of(document, "counties"):
        fips, name, slug = (str(entry.get(one) or "") for one in ("fips", "name", "slug"))
        if not _is_number(fips, 5) or fips[:2] not in letters_of or fips in fips_seen:
            raise ContentInvalid(f"county {fips!r}: five digits, once, and those of one of the states first")
        path = f"{letters_of[fips[:2]]}/{slug}"
        if not name.strip() or not is_slug(slug) or path in paths:
            raise ContentInvalid(f"county {fips}: it has a name, and a slug that no other of its state has")
        fips_seen.add(fips)
        paths.add(path)
        counties.setdefault(fips[:2], []).append(County(fips, name, path))
    return tuple(_read_state(entry, counties) for entry in entries_of(document, "states"))


def _read_state(entry: Mapping[str, Any], counties: Mapping[str, list[County]]) -> State:
    letters, name, fips = (str(entry.get(one) or "") for one in ("letters", "name", "fips"))
    if len(letters) != 2 or not is_slug(letters) or not name.strip() or not _is_number(fips, 2):
        raise ContentInvalid(f"state {letters!r}: it has two small letters, a name, and two digits (FIPS)")
    if fips not in counties:
        raise ContentInvalid(f"state {letters}: it has no county")
    return State(letters, name, fips, tuple(sorted(counties[fips], key=lambda county: fold(county.name))))


def _read_counties_of(document: Mapping[str, Any], known: set[str]) -> dict[str, tuple[str, ...]]:
    listed = document.get("zips")
    if not isinstance(listed, Mapping) or not listed:
        raise ContentInvalid("zips: a ZIP and its counties are missing")
    found = {}
    for zip_code, words in sorted(listed.items()):
        counties = tuple(str(words).split())
        if not _is_number(zip_code, 5):
            raise ContentInvalid(f"ZIP {zip_code!r}: five digits")
        if not 1 <= len(counties) <= MOST_COUNTIES or not known.issuperset(counties):
            raise ContentInvalid(f"ZIP {zip_code}: at least one county, each of them listed")
        if len(set(counties)) < len(counties):
            raise ContentInvalid(f"ZIP {zip_code}: each of its counties once")
        found[zip_code] = counties
    return found


def _read_town(entry: Mapping[str, Any], in_state: Mapping[str, frozenset[str]]) -> Town:
    name, letters = str(entry.get("name") or ""), str(entry.get("state") or "")
    counties, zips = (tuple(str(entry.get(one) or "").split()) for one in ("counties", "zips"))
    also = tuple(str(one) for one in entry.get("also") or ())
    if not fold(name) or letters not in in_state:
        raise ContentInvalid(f"town {name!r}: it has a name in Latin letters, and one of the states")
    if not counties or not in_state[letters].issuperset(counties):
        raise ContentInvalid(f"town {name} ({letters}): it has a county, of its own state")
    if not zips or not all(fold(short) for short in also):
        raise ContentInvalid(f"town {name} ({letters}): it has a ZIP, and short names in Latin letters")
    return Town(name, letters, counties, zips, also)


def _check_towns(towns: tuple[Town, ...], counties_of: Mapping[str, tuple[str, ...]]) -> None:
    """Raise ContentInvalid unless each ZIP leads where its town's name leads, and there first."""
    names: set[tuple[str, str]] = set()
    placed: set[str] = set()
    for town in towns:
        if (town.state, fold(town.name)) in names:
            raise ContentInvalid(f"town {town.name} ({town.state}): listed twice")
        names.add((town.state, fold(town.name)))
        for zip_code in town.zips:
            if zip_code not in counties_of or zip_code in placed:
                raise ContentInvalid(f"town {town.name} ({town.state}): ZIP {zip_code} is none, or another's")
            placed.add(zip_code)
            if counties_of[zip_code][: len(town.counties)] != town.counties:
                raise ContentInvalid(f"ZIP {zip_code}: it begins with the county of its town, {town.name}")


def _is_number(text: object, digits: int) -> bool:
    return isinstance(text, str) and len(text) == digits and _DIGITS.issuperset(text)
