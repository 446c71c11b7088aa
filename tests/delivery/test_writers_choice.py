"""No mail leaves for an office that its writer refused, whoever queued it and whatever was changed since."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count, product

import pytest

from chalicelib.delivery.agreed_hand_overs import Agreement, HandOverKey, fingerprint_of
from chalicelib.delivery.grant_hand_overs import GrantHandOvers
from chalicelib.delivery.grant_wishes import GrantWishes
from chalicelib.delivery.hand_overs import as_shown
from chalicelib.delivery.wishes import AGREE, DECLINE, KINDS, Wish, seen_of
from chalicelib.directory.recipients import Recipient
from chalicelib.reporting.cases import (
    BOUNCED,
    DELAYED,
    DELIVERED,
    FAILED,
    FALLBACK,
    FALLEN_BACK,
    FIRST,
    HELD,
    QUEUED,
    SENT,
    WITHHELD,
    Delivery,
)
from chalicelib.reporting.choices import Choice, read_choice
from tests.support.delivery_fakes import DeliveryBench
from tests.support.fake_cases import FakeCases, FakeWishes
from tests.support.fake_hand_overs import FakeHandOvers
from tests.support.fakes import FakeRecipients, recipient

POLICE = recipient("police", fallback="chief@agency.example")
CLINIC = recipient("clinic", nature="services")
BORDER = recipient("border", enforces_immigration=True, fallback="border2@agency.example")
SHERIFF = recipient("sheriff")
OFFERED = (POLICE, CLINIC, BORDER)


def chose(*ticked: str, consent: bool = False) -> Choice:
    return read_choice({"r": list(ticked), "x": ["1"] if consent else []}, OFFERED, OFFERED)


@pytest.fixture
def bench() -> DeliveryBench:
    return DeliveryBench(*OFFERED, SHERIFF)


def mailed_to(bench: DeliveryBench, recipient: Recipient) -> bool:
    return bool({recipient.email, recipient.fallback} & set(bench.addresses()))


@pytest.mark.parametrize("state", [QUEUED, HELD, FALLEN_BACK])
@pytest.mark.parametrize("address", ["first", FALLBACK])
@pytest.mark.parametrize("digest", [False, True])
def test_a_delivery_written_straight_into_the_table_to_who_was_unticked_is_withheld(
    bench: DeliveryBench, state: str, address: str, digest: bool
) -> None:
    report = bench.take("police", choice=chose("police"))
    now = bench.clock.now()
    bench.add_delivery(report, Delivery("border", state, now, now, address=address, digest=digest))
    bench.deliver()
    assert bench.addresses() == [POLICE.email]
    assert bench.state(report, "border") == WITHHELD
    assert bench.state(report) == SENT
    record = bench.record(report)
    detail = {"case": record.case_number, "recipient": "border", "places": record.place}
    assert bench.alarms.raised == [("withheld", detail)]


def test_what_was_withheld_never_comes_up_again_and_holds_nothing_up(bench: DeliveryBench) -> None:
    report = bench.take("police", choice=chose("police"))
    now = bench.clock.now()
    bench.add_delivery(report, Delivery("border", QUEUED, now, now))
    bench.deliver()
    bench.note("delivered")
    record = bench.record(report)
    assert record.due_at() is None
    assert record.leased_until is None
    assert record.expires_at == now + timedelta(days=30)
    bench.clock.forward(hours=30)
    assert bench.deliver().failed == 0
    assert len(bench.alarms.raised) == 1


def test_a_delayed_mail_that_nobody_sent_gives_way_to_no_fallback(bench: DeliveryBench) -> None:
    report = bench.take("police", choice=chose("police"))
    now = bench.clock.now()
    bench.add_delivery(report, Delivery("border", DELAYED, now, now))
    bench.deliver()
    bench.clock.forward(minutes=10)
    bench.deliver()
    assert not mailed_to(bench, BORDER)
    assert bench.state(report, "border") == WITHHELD


@pytest.mark.parametrize("about", ["self", "close"])
def test_an_office_that_enforces_immigration_law_by_now_is_left_out(bench: DeliveryBench, about: str) -> None:
    report = bench.take("police", "clinic", choice=chose("police", "clinic"), about=about)
    bench.directory = FakeRecipients(replace(POLICE, enforces_immigration=True), CLINIC)
    bench.deliver()
    assert bench.addresses() == [CLINIC.email]
    assert bench.state(report) == WITHHELD


def test_without_an_answer_or_with_no_an_office_that_was_ticked_gets_it_as_the_form_says(
    bench: DeliveryBench,
) -> None:
    for about in ("", "no"):
        report = bench.take("border", choice=chose("border"), about=about)
        bench.deliver()
        assert bench.state(report, "border") == SENT


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
    bench: DeliveryBench, to: Recipient, consent: bool, goes: bool
) -> None:
    bench.directory = FakeRecipients(*OFFERED, to)
    report = bench.take("police", choice=chose("police", consent=consent))
    bench.deliver()
    bench.note("bounced")
    bench.deliver()
    bench.note("bounced")
    bench.store.reports[report] = bench.record(report).handed_over("police", "sheriff", bench.clock.now())
    bench.deliver()
    assert bench.state(report, "sheriff") == (SENT if goes else WITHHELD)
    assert (bench.addresses()[2:] == [to.email]) == goes


def test_digests_leave_out_what_its_writer_refused_and_keep_the_rest(bench: DeliveryBench) -> None:
    soon = bench.clock.now() + timedelta(minutes=1)
    fine = bench.take("border", "police", held_until=soon, choice=chose("border", "police"))
    refused = bench.take("police", held_until=soon, choice=chose("police"))
    bench.add_delivery(refused, Delivery("border", HELD, soon, soon, digest=True))
    bench.clock.forward(minutes=2)
    bench.deliver()
    assert bench.stories(BORDER.email) == [["story 1"]]
    assert bench.stories(POLICE.email) == [["story 1", "story 2"]]
    assert (bench.state(fine, "border"), bench.state(refused, "border")) == (SENT, WITHHELD)


def test_a_recipient_that_is_gone_is_withheld_if_it_was_not_ticked(bench: DeliveryBench) -> None:
    report = bench.take("police", "clinic", choice=chose("police", "clinic"))
    now = bench.clock.now()
    bench.add_delivery(report, Delivery("nobody", QUEUED, now, now))
    bench.directory = FakeRecipients(POLICE)
    bench.deliver()
    assert (bench.state(report, "clinic"), bench.state(report, "nobody")) == (FAILED, WITHHELD)
    assert bench.state(report) == SENT


def test_when_the_record_changes_meanwhile_what_was_refused_stays_refused(bench: DeliveryBench) -> None:
    report = bench.take("police", choice=chose("police"))
    now = bench.clock.now()
    bench.add_delivery(report, Delivery("border", QUEUED, now, now))
    before = bench.store.save

    def overtaken(record):  # type: ignore[no-untyped-def]
        bench.store.save = before  # type: ignore[method-assign]
        current = bench.record(report)
        bench.store.reports[report] = replace(current, version=current.version + 1)
        return before(record)

    bench.store.save = overtaken  # type: ignore[method-assign]
    bench.deliver()
    assert bench.addresses() == [POLICE.email]
    assert bench.state(report, "border") == WITHHELD


# Reports that were sealed before choices were


def test_a_report_sealed_before_keeps_the_deliveries_that_it_has(bench: DeliveryBench) -> None:
    report = bench.take("police", "border", about="yes")
    bench.deliver()
    assert bench.addresses() == [POLICE.email, BORDER.email]
    bench.note("bounced")
    bench.deliver()
    assert bench.addresses()[2:] == [BORDER.fallback]
    assert bench.record(report).addressed == ("police", "border")


def test_a_report_sealed_before_is_handed_to_nobody(bench: DeliveryBench) -> None:
    report = bench.take("police")
    bench.store.reports[report] = bench.record(report).handed_over("police", "sheriff", bench.clock.now())
    bench.deliver()
    assert bench.addresses() == []
    assert bench.state(report, "sheriff") == WITHHELD


@pytest.mark.parametrize("state", [QUEUED, HELD])
def test_nobody_is_added_to_a_report_sealed_before_once_it_was_opened(
    bench: DeliveryBench, state: str
) -> None:
    report = bench.take("police")
    bench.deliver()
    now = bench.clock.now()
    bench.add_delivery(report, Delivery("border", state, now, now, digest=state == HELD))
    bench.deliver()
    assert bench.addresses() == [POLICE.email]
    assert bench.state(report, "border") == WITHHELD


def test_a_copy_that_is_sent_again_may_be(bench: DeliveryBench) -> None:
    report = bench.take("police", choice=chose("police"))
    bench.deliver()
    bench.note("delivered")
    record = bench.record(report)
    assert record.delivery_to("police").state == DELIVERED  # type: ignore[union-attr]
    for state in (BOUNCED, DELIVERED):
        now = bench.clock.now()
        again = Delivery("police", QUEUED, now, now, turn=5 if state == BOUNCED else 6)
        bench.store.reports[report] = replace(bench.record(report), deliveries=(again,))
        bench.deliver()
    assert len(bench.addresses()) == 3


def test_an_office_that_was_not_on_the_form_gets_nothing_but_by_a_hand_over(bench: DeliveryBench) -> None:
    report, now = bench.take("police", choice=chose("police")), bench.clock.now()
    bench.add_delivery(report, Delivery("sheriff", QUEUED, now, now))
    bench.deliver()
    assert not mailed_to(bench, SHERIFF)
    assert bench.state(report, "sheriff") == WITHHELD


@pytest.mark.parametrize("agreed", [False, True])
def test_who_forges_every_wish_of_the_desk_has_nothing_mailed_but_to_who_was_ticked(
    bench: DeliveryBench, agreed: bool
) -> None:
    """Also where two publishers were led to agree to all of it: the seal has the last word."""
    shown_there = (*OFFERED, recipient("second"))
    choice = read_choice({"r": ["police"]}, shown_there, shown_there)
    report, wishes, rows = bench.take("police", choice=choice), FakeWishes(), FakeHandOvers()
    log: list[str] = []
    bench.directory = FakeRecipients(*shown_there, chain=())  # and it publishes that no form offers anybody
    around = (bench.directory, bench.clock, log.append)
    cases, number = FakeCases(bench.store), count(1)
    grant = GrantWishes(cases, wishes, *around, agreed_only=True)
    hand_over = GrantHandOvers(cases, rows, *around, agreed_only=True)
    known = {office.id: office for office in shown_there}
    for kind, other, by in product(KINDS, known, ("ana", "ben")):
        for _ in range(2):  # the first address, then the second
            bench.deliver()
            bench.note("bounced")
        case, now = bench.record(report), bench.clock.now()
        for copy in case.deliveries:
            shown = as_shown(case.case_number, known[copy.recipient], known[other], copy)
            seen = shown if kind in (AGREE, DECLINE) else seen_of(case, kind, copy.recipient)
            texts = (copy.recipient, FIRST, seen, other, "why")
            wishes.add(Wish(f"{next(number):05}", case.case_number, kind, by, now, *texts))
            key = HandOverKey(case.case_number, case.place, copy.recipient, other)
            for name in ("ana", "ben") if agreed else ():
                rows.agree(key, Agreement(name, name, now, fingerprint_of(known[other])))
        grant()
        hand_over()
        bench.deliver()
        bench.clock.forward(seconds=60)
    assert {*bench.addresses()} == {POLICE.email, POLICE.fallback}
    assert [line for line in log if line.startswith("wish granted: send_again")]
    handed = {copy.recipient: copy.state for copy in bench.record(report).deliveries if copy.instead_of}
    assert handed == ({"second": WITHHELD} if agreed else {})
