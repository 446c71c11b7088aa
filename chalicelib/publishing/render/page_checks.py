"""HTML linter of rendered pages, accessibility included: what no page may lose, and what none may hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from html5lib.constants import E as HTML_FAULTS

from chalicelib.directory.area_units import is_area
from chalicelib.directory.content import Content
from chalicelib.pages.about import CONTACT, KEEP_DAYS, OPERATOR
from chalicelib.pages.choose_page import ABOUT, MORE
from chalicelib.publishing.documents import ASKS
from chalicelib.publishing.render.area_checks import check_area
from chalicelib.publishing.render.page_links import (
    hidden,
    links,
    numbers,
    only_what_is_allowed,
)
from chalicelib.publishing.render.page_numbers import said_numbers
from chalicelib.publishing.render.page_parts import Finding, Page, text_of
from chalicelib.reporting.render.samples import SAMPLE_CODE
from chalicelib.shared.locales import direction

_PLAIN_TITLE = re.compile(r"traffick|report|help|victim|escape|hotline|exploit|police", re.IGNORECASE)
_TALKS_OF = ("aria-describedby", "aria-labelledby", "aria-controls", "aria-details")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LONGEST_TITLE_WORDS = 3
_SHORTEST_WARNING = 12  # letters; Chinese needs few
_OF_THE_EXIT = {"id", "data-exit", "href", "rel"}  # a class or a style of its own could hide it
_FORM_DECIDES = ("radio", "checkbox", "hidden")  # HTML allows them no autocomplete of their own


def check_page(name: str, html: str, content: Content) -> list[Finding]:
    """Return the faults of a page called like "es/los-banos-ca/note"."""
    locale, _, rest = name.partition("/")
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(html)
    page = Page(tree, locale, rest, content)
    findings = [*_invalid(html, parser.errors)]
    for check in (_basics, _exit, numbers):
        findings += [replace(finding, home="layout.html") for finding in check(page)]
    for check in (links, only_what_is_allowed, said_numbers, _structure, _names):
        findings += check(page)
    findings += hidden(page)
    kind = rest.rpartition("/")[2]
    if is_area(rest):
        return [*findings, *check_area(page)]
    if kind in ("note", "note-mended"):
        findings += _form(page)
    elif kind == "code":
        findings += _code(page)
    elif kind == "receipt":
        findings += _lost(page.texts("bdi"), lambda text: re.sub(r"\D", "", text) == SAMPLE_CODE, _NO_CODE)
    elif kind == ABOUT:
        findings += _about(page)
    elif rest == MORE:
        findings += _other_languages(page)
    elif kind == "answer-replies":
        findings += _replies(page)
    elif kind.startswith("error-") or kind in ("answer", "answer-sent"):
        findings += _lost(
            page.hrefs, lambda href: href.startswith("/"), "The way back to the first page is gone."
        )
    else:
        findings += _place_page(page)
    return findings


def _about(page: Page) -> Iterator[Finding]:
    shown = text_of(page.body)
    for mark, what in (
        (OPERATOR, "who runs the site (operator)"),
        (CONTACT, "how to reach them (contact)"),
        (KEEP_DAYS, "for how many days a report is kept (keep_days)"),
    ):
        if mark not in shown:
            yield Finding(f"The page about the site must say {what}.", "<h1")


_NO_CODE = "The page after a report must show its code."


def _invalid(html: str, errors: Sequence[Any]) -> Iterator[Finding]:
    lines = html.split("\n")
    for number, ((line, _), code, values) in enumerate(errors[:5]):
        near = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        if number and near.startswith("</"):
            continue  # an end that does not fit is most often of the fault before, and not where to look
        reason = HTML_FAULTS.get(code, code)
        try:
            reason = reason % values
        except (KeyError, TypeError, ValueError):
            reason = code
        yield Finding(f"The page's HTML is broken: {reason} Near “{near[:80]}”.", near)


def _basics(page: Page) -> Iterator[Finding]:
    if page.tree.get("lang") != page.locale or page.tree.get("dir") != direction(page.locale):
        yield Finding("The page must say its language and direction: <html lang=… dir=…>.", "<html")
    titles = page.texts("title")
    if len(titles) != 1 or not titles[0]:
        yield Finding("The page needs one title.", "<title")
    elif len(titles[0].split()) > _LONGEST_TITLE_WORDS or _PLAIN_TITLE.search(titles[0]):
        yield Finding(
            f"The title “{titles[0]}” stays in the browser's history for others to see: one neutral word.",
            "<title",
        )
    if not any(one.get("charset") == "utf-8" for one in page.of("meta")):
        yield Finding('<meta charset="utf-8"> is missing.', "<head")
    views = [one.get("content") or "" for one in page.of("meta") if one.get("name") == "viewport"]
    if len(views) != 1 or "width=device-width" not in views[0]:
        yield Finding("The page would be tiny on a phone: it needs one meta viewport.", "<head")


def _exit(page: Page) -> Iterator[Finding]:
    ways = [link for link in page.links if link.get("id") == "exit"]
    if len(ways) != 1 or not text_of(ways[0]):
        yield Finding("“Leave this page” is missing: every page begins with it.", 'id="exit"')
        return
    way = ways[0]
    if way is not page.links[0] or way not in list(page.body):
        yield Finding("“Leave this page” must be the first link, directly in the body.", 'id="exit"')
    if set(way.attrib) - _OF_THE_EXIT:
        yield Finding("“Leave this page” has its own attributes and no others.", 'id="exit"')
    if way.get("href") != page.content.site.exit_url or way.get("data-exit") is None:
        yield Finding("“Leave this page” must lead to exit_url and be marked data-exit.", 'id="exit"')
    warnings = [one for one in page.of("p") if "care" in (one.get("class") or "").split()]
    if not any(len(text_of(one)) > _SHORTEST_WARNING and not page.veiled(one) for one in warnings):
        yield Finding(
            'The warning about phones that others look into is missing (the paragraph with class="care").',
            'class="care"',
        )


def _structure(page: Page) -> Iterator[Finding]:
    levels = [int(str(element.tag)[1]) for element in page.all if element.tag in _HEADINGS]
    if levels.count(1) != 1 or levels[:1] != [1]:
        yield Finding("A page has one first heading <h1>, before all others.", "<h1")
    for before, after in pairwise(levels):
        if after > before + 1:
            yield Finding(f"A heading <h{after}> follows <h{before}>: do not skip a level.", f"<h{after}")
    if len(page.of("main")) != 1:
        yield Finding("A page has one <main>.", "<main")
    if not all(text_of(element) for element in page.all if element.tag in _HEADINGS):
        yield Finding("A heading is empty.", "<h")


def _names(page: Page) -> Iterator[Finding]:
    ids = Counter(element.get("id") for element in page.all if element.get("id"))
    for name, times in ids.items():
        if times > 1:
            yield Finding(f'id="{name}" stands on the page {times} times.', f'id="{name}"')
    for element in page.all:
        for attribute in _TALKS_OF:
            for name in (element.get(attribute) or "").split():
                if name not in ids:
                    yield Finding(f"{attribute} names “{name}”, which is not on the page.", name)
    for href in page.hrefs:
        if href.startswith("#") and href[1:] not in ids:
            yield Finding(f"The link “{href}” leads nowhere.", href)
    labelled = {element.get("for") for element in page.of("label")}
    inside = {id(part) for label in page.of("label") for part in label.iter()}
    for element in page.all:
        field = element.tag in ("input", "textarea", "select") and element.get("type") not in (
            "hidden",
            "submit",
        )
        named = id(element) in inside or element.get("id") in labelled or element.get("aria-label")
        if field and not named:
            yield Finding(f"The field “{element.get('name')}” has no label.", f'name="{element.get("name")}"')
        if element.tag == "button" and not text_of(element):
            yield Finding("A button has no words.", "<button")
        if element.tag == "img" and element.get("alt") is None:
            yield Finding("A picture needs words for those who cannot see it: alt=….", "<img")


def _place_page(page: Page) -> Iterator[Finding]:
    locale, place = page.locale, page.rest
    if f"/{locale}/{place}/note/" not in page.hrefs:
        yield Finding("The way to the form is missing (note_href).", "note_href")
    others = [one.tag for one in page.content.site.locales]
    if len(others) > 1:
        for other in others:
            if f"/{other}/{place}/" not in page.hrefs:
                yield Finding(f"The link to the page in another language is missing: {other}.", "languages")
    shown = text_of(page.body)
    # These may be folded away; numbers, warnings and the way to the form may not.
    hrefs = {link.get("href") for link in page.links if not page.veiled(link, folded=False)}
    around = {one.slug for one in page.content.places.chain(place)}
    for contact_id in page.content.site.founding_channels:
        contact = page.content.contacts[contact_id]
        if contact.serves in around and not any(
            channel.href in hrefs if channel.href else channel.show in shown for channel in contact.channels
        ):
            yield Finding(f"{contact.name} is missing: it is one of the ways the newspaper printed.", "ways")


def _other_languages(page: Page) -> Iterator[Finding]:
    lines = {element.get("lang"): element for element in page.of("li")}
    calls = [c.href for c in page.content.contacts[page.content.site.hotline].channels if c.kind == "call"]
    for other in page.content.site.other_languages:
        line = lines.get(other.tag)
        if line is None or line.get("dir") != other.direction or other.say not in text_of(line):
            yield Finding(f"The line in {other.own_name} is missing (lang, dir, and {other.say}).", "lines")
        elif not any(link.get("href") in calls for link in line.iter("a")):
            yield Finding(f"The hotline's number is missing beside the line in {other.own_name}.", "lines")


def _form(page: Page) -> Iterator[Finding]:
    forms = page.of("form")
    action = "/" + page.locale + "/" + page.rest.removesuffix("-mended") + "/"
    if len(forms) != 1 or forms[0].get("method") != "post" or forms[0].get("action") != action:
        yield Finding("The form must be sent by post to its own address (action).", "<form")
        return
    fields: Mapping[str | None, Element] = {element.get("name"): element for element in forms[0].iter()}
    for name, what in (("t", "the hidden token"), ("a", "what was seen"), ("r", "who should get it")):
        if name not in fields:
            yield Finding(f"The form has lost a field: {what} (name={name}).", f'name="{name}"')
    if "z" not in fields:
        yield Finding("The hidden field that stops machines is gone (name=z).", 'name="z"', ASKS)
    for link in forms[0].iter("a"):
        if not (link.get("href") or "").startswith(("tel:", "sms:", "#")):
            sentence = "A tap on a link inside the form empties it: write the address as text."
            yield Finding(sentence, link.get("href") or "", ASKS)
    if not {"unsent", "unseen", "long"} <= {element.get("id") for element in forms[0].iter()}:
        sentence = "The form cannot say that a sending failed: id=unsent, id=unseen and id=long are needed."
        yield Finding(sentence, "<form", ASKS)
    if forms[0].get("id") != "f" or any(link.get("hreflang") for link in page.links):
        sentence = "Another language empties the form: there it takes the buttons for the form with id=f."
        yield Finding(sentence, "<form", ASKS)
    if not any(element.tag == "button" for element in forms[0].iter()):
        yield Finding("The form has no button to send it.", "<button")
    for element in (forms[0], *fields.values()):
        asked = element.tag in ("form", "input", "textarea") and element.get("type") not in _FORM_DECIDES
        if asked and element.get("autocomplete") != "off":
            where = f'name="{element.get("name")}"' if element.get("name") else "<form"
            yield Finding('The browser would remember what was typed: autocomplete="off" is missing.', where)


def _code(page: Page) -> Iterator[Finding]:
    names = {one.get("name") for one in page.of("input")}
    if "k" not in names or not page.of("button"):
        yield Finding("The page that asks for a code has lost its field or its button.", 'name="k"')


def _replies(page: Page) -> Iterator[Finding]:
    """A page that was edited before offices could write back shows none of it: that is asked about."""
    fields = {one.get("name"): one for one in (*page.of("input"), *page.of("textarea"), *page.of("button"))}
    shown = {name for name in ("k", "t", "a", "r", "w") if name in fields}
    says = "Thank you." in text_of(page.body)
    if not shown and not says:
        sentence = "What offices write back is not shown here. A newer text of this page shows it."
        yield Finding(sentence, "{{ state.name }}", ASKS, home="answer.html")
    elif len(shown) < len("ktarw") or not says:
        sentence = "What offices write back is not shown here, or cannot be answered (names k, t, a, r, w)."
        yield Finding(sentence, "{{ state.name }}", home="answer.html")
    if "a" in fields and fields["a"].get("autocomplete") != "off":
        sentence = 'The browser would remember what was typed: autocomplete="off" is missing.'
        yield Finding(sentence, 'name="a"')


def _lost(texts: Sequence[str], wanted: Any, sentence: str) -> list[Finding]:
    return [] if any(wanted(text) for text in texts) else [Finding(sentence)]
