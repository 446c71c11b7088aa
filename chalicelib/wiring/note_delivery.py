"""Composition root of the note_delivery function: records deliveries and bounces from SQS."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chalicelib.delivery.adapters.log_outcomes import LogOutcomes
from chalicelib.delivery.adapters.ses_events import read_notice
from chalicelib.delivery.errors import NoticeEarly
from chalicelib.delivery.note_delivery import NoteDelivery
from chalicelib.settings import Settings
from chalicelib.shared.clock import Clock
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring.mails import delivery_recipients
from chalicelib.wiring.operator import OUTCOMES, alarms, figures, log, marks, report_store, time_left

NOTE_MARGIN = timedelta(seconds=12)  # what the longest notice takes


def note_delivery(
    settings: Settings, event: Mapping[str, Any], context: Any = None, clock: Clock | None = None
) -> dict[str, list[dict[str, str]]]:
    """Record each notice of a batch; return those that the queue must bring again.

    A notice about a digest of a thousand reports takes its time: what there is no time for comes again. A
    function that is cut off in the middle would get the whole batch again, and again.
    """
    clock = clock or SystemClock()
    left = time_left(context) if context is not None else lambda: NOTE_MARGIN
    note = NoteDelivery(
        report_store(settings),
        delivery_recipients(settings, clock),
        alarms(settings, clock),
        clock,
        marks(settings.reports_table).record_delivered,
        LogOutcomes(OUTCOMES.info),
    )
    again: list[dict[str, str]] = []
    outcomes: dict[str, float] = {}
    for message in event.get("Records") or ():  # there are none where it is started by hand
        if left() < NOTE_MARGIN:
            again.append({"itemIdentifier": message["messageId"]})
            continue
        try:
            notice = read_notice(message["body"])
            outcome = note(notice) if notice is not None else "of_no_concern"
        except Exception as error:
            # One that we cannot read comes again too, until the queue sets it aside for a person to look at.
            outcome = "early" if isinstance(error, NoticeEarly) else "put_back"
            again.append({"itemIdentifier": message["messageId"]})
            log.warning("notice comes again: %s", type(error).__name__)
        outcomes[f"notices_{outcome}"] = outcomes.get(f"notices_{outcome}", 0) + 1
    figures(settings, clock).put(outcomes)
    return {"batchItemFailures": again}
