"""Content addressing of pages: those of a place, and those of none, lie under the hash of their bytes.

What did not change has the same hash, lies there already, and is not written again. What was live once can be
live again as long as its pages lie there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.pages.page_files import PLACES, SHARED, hashes_in, path_of
from chalicelib.publishing.ports import RenderedPage, RenderedSite
from chalicelib.publishing.release_pages import OF_A_PLACE_ON_REQUEST, ON_REQUEST

_LETTERS = 20  # of a hash in hex: 80 bits, and 3,000 places take 60 KB
_NO_PLACE = ""
_MADE_ON_REQUEST = tuple(f"/{kind}" for kind in (*OF_A_PLACE_ON_REQUEST, *ON_REQUEST))


@dataclass(frozen=True, slots=True)
class PageUnits:
    """The pages of a release: `index` as readers get it, with hashes; `files` by folder and path."""

    index: Mapping[str, Any]
    files: Mapping[str, Mapping[str, bytes]]

    def without(self, live: Mapping[str, Any]) -> dict[str, bytes]:
        """Return the files, by path, that a release with this index does not have already."""
        there = folders_in(live)
        return {
            path: content
            for folder, files in self.files.items()
            if folder not in there
            for path, content in files.items()
        }


def units_of(rendered: RenderedSite) -> PageUnits:
    """Return the pages of a rendered site that lie ready; others are made when they are asked for."""
    ready = [page for page in rendered.pages if not page.name.endswith(_MADE_ON_REQUEST)]
    return page_units(rendered.index, ready)


def page_units(index: Mapping[str, Any], pages: Iterable[RenderedPage]) -> PageUnits:
    """Return the pages that lie ready under their hashes, each as gzip and as brotli, in base64."""
    places = [str(place) for place in index["places"]]
    units: dict[str, dict[tuple[str, str, str], bytes]] = {place: {} for place in (*places, _NO_PLACE)}
    for page in pages:
        locale, _, name = page.name.partition("/")
        unit = units[name if name in units else _NO_PLACE]
        unit[locale, name, ".b64"] = page.packed.encode("ascii")
        if page.brotli:
            unit[locale, name, ".br.b64"] = page.brotli.encode("ascii")
    shared = _hash_of(units[_NO_PLACE])
    hashes = {place: _hash_of(units[place]) for place in places}
    files = {
        folder_of(place, hashes.get(place, shared)): {
            path_of(0, hashes, shared, locale, name) + ending: content
            for (locale, name, ending), content in unit.items()
        }
        for place, unit in units.items()
    }
    return PageUnits({**index, "places": hashes, "shared": shared}, files)


def folders_in(index: Mapping[str, Any]) -> set[str]:
    """Return the folders in which the pages of a release with this index lie; none for one of before."""
    hashes, shared = hashes_in(index)
    of_places = {folder_of(place, digest) for place, digest in hashes.items()}
    return of_places | ({folder_of(_NO_PLACE, shared)} if shared else set())


def folder_of(place: str, digest: str) -> str:
    """Return the folder of a place's pages, or of those of no place, with a slash at its end."""
    return f"{PLACES}{place}/{digest}/" if place else f"{SHARED}{digest}/"


def folder_in(path: str) -> str:
    """Return the folder of a unit that a file lies in, or nothing for another file."""
    parts = 4 if path.startswith(PLACES) else 3 if path.startswith(SHARED) else 0
    names = path.split("/")
    return "/".join(names[:parts]) + "/" if parts and len(names) > parts else ""


def _hash_of(unit: Mapping[tuple[str, str, str], bytes]) -> str:
    whole = hashlib.sha256()
    for (locale, name, ending), content in sorted(unit.items()):
        head = f"{locale}/{name}{ending} {len(content)}\n"
        whole.update(head.encode("utf-8") + content)
    return whole.hexdigest()[:_LETTERS]
