"""HSDS files come in whole, or are refused in words that name record and field."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest

from chalicelib.directory.hsds.door import Limits
from chalicelib.directory.hsds.read_json import read_json
from chalicelib.directory.hsds.records import organization_with, service_record
from chalicelib.directory.services import DAYS, Hours
from tests.directory.hsds.official_files import example, example_bytes
from tests.directory.hsds.samples import DOOR, KITCHEN, SAMPLES, SETTING

RECORDS = [service_record(one, SETTING) for one in SAMPLES]


def read(value, door=DOOR):
    return read_json(json.dumps(value).encode(), "a.json", door)


def words(remarks):
    return [str(one) for one in remarks]


def refused(value, door=DOOR):
    found = read(value, door)
    assert not found.services
    assert found.refusals
    assert not found.whole
    return "\n".join(words(found.refusals))


def record(**changes):
    return {**copy.deepcopy(RECORDS[1]), **changes}


def first(value):
    found = read(value)
    assert not found.refusals, words(found.refusals)
    return found.services[0]


# Forms


@pytest.mark.parametrize(
    "name", ["service_full", "organization_full", "service_at_location_full", "service_list"]
)
def test_official_examples_come_in(name):
    found = read_json(example_bytes(name), f"{name}.json", DOOR)
    assert not found.refusals, words(found.refusals)
    (service,) = found.services
    assert service.id == "ac148810-d857-441c-9679-408f346de14b"
    assert service.name == "Community Counselling"
    assert service.needs == ("talk",)
    assert service.organization.name == "Example Organization Inc."
    if name != "service_list":
        (phone,) = service.phones
        assert (phone.value, phone.extension, phone.languages) == ("+441234234567", "100", ("ur",))
        assert service.address.street == "1-30 Main Street, MyVillage"


def test_one_page_of_several_says_so_and_is_not_whole():
    found = read_json(example_bytes("service_list"), "page.json", DOOR)
    assert not found.whole
    assert "one page of several" in words(found.notes)[0]


def apart(record):
    rest = {name: value for name, value in record.items() if name != "organization"}
    return {**rest, "organization_id": record["organization"]["id"]}


PAGE = {
    "total_items": 3, "total_pages": 1, "page_number": 1, "size": 3, "first_page": True, "last_page": True,
    "empty": False,
}  # fmt: skip
FORMS = {
    "a service": (RECORDS[0], 1),
    "an array": (RECORDS, 3),
    "a page": ({**PAGE, "contents": RECORDS}, 3),
    "an organization with services": (organization_with([RECORDS[0], RECORDS[2]], in_full=True), 2),
    "organizations with services": ([organization_with([one], in_full=True) for one in RECORDS], 3),
    "services and organizations apart": (
        {
            "services": [apart(one) for one in RECORDS],
            "organizations": [one["organization"] for one in RECORDS],
        },
        3,
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_file_comes_in(form):
    document, count = FORMS[form]
    found = read(document)
    assert not found.refusals, words(found.refusals)
    assert found.whole
    assert len(found.services) == count
    assert {one.id for one in found.services} <= {"line", "kitchen", "shelter"}


def test_lines_of_json_come_in_and_a_bad_line_is_named():
    lines = [json.dumps(one) for one in RECORDS]
    found = read_json("\n".join(lines).encode(), "all.jsonl", DOOR)
    assert [one.id for one in found.services] == ["line", "kitchen", "shelter"]
    broken = read_json("\n".join([lines[0], '{"id": ', lines[2]]).encode(), "all.jsonl", DOOR)
    assert [one.record for one in broken.refusals] == ["line 2"]


def test_a_service_at_two_locations_comes_in_once_with_both():
    at = copy.deepcopy(example("service_at_location_full"))
    other = {**copy.deepcopy(at), "id": "11111111-d857-441c-9679-408f346de14b"}
    found = read([at, other])
    assert not found.refusals, words(found.refusals)
    (service,) = found.services
    assert [one["id"] for one in service.extra["more_locations"]] == [other["id"]]
    assert len(service_record(service, SETTING)["service_at_locations"]) == 2


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\u0085"])
def test_a_line_ends_where_json_ends_it_and_not_within_a_text(sign):
    lines = [json.dumps({**one, "description": f"A{sign}B"}, ensure_ascii=False) for one in RECORDS]
    found = read_json("\r\n".join(lines).encode(), "all.jsonl", DOOR)
    assert not found.refusals, words(found.refusals)
    assert {one.what for one in found.services} == {"A B"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_usual_encodings_are_read(encoding):
    text = json.dumps(RECORDS[1], ensure_ascii=False)
    (service,) = read_json(text.encode(encoding), "a.json", DOOR).services
    assert service.coverage.towns == ("Los Baños",)


def test_what_3_1_brought_is_read_over_and_its_newer_fields_are_checked():
    newer = record(additional_urls=[{"id": RECORDS[0]["id"], "url": "https://x.example/"}])
    assert first(newer).id == "kitchen"
    assert "additional_urls[0].url" in refused(record(additional_urls=[{"id": RECORDS[0]["id"]}]))


# Files that are none

BAD_FILES = {
    "nothing": b"",
    "words": b"hello",
    "half": json.dumps(RECORDS[0]).encode()[:-5],
    "a number": b"7",
    "null": b"null",
    "an empty list": b"[]",
    "not text": b"\xff\xfe\x00\xd8\x00",
    "bytes of latin-1": '{"name": "Baños"}'.encode("latin-1"),
    "no number": b'{"contents": [NaN]}',
    "a name twice": b'{"id": "1", "id": "2"}',
    "too deep": b'{"a":' * 40 + b"1" + b"}" * 40,
    "very deep": b"[" * 200_000 + b"]" * 200_000,
    "half a sign": b'[{"name": "\\ud83d"}]',
    "a very long number": b"[" + b"9" * 10_000 + b"]",
    "a packed file": b"PK\x03\x04rest",
    "a file packed by gzip": b"\x1f\x8b\x08rest",
    "a data package": json.dumps({"name": "x", "resources": [{"path": "services.csv"}]}).encode(),
    "a page of HSDS 2": json.dumps({"totalElements": 1, "content": [RECORDS[0]]}).encode(),
    "lists beside one another": json.dumps({"services": RECORDS, "phones": []}).encode(),
    "tables": json.dumps({"services.csv": RECORDS}).encode(),
    "terms alone": json.dumps({"contents": [{"id": "x", "name": "y"}]}).encode(),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_file_that_is_none_is_refused_with_its_name(what):
    found = read_json(BAD_FILES[what], "bad.json", DOOR)
    assert not found.services
    assert found.refusals
    assert all(str(one).startswith("bad.json") for one in found.refusals)


def test_a_page_that_says_another_size_is_refused():
    assert "size" in refused({"contents": [], "size": 5, "total_pages": 1})


# Records that are wrong

BAD_RECORDS = {
    "an age of four hundred digits": ({"minimum_age": 10**400}, "minimum_age"),
    "a phone's extension of four hundred digits": (
        {"phones": [{"id": RECORDS[0]["id"], "number": "209-555-0101", "extension": 10**400}]},
        "phones[0].extension",
    ),
    "no name": ({"name": None}, "name"),
    "a name that is a number": ({"name": 7}, "name"),
    "a status of our own": ({"status": "open"}, "status"),
    "an id that is a number": ({"id": "7"}, "id"),
    "no organization": ({"organization": {}}, "organization"),
    "a day that is none": ({"assured_date": "lately"}, "assured_date"),
    "a phone without digits": (
        {"phones": [{"id": RECORDS[0]["id"], "number": "call us"}]},
        "phones[0].number",
    ),
    "a phone without an area code": (
        {"phones": [{"id": RECORDS[0]["id"], "number": "555-0100"}]},
        "phones[0].number",
    ),
    "two phones in one": (
        {"phones": [{"id": RECORDS[0]["id"], "number": "209-555-0100 209-555-0101"}]},
        "phones[0].number",
    ),
    "a time that is none": (
        {"schedules": [{"id": RECORDS[0]["id"], "byday": "MO", "opens_at": "9ish", "closes_at": "17:00"}]},
        "schedules[0]",
    ),
    "a day of no week": (
        {"schedules": [{"id": RECORDS[0]["id"], "byday": "XX", "opens_at": "09:00", "closes_at": "17:00"}]},
        "schedules[0]",
    ),
    "a list that is none": ({"languages": "Spanish"}, "languages"),
    "a name that is too long": ({"name": "x" * 400}, "name: it has more than 300"),
    "a sentence that is too long": ({"description": "x" * 6000}, "description: it has more than 5000"),
    "ages the wrong way round": (
        {"minimum_age": 60, "maximum_age": 18},
        "minimum_age: it is more than maximum_age",
    ),
    "another organization's id": ({"organization_id": RECORDS[0]["id"]}, "organization_id: it is not the id"),
    "a day that is none, of a schedule that is kept": (
        {"schedules": [{"id": RECORDS[0]["id"], "opens_at": "09:00", "valid_from": "soon"}]},
        "schedules[0].valid_from: it is no day",
    ),
    "a field of HSDS 2": ({"regular_schedules": []}, "regular_schedules: it is of HSDS 1 or 2"),
}


def test_an_id_of_a_service_at_a_location_belongs_to_one_service():
    at = {"id": RECORDS[2]["id"], "location": {"id": RECORDS[0]["id"], "location_type": "virtual"}}
    records = [{**RECORDS[0], "service_at_locations": [at]}, record(service_at_locations=[at])]
    found = read(records)
    assert [one.id for one in found.services] == ["line"]
    assert [one.field for one in found.refusals] == ["service_at_locations"]


def test_a_page_of_no_service_is_no_page_of_several():
    found = read({"total_items": 0, "total_pages": 0, "size": 0, "contents": []})
    assert (found.notes, len(found.refusals)) == ((), 1)


def test_what_gets_lost_on_the_way_in_is_said_by_field():
    newer = {"id": RECORDS[0]["id"], "url": "https://x.example/"}
    phone = {**RECORDS[1]["phones"][0], "whatsapp": True}
    found = read(record(additional_urls=[newer], additional_info="x", phones=[phone]))
    lost = {one.field for one in found.notes if "HSDS 3.0 has no such field" in one.says}
    assert lost == {"additional_urls", "additional_info", "phones.whatsapp"}
    assert read([*RECORDS]).notes == ()


@pytest.mark.parametrize("what", BAD_RECORDS)
def test_a_wrong_record_is_refused_with_file_record_and_field(what):
    changes, field = BAD_RECORDS[what]
    text = refused([record(**changes)])
    assert text.startswith("a.json, record 1")
    assert field in text


def test_an_organization_alone_is_no_service_and_is_told_so():
    assert "an organization comes with its services" in refused(example("organization_list"))


def test_what_is_missing_is_named():
    for name in ("id", "name", "status", "organization"):
        broken = record()
        del broken[name]
        assert f"{name}: it is missing" in refused(broken)


def test_a_good_record_beside_a_bad_one_comes_in_and_the_file_is_not_whole():
    found = read([RECORDS[0], record(status="open")])
    assert [one.id for one in found.services] == ["line"]
    assert not found.whole
    assert [one.record for one in found.refusals] == ["record 2 (Kitchen)"]


def test_an_id_that_stands_many_times_is_refused_once_and_stored_never():
    found = read([RECORDS[0]] + [record(name=f"Kitchen {number}") for number in range(128)])
    assert [one.id for one in found.services] == ["line"]
    (refusal,) = found.refusals
    assert "kitchen stands in this file 128 times" in str(refusal)
    assert refusal.field == "id"


def test_more_records_than_the_limit_are_refused():
    door = replace(DOOR, limits=Limits(records=2))
    found = read(RECORDS, door)
    assert any("more than 2 records" in one for one in words(found.refusals))
    assert len(found.services) == 2
    small = replace(DOOR, limits=Limits(size=100))
    assert "MB" in refused(RECORDS, small)


def test_a_thousand_bad_records_do_not_make_a_million_refusals():
    found = read([record(status="open")] * 2_000)
    assert len(found.refusals) == Limits().remarks


# What is read of a record


def test_a_record_of_ours_is_known_by_its_slug_only_if_its_id_proves_it():
    assert first(RECORDS[0]).id == "line"
    stolen = copy.deepcopy(RECORDS[1])
    for one in stolen["attributes"]:
        if one.get("value") == "kitchen":
            one["value"] = "line"
    assert first(stolen).id == RECORDS[1]["id"]


def test_a_night_that_ends_on_the_next_day_is_two():
    night = {
        "id": RECORDS[0]["id"],
        "freq": "WEEKLY",
        "byday": "FR,SU",
        "opens_at": "20:00",
        "closes_at": "02:00",
    }
    service = first(record(schedules=[night]))
    assert service.hours == (Hours(("FR", "SU"), "20:00", "24:00"), Hours(("MO", "SA"), "00:00", "02:00"))


@pytest.mark.parametrize(
    "schedule",
    [
        {"byday": ",".join(DAYS), "opens_at": "00:00", "closes_at": "23:59"},
        {"byday": ",".join(DAYS), "opens_at": "00:00:00", "closes_at": "24:00"},
        {"description": "24 hours a day, 7 days a week"},
        {"description": "24/7"},
    ],
)
def test_day_and_night_is_read_in_all_its_forms(schedule):
    service = first(record(schedules=[{"id": RECORDS[0]["id"], "freq": "WEEKLY", **schedule}]))
    assert service.always
    assert service.hours == ()
    assert service.hours_note == ""


@pytest.mark.parametrize("name", ["description", "notes"])
@pytest.mark.parametrize("words_said", ["Call first.", ";", "Mornings"])
def test_a_schedule_of_words_alone_stays_words(name, words_said):
    service = first(record(schedules=[{"id": RECORDS[0]["id"], name: words_said}]))
    assert (service.always, service.hours, service.hours_note) == (False, (), words_said)


def test_a_schedule_that_says_nothing_is_nothing():
    service = first(record(schedules=[{"id": RECORDS[0]["id"]}]))
    assert (service.always, service.hours, service.hours_note) == (False, (), "")


def test_a_schedule_that_says_more_is_kept_and_goes_out_again():
    monthly = {
        "id": RECORDS[2]["id"],
        "freq": "MONTHLY",
        "byday": "2TU",
        "opens_at": "09:00",
        "closes_at": "12:00",
    }
    service = first(record(schedules=[monthly]))
    assert service.hours == ()
    assert monthly in service_record(service, SETTING)["schedules"]


def test_phones_of_locations_are_those_of_the_service_and_stand_once():
    number = {"id": RECORDS[0]["id"], "number": "209.555.0177", "type": "TTY"}
    at = copy.deepcopy(RECORDS[1]["service_at_locations"])
    at[0]["phones"] = [number]
    at[0]["location"]["phones"] = [number]
    service = first(record(service_at_locations=at))
    assert [(one.kind, one.value) for one in service.phones] == [
        ("voice", "+12095550101"), ("tty", "+12095550177"),
    ]  # fmt: skip


def test_the_phone_of_the_organization_counts_where_there_is_no_other():
    organization = {
        **RECORDS[1]["organization"],
        "phones": [{"id": RECORDS[0]["id"], "number": "2095550188"}],
    }
    service = first(record(phones=[], organization=organization))
    assert [one.value for one in service.phones] == ["+12095550188"]


def test_a_link_that_somebody_here_took_away_does_not_go_out_as_it_came():
    service = first(record(url="http://gone.example/help"))
    assert service.website == "https://gone.example/help"
    gone = replace(service, website="", organization=replace(service.organization, website=""))
    assert "gone.example" not in json.dumps(service_record(gone, SETTING))
    odd = first(record(url="http://localhost:8000/x"))
    assert service_record(odd, SETTING)["url"] == "http://localhost:8000/x"


def test_a_link_by_http_is_followed_by_https_and_goes_out_as_it_came():
    service = first(record(url="http://town.example/kitchen"))
    assert service.website == "https://town.example/kitchen"
    assert service_record(service, SETTING)["url"] == "http://town.example/kitchen"


def test_a_need_is_read_from_codes_names_or_else_said_to_be_unknown():
    def with_term(**term):
        whole = {"id": RECORDS[0]["id"], "name": "x", "description": "x", **term}
        return record(name="A Service", attributes=[{"id": RECORDS[0]["id"], "taxonomy_term": whole}])

    assert first(with_term(taxonomy="Open Eligibility", code="1131")).needs == ("food",)
    assert first(with_term(taxonomy="Open Eligibility", code="20083")).audiences == ("partners",)
    assert first(with_term(taxonomy="Their own", name="Legal help")).needs == ("lawyer",)
    found = read(with_term(taxonomy="Their own", name="Miscellaneous"))
    assert found.services[0].needs == ("talk",)
    assert any("no need could be read" in one for one in words(found.notes))


def test_names_of_people_stay_outside_and_a_note_says_so():
    contact = {"id": RECORDS[0]["id"], "name": "Ann Persona", "email": "ann@town.example"}
    found = read(record(contacts=[contact], assurer_email="ann@town.example"))
    assert "Ann" not in repr(found.services)
    assert "ann@" not in repr(found.services)
    assert any("names of people" in one for one in words(found.notes))


def test_the_same_note_about_many_records_is_one():
    many = [
        {**service_record(replace(KITCHEN, id=f"k-{n}"), SETTING), "contacts": [{"id": RECORDS[0]["id"]}]}
        for n in range(5)
    ]
    (note,) = read(many).notes
    assert str(note).endswith("(and 4 more records)")


def test_services_of_one_organization_say_the_same_of_it():
    other = record(organization={**RECORDS[1]["organization"], "description": "Another sentence."})
    third = {**service_record(replace(KITCHEN, id="third"), SETTING)}
    found = read([other, third])
    assert {one.organization.description for one in found.services} == {"Another sentence."}
    assert any("more than one way" in one for one in words(found.notes))


def test_confidential_kinds_lose_their_address_at_the_door():
    shelter = {**RECORDS[1], "id": RECORDS[2]["id"], "name": "Family shelter", "attributes": []}
    found = read(shelter)
    (service,) = found.services
    assert service.needs == ("bed",)
    assert service.confidential
    assert "12 Main Street" not in repr(service)
    assert any("was left out" in one for one in words(found.notes))
    assert "12 Main Street" not in json.dumps(service_record(service, SETTING))
    assert "Main" not in "".join(words(found.notes))


def test_all_samples_come_in_as_they_are_apart_from_what_only_we_may_say():
    ours = {"serves": "california", "mark": "SINGLE", "sources": ("https://feed.example/",)}
    for service, brought in zip(SAMPLES, read(RECORDS).services, strict=True):
        assert brought == replace(service, **ours, shown_first=False, assured_by="")
