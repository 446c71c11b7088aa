"""History of what was published: releases with what each changed, and how the site stands (read side)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from chalicelib.publishing import going_live
from chalicelib.publishing.documents import SHIPPED, Release
from chalicelib.publishing.ports import DocumentStore, ReleaseShelf, ShippedDocuments
from chalicelib.publishing.targets import Targets
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StoreUnavailable

MOST = 2000  # releases that are looked at: with one a day, those of five years


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    """A release in the list. `live` is what readers get now; one that was stopped never `reached` them.

    `changed` are the documents in which it differs from the one that it took the place of, with the versions
    of both; None where that is not known.
    """

    release: Release
    live: bool
    reached: bool = True
    changed: Sequence[tuple[str, int, int]] | None = None


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """Status of the site: the live release (None: as shipped), the drafts, whether the package is newer.

    After a deploy, what was published before it stays as it is until somebody publishes `again`.
    """

    live: Release | None
    drafts: Sequence[str]
    package_is_newer: bool


class ReleaseHistory:
    """Says what was published, and what readers get."""

    def __init__(
        self, store: DocumentStore, shipped: ShippedDocuments, shelf: ReleaseShelf, clock: Clock
    ) -> None:
        self._store = store
        self._shipped = shipped
        self._shelf = shelf
        self._clock = clock
        self._targets = Targets(store, shipped, shelf)

    def status(self) -> SiteStatus:
        """Return the status of the site."""
        live = self._shelf.live()
        release = self._store.release(live.number) if live else None
        drafts = [draft.document for draft in self._store.drafts()]
        return SiteStatus(release, drafts, release is not None and release.package != self._shipped.package())

    def releases(self) -> Sequence[ReleaseEntry]:
        """Return the releases that are there, newest first; not those that are or will be deleted."""
        live = self._shelf.live()
        number = live.number if live else SHIPPED
        releases = self._store.releases(MOST)
        known = {SHIPPED: {}, **{release.number: release.versions for release in releases}}
        reached = going_live.reached(number, {release.number: release.since for release in releases})
        shown = self._shown(number, releases)
        return [
            ReleaseEntry(
                release,
                release.number == number,
                release.number in reached,
                self._targets.steps_of(release, known),
            )
            for release in releases
            if release.number in shown
        ]

    def changed_by(self, release: Release) -> str:
        """Return in one line which documents a release changed, from which version to which."""
        before = {} if release.since < SHIPPED else self._targets.versions_of(release.since)
        return going_live.in_words(before, release.versions)

    def release(self, number: int) -> Release | None:
        """Return a release, whether readers ever got it or not."""
        return self._store.release(number)

    def reached(self, numbers: Iterable[int]) -> int:
        """Return which of these releases readers get, or got before the live one; 0 for none of them."""
        asked = {*numbers}
        live = self._shelf.live() if asked else None
        since = {release.number: release.since for release in self._store.releases(MOST)} if live else {}
        reached = going_live.reached(live.number, since) if live else set()
        return max(reached & asked, default=SHIPPED)

    def _shown(self, live: int, releases: Sequence[Release]) -> set[int]:
        """Return the releases to be listed: those with files, the live one, and those that were stopped."""
        now = self._clock.now()
        numbers = {release.number for release in releases}
        gone = set(going_live.unwanted(numbers, live, releases, now))
        with suppress(StoreUnavailable):  # then the rule alone says what there is
            since = {release.number: release.since for release in releases}
            gone |= going_live.reached(live, since) - {*self._shelf.numbers(), live}
        return numbers - gone
