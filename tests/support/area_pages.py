"""Pages of areas for tests of the page function: each says which it is, in each language."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chalicelib.pages.choices import CHOICES, CHOOSE, UNKNOWN
from chalicelib.pages.page_headers import page_headers
from chalicelib.pages.render.packing import pack, pack_brotli


class AreaPages:
    """The Pages port with one place and some areas, packed once."""

    locales = ("en", "es", "ar")
    places = ("us",)
    default_place = "us"
    other_pages = ()
    headers: Mapping[str, str] = page_headers("default-src 'none'")

    def __init__(self, areas: Collection[str], index: bytes, brotli: bool = False) -> None:
        self.areas = areas
        self.asked: list[tuple[str, str]] = []
        self._index = index
        self._brotli = brotli

    def current(self) -> AreaPages:
        """Return these."""
        return self

    def in_brotli(self) -> AreaPages:
        """Return the same as brotli."""
        twin = AreaPages(self.areas, self._index, brotli=True)
        twin.asked = self.asked
        return twin

    def page(self, locale: str, place: str) -> str:
        """Return a page that says which it is."""
        if locale not in self.locales or place not in (*self.places, *self.areas):
            raise KeyError("no such page")
        self.asked.append((locale, place))
        return self._packed(page_of(locale, place))

    def zips(self) -> bytes:
        """Return the index."""
        return self._index

    def error(self, locale: str, status: int) -> str:
        """Return a page that says its status."""
        return self._packed(page_of(locale, f"error {status}"))

    def _packed(self, html: str) -> str:
        return pack_brotli(html) if self._brotli else pack(html)


def page_of(locale: str, name: str) -> str:
    """Return the HTML of a page."""
    rows = f"<ul><li>{CHOICES}</li></ul>" if name.endswith(CHOOSE) else ""
    return f'<!doctype html><html lang="{locale}"><title>Information</title><h1>{name}</h1>{rows}</html>'


def areas_for(paths: Collection[str]) -> tuple[str, ...]:
    """Return the ids of all areas of a site with pages of these counties, "ca/merced"."""
    states = dict.fromkeys(f"{path.partition('/')[0]}--" for path in paths)
    return ("--", CHOOSE, UNKNOWN, *states, *(path.replace("/", "--") for path in paths))
