"""Who publishes a service that comes onto pages of counties of others: whoever publishes there as well."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.directory.document_ids import PLACES
from chalicelib.directory.services import RETIRED, Coverage, Service
from chalicelib.publishing.edit_services import EditServices, written
from tests.directory.hsds.samples import KITCHEN
from tests.directory.test_areas import CLARK, FRESNO, MERCED, ZIPS
from tests.support.towns_office import SITES, TownsOffice, at

TOWN, STATES = at("town"), at("state")
DOCUMENT = "services/town"
HOME = replace(KITCHEN, serves="town", coverage=Coverage())


def office(*live: Service) -> TownsOffice:
    """Return a desk where the town is Merced County, in a state that is California."""
    made = TownsOffice()
    made.zips = ZIPS
    places = json.loads(made.desk.package.texts[PLACES])["places"]
    of: dict[str, dict[str, Any]] = {
        "town": {"kind": "county", "parent": "state", "fips": MERCED},
        "state": {"state": "ca"},
    }
    entries = [{**one, **of.get(one["slug"], {})} for one in places]
    made.desk.package.texts[PLACES] = json.dumps({"places": entries})
    if live:
        made.desk.package.texts["services"] = written(live)
    return made


def drafted(made: TownsOffice, *services: Service) -> TownsOffice:
    made.desk.edit.save_draft(DOCUMENT, written(services), 0, TOWN.email)
    return made


@pytest.mark.parametrize(
    ("coverage", "goes"),
    [
        (Coverage(), True),
        (Coverage(counties=(MERCED,), zips=("93635",), towns=("Los Banos",)), True),
        (Coverage(counties=("99999",)), True),
        (Coverage(counties=(FRESNO,)), False),
        (Coverage(counties=(MERCED, FRESNO)), False),
        (Coverage(zips=("93701",)), False),
        (Coverage(towns=("Dos Palos",)), False),
    ],
)
def test_a_town_puts_its_numbers_on_no_page_of_another_county(coverage: Coverage, goes: bool) -> None:
    made = drafted(office(), replace(HOME, coverage=coverage, always=True, hours=()))
    share = made.shares(TOWN)
    assert (DOCUMENT in (share.scope or ())) is goes
    assert (DOCUMENT in share.others) is not goes
    assert DOCUMENT in (made.shares(STATES).scope or ())
    assert made.shares(SITES).scope is None


def test_a_state_puts_none_on_the_pages_of_another_state() -> None:
    made = drafted(office(), replace(HOME, coverage=Coverage(counties=(CLARK,))))
    assert made.shares(STATES).scope == ()
    assert made.shares(SITES).scope is None


def test_a_number_that_was_let_out_once_is_not_changed_by_the_town_alone() -> None:
    out = replace(HOME, coverage=Coverage(counties=(FRESNO,)))
    other = replace(HOME, id="other", name="Other")
    made = drafted(office(out, other), out, replace(other, cost="A dollar"))
    assert made.shares(TOWN).scope == (DOCUMENT,), "what is as it was is nobody's question"
    made = drafted(office(out, other), replace(out, email="new@town.example"), other)
    assert made.shares(TOWN).scope == ()
    made = drafted(office(out, other), replace(out, status=RETIRED), other)
    assert made.shares(TOWN).scope == (DOCUMENT,), "who takes a number away needs nobody"


@pytest.mark.parametrize("changed", [{"fips": FRESNO}, {"fips": "", "name": "Fresno County"}])
def test_a_town_does_not_become_another_county(changed: dict[str, str]) -> None:
    made = office()
    entries = json.loads(made.desk.edit.open("places/town").text)["places"]
    entry = {name: value for name, value in {**entries[0], **changed}.items() if value}
    text = json.dumps({"places": [entry]})
    made.desk.edit.save_draft("places/town", text, 0, TOWN.email)
    assert made.shares(TOWN).scope == ()
    assert made.shares(TOWN).others == ["places/town"]
    assert made.shares(STATES).scope == ("places/town",)


def test_without_counties_there_is_nothing_to_come_onto() -> None:
    made = drafted(office(), replace(HOME, coverage=Coverage(counties=(FRESNO,))))
    made.zips = None
    assert made.shares(TOWN).scope == (DOCUMENT,)


def test_a_town_rolls_back_to_nothing_that_reached_further() -> None:
    out = replace(HOME, coverage=Coverage(counties=(FRESNO,)))
    made = drafted(office(), out)
    made.look(SITES)
    made.press(SITES)
    made.bring()
    first = made.desk.shelf.live()
    edit = EditServices(made.desk.edit, made.desk.clock)
    edit.put_all("town", lambda services: [replace(one, status=RETIRED) for one in services], TOWN.email)
    made.look(SITES)
    made.press(SITES)
    made.bring()
    assert first is not None
    assert not made.shares(TOWN).takes_back(first.number, "town")
    assert made.shares(STATES).takes_back(first.number, "town")
