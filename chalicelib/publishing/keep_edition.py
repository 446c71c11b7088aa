"""Publish step for machines: a new edition of the services where any of them changed, and its name (hash).

An edition lies under its hash, and the index of a release names it as "hsds". Where no service changed, the
next release names the one that lies there, and nothing is written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from chalicelib.directory.document_ids import PLACES, SERVICES, base_of
from chalicelib.directory.hsds.edition import CHANGES, Words
from chalicelib.directory.hsds.make_edition import (
    Changes,
    Source,
    changes_of,
    edition_files,
    read_changes,
    write_changes,
)
from chalicelib.directory.places import Places, read_places
from chalicelib.directory.service_entries import read_service
from chalicelib.directory.services import Service
from chalicelib.directory.zips import Zips
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.ports import ShippedDocuments
from chalicelib.publishing.whole_texts import all_texts, shipped_zips, whole_of
from chalicelib.shared.clock import Clock

IN_INDEX = "hsds"
Index = dict[str, Any]
_LETTERS = 20  # of a hash in hex, as of pages


class EditionShelf(Protocol):
    """Where editions lie, each under its hash."""

    def file(self, mark: str, name: str) -> bytes | None:
        """Return a file of an edition, if it is there."""

    def put(self, mark: str, files: Mapping[str, bytes]) -> None:
        """Write the files of an edition, each unless it is there."""


class Given(NamedTuple):
    """What comes with the package: ZIPs, the words of terms, the services that shipped, and its digest."""

    zips: Zips
    words: Words
    services: Collection[Service]
    package: str


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition that could be written: its hash, and its files, which take long to make."""

    mark: str
    files: Callable[[], Mapping[str, bytes]]


class KeepEdition:
    """Writes an edition where services, places or the package changed. `given` is read when it is needed.

    It gives None where no ZIPs shipped: then there are no editions.
    """

    def __init__(self, shelf: EditionShelf, given: Callable[[], Given | None], clock: Clock) -> None:
        self._shelf = shelf
        self._given = given
        self._clock = clock

    def of_texts(self, index: Mapping[str, Any], whole: Mapping[str, str], live: Mapping[str, Any]) -> Index:
        """Return an index that names the edition of the services in these documents, all that were checked.

        Raises what keeping one raises.
        """
        places, services = services_in(whole)
        mark = self(services, places, live)
        return {**index, IN_INDEX: mark} if mark else dict(index)

    def of_older(
        self,
        index: Mapping[str, Any],
        changed: Collection[str],
        whole: Callable[[], Mapping[str, str]],
        live: Mapping[str, Any],
    ) -> Index:
        """Return the index of an older release as it goes live again, naming an edition of now.

        The one of then would date what comes back by then, and who asks for changes alone would not learn of
        it. `changed` are the documents in which the older release differs from the live one: where none has a
        service or a place, the live edition stays. Raises what keeping one raises.
        """
        if live.get(IN_INDEX) and not any(base_of(name) in (SERVICES, PLACES) for name in changed):
            return {**index, IN_INDEX: live[IN_INDEX]}
        return self.of_texts(index, whole(), live)

    def __call__(self, services: Collection[Service], places: Places, live: Mapping[str, Any]) -> str:
        """Return the hash of the edition of these services, once it lies there whole; "" for none.

        `live` is the index of the live release. Raises StoreUnavailable or StoreBusy.
        """
        named = str(live.get(IN_INDEX) or "")
        given, now = self._given(), self._clock.now()
        if given is None:
            return ""
        found = edition_of(services, places, given, self._before(named, given, now), now)
        if found.mark != named:
            self._shelf.put(found.mark, found.files())
        return found.mark

    def _before(self, named: str, given: Given, now: datetime) -> Changes:
        """Return since when each service was as it is in the live edition, or in what shipped."""
        kept = self._shelf.file(named, CHANGES) if named else None
        return read_changes(kept) if kept else changes_of(given.services, None, now)


def services_in(whole: Mapping[str, str]) -> tuple[Places, tuple[Service, ...]]:
    """Return the places and services of documents that were checked."""
    places = read_places(whole_of(whole).places)
    entries = (
        one
        for name, text in sorted(whole.items())
        if base_of(name) == SERVICES
        for one in read(name, text)["services"]
    )
    return places, tuple(read_service(one, places, None) for one in entries)


def given_with(shipped: ShippedDocuments, words: Words) -> Given | None:
    """Return what comes with a package; None where it has no ZIPs."""
    zips = shipped_zips(shipped)
    if zips is None:
        return None
    return Given(zips, words, services_in(all_texts(shipped, {}))[1], shipped.package())


def edition_of(
    services: Collection[Service], places: Places, given: Given, before: Changes, now: datetime
) -> Edition:
    """Return the edition of these services. What is as it was `before` is told to have changed then."""
    changes = changes_of(services, before, now)
    source = Source(services, places, given.zips, given.words, now)
    return Edition(_mark(changes, places, given), lambda: edition_files(source, changes))


def _mark(changes: Changes, places: Places, given: Given) -> str:
    """Return the hash of all that an edition says, but for its day.

    The moments of changes are in it: a service that is again as it was once has changed since.
    """
    known = [
        [one.slug, one.name, one.kind, one.parent, places.zone_of(one.slug), one.fips, one.state]
        for one in places
    ]
    head = json.dumps([given.package, known, given.words], ensure_ascii=False, sort_keys=True)
    whole = hashlib.sha256(head.encode())
    whole.update(write_changes(dict(sorted(changes.items()))))
    return whole.hexdigest()[:_LETTERS]
