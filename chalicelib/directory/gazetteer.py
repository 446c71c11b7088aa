"""Gazetteer: numbers (FIPS) of counties by their names, and the counties of ZIPs and towns.

Nothing is guessed: a name that two counties have is that of neither, unless a state is said.
"""

from __future__ import annotations

from chalicelib.directory.places import Places
from chalicelib.directory.us_states import POSTAL_LETTERS
from chalicelib.directory.zips import Zips
from chalicelib.shared.place_names import fold, without_kind

_LONGEST = 80
# What says that all of a place is served; names of states say it too.
_ALL = frozenset((
    "all", "all counties", "any", "any county", "countrywide", "countywide", "everywhere", "national",
    "nationwide", "state wide", "statewide", "united states", "us", "usa", "whole county", "whole state",
))  # fmt: skip


class Gazetteer:
    """What is known of counties, ZIPs and towns; without `zips`, nothing."""

    def __init__(self, zips: Zips | None = None) -> None:
        self._of_zip = zips.counties_of if zips else {}
        self._states = {one: one for one in POSTAL_LETTERS.values()}
        self._states |= {fold(name): letters for name, letters in POSTAL_LETTERS.items()}
        self._named: dict[str, set[str]] = {}
        self._names: dict[str, str] = {}
        self._in_state: dict[str, str] = {}
        self._whole = (
            {state.fips for state in zips.states} if zips else set()
        )  # all of whose counties are known
        self._towns: dict[tuple[str, str], set[str]] = {}
        for state in zips.states if zips else ():
            self._states[fold(state.name)] = self._states[state.letters] = state.letters
            for county in state.counties:
                folded = fold(county.name)
                self._in_state[county.fips], self._names[county.fips] = state.letters, county.name
                for name in {folded, without_kind(folded)}:
                    self._named.setdefault(name, set()).add(county.fips)
        for town in zips.towns if zips else ():
            for name in (town.name, *town.also):
                self._towns.setdefault((town.state, fold(name)), set()).update(town.counties)

    @property
    def is_empty(self) -> bool:
        """Say whether no county is known."""
        return not self._names

    def state(self, text: str) -> str:
        """Return the letters of a state by its name or letters, or nothing."""
        return self._states.get(fold(text[:_LONGEST]), "")

    def says_all(self, text: str) -> bool:
        """Say whether a cell for counties says that all of a place is served."""
        folded = fold(text[:_LONGEST])
        return folded in _ALL or folded in self._states

    def county(self, text: str, state: str = "") -> str | None:
        """Return the number of a county, from its number or its name, with or without "County" and state."""
        if text.isascii() and text.isdigit() and len(text) in (4, 5):
            fips = text.zfill(5)
            return fips if fips in self._names or fips[:2] not in self._whole else None
        folded = fold(text[:_LONGEST])
        known = self._named.get(folded, set())
        if not known and (last := folded.rpartition(" "))[2] in self._states:
            known, state = self._named.get(last[0], set()), last[2]
        letters = self.state(state)
        if len(known) > 1 and letters:
            known = {one for one in known if self._in_state[one] == letters}
        return next(iter(known)) if len(known) == 1 else None

    def called(self, fips: str, state: str = "") -> str:
        """Return a county's name where it says in this state which it is, else its number."""
        name = self._names.get(fips, "")
        return name if name and self.county(name, state) == fips else fips

    def around(self, postal_code: str, town: str, state: str) -> tuple[str, ...]:
        """Return the counties in which an address lies, by its ZIP, else by its town, if known."""
        by_zip = self._of_zip.get(postal_code[:5], ())
        return tuple(by_zip or sorted(self._towns.get((self.state(state), fold(town[:_LONGEST])), ())))


def letters_of(places: Places, slug: str) -> str:
    """Return the letters of the state in which a place lies; nothing for a nation."""
    states = (one for one in places.chain(slug) if one.kind == "state")
    return next((one.state or POSTAL_LETTERS.get(one.slug, "") for one in states), "")


NOWHERE = Gazetteer()
