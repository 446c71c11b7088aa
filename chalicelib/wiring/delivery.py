"""Where the functions that deliver reports, note what became of them and sweep get their services."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from chalicelib.delivery.adapters.delivery_marks import DeliveryMarks
from chalicelib.delivery.adapters.log_outcomes import LogOutcomes
from chalicelib.delivery.adapters.metrics import EmbeddedMetrics
from chalicelib.delivery.adapters.operator_mail import OperatorMail
from chalicelib.delivery.adapters.ses_events import read_notice
from chalicelib.delivery.errors import NoticeEarly
from chalicelib.delivery.note_delivery import NoteDelivery
from chalicelib.delivery.ports import Figures
from chalicelib.delivery.sweep import Sweep
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.ports import ReportStore
from chalicelib.settings import Settings
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.aws.ses_mailer import SesMailer
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import PorchlightError, StoreUnavailable
from chalicelib.shared.log_alarms import LogAlarms
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring.mails import contacts_text, delivery_directory, mails

if TYPE_CHECKING:
    from chalicelib.delivery.adapters.delivery_keys import DeskSecret
    from chalicelib.delivery.deliver_reports import DeliverReports

log = logging.getLogger("porchlight")
log.setLevel(logging.INFO)
_OUTCOMES = logging.getLogger("porchlight.outcomes")  # Chalice sets the level of the application
_OUTCOMES.setLevel(logging.INFO)

NOTE_MARGIN = timedelta(seconds=12)  # what the longest notice takes
_CLOCK = SystemClock()
_TOLD: dict[str, datetime] = {}  # what this process told the operator while the store was away


def ses() -> Any:
    """Return SES's client: it never tells SES the same twice, and lets it think for a while."""
    return client("sesv2", 1, 10.0)


def report_store(settings: Settings) -> DynamoReports:
    """Return the store of sealed reports."""
    return DynamoReports(partial(client, "dynamodb"), settings.reports_table)


def deliver(settings: Settings, context: Any, clock: Clock | None = None) -> dict[str, Any]:
    """Send what is due until the function's time is nearly over; return what was done, in numbers."""
    clock = clock or _CLOCK
    store = report_store(settings)
    with suppress(StoreUnavailable):  # an alarm says so in a moment, and the next run notes it
        _marks(settings.reports_table).begin_to_watch(clock.now())
    tally = deliverer(settings, clock)(_time_left(context))
    done = asdict(tally)
    if any(done.values()):
        log.info("delivered: %s", done)
    try:
        gauges = _due(store, clock.now())
    except StoreUnavailable:
        gauges = {}  # an alarm says so already
    figures(settings, clock).put({**gauges, **{name: float(value) for name, value in done.items()}})
    return done


def deliverer(settings: Settings, clock: Clock) -> DeliverReports:
    """Return the outbox worker. Only who delivers loads what opens reports and writes mails."""
    from chalicelib.delivery.adapters.copy_marks import DeskCopyMarks
    from chalicelib.delivery.adapters.hpke_opener import HpkeOpener
    from chalicelib.delivery.deliver_reports import DeliverReports
    from chalicelib.delivery.flood_caps import FloodCaps
    from chalicelib.delivery.send_mail import SendMail

    desk = _desk_secret(settings.desk_keys_secret)
    store, told = report_store(settings), alarms(settings, clock)
    mailer = SesMailer(ses, settings.ses_configuration_set)
    send = SendMail(mailer, mails(settings, told), store, told, clock, settings.sender_address)
    opener = HpkeOpener(desk.private_keys, desk.forget)
    every = timedelta(seconds=settings.digest_every)
    caps = FloodCaps(store, DeskCopyMarks(desk.private_keys), digest_every=every)
    return DeliverReports(
        store,
        opener,
        send,
        caps,
        delivery_directory(settings),
        told,
        clock,
        _wait,
        LogOutcomes(_OUTCOMES.info),
    )


def note_delivery(
    settings: Settings, event: Mapping[str, Any], context: Any = None, clock: Clock | None = None
) -> dict[str, list[dict[str, str]]]:
    """Note each notice of a batch; return those that the queue must bring again.

    A notice about a digest of a thousand reports takes its time: what there is no time for comes again. A
    function that is cut off in the middle would get the whole batch again, and again.
    """
    clock = clock or _CLOCK
    time_left = _time_left(context) if context is not None else lambda: NOTE_MARGIN
    note = NoteDelivery(
        report_store(settings),
        delivery_directory(settings),
        alarms(settings, clock),
        clock,
        _marks(settings.reports_table).note_delivered,
        LogOutcomes(_OUTCOMES.info),
    )
    again: list[dict[str, str]] = []
    outcomes: dict[str, float] = {}
    for message in event.get("Records") or ():  # there are none where it is started by hand
        if time_left() < NOTE_MARGIN:
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


@cache
def _marks(table: str) -> DeliveryMarks:
    return DeliveryMarks(partial(client, "dynamodb"), table)


def sweep(
    settings: Settings, context: Any, clock: Clock | None = None, scheduled_at: datetime | None = None
) -> dict[str, Any]:
    """Delete what is past its date; return how much. Without the schedule's time that is nothing."""
    clock = clock or _CLOCK
    run = Sweep(
        report_store(settings),
        alarms(settings, clock),
        figures(settings, clock),
        clock,
        timedelta(seconds=settings.digest_every),
        LogOutcomes(_OUTCOMES.info),
    )
    deleted = run(_time_left(context), scheduled_at)
    remind_of_contacts(settings, clock)
    return {"deleted": deleted}


def remind_of_contacts(settings: Settings, clock: Clock) -> None:
    """Mail the operator, once a month, which contacts nobody has checked for 90 days."""
    from chalicelib.desk.render.desk_mails import DeskMails
    from chalicelib.publishing.remind_of_contacts import RemindOfContacts

    remind = RemindOfContacts(
        lambda: contacts_text(settings),
        DeskMails(settings.sender_address, settings.site_address).contacts_to_check,
        report_store(settings),
        SesMailer(ses, settings.ses_configuration_set),
        clock,
        settings.sender_address,
        settings.operator_address,
    )
    try:
        remind()
    except PorchlightError as error:  # the list at the desk says the same; the sweep has done its work
        log.warning("the contacts could not be mailed: %s", type(error).__name__)


def alarms(settings: Settings, clock: Clock) -> Alarms:
    """Return the operator's attention: the log, and mail when there is an address for it."""
    to_log = LogAlarms(log.error)
    if not settings.operator_address or not settings.sender_address:
        return to_log
    mailer = SesMailer(ses, settings.ses_configuration_set)
    store = report_store(settings)
    return OperatorMail(
        to_log, mailer, store, clock, settings.sender_address, settings.operator_address, _TOLD
    )


def figures(settings: Settings, clock: Clock) -> Figures:
    """Return where figures go: the log, from which CloudWatch reads them; nowhere on this machine."""
    write: Callable[[str], None] = print if settings.stage != "local" else _nowhere
    return EmbeddedMetrics(write, clock, settings.stage)


@cache
def _desk_secret(name: str) -> DeskSecret:
    from chalicelib.delivery.adapters.delivery_keys import DeskSecret
    from chalicelib.shared.aws.secrets import JsonSecret

    return DeskSecret(JsonSecret(partial(client, "secretsmanager"), name))


def _due(store: ReportStore, now: datetime) -> dict[str, float]:
    """Return how much is still due (counted up to 100 each), and for how long the oldest has been."""
    due = store.due(now, 100), store.due(now, 100, digests=True)
    oldest = 0.0
    for report_id in (ids[0] for ids in due if ids):
        record = store.get(report_id, now)
        when = record.due_at() if record is not None else None
        if when is not None:
            oldest = max(oldest, (now - when).total_seconds())
    return {"due": float(sum(len(ids) for ids in due)), "oldest_due_seconds": oldest}


def _time_left(context: Any) -> Callable[[], timedelta]:
    return lambda: timedelta(milliseconds=context.get_remaining_time_in_millis())


def _wait(some: timedelta) -> None:
    time.sleep(some.total_seconds())


def _nowhere(line: str) -> None:
    """A local run has `make status` instead."""
