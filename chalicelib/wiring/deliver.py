"""Composition root of the deliver function: it alone loads what opens reports, and sends what is due."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from chalicelib.delivery.adapters.copy_marks import KeyedCopyMarks
from chalicelib.delivery.adapters.delivery_keys import DeliveryKeys
from chalicelib.delivery.adapters.hpke_opener import HpkeOpener, kid_of
from chalicelib.delivery.adapters.log_outcomes import LogOutcomes
from chalicelib.delivery.deliver_reports import DeliverReports
from chalicelib.delivery.flood_caps import FloodCaps
from chalicelib.delivery.send_mail import SendMail
from chalicelib.reporting.ports import ReportStore
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.aws.secrets import JsonSecret
from chalicelib.shared.aws.ses_mailer import SesMailer
from chalicelib.shared.clock import Clock
from chalicelib.shared.error_place import where
from chalicelib.shared.errors import StoreUnavailable
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring.grant_hand_overs import grant_hand_overs
from chalicelib.wiring.mail_replies import note_messages, reply_to, tell_inboxes
from chalicelib.wiring.mails import delivery_recipients, mails
from chalicelib.wiring.operator import OUTCOMES, alarms, figures, log, marks, report_store, ses, time_left
from chalicelib.wiring.places_to_tell import tell_places
from chalicelib.wiring.wishes import grant_wishes

INBOX_MARGIN = timedelta(seconds=30)  # they stop by themselves when there is no time for one more mail
TELL_MARGIN = timedelta(seconds=60)  # what the mails of one run to people of places take at most


def deliver(settings: Settings, context: Any, clock: Clock | None = None) -> dict[str, Any]:
    """Send what is due until the function's time is nearly over; return what was done, in numbers."""
    clock = clock or SystemClock()
    store = report_store(settings)
    with suppress(StoreUnavailable):  # an alarm says so in a moment, and the next run records it
        marks(settings.reports_table).begin_to_watch(clock.now())
    _grant_wishes(settings, clock)
    tally = deliverer(settings, clock)(time_left(context))
    done = asdict(tally)
    if any(done.values()):
        log.info("delivered: %s", done)
    _tell_places(settings, clock, time_left(context))
    _tell_inboxes(settings, clock, time_left(context))
    try:
        gauges = _due(store, clock.now())
    except StoreUnavailable:
        gauges = {}  # an alarm says so already
    figures(settings, clock).put({**gauges, **{name: float(value) for name, value in done.items()}})
    return done


def _grant_wishes(settings: Settings, clock: Clock) -> None:
    """Grant what the desk wished, then what two agreed to; whatever goes wrong there, reports are mailed.

    The next run goes on.
    """
    wishes = partial(grant_wishes, with_replies=True)
    for what, grant in (("wishes of the desk", wishes), ("hand-overs", grant_hand_overs)):
        try:
            grant(settings, clock, delivery_recipients(settings, clock))()
        except Exception as error:
            log.error("%s wait: %s", what, where(error))


def _tell_places(settings: Settings, clock: Clock, left: Callable[[], timedelta]) -> None:
    """Mail people what was noted about their places, after the reports. What goes wrong waits."""
    if left() < TELL_MARGIN:
        return
    try:
        tell_places(settings, clock, left)
    except Exception as error:
        log.error("people of places are told later: %s", where(error))


def _tell_inboxes(settings: Settings, clock: Clock, left: Callable[[], timedelta]) -> None:
    """Mail offices what is noted about their replies, after all else. What goes wrong waits."""
    if left() < INBOX_MARGIN:
        return
    try:
        tell_inboxes(settings, clock, delivery_recipients(settings, clock), left)
    except Exception as error:
        log.error("offices are told of their replies later: %s", where(error))


def deliverer(settings: Settings, clock: Clock) -> DeliverReports:
    """Return the outbox worker. Only who delivers loads what opens reports and writes mails."""
    keys = _delivery_keys(settings.desk_keys_secret)
    store, operator_alarms = report_store(settings), alarms(settings, clock)
    mailer = SesMailer(ses, settings.ses_configuration_set)
    send = SendMail(
        mailer,
        mails(settings, operator_alarms),
        store,
        operator_alarms,
        clock,
        settings.sender_address,
        reply_to(settings, clock, keys.private_keys, kid_of),
    )
    opener = HpkeOpener(keys.private_keys, keys.forget)
    every = timedelta(seconds=settings.digest_every)
    caps = FloodCaps(store, KeyedCopyMarks(keys.private_keys), digest_every=every)
    recipients = delivery_recipients(settings, clock)
    return DeliverReports(
        store,
        opener,
        send,
        caps,
        recipients,
        operator_alarms,
        clock,
        _wait,
        LogOutcomes(OUTCOMES.info),
        recipients.addresses,
        note_messages(settings, clock),
    )


@cache
def _delivery_keys(name: str) -> DeliveryKeys:
    return DeliveryKeys(JsonSecret(partial(client, "secretsmanager"), name))


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


def _wait(some: timedelta) -> None:
    time.sleep(some.total_seconds())
