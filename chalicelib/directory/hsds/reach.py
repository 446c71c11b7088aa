"""Reach of a place in numbers (FIPS): which counties all of a place covers, for services without a list.

Counties are five digits, of which the first two are the state's: so one prefix says a nation, a state or a
county. A town reaches its whole county, as on the county's page.
"""

from __future__ import annotations

from functools import cache

from chalicelib.directory.areas import Where
from chalicelib.directory.hsds.snapshot import Reach
from chalicelib.directory.places import Places
from chalicelib.directory.zips import Zips


def reach_of(places: Places, zips: Zips) -> Reach:
    """Return what gives the digits that all counties of a place begin with; None where nobody knows them."""
    states = {state.letters: state.fips for state in zips.states}
    where = Where(zips, places)

    @cache
    def reach(slug: str) -> str | None:
        chain = places.chain(slug) if slug in places else ()
        if not chain or chain[0].kind == "nation":
            return "" if chain else None
        if chain[0].kind == "state":
            return states.get(where.letters(slug))
        # Of a town or county of which nobody knows where it lies we do not say that it is all of its state.
        counties = tuple(place.fips for place in chain if place.fips) or where.of_place(slug)
        return counties[0] if len(counties) == 1 else None

    return reach
