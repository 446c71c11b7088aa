"""Retention of conversations: they stay as long as their report, and go with it, by whomever it was deleted.

DynamoDB's own TTL may delete a report before the sweep does, and a sweep may die in between: so once a day
those are found whose report is gone. What is found by neither expires by itself; of a report that is kept for
longer than that, under a legal hold say, the end is put off in time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from chalicelib.replies.conversation import KEPT, PUT_OFF_AFTER
from chalicelib.reporting.ports import Counters

_LOOKED = timedelta(days=3)  # how long a day's mark is kept


class ForgetReplies:
    """Deletes conversations with all that belongs to them, and keeps those that are to be kept.

    `begun` returns the report ids of all conversations and when each began, `drop` deletes that of a report,
    `lengthen` puts off its end.
    """

    def __init__(
        self,
        begun: Callable[[], Iterable[tuple[str, datetime]]],
        drop: Callable[[str], object],
        lengthen: Callable[[str, datetime], object],
        marks: Counters,
    ) -> None:
        self._begun = begun
        self._lengthen = lengthen
        self._marks = marks
        self._found: dict[str, datetime] = {}
        self.drop = drop

    def to_look_at(self, now: datetime) -> Collection[str]:
        """Return the report ids of all conversations, once a day, and none later on it.

        They are read before the reports: one that begins meanwhile is not among them. Raises
        StoreUnavailable.
        """
        due = self._marks.mark(f"conversations {now:%Y-%m-%d}", now + _LOOKED)
        self._found = dict(self._begun()) if due else {}
        return self._found.keys()

    def keep_on(self, report_id: str, now: datetime) -> None:
        """Keep the conversation of a report that is still there. Raises StoreUnavailable."""
        begun = self._found.get(report_id)
        if begun is not None and now - begun >= PUT_OFF_AFTER:
            self._lengthen(report_id, now + KEPT)
