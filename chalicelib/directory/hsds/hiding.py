"""Hiding of confidential services (redaction): their address is kept in no field and in no sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.directory.hsds.folding import folded
from chalicelib.directory.hsds.shapes import OF_WHERE
from chalicelib.directory.service_entries import entry_of
from chalicelib.directory.services import Service
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
_STREET = re.compile(
    r"\b\d{1,6}(?:-\d+)?(?:\s*1/2)?\s+(?:[NSEW]{1,2}\.?\s+)?(?:[\w'’.-]+\s+){1,4}?"
    r"(?:st|street|ave?|avenue|rd|road|blvd|boulevard|dr|drive|ln|lane|way|ct|court|pl|place|hwy|highway|"
    r"pkwy|parkway|ter|terrace|cir|circle|plaza|square|sq)\b\.?"
    r"|\b\d{1,6}\s+(?:calle|avenida|camino|paseo|v[ií]a)\s+\w+"
    r"|\b(?:calle|avenida|camino|paseo|v[ií]a)\s+(?:[\w'’.-]+,?\s+){1,4}?#?\d{1,6}\b"
    r"|\b-?\d{1,2}\.\d{4,},\s*-?\d{1,3}\.\d{4,}",
    re.IGNORECASE,
)
_NEXT = re.compile(r"(?<=[.!?;])\s+(?![a-z])")
_SHORTEST = 5  # characters of a text that says where something is: less would be found anywhere


class CannotHide(PorchlightError):
    """A confidential service says in its name where it is: refuse it, and say so."""

    def __init__(self, field: str, says: str) -> None:
        super().__init__(f"{field}: {says}")
        self.field, self.says = field, says


def is_hiding(service: Service) -> bool:
    """Say whether nobody may learn where a service is: it, its needs or its words say so."""
    return (
        service.hides_where
        or bool(_NAMES.search(service.name))
        or any(_SENTENCES.search(text) for text in (service.what, service.apply, service.eligibility))
    )


def without_where(service: Service, where: Sequence[str]) -> tuple[Service, bool]:
    """Return a service marked as confidential that nowhere says where it is, and whether it did.

    `where` are texts that say it, such as the street of its address. Sentences with one of them, or with what
    looks like a street, are left out. Raises CannotHide where its name has one.
    """
    known = [folded(one) for one in where if len(folded(one)) >= _SHORTEST]
    if service.address and len(folded(service.address.street)) >= _SHORTEST:
        known.append(folded(service.address.street))

    def clean(text: str) -> str:
        return _clean(text, known)

    for field, text in (("name", service.name), ("organization", service.organization.name)):
        if clean(text) != text:
            raise CannotHide(field, "it says where a confidential service is: write a name without a street")
    hidden = _cleaned(service, clean)
    if not hidden.what:
        raise CannotHide(
            "description", "all of it says where a confidential service is: write what it offers"
        )
    written = folded(json.dumps(entry_of(hidden), ensure_ascii=False))
    if any(one in written for one in known):
        raise CannotHide("", "another field says where a confidential service is: take the address out of it")
    return hidden, replace(hidden, confidential=service.confidential) != service


def says_where(text: str, streets: Sequence[str] = ()) -> str:
    """Return the first of these streets, or what looks like one, that stands in a text; or nothing."""
    plain = folded(text)
    known = (one for one in streets if len(folded(one)) >= _SHORTEST and folded(one) in plain)
    street = _STREET.search(text)
    return next(known, street[0].rstrip(".") if street else "")


def _cleaned(service: Service, clean: Callable[[str], str]) -> Service:
    organization = service.organization
    return replace(
        service,
        confidential=True,
        address=None,
        organization=replace(organization, description=clean(organization.description)),
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
        return {
            one: kept
            for one, inner in value.items()
            if (kept := _pruned(one, inner, clean)) not in (None, "")
        }
    if isinstance(value, list):
        return [kept for one in value if (kept := _pruned("", one, clean)) not in (None, "")]
    return clean(value) if isinstance(value, str) else value


def _clean(text: str, known: Sequence[str]) -> str:
    """Return a text without the sentences that say where something is."""
    spans = [found.span() for found in _STREET.finditer(text)]
    kept = [one for one in _sentences(text, spans) if not any(word in folded(one) for word in known)]
    return " ".join(kept)


def _sentences(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Return the sentences of a text that none of these spans touches; a stop inside a span ends none."""
    start = 0
    ends = [
        found.span()
        for found in _NEXT.finditer(text)
        if not any(first < found.start() < last for first, last in spans)
    ]
    for end, following in (*ends, (len(text), len(text))):
        if end > start and not any(first < end and last > start for first, last in spans):
            yield text[start:end]
        start = following
