"""Standby (failover) pages as plain files under the site's paths: the edge serves them on errors."""

from __future__ import annotations

import base64
import gzip
import html
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from chalicelib.directory.area_units import has_address, path_of_unit
from chalicelib.pages.page_files import areas_in, hashes_in, path_of
from chalicelib.shared.locales import DEFAULT

FOLDER = "site"
CONTENT_TYPE = "text/html; charset=utf-8"
_KEY = re.compile(
    rf"{FOLDER}/(?:[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:/(?:[a-z0-9-]+/|places/(?:[a-z0-9-]+/){{0,3}})?)?)?"
)
_ENDING = ".b64"
_AT_A_TIME = 25  # places: 250 pages in ten languages, some 10 MB
_CHARSET = '<meta charset="utf-8">'


def standby(
    index: Mapping[str, Any], files: Mapping[str, bytes], fill: Callable[[str], str] = str
) -> dict[str, bytes]:
    """Return key -> page for these files of a release, by name; keys end in a slash, as the site's paths do.

    `fill` puts who runs the site into the page that says it: no function does so while they fail.

    A bucket sends no content policy, and one release's may not fit another's style: each page has its own.
    Raises KeyError when a page of the index is not there.
    """
    policy = str(index.get("headers", {}).get("Content-Security-Policy", ""))
    return {key: _with_policy(fill(page), policy) for key, page in _pages(index, files)}


def keys(index: Mapping[str, Any]) -> set[str]:
    """Return the keys of all pages that a release with this index has."""
    return {key for key, _ in _files_of(index)}


def is_page(key: str) -> bool:
    """Say whether a key is one of ours: whoever put another file beside the pages keeps it."""
    return _KEY.fullmatch(key) is not None


def names(index: Mapping[str, Any]) -> list[str]:
    """Return the names of the files that the pages are made of."""
    return list(dict.fromkeys(name for _, name in _files_of(index)))


def paths(number: int, index: Mapping[str, Any]) -> dict[str, str]:
    """Return the path in the bucket of each of these files, by name."""
    hashes, shared = hashes_in(index)
    found = {}
    for name in names(index):
        locale, _, page = name.removesuffix(_ENDING).partition("/")
        found[name] = path_of(number, {**hashes, **areas_in(index)}, shared, locale, page) + _ENDING
    return found


def changed(indexes: Sequence[Mapping[str, Any]]) -> set[str] | None:
    """Return the places and areas whose pages are not the same in all these; None where any may differ."""
    if any(not isinstance(index.get("places"), dict) for index in indexes):
        return None  # from before pages lay under their hashes
    first, *others = [{**index, "places": None, "areas": None, "shared": None} for index in indexes]
    if any(other != first for other in others):
        return None
    pages = [{*index["places"].items(), *areas_in(index).items()} for index in indexes]
    return {place for place, _ in set.union(*pages) - set.intersection(*pages)}


def only(index: Mapping[str, Any], places: Collection[str] | None) -> Mapping[str, Any]:
    """Return an index with these places and areas alone.

    Pages of no place stay, since `fill` may say something new.
    """
    if places is None:
        return index
    return _with(index, {*places, *index.get("other_pages", ())})


def in_batches(index: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the index with a few of its places, areas and other pages at a time; one of before as it is."""
    if not isinstance(index.get("places"), dict):
        yield index
        return
    pages = [*index.get("other_pages", ()), *index["places"], *areas_in(index)]
    for start in range(0, len(pages), _AT_A_TIME):
        yield _with(index, pages[start : start + _AT_A_TIME])


def check(files: Mapping[str, bytes]) -> None:
    """Raise ValueError when of one of these pages, by path, no standby page could be made."""
    for path, content in files.items():
        if path.endswith(_ENDING) and not path.endswith(".br.b64"):
            _with_policy(gzip.decompress(base64.b64decode(content)).decode("utf-8"), "")


def of_keys(index: Mapping[str, Any], wanted: Collection[str]) -> Mapping[str, Any]:
    """Return an index with only the places, areas, and pages of no place, that these keys are of."""
    files = [name for key, name in _files_of(index) if key in wanted]
    return _with(index, {name.removesuffix(_ENDING).partition("/")[2] for name in files})


def _places(index: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the places with their hashes; of before, with none."""
    places = index.get("places", ())
    return places if isinstance(places, dict) else dict.fromkeys(places, "")


def _with(index: Mapping[str, Any], pages: Collection[str]) -> Mapping[str, Any]:
    places = {one: value for one, value in _places(index).items() if one in pages}
    return {
        **index,
        "places": places,
        "areas": {one: value for one, value in areas_in(index).items() if one in pages},
        "other_pages": [one for one in index.get("other_pages", ()) if one in pages],
    }


def _pages(index: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    name, page = "", ""
    for key, of in _files_of(index):
        if of != name:
            name, page = of, gzip.decompress(base64.b64decode(files[of])).decode("utf-8")
        yield key, page


def _files_of(index: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each key with the name of the file that its page is made of."""
    front = str(index.get("default_place", ""))
    for locale in index.get("locales", ()):
        for other in index.get("other_pages", ()):
            yield f"{FOLDER}/{locale}/{other}/", f"{locale}/{other}{_ENDING}"
        for unit in filter(has_address, areas_in(index)):
            yield f"{FOLDER}/{locale}/{path_of_unit(unit)}", f"{locale}/{unit}{_ENDING}"
        for place in index.get("places", ()):
            name = f"{locale}/{place}{_ENDING}"
            yield f"{FOLDER}/{locale}/{place}/", name
            if place == front:
                yield f"{FOLDER}/{locale}/", name
                yield f"{FOLDER}/{locale}", name  # what people type
                if locale == DEFAULT:
                    yield f"{FOLDER}/", name


def _with_policy(page: str, policy: str) -> bytes:
    # "frame-ancestors" counts in a header only; X-Frame-Options, which the edge adds, says the same.
    rules = [rule.strip() for rule in policy.split(";")]
    kept = "; ".join(rule for rule in rules if rule and not rule.startswith("frame-ancestors"))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(kept, quote=True)}">'
    if _CHARSET not in page:
        raise ValueError("a page must say its charset")  # before anything else: the policy stands behind it
    return page.replace(_CHARSET, _CHARSET + meta, 1).encode("utf-8")
