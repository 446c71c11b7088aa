"""HTML checks of the probe: what every page of a site must have, whatever an editor wrote into it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any

import html5lib

from chalicelib.pages.about import CONTACT, KEEP_DAYS, NOT_SAID, OPERATOR
from chalicelib.pages.page_headers import BARE_POLICY, page_headers
from chalicelib.shared.locales import direction
from tools.probe.fetch import Fetched

_TITLE_WORDS = 3
_PLAIN_TITLE = re.compile(r"traffick|report|help|victim|escape|hotline|exploit|police", re.IGNORECASE)
_NEVER = {
    "set-cookie": "a cookie is a trace on the reader's device",
    "etag": "a browser would keep the page",
    "last-modified": "a browser would keep the page",
    "clear-site-data": "browsers hang on it for seconds",
    "link": "a browser would load something",
    "nel": "a browser would tell of its errors elsewhere",
    "report-to": "a browser would tell of its errors elsewhere",
}
_POLICY = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")


class Html:
    """A page, parsed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree: Any = html5lib.HTMLParser(namespaceHTMLElements=False).parse(text)
        self.links = [one for one in self.tree.iter("a") if one.get("href") is not None]
        self.hrefs = [str(one.get("href")) for one in self.links]

    def words(self, tag: str) -> list[str]:
        """Return what the elements of a tag say, with single spaces."""
        return [" ".join("".join(one.itertext()).split()) for one in self.tree.iter(tag)]

    def fields(self) -> dict[str, list[str]]:
        """Return the values of the one form's fields, by their names."""
        found: dict[str, list[str]] = {}
        for form in self.tree.iter("form"):
            for one in form.iter():
                if one.tag in ("input", "textarea") and one.get("name"):
                    found.setdefault(str(one.get("name")), []).append(str(one.get("value", "")))
        return found

    def languages(self) -> list[str]:
        """Return the languages that a page leads to, or that its form's buttons offer."""
        linked = [str(one.get("hreflang")) for one in self.links if one.get("hreflang")]
        return linked or [str(one.get("lang")) for one in self.tree.iter("button") if one.get("lang")]


def headers_amiss(fetched: Fetched) -> Iterator[str]:
    """Say what is wrong with the security headers of a response, page or text."""
    for name, wanted in page_headers(BARE_POLICY).items():
        found = fetched.headers.get(name.lower())
        if name == "Content-Security-Policy":
            continue
        if found is None:
            yield f"the header {name} is missing"
        elif found != wanted:
            yield f"the header {name} is {found!r} and must be {wanted!r}"
    for name, why in _NEVER.items():
        if name in fetched.headers:
            yield f"there is a header {name}: {why}"


def page_amiss(fetched: Fetched, page: Html, locale: str) -> Iterator[str]:
    """Say what is wrong with a page in a language."""
    if fetched.headers.get("content-type") != "text/html; charset=utf-8":
        yield f"it is sent as {fetched.headers.get('content-type')!r}, and not as HTML in UTF-8"
    yield from headers_amiss(fetched)
    yield from _policy_amiss(fetched, page)
    if page.tree.get("lang") != locale:
        yield f"it says that its language is {page.tree.get('lang')!r}, and must be {locale!r}"
    if page.tree.get("dir") != direction(locale):
        yield f"it is written {page.tree.get('dir')!r}, and must be {direction(locale)!r}"
    if not page.text.rstrip().lower().endswith("</html>"):
        yield "it is cut off: its end is missing"
    titles = page.words("title")
    if len(titles) != 1 or not titles[0]:
        yield "it has no title"
    elif len(titles[0].split()) > _TITLE_WORDS or _PLAIN_TITLE.search(titles[0]):
        yield f"its title is {titles[0]!r}, which a history would show: one neutral word"
    yield from _ways_amiss(page)
    if set(page.text) & {OPERATOR, CONTACT, KEEP_DAYS}:
        yield "a placeholder stands where a setting belongs"


def _policy_amiss(fetched: Fetched, page: Html) -> Iterator[str]:
    policy = fetched.headers.get("content-security-policy")
    if policy is None:
        metas = [one.get("http-equiv", "").lower() for one in page.tree.iter("meta")]
        standby = "content-security-policy" in metas
        yield (
            "this is a standby page: the functions do not answer"
            if standby
            else ("the header Content-Security-Policy is missing")
        )
        return
    rules = [rule.strip() for rule in policy.split(";")]
    for rule in _POLICY:
        if rule not in rules:
            yield f"the Content-Security-Policy lacks {rule}"
    if "unsafe-" in policy or re.search(r"https?:|\*", policy):
        yield "the Content-Security-Policy lets in more than the page's own"
    for tag in ("style", "script"):
        for one in page.tree.iter(tag):
            if one.get("src") or _hash("".join(one.itertext())) not in policy:
                yield f"the page's {tag} is not the one of its Content-Security-Policy, so it does not run"


def _ways_amiss(page: Html) -> Iterator[str]:
    """Say which way out, or which number, is missing."""
    exits = [link for link in page.links if link.get("id") == "exit"]
    if len(exits) != 1 or page.links[0] is not exits[0]:
        yield "the exit is missing, or not the first link"
    elif not str(exits[0].get("href")).startswith("https://") or exits[0].get("data-exit") is None:
        yield "the exit does not lead away as it should"
    elif not {"noreferrer", "nofollow"} <= set(str(exits[0].get("rel")).split()):
        yield "the exit would say where the reader comes from"
    if "tel:911" not in page.hrefs:
        yield "911 is missing"
    if not any(href.startswith("tel:+") for href in page.hrefs):
        yield "there is no number to talk to somebody"
    if not any("care" in str(one.get("class", "")).split() for one in page.tree.iter("p")):
        yield "the warning about phones that others look into is missing"


def about_amiss(page: Html) -> Iterator[str]:
    """Say what is wrong with the page about the site."""
    if NOT_SAID in page.text:
        yield "nobody says who runs the site, or how to reach them"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
