"""The shipped documents, contacts, services and places taken apart by place (adapter of a port to a port)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from chalicelib.directory.document_ids import CONTACTS, JOINED, PLACES, SERVICES, SITE, base_of, place_of
from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.place_documents import Whole, split, with_order
from chalicelib.directory.write_entries import write_entries
from chalicelib.publishing.ports import ShippedDocuments
from chalicelib.publishing.whole_texts import empty_text


class PackageByPlace:
    """The ShippedDocuments over others whose files are whole: one of contacts, one of places."""

    def __init__(self, package: ShippedDocuments) -> None:
        self._package = package
        self._seen: tuple[tuple[str, ...], dict[str, str]] = ((), {})
        self._earlier: dict[str, Sequence[str]] = {}
        self._offered: tuple[str, dict[str, str]] = ("", {})

    def ids(self) -> Sequence[str]:
        """Return every document's id; those of places stand where the whole ones would."""
        parts = self.parts()
        ids: list[str] = []
        for name in self._package.ids():
            ids += [one for one in parts if base_of(one) == name] if name in JOINED else [name]
        return [*ids, *self._services()]

    def text(self, document: str) -> str:
        """Return a document's text; of a place that did not ship, one without entries."""
        if base_of(document) == SERVICES and place_of(document):
            return self._services().get(document) or empty_text(document)
        if document == SITE or place_of(document):
            return self.parts().get(document) or empty_text(document)
        return self._package.text(document)

    def _services(self) -> dict[str, str]:
        """Return the services of each place that ships with some."""
        try:
            text = self._package.text(SERVICES)
        except KeyError:
            return {}
        if self._offered[0] != text:
            parts: dict[str, list[Any]] = {}
            for entry in json.loads(text)["services"]:
                parts.setdefault(f"{SERVICES}/{entry['serves']}", []).append(entry)
            self._offered = (
                text,
                {name: write_entries({"services": entries}) for name, entries in parts.items()},
            )
        return self._offered[1]

    def earlier(self, document: str) -> Sequence[str]:
        """Return a document's texts in earlier releases, as they would be by place."""
        if base_of(document) == SERVICES:
            return ()
        whole = base_of(document)
        if document != SITE and whole == document:
            return self._package.earlier(document)
        if document not in self._earlier:
            texts: dict[str, None] = {}
            for text in self._package.earlier(whole):
                with suppress(ContentInvalid, ValueError, LookupError, TypeError, AttributeError):
                    texts[self.parts({whole: text}).get(document) or empty_text(document)] = None
            self._earlier[document] = list(texts)
        return self._earlier[document]

    def package(self) -> str:
        """Return the fingerprint of everything that shipped."""
        return self._package.package()

    def whole(self, document: str) -> str:
        """Return the shipped text of a document that holds all places."""
        return self._package.text(document)

    def whole_earlier(self, document: str) -> Sequence[str]:
        """Return the texts in earlier releases of a document that holds all places."""
        return self._package.earlier(document)

    def parts(self, whole: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the documents of places and the settings, with whole ones in place of what shipped.

        Raises ContentInvalid, or as reading JSON does, for what cannot be taken apart.
        """
        texts = {name: self._package.text(name) for name in (CONTACTS, PLACES, SITE)}
        if not whole:
            state = tuple(texts.values())
            if self._seen[0] != state:
                self._seen = (state, parts_of(*(json.loads(text) for text in state)))
                self._earlier = {}
            return self._seen[1]
        contacts, places, site = (json.loads(text) for text in ({**texts, **whole}).values())
        return parts_of(contacts, places, site if SITE in whole else without_strangers(site, contacts))


def without_strangers(site: Any, contacts: Any) -> Any:
    """Return settings that count nobody as police who is no contact: they are of another day than these."""
    known = {one.get("id") for one in contacts["contacts"]}
    police = [one for one in site.get("police") or () if one in known]
    return {**site, "police": police} if "police" in site else site


def parts_of(contacts: Any, places: Any, site: Any, slugs: Sequence[str] = ()) -> dict[str, str]:
    """Return the texts of the documents of places, and of the settings. Raises as `split` does."""
    parts = with_order(split(Whole(contacts, places, site), slugs), places)
    return {name: write_entries(part) for name, part in parts.items()}
