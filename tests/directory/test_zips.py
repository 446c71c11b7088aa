"""The `zips` document: what must hold in any, and what the one that ships for California holds."""

import json
from collections import Counter

import pytest

from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.zips import read_zips

SHIPPED = json.loads((CONTENT / "zips.json").read_text(encoding="utf-8"))
CALIFORNIA = read_zips(SHIPPED)


def document(**changed):
    whole = {
        "sources": [{"name": "invented", "licence": "CC0", "date": "2026"}],
        "states": [{"letters": "ca", "name": "California", "fips": "06"}],
        "counties": [
            {"fips": "06047", "name": "Merced County", "slug": "merced"},
            {"fips": "06019", "name": "Fresno County", "slug": "fresno"},
        ],
        "towns": [{"name": "Dos Palos", "state": "ca", "counties": "06047", "zips": "93620"}],
        "zips": {"93620": "06047 06019", "93635": "06047"},
    }
    return whole | changed


def town(**changed):
    return [document()["towns"][0] | changed]


def test_a_document_says_of_each_zip_its_counties_and_of_each_county_its_zips_and_towns():
    zips = read_zips(document())
    assert zips.counties_of == {"93620": ("06047", "06019"), "93635": ("06047",)}
    assert [county.path for county in zips.counties()] == ["ca/fresno", "ca/merced"]
    parts = zips.parts()
    assert parts["06047"].zips == ("93620", "93635")
    assert parts["06019"].zips == ("93620",)
    assert [one.name for one in parts["06019"].towns] == ["Dos Palos"], "its ZIP reaches into this county"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sources": []}, "no source"),
        ({"sources": [{"name": "x", "licence": "", "date": "2026"}]}, "a licence and a date"),
        ({"states": [{"letters": "CA", "name": "California", "fips": "06"}]}, "two small letters"),
        ({"states": [*document()["states"], {"letters": "nv", "name": "Nevada", "fips": "32"}]}, "no county"),
        ({"counties": [{"fips": "6047", "name": "Merced County", "slug": "merced"}]}, "five digits"),
        (
            {"counties": [{"fips": "32001", "name": "Churchill County", "slug": "churchill"}]},
            "one of the states",
        ),
        ({"counties": [*document()["counties"], document()["counties"][0]]}, "once"),
        (
            {"counties": [*document()["counties"], {"fips": "06001", "name": "Other", "slug": "merced"}]},
            "a slug that no other",
        ),
        ({"zips": {}}, "missing"),
        ({"zips": {"9362": "06047"}}, "five digits"),
        ({"zips": {"93620": ""}}, "at least one county"),
        ({"zips": {"93620": "06001"}}, "each of them listed"),
        ({"zips": {"93620": "06047 06047"}}, "once"),
        ({"towns": town(name="洛")}, "Latin letters"),
        ({"towns": town(state="nv")}, "one of the states"),
        ({"towns": town(counties="")}, "a county, of its own state"),
        ({"towns": town(zips="")}, "a ZIP"),
        ({"towns": town(also=["洛"])}, "short names"),
        ({"towns": town() * 2}, "listed twice"),
        ({"towns": [*town(), *town(name="Other")]}, "another's"),
        ({"towns": town(zips="93699")}, "is none"),
        ({"towns": town(counties="06019")}, "begins with the county of its town"),
    ],
)
def test_a_document_that_breaks_a_rule_is_refused_by_name(changed, said):
    with pytest.raises(ContentInvalid, match=said):
        read_zips(document(**changed))


def test_what_ships_names_each_source_with_its_licence_and_date():
    assert {(source.name, source.date) for source in CALIFORNIA.sources} == {
        ("Census Bureau, list of counties", "2010"),
        ("Census Bureau, ZCTA to county 2010, by names", "2010"),
        ("GeoNames postal codes", "2026-07-11"),
    }
    assert all(source.licence and source.link for source in CALIFORNIA.sources)


def test_what_ships_is_all_of_california():
    assert [state.letters for state in CALIFORNIA.states] == ["ca"]
    assert len(list(CALIFORNIA.counties())) == 58
    assert len(CALIFORNIA.counties_of) > 2500
    several = sum(len(counties) > 1 for counties in CALIFORNIA.counties_of.values())
    assert several > 150
    parts = CALIFORNIA.parts()
    assert all(parts[county.fips].zips and parts[county.fips].towns for county in CALIFORNIA.counties())


@pytest.mark.parametrize(
    ("zip_code", "counties"),
    [
        ("93635", ["06047"]),
        ("93620", ["06047", "06019"]),
        ("90001", ["06037"]),
        ("94303", ["06085", "06081"]),
        ("96049", ["06089", "06093"]),  # a box in Redding, which the Census Bureau has elsewhere
    ],
)
def test_a_zip_of_california_has_all_its_counties(zip_code, counties):
    assert list(CALIFORNIA.counties_of[zip_code]) == counties


def test_every_county_has_an_address_of_its_own_that_tells_no_need():
    counties = [county.path for county in CALIFORNIA.counties()]
    assert len(set(counties)) == 58
    assert counties == sorted(counties)
    assert "ca/merced" in counties


def test_every_zip_of_california_is_of_one_town_at_most_and_most_are():
    placed = Counter(zip_code for one in CALIFORNIA.towns for zip_code in one.zips)
    assert set(placed.values()) == {1}
    assert len(placed) > 0.99 * len(CALIFORNIA.counties_of)
