"""Schemas of the documents made of JSON: the kind of each field's value, told with entry and line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chalicelib.directory.document_ids import (
    CONTACTS,
    PLACES,
    RECIPIENTS,
    SERVICES,
    SITE,
    base_of,
    place_of,
)
from chalicelib.publishing.documents import Problem
from chalicelib.publishing.json_documents import line_at

TEXT, MAYBE, YES_NO, TEXTS, NUMBER = (
    "a text in quotes",
    "a text in quotes, or null",
    "true or false",
    "a list of texts",
    "a number without quotes",
)
_DAY = 'a day like "2026-11-25", in quotes, or null'
_LONGEST = 4_000  # letters in one field; a key is longer
_LONGEST_KEY = 100_000

_CONTACT = {
    "id": TEXT, "name": TEXT, "name_lang": TEXT, "serves": TEXT, "audience": TEXT, "hours": MAYBE,
    "languages": MAYBE, "what": TEXT, "what_not": MAYBE, "mark": TEXT, "sources": TEXTS, "read_on": _DAY,
    "checked_on": _DAY, "checked_by": MAYBE, "only_here": YES_NO, "one_source": TEXTS,
}  # fmt: skip
_CHANNEL = {"kind": TEXT, "show": MAYBE, "value": TEXT, "body": MAYBE}
_RECIPIENT = {
    "id": TEXT, "name": TEXT, "serves": TEXT, "email": TEXT, "fallback": MAYBE, "language": TEXT,
    "nature": TEXT, "enforces_immigration": YES_NO, "what": TEXT, "what_not": TEXT, "agreed_on": _DAY,
    "key": MAYBE,
}  # fmt: skip
# document -> list in it (or the document itself) -> fields of an entry, and of the entries in one of them
_LISTS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    CONTACTS: {"contacts": _CONTACT},
    PLACES: {
        "places": {
            "slug": TEXT,
            "name": TEXT,
            "parent": MAYBE,
            "kind": TEXT,
            "zone": MAYBE,
            "paper": MAYBE,
            "fips": MAYBE,
            "state": MAYBE,
        }
    },
    SITE: {
        "locales": {"tag": TEXT, "checked_on": _DAY},
        "figures": {"text": TEXT, "source": TEXT, "link": TEXT},
        "other_languages": {"tag": TEXT, "own_name": TEXT, "say": TEXT, "line": TEXT, "checked_on": _DAY},
    },
    RECIPIENTS: {"": _RECIPIENT},
    SERVICES: {"services": {"id": TEXT, "serves": TEXT, "name": TEXT, "status": TEXT, "assured_on": _DAY}},
}
# What stands beside the list in a document of a place.
_BESIDE = {CONTACTS: {"police": TEXTS, "hosts": TEXTS}, PLACES: {"founding_channels": TEXTS}}
_NEED_NOT_BE = ("other_languages",)  # a list that documents of before have not
_SITE = {"exit_url": TEXT, "default_place": TEXT, "hotline": TEXT, "hosts": TEXTS, "founding_channels": TEXTS,
         "police": TEXTS, "keep_days": NUMBER, "places_order": TEXTS}  # fmt: skip


def check_form(document: str, text: str, parsed: Any) -> list[Problem]:
    """Return, with its line, what is of the wrong kind in a document that was read."""
    problems: list[Problem] = []
    base = base_of(document)
    beside = _SITE if document == SITE else _BESIDE.get(base, {}) if place_of(document) else {}
    problems += _of_fields(document, text, 0, "", parsed, beside) if beside else []
    for name, fields in _LISTS[base].items():
        if name in _NEED_NOT_BE and name not in parsed:
            continue
        entries = parsed if not name else parsed.get(name)
        if not isinstance(entries, list):
            problems.append(Problem(document, 1, f"“{name}” is missing: a list of entries in [ ]."))
            continue
        starts = entry_starts(text, name)
        for number, entry in enumerate(entries):
            start = starts[number] if number < len(starts) else 0
            if not isinstance(entry, Mapping):
                problems.append(Problem(document, 0, f"Entry {number + 1} is not between {{ and }}."))
                continue
            title = _title(entry, number)
            problems += _of_fields(document, text, start, title, entry, fields)
            if base == CONTACTS:
                problems += _of_channels(document, text, start, title, entry)
    return problems


def _of_channels(document: str, text: str, start: int, title: str, entry: Mapping[str, Any]) -> list[Problem]:
    channels = entry.get("channels")
    if not isinstance(channels, list) or not all(isinstance(one, Mapping) for one in channels):
        line = _line_of(text, "channels", start)
        return [Problem(document, line, f"{title}“channels” is a list of entries in {{ }}.")]
    found = []
    for channel in channels:
        found += _of_fields(document, text, start, title, channel, _CHANNEL)
    return found


def _of_fields(
    document: str, text: str, start: int, title: str, entry: Mapping[str, Any], fields: Mapping[str, str]
) -> list[Problem]:
    problems = []
    for name, kind in fields.items():
        if name not in entry:
            continue  # the rules say what must be there
        value = entry[name]
        longest = _LONGEST_KEY if name == "key" else _LONGEST
        if not _fits(value, kind):
            sentence = f"{title}“{name}” must be {kind}, and is {_said(value)}."
        elif len(value if isinstance(value, str) else "") > longest:
            sentence = f"{title}“{name}” is too long: {longest:,} letters are the most."
        else:
            continue
        problems.append(Problem(document, _line_of(text, name, start), sentence))
    return problems


def _fits(value: Any, kind: str) -> bool:
    if kind == TEXTS:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if kind == YES_NO:
        return isinstance(value, bool)
    if kind == NUMBER:
        return type(value) is int
    return isinstance(value, str) or (value is None and kind != TEXT)


def _said(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "an entry of its own"


def _title(entry: Mapping[str, Any], number: int) -> str:
    name = entry.get("id", entry.get("slug", entry.get("tag", "")))
    known = isinstance(name, str) and 0 < len(name) <= 60
    return f"{name}: " if known else f"Entry {number + 1}: "


def _line_of(text: str, name: str, start: int) -> int:
    found = re.compile(rf'"{re.escape(name)}"\s*:').search(text, start)
    return line_at(text, found.start() if found else start)


def entry_starts(text: str, name: str) -> list[int]:
    """Return where each entry of a list begins: `name` is its key, or empty for the whole document."""
    starts, depth, key, inside = [], 0, "", not name
    level = 2 if name else 1
    for token in re.finditer(r'"((?:[^"\\]|\\.)*+)"(\s*:)?|[\[\]{}]', text, re.DOTALL):
        if token[0] in ("[", "{"):
            if inside and token[0] == "{" and depth == level:
                starts.append(token.start())
            depth += 1
        elif token[0] in ("]", "}"):
            depth -= 1
        elif token[2] and depth == 1 and name:
            key = token[1]
            inside = key == name
    return starts
