"""Door of an import (validation): what a file may bring in, what it may not, and why, in a clerk's words.

Every reader of files gathers here. A service that comes out is one that the strict reader takes, stands once
in its file, says of its organization what its neighbours say, and hides where it is if it is of that kind.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chalicelib.directory.contacts import SINGLE
from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.gazetteer import NOWHERE, Gazetteer
from chalicelib.directory.hsds.folding import folded
from chalicelib.directory.hsds.hiding import (
    CannotHide,
    is_hiding,
    organization_without_where,
    says_any,
    streets_of,
    without_streets,
    without_where,
)
from chalicelib.directory.hsds.where_words import Keys, has_key, keys_of
from chalicelib.directory.places import Places
from chalicelib.directory.service_entries import entry_of, is_no_text, read_service
from chalicelib.directory.services import Organization, Service
from chalicelib.shared.errors import PorchlightError

_LEFT_OUT = "where a confidential service is was left out"
_SAYS_OTHERS = "it says where another, confidential service is: take that out"
_MOST_NAMED = 5
_AS_OURS: Mapping[str, str] = {}  # names of fields, where a file has ours


class Refused(PorchlightError):
    """One record cannot be taken in: name its field, and say what to write instead."""

    def __init__(self, field_name: str, says: str) -> None:
        super().__init__(f"{field_name}: {says}")
        self.field, self.says = field_name, says


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a file: which record, which field, and a sentence for the clerk who brought it."""

    file: str
    record: str
    field: str
    says: str

    def __str__(self) -> str:
        return f"{', '.join(one for one in (self.file, self.record, self.field) if one)}: {self.says}"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one file may hold."""

    size: int = 200_000_000  # bytes; 20,000 services as we write them have 110 million
    records: int = 50_000
    depth: int = 30
    remarks: int = 1_000


@dataclass(frozen=True, slots=True)
class Door:
    """What is the same for all of a file: the place it is for, where it is from, and the day.

    `key` goes before ids that may be others' too, such as row numbers. `own` says that it is our own export,
    which may say places, marks and sources itself. `needs` are those of a record that says none;
    `where` knows counties by name, and those of ZIPs and towns.
    """

    places: Places
    serves: str
    source: str
    read_on: date
    key: str = "import"
    own: bool = False
    mark: str = SINGLE
    needs: tuple[str, ...] = ("talk",)
    where: Gazetteer = NOWHERE
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file brings: services, refusals, and notes of what was changed or left out.

    A file with refusals is best not taken in at all. `whole` says whether it has all that its source has: one
    page of many has not, nor has a file with refusals, so nothing may be retired for its sake.
    """

    services: tuple[Service, ...]
    refusals: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()
    whole: bool = True


class Gathering:
    """The records of one file on their way in."""

    def __init__(self, file: str, door: Door) -> None:
        self.file, self.door = file, door
        self.whole = True
        self._services: dict[str, Service] = {}
        self._times: Counter[str] = Counter()
        self._records: dict[str, list[str]] = {}
        self._organizations: dict[str, Organization] = {}
        self._hidden: dict[str, list[str]] = {}  # what says where, by the organization of who hides
        self._at_locations: dict[str, str] = {}
        self._refusals: list[Remark] = []
        self._notes: dict[tuple[str, str], tuple[str, int]] = {}

    def refuse(self, record: str, field_name: str, says: str) -> None:
        """Note why a record, or the whole file, is not taken."""
        if len(self._refusals) < self.door.limits.remarks:
            self._refusals.append(Remark(self.file, record, field_name, says))

    def note(self, record: str, field_name: str, says: str) -> None:
        """Note what was changed or left out; the same about many records is one note."""
        first, times = self._notes.get((field_name, says), (record, 0))
        if times or len(self._notes) < self.door.limits.remarks:
            self._notes[field_name, says] = (first, times + 1)

    def is_full(self, number: int) -> bool:
        """Say whether this record, counted from one, is too many; the first such refuses the file."""
        if number == self.door.limits.records + 1:
            self.refuse("", "", f"it has more than {self.door.limits.records:,} records: bring it in parts")
        return number > self.door.limits.records

    @property
    def is_empty(self) -> bool:
        """Say whether there was neither a service nor a refusal so far."""
        return not self._times and not self._refusals

    def add(
        self, record: str, service: Service, where: Sequence[str], called: Mapping[str, str] = _AS_OURS
    ) -> None:
        """Take in a service; `where` are texts that say where it is. Reasons against it become refusals.

        `called` are names of our fields, as the file calls them.
        """
        self._times[service.id] += 1
        self._records.setdefault(service.id, []).append(record)
        if self._times[service.id] > 1:
            return
        try:
            service = self._of_one_organization(record, service)
            said = service
            service = self._hide(record, service, where) if is_hiding(service) else service
            self._check_at_locations(said)
            self._services[service.id] = read_service(entry_of(service), self.door.places, None)
        except (CannotHide, Refused) as error:
            self.refuse(record, error.field, error.says)
        except ContentInvalid as error:
            self.refuse(record, *by_field(str(error).removeprefix(f"service {service.id}: "), called))

    def result(self) -> Imported:
        """Return what came in, without records that stand in the file more than once."""
        self._hide_neighbours()
        for service_id, times in self._times.items():
            if times > 1:
                self._services.pop(service_id, None)
                first, *others = self._records[service_id]
                named = ", ".join(one for one in others[:_MOST_NAMED] if one != first)
                also = f" ({named}{' and more' if len(others) > _MOST_NAMED else ''})" if named else ""
                says = f"{service_id} stands in this file {times} times{also}: an id belongs to one service"
                self.refuse(first, "id", says)
        return Imported(
            services=tuple(self._services.values()),
            refusals=tuple(self._refusals),
            notes=tuple(self._notes_in_words()),
            whole=self.whole and not self._refusals,
        )

    def _notes_in_words(self) -> Iterable[Remark]:
        for (field_name, says), (first, times) in self._notes.items():
            many = f" (and {times - 1:,} more records)" if times > 1 else ""
            yield Remark(self.file, first, field_name, f"{says}{many}")

    def _hide(self, record: str, service: Service, where: Sequence[str]) -> Service:
        there = self._hidden.setdefault(service.organization.id, [])
        there += [*where, *streets_of(service)]
        hidden, changed = without_where(service, where)
        if changed:
            self.note(record, "address", _LEFT_OUT)
        return hidden

    def _hide_neighbours(self) -> None:
        """Let no record of the file say where another one hides, nor what it says of its organization."""
        keys = keys_of((one for there in self._hidden.values() for one in there), shared=True)
        for own_id, service in [*self._services.items()]:
            record = self._records[own_id][0]
            try:
                mended = self._beside_hidden(service, keys)
                if mended != service:
                    self._services[own_id] = read_service(entry_of(mended), self.door.places, None)
                    self.note(record, "address", _LEFT_OUT)
            except (CannotHide, ContentInvalid) as error:
                del self._services[own_id]
                self.refuse(record, getattr(error, "field", ""), getattr(error, "says", _SAYS_OTHERS))

    def _beside_hidden(self, service: Service, keys: Keys) -> Service:
        own_id = service.organization.id
        if own_id in self._hidden:
            whole = self._organizations[own_id]
            service = replace(service, organization=organization_without_where(whole, self._hidden[own_id]))
        if not says_any(service, keys):
            return service
        where = [one for there in self._hidden.values() for one in there]
        if any(has_key(one, keys) for one in streets_of(service)):  # they share a location
            return without_where(service, where)[0]
        return without_streets(service, where)

    def _check_at_locations(self, service: Service) -> None:
        """Note whose each id of a service at a location is. Raises Refused for one that another has."""
        first = service.extra.get("service_at_location", {})
        for one in (first, *service.extra.get("more_locations", ())):
            own_id = one.get("id")
            if own_id and self._at_locations.setdefault(own_id, service.id) != service.id:
                says = f"{own_id} is that of another service, too: an id belongs to one"
                raise Refused("service_at_locations", says)

    def _of_one_organization(self, record: str, service: Service) -> Service:
        """Let all services of an organization say the same of it: what its first one says, filled up."""
        known = self._organizations.setdefault(service.organization.id, service.organization)
        if known == service.organization:
            return service
        self.note(record, "organization", "it is described in more than one way: the first one counts")
        return replace(service, organization=known)


def by_field(says: str, called: Mapping[str, str]) -> tuple[str, str]:
    """Return the field that a sentence about one of ours begins with, as the file calls it, and the rest."""
    found = re.fullmatch(r"([a-z_]+)(:?) (.*)", says, re.DOTALL)
    if not found or found[1] not in called:
        return "", says
    rest = re.sub(r"\b[a-z]+_[a-z]+\b", lambda one: called.get(one[0], one[0]), found[3])
    return called[found[1]], rest if found[2] else f"it {rest}"


def one_line(value: Any) -> str:
    """Return a text in one line, without signs that are not printed and spaces around it."""
    text = str(value)
    if not text.isprintable():
        text = "".join(" " if is_no_text(one) else one for one in text)
    return " ".join(text.split())


def web_address(value: str) -> tuple[str, bool]:
    """Return a web address as pages link to it, by https, and whether it had to be changed; "" for none.

    Raises ValueError, in words.
    """
    text = value.strip().rstrip(".,;")
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "https", text
    host, slash, path = rest.partition("/")
    plain = host.lower().removesuffix(":443").removesuffix(":80")
    labels = plain.split(".")
    fit = all(one and one.replace("-", "").isalnum() and one.isascii() for one in labels)
    if not text:
        return "", False
    if (
        scheme.lower() not in ("http", "https")
        or len(labels) < 2
        or not fit
        or any(one.isspace() for one in text)
    ):
        raise ValueError("it is no web address, such as https://example.org/help")
    address = f"https://{plain}{slash}{path}"
    return address, address != value


def slug_of(*texts: str) -> str:
    """Return a slug made of texts, or nothing where they have no letter or digit of ours."""
    letters = "".join(one if one.isascii() and one.isalnum() else "-" for one in folded("-".join(texts)))
    return "-".join(part for part in letters.split("-") if part)[:80].strip("-")
