"""Cache of the services for machines: fetched from the bucket once a release; what shipped until then.

A new one is read beside the old, and takes its place when it is whole.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Callable, Mapping

from chalicelib.directory.hsds.edition import READ, read_edition
from chalicelib.pages.hsds_editions import Current, Editions
from chalicelib.pages.page_files import HSDS
from chalicelib.shared.net.public_files import FetchFailed, HttpConnection

LOOK_EVERY = 30.0  # seconds, as for pages
PATIENCE = 8.0  # seconds for all that one request fetches
LONGEST = 200_000_000  # bytes of one file: twenty thousand services take a tenth of it


class ShippedEdition:
    """The edition in a folder of the package, read when it is first asked for."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._current: Current | None = None

    def current(self) -> Current:
        """Return what shipped."""
        if self._current is None:
            self._current = Current(read_edition({name: self._file(name) for name in READ}), self._file)
        return self._current

    def _file(self, name: str) -> bytes:
        with open(os.path.join(self._folder, name), "rb") as file:
            return file.read()


class MadeEdition:
    """An edition that is made when it is first asked for: where nothing was packed, as under `make run`."""

    def __init__(self, make: Callable[[], Mapping[str, bytes]]) -> None:
        self._make = make
        self._current: Current | None = None

    def current(self) -> Current:
        """Return what was made."""
        if self._current is None:
            files = self._make()
            self._current = Current(read_edition(files), files.__getitem__)
        return self._current


class PublishedEditions:
    """The Editions port over releases: it looks for a new one at most every 30 seconds.

    While the bucket does not respond, or has none yet, it goes on with what it has.
    """

    def __init__(self, base: str, shipped: Editions, clock: Callable[[], float] = time.monotonic) -> None:
        self._base = base.rstrip("/")
        self._shipped = shipped
        self._clock = clock
        self._look_at = float("-inf")
        self._mark = ""
        self._current: Current | None = None
        HttpConnection(base, PATIENCE, clock)  # a wrong address shows at once

    def current(self) -> Current:
        """Return the edition of the live release."""
        if self._clock() >= self._look_at:
            self._look_at = self._clock() + LOOK_EVERY
            self._look()
        return self._current or self._shipped.current()

    def _look(self) -> None:
        connection = HttpConnection(self._base, PATIENCE, self._clock)
        try:
            mark = str(json.loads(connection.get("current.json"))["index"].get("hsds") or "")
            if mark == self._mark:
                return
            if not mark:  # a roll back to a release of before
                self._mark, self._current = mark, None
                return
            folder = f"{HSDS}{mark}/"
            edition = read_edition({name: connection.get(f"{folder}{name}", LONGEST) for name in READ})
            self._mark, self._current = mark, Current(edition, _elsewhere, f"{self._base}/{folder}")
        except (FetchFailed, AttributeError, KeyError, TypeError, ValueError, zlib.error):
            return  # away, or not what we write: what is served stays
        finally:
            connection.close()


def _elsewhere(name: str) -> bytes:
    raise KeyError(name)
