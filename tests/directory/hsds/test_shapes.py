"""Our table of HSDS records says what the official schema files say."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from chalicelib.directory.hsds.ids import OURS, inner_id, record_id, uuid5
from chalicelib.directory.hsds.shapes import SHAPES, extra_problems, is_uuid, kept, wrongs
from tests.directory.hsds.official_files import HERE, VERSIONS, example, schema


def as_official(field):
    if field.type == "list":
        return ("array", f"{field.kind}.json")
    if field.type == "record":
        return ("$ref", f"{field.kind}.json")
    if "|" in field.type:
        return ("enum", tuple(field.type.split("|")))
    return (field.type, None)


def of_official(value):
    if "$ref" in value:
        return ("$ref", value["$ref"])
    if value["type"] == "array":
        return ("array", value["items"]["$ref"])
    if "enum" in value:
        return ("enum", tuple(value["enum"]))
    if value["type"] == "number":
        return ("number", None)
    # `datetime` and `date` are no formats of JSON schema, so nothing checks them.
    return (value["format"] if value.get("format") in ("uuid", "uri", "email", "date-time") else "text", None)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_table_is_the_official_schema_files(version):
    kinds = {path.stem for path in Path(HERE / version / "schema").glob("*.json")} - {
        "meta_table_description"
    }
    newer = {"unit", "url", "service_capacity"}
    assert kinds == set(SHAPES) - (newer if version == "3.0" else set())
    for kind in kinds:
        official = schema(version, kind)
        ours = {name: one for name, one in SHAPES[kind].items() if version == "3.1" or not one.newer}
        assert {name: as_official(one) for name, one in ours.items()} == {
            name: of_official(one) for name, one in official["properties"].items()
        }, kind
        assert {name for name, one in ours.items() if one.needed} == set(official.get("required", ())), kind


@pytest.mark.parametrize(
    "name", ["service_full", "organization_full", "service_at_location_full", "location"]
)
def test_official_examples_have_the_right_shape(name):
    kind = name.removesuffix("_full")
    assert [*wrongs(kind, example(name))] == []


MUTATIONS = {
    "id": "7", "name": None, "status": "closed", "url": "not a link", "email": "nobody", "minimum_age": "12",
    "last_modified": "yesterday", "phones": {}, "organization": "The Town",
}  # fmt: skip


@pytest.mark.parametrize("field", MUTATIONS)
def test_a_wrong_field_is_named(field):
    record = {**example("service_full"), field: MUTATIONS[field]}
    assert [one.path for one in wrongs("service", record)] == [field]


def test_a_field_far_inside_is_named_by_its_way():
    record = example("service_full")
    del record["service_at_locations"][0]["location"]["addresses"][0]["country"]
    record["phones"][0]["extension"] = "100"
    assert {one.path for one in wrongs("service", record)} == {
        "phones[0].extension",
        "service_at_locations[0].location.addresses[0].country",
    }


def test_what_is_kept_is_no_name_of_a_person_and_nothing_that_3_0_lacks():
    organization = {**example("organization_full"), "additional_websites": [], "colour": "red"}
    found = kept("organization", organization)
    assert "contacts" not in found
    assert "colour" not in found
    assert "additional_websites" not in found
    assert found["legal_status"] == organization["legal_status"]


def test_what_is_kept_of_a_hidden_service_says_nowhere_where_it_is():
    extra = {"service": {"alternate_name": "x"}, "location": {"latitude": 37.1}}
    assert extra_problems(extra, hidden=False) == []
    assert extra_problems(extra, hidden=True)
    assert extra_problems({"service": {"colour": "red"}}, hidden=False)
    assert extra_problems({"service": {"contacts": []}}, hidden=False)
    assert extra_problems({"columns": {"Notes": 1}}, hidden=False)


def test_ids_are_those_that_everybody_makes_of_a_name():
    assert uuid5(uuid.NAMESPACE_DNS.bytes, "python.org") == uuid.uuid5(uuid.NAMESPACE_DNS, "python.org").bytes
    assert record_id("service", "line") == str(uuid.uuid5(uuid.UUID(bytes=OURS), "service/line"))


def test_an_id_of_others_stays_and_never_stands_for_what_is_inside():
    theirs = "AC148810-d857-441c-9679-408f346de14b"
    assert record_id("service", theirs) == theirs.lower()
    assert is_uuid(theirs)
    assert inner_id("location", theirs.lower()) != theirs.lower()
