"""Monthly sums, written before retention deletes a case: by conditional write, each case exactly once.

A record of sums names the cases in it until they are gone. Who writes it has read it, and an optimistic lock
refuses whoever was overtaken: a killed, repeated or parallel run finds what another has done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from chalicelib.delivery.month_tallies import BEFORE, MonthSum, mark_of, month_of
from chalicelib.delivery.ports import MonthSums
from chalicelib.reporting.cases import SealedReport
from chalicelib.shared.errors import StaleRecord
from chalicelib.shared.time_zones import ZoneOf

LONG_AGO = timedelta(days=400)  # what ended so long ago is nowhere, even if no sweep ran
WAITS = timedelta(days=1)  # a case that could not be counted is deleted no later than this after its end
_REPORT = "report#"
_Month = tuple[str, str]  # and the place


class SumMonths:
    """Counts what is about to go, forgets the names of what is gone, and settles months that are over."""

    def __init__(
        self,
        survey: Callable[[datetime], Iterable[SealedReport]],
        sums: MonthSums,
        zone_of: ZoneOf,
    ) -> None:
        """`survey` returns every stored case whose end comes after a moment."""
        self._survey = survey
        self._sums = sums
        self._zone_of = zone_of

    def __call__(self, now: datetime) -> Collection[str]:
        """Write the sums; return the keys of cases whose end has come and that are in none yet."""
        self._sums.begin(now)
        # Read before the cases: whoever writes a record meanwhile makes our own write of it fail.
        sums = {(one.month, one.place): one for one in self._sums.all()}
        marked = {mark for one in sums.values() for mark in one.marks}
        there: set[str] = set()
        months: set[_Month] = set()
        closing: dict[_Month, list[SealedReport]] = defaultdict(list)
        for case in self._survey(now - LONG_AGO):
            if case.is_message:
                continue  # it belongs to a report that is counted
            mark = mark_of(case)
            month = month_of(case.taken_at, self._zone_of(case.place)), case.place
            there.add(mark)
            months.add(month)
            if mark not in marked and case.expires_at is not None and case.expires_at <= now + BEFORE:
                closing[month].append(case)
        waiting: set[str] = set()
        for month in sorted({*sums, *closing}):
            before = sums.get(month) or MonthSum(*month)
            changed = before.without_marks(there, now).with_cases(closing[month], now)
            if month not in months:
                changed = changed.when_over(month_of(now, self._zone_of(month[1])))
            saved = before if not self._saved(before, changed) else changed
            waiting.update(_late(closing[month], saved, now))
        return waiting

    def _saved(self, before: MonthSum, changed: MonthSum) -> bool:
        if changed is before:
            return True
        try:
            self._sums.save(changed)
        except StaleRecord:  # overtaken, or an answer of our own was lost: the next sweep reads it anew
            return False
        return True


def _late(cases: Iterable[SealedReport], saved: MonthSum, now: datetime) -> Iterable[str]:
    """Return the keys of those whose end has come, that are not counted and may wait for the next sweep."""
    return [
        _REPORT + case.id
        for case in cases
        if mark_of(case) not in saved.marks
        and case.expires_at is not None
        and now - WAITS < case.expires_at <= now
    ]
