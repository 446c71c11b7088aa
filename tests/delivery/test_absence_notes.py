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
from tests.support.delivery_fakes import Desk
from tests.support.fakes import NOON

DAY = timedelta(days=1)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def sent(desk: Desk, to: str = "clinic") -> str:
    report = desk.take(to)
    desk.deliver()
    return report


@pytest.mark.parametrize("to", ["police", "clinic"])
@pytest.mark.parametrize("order", [("delivered", "away"), ("away", "delivered")])
@pytest.mark.parametrize("times", [1, 3])
def test_in_either_order_with_its_delivery_nothing_comes_of_it(
    desk: Desk, to: str, order: tuple[str, str], times: int
) -> None:
    report = sent(desk, to)
    for kind in order:
        for _ in range(times):
            desk.note(kind, 0)
    desk.clock.forward(hours=9)
    desk.deliver()
    assert desk.state(report, to) == DELIVERED
    assert len(desk.mailer.sent) == 1
    assert desk.alarms.kinds() == ["answers_by_itself"]
    assert desk.record(report).expires_at == NOON + 30 * DAY
    assert desk.record(report).watch_at is None


def test_a_note_that_comes_weeks_later_moves_no_date(desk: Desk) -> None:
    report = sent(desk)
    desk.note("delivered")
    before = desk.record(report).expires_at
    desk.clock.forward(days=20)
    assert desk.note("away") == "away"
    assert desk.record(report).expires_at == before
    desk.clock.forward(days=11)
    assert desk.note("away") == "unknown"


def test_without_a_delivery_the_fallback_gets_it_after_a_quarter_of_an_hour(desk: Desk) -> None:
    report = sent(desk, "police")
    assert desk.note("away") == "away"
    desk.clock.forward(minutes=14)
    desk.deliver()
    assert desk.state(report) == UNCLEAR
    assert len(desk.mailer.sent) == 1
    desk.clock.forward(minutes=1)
    tally = desk.deliver()
    assert desk.addresses() == ["police@agency.example", "chief@agency.example"]
    assert (desk.state(report), tally.fell_back) == (SENT, 1)
    assert desk.alarms.kinds() == ["answers_by_itself", "fell_back"]


def test_without_a_delivery_and_a_fallback_it_is_a_persons_to_deal_with(desk: Desk) -> None:
    report = sent(desk)
    desk.note("away")
    desk.clock.forward(minutes=15)
    assert desk.deliver().failed == 1
    assert desk.state(report, "clinic") == BOUNCED
    assert desk.alarms.kinds() == ["answers_by_itself", "not_taken"]
    assert desk.alarms.raised[-1][1]["case"] == desk.record(report).case_number
    assert desk.record(report).expires_at is None


def test_a_delivery_after_the_alarm_ends_it_and_starts_the_time(desk: Desk) -> None:
    report = sent(desk)
    desk.note("away")
    desk.clock.forward(hours=9)
    desk.deliver()
    assert "not_taken" in desk.alarms.kinds()
    assert desk.note("delivered") == "delivered"
    assert desk.state(report, "clinic") == DELIVERED
    assert desk.record(report).expires_at == desk.clock.now() + 30 * DAY
    assert desk.record(report).due_at() is None
    assert desk.note("away") == "old"


def test_a_delivery_takes_back_a_fallback_that_has_not_gone_out(desk: Desk) -> None:
    report = sent(desk, "police")
    desk.note("away")
    desk.clock.forward(minutes=15)
    desk.mailer.fail(StoreUnavailable("x"), "send")  # an unforeseen fault: it waits
    desk.deliver()
    assert desk.state(report) == FALLEN_BACK
    desk.mailer.mend()
    desk.note("delivered", 0)
    desk.clock.forward(hours=1)
    desk.deliver()
    assert desk.state(report) == DELIVERED
    assert desk.addresses() == ["police@agency.example"]


@pytest.mark.parametrize("fallback_says", ["delivered", "bounced", "away", "complained"])
def test_a_delivery_after_the_fallback_got_it_counts_whatever_the_fallback_says(
    desk: Desk, fallback_says: str
) -> None:
    report = sent(desk, "police")
    desk.note("away", 0)
    desk.clock.forward(minutes=15)
    desk.deliver()
    desk.note("delivered", 0)
    assert desk.state(report) == DELIVERED
    desk.note(fallback_says, 1)
    desk.clock.forward(hours=1)
    desk.deliver()
    assert desk.state(report) == DELIVERED
    assert len(desk.mailer.sent) == 2


def test_a_notes_turn_that_is_over_changes_no_state(desk: Desk) -> None:
    report = sent(desk, "police")
    desk.note("bounced", 0)
    desk.deliver()
    assert desk.note("away", 0) == "away"
    assert desk.state(report) == SENT
    desk.note("delivered", 1)
    assert desk.note("away", 0) == "old"
    assert desk.note("away", 1) == "away"
    assert desk.state(report) == DELIVERED
    assert desk.alarms.kinds() == ["fell_back", "answers_by_itself"]


def test_a_note_does_not_touch_what_a_person_sent_again(desk: Desk) -> None:
    report = sent(desk)
    desk.note("bounced")
    again = sent_again(desk.delivery(report, "clinic"), desk.clock.now())
    desk.store.save(desk.record(report).with_delivery(again))
    desk.note("away", 0)
    assert desk.state(report, "clinic") == QUEUED


def test_one_alarm_a_day_and_recipient(desk: Desk) -> None:
    for to in ("clinic", "police", "clinic", "clinic"):
        sent(desk, to)
        desk.note("delivered")
        desk.note("away")
        desk.clock.forward(hours=2)
    told = [detail["recipient"] for kind, detail in desk.alarms.raised if kind == "answers_by_itself"]
    assert told == ["clinic", "police"]
    desk.clock.forward(days=1)
    sent(desk)
    desk.note("away")
    assert desk.alarms.kinds().count("answers_by_itself") == 3


@pytest.mark.parametrize("order", [("delivered", "away"), ("away", "delivered")])
def test_of_a_digest_every_report_stays_delivered_and_one_alarm_tells(
    desk: Desk, order: tuple[str, str]
) -> None:
    reports = [desk.take("clinic", held_until=NOON) for _ in range(5)]
    desk.deliver()
    for kind in order:
        desk.note(kind, 0)
    desk.clock.forward(hours=1)
    desk.deliver()
    assert {desk.state(report, "clinic") for report in reports} == {DELIVERED}
    assert desk.alarms.kinds() == ["answers_by_itself"]
    assert {desk.delivery(report, "clinic").away_mail for report in reports} == {"message-1"}


def test_a_digest_that_nobody_took_falls_back_as_one_with_one_alarm(desk: Desk) -> None:
    reports = [desk.take("police", held_until=NOON) for _ in range(5)]
    desk.deliver()
    desk.note("away", 0)
    desk.clock.forward(minutes=15)
    desk.deliver()
    desk.clock.forward(minutes=1)
    desk.deliver()
    assert [len(stories) for stories in desk.stories()] == [5, 5]
    assert desk.alarms.kinds() == ["answers_by_itself", "fell_back"]
    desk.note("delivered", 0)
    assert {desk.state(report) for report in reports} == {DELIVERED}


def test_a_note_may_come_before_our_own_record(desk: Desk) -> None:
    report = desk.take("clinic")
    mail = SentMail(f"report-{report}", "clinic", 0)
    assert desk.noter()(Notice("away", "m", mail, NOON)) == "away"
    desk.deliver()
    assert desk.mailer.sent == []
    assert desk.noter()(Notice("delivered", "m", mail, NOON)) == "delivered"
    assert desk.state(report, "clinic") == DELIVERED


@pytest.mark.parametrize("order", list(itertools.permutations(["delayed", "delivered", "away", "waited"])))
def test_in_whatever_order_and_however_late_a_delivery_wins(desk: Desk, order: tuple[str, ...]) -> None:
    report = sent(desk, "police")
    for kind in order:
        if kind == "waited":
            desk.clock.forward(minutes=20)
            desk.deliver()
        else:
            desk.note(kind, 0)
    desk.clock.forward(minutes=1)
    desk.deliver()
    assert desk.state(report) == DELIVERED


def test_only_the_addresses_that_a_note_names_are_meant(desk: Desk) -> None:
    report = sent(desk, "police")
    both = ("police@agency.example", "other@agency.example")
    assert desk.note("away", to=both, addresses=("other@agency.example",)) == "old"
    assert desk.state(report) == SENT
    assert desk.note("away", to=both, addresses=("POLICE@agency.example",)) == "away"


def test_an_operator_who_is_away_is_told_of_in_the_log_once_a_day(desk: Desk) -> None:
    desk.mailer.sent.append(Mail("s", "o@x.example", "operator", 0, "alarm-mail_stopped", b""))
    for _ in range(3):
        assert desk.note("away") == "away"
    assert desk.alarms.kinds() == ["operator_away"]


def test_a_store_that_is_away_loses_no_note(desk: Desk) -> None:
    report = sent(desk)
    desk.note("delivered")
    for operation in ("count", "save"):
        desk.store.fail_next(operation, StoreUnavailable("away"))
        with pytest.raises(StoreUnavailable):
            desk.note("away")
    assert desk.note("away") == "away"
    assert desk.delivery(report, "clinic").away_at == NOON
