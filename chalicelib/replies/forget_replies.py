"""Retention of conversations: they stay as long as their report, and go with it, by whomever it was deleted.

DynamoDB's own TTL may delete a report before the sweep does, and a sweep may die in between: so once a day
those are found whose report is gone. What is found by neither expires by itself; of a report that is kept for
longer than that, under a legal hold say, the end is put off in time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.replies.conversation import KEPT, PUT_OFF_AFTER, Conversation
from chalicelib.replies.ports import ReplyShelf
from chalicelib.reporting.cases import SealedReport
from chalicelib.reporting.ports import Counters

_LOOKED = timedelta(days=3)  # how long a day's mark is kept


class ForgetReplies:
    """Deletes conversations with all that belongs to them, and keeps those that are to be kept.

    `begun` returns the report ids of all conversations, and when each began.
    """

    def __init__(
        self, shelf: ReplyShelf, begun: Callable[[], Iterable[tuple[str, datetime]]], marks: Counters
    ) -> None:
        self._shelf = shelf
        self._begun = begun
        self._marks = marks
        self._found: dict[str, datetime] = {}

    def drop(self, report_id: str) -> None:
        """Delete what was said about a report. Raises StoreUnavailable."""
        self._shelf.drop(report_id)

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
            self._shelf.lengthen(report_id, now + KEPT)

    def with_times(self, report: SealedReport) -> SealedReport:
        """Return a report with the times at which its offices and its writer spoke.

        An earlier package that wrote its deliveries did not know them. Raises StoreUnavailable.
        """
        return with_times(report, self._shelf.conversation(report.id))


def with_times(report: SealedReport, conversation: Conversation) -> SealedReport:
    """Return a report whose deliveries say when somebody spoke, as the conversation has it."""
    for delivery in report.deliveries:
        shown = [note for note in conversation.shown() if note.recipient == delivery.recipient]
        proven = [note.at for note in shown if not note.unproven]
        written = [note.at for note in conversation.messages if delivery.recipient in note.recipients]
        spoken = [note.at for note in shown] + written
        if spoken:
            replied = min(proven) if proven and delivery.replied_at is None else delivery.replied_at
            spoke = max([*spoken, *([delivery.spoke_at] if delivery.spoke_at else [])])
            report = report.with_delivery(replace(delivery, replied_at=replied, spoke_at=spoke))
    return report
