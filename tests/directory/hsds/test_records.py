"""What goes out is valid HSDS, strictly, under 3.0 and 3.1, and says nowhere where people hide."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from chalicelib.directory.hsds.profile import problems_of
from chalicelib.directory.hsds.read_json import read_json
from chalicelib.directory.hsds.records import (
    HIDDEN_PLACE,
    Setting,
    at_location_with,
    list_item,
    organization_with,
    root_record,
    service_record,
)
from chalicelib.directory.services import PAUSED, RETIRED, Address, Coverage
from tests.directory.hsds.official_files import example_bytes, problems
from tests.directory.hsds.samples import DOOR, KITCHEN, LINE, PLACES, SAMPLES, SETTING, SHELTER, services

BRIEFLY = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def all_forms(record):
    """Return every form of a service, by the name of the official schema that it has to keep."""
    yield "service", record
    yield "service_list", list_item(record)
    yield "organization", organization_with([record], in_full=True)
    yield "organization", organization_with([record], in_full=False)
    yield "organization_list", list_item(record["organization"])
    for number in range(len(record["service_at_locations"])):
        at = at_location_with(record, number)
        yield "service_at_location", at
        yield "service_at_location_list", list_item(at)


@pytest.mark.parametrize("tag", ["en", "es"])
@pytest.mark.parametrize("service", SAMPLES, ids=lambda one: one.id)
def test_samples_are_valid_in_every_form_and_language(service, tag):
    record = service_record(service, SETTING, tag)
    for name, one in all_forms(record):
        assert problems(name, one) == [], name
    assert problems_of([record]) == []


@BRIEFLY
@given(services())
def test_any_service_is_valid_and_keeps_our_own_rules(service):
    record = service_record(service, SETTING)
    assert problems("service", record) == []
    assert problems_of([record]) == []


@pytest.mark.parametrize("name", ["service_full", "organization_full", "service_at_location_full"])
def test_official_examples_go_out_as_valid_as_they_came(name):
    (service,) = read_json(example_bytes(name), name, DOOR).services
    record = service_record(service, SETTING)
    for kind, one in all_forms(record):
        assert problems(kind, one) == [], kind
    assert problems_of([record]) == []


def test_an_official_example_goes_out_with_what_we_have_no_field_for():
    came = json.loads(example_bytes("service_full"))
    (service,) = read_json(example_bytes("service_full"), "a file", DOOR).services
    record = service_record(service, SETTING)
    dated_here_or_of_people = {"last_modified", "assurer_email", "contacts", "metadata"}
    assert came.keys() - record.keys() == dated_here_or_of_people - {"last_modified"}
    for name in came.keys() - dated_here_or_of_people:
        if isinstance(came[name], str):
            assert record[name] == came[name].strip(), name
    of_people = {"contacts", "metadata", "phones", "locations", "attributes"}
    assert came["organization"].keys() - record["organization"].keys() <= of_people
    assert record["service_areas"][-1]["extent"] == came["service_areas"][0]["extent"]
    assert record["organization"]["organization_identifiers"][0]["identifier"] == "1234567"
    assert record["schedules"][0]["byday"] == "TH,FR"
    assert record["service_at_locations"][0]["id"] == came["service_at_locations"][0]["id"]
    assert record["service_at_locations"][0]["location"]["name"] == "MyCity Civic Center"


def test_day_and_night_is_written_as_hsds_tells_to():
    (schedule,) = service_record(LINE, SETTING)["schedules"]
    assert schedule["byday"] == "MO,TU,WE,TH,FR,SA,SU"
    assert (schedule["freq"], schedule["opens_at"], schedule["closes_at"]) == ("WEEKLY", "00:00", "23:59")
    assert schedule["notes"] == "It may take a minute."


def test_a_zone_is_its_distance_from_utc_at_that_moment():
    winter = service_record(KITCHEN, SETTING)["schedules"][0]
    summer = service_record(KITCHEN, Setting(PLACES, datetime(2026, 7, 1, tzinfo=UTC)))["schedules"][0]
    assert (winter["timezone"], summer["timezone"]) == (-8, -7)


def test_sentences_are_in_the_language_asked_for_and_ids_do_not_change():
    english, spanish, arabic = (service_record(LINE, SETTING, tag) for tag in ("en", "es", "ar"))
    assert (spanish["description"], spanish["name"]) == ("Alguien escucha.", "Una línea")
    assert arabic == english
    assert [one["id"] for one in english["phones"]] == [one["id"] for one in spanish["phones"]]
    assert english["id"] == spanish["id"]
    assert [one["id"] for one in english["attributes"]] == [one["id"] for one in spanish["attributes"]]


def test_a_confidential_service_has_no_address_even_if_its_record_has_one():
    broken = replace(
        SHELTER,
        address=Address("77 Hidden Lane", "Merced", "CA", "95340"),
        extra={"location": {"latitude": 37.3, "longitude": -120.5, "name": "77 Hidden Lane"}},
    )
    text = json.dumps(service_record(broken, SETTING))
    assert "Hidden Lane" not in text
    assert "95340" not in text
    assert "37.3" not in text
    assert HIDDEN_PLACE in text


def test_beds_hide_where_they_are_even_if_nobody_marked_them():
    broken = replace(SHELTER, confidential=False, address=Address("77 Hidden Lane", "Merced", "CA", "95340"))
    assert "Hidden Lane" not in json.dumps(service_record(broken, SETTING))


def test_nothing_empty_is_written():
    text = json.dumps([service_record(one, SETTING) for one in SAMPLES])
    for empty in ("null", '""', "[]", "{}"):
        assert f": {empty}" not in text


def test_a_status_is_one_that_hsds_knows():
    found = [
        service_record(replace(LINE, status=one), SETTING)["status"] for one in ("active", RETIRED, PAUSED)
    ]
    assert found == ["active", "inactive", "temporarily closed"]


def test_a_change_is_dated_by_what_is_known_of_it():
    when = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
    known = replace(SETTING, changed={"line": when})
    assert service_record(LINE, known)["last_modified"] == "2027-01-02T03:04:05Z"
    later = replace(LINE, read_on=date(2026, 11, 1), assured_on=date(2026, 11, 20))
    assert service_record(later, SETTING)["last_modified"] == "2026-11-20T00:00:00Z"


def test_a_confirmation_that_is_still_to_come_is_no_change_in_the_future():
    late = replace(KITCHEN, assured_on=date(2099, 1, 1))
    assert service_record(late, SETTING)["last_modified"] == f"{SETTING.on.date()}T00:00:00Z"


def test_coverage_is_said_by_county_zip_and_town_or_as_the_whole_place():
    areas = service_record(KITCHEN, SETTING)["service_areas"]
    assert [one["extent"] for one in areas] == [
        "county:06047", "county:06099", "zip:93635", "zip:95340", "town:Los Baños",
    ]  # fmt: skip
    (whole,) = service_record(replace(KITCHEN, coverage=Coverage()), SETTING)["service_areas"]
    assert (whole["extent"], whole["name"]) == ("place:merced-county-ca", "Merced County")


def test_the_root_says_version_profile_and_description():
    root = root_record("https://a.example/hsds", "https://a.example/profile", {"name": "A House"})
    assert root == {
        "version": "3.0",
        "profile": "https://a.example/profile",
        "openapi_url": "https://a.example/hsds/openapi.json",
        "publisher": {"name": "A House"},
    }
