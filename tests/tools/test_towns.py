"""Invented towns: the same each time, marked as invented, and nothing of them is ever sent."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import timedelta

import pytest

from chalicelib.directory.contacts import read_contacts
from chalicelib.directory.places import read_places
from tests.support.fakes import NOON
from tools.local import towns
from tools.local.seed_towns import TownsInvalid, wanted

US = {"slug": "us", "name": "United States", "parent": None, "kind": "nation"}
MADE = towns.places(500)
CITIES = [one for one in MADE if one.kind == "city"]


def test_five_hundred_towns_lie_in_twenty_counties_of_one_state() -> None:
    places = read_places({"places": [US, *map(towns.place_entry, MADE)]})
    kinds = [one.kind for one in places]
    assert [kinds.count(kind) for kind in ("city", "county", "state")] == [500, 20, 1]
    assert {len(places.within(one.slug)) for one in MADE if one.kind == "county"} == {25}
    assert len({one.name for one in MADE}) == len(MADE)


def test_everything_says_that_it_is_invented_and_no_number_is_anybody_s() -> None:
    entries = [entry for place in MADE for entry in towns.contact_entries(place)]
    places = read_places({"places": [US, *map(towns.place_entry, MADE)]})
    assert len(list(read_contacts({"contacts": entries}, places, ()))) == 1020
    assert all(one.name.endswith(towns.MARK) for one in MADE)
    assert all(entry["name"].endswith(towns.MARK) and "invented" in entry["what"] for entry in entries)
    numbers = set(re.findall(r"\+?[0-9][0-9-]{9,}", json.dumps(entries)))
    assert {
        one for one in numbers if not re.fullmatch(r"209-555-01\d\d|\+120955501\d\d|20\d\d-.*", one)
    } == set()
    assert all(towns.clerk_of(one).endswith(".example") for one in MADE)


def test_the_same_is_made_each_time() -> None:
    assert towns.places(500) == MADE
    assert list(map(asdict, towns.cases(CITIES, NOON))) == list(map(asdict, towns.cases(CITIES, NOON)))
    assert list(towns.log_lines(CITIES[:9], NOON)) == list(towns.log_lines(CITIES[:9], NOON))


def test_no_invented_case_is_ever_sent_and_there_is_something_of_each_kind() -> None:
    cases = list(towns.cases(CITIES, NOON))
    assert len({case.case_number for case in cases}) == len(cases) == 500 * towns.CASES_OF_A_TOWN
    states = {delivery.state for case in cases for delivery in case.deliveries}
    assert states == {"delivered", "bounced", "delayed", "held", "sent"}
    # Nothing is due for hours: a worker would try to open words that nobody wrote.
    assert all((case.due_at() or NOON + timedelta(days=1)) > NOON + timedelta(hours=4) for case in cases)
    assert {case.is_open() for case in cases} == {True, False}


@pytest.mark.parametrize("text", ["-1", "many", "5.5", "٣", "2001", "1e3"])
def test_what_is_no_number_of_towns_is_said_to_be_none(text: str) -> None:
    with pytest.raises(TownsInvalid, match="TOWNS must be a number"):
        wanted({"TOWNS": text})


def test_without_a_number_there_are_no_towns() -> None:
    assert (wanted({}), wanted({"TOWNS": ""}), wanted({"TOWNS": "500"})) == (0, 0, 500)
    for many in (0, towns.MOST + 1):
        with pytest.raises(ValueError, match="towns"):
            towns.places(many)
