"""Counties by their names, and where an address lies: never a guess."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.directory.gazetteer import NOWHERE, Gazetteer, letters_of
from chalicelib.directory.zips import read_zips
from tests.directory.hsds.samples import PLACES

_CONTENT = Path(__file__).resolve().parents[2] / "chalicelib" / "content"
CALIFORNIA = Gazetteer(read_zips(json.loads((_CONTENT / "zips.json").read_text(encoding="utf-8"))))
TWO = Gazetteer(
    read_zips(
        {
            "sources": [{"name": "invented", "licence": "CC0", "date": "2026-01-01"}],
            "states": [
                {"letters": "ca", "name": "California", "fips": "06"},
                {"letters": "nv", "name": "Nevada", "fips": "32"},
            ],
            "counties": [
                {"fips": "06001", "name": "Orange County", "slug": "orange"},
                {"fips": "32001", "name": "Orange County", "slug": "orange"},
                {"fips": "32003", "name": "Lake County", "slug": "lake"},
            ],
            "zips": {"90001": "06001", "89001": "32003 32001"},
            "towns": [{"name": "Santa Aña", "state": "ca", "counties": "06001", "zips": "90001"}],
        }
    )
)


@pytest.mark.parametrize(
    ("name", "state", "fips"),
    [
        ("Lake", "", "32003"), ("lake county", "", "32003"), ("Lake, NV", "", "32003"),
        ("32003", "", "32003"), ("Orange NV", "", "32001"),
        ("Orange", "", None), ("Orange", "CA", "06001"), ("Orange", "Nevada", "32001"),
        ("Orange County, California", "", "06001"), ("06999", "", None), ("41001", "", "41001"),
        ("6001", "", "06001"), ("Atlantis", "CA", None), ("", "", None),
    ],
)  # fmt: skip
def test_a_county_is_known_by_name_or_number_and_never_guessed(name, state, fips):
    assert TWO.county(name, state) == fips


def test_a_county_is_shown_by_the_name_that_leads_back_to_it():
    assert TWO.called("32003") == "Lake County"
    assert TWO.called("32001") == "32001"
    assert TWO.called("32001", "nv") == "Orange County"
    assert TWO.called("41001") == "41001"


def test_an_address_lies_where_its_zip_is_else_where_its_town_is():
    assert TWO.around("89001-1234", "", "") == ("32003", "32001")
    assert TWO.around("", "santa ana", "California") == ("06001",)
    assert TWO.around("00000", "Santa Ana", "CA") == ("06001",)
    assert TWO.around("", "Santa Ana", "NV") == ()
    assert NOWHERE.around("90001", "Santa Ana", "CA") == ()


def test_every_county_of_california_is_known_by_its_name():
    assert CALIFORNIA.county("Merced") == CALIFORNIA.county("MERCED COUNTY") == "06047"
    assert CALIFORNIA.county("Los Ángeles") == "06037"


def test_a_place_lies_in_a_state_or_in_none():
    assert letters_of(PLACES, "merced-county-ca") == "ca"
    assert letters_of(PLACES, "us") == ""
