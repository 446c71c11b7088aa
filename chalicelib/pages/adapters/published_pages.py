"""Published pages, fetched from the bucket and cached; what shipped, while there are none.

The page function loads this module at each cold start, so it imports nothing that is not always there.
"""

from __future__ import annotations

import json
import time

from chalicelib.pages.page_files import areas_in, hashes_in, path_of
from chalicelib.shared.net.public_files import FetchFailed, HttpConnection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import Any

    from chalicelib.pages.ports import Pages

LOOK_EVERY = 30.0  # seconds: a published page is everywhere within a minute
PATIENCE = 2.0  # seconds for all that one request fetches


class PublishedPages:
    """The Pages port over releases, with a cache of what it fetched.

    It looks for a new release at most every 30 seconds, keeps each page it has fetched, and goes on with
    those when the bucket does not respond.
    """

    def __init__(self, base: str, shipped: Pages, clock: Callable[[], float] = time.monotonic) -> None:
        self._base = base
        self._shipped = shipped
        self._clock = clock
        self._releases: list[_Release] = []  # newest first, two at most
        self._look_at = self._away_until = float("-inf")
        self._seen = b""  # what is read was read: with thousands of places it takes half a millisecond
        self._connection = HttpConnection(base, PATIENCE, clock)  # a wrong address shows at once

    def current(self) -> Pages:
        """Return the pages as published at this moment, for one request."""
        self._connection.close()  # one from before a freeze is dead, and says so only when it is used
        self._connection = HttpConnection(self._base, PATIENCE, self._clock)
        if self._clock() >= self._look_at:
            self._look_at = self._clock() + LOOK_EVERY
            self._look()
        return _View([*(_ReleasePages(release, self._fetch) for release in self._releases), self._shipped])

    def in_brotli(self) -> Pages:
        """Return the pages of this moment as brotli."""
        return self.current().in_brotli()

    @property
    def locales(self) -> Sequence[str]:
        """The languages there are pages in."""
        return self.current().locales

    @property
    def places(self) -> Collection[str]:
        """The slugs of the places there are pages for."""
        return self.current().places

    @property
    def areas(self) -> Collection[str]:
        """The ids of the pages of areas."""
        return self.current().areas

    @property
    def default_place(self) -> str:
        """The place that "/" shows."""
        return self.current().default_place

    @property
    def other_pages(self) -> Sequence[str]:
        """The names of the pages of no place that there are."""
        return self.current().other_pages

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the newest pages."""
        return self.current().headers

    def page(self, locale: str, place: str) -> str:
        """Return a place's page, packed. Raises KeyError when there is none."""
        return self.current().page(locale, place)

    def zips(self) -> bytes:
        """Return the index of ZIPs, or nothing."""
        return self.current().zips()

    def error(self, locale: str, status: int) -> str:
        """Return the page for an error status, packed."""
        return self.current().error(locale, status)

    def _look(self) -> None:
        try:
            content = self._fetch("current.json")
            if content == self._seen:
                return
            current = json.loads(content)
            number = int(current["release"])
            if not self._releases or self._releases[0].number != number:
                release = _Release(number, current["index"])
                for older in self._releases:
                    release.keep(older)
                self._releases = [release, *self._releases[:1]]
            self._seen = content
        except (_Away, KeyError, TypeError, ValueError):
            return  # away, or not what we write: the pages stay as they are

    def _fetch(self, path: str) -> bytes:
        if self._clock() < self._away_until:
            raise _Away
        try:
            return self._connection.get(path)
        except FetchFailed as error:
            # One visitor in 30 seconds waits for a bucket that is away; the others get what we have.
            self._away_until = self._clock() + LOOK_EVERY
            raise _Away from error


class _Away(Exception):
    """This cannot be had from the bucket now."""


class _Release:
    """What a release's index says, and a cache of its pages that were fetched so far."""

    def __init__(self, number: int, index: Mapping[str, Any]) -> None:
        self.number = number
        self.locales = [str(locale) for locale in index["locales"]]
        # A release from before there were any lists none, and what shipped is shown.
        self.other_pages = [str(name) for name in index.get("other_pages", ())]
        self.default_place = str(index["default_place"])
        self.headers = {str(name): str(value) for name, value in index["headers"].items()}
        self._hashes, self._shared = hashes_in(index)
        # Thousands, of which each request asks for one: looked up, and neither copied nor looked through.
        self.places: Collection[str] = self._hashes or [str(place) for place in index["places"]]
        self.areas = areas_in(index)
        if self.default_place not in self.places or not self.locales:
            raise ValueError("not an index of ours")
        self.brotli = bool(index.get("brotli"))  # releases of before have none
        self.cache: dict[tuple[str, str, bool], str] = {}

    def path(self, locale: str, page: str) -> str:
        """Return the path of a page in the bucket, without its ending."""
        return path_of(self.number, self._hashes, self._shared, locale, page, self.areas)

    def keep(self, older: _Release) -> None:
        """Keep what an older release fetched and this one has to the byte: it lies at the same path."""
        for (locale, name, brotli), page in older.cache.items():
            if self.path(locale, name) == older.path(locale, name):
                self.cache[locale, name, brotli] = page


class _ReleasePages:
    """The pages of one release. Whatever cannot be fetched raises _Away."""

    def __init__(self, release: _Release, fetch: Callable[[str], bytes], brotli: bool = False) -> None:
        self._release = release
        self._fetch = fetch
        self._brotli = brotli
        self.locales: Sequence[str] = release.locales
        self.places: Collection[str] = release.places
        self.areas: Collection[str] = release.areas
        self.default_place = release.default_place
        self.other_pages: Sequence[str] = release.other_pages
        self.headers: Mapping[str, str] = release.headers

    def current(self) -> Pages:
        """Return these."""
        return self

    def in_brotli(self) -> Pages:
        """Return the same as brotli, if the release has that."""
        return _ReleasePages(self._release, self._fetch, brotli=True) if self._release.brotli else self

    def page(self, locale: str, place: str) -> str:
        """Return a place's page, packed. Raises KeyError when there is none."""
        if not _has(self, locale, place):
            raise KeyError("no such page")
        return self._read(locale, place)

    def zips(self) -> bytes:
        """Return nothing: no release has an index of ZIPs (decision 132)."""
        return b""

    def error(self, locale: str, status: int) -> str:
        """Return the page for an error status, packed."""
        return self._read(locale, f"error-{status}")

    def _read(self, locale: str, name: str) -> str:
        key = (locale, name, self._brotli)
        page = self._release.cache.get(key)
        if page is None:
            ending = ".br.b64" if self._brotli else ".b64"
            content = self._fetch(self._release.path(locale, name) + ending)
            if b"<" in content if self._brotli else not content.startswith(_PACKED):  # an error's page
                raise _Away
            page = self._release.cache[key] = content.decode("ascii")
        return page


class _View:
    """The pages for one request. When a release does not give a page, it steps back to an older source.

    From then on all is that source's, headers too: a style runs only under the headers made with it.
    """

    def __init__(self, sources: list[Pages]) -> None:
        self._sources = sources

    def current(self) -> Pages:
        """Return these."""
        return self

    def in_brotli(self) -> Pages:
        """Return the same as brotli, from each source that has it."""
        return _View([source.in_brotli() for source in self._sources])

    @property
    def locales(self) -> Sequence[str]:
        """The languages there are pages in."""
        return self._sources[0].locales

    @property
    def places(self) -> Collection[str]:
        """The slugs of the places there are pages for."""
        return self._sources[0].places

    @property
    def areas(self) -> Collection[str]:
        """The ids of the pages of areas."""
        return self._sources[0].areas

    @property
    def default_place(self) -> str:
        """The place that "/" shows."""
        return self._sources[0].default_place

    @property
    def other_pages(self) -> Sequence[str]:
        """The names of the pages of no place that there are; what shipped says it for older releases."""
        return self._sources[0].other_pages or self._sources[-1].other_pages

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that belong to the page that was read."""
        return self._sources[0].headers

    def page(self, locale: str, place: str) -> str:
        """Return a place's page, packed.

        Raises KeyError when there is none, StoreUnavailable when it is away.
        """
        if not _has(self, locale, place):
            raise KeyError("no such page")
        return self._first(lambda source: source.page(locale, place))

    def zips(self) -> bytes:
        """Return the index of ZIPs that shipped, or nothing. Pages stay those of their source: whoever asks
        looks which of the found areas have one."""
        return self._sources[-1].zips()

    def error(self, locale: str, status: int) -> str:
        """Return the page for an error status, packed."""
        return self._first(lambda source: source.error(locale, status))

    def _first(self, read: Callable[[Pages], str]) -> str:
        while True:
            try:
                return read(self._sources[0])
            except (_Away, KeyError, OSError) as error:  # the older ones may lack the place, or the language
                if len(self._sources) == 1:
                    from chalicelib.shared.errors import StoreUnavailable

                    raise StoreUnavailable("this page is published, and cannot be had now") from error
                del self._sources[0]


def _has(pages: _ReleasePages | _View, locale: str, name: str) -> bool:
    return locale in pages.locales and (
        name in pages.places or name in pages.areas or name in pages.other_pages
    )


_PACKED = b"H4sI"  # how base64 of any gzip begins
