"""Retention of conversations: they go with their report, by whomever that was deleted.

DynamoDB's own TTL may delete a report before the sweep does, and a sweep may die in between: so once a day
those are found whose report is gone. What is found by neither expires by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from chalicelib.reporting.ports import Counters

_KEPT = timedelta(days=3)


class ForgetReplies:
    """Deletes conversations with all that belongs to them.

    `kept` returns the report ids of all conversations, `drop` deletes that of a report.
    """

    def __init__(
        self, kept: Callable[[], Iterable[str]], drop: Callable[[str], object], marks: Counters
    ) -> None:
        self._kept = kept
        self._marks = marks
        self.drop = drop

    def to_look_at(self, now: datetime) -> Collection[str]:
        """Return the report ids of all conversations, once a day, and none later on it.

        They are read before the reports: one that begins meanwhile is not among them. Raises
        StoreUnavailable.
        """
        if not self._marks.mark(f"conversations {now:%Y-%m-%d}", now + _KEPT):
            return ()
        return set(self._kept())
