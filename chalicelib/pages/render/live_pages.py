"""Pages rendered on each request: for a local run, where a saved template shows at the next reload."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chalicelib.pages.render.packing import pack
from chalicelib.pages.render.site import Site


class LivePages:
    """The Pages port over a site that may change at any moment."""

    def __init__(self, site: Callable[[], Site], zips: Callable[[], bytes] = bytes) -> None:
        self._site = site
        self._zips = zips

    def current(self) -> LivePages:
        """Return the pages as they are now, for one request: none changes before the response is out."""
        site = self._site()
        return LivePages(lambda: site, self._zips)

    def in_brotli(self) -> LivePages:
        """Return these: brotli takes time, and they are packed while somebody waits."""
        return self

    @property
    def locales(self) -> Sequence[str]:
        """The languages there are pages in."""
        return self._site().locales

    @property
    def places(self) -> Sequence[str]:
        """The slugs of the places there are pages for."""
        return self._site().places

    @property
    def areas(self) -> Sequence[str]:
        """The units of the areas there are pages for."""
        return self._site().areas

    @property
    def default_place(self) -> str:
        """The place that "/" shows."""
        return self._site().default_place

    @property
    def other_pages(self) -> Sequence[str]:
        """The names of the pages of no place that there are."""
        return self._site().other_pages

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that every response carries."""
        return self._site().headers()

    def page(self, locale: str, place: str) -> str:
        """Return a place's page, or one of no place, packed. Raises KeyError when there is none."""
        if locale in self.locales and place in self._site().other_pages:
            return pack(self._site().other(locale, place))
        if locale in self.locales and place in self._site().areas:
            return pack(self._site().area(locale, place))
        if locale not in self.locales or place not in self.places:
            raise KeyError("no such page")
        return pack(self._site().page(locale, place))

    def zips(self) -> bytes:
        """Return the index of ZIPs, or nothing where the site has none."""
        return self._zips()

    def error(self, locale: str, status: int) -> str:
        """Return the page for an error status, packed."""
        return pack(self._site().error(locale, status))
