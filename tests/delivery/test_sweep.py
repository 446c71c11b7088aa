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
from chalicelib.replies.follow_up import FollowUp
from chalicelib.reporting import cases
from chalicelib.reporting.cases import (
    BOUNCED,
    DELAY_MOST,
    SENT,
    WATCH_AFTER,
    WATCH_AGAIN,
    move,
)
from chalicelib.shared.errors import StaleRecord
from chalicelib.shared.mail import MailUncertain
from tests.support.delivery_fakes import DeliveryBench
from tests.support.fake_replies import FakeCodeVault, FakeReplyShelf
from tests.support.fakes import FakeVault

MODULES = (bounces, cases, leases, outbox, send_mail, single_mails)


class Gauges:
    """Keeps the figures that were put."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}

    def put(self, figures: Mapping[str, float]) -> None:
        self.figures = dict(figures)


@pytest.fixture
def bench() -> DeliveryBench:
    return DeliveryBench()


@pytest.fixture
def gauges() -> Gauges:
    return Gauges()


def sweep(bench: DeliveryBench, gauges: Gauges | None = None, seconds: float = 100) -> int:
    run = Sweep(bench.store, bench.alarms, gauges or Gauges(), bench.clock)
    return run(lambda: timedelta(seconds=seconds), bench.clock.now())


def delivered(bench: DeliveryBench, *to: str) -> str:
    report = bench.take(*to)
    bench.deliver()
    for number in range(len(to) or 1):
        bench.note("delivered", -1 - number)
    return report


def test_a_report_goes_thirty_days_after_the_last_recipient_took_it(bench: DeliveryBench) -> None:
    report = delivered(bench, "police", "clinic")
    bench.clock.forward(days=29, hours=23)
    assert sweep(bench) == 0
    bench.clock.forward(hours=1)
    assert sweep(bench) >= 1
    assert report not in bench.store.reports


def test_what_is_undelivered_stays_however_old_it_is(bench: DeliveryBench) -> None:
    report = bench.take("police", "clinic")
    bench.deliver()
    bench.note("delivered", 0)
    bench.clock.forward(days=400)
    sweep(bench)
    assert report in bench.store.reports


def test_a_report_that_bounced_after_delivery_stays(bench: DeliveryBench) -> None:
    report = delivered(bench, "clinic")
    bench.clock.forward(days=29)
    bench.note("bounced")
    bench.clock.forward(days=100)
    sweep(bench)
    assert bench.state(report, "clinic") == BOUNCED


def test_a_legal_hold_keeps_a_report_until_it_ends(bench: DeliveryBench) -> None:
    report = delivered(bench)
    bench.store.save(bench.record(report).on_legal_hold(True))
    bench.clock.forward(days=100)
    assert sweep(bench) == 1  # the note of its mail, not the report
    assert report in bench.store.reports
    bench.store.save(bench.record(report).on_legal_hold(False))
    assert sweep(bench) == 1
    assert report not in bench.store.reports


def test_what_is_past_its_date_is_gone_before_the_sweep_comes(bench: DeliveryBench) -> None:
    report = delivered(bench)
    bench.clock.forward(days=30)
    assert report in bench.store.reports
    assert bench.store.get(report, bench.clock.now()) is None
    follow_up = FollowUp(
        bench.store, FakeReplyShelf(), FakeCodeVault(FakeVault()), bench.directory, bench.clock
    )
    assert follow_up(f"{int(report, 16):020d}") is None
    assert list(bench.store.survey(bench.clock.now())) == []


def test_the_sweep_also_takes_what_was_kept_about_digests_mails_and_counters(bench: DeliveryBench) -> None:
    bench.take(held_until=bench.clock.now())
    bench.deliver()
    bench.clock.forward(days=91)
    sweep(bench)
    assert bench.store.batches == {}
    assert bench.store.mails == {}
    assert bench.store.counters == {}
    assert len(bench.store.reports) == 1


def test_a_sweep_without_time_leaves_the_rest_to_the_next(bench: DeliveryBench) -> None:
    for _ in range(5):
        delivered(bench)
    bench.clock.forward(days=40)
    assert sweep(bench, seconds=10) == 0
    assert sweep(bench) == 5
    assert bench.store.reports == {}


def test_the_figures_say_how_the_deliveries_stand(bench: DeliveryBench, gauges: Gauges) -> None:
    bench.take(held_until=bench.clock.now() + timedelta(days=1))
    delivered(bench)
    lost, fallen = bench.take("clinic"), bench.take("police")
    bench.deliver()
    record = bench.record(lost)
    clinic = bench.delivery(lost, "clinic")
    bench.store.save(record.with_delivery(move(clinic, BOUNCED, bench.clock.now())))
    bench.note("bounced", [mail.about for mail in bench.mailer.sent].index(f"report-{fallen}"))
    bench.clock.forward(minutes=30)
    sweep(bench, gauges)
    expected = {"reports": 4, "held": 1, "failed": 1, "failed_unanswered": 1, "fallbacks": 1, "due": 1}
    assert {name: gauges.figures[name] for name in expected} == expected
    assert gauges.figures["oldest_due_seconds"] == 1800
    assert gauges.figures["reached_nobody"] == 0
    bench.clock.forward(hours=8)
    sweep(bench, gauges)
    assert gauges.figures["reached_nobody"] == 3


def test_mail_that_waits_for_hours_is_an_alarm(bench: DeliveryBench) -> None:
    bench.take()
    bench.clock.forward(hours=2)
    sweep(bench)
    assert bench.alarms.kinds() == []
    bench.clock.forward(hours=1)
    sweep(bench)
    assert bench.alarms.raised == [("waiting_long", {"reports": "1", "hours": "3"})]


@pytest.mark.parametrize("apart", [timedelta(days=400), timedelta(minutes=11), -timedelta(days=1)])
def test_a_clock_that_is_not_the_schedules_deletes_nothing_and_says_so(
    bench: DeliveryBench, apart: timedelta
) -> None:
    report = delivered(bench)
    bench.clock.forward(days=400)
    run = Sweep(bench.store, bench.alarms, Gauges(), bench.clock)
    assert run(lambda: timedelta(seconds=100), bench.clock.now() - apart) == 0
    assert report in bench.store.reports
    assert bench.alarms.kinds() == ["clocks_apart"]


def test_a_schedule_that_came_a_little_late_deletes(bench: DeliveryBench) -> None:
    delivered(bench)
    bench.clock.forward(days=400)
    run = Sweep(bench.store, bench.alarms, Gauges(), bench.clock)
    assert run(lambda: timedelta(seconds=100), bench.clock.now() - timedelta(minutes=9)) >= 1
    assert bench.alarms.kinds() == []


def test_without_the_schedules_time_nothing_is_deleted_and_it_is_said(
    bench: DeliveryBench, gauges: Gauges
) -> None:
    report = delivered(bench)
    bench.clock.forward(days=29)
    assert Sweep(bench.store, bench.alarms, gauges, bench.clock)(lambda: timedelta(seconds=100)) == 0
    assert bench.alarms.kinds() == ["deleted_nothing"]
    assert gauges.figures["reports"] == 1
    assert report in bench.store.reports


AHEAD = timedelta(days=400)


def put(bench: DeliveryBench, report: str, **changed: Any) -> None:
    """Write into a record what a wrong clock would have written."""
    bench.store.reports[report] = replace(bench.record(report), **changed)


def filed_ahead(bench: DeliveryBench, *to: str) -> str:
    """File a report by a clock 400 days ahead."""
    bench.clock.time += AHEAD
    report = bench.take(*to)
    bench.clock.time -= AHEAD
    return report


def test_what_was_filed_by_a_clock_ahead_of_time_is_told_and_mailed(bench: DeliveryBench) -> None:
    report = filed_ahead(bench, "police", "clinic")
    bench.deliver()
    assert bench.mailer.sent == []
    sweep(bench)
    number = bench.record(report).case_number
    assert bench.alarms.raised == [("clock_ahead", {"reports": "1", "cases": number})]
    bench.deliver()
    assert len(bench.mailer.sent) == 2
    assert bench.alarms.kinds() == ["clock_ahead"], "and nobody is told that nobody was reached"
    for number_of_mail in range(2):
        bench.note("delivered", number_of_mail)
    assert bench.record(report).expires_at == bench.clock.now() + timedelta(days=30)
    sweep(bench)
    assert bench.alarms.kinds() == ["clock_ahead"], "once"


@pytest.mark.parametrize("what", ["next_try", "watch_at", "leased_until", "changed_at", "answered_at"])
def test_anything_that_lies_too_far_ahead_is_set_due(bench: DeliveryBench, what: str) -> None:
    report = bench.take("clinic")
    later = bench.clock.now() + timedelta(days=2)
    if what in ("next_try", "changed_at"):
        put(bench, report, deliveries=(replace(bench.delivery(report, "clinic"), **{what: later}),))
    else:
        put(bench, report, **{what: later})
    sweep(bench)
    assert bench.alarms.kinds() == ["clock_ahead"]
    bench.deliver()
    assert bench.state(report, "clinic") == SENT
    assert bench.record(report).leased_until is None


def test_what_the_longest_rule_allows_is_left_alone(bench: DeliveryBench) -> None:
    now = bench.clock.now()
    for next_try, watch_at, lease in (
        (now + DELAY_MOST, now + WATCH_AGAIN, now + LEASE),
        (now + TRY_MOST, now + WATCH_MOST, None),
        (None, now + WATCH_AFTER, None),
    ):
        report = bench.take("clinic")
        delivery = replace(bench.delivery(report, "clinic"), next_try=next_try)
        put(bench, report, deliveries=(delivery,), watch_at=watch_at, leased_until=lease)
    before = dict(bench.store.reports)
    sweep(bench)
    assert bench.alarms.kinds() == []
    assert bench.store.reports == before


def test_a_digest_may_be_as_far_ahead_as_the_setting_says(bench: DeliveryBench) -> None:
    bench.take(held_until=bench.clock.now() + timedelta(hours=20))
    now = bench.clock.now()
    every_day = Sweep(bench.store, bench.alarms, Gauges(), bench.clock, timedelta(days=1))
    every_day(lambda: timedelta(seconds=100), now)
    assert bench.alarms.kinds() == []
    sweep(bench)
    assert bench.alarms.kinds() == ["clock_ahead"]


def test_a_sweep_whose_own_clock_is_behind_takes_nothing_for_hidden(bench: DeliveryBench) -> None:
    bench.take()
    before = dict(bench.store.reports)
    real = bench.clock.now()
    bench.clock.time -= timedelta(days=3)
    Sweep(bench.store, bench.alarms, Gauges(), bench.clock)(lambda: timedelta(seconds=100), real)
    assert bench.alarms.kinds() == ["clocks_apart"]
    assert bench.store.reports == before


def test_a_record_that_changed_meanwhile_is_left_to_the_next_sweep(bench: DeliveryBench) -> None:
    first, second = filed_ahead(bench), filed_ahead(bench)
    bench.store.fail_next("change", StaleRecord("changed"))
    sweep(bench)
    sweep(bench)
    assert bench.alarms.kinds() == ["clock_ahead"] * 2
    bench.deliver()
    assert {bench.state(report) for report in (first, second)} == {SENT}


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
def test_a_report_filed_by_a_clock_that_is_behind_raises_no_false_alarm(
    bench: DeliveryBench, held: bool
) -> None:
    bench.clock.time -= timedelta(days=1)
    report = bench.take("clinic", held_until=bench.clock.now() + timedelta(hours=1) if held else None)
    bench.clock.time += timedelta(days=1)
    bench.deliver()
    assert bench.state(report, "clinic") == SENT
    assert bench.alarms.kinds() == []
    assert bench.record(report).watch_at == bench.clock.now() + WATCH_AFTER
    bench.clock.forward(hours=8)
    bench.deliver()
    assert bench.alarms.kinds() == ["reached_nobody"], "and a true one in its time"


def test_a_first_try_without_an_answer_is_no_reason_to_say_that_nobody_was_reached(
    bench: DeliveryBench,
) -> None:
    bench.clock.time -= timedelta(days=1)
    bench.take("clinic")
    bench.clock.time += timedelta(days=1)
    bench.mailer.fail_next("send", MailUncertain("ReadTimeoutError"))
    bench.deliver()
    assert bench.alarms.kinds() == []
    bench.mailer.fail(MailUncertain("ReadTimeoutError"), "send")
    for _ in range(20):
        bench.clock.forward(minutes=30)
        bench.deliver()
    assert bench.alarms.kinds() == ["reached_nobody"]
