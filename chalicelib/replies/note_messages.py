"""Notes of a writer's messages: each in the conversation that it belongs to, once, and on its report."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.replies.conversation import KEPT, MessageNote
from chalicelib.replies.ports import ConversedReports, ReplyShelf
from chalicelib.reporting.cases import WITHHELD, SealedReport
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StaleRecord

_TRIES = 5


class NoteMessages:
    """Notes a message in its conversation, and when the writer last spoke on the report's deliveries."""

    def __init__(self, shelf: ReplyShelf, reports: ConversedReports, clock: Clock) -> None:
        self._shelf = shelf
        self._reports = reports
        self._clock = clock

    def __call__(self, message: SealedReport) -> None:
        """Note a message; the same one again changes nothing. Raises StoreUnavailable, StaleRecord."""
        now = self._clock.now()
        if self._reports.look_up(message.report_id, now) is None:
            return  # a conversation without a report would outlive it
        to = tuple(one.recipient for one in message.deliveries if one.state != WITHHELD)
        note = MessageNote(message.id, to, message.taken_at)
        for left in reversed(range(_TRIES)):
            try:
                self._add(message.report_id, note, now)
                spoke(self._reports, message.report_id, to, message.taken_at, now)
                return
            except StaleRecord:
                if not left:
                    raise

    def _add(self, report_id: str, note: MessageNote, now: datetime) -> None:
        conversation = self._shelf.conversation(report_id)
        if note.id not in {one.id for one in conversation.messages}:
            self._shelf.save(conversation.with_message(note), now + KEPT)


def spoke(
    reports: ConversedReports,
    report_id: str,
    recipients: tuple[str, ...],
    at: datetime,
    now: datetime,
    *,
    replied: bool = False,
) -> None:
    """Record on a report when the last message went between these offices and its writer.

    An earlier time changes nothing. `replied` says that the offices wrote it, which proves that somebody
    there has the report. Raises StoreUnavailable, StaleRecord.
    """
    report = before = reports.look_up(report_id, now)
    for recipient in recipients:
        delivery = None if report is None else report.delivery_to(recipient)
        if report is None or delivery is None:
            continue
        changed = replace(
            delivery,
            replied_at=delivery.replied_at or (at if replied else None),
            spoke_at=max(delivery.spoke_at or at, at),
        )
        report = report if changed == delivery else report.with_delivery(changed)
    if report is not None and report != before:
        reports.change(report)
