"""Dependencies that the delivery functions share: report store, SES client, alarms, metrics, time left."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from chalicelib.delivery.adapters.delivery_marks import DeliveryMarks
from chalicelib.delivery.adapters.dynamo_place_notes import DynamoPlaceNotes
from chalicelib.delivery.adapters.metrics import EmbeddedMetrics
from chalicelib.delivery.adapters.operator_mail import OperatorMail
from chalicelib.delivery.place_notes import AlarmsOfPlaces
from chalicelib.delivery.ports import Metrics
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.settings import Settings
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.aws.ses_mailer import SesMailer
from chalicelib.shared.clock import Clock
from chalicelib.shared.log_alarms import LogAlarms

log = logging.getLogger("porchlight")
log.setLevel(logging.INFO)
OUTCOMES = logging.getLogger("porchlight.outcomes")  # Chalice sets the level of the application
OUTCOMES.setLevel(logging.INFO)

_ALARMS_MAILED: dict[str, datetime] = {}  # what this process mailed the operator while the store was away


def ses() -> Any:
    """Return the SES client: one attempt without retries, and a timeout of ten seconds."""
    return client("sesv2", 1, 10.0)


def report_store(settings: Settings) -> DynamoReports:
    """Return the store of sealed reports."""
    return DynamoReports(partial(client, "dynamodb"), settings.reports_table)


def alarms(settings: Settings, clock: Clock) -> Alarms:
    """Return the alarms to the operator, and notes of what concerns places for their people."""
    return AlarmsOfPlaces(_of_operator(settings, clock), place_notes(settings), clock)


def place_notes(settings: Settings) -> DynamoPlaceNotes:
    """Return the notes of what people of places are to be told."""
    return DynamoPlaceNotes(partial(client, "dynamodb"), settings.reports_table)


def _of_operator(settings: Settings, clock: Clock) -> Alarms:
    """Return the alarms to the operator: the log, and mail when there is an address for it."""
    to_log = LogAlarms(log.error)
    if not settings.operator_address or not settings.sender_address:
        return to_log
    mailer = SesMailer(ses, settings.ses_configuration_set)
    store = report_store(settings)
    return OperatorMail(
        to_log, mailer, store, clock, settings.sender_address, settings.operator_address, _ALARMS_MAILED
    )


def figures(settings: Settings, clock: Clock) -> Metrics:
    """Return the metrics: written to the log, from which CloudWatch reads them; nowhere on this machine."""
    write: Callable[[str], None] = print if settings.stage != "local" else _nowhere
    return EmbeddedMetrics(write, clock, settings.stage)


@cache
def marks(table: str) -> DeliveryMarks:
    """Return the marks of a stage beside its reports."""
    return DeliveryMarks(partial(client, "dynamodb"), table)


def time_left(context: Any) -> Callable[[], timedelta]:
    """Return what gives the time that Lambda leaves the function."""
    return lambda: timedelta(milliseconds=context.get_remaining_time_in_millis())


def _nowhere(line: str) -> None:
    """A local run has `make status` instead."""
