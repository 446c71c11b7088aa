"""Routing and content negotiation: the page that a URL path and a browser's languages ask for.

The page function loads nothing heavier.
"""

from __future__ import annotations

from chalicelib.shared.locales import nearest, negotiate

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module itself stays out of the page function
    from collections.abc import Sequence

    from chalicelib.pages.ports import Pages

# Pages of a language and of no place: about the site, and a line in each of the languages that have no pages.
# No place has these slugs (directory/places.py). A site may lack the second: its own list says so.
ABOUT, MORE = "about", "more"
OTHER_PAGES = (ABOUT, MORE)

# Below this lie the pages of areas: all states, a state, a county, one need in a large county. No place has
# this slug. Each is a unit of publishing of its own, and its id has "--", which is in no slug.
AREAS = "places"
ALL_AREAS = "--"
_LIST = "all"  # as directory/area_units.py has it
_MOST_STEPS = 3  # below AREAS: a state, a county, a need

# Other functions have these. What comes here was not quite their address; the page has a link to each.
_CODE, _FORM = "code", "note"


def choose_page(path: str, accept_language: str, pages: Pages) -> tuple[str, str | None]:
    """Return (locale, place) for a page's path, or (locale, None) when there is no such page.

    The pages of no place stand where a place's does, by their names, whether the site has them or not. So do
    those of areas, by their ids, where the site has them.

    `path` is the request's path as sent, with or without a slash at its end. "/" is the default place in the
    browser's best language; an unknown path gets a response in the language it begins with, else in
    the browser's best. Capitals do not count, nor does what follows an address in the sentence it stood in.
    """
    parts = [part for part in path.split("/") if part]
    if not parts:
        return negotiate(accept_language, pages.locales), pages.default_place
    if parts[0] in pages.locales:  # as our own links have it, nearly always
        if len(parts) == 1:
            return parts[0], pages.default_place
        if len(parts) == 2 and (parts[1] in pages.places or parts[1] in OTHER_PAGES):
            return parts[0], parts[1]
        if parts[1] == AREAS:
            area = area_of(parts[2:])
            if area in pages.areas:
                return parts[0], area
    return _choose_meant(_as_meant(path), accept_language, pages)


def choose_locale(path: str, accept_language: str, pages: Pages) -> str:
    """Negotiate the language of the response to a path that is no page of ours."""
    return choose_page(path, accept_language, pages)[0]


def area_of(steps: Sequence[str]) -> str:
    """Return the id of the pages that lie at these steps below AREAS, or nothing where none can lie.

    "--" for none or "all", "ca--" for a state, "ca--merced" for a county, "ca--merced--3" for a need there.
    """
    if len(steps) > _MOST_STEPS or ALL_AREAS in "/".join(steps):
        return ""
    if len(steps) == 1 and steps[0] == _LIST:
        return ALL_AREAS
    return "--".join(steps) if len(steps) > 1 else "".join(steps) + ALL_AREAS


def meant_locale(part: str, pages: Pages) -> str:
    """Return the locale that a part of a path means, "ES" or "zh-tw" too, or nothing."""
    return part if part in pages.locales else nearest(part, pages.locales)


def meant_place(part: str, pages: Pages) -> str:
    """Return the slug of a place that a part of a path means, in capitals too, or nothing."""
    slug = part if part in pages.places else part.lower()
    return slug if slug in pages.places else ""


def _choose_meant(parts: list[str], accept_language: str, pages: Pages) -> tuple[str, str | None]:
    """Return what `choose_page` does for a path that is not quite an address of ours."""
    if not parts:
        return negotiate(accept_language, pages.locales), pages.default_place
    locale = meant_locale(parts[0], pages)
    if not locale:
        return negotiate(accept_language, pages.locales), None
    if len(parts) == 1 or [part.lower() for part in parts[1:]] == [_CODE]:
        return locale, pages.default_place
    if len(parts) == 2 and parts[1].lower() in OTHER_PAGES:
        return locale, parts[1].lower()
    if parts[1].lower() == AREAS:
        area = area_of([part.lower() for part in parts[2:]])
        return locale, area if area in pages.areas else None
    place = meant_place(parts[1], pages)
    if place and (len(parts) == 2 or [part.lower() for part in parts[2:]] == [_FORM]):
        return locale, place
    return locale, None


def _as_meant(path: str) -> list[str]:
    """Split a path without what belongs to the sentence around it: a full stop, a comma, a bracket.

    Our addresses are of ASCII letters, digits and dashes, and end in a letter or digit. Chinese sets no gap
    behind a stop, so an address ends where the first sign stands that is neither ASCII nor a letter.
    """
    text = _decoded(path)
    end = next((at for at, sign in enumerate(text) if not (sign.isascii() or sign.isalnum())), len(text))
    while end and text[end - 1].isprintable() and not text[end - 1].isalnum():
        end -= 1
    return [part for part in text[:end].split("/") if part]


def _decoded(path: str) -> str:
    """Decode what is percent-encoded; a path that is not in UTF-8 stays as it is."""
    if "%" not in path:
        return path
    first, *others = path.split("%")
    content = first.encode("utf-8", "replace")
    try:
        for part in others:
            content += bytes((int(part[:2], 16),)) + part[2:].encode("utf-8", "replace")
        return content.decode("utf-8")
    except ValueError:
        return path
