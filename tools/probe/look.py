"""Walk of the probe over a site: nine kinds of pages, found from the front page, each looked at by GET.

The front page, each language's, each place's, the form, the code page, the page about the site, the one of
other languages where there is one, a page that is not there, and the text files. The form's token is looked
at and never used: no report and no code is sent.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib.pages.choose_page import MORE, OTHER_PAGES
from chalicelib.shared.locales import DEFAULT
from tools.probe.fetch import Fetched, Get, NoAnswer
from tools.probe.page import Html, about_amiss, headers_amiss, page_amiss

FORM_STATUS = 203  # so that browsers keep no page that may hold words
MOST_PLACES = 60
ENDS_SOON = timedelta(days=30)
_CLOCKS_APART = timedelta(minutes=10)
_TOKEN_BYTES = 38  # milliseconds since 1970 in six, a nonce of 16, a signature of 16
_NOWHERE = "no-such-page"
_OTHER = (*OTHER_PAGES, "code")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the page at a path."""

    path: str
    sentence: str


class Walk:
    """One look at a site. `languages` must be there, beside those that the front page names.

    `parse` reads a page's text.
    """

    def __init__(
        self,
        get: Get,
        now: datetime,
        languages: Sequence[str] = (),
        parse: Callable[[str], Html] = Html,
    ) -> None:
        self._parse = parse
        self._get = get
        self._now = now
        self._wanted = tuple(languages)
        self.found: list[Finding] = []
        self._seen: list[str] = []  # the languages that any page offers
        self.looked_at = 0

    def __call__(self) -> list[Finding]:
        """Look at every page, and return what is wrong, in the order in which it was seen."""
        front = self._page("/", DEFAULT)
        if front is None:
            return self.found
        offered = front.languages() or [DEFAULT]  # a site in one language alone offers none
        languages = list(dict.fromkeys([*offered, *self._wanted]))
        # In another browser's language "/" must be another page, and not the one before from a cache.
        self._page("/", languages[-1])
        places = self._places(languages, front)
        for locale in languages:
            self._language(locale, languages, places)
        self._text_files()
        lacking = [locale for locale in (*self._wanted, *self._seen) if locale not in offered]
        self._say("/", [f"it does not lead to the language {locale}" for locale in dict.fromkeys(lacking)])
        return self.found

    def _places(self, languages: Sequence[str], front: Html) -> list[str]:
        """Follow the links from place to place, in one language. Says it when there is none."""
        locale = languages[0]
        places: list[str] = []
        left = _places_on(front, locale)
        if not left:
            self._say("/", ["it leads to no form of a place"])
        while left and len(places) < MOST_PLACES:
            place = left.pop(0)
            if place in places:
                continue
            places.append(place)
            page = self._page(f"/{locale}/{place}/", locale)
            if page:
                self._say(f"/{locale}/{place}/", _links_amiss(page, locale, languages, place))
                left += _places_on(page, locale)
        return places

    def _language(self, locale: str, languages: Sequence[str], places: Sequence[str]) -> None:
        first = self._page(f"/{locale}/", locale)
        if first:
            self._say(f"/{locale}/", _links_amiss(first, locale, languages))
        for place in places:
            path = f"/{locale}/{place}/"
            page = self._page(path, locale) if locale != languages[0] else None
            if page:
                self._say(path, _links_amiss(page, locale, languages, place))
            if place == places[0] or locale == languages[0]:
                self._form(locale, place)
        self._code(locale)
        about = self._page(f"/{locale}/about/", locale)
        if about:
            self._say(f"/{locale}/about/", about_amiss(about))
        if first and f"/{locale}/{MORE}/" in first.hrefs:
            self._page(f"/{locale}/{MORE}/", locale)
        self._page(f"/{locale}/{_NOWHERE}/", locale, status=404)

    def _form(self, locale: str, place: str) -> None:
        path = f"/{locale}/{place}/note/"
        form, again = (self._page(path, locale, status=FORM_STATUS) for _ in range(2))
        if form is None or again is None:
            return
        self._say(path, _form_amiss(form, path))
        fields = form.fields()
        for name, what in (("a", "for what was seen"), ("r", "for who should get it")):
            if name not in fields:
                self._say(path, [f"the form has no field {what}"])
        tokens = [page.fields().get("t", [""])[0] for page in (form, again)]
        self._say(path, self._token_amiss(tokens[0]))
        if tokens[0] and tokens[0] == tokens[1]:
            self._say(path, ["two readers get the same token: the form is kept in a cache"])

    def _token_amiss(self, token: str) -> Iterator[str]:
        try:
            content = base64.b64decode(token, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            content = b""
        if len(content) != _TOKEN_BYTES:
            yield "the form's token is missing, or is none"
            return
        made = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int.from_bytes(content[:6], "big"))
        if abs(self._now - made) > _CLOCKS_APART:
            yield f"the form's token is of {made:%Y-%m-%d %H:%M} UTC: it is old, or a clock is wrong"

    def _code(self, locale: str) -> None:
        path = f"/{locale}/code/"
        page = self._page(path, locale, status=FORM_STATUS)
        if page:
            self._say(path, _form_amiss(page, path))
            if "k" not in page.fields():
                self._say(path, ["the form has no field for the code"])

    def _text_files(self) -> None:
        path = "/.well-known/security.txt"
        security = self._text(path)
        if security is not None:
            self._say(path, self._security_amiss(security))
        robots = self._text("/robots.txt")
        if robots is not None and "Disallow: /admin/" not in robots.splitlines():
            self._say("/robots.txt", ["it does not leave out the desk"])

    def _security_amiss(self, text: str) -> Iterator[str]:
        fields = dict(re.findall(r"^([A-Za-z-]+): (.+)$", text, re.MULTILINE))
        if not fields.get("Contact", "").startswith(("mailto:", "https://")):
            yield "it names nobody to write to (Contact)"
        try:
            ends = datetime.fromisoformat(fields.get("Expires", ""))
            left = ends - self._now
        except (ValueError, TypeError):
            yield "it does not say until when it holds (Expires)"
            return
        if left < timedelta(0):
            yield f"it is out of date since {ends:%Y-%m-%d}: deploy a newer commit"
        elif left < ENDS_SOON:
            yield f"it holds only until {ends:%Y-%m-%d}: deploy a newer commit"

    def _page(self, path: str, locale: str, status: int = 200) -> Html | None:
        """Get a page, look at what every page must have, and return it; None when there is none."""
        fetched = self._fetch(path, {"Accept-Language": locale}, status)
        text = self._decoded(path, fetched)
        if fetched is None or text is None:
            return None
        page = self._parse(text)
        self._say(path, page_amiss(fetched, page, locale))
        self._seen += page.languages()
        return page

    def _text(self, path: str) -> str | None:
        fetched = self._fetch(path, {}, 200)
        text = self._decoded(path, fetched)
        if fetched is None or text is None:
            return None
        if fetched.headers.get("content-type") != "text/plain; charset=utf-8":
            self._say(path, ["it is not sent as plain text"])
        self._say(path, headers_amiss(fetched))
        return text

    def _fetch(self, path: str, headers: dict[str, str], status: int) -> Fetched | None:
        self.looked_at += 1
        try:
            fetched = self._get(path, headers)
        except NoAnswer as reason:
            self._say(path, [f"there is no answer: {reason}"])
            return None
        if fetched.status != status:
            self._say(path, [f"the status is {fetched.status}, and must be {status}"])
            return None
        return fetched

    def _decoded(self, path: str, fetched: Fetched | None) -> str | None:
        if fetched is None:
            return None
        try:
            return fetched.body.decode("utf-8")
        except UnicodeDecodeError:
            self._say(path, ["it is not UTF-8"])
            return None

    def _say(self, path: str, sentences: Iterable[str]) -> None:
        known = {(one.path, one.sentence) for one in self.found}
        self.found += [Finding(path, one) for one in sentences if (path, one) not in known]


def _places_on(page: Html, locale: str) -> list[str]:
    """Return the places that a page leads to: by their pages, and by its own form."""
    pattern = re.compile(rf"/{re.escape(locale)}/([a-z0-9-]+)/(?:note/)?")
    found = [match[1] for href in page.hrefs if (match := pattern.fullmatch(href))]
    return [place for place in dict.fromkeys(found) if place not in _OTHER]


def _links_amiss(page: Html, locale: str, languages: Sequence[str], place: str = "") -> Iterator[str]:
    """Say which of the ways that a place's page must have is missing."""
    forms = [href for href in page.hrefs if re.fullmatch(rf"/{re.escape(locale)}/[a-z0-9-]+/note/", href)]
    if not forms or (place and f"/{locale}/{place}/note/" not in forms):
        yield "it does not lead to the form"
    ways = {f"/{locale}/code/": "the code page", f"/{locale}/about/": "the page about the site"}
    for way, what in ways.items():
        if way not in page.hrefs:
            yield f"it does not lead to {what}"
    missing = [other for other in languages if other not in page.languages()]
    if missing and len(languages) > 1:
        yield f"it does not lead to the languages {', '.join(missing)}"


def _form_amiss(page: Html, path: str) -> Iterator[str]:
    """Say what is wrong with how a form would be sent; nothing is."""
    forms = list(page.tree.iter("form"))
    if len(forms) != 1:
        yield "it has no form"
        return
    if str(forms[0].get("method")).lower() != "post" or forms[0].get("action") != path:
        yield "the form would not be sent to its own page by post"
    if forms[0].get("autocomplete") != "off":
        yield "the browser would remember what is typed"
    if not any(one.tag == "button" for one in forms[0].iter()):
        yield "the form has no button"
