"""Allow-list linter of links, elements and attributes: nothing leads out, loads or calls unnamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element as Node

from chalicelib.directory.contacts import Contacts
from chalicelib.directory.content import Content
from chalicelib.publishing.render.offered import CREDITED, offered_hrefs, offered_links
from chalicelib.publishing.render.page_numbers import (
    EMERGENCY,
    INLINE,
    digits_in,
    national,
    short,
    western,
)
from chalicelib.publishing.render.page_parts import Finding, Page, of_these_contacts, text_of
from chalicelib.publishing.style.checks import hidden_by, protected
from chalicelib.publishing.style.selectors import Element

_ELEMENTS = INLINE | frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "link",
        "style",
        "script",
        "body",
        "header",
        "footer",
        "nav",
        "main",
        "section",
        "article",
        "aside",
        "address",
        "div",
        "p",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hgroup",
        "blockquote",
        "figure",
        "figcaption",
        "pre",
        "hr",
        "br",
        "table",
        "caption",
        "colgroup",
        "col",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "details",
        "summary",
        "form",
        "fieldset",
        "legend",
        "input",
        "textarea",
        "select",
        "option",
        "optgroup",
        "button",
        "img",
        "noscript",
        "ruby",
        "rt",
        "rp",
        "ins",
        "del",
        "dfn",
    ]
)
_ANYWHERE = frozenset(
    [
        "id",
        "class",
        "lang",
        "dir",
        "hidden",
        "title",
        "role",
        "tabindex",
        "translate",
        "spellcheck",
        "autocapitalize",
        "enterkeyhint",
        "inputmode",
    ]
)
_ATTRIBUTES = {
    "a": "href rel hreflang",
    "form": "action method novalidate autocomplete accept-charset",
    "input": "type name value checked required readonly disabled autocomplete maxlength minlength pattern"
    " size min max step placeholder",
    "textarea": "name rows cols required readonly disabled autocomplete maxlength minlength placeholder wrap",
    "select": "name required disabled autocomplete multiple size",
    "option": "value selected disabled label",
    "optgroup": "label disabled",
    "button": "type name value disabled form formnovalidate formaction formmethod",
    "fieldset": "name disabled",
    "label": "for",
    "meta": "charset name content http-equiv",
    "link": "rel href",
    "img": "src alt width height",
    "time": "datetime",
    "details": "open name",
    "ol": "start reversed type",
    "li": "value",
    "th": "colspan rowspan headers scope abbr",
    "td": "colspan rowspan headers",
    "col": "span",
    "colgroup": "span",
}
_OWN_ATTRIBUTES = {tag: frozenset(names.split()) for tag, names in _ATTRIBUTES.items()}
_METAS = ("viewport", "robots", "color-scheme", "theme-color", "format-detection")
_LOADS = frozenset(
    [
        "src",
        "srcset",
        "poster",
        "data",
        "background",
        "ping",
        "manifest",
        "cite",
        "longdesc",
        "imagesrcset",
        "codebase",
        "usemap",
    ]
)
_PLAIN = re.compile(r"[!-\[\]-~]+")  # what is printed in ASCII, without space and backslash
_IN_NUMBERS = frozenset(["bdi", "b", "strong", "em", "i", "span", "small", "abbr", "wbr", "u", "mark"])
_STRUCK = ("s", "del")


def numbers(page: Page) -> Iterator[Finding]:
    """Say when 911 or the hotline is missing."""
    if f"tel:{EMERGENCY}" not in page.hrefs:
        yield Finding("911 is missing: every page shows it as a link that calls.", "tel:911")
    hotline = page.content.contacts[page.content.site.hotline]
    if not any(channel.href in page.hrefs for channel in hotline.channels if channel.kind == "call"):
        yield Finding(f"The hotline's number ({hotline.name}) is missing.", "hotline")


def links(page: Page) -> Iterator[Finding]:
    """Say what is wrong with where the links lead, and with what they show."""
    for link in page.links:
        href = link.get("href")
        if href is None:
            continue
        yield from _address(href, link, page.content)
        if href.startswith(("tel:", "sms:")):
            yield from _whole(link, href, page)
        if not text_of(link):
            yield Finding(f"The link to “{short(href)}” has no words.", href)


def only_what_is_allowed(page: Page) -> Iterator[Finding]:
    """Say which elements and attributes are not on the list: they could load, lead out, or run."""
    for element in page.all:
        tag = str(element.tag)
        if tag not in _ELEMENTS:
            name = tag.rpartition("}")[2]
            yield Finding(f"<{name}> is not allowed on these pages.", f"<{name}")
            continue
        if tag == "link" and dict(element.attrib) != {"rel": "icon", "href": "data:,"}:
            yield Finding("<link> would load something; only the empty icon may stay.", "<link")
        if tag == "meta" and (element.get("http-equiv") or element.get("name", _METAS[0]) not in _METAS):
            yield Finding("<meta http-equiv> is not allowed: headers are the server's.", "<meta")
        if tag == "form" and (element.get("method") or "").lower() != "post":
            yield Finding("A form is sent by post: else what is typed stands in the address.", "<form")
        for attribute, value in element.attrib.items():
            yield from _attribute(tag, str(attribute), value)
    if len(page.of("script")) != 1 or len(page.of("style")) != 1:
        yield Finding("A page has one <style> and one <script>, both our own.", "<script")


def hidden(page: Page) -> Iterator[Finding]:
    """Say what keeps the exit, the warning or a number of this page out of sight."""
    shown = {element: node for element, node in _elements(page).items() if not page.veiled(node)}
    kinds = protected(list(shown))
    if any(shown[element].get("aria-hidden") == "true" for element in kinds if element in shown):
        yield Finding("What readers must see is marked as hidden (aria-hidden).", "aria-hidden")
    style = next(iter(page.of("style")), None)
    if style is not None:
        for _, sentence in hidden_by("".join(style.itertext()), kinds):
            yield Finding(sentence, home="page.css")


def _address(href: str, link: Node, content: Content) -> Iterator[Finding]:
    shown = short(href)
    scheme = href.partition(":")[0].lower()
    if not _PLAIN.fullmatch(href):
        yield Finding(f"“{shown}” holds signs that browsers read in their way: write it plainly.", href)
    elif href.startswith("#") or (href.startswith("/") and not href.startswith("//")):
        pass
    elif scheme in ("tel", "sms"):
        yield from _call(scheme, href, text_of(link), content)
    elif scheme == "mailto":
        yield Finding(
            "Addresses are shown, never linked: a sent mail stays in an account that others may read.", href
        )
    elif not _leads_to(href, content):
        yield Finding(
            f"“{shown}” leads to a host that is not on the site's list of hosts; add it to “site” first.",
            href,
        )
    elif not {"noreferrer", "nofollow"} <= set((link.get("rel") or "").split()):
        yield Finding(
            f'“{shown}” needs rel="noreferrer nofollow": it must not learn where one came from.', href
        )


def _whole(link: Node, href: str, page: Page) -> Iterator[Finding]:
    """Say what keeps the number of a link from being read, or heard, as it is called."""
    number = national(digits_in(href.partition(":")[2].partition("?")[0]))
    for part in link.iter():
        inside = part is not link
        if inside and (part.tag not in _IN_NUMBERS or "hidden" in part.attrib):
            name = part.tag if isinstance(part.tag, str) else "!--"  # a comment's is a function
            yield Finding(f"In the link “{short(href)}” stand words alone: <{name}> may hide some.", href)
        for name in ("aria-label", "title", "aria-description", "aria-roledescription"):
            heard = national(digits_in(western(part.get(name) or "")))
            if heard and heard != number:
                yield Finding(
                    f"The link calls {number}, and {name} says “{short(part.get(name) or '')}”.", href
                )
        if {"aria-labelledby", "aria-hidden", "tabindex", "role"} & set(part.attrib):
            yield Finding(f"The link “{short(href)}” is heard as it is read: leave its attributes out.", href)
    if any(one.tag in _STRUCK for one in page.around(link)):
        yield Finding(f"The link “{short(href)}” is struck out: it would look out of use.", href)


def _leads_to(href: str, content: Content) -> bool:
    """Say whether an address is plain https to a host on the list: no user, no port, no other spelling.

    A service's own address counts, too: an import brings thousands, each beside the number of its office.
    """
    try:
        parts = urlsplit(href)
        host = parts.hostname
    except ValueError:
        return False
    plain = href.startswith("https://") and parts.netloc == host
    return plain and (host in content.site.hosts or href in CREDITED | offered_links(content))


def _call(scheme: str, href: str, shown: str, content: Content) -> Iterator[Finding]:
    known = _called(content.contacts)[scheme] | offered_hrefs(content)[scheme]
    number = digits_in(href.partition(":")[2].partition("?")[0])
    if href != f"tel:{EMERGENCY}" and href not in known:
        yield Finding(f"The link calls {number or short(href)}, and no contact has this number.", href)
    if any(letter.isdigit() and not letter.isascii() for letter in shown) or national(
        digits_in(shown)
    ) != national(number):
        yield Finding(f"The link calls {number}, and the page shows “{short(shown)}”.", href)


@of_these_contacts
def _called(contacts: Contacts) -> dict[str, set[str]]:
    """Return the addresses of all contacts that call, and those that write."""
    channels = [channel for contact in contacts for channel in contact.channels]
    return {
        "tel": {channel.href for channel in channels if channel.kind in ("call", "tty")},
        "sms": {channel.href for channel in channels if channel.kind == "text"},
    }


def _attribute(tag: str, attribute: str, value: str) -> Iterator[Finding]:
    near = f"{attribute}="
    if attribute.startswith("on"):
        yield Finding(f"{attribute}=… would never run: only the page's own script does.", near)
    elif attribute == "style":
        yield Finding("style=… has no effect here; write it into page.css.", near)
    elif attribute in ("target", "download"):
        yield Finding(f"{attribute}=… is not allowed: a link must open in the same window.", near)
    elif attribute in _LOADS and not (
        tag == "img" and attribute == "src" and value.startswith("data:image/")
    ):
        yield Finding(f"{attribute}=… would load something; the page loads nothing.", near)
    elif attribute == "formmethod" and value.lower() != "post":
        yield Finding("A form is sent by post: else what is typed stands in the address.", near)
    elif attribute == "tabindex" and value not in ("0", "-1"):
        yield Finding("tabindex=… would put something before the exit; 0 and -1 may stay.", near)
    elif tag in ("ol", "li") and attribute in ("start", "value") and len(value) > 3:
        yield Finding(f"{attribute}=… looks like a number to call.", near)
    elif attribute in ("action", "formaction"):
        if not _PLAIN.fullmatch(value) or not value.startswith("/") or value.startswith("//"):
            yield Finding(f"{attribute}=… must be an address of this site.", near)
    elif attribute == "dir" and value not in ("ltr", "rtl") and not _is_written(tag, value):
        yield Finding("dir is ltr or rtl.", near)
    elif not (
        attribute in _ANYWHERE
        or attribute.startswith(("aria-", "data-"))
        or attribute in _OWN_ATTRIBUTES.get(tag, ())
    ):
        yield Finding(f"{attribute}=… is not allowed in <{tag}>.", near)


def _is_written(tag: str, direction: str) -> bool:
    # What is typed says it, and what an office wrote: a paragraph's letters cannot turn the page around it.
    return tag in ("input", "textarea", "p") and direction == "auto"


def _elements(page: Page) -> dict[Element, Node]:
    """Return the page's elements as selectors see them, in its order."""
    elements: dict[Node, Element] = {}
    elders: dict[Node | None, list[Element]] = {}
    for node in page.all:
        parent = page.parents.get(node)
        before = elders.setdefault(parent, [])
        attributes: dict[str, str | None] = {str(name): value for name, value in node.attrib.items()}
        around = elements.get(parent) if parent is not None else None
        elements[node] = Element(str(node.tag), attributes, around, tuple(before))
        before.append(elements[node])
    return {element: node for node, element in elements.items()}
