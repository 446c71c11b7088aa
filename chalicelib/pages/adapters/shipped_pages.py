"""Pages that shipped in the package, cached in memory: the site stays up when everything else is down."""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ShippedPages:
    """Pages rendered at build time, read from `folder` when first asked for and kept in memory.

    `index.json` names the locales, the places, the areas, pages of no place, and the headers;
    `<locale>/<name>.b64` holds a page, where the name is a place's slug, an area's id, "about", "more", or
    "error-404" and the like, and `<locale>/<name>.br.b64` the same as brotli. `zips` is the index of ZIPs.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        with open(os.path.join(folder, "index.json"), encoding="utf-8") as file:
            index = json.load(file)
        self.locales: Sequence[str] = index["locales"]
        self.places: Sequence[str] = index["places"]
        self.areas = frozenset(index.get("areas", ()))  # thousands, perhaps: looked up, not looked through
        self.default_place: str = index["default_place"]
        self.other_pages: Sequence[str] = index.get("other_pages", ())
        self.headers: Mapping[str, str] = index["headers"]
        self._brotli = bool(index.get("brotli"))
        self._ending = ".b64"
        self._cache: dict[tuple[str, str], str] = {}
        self._zips: list[bytes] = []

    def current(self) -> ShippedPages:
        """Return these: they never change."""
        return self

    def in_brotli(self) -> ShippedPages:
        """Return the same pages, with the same cache, as brotli."""
        if not self._brotli:
            return self
        twin = object.__new__(ShippedPages)
        twin.__dict__.update(self.__dict__, _ending=".br.b64")
        return twin

    def page(self, locale: str, place: str) -> str:
        """Return a place's page, or another of the index, packed. Raises KeyError when there is none."""
        there = place in self.places or place in self.other_pages or place in self.areas
        if locale not in self.locales or not there:
            raise KeyError("no such page")
        return self._read(locale, place)

    def zips(self) -> bytes:
        """Return the index of ZIPs, or nothing."""
        if not self._zips:  # a list, so that the twin in brotli has it as well
            path = os.path.join(self._folder, "zips")
            if not os.path.isfile(path):
                return b""
            with open(path, "rb") as file:
                self._zips.append(file.read())
        return self._zips[0]

    def error(self, locale: str, status: int) -> str:
        """Return the page for an error status, packed."""
        return self._read(locale, f"error-{status}")

    def _read(self, locale: str, name: str) -> str:
        name += self._ending
        page = self._cache.get((locale, name))
        if page is None:
            with open(os.path.join(self._folder, locale, name), encoding="ascii") as file:
                page = self._cache[locale, name] = file.read()
        return page
