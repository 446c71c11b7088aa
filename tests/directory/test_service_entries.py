"""The services document of a place is read strictly, and errors name entry and rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.service_entries import entry_of, read_services
from chalicelib.directory.write_entries import write_entries
from tests.directory.hsds.samples import KITCHEN, LINE, PLACES, SAMPLES, SHELTER

HOSTS = {"line.example", "house.example"}


def read(*entries: Any):
    return read_services({"services": list(entries)}, PLACES, HOSTS)


def entry(service=KITCHEN, **changes):
    return {**entry_of(service), **changes}


def test_what_is_written_is_read_as_it_was():
    text = write_entries({"services": [entry_of(one) for one in SAMPLES]})
    assert read_services(json.loads(text), PLACES, HOSTS) == SAMPLES


def test_what_is_as_usual_is_not_written():
    assert "status" not in entry_of(LINE)
    assert "address" not in entry_of(LINE)
    assert "extension" not in entry_of(KITCHEN)["phones"][0]


PHONE = {"kind": "voice", "show": "209-555-0101", "value": "+12095550101"}
BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown field": ({"colour": "red"}, "no field 'colour'"),
    "an id with spaces": ({"id": "a b"}, "an id has only"),
    "an unknown place": ({"serves": "atlantis"}, "no place"),
    "no name": ({"name": ""}, "name is missing"),
    "a name on two lines": ({"name": "a\nb"}, "line break"),
    "a name with spaces": ({"name": " a"}, "spaces"),
    "a name with a bell": ({"name": "a\x07b"}, "not printed"),
    "half a sign": ({"name": "a\ud83d"}, "not printed"),
    "a long name": ({"name": "a" * 301}, "more than 300"),
    "no organization": ({"organization": None}, "organization is missing"),
    "an organization that says its name again": (
        {"organization": {"id": "town", "name": "The Town", "description": "The Town"}},
        "no more than its name",
    ),
    "no need": ({"needs": []}, "needs is missing"),
    "an unknown need": ({"needs": ["gold"]}, "'gold' is none of"),
    "a need twice": ({"needs": ["food", "food"]}, "twice"),
    "an unknown audience": ({"audiences": ["cats"]}, "'cats'"),
    "an unknown mark": ({"mark": "CERTAIN"}, "mark is one of"),
    "no source": ({"sources": []}, "sources is missing"),
    "no day": ({"read_on": "today"}, "read_on is a day"),
    "a phone of another number": ({"phones": [{**PHONE, "value": "+12095550102"}]}, "is not the number"),
    "a phone with letters": ({"phones": [{**PHONE, "show": "call us"}]}, "phone 'call us'"),
    "a phone of no kind": ({"phones": [{**PHONE, "kind": "pigeon"}]}, "kind is one of"),
    "an extension of letters": ({"phones": [{**PHONE, "extension": "ab"}]}, "extension"),
    "an e-mail address that is none": ({"email": "at home"}, "no e-mail address"),
    "a link to a host that nobody listed": ({"website": "https://other.example/"}, "list of hosts"),
    "a link by http": ({"website": "http://line.example/"}, "plain https"),
    "hours that go backwards": ({"hours": [{"days": ["MO"], "opens": "17:00", "closes": "08:00"}]}, "is two"),
    "hours on no day": ({"hours": [{"days": ["XX"], "opens": "08:00", "closes": "17:00"}]}, "days are of"),
    "a time that is none": ({"hours": [{"days": ["MO"], "opens": "8", "closes": "17:00"}]}, "from 08:00"),
    "an end that nobody means": ({"hours": [{"days": ["MO"], "opens": "08:00", "closes": "23:59"}]}, "24:00"),
    "hours beside day and night": ({"always": True}, "no hours beside it"),
    "a flag that is a word": ({"always": "yes"}, "true or false"),
    "a language that is none": ({"languages": ["Spanish"]}, "tag of a language"),
    "an age of nobody": ({"least_age": 200}, "age in whole years"),
    "ages the wrong way round": ({"least_age": 20, "most_age": 10}, "more than most_age"),
    "half an address": ({"address": {"street": "12 Main Street"}}, "city is missing"),
    "a country by name": (
        {"address": {"street": "1", "city": "M", "state": "CA", "postal_code": "9", "country": "USA"}},
        "two letters",
    ),
    "an address that is hidden": ({"confidential": True}, "has no address"),
    "an address with beds": ({"needs": ["bed"]}, "has no address"),
    "a county by name": ({"coverage": {"counties": ["Merced"]}}, "five digits"),
    "two towns in one": ({"coverage": {"towns": ["A; B"]}}, "more than one town"),
    "an unknown status": ({"status": "open"}, "status is one of"),
    "somebody without a day": ({"assured_by": "clerk"}, "needs assured_on"),
    "somebody's address": ({"assured_on": "2026-11-01", "assured_by": "a@b.example"}, "role"),
    "a translation into English": ({"in_other": {"en": {"what": "x"}}}, "other languages"),
    "a translation of what is none": ({"in_other": {"es": {"email": "x"}}}, "no field 'email'"),
    "more than HSDS knows": ({"extra": {"service": {"colour": "red"}}}, "no field of HSDS"),
    "names of people": ({"extra": {"organization": {"contacts": []}}}, "names of people"),
    "more than can be kept": ({"extra": {"columns": {"x": "y" * 200_000}}}, "more than 100,000 bytes"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_breaks_a_rule_is_refused_by_name(what):
    changes, says = BROKEN[what]
    with pytest.raises(ContentInvalid) as refusal:
        read(entry(**changes))
    name = changes.get("id", "kitchen")
    assert str(refusal.value).startswith(f"service {name}: ")
    assert says in str(refusal.value)


def test_extra_of_a_confidential_service_says_nowhere_where_it_is():
    for part in ({"location": {"latitude": 37.1}}, {"more_locations": []}, {"columns": {"x": "y"}}):
        with pytest.raises(ContentInvalid, match="would say where"):
            read(entry(SHELTER, extra=part))


def test_a_service_that_stands_twice_is_refused():
    with pytest.raises(ContentInvalid, match="service kitchen: listed twice"):
        read(entry(), entry())


def test_two_services_that_describe_one_organization_differently_are_refused():
    other = {**entry_of(LINE)["organization"], "description": "Other people."}
    with pytest.raises(ContentInvalid, match="service shelter: another service says something else"):
        read(entry(LINE), entry(SHELTER, organization=other))


@pytest.mark.parametrize("document", [{}, {"services": {}}, {"services": ["x"]}, [], None])
def test_a_document_of_another_form_is_refused(document):
    with pytest.raises(ContentInvalid, match="services: a list of entries is missing"):
        read_services(document, PLACES, HOSTS)
