"""The hourly sweep deletes on time, never early, and says how the deliveries stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.delivery import (
    bounces,
    leases,
    outbox,
    send_mail,
    single_mails,
)
from chalicelib.delivery.clocks import TRY_MOST, WATCH_MOST
from chalicelib.delivery.leases import LEASE
from chalicelib.delivery.sweep import Sweep
from chalicelib.reporting import cases
from chalicelib.reporting.cases import (
    BOUNCED,
    DELAY_MOST,
    SENT,
    WATCH_AFTER,
    WATCH_AGAIN,
    move,
)
from chalicelib.reporting.follow_up import FollowUp
from chalicelib.shared.errors import StaleRecord
from chalicelib.shared.mail import MailUncertain
from tests.support.delivery_fakes import Desk
from tests.support.fakes import FakeVault

MODULES = (bounces, cases, leases, outbox, send_mail, single_mails)


class Gauges:
    """Keeps the figures that were put."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}

    def put(self, figures: Mapping[str, float]) -> None:
        self.figures = dict(figures)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def gauges() -> Gauges:
    return Gauges()


def sweep(desk: Desk, gauges: Gauges | None = None, seconds: float = 100) -> int:
    run = Sweep(desk.store, desk.alarms, gauges or Gauges(), desk.clock)
    return run(lambda: timedelta(seconds=seconds), desk.clock.now())


def delivered(desk: Desk, *to: str) -> str:
    report = desk.take(*to)
    desk.deliver()
    for number in range(len(to) or 1):
        desk.note("delivered", -1 - number)
    return report


def test_a_report_goes_thirty_days_after_the_last_recipient_took_it(desk: Desk) -> None:
    report = delivered(desk, "police", "clinic")
    desk.clock.forward(days=29, hours=23)
    assert sweep(desk) == 0
    desk.clock.forward(hours=1)
    assert sweep(desk) >= 1
    assert report not in desk.store.reports


def test_what_is_undelivered_stays_however_old_it_is(desk: Desk) -> None:
    report = desk.take("police", "clinic")
    desk.deliver()
    desk.note("delivered", 0)
    desk.clock.forward(days=400)
    sweep(desk)
    assert report in desk.store.reports


def test_a_report_that_bounced_after_delivery_stays(desk: Desk) -> None:
    report = delivered(desk, "clinic")
    desk.clock.forward(days=29)
    desk.note("bounced")
    desk.clock.forward(days=100)
    sweep(desk)
    assert desk.state(report, "clinic") == BOUNCED


def test_a_legal_hold_keeps_a_report_until_it_ends(desk: Desk) -> None:
    report = delivered(desk)
    desk.store.save(desk.record(report).on_legal_hold(True))
    desk.clock.forward(days=100)
    assert sweep(desk) == 1  # the note of its mail, not the report
    assert report in desk.store.reports
    desk.store.save(desk.record(report).on_legal_hold(False))
    assert sweep(desk) == 1
    assert report not in desk.store.reports


def test_what_is_past_its_date_is_gone_before_the_sweep_comes(desk: Desk) -> None:
    report = delivered(desk)
    desk.clock.forward(days=30)
    assert report in desk.store.reports
    assert desk.store.get(report, desk.clock.now()) is None
    follow_up = FollowUp(desk.store, FakeVault(), desk.directory, desk.clock)
    assert follow_up(f"{int(report, 16):020d}") is None
    assert list(desk.store.survey(desk.clock.now())) == []


def test_the_sweep_also_takes_what_was_kept_about_digests_mails_and_counters(desk: Desk) -> None:
    desk.take(held_until=desk.clock.now())
    desk.deliver()
    desk.clock.forward(days=91)
    sweep(desk)
    assert desk.store.batches == {}
    assert desk.store.mails == {}
    assert desk.store.counters == {}
    assert len(desk.store.reports) == 1


def test_a_sweep_without_time_leaves_the_rest_to_the_next(desk: Desk) -> None:
    for _ in range(5):
        delivered(desk)
    desk.clock.forward(days=40)
    assert sweep(desk, seconds=10) == 0
    assert sweep(desk) == 5
    assert desk.store.reports == {}


def test_the_figures_say_how_the_deliveries_stand(desk: Desk, gauges: Gauges) -> None:
    desk.take(held_until=desk.clock.now() + timedelta(days=1))
    delivered(desk)
    lost, fallen = desk.take("clinic"), desk.take("police")
    desk.deliver()
    record = desk.record(lost)
    clinic = desk.delivery(lost, "clinic")
    desk.store.save(record.with_delivery(move(clinic, BOUNCED, desk.clock.now())))
    desk.note("bounced", [mail.about for mail in desk.mailer.sent].index(f"report-{fallen}"))
    desk.clock.forward(minutes=30)
    sweep(desk, gauges)
    expected = {"reports": 4, "held": 1, "failed": 1, "failed_unanswered": 1, "fallbacks": 1, "due": 1}
    assert {name: gauges.figures[name] for name in expected} == expected
    assert gauges.figures["oldest_due_seconds"] == 1800
    assert gauges.figures["reached_nobody"] == 0
    desk.clock.forward(hours=8)
    sweep(desk, gauges)
    assert gauges.figures["reached_nobody"] == 3


def test_mail_that_waits_for_hours_is_an_alarm(desk: Desk) -> None:
    desk.take()
    desk.clock.forward(hours=2)
    sweep(desk)
    assert desk.alarms.kinds() == []
    desk.clock.forward(hours=1)
    sweep(desk)
    assert desk.alarms.raised == [("waiting_long", {"reports": "1", "hours": "3"})]


@pytest.mark.parametrize("apart", [timedelta(days=400), timedelta(minutes=11), -timedelta(days=1)])
def test_a_clock_that_is_not_the_schedules_deletes_nothing_and_says_so(desk: Desk, apart: timedelta) -> None:
    report = delivered(desk)
    desk.clock.forward(days=400)
    run = Sweep(desk.store, desk.alarms, Gauges(), desk.clock)
    assert run(lambda: timedelta(seconds=100), desk.clock.now() - apart) == 0
    assert report in desk.store.reports
    assert desk.alarms.kinds() == ["clocks_apart"]


def test_a_schedule_that_came_a_little_late_deletes(desk: Desk) -> None:
    delivered(desk)
    desk.clock.forward(days=400)
    run = Sweep(desk.store, desk.alarms, Gauges(), desk.clock)
    assert run(lambda: timedelta(seconds=100), desk.clock.now() - timedelta(minutes=9)) >= 1
    assert desk.alarms.kinds() == []


def test_without_the_schedules_time_nothing_is_deleted_and_it_is_said(desk: Desk, gauges: Gauges) -> None:
    report = delivered(desk)
    desk.clock.forward(days=29)
    assert Sweep(desk.store, desk.alarms, gauges, desk.clock)(lambda: timedelta(seconds=100)) == 0
    assert desk.alarms.kinds() == ["deleted_nothing"]
    assert gauges.figures["reports"] == 1
    assert report in desk.store.reports


AHEAD = timedelta(days=400)


def put(desk: Desk, report: str, **changed: Any) -> None:
    """Write into a record what a wrong clock would have written."""
    desk.store.reports[report] = replace(desk.record(report), **changed)


def filed_ahead(desk: Desk, *to: str) -> str:
    """File a report by a clock 400 days ahead."""
    desk.clock.time += AHEAD
    report = desk.take(*to)
    desk.clock.time -= AHEAD
    return report


def test_what_was_filed_by_a_clock_ahead_of_time_is_told_and_mailed(desk: Desk) -> None:
    report = filed_ahead(desk, "police", "clinic")
    desk.deliver()
    assert desk.mailer.sent == []
    sweep(desk)
    number = desk.record(report).case_number
    assert desk.alarms.raised == [("clock_ahead", {"reports": "1", "cases": number})]
    desk.deliver()
    assert len(desk.mailer.sent) == 2
    assert desk.alarms.kinds() == ["clock_ahead"], "and nobody is told that nobody was reached"
    for number_of_mail in range(2):
        desk.note("delivered", number_of_mail)
    assert desk.record(report).expires_at == desk.clock.now() + timedelta(days=30)
    sweep(desk)
    assert desk.alarms.kinds() == ["clock_ahead"], "once"


@pytest.mark.parametrize("what", ["next_try", "watch_at", "leased_until", "changed_at", "answered_at"])
def test_anything_that_lies_too_far_ahead_is_set_due(desk: Desk, what: str) -> None:
    report = desk.take("clinic")
    later = desk.clock.now() + timedelta(days=2)
    if what in ("next_try", "changed_at"):
        put(desk, report, deliveries=(replace(desk.delivery(report, "clinic"), **{what: later}),))
    else:
        put(desk, report, **{what: later})
    sweep(desk)
    assert desk.alarms.kinds() == ["clock_ahead"]
    desk.deliver()
    assert desk.state(report, "clinic") == SENT
    assert desk.record(report).leased_until is None


def test_what_the_longest_rule_allows_is_left_alone(desk: Desk) -> None:
    now = desk.clock.now()
    for next_try, watch_at, lease in (
        (now + DELAY_MOST, now + WATCH_AGAIN, now + LEASE),
        (now + TRY_MOST, now + WATCH_MOST, None),
        (None, now + WATCH_AFTER, None),
    ):
        report = desk.take("clinic")
        delivery = replace(desk.delivery(report, "clinic"), next_try=next_try)
        put(desk, report, deliveries=(delivery,), watch_at=watch_at, leased_until=lease)
    before = dict(desk.store.reports)
    sweep(desk)
    assert desk.alarms.kinds() == []
    assert desk.store.reports == before


def test_a_digest_may_be_as_far_ahead_as_the_setting_says(desk: Desk) -> None:
    desk.take(held_until=desk.clock.now() + timedelta(hours=20))
    now = desk.clock.now()
    every_day = Sweep(desk.store, desk.alarms, Gauges(), desk.clock, timedelta(days=1))
    every_day(lambda: timedelta(seconds=100), now)
    assert desk.alarms.kinds() == []
    sweep(desk)
    assert desk.alarms.kinds() == ["clock_ahead"]


def test_a_sweep_whose_own_clock_is_behind_takes_nothing_for_hidden(desk: Desk) -> None:
    desk.take()
    before = dict(desk.store.reports)
    real = desk.clock.now()
    desk.clock.time -= timedelta(days=3)
    Sweep(desk.store, desk.alarms, Gauges(), desk.clock)(lambda: timedelta(seconds=100), real)
    assert desk.alarms.kinds() == ["clocks_apart"]
    assert desk.store.reports == before


def test_a_record_that_changed_meanwhile_is_left_to_the_next_sweep(desk: Desk) -> None:
    first, second = filed_ahead(desk), filed_ahead(desk)
    desk.store.fail_next("change", StaleRecord("changed"))
    sweep(desk)
    sweep(desk)
    assert desk.alarms.kinds() == ["clock_ahead"] * 2
    desk.deliver()
    assert {desk.state(one) for one in (first, second)} == {SENT}


def test_every_wait_is_within_what_the_sweep_allows() -> None:
    """A rule that is added later, and waits for longer, must be added to the bound."""
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, timedelta) and re.search(
                r"_WAIT$|_AGAIN$|_AFTER$|^LEASE$|^DELAY_|^BACK_", name
            ):
                most = WATCH_MOST if name.startswith(("WATCH", "TELL")) else TRY_MOST
                assert value <= most, f"{module.__name__}.{name}"


@pytest.mark.parametrize("held", [False, True])
def test_a_report_filed_by_a_clock_that_is_behind_raises_no_false_alarm(desk: Desk, held: bool) -> None:
    desk.clock.time -= timedelta(days=1)
    report = desk.take("clinic", held_until=desk.clock.now() + timedelta(hours=1) if held else None)
    desk.clock.time += timedelta(days=1)
    desk.deliver()
    assert desk.state(report, "clinic") == SENT
    assert desk.alarms.kinds() == []
    assert desk.record(report).watch_at == desk.clock.now() + WATCH_AFTER
    desk.clock.forward(hours=8)
    desk.deliver()
    assert desk.alarms.kinds() == ["reached_nobody"], "and a true one in its time"


def test_a_first_try_without_an_answer_is_no_reason_to_say_that_nobody_was_reached(desk: Desk) -> None:
    desk.clock.time -= timedelta(days=1)
    desk.take("clinic")
    desk.clock.time += timedelta(days=1)
    desk.mailer.fail_next("send", MailUncertain("ReadTimeoutError"))
    desk.deliver()
    assert desk.alarms.kinds() == []
    desk.mailer.fail(MailUncertain("ReadTimeoutError"), "send")
    for _ in range(20):
        desk.clock.forward(minutes=30)
        desk.deliver()
    assert desk.alarms.kinds() == ["reached_nobody"]
