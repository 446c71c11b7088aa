"""Shapes of HSDS records (JSON schema): fields, their types, and which must be there, of 3.0 and 3.1.

A table in place of the official schema files: those have megabytes, and a check has to name record and field
in words that a clerk can act on. A test holds that this table and the official files say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# Of each kind, its fields beside "id": a text unless it says more. "*" must be there, "^" came with 3.1,
# "{x}" is a record of kind x, "[x]" a list of them, "a|b" one of these words.
_WRITTEN = {
    "accessibility": "location_id:uuid description details url:uri attributes:[attribute] "
    "metadata:[metadata]",
    "address": "location_id:uuid attention address_1* address_2 city* region state_province* postal_code* "
    "country* address_type*:physical|postal|virtual attributes:[attribute] metadata:[metadata]",
    "attribute": "link_id:uuid taxonomy_term_id:uuid link_type link_entity value "
    "taxonomy_term:{taxonomy_term} metadata:[metadata] label^",
    "contact": "organization_id:uuid service_id:uuid service_at_location_id:uuid location_id:uuid name title "
    "department email:email phones:[phone] attributes:[attribute] metadata:[metadata]",
    "cost_option": "service_id:uuid valid_from valid_to option currency amount:number amount_description "
    "attributes:[attribute] metadata:[metadata]",
    "funding": "organization_id:uuid service_id:uuid source attributes:[attribute] metadata:[metadata]",
    "language": "service_id:uuid location_id:uuid phone_id:uuid name code note attributes:[attribute] "
    "metadata:[metadata]",
    "location": "location_type*:physical|postal|virtual url:uri organization_id:uuid name alternate_name "
    "description transportation latitude:number longitude:number external_identifier "
    "external_identifier_type languages:[language] addresses:[address] contacts:[contact] "
    "accessibility:[accessibility] phones:[phone] schedules:[schedule] attributes:[attribute] "
    "metadata:[metadata]",
    "metadata": "resource_id:uuid resource_type last_action_date* last_action_type* field_name* "
    "previous_value* replacement_value* updated_by*",
    "organization": "name* alternate_name description* email:email website:uri additional_websites^:[url] "
    "tax_status tax_id year_incorporated:number legal_status logo uri:uri parent_organization_id:uuid "
    "funding:[funding] contacts:[contact] phones:[phone] locations:[location] programs:[program] "
    "organization_identifiers:[organization_identifier] attributes:[attribute] metadata:[metadata]",
    "organization_identifier": "organization_id:uuid identifier_scheme identifier_type* identifier* "
    "attributes:[attribute] metadata:[metadata]",
    "phone": "location_id:uuid service_id:uuid organization_id:uuid contact_id:uuid "
    "service_at_location_id:uuid number* extension:number type description languages:[language] "
    "attributes:[attribute] metadata:[metadata]",
    "program": "organization_id:uuid name* alternate_name description* attributes:[attribute] "
    "metadata:[metadata]",
    "required_document": "service_id:uuid document uri:uri attributes:[attribute] metadata:[metadata]",
    "schedule": "service_id:uuid location_id:uuid service_at_location_id:uuid valid_from valid_to dtstart "
    "timezone:number until count:number wkst:MO|TU|WE|TH|FR|SA|SU freq:WEEKLY|MONTHLY interval:number byday "
    "byweekno bymonthday byyearday description opens_at closes_at schedule_link:uri attending_type notes "
    "attributes:[attribute] metadata:[metadata]",
    "service": "organization_id:uuid program_id:uuid name* alternate_name description url:uri "
    "additional_urls^:[url] email:email status*:active|inactive|defunct|temporarily_closed "
    "interpretation_services application_process fees_description wait_time fees accreditations "
    "eligibility_description minimum_age:number maximum_age:number assured_date assurer_email:email licenses "
    "alert last_modified:date-time phones:[phone] schedules:[schedule] service_areas:[service_area] "
    "service_at_locations:[service_at_location] languages:[language] organization:{organization} "
    "funding:[funding] cost_options:[cost_option] program:{program} required_documents:[required_document] "
    "contacts:[contact] capacities^:[service_capacity] attributes:[attribute] metadata:[metadata]",
    "service_area": "service_id:uuid service_at_location_id^:uuid name description extent extent_type uri "
    "attributes:[attribute] metadata:[metadata]",
    "service_at_location": "service_id:uuid location_id:uuid description service_areas^:[service_area] "
    "contacts:[contact] phones:[phone] schedules:[schedule] location:{location} attributes:[attribute] "
    "metadata:[metadata]",
    "service_capacity": "service_id:uuid unit*:{unit} unit_id:uuid available*:number maximum:number "
    "description updated*:date-time attributes:[attribute] metadata:[metadata]",
    "taxonomy": "name* description* uri:uri version metadata:[metadata]",
    "taxonomy_term": "code name* description* parent_id:uuid taxonomy taxonomy_detail:{taxonomy} language "
    "taxonomy_id:uuid term_uri:uri metadata:[metadata]",
    "unit": "name* scheme identifier uri:uri attributes:[attribute] metadata:[metadata]",
    "url": "label url*:uri organization_id:uuid service_id:uuid attributes:[attribute] metadata:[metadata]",
}
DEEPEST = 12  # records in records; the official examples have seven
# Never kept: names of people, and logs of who changed what.
OF_PEOPLE = ("contacts", "metadata", "assurer_email")
# Of the compiled official files alone: the way from a record to what it stands in.
_WAYS_BACK = ("services", "service")
# Fields that only records of HSDS 1 and 2 have.
_OLDER = (
    "regular_schedules", "holiday_schedules", "regular_schedule", "holiday_schedule", "eligibilitys",
    "physical_addresses", "postal_addresses", "services_taxonomy", "service_taxonomys",
)  # fmt: skip
# What says where something is.
OF_WHERE = (
    "address", "addresses", "latitude", "longitude", "location", "locations", "more_locations",
    "service_at_location", "service_at_locations", "transportation", "columns", "location_id",
)  # fmt: skip
# The parts of a service's `extra`, and the kind of each.
EXTRA_PARTS = {
    "service": "service",
    "organization": "organization",
    "location": "location",
    "service_at_location": "service_at_location",
}

_LARGEST = 10**15  # of a number, either side of nothing
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_BARE_HOST = re.compile(r"(www\.)?([a-z0-9-]+\.)+[a-z]{2,}(/\S*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `type` as in the table, `kind` that of the records in it; `newer` came with 3.1."""

    type: str
    kind: str = ""
    needed: bool = False
    newer: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one field: `path` leads to it ("phones[0].number"), `says` what it must be."""

    path: str
    says: str


def _field(written: str) -> tuple[str, Field]:
    name, _, kind = written.partition(":")
    plain = name.rstrip("*^")
    needed, newer = "*" in name, "^" in name
    if kind[:1] in "[{" and kind:
        return plain, Field("list" if kind[0] == "[" else "record", kind[1:-1], needed, newer)
    return plain, Field(kind.replace("_", " ") if "|" in kind else kind or "text", "", needed, newer)


SHAPES: Mapping[str, Mapping[str, Field]] = {
    kind: {"id": Field("uuid", needed=True), **dict(_field(one) for one in written.split())}
    for kind, written in _WRITTEN.items()
}


def wrongs(kind: str, value: Any, path: str = "", deep: int = 0) -> Iterator[Wrong]:
    """Say what is wrong with a record of a kind, by field; fields that HSDS does not know are let be."""
    if not isinstance(value, Mapping):
        yield Wrong(path or kind, "it is no record (JSON object)")
        return
    if deep > DEEPEST:
        yield Wrong(path, "records lie in records too many times")
        return
    shape = SHAPES[kind]
    for name, field in shape.items():
        if name not in value:
            if field.needed:
                yield Wrong(_below(path, name), "it is missing")
        else:
            yield from _wrong_value(field, value[name], _below(path, name), deep)


def not_kept(kind: str, value: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Return the fields of a sound record, however deep, that HSDS 3.0 does not know: they get lost."""
    for name, one in value.items():
        way = _below(path, name)
        if name in _WAYS_BACK or (name in OF_PEOPLE and not path):
            continue
        if _is_foreign(kind, name):
            yield way
        elif inner := SHAPES[kind][name].kind:
            for each in one if isinstance(one, list) else (one,):
                yield from not_kept(inner, each, way)


def older_words(record: object) -> str:
    """Return the field by which a record shows that it is of HSDS 1 or 2; "" for none."""
    return next((name for name in _OLDER if name in record), "") if isinstance(record, Mapping) else ""


def is_uuid(text: object) -> bool:
    """Say whether a text is the id of an HSDS record."""
    return isinstance(text, str) and bool(_UUID.fullmatch(text))


def kept(kind: str, value: Any) -> Any:
    """Return what may be kept of a record for the way out: known to 3.0, of the right type, nobody's name."""
    record = {}
    for name, field in SHAPES[kind].items():
        if name not in value or field.newer or name in OF_PEOPLE:
            continue
        one = value[name]
        if field.type == "record" and isinstance(one, Mapping):
            one = kept(field.kind, one)
        elif field.type == "list" and isinstance(one, list):
            one = [kept(field.kind, inner) for inner in one if isinstance(inner, Mapping)]
        if one not in ("", [], {}) and not any(_wrong_value(field, one, name, 0)):
            record[name] = one
    return record


def extra_problems(extra: Mapping[str, Any], hidden: bool) -> list[str]:
    """Say what may not be kept in a service's `extra`; of a hidden one, whatever says where it is."""
    problems = [
        f"there is no part {name!r}"
        for name in extra
        if name not in (*EXTRA_PARTS, "columns", "more_locations")
    ]
    for part, kind in EXTRA_PARTS.items():
        if part in extra:
            problems += _kept_problems(kind, extra[part], part)
    more = extra.get("more_locations", [])
    problems += [] if isinstance(more, list) else ["more_locations is a list"]
    for number, one in enumerate(more if isinstance(more, list) else ()):
        problems += _kept_problems("service_at_location", one, f"more_locations[{number}]")
    columns = extra.get("columns", {})
    if not isinstance(columns, Mapping) or not all(isinstance(one, str) for one in columns.values()):
        problems.append("columns are texts")
    if hidden and (where := sorted(names_in(extra).intersection(OF_WHERE))):
        problems.append(f"{where[0]} would say where a confidential service is")
    return problems


def names_in(value: Any) -> set[str]:
    """Return the names of all fields in a record, however deep."""
    found: set[str] = set()
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, Mapping):
            found.update(one)
            left += one.values()
        elif isinstance(one, list):
            left += one
    return found


def _kept_problems(kind: str, value: Any, path: str) -> list[str]:
    """Say what is wrong with a part: it need not be whole, and is otherwise a record of 3.0."""
    if not isinstance(value, Mapping):
        return [f"{path} is no record"]
    found = [f"{path}: {name} is no field of HSDS 3.0" for name in value if _is_foreign(kind, name)]
    for name, one in value.items():
        if not _is_foreign(kind, name):
            wrong = _wrong_value(SHAPES[kind][name], one, f"{path}.{name}", 0)
            found += [f"{each.path}: {each.says}" for each in wrong]
    if people := sorted(names_in(value).intersection(OF_PEOPLE)):
        found.append(f"{path}: {people[0]} has names of people")
    return found


def _is_foreign(kind: str, name: str) -> bool:
    return name not in SHAPES[kind] or SHAPES[kind][name].newer


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _wrong_value(field: Field, value: Any, path: str, deep: int) -> Iterator[Wrong]:
    if value is None:
        yield Wrong(path, "it is null: leave it out when there is nothing to say")
    elif field.type == "list":
        if not isinstance(value, list):
            yield Wrong(path, "it is no list")
            return
        for number, one in enumerate(value):
            yield from wrongs(field.kind, one, f"{path}[{number}]", deep + 1)
    elif field.type == "record":
        yield from wrongs(field.kind, value, path, deep + 1)
    elif field.type == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield Wrong(path, "it is no number: write it without quotes")
        elif not -_LARGEST < value < _LARGEST:  # NaN is on neither side
            yield Wrong(path, "it is no number a field here can have")
    elif not isinstance(value, str):
        yield Wrong(path, "it is no text: write it in quotes")
    elif says := _wrong_text(field.type, value):
        yield Wrong(path, says)


def _wrong_text(kind: str, value: str) -> str:
    if "|" in kind:
        words = kind.split("|")
        return "" if value in words else f"it is one of: {', '.join(words)}"
    if kind == "uuid" and not is_uuid(value):
        return "it is no UUID, such as ac148810-d857-441c-9679-408f346de14b"
    if kind == "email" and "@" not in value:
        return "it is no e-mail address"
    if kind == "uri" and not (_URI.fullmatch(value) or _BARE_HOST.fullmatch(value)):
        return "it is no web address: write it with https:// before it"
    if kind == "date-time" and not is_moment(value):
        return "it is no date with time, such as 2026-11-25T08:00:00Z"
    return ""


def is_moment(text: str) -> bool:
    """Say whether a text is a date with its time and zone (RFC 3339)."""
    try:
        return "T" in text.upper() and datetime.fromisoformat(text.upper()).tzinfo is not None
    except ValueError:
        return False


def is_uri(text: str) -> bool:
    """Say whether a text is a whole web address, scheme and all."""
    return bool(_URI.fullmatch(text))
