"""Content addressing of pages: those of a place, an area, or none, lie under the hash of their bytes.

What did not change has the same hash, lies there already, and is not written again. What was live once can be
live again as long as its pages lie there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from chalicelib.directory.area_units import is_area
from chalicelib.pages.page_files import HSDS, PLACES, SHARED, areas_in, hashes_in, path_of
from chalicelib.pages.page_headers import ERROR_STATUSES
from chalicelib.publishing.ports import RenderedPage
from chalicelib.publishing.release_pages import OF_A_PLACE_ON_REQUEST, ON_REQUEST

_LETTERS = 20  # of a hash in hex: 80 bits, and 3,000 places take 60 KB
_NO_PLACE = ""
_MADE_ON_REQUEST = tuple(f"/{kind}" for kind in (*OF_A_PLACE_ON_REQUEST, *ON_REQUEST))


class PageUnit(NamedTuple):
    """The pages of a place that lie ready: the hash of their bytes, and the files by path."""

    digest: str
    files: Mapping[str, bytes]


def unit_of(place: str, pages: Iterable[RenderedPage]) -> PageUnit:
    """Return the pages of a place, "" for those of none, that lie ready: each as gzip and brotli, in base64.

    Others are made when they are asked for.
    """
    contents: dict[tuple[str, str, str], bytes] = {}
    for page in pages:
        if page.name.endswith(_MADE_ON_REQUEST):
            continue
        locale, _, name = page.name.partition("/")
        contents[locale, name, ".b64"] = page.packed.encode("ascii")
        if page.brotli:
            contents[locale, name, ".br.b64"] = page.brotli.encode("ascii")
    digest = _hash_of(contents)
    hashes, shared = ({place: digest}, "") if place else ({}, digest)
    files = {
        path_of(0, hashes, shared, locale, name) + ending: content
        for (locale, name, ending), content in contents.items()
    }
    return PageUnit(digest, files)


def with_hashes(index: Mapping[str, Any], digests: Mapping[str, str]) -> dict[str, Any]:
    """Return an index with the hash of each place, area, and of the pages of none. Raises KeyError."""
    places = {str(place): digests[str(place)] for place in index["places"]}
    areas = {unit: digest for unit, digest in digests.items() if is_area(unit)}
    found = {**index, "places": places, "shared": digests[_NO_PLACE]}
    return {**found, "areas": areas} if areas else found


def digests_in(index: Mapping[str, Any]) -> dict[str, str]:
    """Return the hash of the pages of each place and area, and of none; nothing for a release of before."""
    hashes, shared = hashes_in(index)
    return {**hashes, **areas_in(index), **({_NO_PLACE: shared} if shared else {})}


def page_paths(index: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the path of each file of pages that this index names, with its place, "" for none."""
    hashes, shared = hashes_in(index)
    hashes = {**hashes, **areas_in(index)}
    endings = (".b64", ".br.b64") if index.get("brotli") else (".b64",)
    others = [*index.get("other_pages", ()), *(f"error-{status}" for status in ERROR_STATUSES)]
    names = [*((place, place) for place in hashes), *((_NO_PLACE, name) for name in others if shared)]
    for locale in index.get("locales", ()):
        for place, name in names:
            for ending in endings:
                yield place, path_of(0, hashes, shared, str(locale), str(name)) + ending


def folders_in(index: Mapping[str, Any]) -> set[str]:
    """Return the folders in which the pages of a release with this index lie; none for one of before.

    That of its services for machines is among them.
    """
    services = {f"{HSDS}{index['hsds']}/"} if index.get("hsds") else set()
    return {folder_of(place, digest) for place, digest in digests_in(index).items()} | services


def folder_of(place: str, digest: str) -> str:
    """Return the folder of a place's pages, or of those of no place, with a slash at its end."""
    return f"{PLACES}{place}/{digest}/" if place else f"{SHARED}{digest}/"


def folder_in(path: str) -> str:
    """Return the folder of a unit that a file lies in, or nothing for another file."""
    parts = 4 if path.startswith(PLACES) else 3 if path.startswith((SHARED, HSDS)) else 0
    names = path.split("/")
    return "/".join(names[:parts]) + "/" if parts and len(names) > parts else ""


def _hash_of(unit: Mapping[tuple[str, str, str], bytes]) -> str:
    whole = hashlib.sha256()
    for (locale, name, ending), content in sorted(unit.items()):
        head = f"{locale}/{name}{ending} {len(content)}\n"
        whole.update(head.encode("utf-8") + content)
    return whole.hexdigest()[:_LETTERS]
