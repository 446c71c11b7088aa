"""Older maps: a whole release that readers had, to be moved back as it was, without rendering."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.publishing.built_places import BuiltPlace, read_built
from chalicelib.publishing.documents import CheckReport, Release
from chalicelib.publishing.page_units import digests_in
from chalicelib.publishing.ports import ReleaseShelf
from chalicelib.publishing.release_files import DOCUMENTS, INDEX, INPUTS, MAILS, index_file, package_of
from chalicelib.publishing.targets import TEXTS


@dataclass(frozen=True, slots=True)
class OlderMap:
    """An older release as it goes live again: its index, what made its pages, and what was found in them.

    `files` gives the files of the new release, and `is_whole` says whether all that it takes are there: who
    was stopped while writing them left some.
    """

    index: Mapping[str, Any]
    package: str
    report: CheckReport
    files: Callable[[Release], Mapping[str, bytes]]
    is_whole: Callable[[], bool]

    def with_index(self, index: Mapping[str, Any]) -> OlderMap:
        """Return the same map with another index, which goes into its files as well."""
        if index == self.index:
            return self
        return replace(
            self, index=index, files=lambda release: {**self.files(release), INDEX: index_file(index)}
        )


def entries_of(
    shelf: ReleaseShelf, number: int
) -> tuple[dict[str, BuiltPlace], dict[str, tuple[str, ...]], dict[str, Any]]:
    """Return the entries of a release, the sentences that its languages lack, and its index.

    No entries where the release is of before there were any, or where they are not those of its index.
    """
    content = shelf.file(number, INDEX)
    places, missing = read_built(shelf.file(number, INPUTS))
    index: dict[str, Any] = json.loads(content) if content else {}
    if {slug: one.digest for slug, one in places.items()} != digests_in(index):
        return {}, {}, index
    return places, missing, index


def older_map(shelf: ReleaseShelf, number: int, package: str) -> OlderMap | None:
    """Return the map of a release; `package` is the one at work.

    None where the release is of before pages lay under their hashes, or nothing says from what they were
    built.
    """
    places, missing, index = entries_of(shelf, number)
    if not places:
        return None

    def is_whole() -> bool:
        return shelf.file(number, TEXTS) is not None  # which is written last

    def files(release: Release) -> dict[str, bytes]:
        found = {name: shelf.file(number, name) for name in (INDEX, INPUTS, MAILS, DOCUMENTS, TEXTS)}
        return {name: one for name, one in found.items() if one is not None}

    report = CheckReport(
        tuple(problem for one in places.values() for problem in one.problems),
        missing,
        sum(one.pages for one in places.values()),
        max(one.largest for one in places.values()),
    )
    return OlderMap(index, package_of(places, package), report, files, is_whole)


def changed_places(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the places whose pages are others in one index than in another, or are in one alone."""
    old, new = digests_in(before), digests_in(after)
    return [place for place in {**new, **old} if place and old.get(place) != new.get(place)]
