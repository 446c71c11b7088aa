"""Any filters together let through what each alone does, by a plain look at every record."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.directory.hsds.api import Api, Zips
from chalicelib.directory.hsds.folding import folded
from chalicelib.directory.hsds.profile import problems_of_page
from chalicelib.directory.hsds.snapshot import build
from chalicelib.directory.hsds.terms import taxonomy_records
from chalicelib.directory.services import NEEDS, Coverage, Organization
from tests.directory.hsds.samples import KITCHEN, REACH, SAMPLES, SETTING

SERVICES = [
    *SAMPLES,
    *(
        replace(
            KITCHEN,
            id=f"kitchen-{number}",
            name=f"Kitchen {number % 7} Ñandú" if number % 2 else f"House {number % 7}",
            organization=Organization(f"town-{number % 5}", f"Town {number % 5}"),
            needs=(NEEDS[number % 3 + 6], *((NEEDS[1],) if number % 2 else ())),
            coverage=(Coverage(("06047",)), Coverage(zips=("93635",)), Coverage())[number % 3],
        )
        for number in range(40)
    ),
]
CHANGED = {f"kitchen-{number}": datetime(2026, 12, number % 28 + 1, 8, tzinfo=UTC) for number in range(40)}
API = Api(
    build(SERVICES, replace(SETTING, changed=CHANGED), REACH),
    "https://a.example/hsds",
    "https://a.example/profile",
    Zips(lambda postcode: {"93635": ("06047", "06019"), "93701": ("06019",)}.get(postcode, ())),
)


def ask(path: str, **query: list[str]) -> dict[str, Any]:
    answer = API.answer(path, query)
    assert answer.status == 200, answer.body
    page: dict[str, Any] = json.loads(answer.body)
    assert problems_of_page(page) == []
    return page


RECORDS = ask("services", full=["true"], per_page=["100"])["contents"]
AT = ask("service_at_locations", full=["true"], per_page=["100"])["contents"]
TERMS = sorted({one["taxonomy_term"]["id"] for record in RECORDS for one in record["attributes"]})
TAXONOMY_OF = {
    one["id"]: one["taxonomy_detail"]["id"] for one in ask("taxonomy_terms", per_page=["100"])["contents"]
}
ZONES = [timezone(timedelta(hours=hours)) for hours in (0, -8, 5.5, 14)]


def around(record: dict[str, Any], seconds: int, zone: timezone) -> str:
    moment = datetime.fromisoformat(record["last_modified"]) + timedelta(seconds=seconds)
    return moment.astimezone(zone).isoformat()


def any_of(values: Any) -> st.SearchStrategy[list[str]]:
    return st.sampled_from([*values]).map(lambda one: [one])


moments = st.builds(around, st.sampled_from(RECORDS), st.sampled_from((-1, 0, 1)), st.sampled_from(ZONES))
some = st.fixed_dictionaries(
    {},
    optional={
        "taxonomy_term_id": st.lists(st.sampled_from(TERMS), min_size=1, max_size=2),
        "taxonomy_id": any_of(one["id"] for one in taxonomy_records()),
        "organization_id": any_of(one["organization"]["id"] for one in RECORDS),
        "modified_after": moments.map(lambda one: [one]),
        "search": any_of(("kitchen", "HOUSE 3", "nandu", "ÑANDÚ 5", "meal town", "nobody")),
    },
)


def lets_through(record: dict[str, Any], name: str, values: list[str]) -> bool:
    terms = [one["taxonomy_term"]["id"] for one in record["attributes"]]
    if name == "taxonomy_term_id":
        return all(one in terms for one in values)
    if name == "taxonomy_id":
        return values[0] in {TAXONOMY_OF.get(one) for one in terms}
    if name == "organization_id":
        return bool(record["organization"]["id"] == values[0])
    if name == "modified_after":
        return datetime.fromisoformat(record["last_modified"]) >= datetime.fromisoformat(values[0])
    text = folded(
        json.dumps(
            [record["name"], record["organization"]["name"], record["description"]], ensure_ascii=False
        )
    )
    return all(word in text for word in folded(values[0]).split())


@settings(max_examples=200, deadline=None)
@given(some, st.integers(1, 50))
def test_any_filters_together_let_through_what_each_of_them_does(query, size):
    wanted = [
        one["id"] for one in RECORDS if all(lets_through(one, name, values) for name, values in query.items())
    ]
    pages = [
        ask("services", **query, per_page=[str(size)], page=[str(number)])
        for number in range(1, math.ceil(len(wanted) / size) + 2)
    ]
    assert [one["id"] for page in pages for one in page["contents"]] == wanted
    assert {page["total_items"] for page in pages} == {len(wanted)}
    at = ask("service_at_locations", **query, per_page=["100"])["contents"]
    assert [one["id"] for one in at] == [one["id"] for one in AT if one["service"]["id"] in wanted]


@settings(max_examples=60, deadline=None)
@given(some, st.sampled_from(("93635", "93701", "00000")))
def test_a_zip_narrows_whatever_else_is_asked(query, postcode):
    alone = {
        one["id"] for one in ask("service_at_locations", postcode=[postcode], per_page=["100"])["contents"]
    }
    others = [one["id"] for one in ask("service_at_locations", **query, per_page=["100"])["contents"]]
    both = ask("service_at_locations", **query, postcode=[postcode], per_page=["100"])["contents"]
    assert [one["id"] for one in both] == [one for one in others if one in alone]
