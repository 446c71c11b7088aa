"""Composition root of the sweep function: retention (deletes what is past its date) and overdue alarms."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.delivery.adapters.dynamo_month_sums import DynamoMonthSums
from chalicelib.delivery.adapters.log_outcomes import LogOutcomes
from chalicelib.delivery.place_notes import CONTACTS_DUE, SERVICES_DUE, PlaceNote
from chalicelib.delivery.sum_months import SumMonths
from chalicelib.delivery.sweep import Sweep
from chalicelib.directory.adapters.published_texts import PATIENCE
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.aws.ses_mailer import SesMailer
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import PorchlightError
from chalicelib.shared.net.public_files import FetchFailed, HttpConnection
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring.mail_replies import forget_replies, remind_weekly
from chalicelib.wiring.mails import contacts_text, delivery_recipients, zones
from chalicelib.wiring.operator import (
    OUTCOMES,
    alarms,
    figures,
    log,
    place_notes,
    report_store,
    ses,
    time_left,
)
from chalicelib.wiring.texts import SHIPPED, published_now
from chalicelib.wiring.wishes import grant_wishes


def sweep(
    settings: Settings, context: Any, clock: Clock | None = None, scheduled_at: datetime | None = None
) -> dict[str, Any]:
    """Delete what is past its date; return how much. Without the schedule's time that is nothing."""
    clock = clock or SystemClock()
    store = report_store(settings)
    # First, and when that fails nothing is deleted: one of them may be a legal hold.
    grant_wishes(settings, clock, delivery_recipients(settings, clock))()
    sums = DynamoMonthSums(partial(client, "dynamodb"), settings.reports_table)
    run = Sweep(
        store,
        alarms(settings, clock),
        figures(settings, clock),
        clock,
        timedelta(seconds=settings.digest_every),
        LogOutcomes(OUTCOMES.info),
        SumMonths(store.survey, sums, zones(settings)),
        forget_replies(settings),
    )
    deleted = run(time_left(context), scheduled_at)
    remind_of_contacts(settings, clock)
    try:
        remind_weekly(settings, clock, delivery_recipients(settings, clock))
    except PorchlightError as error:  # the next hour's sweep goes on
        log.warning("offices are reminded later: %s", type(error).__name__)
    return {"deleted": deleted}


def services_due(settings: Settings, today: date) -> Mapping[str, int]:
    """Return how many published services of each place are to be confirmed; none while nobody can say."""
    from chalicelib.publishing.overdue_services import due_by, entries_in, is_overdue
    from chalicelib.publishing.release_files import DUE

    published, _ = published_now(settings)
    if not published.release:
        came = SHIPPED.content / "services.json"
        entries = entries_in(came.read_text(encoding="utf-8")) if came.is_file() else ()
        return Counter(str(one["serves"]) for one in entries if is_overdue(one, today))
    connection = HttpConnection(settings.pages_url, PATIENCE)
    try:
        return due_by(json.loads(connection.get(f"releases/{published.release}/{DUE}")), today)
    except (FetchFailed, ValueError):  # a release of before has no such file
        return {}
    finally:
        connection.close()


def remind_of_contacts(settings: Settings, clock: Clock) -> None:
    """Tell the operator and the people of places, once a month, which contacts nobody has checked lately."""
    from chalicelib.desk.render.desk_mails import DeskMails
    from chalicelib.publishing.remind_of_contacts import RemindOfContacts

    def note(kind: str, due: Mapping[str, int]) -> None:
        notes = [PlaceNote(place, kind, number) for place, number in sorted(due.items())]
        place_notes(settings).note(notes, clock.now())

    remind = RemindOfContacts(
        lambda: contacts_text(settings),
        DeskMails(settings.sender_address, settings.site_address).contacts_to_check,
        report_store(settings),
        SesMailer(ses, settings.ses_configuration_set),
        clock,
        settings.sender_address,
        settings.operator_address,
        partial(note, CONTACTS_DUE),
        lambda today: services_due(settings, today),
        partial(note, SERVICES_DUE),
    )
    try:
        remind()
    except PorchlightError as error:  # the list at the desk says the same; the sweep has done its work
        log.warning("the contacts could not be mailed: %s", type(error).__name__)
