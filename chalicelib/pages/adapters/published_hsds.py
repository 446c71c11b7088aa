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
from chalicelib.shared.net.public_files import ABSENT, FetchFailed, HttpConnection

LOOK_EVERY = 30.0  # seconds, as for pages
LOOK_AGAIN = 5.0  # as long as nobody said what is published
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

    While the bucket does not respond it goes on with what it has. What shipped is served where the bucket
    says that nothing is published: a program that reads everything would take what it lacks for gone.
    """

    def __init__(self, base: str, shipped: Editions, clock: Callable[[], float] = time.monotonic) -> None:
        self._base = base.rstrip("/")
        self._shipped = shipped
        self._clock = clock
        self._look_at = float("-inf")
        self._mark = ""
        self._current: Current | None = None
        self._is_told = False
        HttpConnection(base, PATIENCE, clock)  # a wrong address shows at once

    def current(self) -> Current:
        """Return the edition of the live release. Raises FetchFailed as long as nobody said which that is."""
        if self._clock() >= self._look_at:
            self._look_at = self._clock() + (LOOK_EVERY if self._is_told else LOOK_AGAIN)
            self._look()
        if self._current is None and not self._is_told:
            raise FetchFailed("the bucket does not say what is published")
        return self._current or self._shipped.current()

    def _look(self) -> None:
        connection = HttpConnection(self._base, PATIENCE, self._clock)
        mark = ""
        try:
            mark = str(json.loads(connection.get("current.json"))["index"].get("hsds") or "")
            if not mark:  # nothing for machines: a release of before
                self._current = None
            elif mark != self._mark:
                folder = f"{HSDS}{mark}/"
                edition = read_edition({name: connection.get(f"{folder}{name}", LONGEST) for name in READ})
                self._current = Current(edition, _elsewhere, f"{self._base}/{folder}")
            self._mark, self._is_told = mark, True
        except FetchFailed as error:
            # Nothing is published; or the bucket is away, and what is served stays.
            self._is_told = self._is_told or (not mark and str(error) in ABSENT)
        except (AttributeError, KeyError, TypeError, ValueError, zlib.error):
            return  # not what we write: what is served stays
        finally:
            connection.close()


def _elsewhere(name: str) -> bytes:
    raise KeyError(name)
