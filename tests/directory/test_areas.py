"""Which services a county has, nearest first, and the tree of pages that leads to each."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.directory.adapters.shipped_content import content_with_areas
from chalicelib.directory.area_units import CHOOSE, STATES, UNKNOWN, is_area, path_of_unit, unit_for
from chalicelib.directory.areas import covering, find_areas, fits, read_areas, written
from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.places import is_slug, read_places
from chalicelib.directory.services import NEEDS, PAUSED, RETIRED, Coverage, Organization, Service
from chalicelib.directory.zips import read_zips

ZIPS = read_zips(
    {
        "sources": [{"name": "Nobody", "licence": "none", "date": "2026"}],
        "states": [
            {"letters": "ca", "name": "California", "fips": "06"},
            {"letters": "nv", "name": "Nevada", "fips": "32"},
        ],
        "counties": [
            {"fips": "06047", "name": "Merced County", "slug": "merced"},
            {"fips": "06019", "name": "Fresno County", "slug": "fresno"},
            {"fips": "32003", "name": "Clark County", "slug": "clark"},
        ],
        "zips": {"93635": "06047", "93620": "06047 06019", "93701": "06019", "89101": "32003"},
        "towns": [
            {"name": "Los Banos", "state": "ca", "counties": "06047", "zips": "93635"},
            {"name": "Dos Palos", "state": "ca", "counties": "06047", "zips": "93620"},
            {"name": "Dos Palos", "state": "nv", "counties": "32003", "zips": "89101"},
        ],
    }
)
PLACES = read_places(
    {
        "places": [
            {"slug": "los-banos-ca", "name": "Los Baños", "parent": "merced", "kind": "city"},
            {"slug": "merced", "name": "Merced County", "parent": "california", "kind": "county"},
            {
                "slug": "by-number",
                "name": "A county",
                "parent": "california",
                "kind": "county",
                "fips": "06019",
            },
            {"slug": "by-name", "name": "Fresno", "parent": "california", "kind": "county"},
            {"slug": "alone-ca", "name": "Dos Palos", "parent": "california", "kind": "city"},
            {"slug": "california", "name": "California", "parent": "us", "kind": "state"},
            {"slug": "silver", "name": "Silver", "parent": "us", "kind": "state", "state": "nv"},
            {"slug": "us", "name": "United States", "parent": None, "kind": "nation"},
        ]
    }
)
MERCED, FRESNO, CLARK = "06047", "06019", "32003"


def service(id_: str, serves: str, **more: Any) -> Service:
    values: dict[str, Any] = {
        "name": id_,
        "organization": Organization(id_, id_),
        "what": "Helps.",
        "needs": ("food",),
        "mark": "SINGLE",
        "sources": ("somebody",),
        "read_on": date(2026, 11, 25),
    }
    return Service(id=id_, serves=serves, **{**values, **more})


def counties_of(one: Service) -> set[str]:
    return {fips for fips, ids in covering(ZIPS, PLACES, [one]).items() if ids}


@pytest.mark.parametrize(
    ("serves", "counties"),
    [
        ("us", {MERCED, FRESNO, CLARK}),
        ("california", {MERCED, FRESNO}),
        ("silver", {CLARK}),
        ("merced", {MERCED}),
        ("by-number", {FRESNO}),
        ("by-name", {FRESNO}),
        ("los-banos-ca", {MERCED}),
        ("alone-ca", {MERCED, FRESNO}),
    ],
)
def test_a_service_without_a_list_covers_its_place_and_the_counties_in_or_around_it(
    serves: str, counties: set[str]
) -> None:
    assert counties_of(service("one", serves)) == counties


@pytest.mark.parametrize(
    ("coverage", "counties"),
    [
        (Coverage(counties=(FRESNO,)), {FRESNO}),
        (Coverage(counties=("99999",)), set()),
        (Coverage(zips=("93620",)), {MERCED, FRESNO}),
        (Coverage(towns=("los baños",)), {MERCED}),
        (Coverage(towns=("Dos Palos",)), {MERCED, FRESNO}),
        (Coverage(towns=("Nowhere",), counties=(MERCED,)), {MERCED}),
    ],
)
def test_a_list_says_more_than_the_place(coverage: Coverage, counties: set[str]) -> None:
    assert counties_of(service("one", "california", coverage=coverage)) == counties


def test_a_town_that_two_states_have_is_that_of_the_services_state() -> None:
    listed = Coverage(towns=("Dos Palos",))
    assert counties_of(service("one", "silver", coverage=listed)) == {CLARK}
    assert counties_of(service("one", "us", coverage=listed)) == {MERCED, FRESNO, CLARK}


@pytest.mark.parametrize("status", [RETIRED, PAUSED])
def test_what_is_not_offered_now_covers_nothing(status: str) -> None:
    assert counties_of(service("one", "us", status=status)) == set()


def test_the_nearest_come_first_and_those_of_one_place_in_their_order() -> None:
    serving = {"n": "us", "s": "california", "c2": "merced", "c1": "merced", "t": "los-banos-ca"}
    services = [service(name, serves) for name, serves in serving.items()]
    assert covering(ZIPS, PLACES, services)[MERCED] == ("t", "c2", "c1", "s", "n")


def test_each_list_leads_to_those_below_it_and_places_know_their_area() -> None:
    areas = find_areas(ZIPS, PLACES, [service("one", "us")])
    assert {*areas.by_unit} == {
        STATES,
        CHOOSE,
        UNKNOWN,
        "ca--",
        "nv--",
        "ca--merced",
        "ca--fresno",
        "nv--clark",
    }
    assert areas.by_unit[STATES].links == (("ca--", "California"), ("nv--", "Nevada"))
    assert areas.by_unit["ca--"].links == (("ca--fresno", "Fresno County"), ("ca--merced", "Merced County"))
    assert areas.around("los-banos-ca") == areas.around("merced") == "ca--merced"
    assert (areas.around("california"), areas.around("us")) == ("ca--", STATES)
    assert areas.around("nowhere") == ""


def test_a_county_with_too_many_for_one_page_has_a_page_for_each_need_and_each_service_is_on_one() -> None:
    services = [
        service(
            f"one-{number}", "merced", needs=(NEEDS[number % 3],), what=f"{number * 7919} helps {number}."
        )
        for number in range(150)
    ]
    areas = find_areas(ZIPS, PLACES, services)
    county = areas.by_unit["ca--merced"]
    needs = {name for _, name in county.links}
    assert needs == {*NEEDS[:3]}
    pages = [areas.by_unit[unit] for unit, _ in county.links]
    assert "ca--merced--1" in areas.by_unit
    assert {one for page in pages for one in page.services} == {one.id for one in services}
    by_id = {one.id: one for one in services}
    assert all(fits([by_id[one] for one in page.services]) for page in pages)
    assert areas.by_unit["ca--fresno"].links == ()


def test_areas_are_the_same_once_they_were_written() -> None:
    areas = find_areas(ZIPS, PLACES, [service("one", "us")]).by_unit
    assert read_areas(written(areas.values())) == areas


def test_a_unit_is_none_of_a_place_and_says_its_path() -> None:
    paths = {"ca": "places/ca/", "ca/merced": "places/ca/merced/", "ca/merced/3": "places/ca/merced/3/"}
    for path, url in paths.items():
        assert path_of_unit(unit_for(path)) == url
        assert is_area(unit_for(path))
        assert not is_slug(unit_for(path))
    assert path_of_unit(UNKNOWN) == "places/"
    assert path_of_unit(STATES) == "places/all/"
    assert not is_area("los-banos-ca")


def test_every_zip_that_ships_leads_to_a_county_that_has_a_page() -> None:
    import json

    from chalicelib.directory.adapters.shipped_content import CONTENT

    content = content_with_areas()
    zips = read_zips(json.loads((CONTENT / "zips.json").read_text(encoding="utf-8")))
    paths = {county.fips: county.path for county in zips.counties()}
    missing = {
        zip_code
        for zip_code, counties in zips.counties_of.items()
        for fips in counties
        if unit_for(paths[fips]) not in content.areas.by_unit
    }
    assert len(zips.counties_of) > 2_000
    assert missing == set()


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "county", "fips": "6047"}, {"kind": "city", "fips": "06047"}, {"kind": "state", "state": "CA"}],
)
def test_numbers_of_counties_and_letters_of_states_are_read_strictly(wrong: dict[str, str]) -> None:
    nation = {"slug": "us", "name": "United States", "parent": None, "kind": "nation"}
    with pytest.raises(ContentInvalid, match=r"five digits|two small letters"):
        read_places({"places": [{"slug": "one", "name": "One", "parent": "us", **wrong}, nation]})


def test_who_comes_from_elsewhere_by_a_list_stands_behind_county_and_state() -> None:
    far = service("far", "los-banos-ca", coverage=Coverage(counties=(FRESNO, MERCED)))
    near = [service("nation", "us"), far, service("of-state", "california"), service("own", "by-number")]
    found = covering(ZIPS, PLACES, near)
    assert found[FRESNO] == ("own", "of-state", "far", "nation")
    assert found[MERCED] == ("far", "of-state", "nation")
