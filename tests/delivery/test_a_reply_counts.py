"""A reply proves that somebody there has it: then nothing is sent elsewhere, told, or counted as lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.delivery.figures import figures
from chalicelib.delivery.month_tallies import TOWN, tallies_of
from chalicelib.reporting.cases import BOUNCED, COMPLAINED, DELIVERED, SENT, SealedReport
from chalicelib.shared.mail import About
from tests.support.delivery_fakes import DeliveryBench


@pytest.fixture
def bench() -> DeliveryBench:
    return DeliveryBench()


def replied(bench: DeliveryBench, report_id: str, to: str = "police") -> SealedReport:
    record = bench.record(report_id)
    delivery = record.delivery_to(to)
    assert delivery is not None
    now = bench.clock.now()
    return bench.store.save(record.with_delivery(replace(delivery, replied_at=now, spoke_at=now)))


def test_nobody_is_told_that_nobody_took_what_was_replied_to(bench: DeliveryBench) -> None:
    report = bench.take("police")
    bench.deliver()
    replied(bench, report)
    bench.clock.forward(hours=9)
    bench.deliver()
    assert bench.alarms.kinds() == []
    assert not bench.record(report).is_open()
    assert bench.record(report).watch_at is None


def test_somebody_is_told_of_the_other_office_that_has_neither_taken_it_nor_replied(
    bench: DeliveryBench,
) -> None:
    report = bench.take("police", "clinic")
    bench.deliver()
    replied(bench, report)
    bench.clock.forward(hours=9)
    bench.deliver()
    assert bench.alarms.kinds() == ["not_everybody"]


@pytest.mark.parametrize(("kind", "state"), [("bounced", BOUNCED), ("complained", COMPLAINED)])
def test_bad_news_after_a_reply_is_recorded_and_sends_nothing_and_tells_nobody(
    bench: DeliveryBench, kind: str, state: str
) -> None:
    report = bench.take("police")
    bench.deliver()
    replied(bench, report)
    bench.note(kind)
    bench.deliver()
    assert bench.state(report) == state
    assert bench.addresses() == ["police@agency.example"]
    assert bench.alarms.kinds() == []
    assert bench.record(report).reached_all()
    counted = figures([bench.record(report)], bench.clock.now())
    assert (counted.failed, counted.failed_unanswered, counted.reached_nobody) == (0, 0, 0)
    sums = tallies_of(bench.record(report), bench.clock.now() + timedelta(hours=9))
    for counts in (sums[TOWN], sums["police"]):
        assert (counts.taken, counts.failed, counts.unanswered) == (1, 0, 0)


def test_bad_news_before_a_reply_goes_to_the_fallback_as_ever(bench: DeliveryBench) -> None:
    report = bench.take("police")
    bench.deliver()
    bench.note("bounced")
    bench.deliver()
    assert bench.state(report) == SENT
    assert bench.alarms.kinds() == ["fell_back"]


def test_an_absence_note_after_a_reply_leads_to_delivered(bench: DeliveryBench) -> None:
    report = bench.take("police")
    bench.deliver()
    bench.note("away")
    replied(bench, report)
    bench.clock.forward(minutes=16)
    bench.deliver()
    assert bench.state(report) == DELIVERED
    assert "fell_back" not in bench.alarms.kinds()
    assert len(bench.mailer.sent) == 1


def test_a_mail_that_is_delayed_for_long_after_a_reply_is_not_sent_elsewhere(bench: DeliveryBench) -> None:
    report = bench.take("police")
    bench.deliver()
    bench.note("delayed")
    replied(bench, report)
    bench.clock.forward(hours=7)
    bench.deliver()
    assert bench.delivery(report).address == "first"
    assert bench.alarms.kinds() == []
    assert len(bench.mailer.sent) == 1


def test_messages_are_no_reports_in_the_figures(bench: DeliveryBench) -> None:
    report = bench.take("police")
    bench.take_message(report)
    bench.clock.forward(hours=9)
    counted = figures(bench.store.survey(bench.clock.now()), bench.clock.now())
    assert (counted.reports, counted.reached_nobody) == (1, 1)
    assert counted.due == 2, "both are mails that wait"


def test_a_message_that_reaches_nobody_is_told_by_its_reports_number(bench: DeliveryBench) -> None:
    report = bench.take("police")
    bench.deliver()
    bench.note("delivered")
    bench.take_message(report)
    bench.deliver()
    bench.clock.forward(hours=9)
    bench.deliver()
    assert bench.alarms.kinds() == ["reached_nobody"]
    assert bench.alarms.raised[0][1]["cases"] == bench.record(report).case_number


def test_what_a_note_of_an_inbox_is_about_is_no_report(bench: DeliveryBench) -> None:
    bench.take("police")
    bench.deliver()
    sent = bench.mailer.sent[0]
    bench.mailer.sent.append(replace(sent, about=About("inbox-weekly"), recipient="police"))
    for kind in ("bounced", "delivered", "complained", "away", "delayed"):
        assert bench.note(kind, -1) == "unknown"
    assert bench.alarms.kinds() == []
