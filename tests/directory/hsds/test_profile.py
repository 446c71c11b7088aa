"""Our own rules catch what the official schemas let through."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.directory.hsds.profile import problems_of, problems_of_page
from chalicelib.directory.hsds.records import service_record
from tests.directory.hsds.official_files import problems
from tests.directory.hsds.samples import KITCHEN, LINE, SETTING, SHELTER

Change = Callable[[Any], Any]


def location(record: Any) -> Any:
    return record["service_at_locations"][0]["location"]


# What is changed of the kitchen, and what the sentence about it has to name.
MUTATIONS: dict[str, tuple[Change, str]] = {
    "a phone of no digits": (lambda r: r["phones"][0].update(number="call us"), "phones[0].number"),
    "a phone with a digit less": (lambda r: r["phones"][0].update(number="209-555-010"), "phones[0].number"),
    "a phone of an unknown type": (lambda r: r["phones"][0].update(type="pigeon"), "phones[0].type"),
    "a time that is none": (lambda r: r["schedules"][0].update(opens_at="9ish"), "schedules[0].opens_at"),
    "an end that is none": (lambda r: r["schedules"][0].update(closes_at="25:00"), "schedules[0].closes_at"),
    "a day that is none": (lambda r: r["schedules"][0].update(byday="MON"), "schedules[0].byday"),
    "a zone off the Earth": (lambda r: r["schedules"][0].update(timezone=99), "schedules[0].timezone"),
    "a code of no language": (lambda r: r.update(languages=[{"id": r["id"], "code": "x-y"}]), "languages[0]"),
    "a language without a code": (lambda r: r.update(languages=[{"id": r["id"]}]), "languages[0].code"),
    "an unknown kind of extent": (lambda r: r["service_areas"][0].update(extent_type="x"), "extent_type"),
    "a latitude of 999": (lambda r: location(r).update(latitude=999), "location.latitude"),
    "a longitude of -181": (lambda r: location(r).update(longitude=-181), "location.longitude"),
    "a confirmation on no day": (lambda r: r.update(assured_date="lately"), "assured_date"),
    "no organization": (lambda r: r.pop("organization"), "organization"),
    "an attribute without a term": (lambda r: r["attributes"][0].pop("taxonomy_term"), "attributes[0]."),
    "two hours of one id": (lambda r: r["schedules"][1].update(id=r["schedules"][0]["id"]), "schedules[1]"),
    "one id for two kinds": (lambda r: r["phones"][0].update(id=location(r)["id"]), "id"),
    "an empty text": (lambda r: r.update(alert=""), "alert"),
}  # fmt: skip


def mutated(change: Change) -> Any:
    record = copy.deepcopy(service_record(KITCHEN, SETTING))
    change(record)
    return record


@pytest.mark.parametrize("what", MUTATIONS)
def test_what_the_official_schemas_let_through_is_caught_and_named(what):
    change, name = MUTATIONS[what]
    record = mutated(change)
    assert problems("service", record) == []
    found = problems_of([record])
    assert found
    assert all(one.startswith(f"service {record['id']}: ") for one in found)
    assert any(name in one for one in found), found


def test_names_of_people_do_not_go_out():
    record = mutated(lambda r: r.update(contacts=[{"id": r["organization"]["id"], "name": "Ann"}]))
    assert any(one.startswith(f"service {record['id']}: contacts") for one in problems_of([record]))
    assert "Ann" not in "".join(problems_of([record]))


def test_a_record_that_stands_twice_is_named():
    record = service_record(LINE, SETTING)
    assert problems_of([record, record]) == [f"service {record['id']}: stands there 2 times"]


@pytest.mark.parametrize(
    "where",
    [
        {"addresses": service_record(KITCHEN, SETTING)["service_at_locations"][0]["location"]["addresses"]},
        {"latitude": 37.1},
        {"transportation": "Bus 7"},
    ],
)
def test_a_confidential_service_that_says_where_it_is_is_named(where):
    record = copy.deepcopy(service_record(SHELTER, SETTING))
    location(record).update(where)
    assert problems("service", record) == []
    assert any("where a confidential service is" in one for one in problems_of([record]))
    location(record)["name"] = "A house"
    assert any("where a confidential service is" in one for one in problems_of([record]))


def test_a_sound_record_has_no_problem():
    assert (
        problems_of(
            json.loads(json.dumps([service_record(one, SETTING) for one in (LINE, KITCHEN, SHELTER)]))
        )
        == []
    )


PAGE = {
    "total_items": 3, "total_pages": 2, "page_number": 1, "size": 2, "first_page": True, "last_page": False,
    "empty": False, "contents": [{"id": "a"}, {"id": "b"}],
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"size": 3},
        {"empty": True},
        {"first_page": False},
        {"last_page": True},
        {"total_pages": 0},
        {"total_pages": 1, "last_page": True},
        {"contents": [{"id": "a"}, {"id": "a"}]},
        {"contents": [], "size": 0, "empty": True},
    ],
)
def test_a_page_that_does_not_add_up_is_named(change):
    assert problems_of_page(PAGE) == []
    assert problems_of_page({**PAGE, **change})
