"""Binary index of ZIPs, towns and counties in compressed sections: look-up by bisection, no parse of it all.

Only the sections that a look-up needs are unpacked, once. `pages/pack_zips.py` writes what this reads:
decisions 0121 and 0126 have the form. The page function loads this when somebody looks for a place.
"""

from __future__ import annotations

import zlib

from chalicelib.shared.place_names import KINDS_OF_COUNTY, county_slug, fold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    CountyKey = tuple[int, int]  # the number of its state, and its own in that state

MAGIC = b"ZIPS2\n"
SECTIONS = (
    "states",  # a line each: letters, name, counties; "=" before a folded name where that differs
    "slots",  # a line for each first three digits: a slot for each 00-99
    "near_counts",  # by first three digits: how many counties its slots name
    "near_states",
    "near_numbers",
    "lengths",  # of each length from 0: how many names have it, in COUNT bytes
    "names",  # a line each, the shortest first, else by the letters
    "counts",  # of each name: how many counties have a town of that name
    "town_states",
    "town_numbers",
)
COUNT = 3
EMPTY, LAST, MORE = 0x2E, 0x80, 0xC0  # a slot: no such ZIP, or numbers of counties, all but the last + MORE
NEAR_MOST = MORE - LAST  # counties that ZIPs of the same first three digits can name
_ENDS = frozenset((b"", *(kind.encode() for kind in KINDS_OF_COUNTY)))


class ZipTable:
    """The index, as `pack_zips` wrote it. A county is a pair: its state's number, and its own in that."""

    def __init__(self, data: bytes) -> None:
        """Take the index's bytes. Raises ValueError when they are not of the form that is known here."""
        table = len(MAGIC) + 4 * len(SECTIONS)
        if not data.startswith(MAGIC) or len(data) < table:
            raise ValueError("not an index of ZIPs")
        self._packed = {}
        at = table
        for number, section in enumerate(SECTIONS):
            start = len(MAGIC) + 4 * number
            size = int.from_bytes(data[start : start + 4], "big")
            self._packed[section] = data[at : at + size]
            at += size
        if at != len(data):
            raise ValueError("an index of ZIPs that is cut off")
        self._sections: dict[str, bytes] = {}
        self._lines: dict[str, list[bytes]] = {}
        self._text = ""
        self._lengths: list[tuple[int, int, int]] = []
        self._groups: dict[int, list[list[CountyKey]]] = {}
        self._counties: dict[CountyKey, tuple[str, str, str]] = {}
        self._states: list[tuple[str, str]] = []
        self._state_names: list[str] = []
        self._numbers: dict[str, int] = {}

    def _section(self, name: str) -> bytes:
        if name not in self._sections:
            self._sections[name] = zlib.decompress(self._packed.pop(name), -15)
        return self._sections[name]

    def _split(self, name: str, sign: bytes) -> list[bytes]:
        if name not in self._lines:
            self._lines[name] = self._section(name).split(sign)
        return self._lines[name]

    # ZIPs

    def of_zip(self, zip_code: str) -> list[CountyKey]:
        """Return the counties of a ZIP of five digits, its town's first; none for one that is not known."""
        first, slot = int(zip_code[:3]), int(zip_code[3:])
        group = self._groups.get(first)
        if group is None:
            group = self._groups[first] = self._group(first)
        return group[slot] if slot < len(group) else []

    def _group(self, first: int) -> list[list[CountyKey]]:
        """Return the counties of each ZIP with these first three digits, by its last two."""
        near = sum(self._section("near_counts")[:first])
        group: list[list[CountyKey]] = [[]]
        for sign in self._split("slots", b"\n")[first]:
            if sign != EMPTY:
                group[-1].append(self._county("near", near + sign - (MORE if sign >= MORE else LAST)))
            if sign < MORE:
                group.append([])
        return group

    def _county(self, where: str, at: int) -> CountyKey:
        return self._section(f"{where}_states")[at], self._section(f"{where}_numbers")[at]

    # Towns

    def of_town(self, name: str) -> list[CountyKey]:
        """Return the counties that have a town of this folded name; none where there is no such town."""
        at = self._find(name)
        if at < 0:
            return []
        start, names, places = self._lengths[len(name)]
        number, counts = names + (at - start) // (len(name) + 1), self._section("counts")
        first = places + sum(counts[names:number])
        return [self._county("town", place) for place in range(first, first + counts[number])]

    def is_name(self, name: str) -> bool:
        """Say whether a town or county has this folded name."""
        return self._find(name) >= 0

    def names_from(self, start: str, longest: int | None = None, shortest: int = 0) -> Iterator[str]:
        """Find the names of these lengths that begin with `start`, the shortest first."""
        return self._names_with(f"\n{start}", max(shortest, len(start)), longest)

    def names_to(self, end: str, longest: int | None = None, shortest: int = 0) -> Iterator[str]:
        """Find the names of these lengths that end with `end`, the shortest first."""
        return self._names_with(f"{end}\n", max(shortest, len(end)), longest)

    def _find(self, name: str) -> int:
        """Return where in the text the line before a name ends, or -1."""
        start, end = self._reach(len(name), len(name))
        return self._text.find(f"\n{name}\n", start, end)

    def _names_with(self, signs: str, shortest: int, longest: int | None) -> Iterator[str]:
        """Find the names of these lengths in which a text stands; "\n" in it is where a name begins or ends.

        One search through all letters takes less time than steps of Python would, up to a nation's names.
        """
        at, end = self._reach(shortest, longest)
        text = self._text
        while (at := text.find(signs, at, end)) >= 0:
            start = text.rfind("\n", 0, at + 1) + 1
            if start >= end:
                return  # the end of the last line begins no other
            at = text.find("\n", start)
            yield text[start:at]

    def _reach(self, shortest: int, longest: int | None) -> tuple[int, int]:
        """Return where in the text the names of these lengths stand, with the ends of lines around them."""
        if not self._text:
            self._text = "\n" + self._section("names").decode()
            sizes, counts = self._section("lengths"), self._section("counts")
            start = names = places = 0
            for length in range(len(sizes) // COUNT):
                self._lengths.append((start, names, places))
                more = int.from_bytes(sizes[length * COUNT :][:COUNT], "big")
                places += sum(counts[names : names + more])
                names, start = names + more, start + more * (length + 1)
            self._lengths.append((start, names, places))
        last = len(self._lengths) - 1  # where all names end
        after = last if longest is None else min(longest + 1, last)
        return self._lengths[min(shortest, last)][0], self._lengths[after][0] + 1

    # States and counties

    def states(self) -> list[tuple[str, str]]:
        """Return letters and name of each state, in its order."""
        if not self._states:
            lines = (line.decode().split("\t", 2) for line in self._split("states", b"\n"))
            self._states = [(letters, name) for letters, name, _ in lines]
            self._state_names = [fold(name) for _, name in self._states]
        return self._states

    def state_names(self) -> list[str]:
        """Return the folded name of each state, in its order."""
        self.states()
        return self._state_names

    def counties_in(self, state: int) -> list[CountyKey]:
        """Return all counties of a state."""
        return [(state, number) for number in range(self._split("states", b"\n")[state].count(b"\t") - 1)]

    def county(self, key: CountyKey) -> tuple[str, str, str]:
        """Return a county's path, name and state: "ca/merced", "Merced County", "California"."""
        found = self._counties.get(key)
        if found is None:
            letters, state, *counties = self._split("states", b"\n")[key[0]].decode().split("\t")
            name, _, folded = counties[key[1]].partition("=")
            found = self._counties[key] = (f"{letters}/{county_slug(folded or name)}", name, state)
        return found

    def of_county_name(self, name: str) -> Iterator[CountyKey]:
        """Find the counties of this folded name, with or without what kind they are ("county", "parish")."""
        if "lower" not in self._sections:
            self._sections["lower"] = self._section("states").lower()
        text, wanted = self._sections["lower"], name.encode("ascii", "ignore")
        for before in (b"\t", b"="):
            at = text.find(before + wanted)
            while at >= 0:
                end = at + 1 + len(wanted)
                tail = text[end : end + 24].replace(b"\n", b"\t").partition(b"\t")[0]
                line = text.rfind(b"\n", 0, at) + 1
                number = text.count(b"\t", line, at + 1) - 2
                if tail in _ENDS and number >= 0:
                    yield text.count(b"\n", 0, at), number
                at = text.find(before + wanted, end)

    def is_state(self, folded: str) -> int | None:
        """Return the number of the state with these letters or this folded name, or None."""
        if not self._numbers:
            for number, (letters, _) in enumerate(self.states()):
                for called in (fold(letters), self._state_names[number]):  # "mt" is folded, too: to a mount
                    self._numbers.setdefault(called, number)
        return self._numbers.get(folded)
