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
from tests.support.delivery_fakes import Desk
from tests.support.fakes import NOON, FakeAlarms, FakeRecipients, FakeStore, FixedClock, recipient


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def report(desk: Desk) -> str:
    """A report that was sent to the police."""
    report = desk.take()
    desk.deliver()
    return report


def test_a_delivery_notice_says_that_the_server_took_it(desk: Desk, report: str) -> None:
    assert desk.note("delivered") == "delivered"
    assert desk.state(report) == DELIVERED
    assert desk.record(report).expires_at == NOON + timedelta(days=30)
    assert desk.record(report).due_at() is None


def test_a_notice_that_comes_twice_is_old_the_second_time(desk: Desk, report: str) -> None:
    for kind in ("delayed", "delivered"):
        desk.note(kind)
        before = desk.record(report)
        assert desk.note(kind) == "old"
        assert desk.record(report) == before


@pytest.mark.parametrize("kind", ["bounced", "complained", "rejected"])
def test_bad_news_brings_the_fallback_into_play_and_tells_the_operator(
    desk: Desk, report: str, kind: str
) -> None:
    assert desk.note(kind, why="Permanent General") == FALLEN_BACK
    delivery = desk.delivery(report)
    assert (delivery.state, delivery.address, delivery.next_try) == (FALLEN_BACK, FALLBACK, NOON)
    assert desk.alarms.raised == [
        (
            "fell_back",
            {
                "recipient": "police",
                "address": "first",
                "case": desk.record(report).case_number,
                "what": kind,
                "why": "Permanent General",
            },
        )
    ]


@pytest.mark.parametrize(
    ("kind", "state"), [("bounced", BOUNCED), ("complained", COMPLAINED), ("rejected", REJECTED)]
)
def test_bad_news_without_another_address_is_a_persons_to_deal_with(
    desk: Desk, kind: str, state: str
) -> None:
    report = desk.take("clinic")
    desk.deliver()
    desk.note(kind)
    assert desk.state(report, "clinic") == state
    assert desk.alarms.kinds() == ["not_taken"]
    assert desk.record(report).expires_at is None


def test_bad_news_of_both_addresses_is_the_end(desk: Desk, report: str) -> None:
    desk.note("bounced")
    desk.deliver()
    assert desk.note("bounced") == "bounced"
    assert desk.state(report) == BOUNCED
    assert desk.alarms.kinds() == ["fell_back", "not_taken"]


def test_a_bounce_may_follow_a_delivery_and_takes_the_deletion_back(desk: Desk, report: str) -> None:
    desk.note("delivered")
    desk.clock.forward(hours=3)
    desk.note("bounced")
    assert desk.state(report) == FALLEN_BACK
    assert desk.record(report).expires_at is None
    desk.deliver()
    assert desk.addresses() == ["police@agency.example", "chief@agency.example"]


def test_a_delivery_notice_does_not_undo_the_bounce_it_overtook(desk: Desk, report: str) -> None:
    desk.note("bounced")
    assert desk.note("delivered") == "old"
    assert desk.state(report) == FALLEN_BACK


def test_old_news_does_not_touch_what_a_person_sent_again(desk: Desk) -> None:
    report = desk.take("clinic")
    desk.deliver()
    desk.note("bounced")
    desk.store.save(
        desk.record(report).with_delivery(sent_again(desk.delivery(report, "clinic"), desk.clock.now()))
    )
    for kind in ("bounced", "delivered", "delayed", "complained"):
        assert desk.note(kind, 0) == "old"
    assert desk.state(report, "clinic") == QUEUED
    desk.deliver()
    assert desk.note("bounced", 0) == "old"
    assert desk.state(report, "clinic") == SENT
    desk.note("delivered")
    assert desk.state(report, "clinic") == DELIVERED


def test_a_notice_may_come_before_our_own_record(desk: Desk) -> None:
    report = desk.take()
    notice = Notice("delivered", "m", SentMail(f"report-{report}", "police", 0), NOON)
    assert desk.noter()(notice) == "delivered"
    desk.deliver()
    assert desk.mailer.sent == []
    assert desk.state(report) == DELIVERED


@pytest.mark.parametrize("order", list(itertools.permutations(["delayed", "delivered", "bounced"])))
def test_in_whatever_order_notices_come_a_bounce_is_never_forgotten(
    desk: Desk, report: str, order: tuple[str, ...]
) -> None:
    for kind in order:
        for _ in range(2):
            desk.note(kind, 0)
    assert desk.state(report) == FALLEN_BACK


@pytest.mark.parametrize("order", list(itertools.permutations(["delayed", "delivered", "delayed"])))
def test_in_whatever_order_notices_come_a_delivery_stays(
    desk: Desk, report: str, order: tuple[str, ...]
) -> None:
    for kind in order:
        desk.note(kind)
    assert desk.state(report) == DELIVERED


def test_a_notice_without_tags_is_known_by_its_message_id(desk: Desk, report: str) -> None:
    assert desk.noter()(Notice("delivered", "message-1", None, NOON)) == "delivered"
    assert desk.state(report) == DELIVERED


def test_a_notice_of_a_mail_that_is_not_recorded_yet_comes_again(desk: Desk, report: str) -> None:
    notice = Notice("delivered", "unknown", None, desk.clock.now())
    with pytest.raises(NoticeEarly):
        desk.noter()(notice)
    desk.clock.forward(minutes=15)
    assert desk.noter()(notice) == "unknown"
    assert desk.noter()(Notice("delivered", "unknown", None, None)) == "unknown"


def test_notices_about_what_we_do_not_have_change_nothing(desk: Desk, report: str) -> None:
    for about, to in [
        ("report-" + "f" * 32, "police"),
        (f"report-{report}", "nobody"),
        ("batch-unknown", "police"),
        ("nonsense", "police"),
        (f"report-{report}-more", "police"),
    ]:
        assert desk.noter()(Notice("bounced", "m", SentMail(about, to, 0), NOON)) == "unknown"
    assert desk.state(report) == SENT
    assert desk.alarms.raised == []


def test_a_report_whose_time_is_over_is_not_brought_back(desk: Desk, report: str) -> None:
    desk.note("delivered")
    desk.clock.forward(days=31)
    assert desk.note("bounced") == "unknown"


def test_only_the_addresses_that_a_notice_names_are_meant(desk: Desk, report: str) -> None:
    both = ("police@agency.example", "other@agency.example")
    assert desk.note("bounced", to=both, addresses=("other@agency.example",)) == "old"
    assert desk.state(report) == SENT
    assert desk.note("bounced", to=both, addresses=("Police@Agency.example",)) == FALLEN_BACK


def test_an_address_that_was_changed_since_still_counts(desk: Desk, report: str) -> None:
    desk.directory.all = (recipient("police", fallback="new@agency.example"),)
    both = ("old@agency.example", "other@agency.example")
    assert desk.note("bounced", to=both, addresses=("other@agency.example",)) == FALLEN_BACK
    assert desk.state(report) == FALLEN_BACK


def test_a_recipient_that_is_gone_has_no_fallback(desk: Desk, report: str) -> None:
    desk.directory.all = ()
    desk.note("bounced")
    assert desk.state(report) == BOUNCED


def test_a_delay_starts_the_six_hours(desk: Desk, report: str) -> None:
    desk.clock.forward(hours=1)
    assert desk.note("delayed") == "delayed"
    assert (desk.state(report), desk.delivery(report).next_try) == (DELAYED, NOON + timedelta(hours=6))


def test_somebody_else_changing_the_record_is_no_obstacle(desk: Desk, report: str) -> None:
    desk.store.fail_next("save", StaleRecord("x"), StaleRecord("x"))
    assert desk.note("delivered") == "delivered"


def test_a_notice_that_cannot_be_saved_comes_again_and_tells_the_operator_first(
    desk: Desk, report: str
) -> None:
    desk.store.fail_next("save", StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        desk.note("bounced")
    assert desk.alarms.kinds() == ["fell_back"]
    assert desk.note("bounced") == FALLEN_BACK


def test_a_record_that_never_stops_changing_is_asked_for_again(desk: Desk, report: str) -> None:
    desk.store.fail(StaleRecord("x"), "save")
    with pytest.raises(StoreUnavailable):
        desk.note("delivered")


def test_a_bounced_alarm_raises_no_mail_about_itself(desk: Desk) -> None:
    desk.mailer.sent.append(Mail("s", "o@x.example", "operator", 0, "alarm-mail_stopped", b""))
    assert desk.note("bounced") == "bounced"
    assert desk.alarms.kinds() == ["operator_unreachable"]
    assert desk.note("delivered") == "delivered"
    assert len(desk.alarms.raised) == 1


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
