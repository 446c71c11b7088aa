"""HTTP response to the place search: the page that somebody's words mean, made ahead, with status 203.

The page function loads this at the first search. Nothing that was typed is kept, logged or sent back.
"""

from __future__ import annotations

from functools import lru_cache

from chalicelib.pages.choices import CHOOSE, UNKNOWN, ChoicePage
from chalicelib.pages.choose_page import ALL_AREAS, area_of
from chalicelib.pages.errors import FormTooLarge, UnreadableForm, WrongContentType
from chalicelib.pages.find_place import PlaceSearch
from chalicelib.pages.web.gateway_answers import error_for, status_of
from chalicelib.pages.web.read_place import read_place
from chalicelib.pages.zip_table import ZipTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.pages.ports import Pages
    from chalicelib.pages.web.gateway_answers import FoundPage, PageRequest

    Choice = tuple[str, str]  # a path, "ca/merced", and a name

# Neither 200, which is the page at this address, nor a redirect, whose address would say where somebody is.
FOUND = 203


def answer_search(pages: Pages, locale: str, request: PageRequest) -> FoundPage:
    """Return the page of what was typed, a list to choose from, or that nothing was found.

    A body that cannot be read gets the small page that says so, and the log nothing: it is no fault of ours.
    """
    try:
        typed = read_place(request.event, request.content_type)
    except (FormTooLarge, UnreadableForm, WrongContentType) as error:
        return error_for(pages, status_of(error), request)
    index = pages.zips() if typed.strip() else b""
    if not index:  # nothing was typed, or there is nothing to look it up in: the list of states helps on
        return _ready(pages, locale, ALL_AREAS, request)
    choices = _choices(pages, _search_in(index), typed)
    if len(choices) == 1:
        return _ready(pages, locale, _id_of(choices[0][0]), request)
    if not choices or CHOOSE not in pages.areas:
        return _ready(pages, locale, UNKNOWN if UNKNOWN in pages.areas else ALL_AREAS, request)
    return _filled(pages, locale, choices)


@lru_cache(maxsize=2)  # of this release and of the one before, while that is still asked
def _search_in(index: bytes) -> PlaceSearch:
    return PlaceSearch(ZipTable(index))


@lru_cache(maxsize=32)  # a page a language
def _taken_apart(packed: str) -> ChoicePage:
    return ChoicePage(packed)


def _choices(pages: Pages, search: PlaceSearch, typed: str) -> Sequence[Choice]:
    """Return the areas that may be meant and have a page; none where nothing was found."""
    found = search.find(typed)
    if not found.known:
        return ()
    choices = [(county.path, f"{county.name}, {county.state}") for county in found.counties]
    return [one for one in (*choices, *found.states) if _id_of(one[0]) in pages.areas]


def _id_of(path: str) -> str:
    return area_of(path.split("/"))


def _ready(pages: Pages, locale: str, area: str, request: PageRequest) -> FoundPage:
    """Return a page as it lies ready."""
    now = pages.in_brotli() if request.brotli else pages
    packed = now.page(locale, area)  # before the headers: they are those of the page that was found
    return packed, FOUND, _not_kept(now)


def _filled(pages: Pages, locale: str, choices: Sequence[Choice]) -> FoundPage:
    """Return the page with a link to each of several areas, which nothing here could put into brotli."""
    packed = pages.page(locale, CHOOSE)
    try:
        page = _taken_apart(packed)
    except ValueError:  # somebody took the mark out of its template: the list of states helps on
        packed = pages.page(locale, ALL_AREAS)
    else:
        packed = page.fill(locale, choices)
    return packed, FOUND, _not_kept(pages)


def _not_kept(pages: Pages) -> dict[str, str]:
    return {**pages.headers, "Cache-Control": "no-store"}
