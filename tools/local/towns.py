"""Invented towns for trying the site (fixtures): places, contacts, cases, log lines; the same each time.

Everything says of itself that it is invented: each place, contact and office by its name. Numbers are of the
range that is reserved for invention (555-0100 to 555-0199).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.desk.audit import BEGUN, DONE, REFUSED
from chalicelib.desk.ports import AuditEntry
from chalicelib.reporting.cases import (
    BOUNCED,
    DELAYED,
    DELIVERED,
    HELD,
    SENT,
    Delivery,
    SealedReport,
)

MARK = "(invented)"
STATE = "invented-state"
COUNTIES = 20
MOST = 2_000
LINES_OF_A_TOWN = 8
CASES_OF_A_TOWN = 1
_READ_ON = "2026-11-01"
_FIRST = (
    "Alder", "Amber", "Birch", "Cedar", "Clover", "Copper", "Dove", "Elm", "Fern", "Flint", "Granite",
    "Hazel", "Heron", "Juniper", "Larch", "Linden", "Maple", "Mill", "Oak", "Osprey", "Pebble", "Pine",
    "Quail", "Reed", "Rowan", "Sage", "Slate", "Sorrel", "Thistle", "Willow",
)  # fmt: skip
_LAST = (
    "Bend", "Bluff", "Brook", "Corner", "Creek", "Crossing", "Dale", "Falls", "Field", "Ford", "Glen",
    "Grove", "Harbor", "Hill", "Hollow", "Junction", "Landing", "Meadow", "Mills", "Park", "Point",
    "Ridge", "Spring", "Station", "Vale", "View",
)  # fmt: skip
_OFFICE = "dot-trafficking"


class Town(NamedTuple):
    """An invented place; `number` counts those of its kind from 0."""

    slug: str
    name: str
    parent: str
    kind: str
    number: int


def places(towns: int) -> list[Town]:
    """Return so many towns, up to MOST, in twenty counties of one state: the state first, towns last."""
    if not 0 < towns <= MOST:
        raise ValueError(f"from 1 to {MOST} towns")
    counties = min(COUNTIES, towns)
    state = Town(STATE, f"The State of Trying {MARK}", "us", "state", 0)
    around = [
        Town(f"{_FIRST[n].lower()}-county-invented", f"{_FIRST[n]} County {MARK}", STATE, "county", n)
        for n in range(counties)
    ]
    return [state, *around, *(_town(number, around[number % counties].slug) for number in range(towns))]


def _town(number: int, county: str) -> Town:
    many = len(_FIRST) * len(_LAST)
    again, at = divmod(number, many)
    # 7 has no factor with the counts of words: neighbours in the list do not begin alike.
    first, last = _FIRST[at * 7 % len(_FIRST)], _LAST[(at // len(_FIRST) + at) % len(_LAST)]
    more = f" {'I' * (again + 1)}" if again else ""
    return Town(
        f"{first}-{last}{'-' + str(again + 1) if again else ''}-invented".lower(),
        f"{first} {last}{more} {MARK}",
        county,
        "city",
        number,
    )


def place_entry(town: Town) -> dict[str, Any]:
    """Return a place as the places document has it."""
    zone = {"zone": "America/Los_Angeles"} if town.kind == "state" else {}
    return {"slug": town.slug, "name": town.name, "parent": town.parent, "kind": town.kind, **zone}


def contact_entries(town: Town) -> list[dict[str, Any]]:
    """Return a place's contacts: two of a town, one of a county, none of the state."""
    plain = town.name.removesuffix(f" {MARK}")
    if town.kind == "city":
        return [
            _contact(town, "house", f"{plain} Safe House {MARK}", "A place to stay for some nights."),
            _contact(town, "office", f"{plain} Help Office {MARK}", "People who listen and know ways on."),
        ]
    if town.kind == "county":
        return [_contact(town, "line", f"{plain} Crisis Line {MARK}", "Somebody who answers at night.")]
    return []


def _contact(town: Town, what: str, name: str, does: str) -> dict[str, Any]:
    number = 100 + (town.number * 2 + len(what)) % 100
    checked = town.number % 3 == 0
    return {
        "id": f"{town.slug}-{what}",
        "name": name,
        "name_lang": "en",
        "serves": town.slug,
        "audience": "anyone",
        "channels": [{"kind": "call", "show": f"209-555-0{number}", "value": f"+12095550{number}"}],
        "hours": "Day and night, every day." if town.number % 2 else "",
        "languages": "",
        "what": f"{does} It is invented: nobody answers.",
        "what_not": "",
        "mark": "SINGLE",
        "sources": ["Invented, for trying this site."],
        "read_on": _READ_ON,
        "checked_on": _READ_ON if checked else None,
        "checked_by": "invented clerk" if checked else None,
    }


def cases(towns: list[Town], now: datetime) -> Iterator[SealedReport]:
    """Return cases of each town: most are done, some fail, are held, or have reached nobody.

    None is ever due, and none holds any words.
    """
    for town in towns:
        for turn in range(CASES_OF_A_TOWN):
            number = town.number * CASES_OF_A_TOWN + turn
            taken = now - timedelta(minutes=7 + number * 13 % 40_000, seconds=number % 60)
            yield _case(number, town.slug, taken, now)


def _case(number: int, place: str, taken: datetime, now: datetime) -> SealedReport:
    id_ = hashlib.sha256(f"invented case {number}".encode()).hexdigest()[:32]
    moved = taken + timedelta(minutes=2 + number % 50)
    kinds = {17: BOUNCED, 29: DELAYED, 37: HELD, 43: SENT}
    state = next((kind for every, kind in kinds.items() if number % every == 0), DELIVERED)
    past = ((SENT, taken + timedelta(minutes=1)),)
    delivery = Delivery(_OFFICE, state, moved, message_id=f"invented-{number}", past=past)
    if state == DELAYED:
        delivery = replace(delivery, next_try=now + timedelta(hours=5))
    if state == HELD:
        delivery = replace(delivery, digest=True)
    case = SealedReport(id_, b"invented", b"k" * 32, place, taken, (delivery,), counted=True)
    case = replace(case, held="flood" if state == HELD else "", keep_days=90).settled()
    return replace(case, watch_at=now + timedelta(hours=8)) if case.watch_at else case


def log_lines(towns: list[Town], now: datetime, lines: int = LINES_OF_A_TOWN) -> Iterator[AuditEntry]:
    """Return so many lines of the log for each town, over the last months, in no order of places."""
    deeds = (
        ("change a contact", "{0}-house", DONE),
        ("note a contact as checked", "{0}-office", DONE),
        ("change a town", "{0}", DONE),
        ("save a draft", "contacts/{0}", REFUSED),
        ("send a report again", "", BEGUN),
    )
    for town in towns:
        for turn in range(lines):
            number = town.number * lines + turn
            does, about, outcome = deeds[number % len(deeds)]
            yield AuditEntry(
                now - timedelta(minutes=(number * 37) % 60_000, microseconds=number),
                clerk_of(town),
                "editor",
                does,
                about.format(town.slug),
                "Invented, for trying the desk" if number % 3 == 0 else "",
                outcome=outcome,
                told="somebody else saved it meanwhile" if outcome == REFUSED else "",
                deed=f"{number:08x}",
            )


def clerk_of(town: Town) -> str:
    """Return the address of a place's clerk, of a kind that no mail can reach."""
    return f"clerk@{town.slug}.example"
