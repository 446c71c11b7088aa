"""Documents of places (partition): contacts, places and settings taken apart by place, and joined.

What a place owns lies in two documents of its own: "places/<slug>" has its entry and which of its contacts
the founding article printed, "contacts/<slug>" the contacts that serve it, who of them is police, and the
hosts that they link to. Pages are rendered from the three documents that these make together. Its services,
in "services/<slug>", stay by themselves: there are far too many of them for one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from chalicelib.directory.contacts import LINKED
from chalicelib.directory.document_ids import (
    CONTACTS,
    JOINED,
    PLACES,
    SITE,
    base_of,
    place_of,
)
from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.places import KINDS, is_slug

# In the settings: the order of places of before each had a document; those of later stand behind.
ORDER = "places_order"
_NATION = "nation"


class Whole(NamedTuple):
    """Contacts, places and settings of all places, as pages are rendered from them."""

    contacts: dict[str, Any]
    places: dict[str, Any]
    site: dict[str, Any]


def empty(document: str) -> dict[str, Any]:
    """Return what a document of a place holds while there is nothing in it: there is no such place, say."""
    return {base_of(document): []}


def documents_of(slug: str) -> tuple[str, ...]:
    """Return the ids of the documents of a place that are put together with those of others."""
    return tuple(f"{base}/{slug}" for base in JOINED)


def join(parsed: Mapping[str, Any]) -> Whole:
    """Return what the documents of all places and the settings make together.

    Each must be of the form that the checks ask for; other documents are left alone. Places stand from towns
    to the nation, each kind by name; what the settings say of an order comes before that.
    """
    site = {name: value for name, value in parsed[SITE].items() if name != ORDER}
    parts = {base: _parts(parsed, base) for base in JOINED}
    entries = [entry for part in parts[PLACES].values() for entry in part.get("places") or ()]
    order = {slug: number for number, slug in enumerate(parsed[SITE].get(ORDER) or ())}
    entries.sort(key=lambda entry: (order.get(entry.get("slug"), len(order)), *_standing(entry)))
    slugs = dict.fromkeys([str(entry.get("slug")) for entry in entries if entry.get("slug") in parts[PLACES]])
    slugs |= dict.fromkeys(sorted({*parts[PLACES], *parts[CONTACTS]}))
    theirs = [parts[CONTACTS].get(slug, {}) for slug in slugs]
    printed = [one for slug in slugs for one in parts[PLACES].get(slug, {}).get("founding_channels") or ()]
    site["founding_channels"] = [*dict.fromkeys([*printed, *(site.get("founding_channels") or ())])]
    police = [*(one for part in theirs for one in part.get("police") or ()), *(site.get("police") or ())]
    if police:
        site["police"] = [*dict.fromkeys(police)]
    hosts = [*(site.get("hosts") or ()), *(one for part in theirs for one in part.get("hosts") or ())]
    site["hosts"] = sorted({*hosts})
    contacts = [entry for part in theirs for entry in part.get("contacts") or ()]
    return Whole({"contacts": contacts}, {"places": entries}, site)


def split(whole: Whole, slugs: Iterable[str] = ()) -> dict[str, Any]:
    """Return the documents of all places, also of `slugs` that are gone, and the settings that are left.

    The order of places is not kept (see `with_order`). Raises ContentInvalid where an entry says no place
    that a document could be of, or an unknown contact is police: nothing of it would be in its place.
    """
    entries, contacts = whole.places["places"], whole.contacts["contacts"]
    named = [str(entry.get("slug")) for entry in entries] + [str(one.get("serves")) for one in contacts]
    if unfit := [slug for slug in named if not is_slug(slug)]:
        raise ContentInvalid(f"place {unfit[0]!r}: a slug has only a-z, 0-9 and single dashes")
    parts: dict[str, Any] = {
        document: empty(document)
        for slug in dict.fromkeys([*named, *slugs])
        for document in documents_of(slug)
    }
    for entry in entries:
        parts[f"{PLACES}/{entry['slug']}"]["places"].append(entry)
    for one in contacts:
        parts[f"{CONTACTS}/{one['serves']}"]["contacts"].append(one)
    site = dict(whole.site)
    _give_police(site, contacts, parts)
    _give_hosts(site, parts)
    _give_printed(site, entries, contacts, parts)
    return {**parts, SITE: site}


def with_order(parts: Mapping[str, Any], places: Mapping[str, Any]) -> dict[str, Any]:
    """Return parts that keep an order of places: the settings say it, unless it is the usual one."""
    entries = places["places"]
    if entries == sorted(entries, key=_standing):
        return dict(parts)
    return {**parts, SITE: {**parts[SITE], ORDER: [entry["slug"] for entry in entries]}}


def strangers(document: str, parsed: Mapping[str, Any]) -> list[str]:
    """Return the ids of entries, and of police, that do not belong into this document of a place."""
    base, slug = base_of(document), place_of(document)
    own, known_by = ("slug", "slug") if base == PLACES else ("serves", "id")
    entries = parsed.get(base) or ()
    there = [entry.get(known_by) for entry in entries if entry.get(own) == slug]
    others = [str(entry.get(known_by)) for entry in entries if entry.get(own) != slug]
    return others + [one for one in parsed.get("police") or () if one not in there]


def _parts(parsed: Mapping[str, Any], base: str) -> dict[str, Any]:
    return {place_of(name): part for name, part in parsed.items() if place_of(name) and base_of(name) == base}


def _standing(entry: Mapping[str, Any]) -> tuple[int, str, str]:
    kind = entry.get("kind")
    return (
        KINDS.index(kind) if kind in KINDS else len(KINDS),
        str(entry.get("name")).casefold(),
        str(entry.get("slug")),
    )


def _give_police(
    site: dict[str, Any], contacts: Collection[Mapping[str, Any]], parts: dict[str, Any]
) -> None:
    police = site.pop("police", None) or ()
    serves = {one.get("id"): one["serves"] for one in contacts}
    for contact in police:
        if contact not in serves:
            raise ContentInvalid(f"site: there is no contact {contact!r}")
        parts[f"{CONTACTS}/{serves[contact]}"].setdefault("police", []).append(contact)


def _give_hosts(site: dict[str, Any], parts: dict[str, Any]) -> None:
    """Give each host to the places whose contacts link to it; the settings keep the others, and their own."""
    listed = set(site.get("hosts") or ())
    own = {host_of(site.get("exit_url")), *(host_of(one.get("link")) for one in site.get("figures") or ())}
    taken: set[str] = set()
    for document, part in parts.items():
        if base_of(document) != CONTACTS:
            continue
        used = {
            host_of(way.get("value"))
            for entry in part["contacts"]
            for way in entry.get("channels") or ()
            if way.get("kind") in LINKED
        }
        if hosts := sorted(used & listed):
            part["hosts"] = hosts
            taken.update(hosts)
    site["hosts"] = sorted(host for host in listed if host in own or host not in taken)


def _give_printed(
    site: dict[str, Any],
    entries: Collection[Mapping[str, Any]],
    contacts: Collection[Mapping[str, Any]],
    parts: dict[str, Any],
) -> None:
    """Give the ways that the newspaper printed to the places that they serve; the nation's stay.

    All stay in the settings where they would change their order otherwise.
    """
    serves = {one.get("id"): one["serves"] for one in contacts}
    kinds = {entry["slug"]: entry.get("kind") for entry in entries}
    printed = list(site.get("founding_channels") or ())
    local = [one for one in printed if kinds.get(serves.get(one), _NATION) != _NATION]
    order = [entry["slug"] for entry in sorted(entries, key=_standing)]
    local.sort(key=lambda one: order.index(serves[one]))
    rest = [one for one in printed if one not in local]
    if [*local, *rest] != printed:
        return
    for one in local:
        parts[f"{PLACES}/{serves[one]}"].setdefault("founding_channels", []).append(one)
    site["founding_channels"] = rest


def host_of(address: object) -> str:
    """Return the host of an address, or nothing."""
    try:
        return urlsplit(str(address or "")).hostname or ""
    except ValueError:
        return ""
