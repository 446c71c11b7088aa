"""Linter of unknown fields: a name written wrong must not lose the value behind it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
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
from chalicelib.directory.services import Service
from chalicelib.publishing.documents import ASKS, STOPS, Problem
from chalicelib.publishing.json_documents import line_at

_ENTRIES: Mapping[str, Mapping[str, frozenset[str]]] = {
    CONTACTS: {
        "contacts": frozenset(
            {
                "id",
                "name",
                "name_lang",
                "serves",
                "audience",
                "channels",
                "hours",
                "languages",
                "what",
                "what_not",
                "mark",
                "sources",
                "read_on",
                "checked_on",
                "checked_by",
                "only_here",
                "one_source",
                "checked_as",
                "read_as",
            }
        )
    },
    PLACES: {"places": frozenset(["slug", "name", "parent", "kind", "zone", "paper", "fips", "state"])},
    SITE: {
        "locales": frozenset(["tag", "checked_on"]),
        "other_languages": frozenset(["tag", "own_name", "say", "line", "checked_on"]),
        "figures": frozenset(["text", "source", "link", "mark", "read_at"]),
    },
    SERVICES: {"services": frozenset(one.name for one in fields(Service))},
    RECIPIENTS: {},  # directory/recipients.py refuses them
}
_CHANNEL = frozenset(["kind", "show", "value", "body"])
_ALONE = frozenset(
    ["exit_url", "default_place", "hotline", "hosts", "founding_channels", "police", "keep_days"]
)  # in the site's settings
_BESIDE = {CONTACTS: frozenset(["police", "hosts"]), PLACES: frozenset(["founding_channels"])}  # of a place


def unknown_fields(document: str, text: str, parsed: Any) -> list[Problem]:
    """Return each field of a document that was read, and that nothing makes use of, with its line.

    One that is written almost like another stops a publish; a publisher may say yes to any other.
    """
    return [
        Problem(document, line_at(text, text.find(json.dumps(name, ensure_ascii=False))), sentence, weight)
        for name, sentence, weight in _told(document, parsed)
    ]


def _told(document: str, parsed: Any) -> Iterator[tuple[str, str, str]]:
    lists = _ENTRIES[base_of(document)]
    if not lists or not isinstance(parsed, Mapping):
        return
    beside: frozenset[str] = frozenset()
    if document == SITE:
        beside = _ALONE
    elif place_of(document):
        beside = _BESIDE.get(base_of(document), beside)
    yield from _of("", parsed, beside.union(lists))
    for listed, known in lists.items():
        entries = parsed.get(listed)
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, Mapping):
                continue
            name = str(entry.get("name") or entry.get("id") or entry.get("slug") or entry.get("tag") or "")[
                :60
            ]
            yield from _of(name, entry, known)
            channels = entry.get("channels") if listed == "contacts" else None
            for channel in channels if isinstance(channels, list) else ():
                if isinstance(channel, Mapping):
                    yield from _of(name, channel, _CHANNEL)


def _of(name: str, entry: Mapping[str, Any], known: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    for field in entry:
        if field in known:
            continue
        short = field if len(field) <= 40 else f"{field[:40]}…"
        near = difflib.get_close_matches(field[:40], sorted(known), 1)
        hint = f"did you mean “{near[0]}”?" if near else f"there are: {', '.join(sorted(known))}."
        weight = STOPS if near else ASKS
        yield field, f"{f'{name}: ' if name else ''}nothing here is called “{short}”; {hint}", weight
