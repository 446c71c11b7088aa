"""Protected elements of a page, which CSS must not touch: exit, warning, numbers, codes, their parents."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.publishing.style.hiding import (
    AROUND,
    EXIT,
    NUMBER,
    SHOWN,
)
from chalicelib.publishing.style.selectors import Element

_SHOWN_BY = frozenset(["care", "code", "now"])


def protected(elements: Sequence[Element]) -> dict[Element, str]:
    """Return which elements of a page, given in its order, must stay in sight, and what each is."""
    kinds: dict[Element, str] = {}
    around: dict[Element | None, frozenset[str]] = {None: frozenset()}  # what it stands in, itself included
    for element in elements:
        href = element.attributes.get("href") or ""
        within = around.get(element.parent)
        if within is None:
            within = frozenset(kinds[one] for one in element.ancestors() if one in kinds)
        if element.tag == "a" and element.attributes.get("id") == "exit":
            kinds[element] = EXIT
        elif href.startswith(("tel:", "sms:")) or NUMBER in within:
            kinds[element] = NUMBER
        elif SHOWN in within or not _SHOWN_BY.isdisjoint(element.classes):
            kinds[element] = NUMBER if "code" in element.classes else SHOWN
        around[element] = within | {kinds[element]} if element in kinds else within
    for element in list(kinds):
        for ancestor in element.ancestors():
            kinds.setdefault(ancestor, AROUND)
    return kinds


def may_be_left_out(element: Element, kind: str) -> bool:
    """Say whether paper may do without it: exit and warning are for screens, and forms are not printed."""
    around = [element, *element.ancestors()]
    return kind == EXIT or any("care" in one.classes or one.tag == "form" for one in around)


def _model() -> dict[Element, str]:
    """Return a page as it ships, of which no class, id or order that a rule could use is left out."""
    html = Element("html", {"lang": None, "dir": None})
    head = Element("head", {}, html)
    body = Element("body", {}, html, (head,))
    leave = Element("a", {"id": "exit", "data-exit": "", "href": None, "rel": "noreferrer nofollow"}, body)
    main = Element("main", {}, body, (leave,))
    top = Element("header", {}, main)
    few = Element("header", {"class": "few"}, main)
    beneath = Element("p", {"class": "exits"}, top)
    warning = Element("p", {"class": "care"}, top, (beneath,))
    calls = Element("ul", {"class": "calls"}, top, (beneath, warning))
    first = Element("li", {}, calls)
    box = Element("a", {"class": "call", "href": "tel:911"}, first)
    words = Element("b", {}, box)
    number = Element("bdi", {"dir": "ltr", "translate": "no"}, words)
    why = Element("span", {}, box, (words,))
    other = Element("li", {}, calls, (first,))
    hotline = Element("a", {"class": "call all", "href": "tel:+18883737888"}, other)
    people = Element("ul", {"class": "people"}, main, (top,))
    person = Element("li", {"class": "row"}, people)
    name = Element("b", {}, person)
    line = Element("a", {"class": "number", "href": "tel:+12097224357"}, person, (name,))
    return protected(
        [html, head, body, leave, main, top, few, beneath, warning, calls, first, box, words, number, why,
         other, hotline, people, person, name, line, *_before(body, leave)]
    )  # fmt: skip


def _before(body: Element, leave: Element) -> list[Element]:
    """Return what pages were made of until their numbers stood in boxes: an edited template may still be."""
    header = Element("header", {}, body, (leave,))
    first = Element("p", {"class": "small"}, header)
    nav = Element("nav", {"aria-label": None}, header, (first,))
    care = Element("p", {"class": "care"}, header, (first, nav))
    now = Element("p", {"class": "now"}, header, (first, nav, care))
    call = Element("a", {"class": "number", "href": "tel:911"}, now)
    digits = Element("bdi", {"dir": "ltr"}, call)
    main = Element("main", {}, body, (leave, header))
    title = Element("h1", {}, main)
    section = Element("section", {}, main, (title,))
    heading = Element("h3", {}, section)
    row = Element("ul", {"class": "row"}, section, (heading,))
    item = Element("li", {}, row)
    line = Element("a", {"class": "line", "href": "sms:233733"}, item)
    shown = Element("bdi", {"dir": "ltr"}, line)
    paragraph = Element("p", {}, section, (heading, row))
    inline = Element("a", {"href": "tel:+18883737888"}, paragraph)
    code = Element("p", {"class": "code"}, main, (title, section))
    return [header, first, nav, care, now, call, digits, main, title, section, heading, row, item, line,
            shown, paragraph, inline, code]  # fmt: skip


MODEL = _model()
