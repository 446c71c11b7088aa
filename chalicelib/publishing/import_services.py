"""Import of a file of services at the desk: a difference by stable id first, then a draft of their place.

What one list brought is compared with what it brings now; services from elsewhere stay as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chalicelib.directory.errors import ContentInvalid, DocumentInvalid
from chalicelib.directory.gazetteer import Gazetteer
from chalicelib.directory.hsds.difference import Difference, difference
from chalicelib.directory.hsds.door import Door, Imported, Limits, Remark, slug_of
from chalicelib.directory.hsds.hiding import organization_without_where
from chalicelib.directory.hsds.read_json import read_json
from chalicelib.directory.hsds.read_sheet import read_sheet
from chalicelib.directory.places import Places
from chalicelib.directory.service_entries import entry_of, read_service
from chalicelib.directory.services import Service
from chalicelib.publishing.documents import invisible_in
from chalicelib.publishing.edit_services import EditServices

OWN = "own"  # the source of a file that was exported here
LIMITS = Limits(size=5_000_000, records=10_000)
_LONGEST_KEY = 30
_AT_LEAST = 2  # services that share the name of their source: it is a list, and nobody who told us


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a file would do to the services of a place. `ours` are those there of the same list."""

    imported: Imported
    difference: Difference
    ours: Sequence[Service]

    @property
    def refusals(self) -> Sequence[Remark]:
        """Return why records are not taken."""
        return self.imported.refusals

    @property
    def notes(self) -> Sequence[Remark]:
        """Return what was changed or left out on the way in."""
        return self.imported.notes

    def asks(self) -> list[str]:
        """Return what needs a yes: "far" to retire many, "rest" to take the good records of a bad file."""
        asked = ["far"] if self.difference.goes_too_far else []
        return [*asked, "rest"] if self.refusals else asked


class ImportServices:
    """Compares a file with the services of a place, and makes a draft of it."""

    def __init__(self, edit: EditServices) -> None:
        self._edit = edit

    def lists(self, place: str) -> Sequence[str]:
        """Return the lists that services of a place came from. Raises EntryMissing, DocumentInvalid."""
        times = Counter(source for one in self._edit.services(place) for source in one.sources)
        return sorted(one for one, many in times.items() if many >= _AT_LEAST and "://" not in one)

    def look(self, place: str, name: str, data: bytes, source: str) -> Proposal:
        """Return what a file of this list, or of OWN, would do. Nothing is saved.

        Raises EntryMissing, DocumentInvalid.
        """
        return self.look_read(place, self._read(place, name, data, source), name, source)

    def look_read(self, place: str, brought: Imported, name: str, source: str) -> Proposal:
        """Return what would come of a file that was read already. Raises as `look`."""
        return self._proposal(place, self._edit.services(place), brought, name, source)

    def take(self, place: str, name: str, data: bytes, source: str, yes: Iterable[str], who: str) -> Proposal:
        """Make a draft of what a file brings, when `yes` has all that it asks; return what it did.

        Raises DocumentInvalid otherwise, and what saving a draft raises.
        """
        return self.take_read(place, self._read(place, name, data, source), name, source, yes, who)

    def take_read(
        self, place: str, brought: Imported, name: str, source: str, yes: Iterable[str], who: str
    ) -> Proposal:
        """Make a draft of what was read of a file already. Raises as `take`."""
        done: list[Proposal] = []
        agreed = set(yes)

        def put(services: list[Service]) -> Iterable[Service]:
            proposal = self._proposal(place, services, brought, name, source)
            if left := [one for one in proposal.asks() if one not in agreed]:
                raise DocumentInvalid(_ASKED[left[0]])
            if not proposal.imported.services and not proposal.difference.retired:
                raise DocumentInvalid("there is nothing in this file that could be taken")
            done[:] = [proposal]
            return _merged(services, proposal)

        self._edit.put_all(place, put, who)
        return done[0]

    def _read(self, place: str, name: str, data: bytes, source: str) -> Imported:
        self._edit.place_name(place)
        edit = self._edit
        return read_file(data, name, door_of(edit.places(), place, source, edit.today(place), edit.where()))

    def _proposal(
        self, place: str, services: Sequence[Service], brought: Imported, name: str, source: str
    ) -> Proposal:
        ours = services if source == OWN else [one for one in services if source in one.sources]
        kept = {one.id for one in ours}
        others = {**self._edit.ids(but=place), **{one.id: place for one in services if one.id not in kept}}
        fit = _only_fit(brought, name, place, others, self._edit.places())
        return Proposal(fit, difference(ours, fit), ours)


_ASKED = {
    "far": "this would retire more than one in twenty: say that this is meant",
    "rest": "some records of this file cannot be taken: mend them, or say that the others are to be taken",
}


def read_file(data: bytes, name: str, door: Door) -> Imported:
    """Return what is in a file, by what it looks like: HSDS JSON, else a sheet."""
    begins = data[:200].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")[:1]
    is_json = begins in (b"{", b"[") or name.lower().endswith((".json", ".jsonl", ".ndjson"))
    return (read_json if is_json else read_sheet)(data, name, door)


def door_of(
    places: Places, place: str, source: str, today: date, where: Gazetteer, limits: Limits = LIMITS
) -> Door:
    """Return what is the same for all of a file of this list, or of OWN."""
    own = source == OWN
    return Door(
        places,
        place,
        "an export of this desk" if own else source,
        today,
        key="import" if own else slug_of(source)[:_LONGEST_KEY].strip("-") or "import",
        own=own,
        where=where,
        limits=limits,
    )


def _only_fit(
    brought: Imported, name: str, place: str, others: Mapping[str, str], places: Places
) -> Imported:
    """Return what may come into a place: its own, with ids of nobody else, in letters that can be seen."""
    refusals = list(brought.refusals)
    fit = []
    for one in brought.services:
        if one.serves != place:
            says = f"it is a service of {one.serves}: bring it there"
            refusals.append(Remark(name, one.name, "serves", says))
        elif one.id in others:
            where = "from another source" if others[one.id] == place else f"at {others[one.id]}"
            refusals.append(Remark(name, one.name, "id", f"{one.id} is the id of a service {where}"))
        else:
            try:
                fit.append(_seen(one, places))
            except ContentInvalid as error:
                says = str(error).removeprefix(f"service {one.id}: ")
                refusals.append(Remark(name, one.name, "", says))
    whole = brought.whole and not refusals
    return Imported(tuple(fit), tuple(refusals), brought.notes, whole)


def _seen(service: Service, places: Places) -> Service:
    """Return a service without signs that nobody can see: no draft may hold them. Raises ContentInvalid."""
    entry = entry_of(service)
    clean = _clean(entry)
    return service if clean == entry else read_service(clean, places, None)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        if value.isprintable() or not invisible_in(value):
            return value
        return " ".join("".join(one for one in value if not invisible_in(one)).split())
    if isinstance(value, Mapping):
        return {name: _clean(one) for name, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list) else value


def _merged(services: Sequence[Service], proposal: Proposal) -> Iterable[Service]:
    """Return all services of a place with what an import did, in their order, new ones behind."""
    ours = {one.id for one in proposal.ours}
    after = {one.id: one for one in proposal.difference.services(proposal.ours)}
    known = {one.id for one in services}
    whole = [after[one.id] if one.id in ours else one for one in services]
    whole += [one for one in after.values() if one.id not in known]
    said = {one.organization.id: one.organization for one in proposal.imported.services}
    for one in whole:  # a file without the confidential service of an organization may say where it is
        new = said.get(one.organization.id)
        if new and one.hides_where and new != one.organization:
            said[new.id] = organization_without_where(new)
    return [replace(one, organization=said.get(one.organization.id, one.organization)) for one in whole]
