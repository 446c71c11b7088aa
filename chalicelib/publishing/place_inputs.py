"""Inputs of places and areas (dependencies): what their pages are made of, cut out of the whole content.

A place's pages show what serves it and what lies around it, a county's the services that cover it, and they
know of nothing else: they are rendered from their inputs alone. So the same inputs give the same bytes, and
the fingerprint of the inputs says what has to be rendered. There is no graph of what depends on what that
could be wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from chalicelib.directory.areas import NO_AREAS, Area, Areas, written
from chalicelib.directory.contacts import LINKED
from chalicelib.directory.document_ids import BY_PLACE, JSON_DOCUMENTS, MAIL_TEMPLATE, base_of
from chalicelib.directory.place_documents import Whole, host_of
from chalicelib.publishing.ports import PlaceInputs

NO_PLACE = ""
_SAMPLES = 3
_LETTERS = 40  # of a fingerprint in hex: 160 bits


def place_inputs(
    whole: Whole,
    offices: Sequence[Mapping[str, Any]] = (),
    hosts: Collection[str] | None = None,
    areas: Areas = NO_AREAS,
    services: Sequence[Mapping[str, Any]] = (),
) -> Iterator[PlaceInputs]:
    """Yield the inputs of every place, then those of each area, and of the pages of no place.

    `offices` are the recipients as readers may know them: samples of forms show those of the first place.
    `hosts` are those of the settings alone, where each place has a list of its own beside them.
    """
    cut = _Cut(whole, hosts)
    for slug in cut.entries:
        area = areas.around(slug)
        yield PlaceInputs(slug, _spelled({**cut.of(slug), **({"area": area} if area else {})}))
    by_id = {str(one["id"]): one for one in services}
    for unit, one in areas.by_unit.items():
        yield PlaceInputs(unit, _spelled(cut.of_area(one, [by_id[service] for service in one.services])))
    first = str(whole.site["default_place"])
    around = {*cut.chain(first)}
    near = [office for office in offices if office.get("serves") in around]
    near = near or [{**office, "serves": first} for office in offices[:_SAMPLES]]  # a form always has some
    found = {"area": area} if (area := areas.around(first)) else {}
    yield PlaceInputs(NO_PLACE, _spelled({**cut.of(first), "recipients": near, **found}))


def content_for(place: str, whole: Whole) -> Whole:
    """Return the part of the content that goes into the pages of one place; of no such place, of the first.

    It is the first place of its own pages.
    """
    cut = _Cut(whole)
    content = cut.of(place if place in cut.entries else str(whole.site["default_place"]))
    return Whole(content["contacts"], content["places"], content["site"])


def site_digest(texts: Mapping[str, str], shipped: Mapping[str, str]) -> str:
    """Return the digest of what all pages are made of beside their inputs: templates, style and catalogs.

    Of documents that are as they shipped, the package's fingerprint says it. Mails are no pages.
    """
    changed = {
        name: text
        for name, text in texts.items()
        if is_of_site(name) and not name.startswith(MAIL_TEMPLATE) and shipped.get(name) != text
    }
    return _digest(*(part for name in sorted(changed) for part in (name, changed[name])))


def is_of_site(document: str) -> bool:
    """Say whether a document is the same for all pages: neither entries of places nor settings."""
    return document not in JSON_DOCUMENTS and base_of(document) not in BY_PLACE


def fingerprint_of(inputs: PlaceInputs, of_site: str, package: str) -> str:
    """Return the fingerprint of all that a place's pages are made of: 40 hex digits."""
    return _digest(package, of_site, inputs.place, inputs.content)[:_LETTERS]


class _Cut:
    """The whole content, with what is asked for place by place found once."""

    def __init__(self, whole: Whole, hosts: Collection[str] | None = None) -> None:
        self._site = whole.site
        self.entries: dict[str, dict[str, Any]] = {str(one["slug"]): one for one in whole.places["places"]}
        self._order = {slug: number for number, slug in enumerate(self.entries)}
        self._within: dict[str, list[str]] = {}
        for slug, entry in self.entries.items():
            self._within.setdefault(str(entry.get("parent") or ""), []).append(slug)
        contacts = whole.contacts["contacts"]
        self._contacts = {str(one["id"]): (number, one) for number, one in enumerate(contacts)}
        self._serving: dict[str, list[str]] = {}
        for one in contacts:
            self._serving.setdefault(str(one["serves"]), []).append(str(one["id"]))
        self._hosts = {id_: _hosts_of(one) for id_, (_, one) in self._contacts.items()}
        figures = self._site.get("figures") or ()
        own = {host_of(self._site.get("exit_url")), *(host_of(one.get("link")) for one in figures)}
        self._listed = {*(self._site.get("hosts") or ())}
        of_contacts = {host for used in self._hosts.values() for host in used}
        self._for_all = (self._listed - of_contacts if hosts is None else self._listed & {*hosts}) | own

    def chain(self, slug: str) -> list[str]:
        """Return a place and all that it lies in, nearest first."""
        chain: list[str] = []
        at: str | None = slug
        while at and at in self.entries and at not in chain:
            chain.append(at)
            at = self.entries[at].get("parent")
        return chain

    def of(self, slug: str) -> dict[str, Any]:
        """Return contacts, places and settings of just this place; it is the first place of its own pages."""
        chain = self.chain(slug)
        serving = {one for around in chain for one in self._serving.get(around, ())}
        serving |= {str(self._site["hotline"])} & {*self._contacts}
        printed = [one for one in self._site.get("founding_channels") or () if one in serving]
        ids = {one for one in serving if self._is_shown(one, slug)} | {*printed}
        if not printed:  # nothing was printed around here: pages show none, and settings name some
            printed = [one for one in self._site.get("founding_channels") or () if one in self._contacts][:1]
            ids.update(printed)
        places = {*chain, *self._within.get(slug, ())}
        for one in ids:
            places.update(self.chain(str(self._contacts[one][1]["serves"])))
        return {
            "contacts": {"contacts": self._in_order(ids)},
            "places": {"places": [self.entries[one] for one in sorted(places, key=self._order.__getitem__)]},
            "site": self._settings(slug, ids, printed),
        }

    def of_area(self, area: Area, services: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the services of just this area, the hotline, and the settings that its page needs."""
        hotline = str(self._site["hotline"])
        contact = self._contacts[hotline][1]
        places = {around for one in (contact, *services) for around in self.chain(str(one["serves"]))}
        used = self._hosts[hotline] | {host_of(self._site.get("exit_url"))}
        site = {**self._site, "default_place": str(contact["serves"]), "founding_channels": [hotline]}
        site |= {"figures": [], "hosts": sorted(used & self._listed)}
        site.pop("police", None)
        return {
            "contacts": {"contacts": [contact]},
            "places": {"places": [self.entries[one] for one in sorted(places, key=self._order.__getitem__)]},
            "site": site,
            "services": [*services],
            "areas": written([area]),
        }

    def _is_shown(self, contact: str, slug: str) -> bool:
        """Say whether pages show a contact there: some are for the page of their own place alone."""
        entry = self._contacts[contact][1]
        return entry["serves"] == slug or not entry.get("only_here") or contact == self._site["hotline"]

    def _in_order(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        return [one for _, one in sorted((self._contacts[id_] for id_ in ids), key=lambda each: each[0])]

    def _settings(self, slug: str, ids: Collection[str], printed: Sequence[str]) -> dict[str, Any]:
        used = {host for one in ids for host in self._hosts[one]} | self._for_all
        site = {**self._site, "default_place": slug, "founding_channels": [*printed]}
        site["hosts"] = sorted(used & self._listed)
        if "police" in site:
            site["police"] = [one for one in site["police"] if one in ids]
        return site


def _hosts_of(contact: Mapping[str, Any]) -> set[str]:
    return {host_of(way.get("value")) for way in contact.get("channels") or () if way.get("kind") in LINKED}


def _spelled(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _digest(*parts: str) -> str:
    whole = hashlib.sha256()
    for part in parts:
        content = part.encode("utf-8", "surrogatepass")
        whole.update(len(content).to_bytes(8, "big") + content)  # with its length: "ab", "c" is not "a", "bc"
    return whole.hexdigest()
