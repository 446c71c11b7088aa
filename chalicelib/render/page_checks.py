"""What no page may lose, and what none may hold: looked for in the page as a reader gets it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import html5lib
from html5lib.constants import E as HTML_FAULTS

from chalicelib.domain.content import Content
from chalicelib.domain.documents import ASKS, STOPS
from chalicelib.domain.locales import direction

_PLAIN_TITLE = re.compile(r"traffick|report|help|victim|escape|hotline|exploit|police", re.IGNORECASE)
_NEVER = ("iframe", "frame", "object", "embed", "video", "audio", "base", "applet", "portal", "svg", "math")
_LOADS = (
    "src",
    "srcset",
    "poster",
    "data",
    "background",
    "ping",
    "manifest",
    "formaction",
    "cite",
    "longdesc",
)
_TALKS_OF = ("aria-describedby", "aria-labelledby", "aria-controls", "aria-details")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LONGEST_TITLE_WORDS = 3
_FORM_DECIDES = ("radio", "checkbox", "hidden")  # HTML allows them no autocomplete of their own


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a page.

    `near` is a piece of text by which its place in a template can be found, or empty.
    """

    sentence: str
    near: str = ""
    weight: str = STOPS
    home: str = ""  # the template to mend when that piece is in none


def check_page(name: str, html: str, content: Content) -> list[Finding]:
    """Return the faults of a page called like "es/los-banos-ca/note"."""
    locale, _, rest = name.partition("/")
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(html)
    page = _Page(tree, locale, rest, content)
    found = [*_invalid(html, parser.errors)]
    for check in (_basics, _exit, _numbers):
        found += [replace(finding, home="layout.html") for finding in check(page)]
    for check in (_links, _nothing_loaded, _structure, _names):
        found += check(page)
    kind = rest.rpartition("/")[2]
    if kind in ("note", "note-mended"):
        found += _form(page)
    elif kind == "code":
        found += _code(page)
    elif kind == "receipt":
        found += _lost(page.texts("bdi"), lambda text: re.sub(r"\D", "", text) == SAMPLE_CODE, _NO_CODE)
    elif kind.startswith("error-") or kind == "answer":
        found += _lost(
            page.hrefs, lambda href: href.startswith("/"), "The way back to the first page is gone."
        )
    else:
        found += _place_page(page)
    return found


SAMPLE_CODE = "12345678901234567890"
_NO_CODE = "The page after a report must show its code."


class _Page:
    """A page's elements, gathered once."""

    def __init__(self, tree: Element, locale: str, rest: str, content: Content) -> None:
        self.tree = tree
        self.locale = locale
        self.rest = rest
        self.content = content
        self.all = [one for one in tree.iter() if isinstance(one.tag, str)]
        self.body = next(one for one in self.all if one.tag == "body")
        self.links = [one for one in self.all if one.tag == "a"]
        self.hrefs = [one.get("href") or "" for one in self.links]

    def of(self, tag: str) -> list[Element]:
        return [one for one in self.all if one.tag == tag]

    def texts(self, tag: str) -> list[str]:
        return [_text(one) for one in self.of(tag)]


def _invalid(html: str, errors: Sequence[Any]) -> Iterator[Finding]:
    lines = html.split("\n")
    for (line, _), code, values in errors[:5]:
        near = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        reason = HTML_FAULTS.get(code, code)
        try:
            reason = reason % values
        except (KeyError, TypeError, ValueError):
            reason = code
        yield Finding(f"The page's HTML is broken: {reason} Near “{near[:80]}”.", near)


def _basics(page: _Page) -> Iterator[Finding]:
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
    if not any("width=device-width" in (one.get("content") or "") for one in page.of("meta")):
        yield Finding("The page would be tiny on a phone: the meta viewport is missing.", "<head")


def _exit(page: _Page) -> Iterator[Finding]:
    ways = [link for link in page.links if link.get("id") == "exit"]
    if len(ways) != 1 or not _text(ways[0]):
        yield Finding("“Leave this page” is missing: every page begins with it.", 'id="exit"')
        return
    way = ways[0]
    if way is not page.links[0] or way not in list(page.body):
        yield Finding("“Leave this page” must be the first link, directly in the body.", 'id="exit"')
    if way.get("href") != page.content.site.exit_url or way.get("data-exit") is None:
        yield Finding("“Leave this page” must lead to exit_url and be marked data-exit.", 'id="exit"')
    if not any("care" in (one.get("class") or "").split() and len(_text(one)) > 20 for one in page.of("p")):
        yield Finding(
            'The warning about phones that others look into is missing (the paragraph with class="care").',
            'class="care"',
        )


def _numbers(page: _Page) -> Iterator[Finding]:
    if "tel:911" not in page.hrefs:
        yield Finding("911 is missing: every page shows it as a link that calls.", "tel:911")
    hotline = page.content.contacts[page.content.site.hotline]
    if not any(channel.href in page.hrefs for channel in hotline.channels if channel.kind == "call"):
        yield Finding(f"The hotline's number ({hotline.name}) is missing.", "hotline")
    for link in page.links:
        href = link.get("href") or ""
        if href.startswith(("tel:", "sms:")):
            number = re.sub(r"\D", "", href[4:].partition("?")[0])
            shown = re.sub(r"\D", "", _text(link))
            if not shown or not (shown.endswith(number) or number.endswith(shown)):
                yield Finding(f"The link calls {number}, and the page shows “{_text(link)}”.", href)


def _links(page: _Page) -> Iterator[Finding]:
    for link in page.links:
        href = link.get("href") or ""
        parts = urlsplit(href)
        if link.get("href") is None:
            continue
        if (href.startswith(("/", "#")) and not href.startswith("//")) or parts.scheme in ("tel", "sms"):
            pass
        elif parts.scheme == "mailto":
            yield Finding(
                "Addresses are shown, never linked: a sent mail stays in an account that others may read.",
                href,
            )
        elif parts.scheme != "https" or parts.hostname not in page.content.site.hosts:
            yield Finding(
                f"“{href}” leads to a host that is not on the site's list of hosts; add it to “site” first.",
                href,
            )
        elif not {"noreferrer", "nofollow"} <= set((link.get("rel") or "").split()):
            yield Finding(
                f'“{href}” needs rel="noreferrer nofollow": it must not learn where one came from.', href
            )
        if link.get("target") or link.get("download") is not None:
            yield Finding(f"“{href}” must open in the same window.", href)
        if not _text(link):
            yield Finding(f"The link to “{href}” has no words.", href)


def _nothing_loaded(page: _Page) -> Iterator[Finding]:
    for one in page.all:
        tag = str(one.tag)
        if tag in _NEVER:
            yield Finding(f"<{tag}> is not allowed on these pages.", f"<{tag}")
        if tag == "link" and (one.get("rel"), one.get("href")) != ("icon", "data:,"):
            yield Finding("<link> would load something; only the empty icon may stay.", "<link")
        if tag == "meta" and one.get("http-equiv"):
            yield Finding("<meta http-equiv> is not allowed: headers are the server's.", "http-equiv")
        for attribute, value in one.attrib.items():
            if attribute.startswith("on"):
                yield Finding(
                    f"{attribute}=… would never run: only the page's own script does.", f"{attribute}="
                )
            elif attribute == "style":
                yield Finding("style=… has no effect here; write it into page.css.", "style=")
            elif attribute == "formaction" and value.startswith("/") and not value.startswith("//"):
                continue  # a language's button: the form goes to another page of ours
            elif attribute in _LOADS and not value.startswith("data:"):
                yield Finding(f"{attribute}=… would load something; the page loads nothing.", f"{attribute}=")
    if len(page.of("script")) != 1 or len(page.of("style")) != 1:
        yield Finding("A page has one <style> and one <script>, both our own.", "<script")


def _structure(page: _Page) -> Iterator[Finding]:
    levels = [int(str(one.tag)[1]) for one in page.all if one.tag in _HEADINGS]
    if levels.count(1) != 1 or levels[:1] != [1]:
        yield Finding("A page has one first heading <h1>, before all others.", "<h1")
    for before, after in pairwise(levels):
        if after > before + 1:
            yield Finding(f"A heading <h{after}> follows <h{before}>: do not skip a level.", f"<h{after}")
    if len(page.of("main")) != 1:
        yield Finding("A page has one <main>.", "<main")
    if not all(_text(one) for one in page.all if one.tag in _HEADINGS):
        yield Finding("A heading is empty.", "<h")


def _names(page: _Page) -> Iterator[Finding]:
    ids = Counter(one.get("id") for one in page.all if one.get("id"))
    for name, times in ids.items():
        if times > 1:
            yield Finding(f'id="{name}" stands on the page {times} times.', f'id="{name}"')
    for one in page.all:
        for attribute in _TALKS_OF:
            for name in (one.get(attribute) or "").split():
                if name not in ids:
                    yield Finding(f"{attribute} names “{name}”, which is not on the page.", name)
    for href in page.hrefs:
        if href.startswith("#") and href[1:] not in ids:
            yield Finding(f"The link “{href}” leads nowhere.", href)
    labelled = {one.get("for") for one in page.of("label")}
    inside = {id(part) for label in page.of("label") for part in label.iter()}
    for one in page.all:
        field = one.tag in ("input", "textarea", "select") and one.get("type") not in ("hidden", "submit")
        named = id(one) in inside or one.get("id") in labelled or one.get("aria-label")
        if field and not named:
            yield Finding(f"The field “{one.get('name')}” has no label.", f'name="{one.get("name")}"')
        if one.tag == "button" and not _text(one):
            yield Finding("A button has no words.", "<button")
        if one.tag == "img" and one.get("alt") is None:
            yield Finding("A picture needs words for those who cannot see it: alt=….", "<img")


def _place_page(page: _Page) -> Iterator[Finding]:
    locale, place = page.locale, page.rest
    if f"/{locale}/{place}/note/" not in page.hrefs:
        yield Finding("The way to the form is missing (note_href).", "note_href")
    others = [one.tag for one in page.content.site.locales]
    if len(others) > 1:
        for other in others:
            if f"/{other}/{place}/" not in page.hrefs:
                yield Finding(f"The link to the page in another language is missing: {other}.", "languages")
    shown = _text(page.body)
    for contact_id in page.content.site.founding_channels:
        contact = page.content.contacts[contact_id]
        if not any(
            channel.href in page.hrefs if channel.href else channel.show in shown
            for channel in contact.channels
        ):
            yield Finding(f"{contact.name} is missing: it is one of the ways the newspaper printed.", "ways")


def _form(page: _Page) -> Iterator[Finding]:
    forms = page.of("form")
    action = "/" + page.locale + "/" + page.rest.removesuffix("-mended") + "/"
    if len(forms) != 1 or forms[0].get("method") != "post" or forms[0].get("action") != action:
        yield Finding("The form must be sent by post to its own address (action).", "<form")
        return
    fields: Mapping[str | None, Element] = {one.get("name"): one for one in forms[0].iter()}
    for name, what in (("t", "the hidden token"), ("a", "what was seen"), ("r", "who should get it")):
        if name not in fields:
            yield Finding(f"The form has lost a field: {what} (name={name}).", f'name="{name}"')
    if "z" not in fields:
        yield Finding("The hidden field that stops machines is gone (name=z).", 'name="z"', ASKS)
    for link in forms[0].iter("a"):
        if not (link.get("href") or "").startswith(("tel:", "sms:", "#")):
            sentence = "A tap on a link inside the form empties it: write the address as text."
            yield Finding(sentence, link.get("href") or "", ASKS)
    if not {"unsent", "unseen", "long"} <= {one.get("id") for one in forms[0].iter()}:
        sentence = "The form cannot say that a sending failed: id=unsent, id=unseen and id=long are needed."
        yield Finding(sentence, "<form", ASKS)
    if forms[0].get("id") != "f" or any(link.get("hreflang") for link in page.links):
        sentence = "Another language empties the form: there it takes the buttons for the form with id=f."
        yield Finding(sentence, "<form", ASKS)
    if not any(one.tag == "button" for one in forms[0].iter()):
        yield Finding("The form has no button to send it.", "<button")
    for one in (forms[0], *fields.values()):
        asked = one.tag in ("form", "input", "textarea") and one.get("type") not in _FORM_DECIDES
        if asked and one.get("autocomplete") != "off":
            where = f'name="{one.get("name")}"' if one.get("name") else "<form"
            yield Finding('The browser would remember what was typed: autocomplete="off" is missing.', where)


def _code(page: _Page) -> Iterator[Finding]:
    names = {one.get("name") for one in page.of("input")}
    if "k" not in names or not page.of("button"):
        yield Finding("The page that asks for a code has lost its field or its button.", 'name="k"')


def _lost(found: Sequence[str], wanted: Any, sentence: str) -> list[Finding]:
    return [] if any(wanted(one) for one in found) else [Finding(sentence)]


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())
