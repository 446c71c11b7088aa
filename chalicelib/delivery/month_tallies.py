"""Monthly sums of cases: what is counted of a case, by town and office, and the record in which sums lie.

A case is counted while it is still there, and marked as counted in the same write; the mark goes after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.delivery.shown_figures import EDGES, REPLY_EDGES, Counts, Shown, show
from chalicelib.reporting.cases import (
    DELIVERED,
    HELD,
    LOST,
    QUEUED,
    SENT,
    WATCH_AFTER,
    Delivery,
    SealedReport,
)
from chalicelib.shared.time_zones import local_time

TOWN = ""  # the counts of a town's reports, beside those of each office's copies
BEFORE = timedelta(days=3)  # so long before its end a case is counted: DynamoDB may delete it on the minute
MARKS_STAY = timedelta(days=2)  # after a case's end: longer than any sweep that has read it still runs
MOST_MARKS = 8000  # in one record, which may have 400 KB: the others are counted in the next hours
KEPT = timedelta(days=500)  # after a month's first day: twelve months, this one, and some to spare

Tallies = Mapping[str, Counts]


@dataclass(frozen=True, slots=True)
class MonthSum:
    """The sums of one town's month ("2026-11"): of cases that are about to go, or are gone.

    `raw` are exact counts, by office, TOWN among them, kept until the month's last case is gone; then they
    are `settled` and only what screens show is left. `marks` names the counted cases and when the mark may
    go. `partial` says that some cases were older than what is counted. `version` is for the optimistic lock.
    """

    month: str
    place: str
    raw: Tallies = field(default_factory=dict)
    settled: Mapping[str, Shown] = field(default_factory=dict)
    marks: Mapping[str, datetime] = field(default_factory=dict)
    partial: bool = False
    version: int = 0

    def with_cases(self, cases: Iterable[SealedReport], now: datetime) -> MonthSum:
        """Return the sums with these cases counted: none that has a mark, and not more than fit."""
        raw, marks, partial = dict(self.raw), dict(self.marks), self.partial
        for case in cases:
            mark = mark_of(case)
            if mark in marks or len(marks) >= MOST_MARKS:
                continue
            add_to(raw, tallies_of(case, now))
            marks[mark] = (case.expires_at or now) + MARKS_STAY
            partial = partial or is_partial(case)
        return self if marks == self.marks else replace(self, raw=raw, marks=marks, partial=partial)

    def without_marks(self, there: Collection[str], now: datetime) -> MonthSum:
        """Return the sums without the marks of cases that are gone for good; `there` has the others."""
        marks = {mark: until for mark, until in self.marks.items() if mark in there or until > now}
        return self if len(marks) == len(self.marks) else replace(self, marks=marks)

    def when_over(self, this_month: str) -> MonthSum:
        """Return the sums settled, if the month is over and no mark is left: nothing exact outlives it."""
        if self.month >= this_month or self.marks or not self.raw:
            return self
        shown = {
            office: self.settled.get(office, Shown()) + show(counts) for office, counts in self.raw.items()
        }
        return replace(self, raw={}, settled={**self.settled, **shown})


def mark_of(case: SealedReport) -> str:
    """Return the mark of a counted case: 64 bits of a hash, which lead to nothing."""
    return hashlib.sha256(b"porchlight counted " + case.id.encode()).hexdigest()[:16]


def month_of(moment: datetime, zone: str) -> str:
    """Return the month that a moment is in, by a time zone's clocks: "2026-11"."""
    return f"{local_time(moment, zone):%Y-%m}"


def add_to(sums: dict[str, Counts], more: Tallies) -> None:
    """Add counts to others, office by office."""
    for office, counts in more.items():
        sums[office] = sums.get(office, Counts()) + counts


def is_partial(case: SealedReport) -> bool:
    """Say whether a case is older than the steps of its deliveries: some of it cannot be counted."""
    return any(one.state not in (QUEUED, HELD) and not one.past for one in case.deliveries)


def tallies_of(case: SealedReport, now: datetime) -> Tallies:
    """Return what one case counts: once for its town, once for each office that it was addressed to."""
    waits_for_word = case.answered_at is None
    overdue = waits_for_word and case.taken_at + WATCH_AFTER <= now
    lost = [one for one in case.deliveries if one.state in LOST and one.replied_at is None]
    last = max((one.changed_at for one in case.deliveries), default=case.taken_at)
    town = Counts(
        reports=1,
        taken=int(case.reached_all()),
        held=int(bool(case.held) or any(map(_was_held, case.deliveries))),
        failed=int(bool(lost)),
        unanswered=int((waits_for_word and bool(lost)) or (overdue and not case.reached_all())),
        slower=_slower(last - case.taken_at) if case.reached_all() else Counts().slower,
        **_replied(case.deliveries),
    )
    offices: dict[str, Counts] = {}
    for one in case.deliveries:
        add_to(offices, {one.recipient: _copy(case, one, overdue)})
    return {TOWN: town, **offices}


def _copy(case: SealedReport, copy: Delivery, overdue: bool) -> Counts:
    taken = copy.state == DELIVERED or copy.replied_at is not None
    failed = copy.state in LOST and not taken
    return Counts(
        reports=1,
        taken=int(taken),
        held=int(_was_held(copy)),
        failed=int(failed),
        unanswered=int((failed and case.answered_at is None) or (overdue and not taken)),
        slower=_slower(copy.changed_at - case.taken_at) if taken else Counts().slower,
        **_replied([copy]),
    )


def _replied(copies: Iterable[Delivery]) -> dict[str, Any]:
    """Return what says whether somebody replied to any of these copies, and how soon the first one did."""
    waits = [max(timedelta(), one.replied_at - _arrived(one)) for one in copies if one.replied_at is not None]
    return {"replied": 1, "replied_slower": _longer(min(waits), REPLY_EDGES)} if waits else {}


def _arrived(copy: Delivery) -> datetime:
    """Return when a copy arrived; where no notice says so, when it was sent."""
    sent = [at for state, at in copy.past if state == SENT]
    return copy.changed_at if copy.state in (DELIVERED, SENT) or not sent else sent[-1]


def _was_held(copy: Delivery) -> bool:
    return copy.digest or copy.state == HELD or any(state == HELD for state, _ in copy.past)


def _slower(wait: timedelta) -> tuple[int, ...]:
    return _longer(wait, EDGES)


def _longer(wait: timedelta, edges: Iterable[int]) -> tuple[int, ...]:
    minutes = wait / timedelta(minutes=1)
    return tuple(int(minutes > edge) for edge in edges)
