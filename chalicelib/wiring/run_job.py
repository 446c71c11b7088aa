"""Composition root of the run_job function: checks and publishing, one job at a time, from SQS."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from chalicelib.desk.adapters.dynamo_audit import DynamoAudit
from chalicelib.desk.record_deeds import RecordDeeds
from chalicelib.publishing.adapters.dynamo_jobs import DynamoJobs
from chalicelib.publishing.run_jobs import RunJobs
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.clock import Clock
from chalicelib.shared.error_place import where
from chalicelib.shared.log_alarms import LogAlarms
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring import publishing

log = logging.getLogger("porchlight")
log.setLevel(logging.INFO)


def run_job(settings: Settings, event: Mapping[str, Any], context: Any = None) -> dict[str, Any]:
    """Do each job of a batch; return the messages that the queue must bring again."""
    run = runner(settings, SystemClock())
    again: list[dict[str, str]] = []
    for message in event.get("Records") or ():  # there are none where it is started by hand
        try:
            done = run(str(message["body"]), _left(context))
        except Exception as error:
            log.warning("job comes again: %s", where(error))
            done = False
        if not done:
            again.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": again}


def runner(settings: Settings, clock: Clock) -> RunJobs:
    """Return the worker."""
    dynamo = partial(client, "dynamodb")
    return RunJobs(
        DynamoJobs(dynamo, settings.documents_table),
        partial(publishing.publish_with, settings, clock),
        RecordDeeds(DynamoAudit(dynamo, settings.audit_table), clock, log.info),
        LogAlarms(log.error),
        clock,
    )


def _left(context: Any) -> Callable[[], timedelta]:
    """Return what gives the time that Lambda leaves: without its context there is no end."""
    if context is None:
        return lambda: timedelta.max
    return lambda: timedelta(milliseconds=context.get_remaining_time_in_millis())
