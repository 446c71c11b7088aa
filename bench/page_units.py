"""The pages of a whole site under their hashes, for benches and tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.publishing.page_units import folder_in, folders_in, unit_of, with_hashes
from chalicelib.publishing.ports import RenderedPage


@dataclass(frozen=True, slots=True)
class PageUnits:
    """The index of a release with its hashes, and its files of pages by path."""

    index: Mapping[str, Any]
    files: Mapping[str, bytes]

    def without(self, live: Mapping[str, Any]) -> dict[str, bytes]:
        """Return the files that a release with this index does not have already."""
        there = folders_in(live)
        return {path: content for path, content in self.files.items() if folder_in(path) not in there}


def page_units(index: Mapping[str, Any], pages: Iterable[RenderedPage]) -> PageUnits:
    """Return the pages of a site, each place's under the hash of their bytes."""
    places = [str(place) for place in index["places"]]
    by_place: dict[str, list[RenderedPage]] = {place: [] for place in (*places, "")}
    for page in pages:
        name = page.name.partition("/")[2]
        by_place[name if name in by_place else ""].append(page)
    units = {place: unit_of(place, some) for place, some in by_place.items()}
    digests = {place: unit.digest for place, unit in units.items()}
    files = {path: content for unit in units.values() for path, content in unit.files.items()}
    return PageUnits(with_hashes(index, digests), files)
