"""Profile checks of HSDS records: what the official schemas let through and we do not.

Phones that nobody can dial, times that are none, codes of no language, places off the Earth, ids that stand
twice, records without what they need, pages that do not add up, and an address of a confidential service.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from chalicelib.directory.hsds.languages import is_code
from chalicelib.directory.hsds.records import HIDDEN_PLACE, PHONE_TYPES
from chalicelib.directory.hsds.shapes import OF_PEOPLE, OF_WHERE, names_in
from chalicelib.directory.phone_numbers import read_number
from chalicelib.directory.services import DAYS

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
_DAY = re.compile(r"[+-]?[0-9]*(" + "|".join(DAYS) + ")")
_DAYS_OF = ("assured_date", "valid_from", "valid_to", "dtstart", "until")
_ONCE = ("service_at_location", "schedule", "service_area", "attribute")
_AREAS = ("text", "geojson", "topojson", "kml")

Json = Mapping[str, Any]


def problems_of(services: Iterable[Json]) -> list[str]:
    """Return what is wrong with services in full, each in words that name record and field."""
    found: list[str] = []
    seen: Counter[str] = Counter()
    for record in services:
        own_id = str(record.get("id"))
        seen[own_id] += 1
        found += [f"service {own_id}: {says}" for says in _of_service(record)]
    found += [f"service {own_id}: stands there {times} times" for own_id, times in seen.items() if times > 1]
    return found


def problems_of_page(page: Json) -> list[str]:
    """Return what does not add up in a page of a list."""
    contents = page["contents"]
    total, pages, number, size = (page[one] for one in ("total_items", "total_pages", "page_number", "size"))
    ids = Counter(str(one.get("id")) for one in contents)
    rules = {
        f"size is {size}, and there are {len(contents)} records": size == len(contents),
        f"empty is {page['empty']} with {size} records": page["empty"] == (size == 0),
        f"first_page is {page['first_page']} on page {number}": page["first_page"] == (number == 1),
        f"last_page is {page['last_page']} on page {number} of {pages}": page["last_page"]
        == (number >= pages),
        f"{pages} pages cannot hold {total} records": pages <= total and (pages > 0) == (total > 0),
        f"page {number} of {pages} has no record": size > 0 or number > pages or total == 0,
        f"one page of one has {size} of {total} records": pages != 1 or number != 1 or size == total,
    }
    twice = [f"{own_id} stands on it {times} times" for own_id, times in ids.items() if times > 1]
    return [*(says for says, holds in rules.items() if not holds), *twice]


def problems_of_kept(extra: Json) -> Iterator[tuple[str, str]]:
    """Say what is wrong with what an import brought that has no field of ours: the field, and why."""
    for part, one in extra.items():
        for inner in one if isinstance(one, list) else (one,):
            for path, name, value in _fields(inner, ""):
                way = path if part == "service" else f"{part}.{path}"
                yield from ((way, says) for says in _of_field(name, value))


def _of_service(record: Json) -> Iterator[str]:
    if not record.get("organization") and not record.get("organization_id"):
        yield "organization: it is missing"
    for path, name, value in _fields(record, ""):
        yield from (f"{path}: {says}" for says in _of_field(name, value))
    for path, kind, one in _records(record, ""):
        yield from (f"{path}{says}" for says in _of_record(kind, one))
    yield from _of_ids(record)
    yield from _of_hidden(record)


def _of_field(name: str, value: Any) -> Iterator[str]:
    """Say what is wrong with a field wherever it stands."""
    if name in OF_PEOPLE:
        yield "names of people do not go out"
    elif value in (None, "", []):
        yield "it is empty: leave it out"
    elif name in _DAYS_OF and not _is_day(value):
        yield "it is no day, such as 2026-11-25"
    elif name in ("opens_at", "closes_at") and not _TIME.fullmatch(str(value)):
        yield "it is no time, such as 08:00"
    elif name == "byday" and not all(_DAY.fullmatch(one) for one in str(value).split(",")):
        yield f"its days are none of {', '.join(DAYS)}"
    elif name == "latitude" and not -90 <= value <= 90:
        yield "it is not between -90 and 90"
    elif name == "longitude" and not -180 <= value <= 180:
        yield "it is not between -180 and 180"
    elif name == "timezone" and not -12 <= value <= 14:
        yield "it is no distance from UTC in hours"
    elif name == "extent_type" and value not in _AREAS:
        yield f"it is none of {', '.join(_AREAS)}"


def _of_record(kind: str, one: Json) -> Iterator[str]:
    """Say what is wrong with a record of a kind."""
    if kind == "phones":
        try:
            read_number(str(one.get("number", "")))
        except ValueError as error:
            yield f".number: {error}"
        if one.get("type", "voice") not in (*PHONE_TYPES.values(), "cell", "video", "pager"):
            yield f".type: it is none of {', '.join(PHONE_TYPES.values())}"
    elif kind == "languages" and not is_code(str(one.get("code", ""))):
        yield ".code: it is no code of ISO 639, such as es"
    elif kind == "attributes" and not one.get("taxonomy_term") and not one.get("taxonomy_term_id"):
        yield ".taxonomy_term: it is missing"


def _of_ids(record: Json) -> Iterator[str]:
    """Say which id two different records share; some kinds of records stand in many places."""
    said: dict[str, tuple[str, str]] = {}
    for path, name, one in _records(record, ""):
        kind, own_id = name.rstrip("s"), str(one.get("id", ""))
        if own_id and kind not in ("taxonomy_term", "taxonomy_detail"):
            known = said.setdefault(own_id, (kind, path))
            if known[0] != kind or (known[1] != path and kind in _ONCE):
                yield f"{path}.id: {known[1]} has it too"


def _of_hidden(record: Json) -> Iterator[str]:
    """Say what tells where a confidential service is."""
    at = record.get("service_at_locations", ())
    names = [one.get("location", {}).get("name") for one in at]
    marked = [
        one
        for one in record.get("attributes", ())
        if one.get("taxonomy_term", {}).get("code") == "confidential"
    ]
    if HIDDEN_PLACE not in names and not marked:
        return
    allowed = {"service_at_locations", "location"}
    for name in sorted(names_in(record).intersection(OF_WHERE) - allowed):
        yield f"{name}: it says where a confidential service is"


def _records(value: Any, path: str, kind: str = "service") -> Iterator[tuple[str, str, Json]]:
    """Return every record in a record, with its path and the name of the list that it stands in."""
    if isinstance(value, Mapping):
        if path:
            yield path, kind, value
        for name, one in value.items():
            yield from _records(one, f"{path}.{name}" if path else name, name)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _records(one, f"{path}[{number}]", kind)


def _fields(record: Json, path: str) -> Iterator[tuple[str, str, Any]]:
    yield from ((name, name, value) for name, value in record.items())
    for inner, _, one in _records(record, path):
        yield from ((f"{inner}.{name}", name, value) for name, value in one.items())


def _is_day(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(str(value)[:10]))
    except ValueError:
        return False
