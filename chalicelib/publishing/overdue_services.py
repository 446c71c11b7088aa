"""Overdue services: those that nobody has confirmed for a year, or for 90 days where a first page shows them.

One that nobody confirmed yet counts from the day on which its source was read.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from chalicelib.directory.hsds.tables import safe_cell
from chalicelib.directory.services import RETIRED

A_YEAR = timedelta(days=365)
SHOWN_FIRST = timedelta(days=90)
_COLUMNS = ("place", "service", "organization", "email", "phone", "website", "last confirmed", "by",
            "due since", "id")  # fmt: skip

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A service that is to be confirmed, the slug of its place, and the day since when."""

    place: str
    entry: Entry
    since: date


def is_overdue(entry: Entry, today: date) -> bool:
    """Say whether a service is to be confirmed; a retired one never is."""
    return entry.get("status") != RETIRED and due_on(entry) <= today


def due_on(entry: Entry) -> date:
    """Return the day on which a service is to be confirmed again."""
    for name in ("assured_on", "read_on"):
        with suppress(LookupError, ValueError, TypeError, OverflowError):
            return date.fromisoformat(entry[name] or "") + (
                SHOWN_FIRST if entry.get("shown_first") is True else A_YEAR
            )
    return date.min


def overdue(texts: Mapping[str, str], today: date, names: Mapping[str, str]) -> list[Overdue]:
    """Return what is to be confirmed of the services of places, by place and then the longest due first."""
    found = [
        Overdue(place, entry, due_on(entry))
        for place, text in texts.items()
        for entry in entries_in(text)
        if is_overdue(entry, today)
    ]
    return sorted(
        found, key=lambda one: (names.get(one.place, one.place), one.since, str(one.entry.get("name")))
    )


def due_days(texts: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Return for each place how many of its services are to be confirmed from which day on."""
    days = {
        place: Counter(due_on(one).isoformat() for one in entries_in(text) if one.get("status") != RETIRED)
        for place, text in texts.items()
    }
    return {place: dict(sorted(found.items())) for place, found in sorted(days.items()) if found}


def due_by(days: Mapping[str, Mapping[str, int]], today: date) -> dict[str, int]:
    """Return how many services of each place are to be confirmed on a day, from what `due_days` returned."""
    due = {
        place: sum(number for day, number in found.items() if day <= today.isoformat())
        for place, found in days.items()
    }
    return {place: number for place, number in due.items() if number}


@lru_cache(maxsize=4_000)
def entries_in(text: str) -> tuple[Entry, ...]:
    """Return the entries of a services document as they stand, for lists and counts; nobody may change them.

    Of a text that cannot be read there are none: its own page says why.
    """
    with suppress(ValueError, RecursionError):
        parsed = json.loads(text)
        listed = parsed.get("services") if isinstance(parsed, dict) else None
        if isinstance(listed, list):
            return tuple(one for one in listed if isinstance(one, dict))
    return ()


def as_csv(lines: Iterable[Overdue], names: Mapping[str, str]) -> str:
    """Return what is overdue as a sheet, for a mailing of the host's own: no cell can turn into a formula."""
    table = io.StringIO("\ufeff", newline="")
    table.seek(1)
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for line in lines:
        entry = line.entry
        # A draft may be written by hand: what is of another form is left out, and its own page says so.
        listed, offers = entry.get("phones"), entry.get("organization")
        known = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        phones = [one for one in known if one.get("kind") == "voice"]
        offers = offers if isinstance(offers, dict) else {}
        cells = (
            names.get(line.place, line.place), entry.get("name"), offers.get("name"), entry.get("email"),
            phones[0].get("show") if phones else "", entry.get("website") or offers.get("website"),
            entry.get("assured_on"), entry.get("assured_by"), line.since.isoformat(), entry.get("id"),
        )  # fmt: skip
        writer.writerow([safe_cell(str(one or "")) for one in cells])
    return table.getvalue()
