"""No mail leaves for an office that its writer refused, whoever queued it and whatever was changed since."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.directory.recipients import Recipient
from chalicelib.reporting.cases import (
    BOUNCED,
    DELAYED,
    DELIVERED,
    FAILED,
    FALLBACK,
    FALLEN_BACK,
    HELD,
    QUEUED,
    SENT,
    WITHHELD,
    Delivery,
)
from chalicelib.reporting.choices import Choice, read_choice
from tests.support.delivery_fakes import Desk
from tests.support.fakes import FakeRecipients, recipient

POLICE = recipient("police", fallback="chief@agency.example")
CLINIC = recipient("clinic", nature="services")
BORDER = recipient("border", enforces_immigration=True, fallback="border2@agency.example")
SHERIFF = recipient("sheriff")
OFFERED = (POLICE, CLINIC, BORDER)


def chose(*ticked: str, consent: bool = False) -> Choice:
    return read_choice({"r": list(ticked), "x": ["1"] if consent else []}, OFFERED, OFFERED)


@pytest.fixture
def desk() -> Desk:
    return Desk(*OFFERED, SHERIFF)


def mailed_to(desk: Desk, one: Recipient) -> bool:
    return bool({one.email, one.fallback} & set(desk.addresses()))


@pytest.mark.parametrize("state", [QUEUED, HELD, FALLEN_BACK])
@pytest.mark.parametrize("address", ["first", FALLBACK])
@pytest.mark.parametrize("digest", [False, True])
def test_a_delivery_written_straight_into_the_table_to_who_was_unticked_is_withheld(
    desk: Desk, state: str, address: str, digest: bool
) -> None:
    report = desk.take("police", choice=chose("police"))
    now = desk.clock.now()
    desk.add_delivery(report, Delivery("border", state, now, now, address=address, digest=digest))
    desk.deliver()
    assert desk.addresses() == [POLICE.email]
    assert desk.state(report, "border") == WITHHELD
    assert desk.state(report) == SENT
    detail = {"case": desk.record(report).case_number, "recipient": "border"}
    assert desk.alarms.raised == [("withheld", detail)]


def test_what_was_withheld_never_comes_up_again_and_holds_nothing_up(desk: Desk) -> None:
    report = desk.take("police", choice=chose("police"))
    now = desk.clock.now()
    desk.add_delivery(report, Delivery("border", QUEUED, now, now))
    desk.deliver()
    desk.note("delivered")
    record = desk.record(report)
    assert record.due_at() is None
    assert record.leased_until is None
    assert record.expires_at == now + timedelta(days=30)
    desk.clock.forward(hours=30)
    assert desk.deliver().failed == 0
    assert len(desk.alarms.raised) == 1


def test_a_delayed_mail_that_nobody_sent_gives_way_to_no_fallback(desk: Desk) -> None:
    report = desk.take("police", choice=chose("police"))
    now = desk.clock.now()
    desk.add_delivery(report, Delivery("border", DELAYED, now, now))
    desk.deliver()
    desk.clock.forward(minutes=10)
    desk.deliver()
    assert not mailed_to(desk, BORDER)
    assert desk.state(report, "border") == WITHHELD


@pytest.mark.parametrize("about", ["self", "close"])
def test_an_office_that_enforces_immigration_law_by_now_is_left_out(desk: Desk, about: str) -> None:
    report = desk.take("police", "clinic", choice=chose("police", "clinic"), about=about)
    desk.directory = FakeRecipients(replace(POLICE, enforces_immigration=True), CLINIC)
    desk.deliver()
    assert desk.addresses() == [CLINIC.email]
    assert desk.state(report) == WITHHELD


def test_without_an_answer_or_with_no_an_office_that_was_ticked_gets_it_as_the_form_says(desk: Desk) -> None:
    for about in ("", "no"):
        report = desk.take("border", choice=chose("border"), about=about)
        desk.deliver()
        assert desk.state(report, "border") == SENT


@pytest.mark.parametrize(
    ("to", "consent", "goes"),
    [
        (SHERIFF, False, True),
        (replace(SHERIFF, nature="services"), False, False),
        (replace(SHERIFF, enforces_immigration=True), False, False),
        (replace(SHERIFF, enforces_immigration=True), True, True),
        (replace(SHERIFF, email=BORDER.email), True, False),
    ],
)
def test_another_office_gets_it_when_it_is_like_one_that_was_ticked(
    desk: Desk, to: Recipient, consent: bool, goes: bool
) -> None:
    desk.directory = FakeRecipients(*OFFERED, to)
    report = desk.take("police", choice=chose("police", consent=consent))
    desk.deliver()
    desk.note("bounced")
    desk.deliver()
    desk.note("bounced")
    desk.store.reports[report] = desk.record(report).handed_over("police", "sheriff", desk.clock.now())
    desk.deliver()
    assert desk.state(report, "sheriff") == (SENT if goes else WITHHELD)
    assert (desk.addresses()[2:] == [to.email]) == goes


def test_digests_leave_out_what_its_writer_refused_and_keep_the_rest(desk: Desk) -> None:
    soon = desk.clock.now() + timedelta(minutes=1)
    fine = desk.take("border", "police", held_until=soon, choice=chose("border", "police"))
    refused = desk.take("police", held_until=soon, choice=chose("police"))
    desk.add_delivery(refused, Delivery("border", HELD, soon, soon, digest=True))
    desk.clock.forward(minutes=2)
    desk.deliver()
    assert desk.stories(BORDER.email) == [["story 1"]]
    assert desk.stories(POLICE.email) == [["story 1", "story 2"]]
    assert (desk.state(fine, "border"), desk.state(refused, "border")) == (SENT, WITHHELD)


def test_a_recipient_that_is_gone_is_withheld_if_it_was_not_ticked(desk: Desk) -> None:
    report = desk.take("police", "clinic", choice=chose("police", "clinic"))
    now = desk.clock.now()
    desk.add_delivery(report, Delivery("nobody", QUEUED, now, now))
    desk.directory = FakeRecipients(POLICE)
    desk.deliver()
    assert (desk.state(report, "clinic"), desk.state(report, "nobody")) == (FAILED, WITHHELD)
    assert desk.state(report) == SENT


def test_when_the_record_changes_meanwhile_what_was_refused_stays_refused(desk: Desk) -> None:
    report = desk.take("police", choice=chose("police"))
    now = desk.clock.now()
    desk.add_delivery(report, Delivery("border", QUEUED, now, now))
    before = desk.store.save

    def overtaken(record):  # type: ignore[no-untyped-def]
        desk.store.save = before  # type: ignore[method-assign]
        current = desk.record(report)
        desk.store.reports[report] = replace(current, version=current.version + 1)
        return before(record)

    desk.store.save = overtaken  # type: ignore[method-assign]
    desk.deliver()
    assert desk.addresses() == [POLICE.email]
    assert desk.state(report, "border") == WITHHELD


# Reports that were sealed before choices were


def test_a_report_sealed_before_keeps_the_deliveries_that_it_has(desk: Desk) -> None:
    report = desk.take("police", "border", about="yes")
    desk.deliver()
    assert desk.addresses() == [POLICE.email, BORDER.email]
    desk.note("bounced")
    desk.deliver()
    assert desk.addresses()[2:] == [BORDER.fallback]
    assert desk.record(report).addressed == ("police", "border")


def test_a_report_sealed_before_is_handed_to_nobody(desk: Desk) -> None:
    report = desk.take("police")
    desk.store.reports[report] = desk.record(report).handed_over("police", "sheriff", desk.clock.now())
    desk.deliver()
    assert desk.addresses() == []
    assert desk.state(report, "sheriff") == WITHHELD


@pytest.mark.parametrize("state", [QUEUED, HELD])
def test_nobody_is_added_to_a_report_sealed_before_once_it_was_opened(desk: Desk, state: str) -> None:
    report = desk.take("police")
    desk.deliver()
    now = desk.clock.now()
    desk.add_delivery(report, Delivery("border", state, now, now, digest=state == HELD))
    desk.deliver()
    assert desk.addresses() == [POLICE.email]
    assert desk.state(report, "border") == WITHHELD


def test_a_copy_that_is_sent_again_may_be(desk: Desk) -> None:
    report = desk.take("police", choice=chose("police"))
    desk.deliver()
    desk.note("delivered")
    record = desk.record(report)
    assert record.delivery_to("police").state == DELIVERED  # type: ignore[union-attr]
    for state in (BOUNCED, DELIVERED):
        now = desk.clock.now()
        again = Delivery("police", QUEUED, now, now, turn=5 if state == BOUNCED else 6)
        desk.store.reports[report] = replace(desk.record(report), deliveries=(again,))
        desk.deliver()
    assert len(desk.addresses()) == 3
