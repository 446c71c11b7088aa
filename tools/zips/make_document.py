"""Making of the `zips` document: what several sources say of ZIPs, towns and counties, put together.

Where sources differ, all that any of them says is kept: a page too many to choose from does less harm than
one too few.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from chalicelib.directory.us_states import POSTAL_LETTERS
from chalicelib.shared.place_names import county_slug, fold
from tools.zips.read_sources import Heap, settle_names

# What people call towns for short. Letters of a state may mean both: "LA".
SHORT = {
    ("ca", "los angeles"): ("LA",),
    ("ca", "san francisco"): ("SF", "San Fran"),
    ("ca", "twentynine palms"): ("29 Palms",),
    ("ny", "new york"): ("NYC", "New York City", "Manhattan"),
    ("nv", "las vegas"): ("Vegas",),
    ("pa", "philadelphia"): ("Philly",),
    ("ut", "salt lake city"): ("SLC",),
}
_NAMES = {"dc": "District of Columbia", "vi": "U.S. Virgin Islands"}
_STATES = {
    letters: _NAMES.get(letters) or " ".join(word.capitalize() for word in slug.split("-"))
    for slug, letters in POSTAL_LETTERS.items()
}

TownKey = tuple[str, str]  # letters of its state, folded name


def make_document(
    heap: Heap, sources: Iterable[Mapping[str, str]], states: Collection[str]
) -> dict[str, Any]:
    """Return the document of these states (their letters; none: all), with its sources."""
    settle_names(heap)
    wanted = {fips for fips in heap.names if not states or heap.letters[fips[:2]] in states}
    said, towns = _said_by_town_file(heap), _gather_towns(heap)
    homes = {key: _home(zips, key[0], said, heap) for key, zips in towns.items()}
    home_of = {zip_code: homes[key] for key, zips in towns.items() for zip_code in zips}
    counties_of = {}
    for zip_code in sorted({*heap.pairs, *home_of}):
        others = sorted({*heap.pairs.get(zip_code, ()), *said.get(zip_code, ())})
        counties = [fips for fips in dict.fromkeys((*home_of.get(zip_code, ()), *others)) if fips in wanted]
        if counties:
            counties_of[zip_code] = " ".join(counties)
        elif not states:
            heap.left_out["ZIP in no county of the list"] += 1
    letters = {
        fips: heap.letters[fips]
        for fips in sorted({one[:2] for one in wanted}, key=lambda fips: heap.letters[fips])
    }
    names = _town_names(heap)
    return {
        "sources": [dict(source) for source in sources],
        "states": [{"letters": one, "name": _STATES[one], "fips": fips} for fips, one in letters.items()],
        "counties": [
            {"fips": fips, "name": heap.names[fips], "slug": county_slug(heap.names[fips])}
            for fips in sorted(wanted)
        ],
        "towns": [
            _town_entry(key, names[key], zips, homes[key])
            for key, zips in sorted(towns.items())
            if homes[key] and wanted.issuperset(homes[key])
        ],
        "zips": counties_of,
    }


def write_document(document: Mapping[str, Any]) -> str:
    """Write the document with a line for each entry, so that a newer source shows as a difference."""
    parts = []
    for name, entries in document.items():
        if isinstance(entries, Mapping):
            lines = [f"{_json(key)}: {_json(value)}" for key, value in entries.items()]
            parts.append(f'  "{name}": {{\n    ' + ",\n    ".join(lines) + "\n  }")
        else:
            parts.append(f'  "{name}": [\n    ' + ",\n    ".join(map(_json, entries)) + "\n  ]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _gather_towns(heap: Heap) -> dict[TownKey, list[str]]:
    """Return the ZIPs of each town. Names of one state that fold alike are one town, and a ZIP has one."""
    towns: dict[TownKey, list[str]] = defaultdict(list)
    seen: set[str] = set()
    for zip_code, town, letters, _ in sorted(heap.towns):
        if zip_code in seen:
            heap.left_out["second town of a ZIP"] += 1
        else:
            seen.add(zip_code)
            towns[letters, fold(town)].append(zip_code)
    return towns


def _said_by_town_file(heap: Heap) -> dict[str, list[str]]:
    """Return what the file of towns says of each ZIP's county, as far as that is on a list."""
    fips_of = {letters: fips for fips, letters in heap.letters.items()}
    said: dict[str, list[str]] = defaultdict(list)
    for zip_code, _, letters, county in heap.towns:
        if fips_of.get(letters, "") + county in heap.names:
            said[zip_code].append(fips_of[letters] + county)
    return said


def _home(zips: Iterable[str], letters: str, said: Mapping[str, list[str]], heap: Heap) -> tuple[str, ...]:
    """Return the county of a town: the one that most of its ZIPs are said to be in, or those that tie.

    The file of towns says it; where its county is on no list, as in Connecticut, the other files do. Post
    offices of a state have different names, so a county with few ZIPs of a town is its edge, or an error.
    """
    votes: Counter[str] = Counter()
    for zip_code in zips:
        others = [fips for fips in heap.pairs.get(zip_code, ()) if heap.letters.get(fips[:2]) == letters]
        votes.update(said.get(zip_code) or others)
    most = max(votes.values(), default=0)
    return tuple(sorted(fips for fips, count in votes.items() if count == most and fips in heap.names))


def _town_names(heap: Heap) -> dict[TownKey, str]:
    """Return how each town is spelled most often."""
    spelled: dict[TownKey, Counter[str]] = defaultdict(Counter)
    for _, town, letters, _ in heap.towns:
        spelled[letters, fold(town)][town] += 1
    return {key: min(names, key=lambda name: (-names[name], name)) for key, names in spelled.items()}


def _town_entry(key: TownKey, name: str, zips: Iterable[str], home: Iterable[str]) -> dict[str, Any]:
    entry = {"name": name, "state": key[0], "counties": " ".join(home), "zips": " ".join(zips)}
    return {**entry, "also": list(SHORT[key])} if key in SHORT else entry
