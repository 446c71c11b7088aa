"""Invented places for measuring: states of nine counties, each with some twenty towns, a contact a town."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chalicelib.directory.document_ids import CONTACTS, PLACES, SITE, place_of
from chalicelib.publishing.package_by_place import PackageByPlace, parts_of
from tools.local.towns import Town, contact_entries, place_entry

_OF_A_STATE, _COUNTIES = 200, 9
_STATES = (
    "al", "ak", "az", "ar", "co", "ct", "de", "fl", "ga", "hi", "id", "il", "in", "ia", "ks", "ky", "la",
    "me", "md", "ma", "mi", "mn", "ms", "mo", "mt", "ne", "nv", "nh", "nj", "nm", "ny", "nc", "nd", "oh",
    "ok", "or", "pa", "ri", "sc", "sd", "tn", "tx", "ut", "vt", "va", "wa", "wv", "wi", "wy",
)  # fmt: skip
MOST = _OF_A_STATE * len(_STATES)
_FIRST = (
    "Alder", "Birch", "Cedar", "Dove", "Elm", "Granite", "Hazel", "Juniper", "Los", "Mill", "Oak", "Pine",
    "Quail", "Rowan", "Saint", "Willow",
)  # fmt: skip
_LAST = (
    "Banos", "Bluff", "Creek", "Falls", "Grove", "Harbor", "Hill", "Junction", "Landing", "Meadow", "Park",
    "Springs", "Vale",
)  # fmt: skip
ENDINGS = tuple(f"-{code}" for code in _STATES)
COUNTY, TOWN = "county", "city"


def places(count: int) -> list[Town]:
    """Return so many places, each behind the one that it lies in: few in one state, many in several."""
    if not 0 < count <= MOST:
        raise ValueError(f"from 1 to {MOST} places")
    found: list[Town] = []
    for number, code in enumerate(_STATES):
        left = count - len(found)
        if left <= 0:
            break
        found += list(_of_a_state(number, code, min(left, _OF_A_STATE)))
    return found


def _of_a_state(number: int, code: str, count: int) -> Iterator[Town]:
    state = f"{code}-state"
    yield Town(state, f"State of {code.upper()}", "us", "state", number)
    counties = max(1, min(_COUNTIES, count // 8)) if count > 1 else 0
    around = [
        Town(
            f"{_FIRST[n].lower()}-county-{code}", f"{_FIRST[n]} County", state, COUNTY, number * _COUNTIES + n
        )
        for n in range(counties)
    ]
    yield from around
    for n in range(count - 1 - counties):
        first, last = _FIRST[n % len(_FIRST)], _LAST[n // len(_FIRST) % len(_LAST)]
        slug = f"{first}-{last}-{code}".lower()
        yield Town(slug, f"{first} {last}", around[n % counties].slug, TOWN, number * _OF_A_STATE + n)


def documents(shipped: PackageByPlace, count: int, locales: int) -> dict[str, str]:
    """Return the documents that make a site of so many places and languages out of what shipped."""
    contacts, own, site = (json.loads(shipped.whole(name)) for name in (CONTACTS, PLACES, SITE))
    new = places(count - len(own["places"]))
    own["places"] += [place_entry(one) for one in new]
    contacts["contacts"] += [entry for one in new for entry in contact_entries(one)[:1]]
    texts = parts_of(contacts, own, site)
    slugs = {one.slug for one in new}
    found = {name: text for name, text in texts.items() if place_of(name) in slugs}
    settings: dict[str, Any] = json.loads(shipped.text(SITE))
    if locales < len(settings["locales"]):
        settings["locales"] = settings["locales"][:locales]
        found[SITE] = json.dumps(settings, ensure_ascii=False, indent=2) + "\n"
    return found
