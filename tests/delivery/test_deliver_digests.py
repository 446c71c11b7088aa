"""What is held goes out in digests: complete, in order, few mails, however many reports there were."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.delivery.digests import DIGEST_MOST
from chalicelib.directory.errors import KeyUnusable
from chalicelib.reporting.cases import (
    DELIVERED,
    FALLBACK,
    FALLEN_BACK,
    HELD,
    REJECTED,
    SENT,
    next_digest,
    sent_again,
)
from chalicelib.reporting.take_report import TakeReport
from chalicelib.shared.errors import StoreUnavailable
from chalicelib.shared.mail import Mail, MailRefused, MailStopped
from tests.support.delivery_fakes import CLINIC, DeliveryBench
from tests.support.fakes import FakeVault

pytestmark = pytest.mark.takes(10)


@pytest.fixture
def bench() -> DeliveryBench:
    return DeliveryBench()


def hold(bench: DeliveryBench, count: int, *to: str) -> list[str]:
    """Store reports a second apart, all held until the hour."""
    hour = next_digest(bench.clock.now(), timedelta(hours=1))
    reports = []
    for _ in range(count):
        bench.clock.forward(seconds=1)
        reports.append(bench.take(*to, held_until=hour))
    return reports


def to_the_hour(bench: DeliveryBench) -> None:
    bench.clock.time = next_digest(bench.clock.now(), timedelta(hours=1))


def test_held_reports_wait_for_the_hour_and_come_in_one_mail_in_order(bench: DeliveryBench) -> None:
    reports = hold(bench, 7, "police", "clinic")
    bench.deliver()
    assert bench.mailer.sent == []
    to_the_hour(bench)
    tally = bench.deliver()
    assert bench.stories() == [[f"story {n}" for n in range(1, 8)]] * 2
    assert (tally.mails, tally.reports) == (2, 14)
    assert {bench.state(report, to) for report in reports for to in ("police", "clinic")} == {SENT}
    assert all(bench.record(report).leased_until is None for report in reports)


def test_more_than_a_digest_holds_comes_in_the_next_one(bench: DeliveryBench) -> None:
    hold(bench, DIGEST_MOST + 250)
    to_the_hour(bench)
    bench.deliver()
    assert [len(stories) for stories in bench.stories()] == [DIGEST_MOST, 250]
    assert [story for stories in bench.stories() for story in stories] == [
        f"story {n}" for n in range(1, DIGEST_MOST + 251)
    ]


def test_huge_reports_are_spread_over_several_digests(
    bench: DeliveryBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.delivery.digests.DIGEST_BYTES", 40)
    hold(bench, 10)  # a fake seal has 8 bytes or so
    to_the_hour(bench)
    bench.deliver()
    assert [len(stories) for stories in bench.stories()] == [6, 4]


def test_five_thousand_reports_in_a_minute_are_at_most_sixty_mails_an_inbox(bench: DeliveryBench) -> None:
    take = TakeReport(bench.store, bench.sealer, FakeVault(), bench.directory, bench.clock, agreed_only=True)
    tokens = [take.new_token() for _ in range(5000)]
    bench.clock.forward(seconds=30)  # the minute is not the clock's
    for number, token in enumerate(tokens):
        take({"t": [token], "a": [f"flood {number}"], "r": ["police", "clinic"]}, "town", "en")
        bench.clock.forward(seconds=60 / 5000)
        if number % 250 == 0:
            bench.deliver()
    for _ in range(70):
        bench.clock.forward(minutes=1)
        bench.deliver()
    for inbox in ("police@agency.example", "clinic@agency.example"):
        mails = bench.stories(inbox)
        assert len(mails) <= 60
        assert Counter(story for stories in mails for story in stories) == Counter(
            f"flood {number}" for number in range(5000)
        )
        for stories in mails:
            numbers = [int(story.split()[1]) for story in stories]
            assert numbers == sorted(numbers)


def test_many_workers_do_not_make_many_digests(bench: DeliveryBench) -> None:
    hold(bench, 100)
    to_the_hour(bench)
    together = threading.Barrier(4)
    claim = bench.store.claim

    def slow(*arguments: object) -> object:
        time.sleep(0.001)  # so that all are at it at once
        return claim(*arguments)  # type: ignore[arg-type]

    bench.store.claim = slow  # type: ignore[method-assign, assignment]

    def work() -> None:
        together.wait()
        bench.deliver()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(stories) for stories in bench.stories()] == [100]


def test_a_report_may_be_held_for_one_recipient_and_go_at_once_to_another(bench: DeliveryBench) -> None:
    report = bench.take("police", "clinic")
    record = bench.record(report)
    hour = next_digest(bench.clock.now(), timedelta(hours=1))
    held = replace(record.deliveries[0], state=HELD, next_try=hour, digest=True)
    bench.store.reports[report] = record.with_delivery(held)
    bench.deliver()
    assert bench.addresses() == ["clinic@agency.example"]
    to_the_hour(bench)
    bench.deliver()
    assert bench.addresses() == ["clinic@agency.example", "police@agency.example"]


def test_a_refused_digest_goes_to_the_fallback_as_one(bench: DeliveryBench) -> None:
    reports = hold(bench, 40)
    to_the_hour(bench)
    bench.deliver()
    assert bench.note("bounced") == FALLEN_BACK
    bench.deliver()
    assert len(bench.mailer.sent) == 1
    bench.clock.forward(minutes=1)
    bench.deliver()
    assert bench.addresses() == ["police@agency.example", "chief@agency.example"]
    assert bench.stories()[0] == bench.stories()[1]
    assert {(bench.state(report), bench.delivery(report).address) for report in reports} == {(SENT, FALLBACK)}
    assert bench.alarms.kinds() == ["fell_back"]


def test_what_goes_to_another_address_is_another_digest(bench: DeliveryBench) -> None:
    fallen = hold(bench, 3)
    to_the_hour(bench)
    bench.deliver()
    bench.note("bounced")
    waiting = hold(bench, 2)
    to_the_hour(bench)
    bench.deliver()
    assert sorted((mail.to, mail.turn) for mail in bench.mailer.sent) == [
        ("chief@agency.example", 1),
        ("police@agency.example", 0),
        ("police@agency.example", 0),
    ]
    assert bench.stories("chief@agency.example") == [["story 1", "story 2", "story 3"]]
    assert bench.note("delivered", bench.addresses().index("chief@agency.example")) == DELIVERED
    assert {bench.state(report) for report in fallen} == {DELIVERED}
    assert {bench.state(report) for report in waiting} == {SENT}


def test_a_notice_about_a_digest_holds_for_every_report_in_it(bench: DeliveryBench) -> None:
    reports = hold(bench, 20, "police", "clinic")
    to_the_hour(bench)
    bench.deliver()
    assert bench.note("delivered", 0) == DELIVERED
    of_one = {bench.mailer.sent[0].recipient}
    for report in reports:
        for to in ("police", "clinic"):
            assert bench.state(report, to) == (DELIVERED if to in of_one else SENT)


def test_what_a_digest_holds_is_known_before_it_is_sent(bench: DeliveryBench) -> None:
    reports = hold(bench, 3)
    to_the_hour(bench)
    known = []
    bench.mailer.on_send = lambda mail: known.append(bench.store.batch(mail.about.removeprefix("batch-")))
    bench.deliver()
    assert known == [tuple(reports)]


def test_a_stop_gives_everything_back_and_claims_it_seldom(bench: DeliveryBench) -> None:
    reports = hold(bench, 50)
    to_the_hour(bench)
    bench.mailer.fail(MailStopped("AccountSuspendedException"), "send")
    for _ in range(5):
        bench.deliver()
        bench.clock.forward(minutes=1)
    assert {bench.state(report) for report in reports} == {HELD}
    assert {bench.delivery(report).attempts for report in reports} == {0}
    assert bench.mailer.calls.count("send") == 1
    bench.mailer.mend()
    bench.deliver()
    assert bench.stories() == [[f"story {n}" for n in range(1, 51)]]


def test_a_store_that_goes_while_a_digest_is_made_loses_nothing(bench: DeliveryBench) -> None:
    hold(bench, 30)
    to_the_hour(bench)
    bench.store.fail_next("claim", *[None] * 10, StoreUnavailable("away"))
    bench.deliver()
    assert bench.mailer.sent == []
    bench.clock.forward(minutes=6)
    bench.deliver()
    assert bench.stories() == [[f"story {n}" for n in range(1, 31)]]


def test_a_store_that_goes_after_a_digest_was_sent_is_waited_for(bench: DeliveryBench) -> None:
    reports = hold(bench, 30)
    to_the_hour(bench)
    bench.mailer.on_send = lambda mail: bench.store.fail_next("save", *[StoreUnavailable("away")] * 5)
    bench.deliver()
    assert {bench.state(report) for report in reports} == {SENT}
    assert len(bench.mailer.sent) == 1


def test_one_report_that_spoils_a_digest_does_not_keep_the_others_back(bench: DeliveryBench) -> None:
    hold(bench, 4)
    bad = bench.take(story="odd", held_until=next_digest(bench.clock.now(), timedelta(hours=1)))
    hold(bench, 4)
    to_the_hour(bench)
    bench.renderer.fail(RuntimeError("bad template"), "write odd")
    bench.deliver()
    written = [story for stories in bench.stories() for story in stories]
    assert set(written) == {f"story {n}" for n in (1, 2, 3, 4, 6, 7, 8, 9)}
    assert bench.state(bad) == HELD
    assert bench.alarms.kinds() == ["mail_unwritable"]


def test_one_report_that_the_mail_service_refuses_does_not_take_the_others_with_it(
    bench: DeliveryBench,
) -> None:
    bench.directory.all = (CLINIC,)
    reports = hold(bench, 16, "clinic")

    def refuse(mail: Mail) -> None:
        if b"story 7\n" in mail.content + b"\n":
            raise MailRefused("MessageRejected")

    bench.mailer.on_send = refuse
    to_the_hour(bench)
    bench.deliver()
    assert [bench.state(report, "clinic") for report in reports] == [SENT] * 6 + [REJECTED] + [SENT] * 9
    assert bench.alarms.kinds() == ["mail_refused"]


def test_a_digest_that_is_refused_whatever_is_in_it_is_given_up_after_a_few_tries(
    bench: DeliveryBench,
) -> None:
    bench.directory.all = (CLINIC,)
    reports = hold(bench, 1000, "clinic")
    bench.mailer.fail(MailRefused("BadRequestException"), "send")
    to_the_hour(bench)
    bench.deliver()
    assert {bench.state(report, "clinic") for report in reports} == {REJECTED}
    assert bench.mailer.calls.count("send") == 31


def test_a_digest_to_a_key_that_cannot_be_used_is_held(bench: DeliveryBench) -> None:
    reports = hold(bench, 5)
    to_the_hour(bench)
    bench.renderer.fail(KeyUnusable("revoked"), "digest")
    bench.deliver()
    assert {bench.state(report) for report in reports} == {HELD}
    bench.renderer.mend()
    bench.clock.forward(hours=1)
    bench.deliver()
    assert [len(stories) for stories in bench.stories()] == [5]


def test_a_report_in_a_digest_whose_seal_is_broken_is_left_out_and_told_of(bench: DeliveryBench) -> None:
    reports = hold(bench, 3)
    bench.store.reports[reports[1]] = replace(bench.record(reports[1]), sealed=b"sealed 99")
    to_the_hour(bench)
    bench.deliver()
    assert bench.stories() == [["story 1", "story 3"]]
    assert bench.state(reports[1]) == HELD
    assert bench.alarms.kinds() == ["seal_broken"]


def test_a_worker_with_little_time_makes_a_digest_of_what_it_can_still_record(bench: DeliveryBench) -> None:
    hold(bench, 20)
    to_the_hour(bench)
    claim = bench.store.claim

    def slow(*arguments: object) -> object:
        bench.seconds -= 2
        return claim(*arguments)  # type: ignore[arg-type]

    bench.store.claim = slow  # type: ignore[method-assign, assignment]
    bench.seconds = 40
    bench.deliver()
    first = len(bench.stories()[0])
    assert 0 < first < 20
    bench.seconds = 1000
    bench.clock.forward(minutes=1)
    bench.deliver()
    assert [story for stories in bench.stories() for story in stories] == [f"story {n}" for n in range(1, 21)]


def test_a_person_may_send_a_held_report_at_once(bench: DeliveryBench) -> None:
    report = bench.take(held_until=next_digest(bench.clock.now(), timedelta(hours=1)))
    bench.store.save(
        bench.record(report).with_delivery(sent_again(bench.delivery(report), bench.clock.now()))
    )
    bench.deliver()
    assert bench.state(report) == SENT


def test_one_bad_recipient_does_not_keep_the_digests_of_others(bench: DeliveryBench) -> None:
    until = bench.clock.now() + timedelta(hours=1)
    reports = [bench.take("clinic", "police", held_until=until) for _ in range(3)]
    bench.clock.forward(hours=1)

    def send(mail: Mail) -> None:
        if mail.recipient == "clinic":
            raise MailStopped("AccessDeniedException")

    bench.mailer.on_send = send
    tally = bench.deliver()
    assert {bench.state(report) for report in reports} == {SENT}
    assert {bench.state(report, "clinic") for report in reports} == {HELD}
    assert (tally.mails, tally.stopped) == (1, False)
    assert bench.alarms.kinds() == ["recipient_stopped"]
    bench.mailer.on_send = lambda mail: None
    bench.clock.forward(minutes=6)
    bench.deliver()
    assert {bench.state(report, "clinic") for report in reports} == {SENT}
    assert len(bench.mailer.sent) == 2
