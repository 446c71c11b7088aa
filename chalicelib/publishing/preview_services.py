"""Names of previews of a county's services: "los-banos-ca/services", or "los-banos-ca/services/3" for a need.

They begin with a place, so that whoever looks after it may look at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.directory.area_units import part_of
from chalicelib.directory.areas import Areas
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.service_words import NEED_WORDS

_OF_SERVICES = "/services"
IN_A_COUNTY = ("city", "county")  # kinds of places


def is_one(name: str) -> bool:
    """Say whether a name ("es/los-banos-ca/services") is one of these."""
    return f"{name}/".partition("/")[2].partition("/")[2].startswith(_OF_SERVICES[1:] + "/")


def pages(areas: Areas, places: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the pages of services around these places, each with what it is in words."""
    found = {}
    for place in places:
        unit = areas.around(place["slug"]) if place["kind"] in IN_A_COUNTY else ""
        if unit in areas.by_unit:
            name, words = f"{place['slug']}{_OF_SERVICES}", f"{place['name']}: services of its county"
            found[name] = words
            for one in areas.by_unit.values():
                if one.unit.startswith(f"{unit}--"):
                    part = f" {part_of(one.unit)}".rstrip()
                    found[f"{name}/{one.unit[len(unit) + 2 :]}"] = f"{words}, {NEED_WORDS[one.need]}{part}"
    return found


def unit_of(areas: Areas, page: str) -> str:
    """Return the unit that a page ("los-banos-ca/services/3") shows. Raises DocumentInvalid without one."""
    place, _, rest = page.partition(_OF_SERVICES)
    unit = areas.around(place) + rest.replace("/", "--")
    if unit not in areas.by_unit:
        raise DocumentInvalid("there is no page of services around this place now")
    return unit
