"""Links and numbers of a page: nothing leads out, loads, or calls but what the site's own lists name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element as Node

from chalicelib.domain.content import Content
from chalicelib.domain.style_checks import hidden_by, protected
from chalicelib.domain.style_selectors import Element
from chalicelib.render.page_parts import Finding, Page, text_of

EMERGENCY = "911"
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "cite",
        "code",
        "em",
        "i",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "var",
        "wbr",
        "label",
    ]
)
_ELEMENTS = _INLINE | frozenset(
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
_SPOKEN = (
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "title",
    "alt",
    "placeholder",
    "label",
)
_PLAIN = re.compile(r"[!-\[\]-~]+")  # what is printed in ASCII, without space and backslash
_DATE = re.compile(r"\b(?:19|20)\d\d-\d\d-\d\d\b")
_NUMBER = re.compile(
    r"(?<![\w.,])\+?\(?\d(?:[\s().\-\u2010-\u2015\u00b7/\u200e\u200f\u2066-\u2069]*\d){6,}(?![\w])"
)
_LETTERS = re.compile(
    r"(?<!\w)(?:1[-. ])?[2-9]\d\d[-. ](?=[A-Z0-9-]*[A-Z])[A-Z0-9]{3}[-. ]?[A-Z0-9]{4}(?!\w)"
)
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")


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
        if not text_of(link):
            yield Finding(f"The link to “{_short(href)}” has no words.", href)


def only_what_is_allowed(page: Page) -> Iterator[Finding]:
    """Say which elements and attributes are not on the list: they could load, lead out, or run."""
    for one in page.all:
        tag = str(one.tag)
        if tag not in _ELEMENTS:
            name = tag.rpartition("}")[2]
            yield Finding(f"<{name}> is not allowed on these pages.", f"<{name}")
            continue
        if tag == "link" and dict(one.attrib) != {"rel": "icon", "href": "data:,"}:
            yield Finding("<link> would load something; only the empty icon may stay.", "<link")
        if tag == "meta" and (one.get("http-equiv") or one.get("name", _METAS[0]) not in _METAS):
            yield Finding("<meta http-equiv> is not allowed: headers are the server's.", "<meta")
        for attribute, value in one.attrib.items():
            yield from _attribute(tag, str(attribute), value)
    if len(page.of("script")) != 1 or len(page.of("style")) != 1:
        yield Finding("A page has one <style> and one <script>, both our own.", "<script")


def said_numbers(page: Page) -> Iterator[Finding]:
    """Say which numbers stand in the words of a page and are no contact's."""
    known = {EMERGENCY, *(_national(number) for number in _known(page.content))}
    spoken = [one.get(name) or "" for one in page.all for name in _SPOKEN if one.tag != "option"]
    for text in dict.fromkeys([_words(page.body), *spoken]):
        for said in (*_NUMBER.findall(_DATE.sub(" ", _western(text))), *_LETTERS.findall(text)):
            digits = _national(_digits(said.translate(_KEYPAD)))
            if _could_be_called(digits, said) and digits not in known:
                yield Finding(
                    f"“{' '.join(said.split())}” looks like a number to call, and is none of a contact.",
                    said.strip(),
                )


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
    shown = _short(href)
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


def _leads_to(href: str, content: Content) -> bool:
    """Say whether an address is plain https to a host on the list: no user, no port, no other spelling."""
    try:
        parts = urlsplit(href)
        host = parts.hostname
    except ValueError:
        return False
    return href.startswith("https://") and parts.netloc == host and host in content.site.hosts


def _call(scheme: str, href: str, shown: str, content: Content) -> Iterator[Finding]:
    kinds = ("text",) if scheme == "sms" else ("call", "tty")
    known = {
        channel.href: channel
        for contact in content.contacts
        for channel in contact.channels
        if channel.kind in kinds
    }
    number = _digits(href.partition(":")[2].partition("?")[0])
    if href != f"tel:{EMERGENCY}" and href not in known:
        yield Finding(f"The link calls {number or _short(href)}, and no contact has this number.", href)
    if any(letter.isdigit() and not letter.isascii() for letter in shown) or _national(
        _digits(shown)
    ) != _national(number):
        yield Finding(f"The link calls {number}, and the page shows “{_short(shown)}”.", href)


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
    elif attribute in ("action", "formaction"):
        if not _PLAIN.fullmatch(value) or not value.startswith("/") or value.startswith("//"):
            yield Finding(f"{attribute}=… must be an address of this site.", near)
    elif attribute == "dir" and value not in ("ltr", "rtl") and not _is_field(tag, value):
        yield Finding("dir is ltr or rtl.", near)
    elif not (
        attribute in _ANYWHERE
        or attribute.startswith(("aria-", "data-"))
        or attribute in _ATTRIBUTES.get(tag, "").split()
    ):
        yield Finding(f"{attribute}=… is not allowed in <{tag}>.", near)


def _is_field(tag: str, direction: str) -> bool:
    return tag in ("input", "textarea") and direction == "auto"  # what is typed says it


def _elements(page: Page) -> dict[Element, Node]:
    """Return the page's elements as selectors see them, in its order."""
    found: dict[Node, Element] = {}
    for node in page.all:
        parent = page.parents.get(node)
        elder = [found[one] for one in parent or () if one in found] if parent is not None else []
        attributes: dict[str, str | None] = {str(name): value for name, value in node.attrib.items()}
        around = found.get(parent) if parent is not None else None
        found[node] = Element(str(node.tag), attributes, around, tuple(elder))
    return {element: node for node, element in found.items()}


def _words(node: Node) -> str:
    """Return the words of an element as they are read: what stands in one line is not torn apart."""
    if node.tag in ("script", "style"):
        return ""
    parts = [node.text or ""]
    for inner in node:
        if not isinstance(inner.tag, str):
            parts.append(inner.tail or "")
            continue
        edge = "" if inner.tag in _INLINE else " \n|\n "
        parts += [edge, _words(inner), edge, inner.tail or ""]
    return "".join(parts)


def _known(content: Content) -> list[str]:
    return [
        _digits(channel.value)
        for contact in content.contacts
        for channel in contact.channels
        if channel.kind in ("call", "text", "tty")
    ]


def _could_be_called(digits: str, said: str) -> bool:
    """Say whether somebody would dial this: ten digits, seven as 555-0199, or what begins with a plus."""
    if said.lstrip().startswith("+"):
        return 7 <= len(digits) <= 15
    return len(digits) == 10 or (len(digits) == 7 and bool(re.fullmatch(r"\s*\d{3}\D+\d{4}\s*", said)))


def _western(text: str) -> str:
    """Return a text with the digits of every script as 0 to 9."""
    return "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() and not letter.isascii() else letter
        for letter in text
    )


def _digits(text: str) -> str:
    return "".join(letter for letter in text if "0" <= letter <= "9")


def _national(digits: str) -> str:
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}…"
