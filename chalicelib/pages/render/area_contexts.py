"""What the page of an area says beside its layout: a county's services by need, or the areas below it."""

from __future__ import annotations

from typing import Any

from chalicelib.directory.area_units import CHOOSE, COUNTIES, PLACES, STATES, UNKNOWN, part_of, path_of_unit
from chalicelib.directory.areas import Area
from chalicelib.directory.contacts import CONFIRMED
from chalicelib.directory.content import Content
from chalicelib.directory.services import Service
from chalicelib.pages.render.contexts import AreaLink
from chalicelib.pages.render.service_views import day_and_night, sections_of, views_of

_KINDS = {STATES: "states", CHOOSE: "choose", UNKNOWN: "unknown"}
_NEAR = ("city", "county")
_STATE_PARTS, _COUNTY_PARTS = 1, 2  # of a unit: "ca", "ca--merced", and "ca--merced--3" for a need


def area_names(content: Content, locale: str, unit: str) -> dict[str, Any]:
    """Return the names of AreaContext beside those of its layout. Raises KeyError without such an area."""
    area = content.areas.by_unit[unit]
    views = views_of((content.services[one] for one in area.services), content.site.other_languages)
    kind = _kind_of(area)
    by_need = kind == "county" and bool(area.links)  # each need has a page of its own
    below = () if kind == "need" else area.links
    return {
        "kind": kind,
        "name": area.name,
        "around": area.around,
        "need": area.need,
        "always": day_and_night(views, content.contacts[content.site.hotline]),
        "sections": () if by_need else sections_of(views, area.need),
        "part": part_of(unit),
        "links": [AreaLink(name, f"/{locale}/{path_of_unit(one)}", part_of(one)) for one, name in below],
        "above": _above(area, kind, locale),
        "counties": COUNTIES if kind == "choose" else "",
        "find_href": f"/{locale}/{PLACES}/",
        "page_href": f"/{locale}/",
        "none_near": kind == "county" and not any(_is_near(view.service, content) for view in views),
        "starred": not by_need and any(view.service.mark != CONFIRMED for view in views),
    }


def _is_near(service: Service, content: Content) -> bool:
    """Say whether a service is for a town, a county, or a list of them: whoever is near looks for those."""
    return not service.covers_whole_place or content.places[service.serves].kind in _NEAR


def _kind_of(area: Area) -> str:
    if area.unit in _KINDS:
        return _KINDS[area.unit]
    parts = [part for part in area.unit.split("--") if part]
    if len(parts) == _STATE_PARTS:
        return "state"
    return "county" if len(parts) == _COUNTY_PARTS else "need"


def _above(area: Area, kind: str, locale: str) -> list[AreaLink]:
    """Return the areas around one, nearest first; that of all states has no name of its own."""
    if kind not in ("state", "county", "need"):
        return []
    around = []
    parts = area.unit.split("--")
    if kind == "need":
        around.append(AreaLink(area.name, f"/{locale}/{path_of_unit('--'.join(parts[:2]))}"))
    if kind != "state":
        around.append(AreaLink(area.around, f"/{locale}/{path_of_unit(parts[0] + STATES)}"))
    return [*around, AreaLink("", f"/{locale}/{path_of_unit(STATES)}")]
