"""Writer of the binary index of ZIPs, towns and counties that the page function looks things up in.

It writes what `pages/zip_table.py` reads. What repeats stands together, so that it packs well.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping

from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.zips import Zips
from chalicelib.pages.find_place import LONGEST_NAME
from chalicelib.pages.zip_table import COUNT, LAST, MAGIC, MORE, NEAR_MOST, SECTIONS
from chalicelib.shared.place_names import fold, without_kind

_MOST_COUNTIES = 255  # of a name: they stand in a byte

Key = tuple[int, int]


def pack_zips(zips: Zips) -> bytes:
    """Return the index. The same Zips make the same bytes.

    Raises ContentInvalid where a state, or the ZIPs of the same first three digits, have more counties than
    the form has room for.
    """
    keys, states = _number_counties(zips)
    sections = {"states": states} | _pack_codes(zips.counties_of, keys) | _pack_names(zips, keys)
    packed = [_deflated(sections[name]) for name in SECTIONS]
    return b"".join((MAGIC, *(len(one).to_bytes(4, "big") for one in packed), *packed))


def _deflated(section: bytes) -> bytes:
    """Compress a section, by whatever strategy makes it smallest: names and numbers want different ones."""
    tried = []
    for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, strategy)
        tried.append(packer.compress(section) + packer.flush())
    return min(tried, key=len)


def _number_counties(zips: Zips) -> tuple[dict[str, Key], bytes]:
    """Return the numbers of each county (FIPS), and the lines of states.

    Counties with many towns come first in their state: small numbers are frequent then, and pack well.
    """
    towns = Counter(fips for town in zips.towns for fips in town.counties)
    keys: dict[str, Key] = {}
    lines = []
    for number, state in enumerate(zips.states):
        if len(state.counties) > 256:
            raise ContentInvalid(f"state {state.letters}: more than 256 counties")
        counties = sorted(state.counties, key=lambda county: -towns[county.fips])
        keys |= {county.fips: (number, place) for place, county in enumerate(counties)}
        names = [
            county.name if fold(county.name) == county.name.lower() else f"{county.name}={fold(county.name)}"
            for county in counties
        ]
        lines.append("\t".join((state.letters, state.name, *names)))
    return keys, "\n".join(lines).encode()


def _pack_codes(counties_of: Mapping[str, tuple[str, ...]], keys: Mapping[str, Key]) -> dict[str, bytes]:
    """Return the sections of ZIPs. Those of the same first three digits name few counties, so by a number."""
    groups: list[dict[int, tuple[str, ...]]] = [{} for _ in range(1000)]
    for zip_code, counties in counties_of.items():
        groups[int(zip_code[:3])][int(zip_code[3:])] = counties
    slots, near_counts, near = [], bytearray(), []
    for first, group in enumerate(groups):
        frequent = [
            fips for fips, _ in Counter(one for found in group.values() for one in found).most_common()
        ]
        if len(frequent) > NEAR_MOST:
            raise ContentInvalid(f"ZIPs that begin with {first:03}: in more than {NEAR_MOST} counties")
        line = bytearray()
        for slot in range(100) if group else ():
            numbers = [frequent.index(fips) for fips in group.get(slot, ())]
            line += bytes((*(MORE + one for one in numbers[:-1]), LAST + numbers[-1])) if numbers else b"."
        slots.append(bytes(line))
        near_counts.append(len(frequent))
        near += [keys[fips] for fips in frequent]
    return {"slots": b"\n".join(slots), "near_counts": bytes(near_counts)} | _planes("near", near)


def _pack_names(zips: Zips, keys: Mapping[str, Key]) -> dict[str, bytes]:
    """Return the sections of names, those of a length together: whoever misspells one means one of nearly its
    own length.

    Counties stand among them with no county of their own, for the sake of who misspells one: the lines of
    states say which they are.
    """
    found: dict[str, set[Key]] = {without_kind(fold(county.name)): set() for county in zips.counties()}
    for town in zips.towns:
        for name in (town.name, *town.also):
            found.setdefault(fold(name), set()).update(keys[fips] for fips in town.counties)
    names = sorted(found, key=lambda name: (len(name), name))
    if any(len(name) > LONGEST_NAME for name in names):
        raise ContentInvalid(f"zips: a name of more than {LONGEST_NAME} letters, which nobody could find")
    lengths = Counter(map(len, names))
    listed = [key for name in names for key in sorted(found[name])[:_MOST_COUNTIES]]
    return {
        "lengths": b"".join(lengths[length].to_bytes(COUNT, "big") for length in range(LONGEST_NAME + 1)),
        "names": "".join(f"{name}\n" for name in names).encode("ascii"),
        "counts": bytes(min(len(found[name]), _MOST_COUNTIES) for name in names),
    } | _planes("town", listed)


def _planes(where: str, keys: Iterable[Key]) -> dict[str, bytes]:
    """Return states and numbers of counties apart: each packs better among its like."""
    listed = list(keys)
    return {
        f"{where}_states": bytes(state for state, _ in listed),
        f"{where}_numbers": bytes(number for _, number in listed),
    }
