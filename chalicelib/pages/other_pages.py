"""Pages of a language and of no place that a site with this content has."""

from __future__ import annotations

from chalicelib.directory.content import Content
from chalicelib.pages.choose_page import ABOUT, MORE


def other_pages(content: Content) -> tuple[str, ...]:
    """Return their names, of OTHER_PAGES: no page of other languages where the site names none."""
    return (ABOUT, MORE) if content.site.other_languages else (ABOUT,)
