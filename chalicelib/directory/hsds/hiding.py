"""Hiding of confidential services (redaction): their address is kept in no field and in no sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.directory.hsds.shapes import OF_WHERE, is_uuid
from chalicelib.directory.hsds.where_words import (
    Keys,
    has_key,
    is_veiled,
    keys_of,
    leads_to_a_map,
    street_in,
    streets_in,
)
from chalicelib.directory.service_entries import entry_of
from chalicelib.directory.services import Organization, Service
from chalicelib.shared.errors import PorchlightError

# A name that tells of a place to hide in, and sentences that say so.
_NAMES = re.compile(
    r"\bshelters?\b|safe ?houses?\b|\brefuge\b|transitional (hous|liv)|confidential", re.IGNORECASE
)
_SENTENCES = re.compile(
    r"(confidential|undisclosed|secret|hidden|secure) (\w+ )?(location|address|site|place)|"
    r"(location|address) (is|are|stays?|remains?) (kept )?(confidential|secret|not (given|disclosed|public))",
    re.IGNORECASE,
)
_NOTHING: tuple[object, ...] = ("", {}, [])
_NEXT = re.compile(r"(?<=[.!?;])\s+(?![a-z])")
# An area on a map may be a circle around a house; its name and description are sentences.
_ON_A_MAP = ("extent", "extent_type", "uri")


class CannotHide(PorchlightError):
    """A confidential service says in its name where it is: refuse it, and say so."""

    def __init__(self, field: str, says: str) -> None:
        super().__init__(f"{field}: {says}")
        self.field, self.says = field, says


def is_hiding(service: Service) -> bool:
    """Say whether nobody may learn where a service is: it, its needs or its words say so."""
    return service.hides_where or sounds_hidden(
        service.name, service.what, service.apply, service.eligibility
    )


def sounds_hidden(name: str, *sentences: str) -> bool:
    """Say whether a name is one of places to hide in, or a sentence says that it hides."""
    return bool(_NAMES.search(name)) or any(_SENTENCES.search(text) for text in sentences)


def without_where(service: Service, where: Iterable[str], looks: bool = True) -> tuple[Service, bool]:
    """Return a service marked as confidential that nowhere says where it is, and whether it did.

    `where` are texts that say it, such as the street of its address. Sentences with one of them, or with what
    looks like a street, are left out; without `looks`, only those with one of them. Raises CannotHide where a
    field says it that cannot be left out, such as its name.
    """
    keys = keys_of((*where, *streets_of(service)))

    def clean(text: str) -> str:
        return _clean(text, keys, looks)

    for field, text in (("name", service.name), ("organization", service.organization.name)):
        if clean(text) != text:
            raise CannotHide(field, "it says where a confidential service is: write a name without a street")
    hidden = _cleaned(service, clean)
    if not hidden.what:
        raise CannotHide(
            "description", "all of it says where a confidential service is: write what it offers"
        )
    for field, text in _texts_in(entry_of(hidden)):
        if has_key(text, keys) or leads_to_a_map(text):
            raise CannotHide(field, "it says where a confidential service is: take the address out of it")
    return hidden, replace(hidden, confidential=service.confidential) != service


def organization_without_where(organization: Organization, where: Iterable[str] = ()) -> Organization:
    """Return an organization with a confidential service, without sentences that say where something is."""
    return replace(organization, description=_clean(organization.description, keys_of(where), True))


def without_streets(service: Service, where: Iterable[str]) -> Service:
    """Return a service that hides nothing itself without sentences that say where another one is.

    Raises CannotHide as `without_where` does.
    """
    hidden = without_where(replace(service, address=None, extra={}), where, looks=False)[0]
    keys = keys_of(where)

    def clean(text: str) -> str:
        return _clean(text, keys, False)

    extra = {part: kept for part, value in service.extra.items() if (kept := _said(value, clean))}
    return replace(hidden, confidential=service.confidential, address=service.address, extra=extra)


def says_any(service: Service, keys: Keys) -> bool:
    """Say whether some text of a service has one of these keys in it."""
    texts = [text for _, text in _texts_in(entry_of(service))]
    # All at once first: it is asked of each record of a file. A word, a number and a UUID say no street.
    links = (one for one in texts if " " not in one and not one.isalpha() and not one[1:].isdigit())
    whole = " \n".join((*texts, ""))
    return has_key(whole, keys) or any(has_key(one, keys) for one in links if not is_uuid(one))


def streets_of(service: Service) -> list[str]:
    """Return the lines of addresses that a service has in its fields."""
    found = [service.address.street] if service.address else []
    return [*found, *_lines_of(service.extra)]


def says_where(text: str, streets: Sequence[str] = ()) -> str:
    """Return the first of these streets, or what looks like one, that stands in a text; or nothing."""
    known = (one for one in streets if has_key(text, keys_of([one])))
    return next(known, street_in(text).rstrip("."))


def _lines_of(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (str(value[name]) for name in ("address_1", "address_2") if value.get(name))
        for inner in value.values():
            yield from _lines_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _lines_of(inner)


def _texts_in(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Return every text in an entry, with the name of its outermost field."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts_in(inner, field or str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_in(inner, field)


def _cleaned(service: Service, clean: Callable[[str], str]) -> Service:
    organization = service.organization
    return replace(
        service,
        confidential=True,
        address=None,
        organization=replace(organization, description=clean(organization.description)),
        assured_by=clean(service.assured_by),
        what=clean(service.what),
        hours_note=clean(service.hours_note),
        interpretation=clean(service.interpretation),
        cost=clean(service.cost),
        apply=clean(service.apply),
        eligibility=clean(service.eligibility),
        documents=tuple(one for one in map(clean, service.documents) if one),
        phones=tuple(replace(one, note=clean(one.note)) for one in service.phones),
        in_other={tag: kept for tag, texts in service.in_other.items() if (kept := _texts(texts, clean))},
        extra={part: kept for part, value in service.extra.items() if (kept := _pruned(part, value, clean))},
    )


def _texts(texts: Mapping[str, str], clean: Callable[[str], str]) -> dict[str, str]:
    return {name: kept for name, text in texts.items() if (kept := clean(text))}


def _pruned(name: str, value: Any, clean: Callable[[str], str]) -> Any:
    """Return a value without fields that say where something is, and texts that do."""
    if name in OF_WHERE:
        return None
    if isinstance(value, Mapping):
        of_map = _ON_A_MAP if name == "service_areas" else ()
        return {
            one: kept
            for one, inner in value.items()
            if one not in of_map and (kept := _pruned(one, inner, clean)) not in (None, "")
        }
    if isinstance(value, list):
        return [kept for one in value if (kept := _pruned(name, one, clean)) not in (None, "")]
    return clean(value) if isinstance(value, str) else value


def _said(value: Any, clean: Callable[[str], str]) -> Any:
    """Return a value without texts that say where something is, every other field kept."""
    if isinstance(value, Mapping):
        return {one: kept for one, inner in value.items() if (kept := _said(inner, clean)) not in _NOTHING}
    if isinstance(value, list):
        return [kept for one in value if (kept := _said(one, clean)) not in _NOTHING]
    return clean(value) if isinstance(value, str) else value


def _clean(text: str, keys: Keys, looks: bool) -> str:
    """Return a text without the sentences that say where something is."""
    kept = [one for one in _sentences(text, streets_in(text)) if not _says(one, keys, looks)]
    rest = " ".join(kept)
    # What is written so that it does not look like it may be split in its middle: then none of it is sure.
    return "" if is_veiled(rest) and _says(rest, keys, looks) else rest


def _says(text: str, keys: Keys, looks: bool) -> bool:
    return has_key(text, keys) or leads_to_a_map(text) or (looks and bool(street_in(text)))


def _sentences(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Return the sentences of a text; a stop inside one of these spans ends none."""
    start = 0
    for found in _NEXT.finditer(text):
        if not any(first < found.start() < last for first, last in spans):
            yield text[start : found.start()]
            start = found.end()
    yield text[start:]
