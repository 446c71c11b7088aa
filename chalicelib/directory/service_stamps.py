"""Stamps of a service (review): “last confirmed”, and the mark CONFIRMED; each goes with what it stood for.

A confirmation stands for all that a reader is told, the mark for its name and the ways to reach it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace

from chalicelib.directory.contacts import CONFIRMED, SINGLE
from chalicelib.directory.services import Service

# What nobody reads on a page, or what says nothing of the service itself.
_NOT_CONFIRMED = ("mark", "sources", "read_on", "status", "shown_first", "in_other", "extra", "assured_on",
                  "assured_by")  # fmt: skip
_CONFIRMED = tuple(one.name for one in fields(Service) if one.name not in _NOT_CONFIRMED)
_READ = ("name", "phones", "email", "website", "address")


def fell(before: Service, after: Service) -> bool:
    """Say whether a confirmation of a service as it was says nothing of it as it is now."""
    return _differs(before, after, _CONFIRMED)


def with_mark_that_holds(before: Service, after: Service) -> Service:
    """Return a changed service with a lower mark where its name or a way to reach it is new."""
    if after.mark == CONFIRMED and _differs(before, after, _READ):
        return replace(after, mark=SINGLE)
    return after


def _differs(before: Service, after: Service, names: Iterable[str]) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in names)
