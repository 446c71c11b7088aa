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
from chalicelib.publishing.adapters.s3_builds import S3JobInputs
from chalicelib.publishing.adapters.sqs_jobs import SqsJobs
from chalicelib.publishing.build_places import make_chunk
from chalicelib.publishing.chunks import read_message
from chalicelib.publishing.end_jobs import EndJobs
from chalicelib.publishing.move_chunks import MoveChunks
from chalicelib.publishing.ports import JobQueue
from chalicelib.publishing.run_chunk import RunChunk
from chalicelib.publishing.run_jobs import RunJobs
from chalicelib.publishing.spread_builds import SpreadBuilds
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.clock import Clock
from chalicelib.shared.error_place import where
from chalicelib.shared.log_alarms import LogAlarms
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring import publishing
from chalicelib.wiring.render import PATIENT

log = logging.getLogger("porchlight")
log.setLevel(logging.INFO)


def run_job(settings: Settings, event: Mapping[str, Any], context: Any = None) -> dict[str, Any]:
    """Do each job of a batch, or chunk of one; return the messages that the queue must bring again."""
    queue = SqsJobs(partial(client, "sqs"), settings.jobs_queue)
    again: list[dict[str, str]] = []
    for message in event.get("Records") or ():  # there are none where it is started by hand
        try:
            done = work_on(str(message["body"]), settings, SystemClock(), queue, _left(context))
        except Exception as error:
            log.warning("job comes again: %s", where(error))
            done = False
        if not done:
            again.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": again}


def work_on(
    message: str, settings: Settings, clock: Clock, queue: JobQueue, left: Callable[[], timedelta]
) -> bool:
    """Do the job, or the chunk of one, that a message is about; say whether the message is done with."""
    if chunk := read_message(message):
        chunk_runner(settings, clock, queue)(*chunk)
        return True
    return runner(settings, clock, queue)(message, left)


def runner(settings: Settings, clock: Clock, queue: JobQueue) -> RunJobs:
    """Return the worker of jobs; what it hands on goes into `queue`."""
    store, record, alarms = _of_jobs(settings, clock)
    bucket = (partial(client, "s3"), settings.pages_bucket)
    package = partial(publishing.package_at_work, settings)
    return RunJobs(
        store,
        partial(publishing.publish_with, settings, clock),
        record,
        alarms,
        clock,
        SpreadBuilds(store, S3JobInputs(*bucket), package),
        MoveChunks(store, queue, EndJobs(store, record, alarms, clock), alarms, clock),
    )


def chunk_runner(settings: Settings, clock: Clock, queue: JobQueue) -> RunChunk:
    """Return the worker of chunks."""
    store, record, alarms = _of_jobs(settings, clock)
    end, build = (
        EndJobs(store, record, alarms, clock),
        publishing.parts(settings, clock, limits=PATIENT).build,
    )

    return RunChunk(
        store,
        S3JobInputs(partial(client, "s3"), settings.pages_bucket),
        partial(make_chunk, build),
        partial(publishing.package_at_work, settings),
        MoveChunks(store, queue, end, alarms, clock),
        end,
        clock,
    )


def _of_jobs(settings: Settings, clock: Clock) -> tuple[DynamoJobs, RecordDeeds, LogAlarms]:
    dynamo = partial(client, "dynamodb")
    record = RecordDeeds(DynamoAudit(dynamo, settings.audit_table), clock, log.info)
    return DynamoJobs(dynamo, settings.documents_table), record, LogAlarms(log.error)


def _left(context: Any) -> Callable[[], timedelta]:
    """Return what gives the time that Lambda leaves: without its context there is no end."""
    if context is None:
        return lambda: timedelta.max
    return lambda: timedelta(milliseconds=context.get_remaining_time_in_millis())
