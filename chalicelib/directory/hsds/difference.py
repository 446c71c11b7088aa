"""Difference of an import (diff by stable id): what it adds, changes and retires, before it is taken in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

from chalicelib.directory.hsds.door import Imported
from chalicelib.directory.hsds.hiding import CannotHide, without_where
from chalicelib.directory.service_stamps import fell, with_mark_that_holds
from chalicelib.directory.services import RETIRED, Service

MOST_RETIRED = 0.05  # of what is there; more of it needs somebody's yes
# What an import cannot know: a person wrote it here, and it stays.
_OURS = ("serves", "mark", "shown_first")
# The day and the source of a reading: new with each import, and no change of what is offered.
_NO_CHANGE = ("read_on", "sources")


@dataclass(frozen=True, slots=True)
class Difference:
    """What an import would do. `changed` says of each id which fields; `same` counts those that stay.

    `goes_too_far` says that it would retire more than a twentieth of what is there: ask first.
    """

    added: tuple[Service, ...]
    changed: Mapping[str, tuple[str, ...]]
    after: Mapping[str, Service]
    retired: tuple[Service, ...]
    same: int
    goes_too_far: bool

    @property
    def is_nothing(self) -> bool:
        """Say whether nothing would change."""
        return not (self.added or self.changed or self.retired)

    def services(self, old: Iterable[Service]) -> tuple[Service, ...]:
        """Return all services as they are when the import is taken in: retired ones stay, and say so."""
        gone = {one.id for one in self.retired}
        kept = [
            replace(one, status=RETIRED) if one.id in gone else self.after.get(one.id, one) for one in old
        ]
        return (*kept, *self.added)


def difference(old: Iterable[Service], new: Imported) -> Difference:
    """Compare what is there, of one source, with what an import brings.

    A file that has not all of its source, or has refusals, retires nothing.
    """
    before = {one.id: one for one in old}
    after = {one.id: carried(before[one.id], one) if one.id in before else one for one in new.services}
    changed = {
        own_id: names
        for own_id, one in after.items()
        if own_id in before and (names := changed_fields(before[own_id], one))
    }
    there = [one for one in before.values() if one.status != RETIRED]
    gone = [one for one in there if one.id not in after] if new.whole else []
    closing = [
        own_id for own_id in changed if after[own_id].status == RETIRED and before[own_id].status != RETIRED
    ]
    return Difference(
        added=tuple(one for own_id, one in after.items() if own_id not in before),
        changed=changed,
        after={own_id: after[own_id] for own_id in after if own_id in before},
        retired=tuple(gone),
        same=len(after) - len(changed) - sum(own_id not in before for own_id in after),
        goes_too_far=len(gone) + len(closing) > MOST_RETIRED * len(there),
    )


def changed_fields(before: Service, after: Service) -> tuple[str, ...]:
    """Return the names of the fields in which two records of a service differ."""
    return tuple(
        one.name
        for one in fields(Service)
        if one.name not in _NO_CHANGE and getattr(before, one.name) != getattr(after, one.name)
    )


def carried(before: Service, after: Service) -> Service:
    """Return what an import says of a service, with what only people here know of it.

    Whose place it is, its marks and translations stay; so does a confirmation unless the import has a later
    one. Where the import says something else, the confirmation goes, and so does the mark CONFIRMED with a
    name or a way to reach it. A confidential service stays confidential, whatever a file says; or nothing of
    it changes.
    """
    kept: dict[str, object] = {name: getattr(before, name) for name in _OURS}
    # A sentence that changed lost its translation: it would say what is no longer so.
    still = {
        tag: {name: text for name, text in texts.items() if getattr(before, name) == getattr(after, name)}
        for tag, texts in before.in_other.items()
    }
    merged = {
        tag: {**still.get(tag, {}), **after.in_other.get(tag, {})} for tag in {**still, **after.in_other}
    }
    kept["in_other"] = {tag: texts for tag, texts in merged.items() if texts}
    whole = replace(after, **kept)  # type: ignore[arg-type]
    if before.hides_where and not whole.confidential:
        try:
            whole = without_where(whole, ())[0]
        except CannotHide:
            return before
    return _stamped(before, whole)


def _stamped(before: Service, after: Service) -> Service:
    """Return a service with the stamps that still hold: its own later confirmation, else that of before."""
    after = with_mark_that_holds(before, after)
    if after.assured_on and (before.assured_on is None or after.assured_on > before.assured_on):
        return after
    if before.assured_on and not fell(before, after):
        return replace(after, assured_on=before.assured_on, assured_by=before.assured_by)
    return replace(after, assured_on=None, assured_by="")
