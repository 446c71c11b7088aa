"""Routing and content negotiation: the page that a URL path and a browser's languages ask for.

The page function loads nothing heavier.
"""

from __future__ import annotations

from chalicelib.shared.locales import negotiate

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module itself stays out of the page function
    from chalicelib.pages.ports import Pages

# The page about the site: of a language and of no place. No place has this slug (directory/places.py).
ABOUT = "about"
OTHER_PAGES = (ABOUT,)


def choose_page(path: str, accept_language: str, pages: Pages) -> tuple[str, str | None]:
    """Return (locale, place) for a page's path, or (locale, None) when there is no such page.

    The page about the site stands where a place's does: its name is ABOUT.

    `path` is the request's path as sent, with or without a slash at its end. "/" is the default place in the
    browser's best language; an unknown path gets a response in the language it begins with, else in
    the browser's best.
    """
    parts = [part for part in path.split("/") if part]
    if not parts:
        return negotiate(accept_language, pages.locales), pages.default_place
    locale = parts[0] if parts[0] in pages.locales else ""
    if not locale:
        return negotiate(accept_language, pages.locales), None
    if len(parts) == 1:
        return locale, pages.default_place
    if len(parts) == 2 and (parts[1] in pages.places or parts[1] in OTHER_PAGES):
        return locale, parts[1]
    return locale, None


def choose_locale(path: str, accept_language: str, pages: Pages) -> str:
    """Negotiate the language of the response to a path that is no page of ours."""
    return choose_page(path, accept_language, pages)[0]
