"""OpenAPI description of the HSDS API: every path, parameter and answer, also those of 400 and 404.

Made of the tables that the code itself reads, so that it cannot lag behind them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.directory.hsds import parameters
from chalicelib.directory.hsds.records import VERSION
from chalicelib.directory.hsds.shapes import OF_PEOPLE, SHAPES, Field

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_FLAG: Json = {"type": "boolean"}
_ID: Json = {"type": "string", "format": "uuid"}
_PARAMETERS: Mapping[str, tuple[str, Json]] = {
    "search": (
        "Words that all stand in names or sentences, in any order.",
        {**_TEXT, "maxLength": parameters.LONGEST_SEARCH},
    ),
    "page": ("Number of the page.", {"type": "integer", "minimum": 1, "default": 1}),
    "per_page": (
        f"Records on a page. More than {parameters.MOST_PER_PAGE} count as {parameters.MOST_PER_PAGE}.",
        {"type": "integer", "minimum": 1, "default": parameters.PER_PAGE},
    ),
    "format": ("Only JSON.", {**_TEXT, "enum": ["json"]}),
    "lang": ("Language of names and sentences, such as es. Without it Accept-Language counts.", _TEXT),
    "taxonomy_term_id": ("Services with this term. Given twice: with both.", _ID),
    "taxonomy_id": ("What has a term of this taxonomy.", _ID),
    "organization_id": ("Services of this organization.", _ID),
    "modified_after": (
        "Changed at this moment or later: a date, or a date with time and zone.",
        _TEXT,
    ),
    "minimal": ("Id, name, status and date of the last change alone.", _FLAG),
    "full": ("Records with all that belongs to them.", _FLAG),
    "full_service": ("Services of an organization in full, unless they are more than 200.", _FLAG),
    "postcode": (
        "Services for people of this ZIP.",
        {**_TEXT, "pattern": "^[0-9]{5}(-?[0-9]{4})?$"},
    ),
    "top_only": ("Terms without a parent: all are.", _FLAG),
    "parent_id": ("Terms below this one: there are none.", _ID),
}
# Each path: its parameters in a list and for one record, the kind of its records, and what they are called.
_PATHS: Mapping[str, tuple[Sequence[str], Sequence[str], str, str]] = {
    "services": (parameters.SERVICES, parameters.ONE, "service", "Service"),
    "organizations": (
        parameters.ORGANIZATIONS,
        parameters.ONE_ORGANIZATION,
        "organization",
        "Organization",
    ),
    "service_at_locations": (
        parameters.AT_LOCATIONS,
        parameters.ONE,
        "service_at_location",
        "ServiceAtLocation",
    ),
    "taxonomies": (parameters.TAXONOMIES, parameters.ONE, "taxonomy", "Taxonomy"),
    "taxonomy_terms": (parameters.TERMS, parameters.ONE, "taxonomy_term", "TaxonomyTerm"),
}
# What the official compiled files have beside the fields of a kind: the way back.
_BACK_LINKS: Mapping[str, Json] = {
    "organization": {"services": {"type": "array", "items": {"$ref": "#/components/schemas/service"}}},
    "service_at_location": {"service": {"$ref": "#/components/schemas/service"}},
}


def openapi(base: str, profile: str) -> Json:
    """Return the description of the API at an address."""
    paths: Json = {"/": {"get": _operation("getRoot", "What this API is", (), _schema("Root"), 400)}}
    for name, (for_list, for_one, kind, title) in _PATHS.items():
        words = name.replace("_", " ")
        page = _operation(f"list{title}s", f"A page of {words}", for_list, _page_of(kind), 400)
        one = _operation(f"get{title}", f"One of the {words}", for_one, _schema(kind), 400, 404)
        one["parameters"] = [
            {"name": "id", "in": "path", "required": True, "schema": _ID},
            *one["parameters"],
        ]
        paths |= {f"/{name}": {"get": page}, f"/{name}/{{id}}": {"get": one}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Referral directory",
            "version": "1",
            "summary": f"Services for people in need, as HSDS {VERSION}",
            "description": f"Open, without a key, to read. What is ours alone in it: {profile}",
            "license": {"name": "CC BY 4.0", "identifier": "CC-BY-4.0"},
        },
        "servers": [{"url": base or "/"}],
        "paths": paths,
        "components": {"schemas": {**_schemas(), "Root": _ROOT, "Page": _PAGE, "Problem": _PROBLEM}},
    }


def _operation(own_id: str, says: str, names: Sequence[str], schema: Json, *problems: int) -> Json:
    found = [
        {"name": name, "in": "query", "required": False, "description": says_of, "schema": schema_of}
        for name in names
        for says_of, schema_of in [_PARAMETERS[name]]
    ]
    answers = {"200": {"description": says, "content": {"application/json": {"schema": schema}}}}
    words = {
        400: "A parameter cannot be read, or is unknown; or the page is too long.",
        404: "There is no such record.",
    }
    for status in problems:
        content = {"application/json": {"schema": _schema("Problem")}}
        answers[str(status)] = {"description": words[status], "content": content}
    return {"operationId": own_id, "summary": says, "parameters": found, "responses": answers}


def _page_of(kind: str) -> Json:
    contents = {"type": "array", "items": _schema(kind)}
    return {"allOf": [_schema("Page"), {"type": "object", "properties": {"contents": contents}}]}


def _schema(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> Json:
    """Return the schemas of the records that go out: those of HSDS 3.0, without names of people."""
    found: Json = {}
    for kind, shape in SHAPES.items():
        if kind in ("metadata", "contact", "service_capacity", "unit", "url"):
            continue
        ours = {name: one for name, one in shape.items() if not one.newer and name not in OF_PEOPLE}
        found[kind] = {
            "type": "object",
            "required": [name for name, one in ours.items() if one.needed],
            "properties": {**{name: _type(one) for name, one in ours.items()}, **_BACK_LINKS.get(kind, {})},
        }
    return found


def _type(one: Field) -> Json:
    if one.type == "list":
        return {"type": "array", "items": _schema(one.kind)}
    if one.type == "record":
        return _schema(one.kind)
    if "|" in one.type:
        return {"type": "string", "enum": one.type.split("|")}
    if one.type == "number":
        return {"type": "number"}
    return _TEXT if one.type == "text" else {"type": "string", "format": one.type}


_ROOT: Json = {
    "type": "object",
    "required": ["version", "profile", "openapi_url"],
    "properties": {
        "version": _TEXT,
        "profile": {"type": "string", "format": "uri"},
        "openapi_url": {"type": "string", "format": "uri"},
        "publisher": {"type": "object"},
    },
}
_COUNTS = ("total_items", "total_pages", "page_number", "size")
_MARKS = ("first_page", "last_page", "empty")
_PAGE: Json = {
    "type": "object",
    "required": [*_COUNTS, *_MARKS, "contents"],
    "properties": {
        **{name: {"type": "integer", "minimum": 0} for name in _COUNTS},
        **dict.fromkeys(_MARKS, _FLAG),
        "contents": {"type": "array"},
    },
}
_PROBLEM: Json = {
    "type": "object",
    "required": ["status", "message"],
    "properties": {"status": {"type": "integer"}, "message": _TEXT},
}
