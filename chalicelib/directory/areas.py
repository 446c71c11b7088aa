"""Areas: which services a county has, and the tree of pages that leads to them without a search.

Each area is one page a language: the list of states, a state's counties, a county, one need in a large one. A
service covers a county where its own list names it, or a ZIP or town of it; one without a list covers its
place, and every county in or around that.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.directory.area_units import CHOOSE, STATES, UNKNOWN, unit_for
from chalicelib.directory.places import KINDS, Places
from chalicelib.directory.service_entries import IN_OTHER
from chalicelib.directory.services import ACTIVE, NEEDS, Address, Service
from chalicelib.directory.us_states import POSTAL_LETTERS
from chalicelib.directory.zips import County, Zips
from chalicelib.shared.locales import DEFAULT
from chalicelib.shared.place_names import fold, without_kind

# Bytes that the services of a county may take on its page, packed, in English and in any language: with more,
# the page is over its budget (6.5 and 8.5 KB as gzip), and each need gets a page of its own. Those can be cut
# further, so they keep further away from it: how much is packed is a guess, right to fifty bytes or so.
MOST_ENGLISH, MOST_OF_A_NEED, MOST_BYTES = 2_677, 2_595, 4_000
# Bytes that the words and tags around these take, found with 120 pages of 6.1 KB and more (bench.directory).
_A_SERVICE, _A_LINE, _A_NEED, _ONCE_MORE, _AT_THE_TOP = 1.62, 1.66, 24.4, 5.6, 10.6
_AT_LEAST = 22  # bytes for each service, were it a name and a number alone
_MOST_AT_THE_TOP = 6  # lines that are answered day and night

_OF_STATE = KINDS.index("state")
Rank = tuple[int, int]  # how near a service is, and its number: nearest first, else in their order


@dataclass(frozen=True, slots=True)
class Area:
    """One page of services, or of the way there.

    `links` are the areas that it lists, with their names; `services` are the ids of what it shows, nearest
    first; `need` is the one need that a page is for. `around` is the name of its state.
    """

    unit: str
    name: str = ""
    around: str = ""
    links: tuple[tuple[str, str], ...] = ()
    services: tuple[str, ...] = ()
    need: str = ""


@dataclass(frozen=True, slots=True)
class Areas:
    """All areas by unit, and the unit of the area around each place, by its slug."""

    by_unit: Mapping[str, Area]
    of_place: Mapping[str, str]

    def around(self, place: str) -> str:
        """Return the unit of the area around a place, or nothing where there is none."""
        return self.of_place.get(place, "")


NO_AREAS = Areas({}, {})


def find_areas(zips: Zips, places: Places, services: Sequence[Service]) -> Areas:
    """Return all areas, and which of them lies around each place."""
    where = Where(zips, places)
    units = {county.fips: unit_for(county.path) for county in zips.counties()}
    of_place: dict[str, str] = {}
    for place in places:
        counties = where.of_place(place.slug)
        if len(counties) == 1:
            of_place[place.slug] = units[counties[0]]
        else:
            letters = where.letters(place.slug)
            known = any(state.letters == letters for state in zips.states)
            of_place[place.slug] = unit_for(letters) if known else STATES
    return Areas({area.unit: area for area in areas_of(zips, places, services)}, of_place)


def written(areas: Iterable[Area]) -> list[dict[str, Any]]:
    """Return areas as JSON holds them; `read_areas` makes the same of it again."""
    return [
        {
            "unit": area.unit,
            "name": area.name,
            "around": area.around,
            "links": [list(link) for link in area.links],
            "services": list(area.services),
            "need": area.need,
        }
        for area in areas
    ]


def read_areas(entries: Iterable[Mapping[str, Any]]) -> dict[str, Area]:
    """Return areas by unit, from what `written` returned."""
    return {
        str(one["unit"]): Area(
            str(one["unit"]),
            str(one["name"]),
            str(one["around"]),
            tuple((str(unit), str(name)) for unit, name in one["links"]),
            tuple(str(service) for service in one["services"]),
            str(one["need"]),
        )
        for one in entries
    }


def areas_in(parts: Mapping[str, Any]) -> Areas:
    """Return what the inputs of pages say of areas: those that are shown, or the one around a place."""
    around = str(parts.get("area") or "")
    of_place = {str(entry["slug"]): around for entry in parts["places"]["places"]} if around else {}
    return Areas(read_areas(parts.get("areas") or ()), of_place)


def areas_of(zips: Zips, places: Places, services: Sequence[Service]) -> Iterator[Area]:
    """Yield every area: the lists first, then each county with its pages of needs."""
    states = tuple((unit_for(state.letters), state.name) for state in zips.states)
    yield Area(STATES, links=states)
    yield Area(CHOOSE)
    yield Area(UNKNOWN, links=states)
    for state in zips.states:
        links = tuple((unit_for(county.path), county.name) for county in state.counties)
        yield Area(unit_for(state.letters), state.name, links=links)
    covered = covering(zips, places, services)
    by_id = {service.id: service for service in services}
    for state in zips.states:
        for county in state.counties:
            found = [by_id[one] for one in covered[county.fips]]
            yield from _of_county(county, state.name, found)


def _of_county(county: County, state: str, services: Sequence[Service]) -> Iterator[Area]:
    unit = unit_for(county.path)
    ids = tuple(service.id for service in services)
    if fits(services):
        yield Area(unit, county.name, state, (), ids)
        return
    pages: list[tuple[str, str, Sequence[Service]]] = []
    for number, need in enumerate(NEEDS, 1):
        with_need = [service for service in services if need in service.needs]
        for part, some in enumerate(_in_parts(with_need) if with_need else (), 1):
            pages.append((f"{unit}--{number}" + (f"-{part}" if part > 1 else ""), need, some))
    yield Area(unit, county.name, state, tuple((page, need) for page, need, _ in pages), ids)
    for page, need, some in pages:
        shown = tuple(service.id for service in some)
        yield Area(page, county.name, state, ((unit, county.name),), shown, need)


def _in_parts(services: Sequence[Service]) -> list[Sequence[Service]]:
    """Return services in as few even parts as fit on a page each; one that is too long has its own."""
    for parts in range(1, len(services)):
        size = -(-len(services) // parts)
        cut = [services[start : start + size] for start in range(0, len(services), size)]
        if all(fits(some, one_need=True) for some in cut):
            return cut
    return [[service] for service in services]


def fits(services: Sequence[Service], one_need: bool = False) -> bool:
    """Say whether so many services fit on one page, in each language that somebody translated them into."""
    if weight_of(services, DEFAULT, one_need) > (MOST_OF_A_NEED if one_need else MOST_ENGLISH):
        return False
    languages = {tag for service in services for tag in service.in_other}
    return all(weight_of(services, tag, one_need) <= MOST_BYTES for tag in languages)


def weight_of(services: Sequence[Service], language: str, one_need: bool = False) -> int:
    """Return about how many bytes services take on a page in a language, packed."""
    words: list[str] = []
    lines = 0
    for service in services:
        said = {name: getattr(service, name) for name in IN_OTHER} | {**service.in_other.get(language, {})}
        address = None if service.hides_where else service.address
        days = [f"{' '.join(one.days)} {one.opens} {one.closes}" for one in service.hours]
        day = str(service.assured_on or service.read_on)
        words += [service.name, *said.values(), service.website, service.id]
        words += [f"{phone.show} {phone.value}" for phone in service.phones]
        words += [address.street, address.city, address.postal_code] if address else []
        words += [" ".join(service.languages), " ".join(service.audiences), day, service.assured_by, *days]
        lines += len(service.phones) + len(days) + sum(map(bool, _lines(service, address)))
    packed = len(zlib.compress("\n".join(filter(None, words)).encode(), 9))
    around = _A_SERVICE * len(services) + _A_LINE * lines + (0 if one_need else _needs(services))
    return round(packed + max(around, _AT_LEAST * len(services)))


def _lines(service: Service, address: Address | None) -> tuple[object, ...]:
    """Return what has a line of its own in an entry, where it is there."""
    return (
        service.cost,
        service.apply,
        service.languages or service.interpretation,
        address,
        service.website or service.organization.website,
        service.hours_note,
        service.always,
        "anyone" not in service.audiences,
        service.eligibility,
        service.least_age is not None or service.most_age is not None,
        service.assured_on,
        service.assured_by,
    )


def _needs(services: Sequence[Service]) -> float:
    """Return the bytes of what only a page with all needs has: headings, and names that stand there again."""
    needs = {need for service in services for need in service.needs}
    again = sum(len(service.needs) - 1 for service in services)
    always = sum(service.always and service.can_be_called() for service in services)
    return _A_NEED * len(needs) + _ONCE_MORE * again + _AT_THE_TOP * min(always, _MOST_AT_THE_TOP)


def covering(zips: Zips, places: Places, services: Sequence[Service]) -> dict[str, tuple[str, ...]]:
    """Return for each county (FIPS) the ids of the services that cover it, nearest first.

    What comes from elsewhere by its list stands behind what is of the county and its state. What is paused or
    retired covers none.
    """
    where = Where(zips, places)
    near: dict[str, list[tuple[Rank, str]]] = {county.fips: [] for county in zips.counties()}
    for number, service in enumerate(services):
        if service.status != ACTIVE:
            continue
        rank = (KINDS.index(places[service.serves].kind), number)
        from_elsewhere = (max(rank[0], _OF_STATE), len(services) + number)
        own = frozenset(where.whole(service.serves))
        for fips in where.covered(service):
            near[fips].append((rank if fips in own else from_elsewhere, service.id))
    return {fips: tuple(one for _, one in sorted(found)) for fips, found in near.items()}


def counties_of(zips: Zips, places: Places, slugs: Iterable[str]) -> frozenset[str]:
    """Return the counties (FIPS) that these places lie in, or have in them."""
    where = Where(zips, places)
    return frozenset(one for slug in slugs if slug in places for one in where.of_place(slug))


def counties_covered(zips: Zips, places: Places, services: Iterable[Service]) -> frozenset[str]:
    """Return the counties on whose pages some of these services stand."""
    where = Where(zips, places)
    return frozenset(one for each in services if each.status == ACTIVE for one in where.covered(each))


class Where:
    """The counties (FIPS) of places, and of what services list."""

    def __init__(self, zips: Zips, places: Places) -> None:
        self._zips = zips
        self._places = places
        self._in_state = {
            state.letters: tuple(county.fips for county in state.counties) for state in zips.states
        }
        self._all = tuple(county.fips for county in zips.counties())
        self._known = frozenset(self._all)
        self._named = {
            (state.letters, without_kind(fold(county.name))): county.fips
            for state in zips.states
            for county in state.counties
        }
        self._towns: dict[str, list[tuple[str, frozenset[str]]]] = {}
        for town in zips.towns:
            touched = {fips for one in town.zips for fips in zips.counties_of[one]}.union(town.counties)
            for name in {fold(town.name), *map(fold, town.also)}:
                self._towns.setdefault(name, []).append((town.state, frozenset(touched)))
        self._whole: dict[str, tuple[str, ...]] = {}

    def covered(self, service: Service) -> tuple[str, ...]:
        """Return the counties that a service covers."""
        if service.covers_whole_place:
            return self.whole(service.serves)
        listed = service.coverage
        found = {*listed.counties}
        for one in listed.zips:
            found.update(self._zips.counties_of.get(one, ()))
        for name in listed.towns:
            found |= self._of_town(fold(name), self.letters(service.serves))
        return tuple(sorted(found & self._known))

    def whole(self, slug: str) -> tuple[str, ...]:
        """Return the same as `of_place`, worked out once."""
        if slug not in self._whole:
            self._whole[slug] = self.of_place(slug)
        return self._whole[slug]

    def of_place(self, slug: str) -> tuple[str, ...]:
        """Return the counties that a place lies in, or has in it."""
        chain = self._places.chain(slug)
        place, letters = chain[0], self.letters(slug)
        if place.kind == "nation":
            return self._all
        if place.kind == "state":
            return self._in_state.get(letters, ())
        county = next((one for one in chain if one.kind == "county"), None)
        if county is not None:
            fips = county.fips or self._named.get((letters, without_kind(fold(county.name))), "")
            return (fips,) if fips in self._known else ()
        return tuple(sorted(self._of_town(fold(place.name), letters)))

    def _of_town(self, name: str, letters: str) -> frozenset[str]:
        """Return the counties of the towns of this name, in a state where one is known."""
        found = [counties for state, counties in self._towns.get(name, ()) if letters in ("", state)]
        return frozenset[str]().union(*found)

    def letters(self, slug: str) -> str:
        """Return the letters of the state that a place lies in, or nothing."""
        state = next((one for one in self._places.chain(slug) if one.kind == "state"), None)
        return (state.state or POSTAL_LETTERS.get(state.slug, "")) if state else ""
