"""An inbox that answers by itself has the report: nobody is alarmed, nothing falls back, and time goes on."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from chalicelib.delivery.ports import Notice
from chalicelib.reporting.cases import (
    BOUNCED,
    DELIVERED,
    FALLEN_BACK,
    QUEUED,
    SENT,
    UNCLEAR,
    sent_again,
)
from chalicelib.reporting.ports import SentMail
from chalicelib.shared.errors import StoreUnavailable
from chalicelib.shared.mail import Mail
from tests.support.delivery_fakes import DeliveryBench
from tests.support.fakes import NOON

DAY = timedelta(days=1)


@pytest.fixture
def bench() -> DeliveryBench:
    return DeliveryBench()


def sent(bench: DeliveryBench, to: str = "clinic") -> str:
    report = bench.take(to)
    bench.deliver()
    return report


@pytest.mark.parametrize("to", ["police", "clinic"])
@pytest.mark.parametrize("order", [("delivered", "away"), ("away", "delivered")])
@pytest.mark.parametrize("times", [1, 3])
def test_in_either_order_with_its_delivery_nothing_comes_of_it(
    bench: DeliveryBench, to: str, order: tuple[str, str], times: int
) -> None:
    report = sent(bench, to)
    for kind in order:
        for _ in range(times):
            bench.note(kind, 0)
    bench.clock.forward(hours=9)
    bench.deliver()
    assert bench.state(report, to) == DELIVERED
    assert len(bench.mailer.sent) == 1
    assert bench.alarms.kinds() == ["answers_by_itself"]
    assert bench.record(report).expires_at == NOON + 30 * DAY
    assert bench.record(report).watch_at is None


def test_a_note_that_comes_weeks_later_moves_no_date(bench: DeliveryBench) -> None:
    report = sent(bench)
    bench.note("delivered")
    before = bench.record(report).expires_at
    bench.clock.forward(days=20)
    assert bench.note("away") == "away"
    assert bench.record(report).expires_at == before
    bench.clock.forward(days=11)
    assert bench.note("away") == "unknown"


def test_without_a_delivery_the_fallback_gets_it_after_a_quarter_of_an_hour(bench: DeliveryBench) -> None:
    report = sent(bench, "police")
    assert bench.note("away") == "away"
    bench.clock.forward(minutes=14)
    bench.deliver()
    assert bench.state(report) == UNCLEAR
    assert len(bench.mailer.sent) == 1
    bench.clock.forward(minutes=1)
    tally = bench.deliver()
    assert bench.addresses() == ["police@agency.example", "chief@agency.example"]
    assert (bench.state(report), tally.fell_back) == (SENT, 1)
    assert bench.alarms.kinds() == ["answers_by_itself", "fell_back"]


def test_without_a_delivery_and_a_fallback_it_is_a_persons_to_deal_with(bench: DeliveryBench) -> None:
    report = sent(bench)
    bench.note("away")
    bench.clock.forward(minutes=15)
    assert bench.deliver().failed == 1
    assert bench.state(report, "clinic") == BOUNCED
    assert bench.alarms.kinds() == ["answers_by_itself", "not_taken"]
    assert bench.alarms.raised[-1][1]["case"] == bench.record(report).case_number
    assert bench.record(report).expires_at is None


def test_a_delivery_after_the_alarm_ends_it_and_starts_the_time(bench: DeliveryBench) -> None:
    report = sent(bench)
    bench.note("away")
    bench.clock.forward(hours=9)
    bench.deliver()
    assert "not_taken" in bench.alarms.kinds()
    assert bench.note("delivered") == "delivered"
    assert bench.state(report, "clinic") == DELIVERED
    assert bench.record(report).expires_at == bench.clock.now() + 30 * DAY
    assert bench.record(report).due_at() is None
    assert bench.note("away") == "old"


def test_a_delivery_takes_back_a_fallback_that_has_not_gone_out(bench: DeliveryBench) -> None:
    report = sent(bench, "police")
    bench.note("away")
    bench.clock.forward(minutes=15)
    bench.mailer.fail(StoreUnavailable("x"), "send")  # an unforeseen fault: it waits
    bench.deliver()
    assert bench.state(report) == FALLEN_BACK
    bench.mailer.mend()
    bench.note("delivered", 0)
    bench.clock.forward(hours=1)
    bench.deliver()
    assert bench.state(report) == DELIVERED
    assert bench.addresses() == ["police@agency.example"]


@pytest.mark.parametrize("fallback_says", ["delivered", "bounced", "away", "complained"])
def test_a_delivery_after_the_fallback_got_it_counts_whatever_the_fallback_says(
    bench: DeliveryBench, fallback_says: str
) -> None:
    report = sent(bench, "police")
    bench.note("away", 0)
    bench.clock.forward(minutes=15)
    bench.deliver()
    bench.note("delivered", 0)
    assert bench.state(report) == DELIVERED
    bench.note(fallback_says, 1)
    bench.clock.forward(hours=1)
    bench.deliver()
    assert bench.state(report) == DELIVERED
    assert len(bench.mailer.sent) == 2


def test_a_notes_turn_that_is_over_changes_no_state(bench: DeliveryBench) -> None:
    report = sent(bench, "police")
    bench.note("bounced", 0)
    bench.deliver()
    assert bench.note("away", 0) == "away"
    assert bench.state(report) == SENT
    bench.note("delivered", 1)
    assert bench.note("away", 0) == "old"
    assert bench.note("away", 1) == "away"
    assert bench.state(report) == DELIVERED
    assert bench.alarms.kinds() == ["fell_back", "answers_by_itself"]


def test_a_note_does_not_touch_what_a_person_sent_again(bench: DeliveryBench) -> None:
    report = sent(bench)
    bench.note("bounced")
    again = sent_again(bench.delivery(report, "clinic"), bench.clock.now())
    bench.store.save(bench.record(report).with_delivery(again))
    bench.note("away", 0)
    assert bench.state(report, "clinic") == QUEUED


def test_one_alarm_a_day_and_recipient(bench: DeliveryBench) -> None:
    for to in ("clinic", "police", "clinic", "clinic"):
        sent(bench, to)
        bench.note("delivered")
        bench.note("away")
        bench.clock.forward(hours=2)
    recipients = [detail["recipient"] for kind, detail in bench.alarms.raised if kind == "answers_by_itself"]
    assert recipients == ["clinic", "police"]
    bench.clock.forward(days=1)
    sent(bench)
    bench.note("away")
    assert bench.alarms.kinds().count("answers_by_itself") == 3


@pytest.mark.parametrize("order", [("delivered", "away"), ("away", "delivered")])
def test_of_a_digest_every_report_stays_delivered_and_one_alarm_tells(
    bench: DeliveryBench, order: tuple[str, str]
) -> None:
    reports = [bench.take("clinic", held_until=NOON) for _ in range(5)]
    bench.deliver()
    for kind in order:
        bench.note(kind, 0)
    bench.clock.forward(hours=1)
    bench.deliver()
    assert {bench.state(report, "clinic") for report in reports} == {DELIVERED}
    assert bench.alarms.kinds() == ["answers_by_itself"]
    assert {bench.delivery(report, "clinic").away_mail for report in reports} == {"message-1"}


def test_a_digest_that_nobody_took_falls_back_as_one_with_one_alarm(bench: DeliveryBench) -> None:
    reports = [bench.take("police", held_until=NOON) for _ in range(5)]
    bench.deliver()
    bench.note("away", 0)
    bench.clock.forward(minutes=15)
    bench.deliver()
    bench.clock.forward(minutes=1)
    bench.deliver()
    assert [len(stories) for stories in bench.stories()] == [5, 5]
    assert bench.alarms.kinds() == ["answers_by_itself", "fell_back"]
    bench.note("delivered", 0)
    assert {bench.state(report) for report in reports} == {DELIVERED}


def test_a_note_may_come_before_our_own_record(bench: DeliveryBench) -> None:
    report = bench.take("clinic")
    mail = SentMail(f"report-{report}", "clinic", 0)
    assert bench.noter()(Notice("away", "m", mail, NOON)) == "away"
    bench.deliver()
    assert bench.mailer.sent == []
    assert bench.noter()(Notice("delivered", "m", mail, NOON)) == "delivered"
    assert bench.state(report, "clinic") == DELIVERED


@pytest.mark.parametrize("order", list(itertools.permutations(["delayed", "delivered", "away", "waited"])))
def test_in_whatever_order_and_however_late_a_delivery_wins(
    bench: DeliveryBench, order: tuple[str, ...]
) -> None:
    report = sent(bench, "police")
    for kind in order:
        if kind == "waited":
            bench.clock.forward(minutes=20)
            bench.deliver()
        else:
            bench.note(kind, 0)
    bench.clock.forward(minutes=1)
    bench.deliver()
    assert bench.state(report) == DELIVERED


def test_only_the_addresses_that_a_note_names_are_meant(bench: DeliveryBench) -> None:
    report = sent(bench, "police")
    both = ("police@agency.example", "other@agency.example")
    assert bench.note("away", to=both, addresses=("other@agency.example",)) == "old"
    assert bench.state(report) == SENT
    assert bench.note("away", to=both, addresses=("POLICE@agency.example",)) == "away"


def test_an_operator_who_is_away_is_told_of_in_the_log_once_a_day(bench: DeliveryBench) -> None:
    bench.mailer.sent.append(Mail("s", "o@x.example", "operator", 0, "alarm-mail_stopped", b""))
    for _ in range(3):
        assert bench.note("away") == "away"
    assert bench.alarms.kinds() == ["operator_away"]


def test_a_store_that_is_away_loses_no_note(bench: DeliveryBench) -> None:
    report = sent(bench)
    bench.note("delivered")
    for operation in ("count", "save"):
        bench.store.fail_next(operation, StoreUnavailable("away"))
        with pytest.raises(StoreUnavailable):
            bench.note("away")
    assert bench.note("away") == "away"
    assert bench.delivery(report, "clinic").away_at == NOON
