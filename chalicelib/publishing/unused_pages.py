"""Garbage collection of pages that no release names: marked first, and deleted a day later at the earliest.

Whoever publishes may name such a page again at any moment. So one list says which are marked and which are
being deleted, and is changed by conditional writes: a publish takes its pages off the list, or waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.publishing.going_live import KEPT_FOR

LOOKS_EVERY = timedelta(days=1)
LASTS = timedelta(minutes=15)  # longer than any run: who was deleting for so long was stopped


@dataclass(frozen=True, slots=True)
class UnusedPages:
    """The list: `marked` folders with when they were first found unnamed, and those `going` now."""

    looked: datetime | None = None
    marked: Mapping[str, datetime] = field(default_factory=dict)
    going: tuple[str, ...] = ()

    def is_due(self, now: datetime) -> bool:
        """Say whether it is time to look again, or whether somebody was stopped while deleting."""
        return self.looked is None or now - self.looked >= (LASTS if self.going else LOOKS_EVERY)

    def is_held(self, folders: Collection[str], now: datetime) -> bool:
        """Say whether one of these is being deleted at this moment."""
        at_work = self.looked is not None and now - self.looked < LASTS
        return at_work and not {*folders}.isdisjoint(self.going)

    def looked_at(
        self, written: Mapping[str, datetime], named: Collection[str], now: datetime
    ) -> UnusedPages:
        """Return the list after a look: `written` says of each folder when its last page was.

        A folder goes when two looks found it unnamed and it is older than KEPT_FOR.
        """
        unnamed = [one for one, when in written.items() if one not in named and now - when > KEPT_FOR]
        going = [one for one in unnamed if one in self.marked and now - self.marked[one] >= LOOKS_EVERY]
        again = [one for one in self.going if one in written and one not in named]
        marked = {one: self.marked.get(one, now) for one in unnamed if one not in going}
        return UnusedPages(now, marked, tuple(sorted({*going, *again})))

    def gone(self) -> UnusedPages:
        """Return the list once what was going is gone."""
        return replace(self, going=())

    def without(self, folders: Collection[str]) -> UnusedPages:
        """Return the list without folders that are named again."""
        marked = {one: when for one, when in self.marked.items() if one not in folders}
        return replace(self, marked=marked, going=tuple(one for one in self.going if one not in folders))

    def written(self) -> dict[str, Any]:
        """Return the list as JSON holds it."""
        return {
            "looked": self.looked.isoformat() if self.looked else None,
            "marked": {one: when.isoformat() for one, when in sorted(self.marked.items())},
            "going": list(self.going),
        }


def read_unused(content: Mapping[str, Any]) -> UnusedPages:
    """Read the list back. Raises KeyError, TypeError, ValueError for what is none."""
    looked, going = content["looked"], tuple(str(one) for one in content["going"])
    marked = {str(one): datetime.fromisoformat(when) for one, when in content["marked"].items()}
    return UnusedPages(datetime.fromisoformat(looked) if looked else None, marked, going)
