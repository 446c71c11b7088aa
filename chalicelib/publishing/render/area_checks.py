"""Linter of the pages of counties: each service is there, nobody is given away, the search works."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.directory.area_units import COUNTIES, PLACES, path_of_unit
from chalicelib.directory.areas import Area
from chalicelib.publishing.render.page_parts import Finding, Page, text_of


def check_area(page: Page) -> Iterator[Finding]:
    """Say what the page of an area has lost, or shows and must not."""
    area = page.content.areas.by_unit[page.rest]
    yield from _languages(page)
    yield from _search(page)
    shown = text_of(page.body)
    if page.content.areas.by_unit[page.rest].unit.endswith("--choose") and COUNTIES not in shown:
        yield Finding("The list of counties that a search found is missing (counties).", "counties")
    for unit, name in area.links:
        if f"/{page.locale}/{path_of_unit(unit)}" not in page.hrefs and unit not in _above(area):
            yield Finding(f"The link to {name} is missing.", "links")
    if not area.links or area.need:  # else each need has a page of its own
        yield from _services(page, area, shown)


def _above(area: Area) -> tuple[str, ...]:
    return tuple(unit for unit, _ in area.links) if area.need else ()


def _languages(page: Page) -> Iterator[Finding]:
    others = [one.tag for one in page.content.site.locales]
    path = path_of_unit(page.rest)
    for other in others if len(others) > 1 else ():
        if f"/{other}/{path}" not in page.hrefs:
            yield Finding(f"The link to the page in another language is missing: {other}.", "languages")


def _search(page: Page) -> Iterator[Finding]:
    forms = page.of("form")
    action = f"/{page.locale}/{PLACES}/"
    sent_to = forms[0].get("action", "").partition("#")[0] if len(forms) == 1 else ""
    if sent_to != action or forms[0].get("method") != "post":
        yield Finding("The search for a place must be sent by post to its own address (find_href).", "<form")
        return
    fields = [one for one in forms[0].iter("input") if one.get("name") == "place"]
    if len(fields) != 1 or not any(True for _ in forms[0].iter("button")):
        yield Finding("The search for a place has lost its field or its button.", 'name="place"')
    for element in (forms[0], *fields):
        if element.get("autocomplete") != "off":
            sentence = 'The browser would remember what was typed: autocomplete="off" is missing.'
            yield Finding(sentence, 'name="place"')


def _services(page: Page, area: Area, shown: str) -> Iterator[Finding]:
    for service_id in area.services:
        service = page.content.services[service_id]
        if service.name not in shown:
            yield Finding(f"{service.name} is missing: each service of a county is on its page.", "entry")
        hrefs = {
            f"{'sms' if one.kind == 'text' else 'tel'}:{one.value}"
            for one in service.phones
            if one.kind != "fax"
        }
        if not hrefs.issubset(page.hrefs):
            yield Finding(f"A number of {service.name} is missing.", "number")
        if service.hides_where and service.address and service.address.street in shown:
            yield Finding(f"The page says where {service.name} is, and nobody may learn that.", "address")
