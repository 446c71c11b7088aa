"""The pages as plain files, under the paths of the site: the edge serves them when the functions fail."""

from __future__ import annotations

import base64
import gzip
import html
import json
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.domain.locales import DEFAULT

FOLDER = "site"
CONTENT_TYPE = "text/html; charset=utf-8"
_CHARSET = '<meta charset="utf-8">'


def standby(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return key -> page for the files of a release; keys end in a slash, as the site's paths do.

    A bucket sends no content policy, and one release's may not fit another's style: each page has its own.
    Raises KeyError when a page of the index is not there.
    """
    index: dict[str, Any] = json.loads(files.get("index.json", b"{}"))
    policy = str(index.get("headers", {}).get("Content-Security-Policy", ""))
    return {key: _with_policy(page, policy) for key, page in _pages(index, files)}


def names(index: bytes) -> list[str]:
    """Return the names of the files that the pages are made of, from a release's index.json."""
    told = json.loads(index)
    return [f"{locale}/{place}.b64" for locale in told["locales"] for place in told["places"]]


def _pages(index: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    front = str(index.get("default_place", ""))
    for locale in index.get("locales", ()):
        for place in index.get("places", ()):
            packed = files[f"{locale}/{place}.b64"]
            page = gzip.decompress(base64.b64decode(packed)).decode("utf-8")
            yield f"{FOLDER}/{locale}/{place}/", page
            if place == front:
                yield f"{FOLDER}/{locale}/", page
                yield f"{FOLDER}/{locale}", page  # what people type
                if locale == DEFAULT:
                    yield f"{FOLDER}/", page


def _with_policy(page: str, policy: str) -> bytes:
    # "frame-ancestors" counts in a header only; X-Frame-Options, which the edge adds, says the same.
    rules = [rule.strip() for rule in policy.split(";")]
    kept = "; ".join(rule for rule in rules if rule and not rule.startswith("frame-ancestors"))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(kept, quote=True)}">'
    if _CHARSET not in page:
        raise ValueError("a page must say its charset")  # before anything else: the policy stands behind it
    return page.replace(_CHARSET, _CHARSET + meta, 1).encode("utf-8")
