"""Names with a wrong letter: the search against every name of California, letter by letter."""

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.zips import read_zips
from chalicelib.pages.find_place import LEAST_MISSPELT, MOST_SHOWN, PlaceSearch, is_one_letter_off
from chalicelib.pages.pack_zips import pack_zips
from chalicelib.pages.zip_table import ZipTable
from chalicelib.shared.place_names import fold, without_kind

ZIPS = read_zips(json.loads((CONTENT / "zips.json").read_text(encoding="utf-8")))
TABLE = ZipTable(pack_zips(ZIPS))
SEARCH = PlaceSearch(TABLE)
PATH = {county.fips: county.path for county in ZIPS.counties()}


def test_every_town_is_found_with_one_wrong_letter():
    """Of four letters and more: one missing, one too many, one wrong, and two swapped, at a place each."""
    wrong = 0
    for town in ZIPS.towns:
        name = fold(town.name)
        if len(name) < 5:
            continue
        at = len(name) // 2
        spoilt = {
            name[:at] + name[at + 1 :],
            name[:at] + "q" + name[at:],
            name[:at] + "q" + name[at + 1 :],
            name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :],
        }
        for typed in spoilt - {name}:
            answer = SEARCH.find(typed)
            paths = {county.path for county in answer.counties}
            assert answer.known, (town.name, typed)
            if not any(
                TABLE.names_from(fold(typed))
            ):  # else it is, or begins, another name, and that is meant
                assert {PATH[fips] for fips in town.counties} <= paths, (town.name, typed)
            wrong += 1
    assert wrong > 4000


LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789 "


def one_letter_off(name):
    """Every name that differs in one letter, made letter by letter."""
    for at in range(len(name) + 1):
        start, end = name[:at], name[at:]
        yield from (start + letter + end for letter in LETTERS)
        if end:
            yield start + end[1:]
            yield from (start + letter + end[1:] for letter in LETTERS)
        if len(end) > 1:
            yield start + end[1] + end[0] + end[2:]


def names_and_counties():
    """Every name of a town or county, folded, and what it leads to, read from the document."""
    names = {without_kind(fold(county.name)): {county.path} for county in ZIPS.counties()}
    for town in ZIPS.towns:
        for name in (town.name, *town.also):
            names.setdefault(fold(name), set()).update(PATH[fips] for fips in town.counties)
    return names


def test_a_misspelt_name_means_every_name_that_is_one_letter_off_and_no_other():
    """Asked in another way than the search asks: some ways to misspell each name, against all names."""
    names, chance, asked = names_and_counties(), random.Random(2026), 0  # noqa: S311 (the same ones each time)
    for name in sorted(names):
        for typed in chance.sample(sorted({*one_letter_off(name)}), 5):
            if typed != fold(typed) or len(typed) < LEAST_MISSPELT or any(TABLE.names_from(typed)):
                continue  # else it is a name, or begins one, and that is meant
            meant = (names[one] for one in {*one_letter_off(typed)} & names.keys())
            paths = set().union(*meant)
            answer = SEARCH.find(typed)
            assert answer.known, typed
            if len(paths) > MOST_SHOWN:
                assert answer.states == (("ca", "California"),)
            else:
                assert {county.path for county in answer.counties} == paths, typed
            asked += 1
    assert asked > 4000


def test_a_wrong_letter_is_one_of_four_kinds():
    off = set(one_letter_off("abc"))
    assert {"ab", "ac", "bc", "abcd", "zabc", "a bc", "xbc", "bac", "acb"} <= off
    assert "cba" not in off
    assert all(abs(len(one) - 3) <= 1 for one in off)


SHORT = st.text("abc", max_size=6)


@given(SHORT, SHORT)
def test_two_names_are_one_letter_off_where_one_is_among_those_made_of_the_other(one, other):
    made = one == other or other in set(one_letter_off(one))
    assert is_one_letter_off(one, other) == made == is_one_letter_off(other, one)
