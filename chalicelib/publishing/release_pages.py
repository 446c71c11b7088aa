"""Completeness check of a release: its pages, reckoned from the documents alone, are all there.

Whoever renders may fail in ways that look like success. So what must be there is not asked of them.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.directory.content import Content
from chalicelib.pages.choose_page import ABOUT, MORE
from chalicelib.pages.other_pages import other_pages
from chalicelib.pages.page_headers import BARE_POLICY, ERROR_STATUSES, page_headers
from chalicelib.shared.locales import DEFAULT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chalicelib.publishing.ports import PlaceInputs, RenderedPage, RenderedPlace

OF_A_PLACE_ON_REQUEST = ("note", "note-mended", "receipt")
ON_REQUEST = ("code", "answer", "answer-replies", "answer-sent")

_LANG = re.compile(r"<html\b[^>]*?\slang\s*=\s*[\"']?([A-Za-z0-9-]+)", re.IGNORECASE)
_NAMED = 5  # how many of many a sentence names


@dataclass(frozen=True, slots=True)
class PageIndex:
    """What a whole site consists of."""

    locales: tuple[str, ...]
    places: tuple[str, ...]
    default_place: str
    other_pages: tuple[str, ...] = (ABOUT,)

    def stored(self) -> list[str]:
        """Return the names of the pages that lie ready, in every language: of places, of no place, errors."""
        names = []
        for locale in self.locales:
            names += [f"{locale}/{place}" for place in self.places]
            names += [f"{locale}/{name}" for name in self.other_pages]
            names += [f"{locale}/error-{status}" for status in ERROR_STATUSES]
        return names

    def on_request(self) -> list[str]:
        """Return the names of the pages made when they are asked for, for one place of each language."""
        names = []
        for locale in self.locales:
            names += [f"{locale}/{self.default_place}/{kind}" for kind in OF_A_PLACE_ON_REQUEST]
            names += [f"{locale}/{kind}" for kind in ON_REQUEST]
        return names


def index_of(content: Content) -> PageIndex:
    """Return what a site with this content consists of."""
    return PageIndex(
        tuple(locale.tag for locale in content.site.locales),
        tuple(place.slug for place in content.places),
        content.site.default_place,
        other_pages(content),
    )


def names_of(inputs: PlaceInputs) -> list[str]:
    """Return the names of the pages of a place, in every language; of no place, all others that there are."""
    parts = json.loads(inputs.content)
    locales = tuple(str(one["tag"]) for one in parts["site"]["locales"])
    if inputs.place:
        return [f"{locale}/{inputs.place}" for locale in locales]
    others = (ABOUT, MORE) if parts["site"].get("other_languages") else (ABOUT,)
    index = PageIndex(locales, (), str(parts["site"]["default_place"]), others)
    return [*index.stored(), *index.on_request()]


def amiss(names: Sequence[str], rendered: RenderedPlace) -> str:
    """Say in one sentence what a rendered place lacks of these pages; nothing when it is whole."""
    there = [page.name for page in rendered.pages]
    missing = sorted(set(names) - set(there))
    if missing:
        return f"{_count(missing)} missing: {_some(missing)}"
    strange = sorted(set(there) - set(names))
    strange += sorted(name for name, times in Counter(there).items() if times > 1)
    if strange:
        return f"{_count(strange)} there that should not be, or twice: {_some(strange)}"
    broken = [page.name for page in rendered.pages if not _is_whole(page)]
    if broken:
        return f"{_count(broken)} empty, cut off, or not in the language of their name: {_some(broken)}"
    return ""


def index_amiss(index: PageIndex, rendered: Mapping[str, object], places: Collection[str]) -> str:
    """Say likewise what the index of a site lacks, or that a place has no pages in it."""
    missing = sorted({*index.places} - {*places})
    if missing:
        return f"{_count(missing)} missing: {_some(missing)}"
    same = (
        list(_texts(rendered.get("locales"))) == list(index.locales)
        and list(_texts(rendered.get("places"))) == list(index.places)
        and rendered.get("default_place") == index.default_place
        # A release that lists none shows what shipped in their stead.
        and list(_texts(rendered.get("other_pages", index.other_pages))) == list(index.other_pages)
        and rendered.get("default_locale", DEFAULT) == DEFAULT
    )
    if not same:
        return "the list of pages is not the one that the places and languages ask for"
    if not _has_headers(rendered.get("headers")):
        return "the headers that every page is sent with are missing"
    return ""


def _is_whole(page: RenderedPage) -> bool:
    locale = page.name.partition("/")[0]
    try:
        unpacked = gzip.decompress(base64.b64decode(page.packed, validate=True)).decode("utf-8")
    except (OSError, EOFError, ValueError, zlib.error, binascii.Error):
        return False
    return unpacked == page.html and _is_page(page.html, locale)


def _is_page(html: str, locale: str) -> bool:
    said = _LANG.search(html)
    return said is not None and said[1] == locale and "</html>" in html[-200:].lower()


def _has_headers(headers: object) -> bool:
    if not isinstance(headers, Mapping):
        return False
    wanted = page_headers(BARE_POLICY)
    return all(isinstance(headers.get(name), str) and headers[name] for name in wanted)


def _texts(values: object) -> Sequence[str]:
    return [str(value) for value in values] if isinstance(values, list | tuple) else []


def _count(names: Sequence[str]) -> str:
    return "one page is" if len(names) == 1 else f"{len(names)} pages are"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
