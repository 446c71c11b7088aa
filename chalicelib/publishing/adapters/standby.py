"""Standby (failover) pages as plain files under the site's paths: the edge serves them on errors."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chalicelib.shared.locales import DEFAULT

FOLDER = "site"
CONTENT_TYPE = "text/html; charset=utf-8"
_KEY = re.compile(rf"{FOLDER}/(?:[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:/(?:[a-z0-9-]+/)?)?)?")
_CHARSET = '<meta charset="utf-8">'


def standby(files: Mapping[str, bytes], fill: Callable[[str], str] = str) -> dict[str, bytes]:
    """Return key -> page for the files of a release; keys end in a slash, as the site's paths do.

    `fill` puts who runs the site into the page that says it: no function does so while they fail.

    A bucket sends no content policy, and one release's may not fit another's style: each page has its own.
    Raises KeyError when a page of the index is not there.
    """
    index: dict[str, Any] = json.loads(files.get("index.json", b"{}"))
    policy = str(index.get("headers", {}).get("Content-Security-Policy", ""))
    return {key: _with_policy(fill(page), policy) for key, page in _pages(index, files)}


def keys(index: Mapping[str, Any]) -> set[str]:
    """Return the keys of all pages that a release with this index has."""
    return {key for key, _ in _files_of(index)}


def is_page(key: str) -> bool:
    """Say whether a key is one of ours: whoever put another file beside the pages keeps it."""
    return _KEY.fullmatch(key) is not None


def names(index: bytes) -> list[str]:
    """Return the names of the files that the pages are made of, from a release's index.json."""
    told = json.loads(index)
    pages = [*told["places"], *told.get("other_pages", ())]
    return [f"{locale}/{page}.b64" for locale in told["locales"] for page in pages]


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
            yield f"{FOLDER}/{locale}/{other}/", f"{locale}/{other}.b64"
        for place in index.get("places", ()):
            name = f"{locale}/{place}.b64"
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
