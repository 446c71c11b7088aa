"""The API: pages that add up, filters that narrow, errors in words, responses as the official files want."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from openapi_spec_validator import validate

from chalicelib.directory.hsds.api import LONGEST_PAGE, MOST_FULL_SERVICES, MOST_SERVICES, Api, Zips
from chalicelib.directory.hsds.openapi import openapi
from chalicelib.directory.hsds.profile import problems_of, problems_of_page
from chalicelib.directory.hsds.records import service_record
from chalicelib.directory.hsds.snapshot import build, from_bytes, to_bytes
from chalicelib.directory.hsds.terms import BY_CODE, ELIGIBILITY, OWN, TERMS
from chalicelib.directory.services import PAUSED, RETIRED, Coverage, Organization
from tests.directory.hsds.official_files import HERE, VERSIONS, problems, strict
from tests.directory.hsds.samples import KITCHEN, LINE, REACH, SAMPLES, SETTING, SHELTER

BASE, PROFILE = "https://a.example/hsds", "https://a.example/profile"
ZIPS = Zips(lambda postcode: {"95340": ("06047",), "90001": ("06037",)}.get(postcode, ()))
MANY = [
    replace(
        KITCHEN,
        id=f"kitchen-{number}",
        name=f"Kitchen {number % 7}",
        organization=Organization(f"town-{number % 5}", f"Town {number % 5}"),
        needs=("food",) if number % 2 else ("food", "talk"),
        coverage=Coverage(counties=("06047",)) if number % 3 else Coverage(),
        in_other={"es": {"what": "Una comida."}} if number % 4 == 0 else {},
    )
    for number in range(60)
]
ALL = [*SAMPLES, *MANY]
CHANGED = {f"kitchen-{number}": datetime(2026, 12, number % 28 + 1, tzinfo=UTC) for number in range(60)}
SNAPSHOT = build(ALL, replace(SETTING, changed=CHANGED), REACH)
API = Api(SNAPSHOT, BASE, PROFILE, ZIPS, {"es": {"Food": "Comida", "Meals and groceries": "Comidas"}})
FOOD, TALK = BY_CODE[OWN, "food"].id, BY_CODE[OWN, "talk"].id
LISTS = ("services", "organizations", "service_at_locations", "taxonomies", "taxonomy_terms")


def ask(path, language="", **query):
    answer = API.answer(path, {name: [str(value)] for name, value in query.items()}, language)
    return answer.status, json.loads(answer.body)


def found(path, **query):
    status, page = ask(path, **query)
    assert status == 200, page
    assert problems_of_page(page) == []
    return page


def ids(path, **query):
    return [one["id"] for one in found(path, per_page=100, **query)["contents"]]


# Pages


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("size", [1, 7, 50])
def test_all_pages_together_have_each_record_once_in_one_order(path, size):
    first = found(path, per_page=size)
    pages = [found(path, per_page=size, page=number + 1) for number in range(first["total_pages"])]
    crawled = [one["id"] for page in pages for one in page["contents"]]
    assert len(crawled) == len(set(crawled)) == first["total_items"]
    assert crawled == [one["id"] for page in pages for one in page["contents"]]
    assert [page["last_page"] for page in pages] == [False] * (len(pages) - 1) + [True]


def test_a_page_behind_the_last_is_empty_and_no_error():
    page = found("services", page=99)
    assert page["empty"]
    assert page["contents"] == []


def test_fifty_are_a_page_and_a_hundred_the_most():
    assert found("services")["size"] == 50
    assert found("services", per_page=100_000)["size"] == len(ALL)
    many = Api(
        build([replace(LINE, id=f"line-{n}") for n in range(150)], SETTING, REACH), BASE, PROFILE, ZIPS
    )
    page = json.loads(many.answer("services", {"per_page": ["1000"]}).body)
    assert (page["size"], page["total_pages"]) == (100, 2)


def test_services_stand_by_name_then_id():
    names = [one["name"] for one in found("services", per_page=100)["contents"]]
    assert names == sorted(names, key=str.casefold)


@pytest.mark.parametrize("name", ["page", "per_page"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "", "1.5", "٣", "9999999999999"])
def test_a_number_that_is_none_is_refused_in_words(name, value):
    status, body = ask("services", **{name: value})
    assert status == 400
    assert name in body["message"]
    assert not value or value == "x" or value not in body["message"]


BAD = [
    ("services", {"modified_after": "yesterday"}),
    ("services", {"full": "maybe"}),
    ("services", {"format": "ndjson"}),
    ("services", {"serch": "food"}),
    ("services", {"postcode": "95340"}),
    ("services", {"search": "a b c d e f g h i"}),
    ("service_at_locations", {"postcode": "9534"}),
    ("service_at_locations", {"postcode": "٩٥٣٤٠"}),
    ("service_at_locations", {"proximity": "100"}),
    ("organizations", {"minimal": "true"}),
    (f"services/{SNAPSHOT.ids[0]}", {"page": "1"}),
    ("", {"x": "1"}),
]


@pytest.mark.parametrize(("path", "query"), BAD)
def test_what_cannot_be_answered_is_refused_in_words(path, query):
    status, body = ask(path, **query)
    assert status == 400
    assert body["status"] == 400
    assert body["message"]


def test_a_parameter_given_twice_is_refused_and_terms_given_twice_are_both_wanted():
    assert API.answer("services", {"page": ["1", "2"]}).status == 400
    both = json.loads(API.answer("services", {"taxonomy_term_id": [FOOD, TALK], "per_page": ["100"]}).body)
    assert {one["id"] for one in both["contents"]} == set(ids("services", taxonomy_term_id=FOOD)) & set(
        ids("services", taxonomy_term_id=TALK)
    )


@pytest.mark.parametrize(
    "path", [f"{name}/no-such" for name in LISTS] + ["people", "services/a/b", "people/1"]
)
def test_what_is_not_there_is_a_404_that_echoes_nothing(path):
    status, body = ask(path)
    assert status == 404
    assert "no-such" not in body["message"]


# Filters

FILTERS = {
    "search": "kitchen 3",
    "taxonomy_term_id": TALK,
    "taxonomy_id": None,
    "organization_id": None,
    "modified_after": "2026-12-10",
}


def filters():
    record = service_record(MANY[3], SETTING)
    (oe,) = [one for one in found("taxonomies")["contents"] if one["name"] == ELIGIBILITY]
    return {**FILTERS, "organization_id": record["organization"]["id"], "taxonomy_id": oe["id"]}


@pytest.mark.parametrize(("one", "other"), [*itertools.combinations(FILTERS, 2)])
def test_two_filters_let_through_what_each_lets_through(one, other):
    values = filters()
    single = [set(ids("services", **{name: values[name]})) for name in (one, other)]
    assert all(single)
    assert set(ids("services", **{one: values[one], other: values[other]})) == single[0] & single[1]


def test_words_are_found_in_names_sentences_and_translations_without_accents():
    (line,) = ids("services", search="LISTENS hour")
    assert line == service_record(LINE, SETTING)["id"]
    assert ids("services", search="línea") == ids("services", search="linea") == [line]
    assert service_record(KITCHEN, SETTING)["id"] in ids("services", search="los banos")
    assert ids("services", search="listens kitchen") == []


def test_changed_on_that_moment_counts():
    record = service_record(MANY[9], replace(SETTING, changed=CHANGED))
    assert record["id"] in ids("services", modified_after=record["last_modified"])
    assert record["id"] in ids("services", modified_after=record["last_modified"].replace("Z", " 00:00"))
    assert record["id"] not in ids("services", modified_after="2026-12-10T00:00:01Z")


def test_an_unknown_id_finds_nothing():
    for name in ("taxonomy_term_id", "taxonomy_id", "organization_id"):
        assert found("services", **{name: "ac148810-d857-441c-9679-408f346de14b"})["empty"]


def test_a_zip_finds_what_covers_it_its_county_or_all_around():
    def names(postcode):
        page = found("service_at_locations", postcode=postcode, per_page=100)
        return {one["service"]["name"].partition(" ")[0] for one in page["contents"]}

    assert names("95340") == {"A", "Kitchen"}
    assert names("93635-1234") == {"A", "Kitchen"}  # listed by the kitchen, in no county that we know
    assert names("90001") == {"A"}
    (only,) = found("service_at_locations", postcode="90001")["contents"]
    assert only["service"]["name"] == LINE.name
    beds = found("service_at_locations", postcode="95340", taxonomy_term_id=BY_CODE[OWN, "bed"].id)
    assert [one["service"]["name"] for one in beds["contents"]] == [SHELTER.name]


def test_a_zip_finds_what_covers_its_town():
    town = replace(KITCHEN, id="town", coverage=Coverage(towns=("Los Baños",)))
    zips = Zips(lambda postcode: (), lambda postcode: ("Los Banos",) if postcode == "93635" else ())
    api = Api(build([town], SETTING, REACH), BASE, PROFILE, zips)
    assert json.loads(api.answer("service_at_locations", {"postcode": ["93635"]}).body)["total_items"] == 1
    assert json.loads(api.answer("service_at_locations", {"postcode": ["93636"]}).body)["total_items"] == 0


def test_retired_services_are_gone_and_paused_ones_say_so():
    services = [LINE, replace(KITCHEN, status=RETIRED), replace(SHELTER, status=PAUSED)]
    api = Api(build(services, SETTING, REACH), BASE, PROFILE, ZIPS)
    page = json.loads(api.answer("services", {}).body)
    assert {one["status"] for one in page["contents"]} == {"active", "temporarily closed"}
    assert page["total_items"] == 2


# Forms


@pytest.mark.parametrize("language", ["", "es"])
@pytest.mark.parametrize(
    ("path", "query", "schema"),
    [
        ("services", {}, "service_list"),
        ("services", {"minimal": "true"}, "service_list"),
        ("services", {"full": "true", "search": "line"}, "service"),
        ("services", {"full": "true", "search": "bed"}, "service"),
        ("organizations", {}, "organization_list"),
        ("organizations", {"full": "true", "search": "house"}, "organization"),
        ("organizations", {"full_service": "true", "search": "house"}, "organization"),
        ("service_at_locations", {}, "service_at_location_list"),
        ("service_at_locations", {"full": "true", "search": "line"}, "service_at_location"),
    ],
)
def test_every_list_is_valid_in_every_form_and_language(path, query, schema, language):
    status, page = ask(path, language, per_page=5, **query)
    assert status == 200
    assert page["contents"]
    for one in page["contents"]:
        assert problems(schema, one) == []
    assert problems_of_page(page) == []


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("services", "service"),
        ("organizations", "organization"),
        ("service_at_locations", "service_at_location"),
    ],
)
def test_one_record_is_valid_in_full(path, schema):
    for own_id in ids(path)[:5]:
        for query in ({}, {"lang": "es"}):
            status, record = ask(f"{path}/{own_id}", **query)
            assert status == 200
            assert record["id"] == own_id
            assert problems(schema, record) == []


@pytest.mark.parametrize(("path", "kind"), [("taxonomies", "taxonomy"), ("taxonomy_terms", "taxonomy_term")])
@pytest.mark.parametrize("version", VERSIONS)
def test_taxonomies_and_terms_are_valid(path, kind, version):
    # The metadata of a term is in a file of its own, and none is written here.
    schema = json.loads((HERE / version / "schema" / f"{kind}.json").read_text(encoding="utf-8"))
    for one in found(path, per_page=100)["contents"]:
        assert one.keys() <= schema["properties"].keys()
        assert set(schema["required"]) <= one.keys()
        status, again = ask(f"{path}/{one['id']}", lang="en")
        assert (status, again) == (200, one)
        if kind == "taxonomy_term":
            attribute = {"id": one["id"], "taxonomy_term": one}
            record = {**service_record(LINE, SETTING), "attributes": [attribute]}
            assert [*strict(version, "compiled/service").iter_errors(record)] == []


def test_the_licence_of_open_eligibility_is_named():
    (theirs,) = [one for one in found("taxonomies")["contents"] if one["name"] == ELIGIBILITY]
    assert "CC BY-SA 3.0" in theirs["description"]


def test_all_terms_are_at_the_top():
    assert found("taxonomy_terms", top_only="true")["total_items"] == len(TERMS)
    assert found("taxonomy_terms", parent_id=FOOD)["empty"]


def test_a_language_changes_words_and_neither_ids_nor_counts():
    english, spanish = (found("services", lang=tag, per_page=100) for tag in ("en", "es"))
    assert [one["id"] for one in english["contents"]] == [one["id"] for one in spanish["contents"]]
    assert "Alguien escucha." in json.dumps(spanish, ensure_ascii=False)
    assert API.answer("services", {}, "es-MX,en;q=0.5").headers["Content-Language"] == "es"
    assert API.answer("services", {}, "km").headers["Content-Language"] == "en"
    assert API.answer("services", {"lang": ["es"]}, "en").headers["Content-Language"] == "es"
    _, term = ask(f"taxonomy_terms/{FOOD}", lang="es")
    assert (term["name"], term["description"], term["language"]) == ("Comida", "Comidas", "es")
    _, record = ask(f"services/{service_record(KITCHEN, SETTING)['id']}", lang="es")
    assert "Comida" in [one["taxonomy_term"]["name"] for one in record["attributes"]]


def test_a_very_large_organization_has_its_services_in_short():
    many = [replace(LINE, id=f"line-{number}") for number in range(MOST_FULL_SERVICES + 1)]
    api = Api(build(many, SETTING, REACH), BASE, PROFILE, ZIPS)
    own_id = service_record(LINE, SETTING)["organization"]["id"]
    body = json.loads(api.answer(f"organizations/{own_id}", {"full_service": ["true"]}).body)
    assert len(body["services"]) == MOST_FULL_SERVICES + 1
    assert "phones" not in body["services"][0]


def test_an_organization_with_more_services_than_a_response_holds_has_none_in_it():
    many = [replace(LINE, id=f"line-{number}") for number in range(MOST_SERVICES + 1)]
    api = Api(build(many, SETTING, REACH), BASE, PROFILE, ZIPS)
    own_id = service_record(LINE, SETTING)["organization"]["id"]
    for path, query in ((f"organizations/{own_id}", {}), ("organizations", {"full": ["true"]})):
        body = json.loads(api.answer(path, query).body)
        (record,) = body.get("contents", [body])
        assert "services" not in record
        assert problems("organization", record) == []
    page = json.loads(api.answer("services", {"organization_id": [own_id]}).body)
    assert page["total_items"] == len(many)


def test_a_page_that_is_too_long_to_be_sent_is_refused_and_a_shorter_one_is_not():
    long = " ".join(["word"] * 999)
    many = [
        replace(LINE, id=f"line-{number}", what=long, organization=Organization(f"o-{number % 9}", "A House"))
        for number in range(900)
    ]
    api = Api(build(many, SETTING, REACH), BASE, PROFILE, ZIPS)
    for full in ("full", "full_service"):
        refused = api.answer("organizations", {full: ["true"]})
        assert (refused.status, "per_page" in refused.body) == (400, True)
        answer = api.answer("organizations", {full: ["true"], "per_page": ["1"]})
        assert answer.status == 200
        assert len(answer.body.encode()) < LONGEST_PAGE + 1_000


def test_any_site_may_read_it_and_caches_know_that_languages_differ():
    headers = API.answer("", {}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Vary"] == "Accept-Language"
    assert headers["Content-Type"].startswith("application/json")


def test_no_answer_holds_what_a_confidential_record_should_not_have_had():
    from chalicelib.directory.services import Address

    secret = replace(SHELTER, address=Address("77 Hidden Lane", "Secretville", "CA", "99999"))
    api = Api(build([LINE, secret], SETTING, REACH), BASE, PROFILE, ZIPS)
    bodies = [
        api.answer(path, {"full": ["true"]} if path in LISTS[:3] else {}).body
        for path in (*LISTS, *(f"services/{one}" for one in api.snapshot.ids))
    ]
    text = "".join(bodies) + to_bytes(api.snapshot).decode("latin-1")
    for word in ("Hidden Lane", "Secretville", "99999", "hidden lane", "secretville"):
        assert word not in text


# Kept as bytes


def test_a_snapshot_is_the_same_from_its_bytes():
    again = from_bytes(to_bytes(SNAPSHOT))
    assert again == SNAPSHOT
    other = Api(again, BASE, PROFILE, ZIPS, API.words)
    for path in ("services", "organizations", "service_at_locations"):
        for query in ({}, {"search": ["kitchen"]}, {"full": ["true"], "lang": ["es"]}):
            assert other.answer(path, query) == API.answer(path, query)


def test_bytes_of_something_else_are_no_snapshot():
    with pytest.raises(ValueError, match="no snapshot"):
        from_bytes(b"{}")


def test_a_snapshot_of_nothing_answers():
    api = Api(from_bytes(to_bytes(build([], SETTING, REACH))), BASE, PROFILE, ZIPS)
    page = json.loads(api.answer("services", {"search": ["x"]}).body)
    assert problems_of_page(page) == []
    assert (page["total_pages"], page["empty"]) == (0, True)


def test_the_same_services_give_the_same_bytes_in_whatever_order_they_come():
    setting = replace(SETTING, changed=CHANGED)
    assert to_bytes(build(ALL, setting, REACH)) == to_bytes(build(ALL[::-1], setting, REACH))


def test_all_records_keep_our_own_rules():
    assert problems_of(found("services", full="true", per_page=100)["contents"]) == []


# Its description


def test_the_description_is_valid_openapi():
    validate(openapi(BASE, PROFILE))


def test_the_description_has_all_that_the_official_one_has():
    official = json.loads((HERE / "3.0" / "openapi.json").read_text(encoding="utf-8"))
    ours = openapi(BASE, PROFILE)["paths"]
    left_out = {"proximity"}
    for path, operations in official["paths"].items():
        wanted = {
            one["$ref"].rpartition("/")[2] if "$ref" in one else one["name"]
            for one in operations["get"].get("parameters", ())
        }
        there = {one["name"] for one in ours[path]["get"]["parameters"]}
        assert wanted - left_out <= there, path


def test_every_parameter_of_the_description_is_read():
    for path, operations in openapi(BASE, PROFILE)["paths"].items():
        if "{" in path:
            continue
        for one in operations["get"]["parameters"]:
            value = {
                "page": "1",
                "per_page": "1",
                "format": "json",
                "postcode": "95340",
                "modified_after": "2026-01-01",
            }
            text = value.get(one["name"], "true" if one["schema"].get("type") == "boolean" else "food")
            assert API.answer(path, {one["name"]: [text]}).status == 200, (path, one["name"])


def test_the_description_says_what_is_refused():
    for path, operations in openapi(BASE, PROFILE)["paths"].items():
        answers = operations["get"]["responses"]
        assert "400" in answers
        assert ("404" in answers) == ("{id}" in path)


def test_the_api_gives_its_own_description():
    status, body = ask("openapi.json")
    assert (status, body) == (200, json.loads(json.dumps(openapi(BASE, PROFILE))))
    assert ask("")[1]["openapi_url"] == f"{BASE}/openapi.json"
