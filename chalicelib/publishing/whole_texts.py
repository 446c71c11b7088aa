"""Texts of all places put together (join): contacts, places and settings as pages are rendered from them.

A set of texts that holds the three documents whole, as releases of before and the files of a package do, is
taken as it is.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from chalicelib.directory.document_ids import (
    BY_PLACE,
    CONTACTS,
    JOINED,
    PLACES,
    RETIRED,
    SITE,
    ZIPS,
    base_of,
    place_of,
)
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.place_documents import Whole, empty, join
from chalicelib.directory.write_entries import write_entries
from chalicelib.directory.zips import Zips, read_zips
from chalicelib.publishing.document_forms import check_form
from chalicelib.publishing.field_labels import plain, title_of
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.ports import ShippedDocuments

WHOLE = (CONTACTS, PLACES, SITE)


def are_whole(documents: Collection[str]) -> bool:
    """Say whether contacts are one document among these, and not one a place."""
    return CONTACTS in documents


def is_known(document: str, documents: Collection[str]) -> bool:
    """Say whether there is such a document beside the shipped ones: each place may have its own."""
    return document in documents or bool(place_of(document) and not are_whole(documents))


def is_retired(document: str, documents: Collection[str]) -> bool:
    """Say whether a document is of an older package: it can be read, and is not changed any more."""
    return document in RETIRED or (document in BY_PLACE and not are_whole(documents))


def empty_text(document: str) -> str:
    """Return the text of a document of a place that nobody has written anything in."""
    return write_entries(empty(document))


def all_texts(shipped: ShippedDocuments, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the text of every document: these, and what shipped of the others."""
    ids = shipped.ids()
    whole = {name: texts[name] if name in texts else shipped.text(name) for name in ids}
    return whole | {name: text for name, text in texts.items() if name not in whole and is_known(name, ids)}


def read_part(document: str, text: str) -> dict[str, Any]:
    """Return what a document made of entries holds, each field of its kind.

    Raises DocumentInvalid with the first that is not.
    """
    parsed = read(document, text)
    for problem in check_form(document, text, parsed)[:1]:
        where = f"the draft of “{title_of(document)}”, line {problem.line}"
        raise DocumentInvalid(f"{where}: {plain(problem.sentence)}")
    return dict(parsed)


def whole_of(texts: Mapping[str, str]) -> Whole:
    """Return contacts, places and settings out of the texts of all documents. Raises DocumentInvalid."""
    if are_whole(texts):
        return Whole(*(read_part(name, texts[name]) for name in WHOLE))
    return join({name: _part(name, text) for name, text in texts.items() if _is_joined(name)})


def whole_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of the same three documents. Raises DocumentInvalid."""
    if are_whole(texts):
        return {name: texts[name] for name in WHOLE}
    return dict(_joined(tuple((name, text) for name, text in texts.items() if _is_joined(name))))


def _is_joined(document: str) -> bool:
    return document == SITE or bool(place_of(document) and base_of(document) in JOINED)


@lru_cache(maxsize=3)  # a publish asks for what ships, what is live and what is to be live, again and again
def _joined(texts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(zip(WHOLE, map(write_entries, whole_of(dict(texts))), strict=True))


@lru_cache(maxsize=20_000)  # two documents a place
def _part(document: str, text: str) -> Mapping[str, Any]:
    """Return what `read_part` does; nobody may change it."""
    return read_part(document, text)


def laid_out(shipped: ShippedDocuments, texts: Mapping[str, str]) -> dict[str, str]:
    """Return changed texts as readers' functions take them: those of places put together.

    A document that is as it shipped stays away. Raises DocumentInvalid.
    """
    if are_whole(shipped.ids()):
        return dict(texts)
    rest = {name: text for name, text in texts.items() if name not in WHOLE and not place_of(name)}
    if not any(map(_is_joined, texts)):
        return rest
    now, came = whole_texts(all_texts(shipped, texts)), whole_texts(all_texts(shipped, {}))
    return rest | {name: text for name, text in now.items() if text != came[name]}


def owners(texts: Mapping[str, str], document: str) -> list[str]:
    """Return the documents among these that make up a whole one: itself, if it is there."""
    return [document] if document in texts else [name for name in texts if base_of(name) == document]


def shipped_zips(shipped: ShippedDocuments) -> Zips | None:
    """Return the ZIPs of the package, read once: they are many. None where it has none."""
    try:
        return zips_in(shipped.text(ZIPS))
    except KeyError:
        return None


@lru_cache(maxsize=1)
def zips_in(text: str) -> Zips:
    """Return what a document of ZIPs says, read once: they are many."""
    return read_zips(json.loads(text))
