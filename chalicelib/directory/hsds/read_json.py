"""Import of HSDS files (JSON, JSON lines): one service, a page, an array, or organizations with services."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.directory.hsds.door import Door, Gathering, Imported, Refused, one_line
from chalicelib.directory.hsds.from_record import CALLED, service_of
from chalicelib.directory.hsds.shapes import older_words, wrongs
from chalicelib.directory.hsds.tables import OF_TABLES

Json = Mapping[str, Any]
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
# At the top of a document: of a data package, or lists whose records would have to be put together.
_TABLES = {"resources", "phones", "locations", "addresses", "schedules", "service_at_locations"}
_MOST_WRONGS = 5  # named of one record


class _Unreadable(ValueError):
    """The file is no JSON that can be read; the text says why."""


def read_json(data: bytes, file: str, door: Door) -> Imported:
    """Return the services of a JSON file, or refusals that name record and field."""
    gathering = Gathering(file, door)
    try:
        if len(data) > door.limits.size:
            raise _Unreadable(f"it has more than {door.limits.size // 1_000_000} MB: bring it in parts")
        for number, (label, record) in enumerate(_records(_text_of(data), gathering), 1):
            if gathering.is_full(number):
                break
            _take(label, record, gathering)
        if gathering.is_empty:
            gathering.refuse("", "", "there is no service in it")
    except _Unreadable as error:
        gathering.refuse("", "", str(error))
    return gathering.result()


def _take(label: str, record: Any, gathering: Gathering) -> None:
    if old := older_words(record):
        gathering.refuse(
            label, old, "it is of HSDS 1 or 2: bring it as HSDS 3, or all of it as one flat sheet (CSV)"
        )
        return
    if isinstance(record, Mapping) and not {"status", "organization"} & record.keys():
        says = "it is no service: one has status and organization; an organization comes with its services"
        gathering.refuse(label, "status", says)
        return
    problems = [*wrongs("service", record)]
    for one in problems[:_MOST_WRONGS]:
        gathering.refuse(label, one.path, one.says)
    if len(problems) > _MOST_WRONGS:
        gathering.refuse(label, "", f"and {len(problems) - _MOST_WRONGS} more of its fields are wrong")
    if problems:
        return

    def note(field: str, says: str) -> None:
        gathering.note(label, field, says)

    try:
        service, where = service_of(record, gathering.door, note)
        gathering.add(label, service, where, CALLED)
    except Refused as error:
        gathering.refuse(label, error.field, error.says)


def _text_of(data: bytes) -> str:
    if data[:2] in (b"PK", b"\x1f\x8b"):
        raise _Unreadable("it is packed (ZIP, gzip): unpack it, and bring what is inside")
    for bom, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if data.startswith(bom):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                raise _Unreadable("it is no text in UTF-8: save it as UTF-8") from None
    raise AssertionError("every file starts with nothing")


def _records(text: str, gathering: Gathering) -> Iterator[tuple[str, Any]]:
    """Return the records of services in a file, each with what a clerk would call it."""
    depth = gathering.door.limits.depth
    try:
        document = _parsed(text, depth)
    except _Unreadable:
        first, _, rest = text.lstrip().partition("\n")
        if not rest.strip() or not _is_record(first):
            raise
        yield from _lines(text, depth, gathering)
        return
    for number, one in enumerate(_services_in(document, gathering), 1):
        yield _label(number, one), one


def _lines(text: str, depth: int, gathering: Gathering) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):  # a text in it may have other ends of lines
        if not line.strip():
            continue
        try:
            for one in _services_in(_parsed(line, depth), gathering):
                yield _label(number, one, "line"), one
        except _Unreadable as error:
            gathering.refuse(f"line {number}", "", str(error))


def _is_record(line: str) -> bool:
    """Say whether a line is a record by itself, whatever is wrong with it: then it is named by its line."""
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _parsed(text: str, depth: int) -> Any:
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise _Unreadable(f"it is no JSON: line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _Unreadable(f"its lists lie in one another more than {depth} deep") from None
    except _Unreadable:
        raise
    except ValueError:
        raise _Unreadable("it is no JSON: a number in it is too long") from None
    if _HALF.search(text) and _has_half_signs(document):
        raise _Unreadable("it has half of a sign, such as \\ud83d: write the sign itself")
    if _is_deeper(document, depth):
        raise _Unreadable(f"its lists lie in one another more than {depth} deep")
    return document


def _has_half_signs(document: Any) -> bool:
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Unreadable(f"a record says {one_line(twice)[:50]!r} twice")
    return found


def _no_number(name: str) -> Any:
    raise _Unreadable(f"{name} is no number of JSON")


def _is_deeper(document: Any, depth: int) -> bool:
    level = [document]
    for _ in range(depth + 1):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _label(number: int, record: Any, kind: str = "record") -> str:
    name = record.get("name") if isinstance(record, Mapping) else None
    said = f" ({one_line(name)[:80]})" if isinstance(name, str) and name.strip() else ""
    return f"{kind} {number}{said}"


def _services_in(document: Any, gathering: Gathering) -> list[Any]:
    """Return the records of services in a document of any form that HSDS has."""
    if isinstance(document, list):
        return _joined(document)
    if not isinstance(document, Mapping):
        raise _Unreadable("it holds neither a record nor a list of them")
    if _is_of_tables(document):
        raise _Unreadable(f"it is of several tables; {OF_TABLES}")
    if isinstance(document.get("content"), list) and "totalElements" in document:
        raise _Unreadable(
            "it is a page of HSDS 2 (content, totalElements): bring HSDS 3, with contents and total_items"
        )
    if isinstance(document.get("contents"), list):
        if document.get("total_pages", 1) not in (0, 1):
            gathering.whole = False
            gathering.note("", "total_pages", "it is one page of several: the others are missing here")
        size = document.get("size", len(document["contents"]))
        if size != len(document["contents"]):
            gathering.refuse("", "size", f"it says {size!r} records, and has {len(document['contents'])}")
        return _joined(document["contents"])
    if isinstance(document.get("services"), list) and "id" not in document:
        organizations = document.get("organizations", [])
        return _joined(document["services"], organizations if isinstance(organizations, list) else [])
    return _joined([document])


def _is_of_tables(document: Mapping[str, Any]) -> bool:
    """Say whether a document is no record, and has what belongs to its records in lists beside them."""
    is_record = not document.keys().isdisjoint(("id", "status", "contents"))
    return not is_record and any(name in _TABLES or name.endswith(".csv") for name in document)


def _joined(records: list[Any], organizations: list[Any] | None = None) -> list[Any]:
    """Return services with their organization in them; those at several locations once, with all of these."""
    found: list[Any] = []
    there = (*records, *(organizations or ()))
    by_id = {str(one["id"]): one for one in there if isinstance(one, Mapping) and one.get("id")}
    at_more: dict[str, dict[str, Any]] = {}
    for one in records:
        if not isinstance(one, Mapping):
            found.append(one)
        elif isinstance(one.get("service"), Mapping):
            _join_location(one, at_more, found)
        elif isinstance(one.get("services"), list):
            plain = {name: value for name, value in one.items() if name != "services"}
            found += [_with_organization(inner, plain) for inner in one["services"]]
        elif str(one.get("organization_id", "")) in by_id:
            found.append(_with_organization(one, by_id[str(one["organization_id"])]))
        else:
            found.append(one)
    return found


def _with_organization(record: Any, organization: Mapping[str, Any]) -> Any:
    if not isinstance(record, Mapping):
        return record
    return {**record, "organization": record.get("organization", organization)}


def _join_location(record: Json, at_more: dict[str, dict[str, Any]], found: list[Any]) -> None:
    at = {name: value for name, value in record.items() if name != "service"}
    service = dict(record["service"])
    known = at_more.get(str(service.get("id")))
    if known is None:
        known = at_more[str(service.get("id"))] = {**service, "service_at_locations": []}
        found.append(known)
    known["service_at_locations"].append(at)
