"""The hourly sweep deletes on time, never early, and says how the deliveries stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from chalicelib.domain.deliveries import BOUNCED, move
from chalicelib.usecases.follow_up import FollowUp
from chalicelib.usecases.sweep import Sweep
from tests.support.delivery_fakes import Desk
from tests.support.fakes import FakeVault


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
