"""How long a report is kept when people write to and fro, and what a reply says about its delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib.reporting.adapters.report_items import record_of, to_item
from chalicelib.reporting.cases import BOUNCED, DELIVERED, SENT, WITHHELD, case_number, report_of
from tests.reporting.test_cases import LATER, NOON, delivery, report

DAY = timedelta(days=1)


def spoken(at: datetime, **changed: object) -> datetime | None:
    """Return the end of a report that was delivered at NOON, and of which somebody spoke at `at`."""
    taken = delivery(DELIVERED, replied_at=NOON + DAY, spoke_at=at)
    return report(taken, **changed).settled().expires_at


@pytest.mark.parametrize(("day", "end"), [(0, 30), (1, 31), (29, 59), (60, 90), (61, 90), (89, 90)])
def test_each_message_moves_the_end_to_thirty_days_after_it_and_to_ninety_in_all(day: int, end: int) -> None:
    assert spoken(NOON + day * DAY) == NOON + end * DAY


def test_a_message_never_brings_the_end_nearer() -> None:
    assert spoken(NOON + DAY, keep_days=90) == NOON + 90 * DAY
    assert spoken(NOON - DAY) == NOON + 30 * DAY


def test_the_latest_message_to_or_from_any_office_counts() -> None:
    record = report(
        delivery(DELIVERED, spoke_at=NOON + DAY), delivery(DELIVERED, "clinic", spoke_at=NOON + 9 * DAY)
    )
    assert record.settled().expires_at == NOON + 39 * DAY


@pytest.mark.parametrize("state", [SENT, BOUNCED])
def test_a_reply_proves_that_somebody_has_it_whatever_its_mail_servers_said(state: str) -> None:
    silent = report(delivery(state), watch_at=LATER)
    assert silent.settled().watch_at == LATER
    replied = silent.with_delivery(delivery(state, replied_at=LATER, spoke_at=LATER))
    assert replied.watch_at is None
    assert not replied.reached_nobody()
    assert not replied.is_open()
    assert replied.expires_at == LATER + 30 * DAY


def test_a_reply_of_one_office_says_nothing_of_another() -> None:
    record = report(delivery(SENT, replied_at=LATER), delivery(SENT, "clinic"), watch_at=LATER).settled()
    assert record.watch_at == LATER
    assert record.expires_at is None


def test_what_was_withheld_stays_so() -> None:
    assert report(delivery(WITHHELD)).settled().reached_nobody()


def test_both_times_are_stored_with_the_delivery() -> None:
    record = report(
        delivery(DELIVERED, replied_at=NOON + DAY, spoke_at=NOON + 2 * DAY), delivery(SENT, "clinic")
    )
    assert record_of(to_item(record)).deliveries == record.deliveries


def test_a_message_has_the_case_number_of_its_report_and_stands_in_no_list() -> None:
    message = replace(report(), id="0" * 32 + ".0123456789ab")
    assert message.is_message
    assert not report().is_message
    assert message.report_id == report_of(message.id) == report().id
    assert message.case_number == case_number(report().id)
    item = to_item(message)
    assert not {"case_number", "listed_in", "listed_at"} & item.keys()
    assert {"due_shard", "due_at"} <= item.keys()
    assert record_of(item) == message
