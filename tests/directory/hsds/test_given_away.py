"""A street of a confidential service, planted in every field of a file, is in no byte of any output."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from chalicelib.directory.hsds.api import Api
from chalicelib.directory.hsds.columns import COLUMNS, EXPORTED
from chalicelib.directory.hsds.edition import read_edition
from chalicelib.directory.hsds.export import export_csv, export_json
from chalicelib.directory.hsds.read_json import read_json
from chalicelib.directory.hsds.read_sheet import read_sheet
from chalicelib.directory.hsds.records import service_record
from chalicelib.directory.hsds.shapes import SHAPES, Field
from chalicelib.directory.service_entries import entry_of
from chalicelib.directory.services import Service
from chalicelib.publishing.overdue_services import as_csv, overdue
from tests.directory.hsds.samples import DOOR, KITCHEN, SETTING
from tests.pages.hsds_site import files_of

STREET = "4821 Zanzibar Street"
PLANTED = re.compile(rb"zanzibar|4821", re.IGNORECASE)
SAYS = "Help is here. Come to 4821 Zanzibar St. at six. Call first. See 4821 Zanzibar."
_WORDS = {
    "uuid": lambda path: str(uuid5(NAMESPACE_URL, path)),
    "email": lambda path: "ask@house.example",
    "uri": lambda path: "https://house.example/?to=4821+Zanzibar",
    "date-time": lambda path: "2026-11-25T08:00:00Z",
    "number": lambda path: 17,
}
# What is read into types of its own, and refused where it is none.
_PLAIN: dict[str, Any] = {
    "id": None,
    "name": "A House",
    "status": "active",
    "number": "209-555-0102",
    "type": "voice",
    "country": "US",
    "address_1": STREET,
    "assured_date": "2026-11-01",
    "code": "en",
    "byday": "MO",
    "opens_at": "08:00",
    "closes_at": "17:00",
    "dtstart": "2026-01-01",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "until": "2026-12-31",
    "timezone": -8,
    "extent_type": "text",
    "freq": "WEEKLY",
    "taxonomy": "Theirs",
    "extent": "town:Los Banos",
    "longitude": -120.482101,
    "latitude": 37.302101,
}
_LINKS = {("service", "url"), ("organization", "website")}  # refused where they say where: tried below


def planted(kind: str, path: str = "", deep: int = 0) -> dict[str, Any]:
    """Return a record of a kind whose every field says the street, as far as its type lets it."""
    record = {}
    for name, field in SHAPES[kind].items():
        if field.newer or (deep > 3 and not field.needed):
            continue
        record[name] = _value(kind, name, field, f"{path}/{kind}/{name}", deep)
    if isinstance(record.get("organization"), dict):
        record["organization_id"] = record["organization"]["id"]  # else it is refused for that
    return record


def _value(kind: str, name: str, field: Field, path: str, deep: int) -> Any:
    if field.type in ("list", "record"):
        inner = planted(field.kind, path, deep + 1)
        return [inner] if field.type == "list" else inner
    if _PLAIN.get(name) is not None:
        return _PLAIN[name]
    if (kind, name) in _LINKS:
        return "https://house.example/"
    if "|" in field.type:
        return field.type.split("|", 1)[0]
    return _WORDS.get(field.type, lambda path: SAYS)(path)


def bed(**changes: Any) -> dict[str, Any]:
    """Return such a service that has beds, as its terms say."""
    record = planted("service")
    record["required_documents"] = [{"id": record["id"], "document": SAYS}]
    record["service_at_locations"][0]["location"]["name"] = "Confidential location"
    return {**record, **changes}


def outputs(services: tuple[Service, ...]) -> Iterator[tuple[str, bytes]]:
    """Return every output that is made of services, unpacked."""
    for one in services:
        yield "the draft", json.dumps(entry_of(one), ensure_ascii=False).encode()
        for tag in ("en", "es"):
            yield f"the record in {tag}", json.dumps(service_record(one, SETTING, tag)).encode()
    text = json.dumps({"services": [entry_of(one) for one in services]})
    yield "what is overdue", as_csv(overdue({"x": text}, date(2030, 1, 1), {}), {}).encode()
    yield "the desk's JSON", export_json(services, SETTING).text.encode()
    for public in (True, False):
        yield "a sheet", export_csv(services, date(2026, 11, 29), public).text.encode()
    files = files_of(services)
    for name, content in files.items():
        yield name, gzip.decompress(content) if name.endswith(".gz") else content
    snapshot = read_edition(files).snapshot
    yield "what is searched", snapshot.text
    for row in range(len(snapshot)):
        yield "a row", snapshot.written(row)


def test_a_street_in_every_field_of_a_record_is_in_no_output():
    found = read_json(json.dumps([bed()]).encode(), "a.json", DOOR)
    assert [str(one) for one in found.refusals] == []
    assert found.services[0].confidential
    assert [name for name, content in outputs(found.services) if PLANTED.search(content)] == []
    assert not PLANTED.search("".join(map(str, found.notes)).encode())


def test_the_street_is_planted_where_nothing_hides():
    record = json.dumps([bed()]).replace("Confidential location", "Office").encode()
    found = read_json(record, "a.json", DOOR)
    assert not found.services[0].hides_where
    assert any(PLANTED.search(content) for _, content in outputs(found.services))


@pytest.mark.parametrize("link", ["url", "website"])
def test_a_link_that_says_where_is_refused_without_an_echo(link):
    record = bed()
    (record if link == "url" else record["organization"])[link] = "https://x.example/4821-Zanzibar"
    found = read_json(json.dumps([record]).encode(), "a.json", DOOR)
    assert found.services == ()
    assert not PLANTED.search("".join(map(str, found.refusals)).encode())


def test_a_street_in_every_column_of_a_sheet_is_in_no_output():
    cells = dict.fromkeys((one for one in COLUMNS if one != EXPORTED), SAYS)
    cells |= {
        "id": "k1", "name": "A Bed", "organization": "A House", "organization_id": "o1", "needs": "bed",
        "phones": "209-555-0102", "email": "", "website": "", "organization_website": "", "hours": SAYS,
        "audiences": "women", "languages": "English", "least_age": "", "most_age": "", "street": STREET,
        "city": "Merced", "state": "CA", "zip": "95340", "country": "US", "counties": "06047", "zips": "",
        "towns": "Merced", "confidential": "", "status": "", "assured_on": "", "Notes": SAYS, "text": "",
        "tty": "", "fax": "", "name_lang": "", "street_2": "Rear of 4821 Zanzibar",
        "read_on": "",
    }  # fmt: skip
    text = io.StringIO(newline="")
    csv.writer(text).writerows([cells.keys(), cells.values()])
    found = read_sheet(text.getvalue().encode(), "a.csv", DOOR)
    assert [str(one) for one in found.refusals] == []
    assert [name for name, content in outputs(found.services) if PLANTED.search(content)] == []


def test_what_shares_a_location_with_a_confidential_service_does_not_tell_it():
    house = bed()
    shared = json.loads(json.dumps(bed()).replace("Confidential location", "Office"))
    shared |= {"id": str(uuid5(NAMESPACE_URL, "other")), "name": "A Meal", "description": "A meal."}
    shared["organization"]["description"] = "We help people."
    for number, one in enumerate(shared["service_at_locations"]):
        one["id"] = str(uuid5(NAMESPACE_URL, f"other/{number}"))
    for records in ([house, shared], [shared, house]):
        found = read_json(json.dumps(records).encode(), "a.json", DOOR)
        assert [str(one) for one in found.refusals] == []
        assert len(found.services) == 2
        assert [name for name, content in outputs(found.services) if PLANTED.search(content)] == []


def test_an_organization_is_described_without_the_street_of_its_confidential_service():
    house, meal = bed(), service_record(KITCHEN, SETTING)
    meal["organization"] = {**house["organization"], "description": SAYS}
    for records in ([house, meal], [meal, house]):
        found = read_json(json.dumps(records).encode(), "a.json", DOOR)
        assert {one.address.street for one in found.services if one.address} == {"12 Main Street"}
        assert [name for name, content in outputs(found.services) if PLANTED.search(content)] == []
        assert len({one.organization for one in found.services}) == 1


def test_a_service_elsewhere_that_names_the_street_keeps_its_own_and_loses_that_sentence():
    meal = {**service_record(KITCHEN, SETTING), "application_process": f"Come in. Or ask at {STREET}."}
    found = read_json(json.dumps([bed(), meal]).encode(), "a.json", DOOR)
    kitchen = next(one for one in found.services if one.id == "kitchen")
    assert (kitchen.apply, kitchen.confidential) == ("Come in.", False)
    assert kitchen.address is not None
    assert kitchen.address.street == "12 Main Street"


def test_a_search_by_street_finds_nothing():
    found = read_json(json.dumps([bed()]).encode(), "a.json", DOOR)
    edition = read_edition(files_of(found.services))
    api = Api(edition.snapshot, "https://x.example/hsds", "https://x.example/p", edition.zips, edition.words)
    for words in ("4821", "zanzibar", STREET, "4821 Zanzibar"):
        for kind in ("services", "service_at_locations", "organizations"):
            answer = api.answer(kind, {"search": [words]}, "en")
            assert answer.status != 200 or json.loads(answer.body)["total_items"] == 0, (kind, words)
    whole = api.answer("services", {"full": ["true"]}, "en").body
    assert not PLANTED.search(whole.encode())
