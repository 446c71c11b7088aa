"""Readers of files with ZIP data, each known by its form: GeoNames, the Census Bureau's, and HUD's.

Each is read whole; what one cannot use is counted by why, and said at the end.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib.directory.us_states import POSTAL_LETTERS
from chalicelib.shared.place_names import fold, without_kind

# Counties that a list of before has under other numbers, and names. Connecticut's eight counties are left as
# they are: since 2022 the Census Bureau counts by planning regions there, which people do not name.
OLD_NUMBERS = {
    "02270": ("02158",),
    "46113": ("46102",),
    "51515": ("51019",),  # a city that went back into its county
    "02261": ("02063", "02066"),
    "02232": ("02105", "02230"),
}
NEW_NAMES = {
    "02158": "Kusilvak Census Area",
    "46102": "Oglala Lakota County",
    "02063": "Chugach Census Area",
    "02066": "Copper River Census Area",
}
_LETTERS = frozenset(POSTAL_LETTERS.values())
_TERRITORIES = ("PR", "GU", "VI", "AS", "MP")  # as countries of ISO 3166, where "CA" is Canada


class UnknownForm(Exception):
    """A file is of none of the forms that are known here. The text names the file."""


@dataclass(slots=True)
class Heap:
    """What all files say together."""

    names: dict[str, str] = field(default_factory=dict)  # FIPS -> "Merced County"
    letters: dict[str, str] = field(default_factory=dict)  # two digits of a state -> "ca"
    pairs: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # ZIP -> FIPS
    by_name: list[tuple[str, str, str]] = field(default_factory=list)  # ZIP, letters, name of its county
    towns: list[tuple[str, str, str, str]] = field(default_factory=list)  # ZIP, town, letters, FIPS
    left_out: Counter[str] = field(default_factory=Counter)

    def add_county(self, letters: str, fips: str, name: str) -> None:
        """Note a county, by the number and name that it has now."""
        if letters.lower() not in _LETTERS:
            self.left_out["county of no state we have letters for"] += 1
            return
        self.letters[fips[:2]] = letters.lower()
        for now in OLD_NUMBERS.get(fips, (fips,)):
            self.names[now] = NEW_NAMES.get(now) or self.names.get(now) or name

    def add_pair(self, zip_code: str, fips: str) -> None:
        """Note that a ZIP lies in a county, or a part of it."""
        for now in OLD_NUMBERS.get(fips, (fips,)):
            if now not in self.pairs[zip_code]:
                self.pairs[zip_code].append(now)


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of file: how its source is called, under which licence, where it is, and what reads it."""

    name: str
    licence: str
    link: str
    reads: Callable[[str, Heap], bool]  # false for a file of another form


def read_file(text: str, file: str, heap: Heap) -> Form:
    """Read one file into the heap, and return its form. Raises UnknownForm, naming the file."""
    for form in FORMS:
        if form.reads(text, heap):
            return form
    raise UnknownForm(f"{file}: none of the forms that docs/zips.md lists")


def _read_geonames(text: str, heap: Heap) -> bool:
    """Read towns of the states, or of a territory: to GeoNames that is a country with a file of its own."""
    first = text.partition("\n")[0].split("\t")
    if len(first) != 12 or first[0] not in ("US", *_TERRITORIES):
        return False
    for line in text.splitlines():
        columns = line.split("\t")
        if len(columns) != 12:
            heap.left_out["line of towns that is cut off"] += 1
            continue
        country, zip_code, town, _, letters, _, county, *_ = columns
        letters = letters if country == "US" else country if country in _TERRITORIES else ""
        if letters.lower() not in _LETTERS:
            heap.left_out["ZIP of no state: armed forces abroad, or the freely associated states"] += 1
        else:
            heap.towns.append((zip_code, town, letters.lower(), county))
    return True


def _read_county_list(text: str, heap: Heap) -> bool:
    """Read the Census Bureau's list of counties: of 2010 (commas, with a head or without) or 2020."""
    sign = "|" if "|" in text.partition("\n")[0] else ","
    rows = [row for row in csv.reader(text.splitlines(), delimiter=sign) if row]
    if not rows or len(rows[0]) not in (5, 7) or not all(_is_county(row) for row in rows[1:]):
        return False
    for row in rows[0 if _is_county(rows[0]) else 1 :]:
        name = row[3] if len(row) == 5 else row[4]
        heap.add_county(row[0], row[1] + row[2], name)
    return True


def _is_county(row: list[str]) -> bool:
    return (
        len(row) in (5, 7) and row[0].isalpha() and (row[1] + row[2]).isdigit() and len(row[1] + row[2]) == 5
    )


def _read_census_2010(text: str, heap: Heap) -> bool:
    return _read_pairs(text, ",", "ZCTA5", "GEOID", heap)


def _read_census_2020(text: str, heap: Heap) -> bool:
    return _read_pairs(text.lstrip("\ufeff"), "|", "GEOID_ZCTA5_20", "GEOID_COUNTY_20", heap)


def _read_hud(text: str, heap: Heap) -> bool:
    text = text.lstrip("\ufeff")
    head, _, below = text.partition("\n")
    for zip_column, county_column in (("zip", "fips"), ("zip", "county")):
        if _read_pairs(f"{head.lower()}\n{below}", ",", zip_column, county_column, heap):
            return True
    return False


def _read_pairs(text: str, sign: str, zip_column: str, county_column: str, heap: Heap) -> bool:
    rows = csv.DictReader(text.splitlines(), delimiter=sign)
    if not {zip_column, county_column} <= set(rows.fieldnames or ()):
        return False
    for row in rows:
        zip_code, fips = (row[zip_column] or "").strip(), (row[county_column] or "").strip()
        if not zip_code or not fips:
            heap.left_out["row without a ZIP or a county"] += 1
        else:  # a spreadsheet takes zeros away
            heap.add_pair(zip_code.zfill(5), fips.zfill(5))
    return True


def _read_named_counties(text: str, heap: Heap) -> bool:
    """Read {"CA": {"counties": {"Merced County": {"zip_codes": [...]}}}}."""
    if not text.startswith("{"):
        return False
    try:
        heap.by_name += [
            (str(zip_code), letters.lower(), county)
            for letters, state in json.loads(text).items()
            for county, inside in state["counties"].items()
            for zip_code in inside["zip_codes"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return True


def settle_names(heap: Heap) -> None:
    """Turn pairs whose county has a name alone into pairs with its number, now that all lists are read."""
    numbers = {(heap.letters[fips[:2]], fold(name)): fips for fips, name in heap.names.items()}
    numbers |= {("ak", "wade hampton census area"): "02158", ("sd", "shannon county"): "46102"}
    numbers |= {("va", "bedford city"): "51019"}
    for zip_code, letters, name in heap.by_name:
        if (letters, fold(name)) in numbers:
            heap.add_pair(zip_code, numbers[letters, fold(name)])
        elif letters == "ak" and without_kind(fold(name)) == "valdez cordova":
            heap.add_pair(zip_code, "02261")
        else:
            heap.left_out["county of a name that no list has"] += 1


_CENSUS = "public domain (work of the United States Government)"
FORMS = (
    Form("GeoNames postal codes", "CC BY 4.0", "https://www.geonames.org", _read_geonames),
    Form("Census Bureau, list of counties", _CENSUS, "https://www.census.gov", _read_county_list),
    Form("Census Bureau, ZCTA to county 2010", _CENSUS, "https://www.census.gov", _read_census_2010),
    Form("Census Bureau, ZCTA to county 2020", _CENSUS, "https://www.census.gov", _read_census_2020),
    Form(
        "Census Bureau, ZCTA to county 2010, by names",
        _CENSUS,
        "https://www.census.gov",
        _read_named_counties,
    ),
    Form(
        "HUD, ZIP to county", "", "https://www.huduser.gov", _read_hud
    ),  # none is named: the operator says it
)
