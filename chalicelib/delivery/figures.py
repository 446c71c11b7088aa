"""Metrics of deliveries: how they stand, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.reporting.cases import (
    DELAYED,
    FALLBACK,
    HELD,
    LOST,
    SENT,
    UNCLEAR,
    WAITING,
    WATCH_AFTER,
    SealedReport,
)


@dataclass(slots=True)
class DeliveryFigures:
    """The metrics that an operator watches.

    `reports`, `reached_nobody` and `on_legal_hold` count reports; the others count deliveries, of which a
    report to two agencies has two, and those of a writer's messages.
    """

    reports: int = 0
    due: int = 0
    oldest_due_seconds: float = 0.0
    waiting: int = 0
    held: int = 0
    sent: int = 0
    delayed: int = 0
    failed: int = 0
    failed_unanswered: int = 0
    fallbacks: int = 0
    reached_nobody: int = 0
    on_legal_hold: int = 0


def figures(reports: Iterable[SealedReport], now: datetime) -> DeliveryFigures:
    """Compute the metrics.

    `reached_nobody` are the reports that no recipient has taken and whose time for it is over.
    """
    counted = DeliveryFigures()
    for report in reports:
        counted.reports += not report.is_message
        counted.on_legal_hold += report.legal_hold
        for delivery in report.deliveries:
            lost = delivery.state in LOST and delivery.replied_at is None
            counted.waiting += delivery.state in WAITING
            counted.held += delivery.state == HELD
            counted.sent += delivery.state in (SENT, UNCLEAR)
            counted.delayed += delivery.state == DELAYED
            counted.failed += lost
            counted.failed_unanswered += lost and report.answered_at is None
            counted.fallbacks += delivery.address == FALLBACK
            if delivery.state in WAITING and delivery.due(now):
                counted.due += 1
                waited = (now - (delivery.next_try or now)) / timedelta(seconds=1)
                counted.oldest_due_seconds = max(counted.oldest_due_seconds, waited)
        overdue = report.taken_at + WATCH_AFTER <= now and report.answered_at is None
        counted.reached_nobody += overdue and report.reached_nobody() and not report.is_message
    return counted
