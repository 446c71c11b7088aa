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
from tests.support.delivery_fakes import CLINIC, Desk
from tests.support.fakes import FakeVault

pytestmark = pytest.mark.takes(10)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def hold(desk: Desk, count: int, *to: str) -> list[str]:
    """Store reports a second apart, all held until the hour."""
    hour = next_digest(desk.clock.now(), timedelta(hours=1))
    reports = []
    for _ in range(count):
        desk.clock.forward(seconds=1)
        reports.append(desk.take(*to, held_until=hour))
    return reports


def to_the_hour(desk: Desk) -> None:
    desk.clock.time = next_digest(desk.clock.now(), timedelta(hours=1))


def test_held_reports_wait_for_the_hour_and_come_in_one_mail_in_order(desk: Desk) -> None:
    reports = hold(desk, 7, "police", "clinic")
    desk.deliver()
    assert desk.mailer.sent == []
    to_the_hour(desk)
    tally = desk.deliver()
    assert desk.stories() == [[f"story {n}" for n in range(1, 8)]] * 2
    assert (tally.mails, tally.reports) == (2, 14)
    assert {desk.state(one, to) for one in reports for to in ("police", "clinic")} == {SENT}
    assert all(desk.record(one).leased_until is None for one in reports)


def test_more_than_a_digest_holds_comes_in_the_next_one(desk: Desk) -> None:
    hold(desk, DIGEST_MOST + 250)
    to_the_hour(desk)
    desk.deliver()
    assert [len(stories) for stories in desk.stories()] == [DIGEST_MOST, 250]
    assert [story for stories in desk.stories() for story in stories] == [
        f"story {n}" for n in range(1, DIGEST_MOST + 251)
    ]


def test_huge_reports_are_spread_over_several_digests(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.delivery.digests.DIGEST_BYTES", 40)
    hold(desk, 10)  # a fake seal has 8 bytes or so
    to_the_hour(desk)
    desk.deliver()
    assert [len(stories) for stories in desk.stories()] == [6, 4]


def test_five_thousand_reports_in_a_minute_are_at_most_sixty_mails_an_inbox(desk: Desk) -> None:
    take = TakeReport(desk.store, desk.sealer, FakeVault(), desk.directory, desk.clock, agreed_only=True)
    tokens = [take.new_token() for _ in range(5000)]
    desk.clock.forward(seconds=30)  # the minute is not the clock's
    for number, token in enumerate(tokens):
        take({"t": [token], "a": [f"flood {number}"], "r": ["police", "clinic"]}, "town", "en")
        desk.clock.forward(seconds=60 / 5000)
        if number % 250 == 0:
            desk.deliver()
    for _ in range(70):
        desk.clock.forward(minutes=1)
        desk.deliver()
    for inbox in ("police@agency.example", "clinic@agency.example"):
        mails = desk.stories(inbox)
        assert len(mails) <= 60
        assert Counter(story for stories in mails for story in stories) == Counter(
            f"flood {number}" for number in range(5000)
        )
        for stories in mails:
            numbers = [int(story.split()[1]) for story in stories]
            assert numbers == sorted(numbers)


def test_many_workers_do_not_make_many_digests(desk: Desk) -> None:
    hold(desk, 100)
    to_the_hour(desk)
    together = threading.Barrier(4)
    claim = desk.store.claim

    def slow(*arguments: object) -> object:
        time.sleep(0.001)  # so that all are at it at once
        return claim(*arguments)  # type: ignore[arg-type]

    desk.store.claim = slow  # type: ignore[method-assign, assignment]

    def work() -> None:
        together.wait()
        desk.deliver()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(stories) for stories in desk.stories()] == [100]


def test_a_report_may_be_held_for_one_recipient_and_go_at_once_to_another(desk: Desk) -> None:
    report = desk.take("police", "clinic")
    record = desk.record(report)
    hour = next_digest(desk.clock.now(), timedelta(hours=1))
    held = replace(record.deliveries[0], state=HELD, next_try=hour, digest=True)
    desk.store.reports[report] = record.with_delivery(held)
    desk.deliver()
    assert desk.addresses() == ["clinic@agency.example"]
    to_the_hour(desk)
    desk.deliver()
    assert desk.addresses() == ["clinic@agency.example", "police@agency.example"]


def test_a_refused_digest_goes_to_the_fallback_as_one(desk: Desk) -> None:
    reports = hold(desk, 40)
    to_the_hour(desk)
    desk.deliver()
    assert desk.note("bounced") == FALLEN_BACK
    desk.deliver()
    assert len(desk.mailer.sent) == 1
    desk.clock.forward(minutes=1)
    desk.deliver()
    assert desk.addresses() == ["police@agency.example", "chief@agency.example"]
    assert desk.stories()[0] == desk.stories()[1]
    assert {(desk.state(one), desk.delivery(one).address) for one in reports} == {(SENT, FALLBACK)}
    assert desk.alarms.kinds() == ["fell_back"]


def test_what_goes_to_another_address_is_another_digest(desk: Desk) -> None:
    fallen = hold(desk, 3)
    to_the_hour(desk)
    desk.deliver()
    desk.note("bounced")
    waiting = hold(desk, 2)
    to_the_hour(desk)
    desk.deliver()
    assert sorted((mail.to, mail.turn) for mail in desk.mailer.sent) == [
        ("chief@agency.example", 1),
        ("police@agency.example", 0),
        ("police@agency.example", 0),
    ]
    assert desk.stories("chief@agency.example") == [["story 1", "story 2", "story 3"]]
    assert desk.note("delivered", desk.addresses().index("chief@agency.example")) == DELIVERED
    assert {desk.state(one) for one in fallen} == {DELIVERED}
    assert {desk.state(one) for one in waiting} == {SENT}


def test_a_notice_about_a_digest_holds_for_every_report_in_it(desk: Desk) -> None:
    reports = hold(desk, 20, "police", "clinic")
    to_the_hour(desk)
    desk.deliver()
    assert desk.note("delivered", 0) == DELIVERED
    of_one = {desk.mailer.sent[0].recipient}
    for report in reports:
        for to in ("police", "clinic"):
            assert desk.state(report, to) == (DELIVERED if to in of_one else SENT)


def test_what_a_digest_holds_is_known_before_it_is_sent(desk: Desk) -> None:
    reports = hold(desk, 3)
    to_the_hour(desk)
    known = []
    desk.mailer.on_send = lambda mail: known.append(desk.store.batch(mail.about.removeprefix("batch-")))
    desk.deliver()
    assert known == [tuple(reports)]


def test_a_stop_gives_everything_back_and_claims_it_seldom(desk: Desk) -> None:
    reports = hold(desk, 50)
    to_the_hour(desk)
    desk.mailer.fail(MailStopped("AccountSuspendedException"), "send")
    for _ in range(5):
        desk.deliver()
        desk.clock.forward(minutes=1)
    assert {desk.state(one) for one in reports} == {HELD}
    assert {desk.delivery(one).attempts for one in reports} == {0}
    assert desk.mailer.calls.count("send") == 1
    desk.mailer.mend()
    desk.deliver()
    assert desk.stories() == [[f"story {n}" for n in range(1, 51)]]


def test_a_store_that_goes_while_a_digest_is_made_loses_nothing(desk: Desk) -> None:
    hold(desk, 30)
    to_the_hour(desk)
    desk.store.fail_next("claim", *[None] * 10, StoreUnavailable("away"))
    desk.deliver()
    assert desk.mailer.sent == []
    desk.clock.forward(minutes=6)
    desk.deliver()
    assert desk.stories() == [[f"story {n}" for n in range(1, 31)]]


def test_a_store_that_goes_after_a_digest_was_sent_is_waited_for(desk: Desk) -> None:
    reports = hold(desk, 30)
    to_the_hour(desk)
    desk.mailer.on_send = lambda mail: desk.store.fail_next("save", *[StoreUnavailable("away")] * 5)
    desk.deliver()
    assert {desk.state(one) for one in reports} == {SENT}
    assert len(desk.mailer.sent) == 1


def test_one_report_that_spoils_a_digest_does_not_keep_the_others_back(desk: Desk) -> None:
    hold(desk, 4)
    bad = desk.take(story="odd", held_until=next_digest(desk.clock.now(), timedelta(hours=1)))
    hold(desk, 4)
    to_the_hour(desk)
    desk.renderer.fail(RuntimeError("bad template"), "write odd")
    desk.deliver()
    told = [story for stories in desk.stories() for story in stories]
    assert set(told) == {f"story {n}" for n in (1, 2, 3, 4, 6, 7, 8, 9)}
    assert desk.state(bad) == HELD
    assert desk.alarms.kinds() == ["mail_unwritable"]


def test_one_report_that_the_mail_service_refuses_does_not_take_the_others_with_it(desk: Desk) -> None:
    desk.directory.all = (CLINIC,)
    reports = hold(desk, 16, "clinic")

    def refuse(mail: Mail) -> None:
        if b"story 7\n" in mail.content + b"\n":
            raise MailRefused("MessageRejected")

    desk.mailer.on_send = refuse
    to_the_hour(desk)
    desk.deliver()
    assert [desk.state(one, "clinic") for one in reports] == [SENT] * 6 + [REJECTED] + [SENT] * 9
    assert desk.alarms.kinds() == ["mail_refused"]


def test_a_digest_that_is_refused_whatever_is_in_it_is_given_up_after_a_few_tries(desk: Desk) -> None:
    desk.directory.all = (CLINIC,)
    reports = hold(desk, 1000, "clinic")
    desk.mailer.fail(MailRefused("BadRequestException"), "send")
    to_the_hour(desk)
    desk.deliver()
    assert {desk.state(one, "clinic") for one in reports} == {REJECTED}
    assert desk.mailer.calls.count("send") == 31


def test_a_digest_to_a_key_that_cannot_be_used_is_held(desk: Desk) -> None:
    reports = hold(desk, 5)
    to_the_hour(desk)
    desk.renderer.fail(KeyUnusable("revoked"), "digest")
    desk.deliver()
    assert {desk.state(one) for one in reports} == {HELD}
    desk.renderer.mend()
    desk.clock.forward(hours=1)
    desk.deliver()
    assert [len(stories) for stories in desk.stories()] == [5]


def test_a_report_in_a_digest_whose_seal_is_broken_is_left_out_and_told_of(desk: Desk) -> None:
    reports = hold(desk, 3)
    desk.store.reports[reports[1]] = replace(desk.record(reports[1]), sealed=b"sealed 99")
    to_the_hour(desk)
    desk.deliver()
    assert desk.stories() == [["story 1", "story 3"]]
    assert desk.state(reports[1]) == HELD
    assert desk.alarms.kinds() == ["seal_broken"]


def test_a_worker_with_little_time_makes_a_digest_of_what_it_can_still_record(desk: Desk) -> None:
    hold(desk, 20)
    to_the_hour(desk)
    claim = desk.store.claim

    def slow(*arguments: object) -> object:
        desk.seconds -= 2
        return claim(*arguments)  # type: ignore[arg-type]

    desk.store.claim = slow  # type: ignore[method-assign, assignment]
    desk.seconds = 40
    desk.deliver()
    first = len(desk.stories()[0])
    assert 0 < first < 20
    desk.seconds = 1000
    desk.clock.forward(minutes=1)
    desk.deliver()
    assert [story for stories in desk.stories() for story in stories] == [f"story {n}" for n in range(1, 21)]


def test_a_person_may_send_a_held_report_at_once(desk: Desk) -> None:
    report = desk.take(held_until=next_digest(desk.clock.now(), timedelta(hours=1)))
    desk.store.save(desk.record(report).with_delivery(sent_again(desk.delivery(report), desk.clock.now())))
    desk.deliver()
    assert desk.state(report) == SENT


def test_one_bad_recipient_does_not_keep_the_digests_of_others(desk: Desk) -> None:
    until = desk.clock.now() + timedelta(hours=1)
    reports = [desk.take("clinic", "police", held_until=until) for _ in range(3)]
    desk.clock.forward(hours=1)

    def send(mail: Mail) -> None:
        if mail.recipient == "clinic":
            raise MailStopped("AccessDeniedException")

    desk.mailer.on_send = send
    tally = desk.deliver()
    assert {desk.state(one) for one in reports} == {SENT}
    assert {desk.state(one, "clinic") for one in reports} == {HELD}
    assert (tally.mails, tally.stopped) == (1, False)
    assert desk.alarms.kinds() == ["recipient_stopped"]
    desk.mailer.on_send = lambda mail: None
    desk.clock.forward(minutes=6)
    desk.deliver()
    assert {desk.state(one, "clinic") for one in reports} == {SENT}
    assert len(desk.mailer.sent) == 2
