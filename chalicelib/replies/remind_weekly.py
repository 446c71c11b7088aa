"""The weekly reminder: one note a week to each office that said that it writes back, with its open cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta

from chalicelib.directory.ports import RecipientBook
from chalicelib.replies.ports import WEEKLY, InboxNote, InboxNotes
from chalicelib.reporting.cases import DELIVERED, Delivery, SealedReport
from chalicelib.reporting.ports import Counters

NAMED_MOST = 40  # case numbers in one reminder, the oldest
GRACE = timedelta(days=3)  # since a report was delivered: nobody is reminded of what came over the weekend
_HOUR = time(15)  # of Monday, in UTC: a morning in the states
_KEPT = timedelta(days=21)


class RemindWeekly:
    """Notes each Monday, or later in the week when nothing ran then, which cases nobody has replied to.

    A reply of one digit ("closed") is a reply. `survey` returns every kept report.
    """

    def __init__(
        self,
        survey: Callable[[datetime], Iterable[SealedReport]],
        directory: RecipientBook,
        notes: InboxNotes,
        marks: Counters,
    ) -> None:
        self._survey = survey
        self._directory = directory
        self._notes = notes
        self._marks = marks

    def __call__(self, now: datetime) -> int:
        """Add the notes of this ISO week, once; return how many. Raises StoreUnavailable.

        Each office is marked first: whatever stops this in the middle, nobody is reminded twice.
        """
        monday = datetime.combine(now.date() - timedelta(days=now.weekday()), _HOUR, now.tzinfo)
        week = f"weekly {now:%G-W%V}"
        offices = [one for one in self._directory.recipients() if one.answers]
        if now < monday or not offices or self._marks.marked(week):
            return 0
        waiting = self._waiting(now)
        added = 0
        for office in offices:
            numbers = waiting.get(office.id, [])
            if numbers and self._marks.mark(f"{week} {office.id}", now + _KEPT):
                many = str(len(numbers)) if len(numbers) > NAMED_MOST else ""
                note = InboxNote(office.id, WEEKLY, tuple(numbers[:NAMED_MOST]), f"{monday:%Y-%m-%d}", many)
                added += self._notes.add(note, now + _KEPT)
        self._marks.mark(week, now + _KEPT)
        return added

    def _waiting(self, now: datetime) -> dict[str, list[str]]:
        """Return the case numbers that each office has not replied to, oldest first."""
        found: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        for report in self._survey(now):
            for copy in () if report.is_message else report.deliveries:
                if _waits(copy, now):
                    found[copy.recipient].append((report.taken_at, report.case_number))
        return {office: [number for _, number in sorted(theirs)] for office, theirs in found.items()}


def _waits(copy: Delivery, now: datetime) -> bool:
    return copy.state == DELIVERED and copy.replied_at is None and now - copy.changed_at >= GRACE
