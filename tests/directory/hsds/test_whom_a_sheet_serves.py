"""Whom a row of a sheet serves: counties by name, else around its address where a place is wide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.directory.services import Coverage
from tests.directory.hsds.samples import DOOR
from tests.directory.hsds.test_read_sheet import good, read, refused, sheet, words
from tests.directory.test_gazetteer import CALIFORNIA

STATE = replace(DOOR, where=CALIFORNIA)
COUNTY = replace(STATE, serves="merced-county-ca")
AT = {"Street": "1 Elm St", "City": "Merced", "State": "CA", "ZIP": "95340"}
MERCED = Coverage(("06047",))


@pytest.mark.parametrize(
    ("said", "counties"),
    [
        ("Merced", ("06047",)), ("Merced County, CA", ("06047",)), ("6047", ("06047",)),
        ("Merced, Fresno, and Kings", ("06047", "06019", "06031")), ("Merced; Fresno", ("06047", "06019")),
        ("Statewide", ()), ("California", ()), ("All counties", ()),
    ],
)  # fmt: skip
def test_counties_are_read_by_name(said, counties):
    assert good(sheet(County=said, **AT), STATE)[0].coverage == Coverage(counties)


def test_a_county_that_nobody_knows_is_refused_by_its_column():
    assert "line 2 (Kitchen), County: no county is called Atlantis" in refused(
        sheet(County="Atlantis"), STATE
    )
    free = read(sheet(Service_area="the north side of town"), COUNTY)
    assert free.services[0].coverage == Coverage()
    assert free.services[0].extra["columns"] == {"Service area": "the north side of town"}
    assert any("Service area" in one for one in words(free.notes))


@pytest.mark.parametrize("at", [AT, {"ZIP": "95340"}, {"City": "Merced", "State": "CA"}])
def test_in_a_list_of_a_state_what_names_no_county_is_of_that_of_its_address_and_a_note_says_so(at):
    found = read(sheet(**at), STATE)
    assert [one.coverage for one in found.services] == [MERCED]
    assert any("listed for that of its address" in one for one in words(found.notes))


def test_in_a_list_of_a_county_it_serves_all_of_it_wherever_its_office_is():
    assert good(sheet(**{**AT, "ZIP": "93701", "City": "Fresno"}), COUNTY)[0].coverage == Coverage()


def test_what_nobody_can_place_and_what_hides_where_it_is_is_of_the_whole_place():
    for cells in ({}, {"ZIP": "10001"}, {**AT, "Category": "Shelter"}, {**AT, "Confidential": "yes"}):
        assert good(sheet(**cells), STATE)[0].coverage == Coverage()


WRONG = {
    "too few digits": ({**AT, "ZIP": "9534"}, "ZIP"),
    "letters": ({**AT, "ZIP": "ABCDE"}, "ZIP"),
    "half of an addition": ({**AT, "ZIP": "95340-12"}, "ZIP"),
    "one of those that it serves": ({"Zips_served": "95340; 9534x"}, "Zips served"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_zip_that_is_none_is_refused(what):
    cells, title = WRONG[what]
    assert f"line 2 (Kitchen), {title}: it is no ZIP" in refused(sheet(**cells), STATE)


def test_a_postal_code_of_another_country_is_taken_as_it_is():
    cells = {**AT, "State": "ON", "ZIP": "K1A 0B1", "Country": "CA"}
    assert good(sheet(**cells))[0].address.postal_code == "K1A 0B1"


def test_a_day_that_has_not_come_is_refused():
    assert "Last verified: this day has not come yet" in refused(sheet(Last_verified="12/31/2027"))


def test_an_id_that_stands_twice_names_the_other_lines():
    text = refused("ID,Name,Phone\n7,Kitchen,209-555-0101\n8,A,209-555-0103\n7,House,209-555-0102\n")
    assert "line 2 (Kitchen), id: feed-7 stands in this file 2 times (line 4 (House))" in text
