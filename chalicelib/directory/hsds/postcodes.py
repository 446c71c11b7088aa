"""ZIP table of the HSDS API (sorted lines, bisected): which counties and towns a ZIP touches.

The whole nation is a megabyte of text, of which a look-up reads some lines; nothing of it is parsed before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from chalicelib.directory.zips import Zips

_DIGITS = 5


def pack_postcodes(zips: Zips) -> bytes:
    """Return the table: a line for each ZIP with its counties (FIPS), and behind a tab each of its towns."""
    towns: dict[str, list[str]] = {}
    for town in zips.towns:
        for code in town.zips:
            towns.setdefault(code, []).append(town.name)
    lines = (
        "\t".join((f"{code} {' '.join(counties)}", *towns.get(code, ())))
        for code, counties in sorted(zips.counties_of.items())
    )
    return "\n".join(lines).encode()


class Postcodes:
    """The table, as `pack_postcodes` wrote it."""

    def __init__(self, data: bytes) -> None:
        self._lines = data.split(b"\n")

    def counties(self, postcode: str) -> tuple[str, ...]:
        """Return the counties (FIPS) that a ZIP touches; none for a ZIP that nobody knows."""
        return tuple(next(self._parts(postcode), "").split())

    def towns(self, postcode: str) -> tuple[str, ...]:
        """Return the towns of a ZIP."""
        return tuple(self._parts(postcode))[1:]

    def _parts(self, postcode: str) -> Iterator[str]:
        wanted = postcode.encode()
        at = bisect_left(self._lines, wanted)
        if at < len(self._lines) and len(wanted) == _DIGITS and self._lines[at].startswith(wanted + b" "):
            yield from self._lines[at][_DIGITS + 1 :].decode().split("\t")
