"""The index of ZIPs: what is written is what is read, small, and nothing heavy is loaded for it."""

import json
import zlib

import pytest

from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.zips import read_zips
from chalicelib.pages.pack_zips import pack_zips
from chalicelib.pages.zip_table import NEAR_MOST, SECTIONS, ZipTable
from chalicelib.shared.place_names import fold, without_kind

ZIPS = read_zips(json.loads((CONTENT / "zips.json").read_text(encoding="utf-8")))
INDEX = pack_zips(ZIPS)
COUNTY = {county.fips: county for county in ZIPS.counties()}


def made(counties=1, zips=None, towns=()):
    listed = [
        {"fips": f"06{number:03}", "name": f"Place {_letters(number)} County", "slug": f"place-{number}"}
        for number in range(counties)
    ]
    return read_zips(
        {
            "sources": [{"name": "invented", "licence": "CC0", "date": "2026"}],
            "states": [{"letters": "ca", "name": "California", "fips": "06"}],
            "counties": listed,
            "towns": list(towns),
            "zips": zips or {"90000": "06000"},
        }
    )


def _letters(number):
    return "".join(chr(97 + int(digit)) for digit in f"{number:03}")


def test_california_packs_into_ten_kilobytes():
    assert len(INDEX) <= 10_000
    assert len(zlib.compress(INDEX)) >= 0.9 * len(INDEX), "it is packed already"


def test_every_zip_comes_back_with_its_counties():
    table = ZipTable(INDEX)
    for number in range(100_000):
        zip_code = f"{number:05}"
        if zip_code in ZIPS.counties_of or number % 97 == 0:
            paths = [table.county(key)[0] for key in table.of_zip(zip_code)]
            assert paths == [COUNTY[fips].path for fips in ZIPS.counties_of.get(zip_code, ())], zip_code


def test_every_name_comes_back_with_its_counties_and_its_neighbours():
    table = ZipTable(INDEX)
    towns = {}
    for town in ZIPS.towns:
        for name in (town.name, *town.also):
            towns.setdefault(fold(name), set()).update(COUNTY[fips].path for fips in town.counties)
    for name, paths in towns.items():
        assert {table.county(key)[0] for key in table.of_town(name)} == paths, name
        assert table.is_name(name)
    names = sorted({*towns, *(without_kind(fold(county.name)) for county in ZIPS.counties())})
    assert sorted(table.names_from("")) == sorted(table.names_to("")) == names
    for sign in ("a", "san ", "san jose", "zzz", "los b", "y", "~", "ville", "oaks", names[0], names[-1]):
        assert sorted(table.names_from(sign)) == [name for name in names if name.startswith(sign)], sign
        assert sorted(table.names_to(sign)) == [name for name in names if name.endswith(sign)], sign


@pytest.mark.parametrize(("longest", "shortest"), [(6, 4), (4, 6), (0, 0), (2, 0), (99, 20), (99, 99)])
def test_names_of_some_lengths_are_those_and_no_others(longest, shortest):
    table = ZipTable(INDEX)
    names = [*table.names_from("")]
    for sign in ("", "s", "san", "e"):
        of_them = [name for name in names if shortest <= len(name) <= longest]
        begun = [*table.names_from(sign, longest, shortest)]
        ended = [*table.names_to(sign, longest, shortest)]
        assert begun == [name for name in of_them if name.startswith(sign)]
        assert ended == [name for name in of_them if name.endswith(sign)]


def test_every_county_comes_back_by_its_name_with_its_path():
    table = ZipTable(INDEX)
    for county in ZIPS.counties():
        for name in (fold(county.name), without_kind(fold(county.name))):
            assert [table.county(key) for key in table.of_county_name(name)] == [
                (county.path, county.name, "California")
            ]
    assert list(table.of_county_name("california")) == []
    assert list(table.of_county_name("")) == []


def test_only_what_a_look_up_needs_is_unpacked():
    table = ZipTable(INDEX)
    assert set(table._packed) == set(SECTIONS)
    table.of_zip("93635")
    assert {"names", "counts", "town_states", "states"} <= set(table._packed), (
        "names are not looked at for a ZIP"
    )


def test_the_same_zips_make_the_same_bytes():
    assert pack_zips(ZIPS) == INDEX


@pytest.mark.parametrize("data", [b"", b"ZIPS1\n", b"ZIPS1\n" + INDEX[6:], INDEX[:-1], INDEX + b"x"])
def test_other_bytes_are_refused(data):
    with pytest.raises(ValueError, match="an index of ZIPs"):
        ZipTable(data)


def test_as_many_counties_as_there_is_room_for_come_back_and_more_are_refused():
    def near(count):
        zips = {f"900{number:02}": f"06{number:03}" for number in range(count)}
        return made(counties=count, zips=zips)

    table = ZipTable(pack_zips(near(NEAR_MOST)))
    for number in range(NEAR_MOST):
        assert table.county(table.of_zip(f"900{number:02}")[0])[1] == f"Place {_letters(number)} County"
    with pytest.raises(ContentInvalid, match="begin with 900"):
        pack_zips(near(NEAR_MOST + 1))
    pack_zips(made(counties=256))
    with pytest.raises(ContentInvalid, match="more than 256"):
        pack_zips(made(counties=257))


def test_a_name_that_nobody_could_find_is_refused():
    long = {"name": "a" * 33, "state": "ca", "counties": "06000", "zips": "90000"}
    with pytest.raises(ContentInvalid, match="more than 32 letters"):
        pack_zips(made(towns=[long]))
