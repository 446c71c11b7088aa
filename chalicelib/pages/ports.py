"""Port of the public pages, packed and ready to send."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol


class Pages(Protocol):
    """The public pages as they are published now, ready to send."""

    def current(self) -> Pages:
        """Return the pages as of this moment, for one request: what is asked of them is all of one release.

        Their headers are those of the page that was read last.
        """

    def in_brotli(self) -> Pages:
        """Return the same pages as brotli where they lie ready so, else as gzip.

        base64 of gzip begins with "H4sI", that of our brotli never.
        """

    @property
    def locales(self) -> Sequence[str]:
        """The languages there are pages in."""

    @property
    def places(self) -> Collection[str]:
        """The slugs of the places there are pages for: quick to look up, though there are thousands."""

    @property
    def areas(self) -> Collection[str]:
        """The ids of the pages of areas that there are (choose_page.py), likewise; a site may have none."""

    @property
    def default_place(self) -> str:
        """The place that "/" shows."""

    @property
    def other_pages(self) -> Sequence[str]:
        """The names of the pages of no place that there are, of OTHER_PAGES."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that every response carries."""

    def page(self, locale: str, place: str) -> str:
        """Return a place's page, an area's, or one of OTHER_PAGES: base64 of its HTML as gzip.

        Raises KeyError when there is none.
        """

    def zips(self) -> bytes:
        """Return the index of ZIPs (zip_table.py), the same object as long as it is the same; nothing where
        there is none."""

    def error(self, locale: str, status: int) -> str:
        """Return the page for an error status, in the same form."""
