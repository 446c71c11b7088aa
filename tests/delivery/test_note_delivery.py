"""What the mail service tells of a mail moves its deliveries: whenever it comes, and however often."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest

from chalicelib.delivery.errors import NoticeEarly
from chalicelib.delivery.note_delivery import NoteDelivery
from chalicelib.delivery.ports import Notice
from chalicelib.reporting.cases import (
    BOUNCED,
    COMPLAINED,
    DELAYED,
    DELIVERED,
    FALLBACK,
    FALLEN_BACK,
    QUEUED,
    REJECTED,
    SENT,
    sent_again,
)
from chalicelib.reporting.ports import SentMail
from chalicelib.shared.errors import StaleRecord, StoreUnavailable
from chalicelib.shared.mail import Mail
from tests.support.delivery_fakes import DeliveryBench
from tests.support.fakes import NOON, FakeAlarms, FakeRecipients, FakeStore, FixedClock, recipient


@pytest.fixture
def bench() -> DeliveryBench:
    return DeliveryBench()


@pytest.fixture
def report(bench: DeliveryBench) -> str:
    """A report that was sent to the police."""
    report = bench.take()
    bench.deliver()
    return report


def test_a_delivery_notice_says_that_the_server_took_it(bench: DeliveryBench, report: str) -> None:
    assert bench.note("delivered") == "delivered"
    assert bench.state(report) == DELIVERED
    assert bench.record(report).expires_at == NOON + timedelta(days=30)
    assert bench.record(report).due_at() is None


def test_a_notice_that_comes_twice_is_old_the_second_time(bench: DeliveryBench, report: str) -> None:
    for kind in ("delayed", "delivered"):
        bench.note(kind)
        before = bench.record(report)
        assert bench.note(kind) == "old"
        assert bench.record(report) == before


@pytest.mark.parametrize("kind", ["bounced", "complained", "rejected"])
def test_bad_news_brings_the_fallback_into_play_and_tells_the_operator(
    bench: DeliveryBench, report: str, kind: str
) -> None:
    assert bench.note(kind, why="Permanent General") == FALLEN_BACK
    delivery = bench.delivery(report)
    assert (delivery.state, delivery.address, delivery.next_try) == (FALLEN_BACK, FALLBACK, NOON)
    assert bench.alarms.raised == [
        (
            "fell_back",
            {
                "recipient": "police",
                "address": "first",
                "case": bench.record(report).case_number,
                "what": kind,
                "why": "Permanent General",
                "places": bench.record(report).place,
            },
        )
    ]


@pytest.mark.parametrize(
    ("kind", "state"), [("bounced", BOUNCED), ("complained", COMPLAINED), ("rejected", REJECTED)]
)
def test_bad_news_without_another_address_is_a_persons_to_deal_with(
    bench: DeliveryBench, kind: str, state: str
) -> None:
    report = bench.take("clinic")
    bench.deliver()
    bench.note(kind)
    assert bench.state(report, "clinic") == state
    assert bench.alarms.kinds() == ["not_taken"]
    assert bench.record(report).expires_at is None


def test_bad_news_of_both_addresses_is_the_end(bench: DeliveryBench, report: str) -> None:
    bench.note("bounced")
    bench.deliver()
    assert bench.note("bounced") == "bounced"
    assert bench.state(report) == BOUNCED
    assert bench.alarms.kinds() == ["fell_back", "not_taken"]


def test_a_bounce_may_follow_a_delivery_and_takes_the_deletion_back(
    bench: DeliveryBench, report: str
) -> None:
    bench.note("delivered")
    bench.clock.forward(hours=3)
    bench.note("bounced")
    assert bench.state(report) == FALLEN_BACK
    assert bench.record(report).expires_at is None
    bench.deliver()
    assert bench.addresses() == ["police@agency.example", "chief@agency.example"]


def test_a_delivery_notice_does_not_undo_the_bounce_it_overtook(bench: DeliveryBench, report: str) -> None:
    bench.note("bounced")
    assert bench.note("delivered") == "old"
    assert bench.state(report) == FALLEN_BACK


def test_old_news_does_not_touch_what_a_person_sent_again(bench: DeliveryBench) -> None:
    report = bench.take("clinic")
    bench.deliver()
    bench.note("bounced")
    bench.store.save(
        bench.record(report).with_delivery(sent_again(bench.delivery(report, "clinic"), bench.clock.now()))
    )
    for kind in ("bounced", "delivered", "delayed", "complained"):
        assert bench.note(kind, 0) == "old"
    assert bench.state(report, "clinic") == QUEUED
    bench.deliver()
    assert bench.note("bounced", 0) == "old"
    assert bench.state(report, "clinic") == SENT
    bench.note("delivered")
    assert bench.state(report, "clinic") == DELIVERED


def test_a_notice_may_come_before_our_own_record(bench: DeliveryBench) -> None:
    report = bench.take()
    notice = Notice("delivered", "m", SentMail(f"report-{report}", "police", 0), NOON)
    assert bench.noter()(notice) == "delivered"
    bench.deliver()
    assert bench.mailer.sent == []
    assert bench.state(report) == DELIVERED


@pytest.mark.parametrize("order", list(itertools.permutations(["delayed", "delivered", "bounced"])))
def test_in_whatever_order_notices_come_a_bounce_is_never_forgotten(
    bench: DeliveryBench, report: str, order: tuple[str, ...]
) -> None:
    for kind in order:
        for _ in range(2):
            bench.note(kind, 0)
    assert bench.state(report) == FALLEN_BACK


@pytest.mark.parametrize("order", list(itertools.permutations(["delayed", "delivered", "delayed"])))
def test_in_whatever_order_notices_come_a_delivery_stays(
    bench: DeliveryBench, report: str, order: tuple[str, ...]
) -> None:
    for kind in order:
        bench.note(kind)
    assert bench.state(report) == DELIVERED


def test_a_notice_without_tags_is_known_by_its_message_id(bench: DeliveryBench, report: str) -> None:
    assert bench.noter()(Notice("delivered", "message-1", None, NOON)) == "delivered"
    assert bench.state(report) == DELIVERED


def test_a_notice_of_a_mail_that_is_not_recorded_yet_comes_again(bench: DeliveryBench, report: str) -> None:
    notice = Notice("delivered", "unknown", None, bench.clock.now())
    with pytest.raises(NoticeEarly):
        bench.noter()(notice)
    bench.clock.forward(minutes=15)
    assert bench.noter()(notice) == "unknown"
    assert bench.noter()(Notice("delivered", "unknown", None, None)) == "unknown"


def test_notices_about_what_we_do_not_have_change_nothing(bench: DeliveryBench, report: str) -> None:
    for about, to in [
        ("report-" + "f" * 32, "police"),
        (f"report-{report}", "nobody"),
        ("batch-unknown", "police"),
        ("nonsense", "police"),
        (f"report-{report}-more", "police"),
    ]:
        assert bench.noter()(Notice("bounced", "m", SentMail(about, to, 0), NOON)) == "unknown"
    assert bench.state(report) == SENT
    assert bench.alarms.raised == []


def test_a_report_whose_time_is_over_is_not_brought_back(bench: DeliveryBench, report: str) -> None:
    bench.note("delivered")
    bench.clock.forward(days=31)
    assert bench.note("bounced") == "unknown"


def test_only_the_addresses_that_a_notice_names_are_meant(bench: DeliveryBench, report: str) -> None:
    both = ("police@agency.example", "other@agency.example")
    assert bench.note("bounced", to=both, addresses=("other@agency.example",)) == "old"
    assert bench.state(report) == SENT
    assert bench.note("bounced", to=both, addresses=("Police@Agency.example",)) == FALLEN_BACK


def test_an_address_that_was_changed_since_still_counts(bench: DeliveryBench, report: str) -> None:
    bench.directory.all = (recipient("police", fallback="new@agency.example"),)
    both = ("old@agency.example", "other@agency.example")
    assert bench.note("bounced", to=both, addresses=("other@agency.example",)) == FALLEN_BACK
    assert bench.state(report) == FALLEN_BACK


def test_a_recipient_that_is_gone_has_no_fallback(bench: DeliveryBench, report: str) -> None:
    bench.directory.all = ()
    bench.note("bounced")
    assert bench.state(report) == BOUNCED


def test_a_delay_starts_the_six_hours(bench: DeliveryBench, report: str) -> None:
    bench.clock.forward(hours=1)
    assert bench.note("delayed") == "delayed"
    assert (bench.state(report), bench.delivery(report).next_try) == (DELAYED, NOON + timedelta(hours=6))


def test_somebody_else_changing_the_record_is_no_obstacle(bench: DeliveryBench, report: str) -> None:
    bench.store.fail_next("save", StaleRecord("x"), StaleRecord("x"))
    assert bench.note("delivered") == "delivered"


def test_a_notice_that_cannot_be_saved_comes_again_and_tells_the_operator_first(
    bench: DeliveryBench, report: str
) -> None:
    bench.store.fail_next("save", StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        bench.note("bounced")
    assert bench.alarms.kinds() == ["fell_back"]
    assert bench.note("bounced") == FALLEN_BACK


def test_a_record_that_never_stops_changing_is_asked_for_again(bench: DeliveryBench, report: str) -> None:
    bench.store.fail(StaleRecord("x"), "save")
    with pytest.raises(StoreUnavailable):
        bench.note("delivered")


def test_a_bounced_alarm_raises_no_mail_about_itself(bench: DeliveryBench) -> None:
    bench.mailer.sent.append(Mail("s", "o@x.example", "operator", 0, "alarm-mail_stopped", b""))
    assert bench.note("bounced") == "bounced"
    assert bench.alarms.kinds() == ["operator_unreachable"]
    assert bench.note("delivered") == "delivered"
    assert len(bench.alarms.raised) == 1


@pytest.mark.parametrize(
    ("about", "kind", "marked"),
    [
        ("report-abc", "delivered", 1),
        ("batch-abc", "delivered", 1),
        ("report-abc", "bounced", 0),
        ("alarm-x", "delivered", 0),
        ("desk", "delivered", 0),
        ("code", "delivered", 0),
    ],
)
def test_the_first_delivered_report_leaves_a_mark_and_no_other_mail_does(
    about: str, kind: str, marked: int
) -> None:
    marks: list[datetime] = []
    store = FakeStore()
    note = NoteDelivery(store, FakeRecipients(), FakeAlarms(), FixedClock(NOON), marks.append)
    note(Notice(kind, "message", SentMail(about, "desk", 1), NOON))
    assert len(marks) == marked
