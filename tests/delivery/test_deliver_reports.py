"""A worker sends what is due, records what became of it, and loses nothing on the way."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.delivery.flood_caps import Caps
from chalicelib.delivery.leases import LEASE
from chalicelib.directory.errors import KeyUnusable
from chalicelib.reporting.cases import (
    DELAYED,
    DELIVERED,
    FAILED,
    FALLBACK,
    FALLEN_BACK,
    HELD,
    QUEUED,
    REJECTED,
    SENT,
    SealedReport,
    delayed,
    move,
    refused,
)
from chalicelib.shared.errors import SecretMissing, StaleRecord, StoreUnavailable
from chalicelib.shared.mail import (
    Mail,
    MailBusy,
    MailDelayed,
    MailRefused,
    MailStopped,
    MailUncertain,
    MailUnverified,
)
from tests.support.delivery_fakes import CLINIC, POLICE, Desk
from tests.support.fakes import FakeRecipients, recipient


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_report_goes_to_each_of_its_recipients(desk: Desk) -> None:
    report = desk.take("police", "clinic", story="what I saw")
    tally = desk.deliver()
    assert sorted(desk.addresses()) == ["clinic@agency.example", "police@agency.example"]
    assert desk.stories() == [["what I saw"], ["what I saw"]]
    assert [desk.state(report, one) for one in ("police", "clinic")] == [SENT, SENT]
    assert (tally.mails, tally.reports) == (2, 2)


def test_a_sent_mail_is_sent_once_and_known_by_its_id(desk: Desk) -> None:
    report = desk.take()
    desk.deliver()
    desk.clock.forward(hours=1)
    desk.deliver()
    assert len(desk.mailer.sent) == 1
    assert desk.delivery(report).message_id == "message-1"
    kept = desk.store.mail("message-1")
    assert kept is not None
    assert (kept.about, kept.recipient, kept.turn) == (f"report-{report}", "police", 0)


def test_the_header_and_the_envelope_name_the_same_address(desk: Desk) -> None:
    desk.take()
    desk.deliver()
    desk.note("bounced")
    desk.deliver()
    assert desk.addresses() == ["police@agency.example", "chief@agency.example"]
    assert [mail.content.split(b"\n")[0].decode() for mail in desk.mailer.sent] == [
        "To: police@agency.example",
        "To: chief@agency.example",
    ]


def test_a_lease_ends_with_the_last_mail(desk: Desk) -> None:
    report = desk.take("police", "clinic")
    leases = []
    desk.mailer.on_send = lambda mail: leases.append(desk.record(report).leased_until)
    desk.deliver()
    assert leases == [desk.clock.now() + LEASE] * 2
    assert desk.record(report).leased_until is None


# What fails


@pytest.mark.parametrize("error", [MailDelayed("x"), MailBusy("x")])
def test_what_the_mail_service_puts_off_is_tried_again_ever_later(desk: Desk, error: Exception) -> None:
    report = desk.take()
    waits = []
    for _ in range(9):
        desk.mailer.fail_next("send", error)
        desk.deliver()
        delivery = desk.delivery(report)
        assert (delivery.state, delivery.next_try is None) == (QUEUED, False)
        assert delivery.next_try is not None
        waits.append(delivery.next_try - desk.clock.now())
        desk.clock.time = delivery.next_try
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=11.25)
    assert waits[-1] == timedelta(minutes=22.5)
    desk.deliver()
    assert desk.state(report) == SENT


def test_what_may_have_been_taken_waits_for_its_notice(desk: Desk) -> None:
    report = desk.take()
    desk.mailer.fail_next("send", MailUncertain("no answer"))
    desk.deliver()
    delivery = desk.delivery(report)
    assert delivery.next_try == desk.clock.now() + timedelta(minutes=3)
    desk.mailer.sent.append(Mail("s", "police@agency.example", "police", 0, f"report-{report}", b""))
    desk.clock.forward(seconds=20)
    desk.note("delivered")
    desk.clock.forward(minutes=10)
    desk.deliver()
    assert desk.state(report) == DELIVERED
    assert len(desk.mailer.sent) == 1


def test_a_refused_mail_goes_to_the_fallback_and_the_operator_is_told(desk: Desk) -> None:
    report = desk.take()
    desk.mailer.fail_next("send", MailRefused("MessageRejected"))
    desk.deliver()
    assert desk.delivery(report).address == FALLBACK
    assert desk.addresses() == ["chief@agency.example"]
    assert desk.state(report) == SENT
    assert desk.alarms.kinds() == ["mail_refused"]


def test_a_mail_that_no_address_takes_is_rejected_and_kept(desk: Desk) -> None:
    report = desk.take("clinic")
    desk.mailer.fail_next("send", MailRefused("MessageRejected"))
    assert desk.deliver().failed == 1
    assert desk.state(report, "clinic") == REJECTED
    assert desk.record(report).expires_at is None


def test_a_stopped_account_stops_the_queue_and_fails_nothing(desk: Desk) -> None:
    reports = [desk.take() for _ in range(5)]
    desk.mailer.fail(MailStopped("AccountSuspendedException"), "send")
    for _ in range(3):
        tally = desk.deliver()
        assert tally.stopped
        desk.clock.forward(minutes=1)
    assert desk.mailer.calls.count("send") == 3  # one try a run
    assert {desk.state(one) for one in reports} == {QUEUED}
    assert {desk.delivery(one).attempts for one in reports} == {0}
    assert all(desk.record(one).leased_until is None for one in reports)
    assert desk.alarms.kinds() == ["mail_stopped"] * 3
    desk.mailer.mend()
    desk.deliver()
    assert [desk.state(one) for one in reports] == [SENT] * 5


def test_a_stop_in_the_middle_of_a_report_leaves_the_rest_of_it_due(desk: Desk) -> None:
    report = desk.take("clinic", "police")
    desk.mailer.fail_next("send", None, MailStopped("SendingPausedException"))
    desk.deliver()
    assert (desk.state(report, "clinic"), desk.state(report)) == (SENT, QUEUED)
    desk.deliver()
    assert desk.state(report) == SENT
    assert len(desk.mailer.sent) == 2


def test_a_service_that_is_too_busy_is_left_alone_for_the_rest_of_the_run(desk: Desk) -> None:
    for _ in range(10):
        desk.take()
    desk.mailer.fail(MailBusy("TooManyRequestsException"), "send")
    desk.deliver()
    assert desk.mailer.calls.count("send") == 3
    assert desk.waited == [timedelta(seconds=1), timedelta(seconds=2)]


def test_a_key_that_cannot_be_used_holds_the_mail_and_sends_no_clear_text(desk: Desk) -> None:
    report = desk.take()
    desk.renderer.fail(KeyUnusable("expired"), "report")
    desk.deliver()
    delivery = desk.delivery(report)
    assert (delivery.state, delivery.digest) == (HELD, False)
    assert desk.mailer.sent == []
    assert desk.alarms.raised[0][0] == "key_unusable"
    desk.renderer.mend()
    desk.clock.forward(minutes=59)
    desk.deliver()
    assert desk.state(report) == HELD
    desk.clock.forward(minutes=1)
    desk.deliver()
    assert desk.state(report) == SENT


def test_one_report_that_cannot_be_written_stops_none_behind_it(desk: Desk) -> None:
    bad = desk.take(story="odd")
    good = [desk.take() for _ in range(3)]
    desk.renderer.fail(RuntimeError("quotes the story"), "write odd")
    desk.deliver()
    assert [desk.state(one) for one in good] == [SENT] * 3
    assert desk.state(bad) == QUEUED
    assert desk.alarms.kinds() == ["mail_unwritable"]
    assert "quotes" not in str(desk.alarms.raised)


def test_one_report_that_is_not_a_report_stops_none_behind_it(desk: Desk) -> None:
    bad = desk.take()
    good = desk.take()
    desk.store.reports[bad] = _resealed(desk, bad, b"[]")
    desk.deliver()
    assert (desk.state(bad), desk.state(good)) == (QUEUED, SENT)
    assert desk.alarms.kinds() == ["delivery_fault"]


def test_a_report_whose_key_is_gone_is_kept_and_told_of(desk: Desk) -> None:
    bad = desk.take()
    desk.store.reports[bad] = _with_seal(desk, bad, b"sealed 99")
    good = desk.take()
    desk.deliver()
    assert (desk.state(bad), desk.state(good)) == (QUEUED, SENT)
    assert desk.delivery(bad).next_try == desk.clock.now() + timedelta(hours=1)
    assert desk.alarms.kinds() == ["seal_broken"]


def test_without_keys_nothing_is_lost_and_nothing_waits_for_a_lease(desk: Desk) -> None:
    report = desk.take()
    desk.sealer.fail_next("open", SecretMissing("no key"), StoreUnavailable("Secrets Manager"))
    desk.deliver()
    desk.deliver()
    assert desk.alarms.kinds() == ["secret_missing", "store_away"]
    desk.deliver()
    assert desk.state(report) == SENT


def test_a_recipient_that_is_gone_fails_and_a_person_is_told(desk: Desk) -> None:
    report = desk.take("police", "clinic")
    desk.directory.all = (CLINIC,)
    desk.deliver()
    assert (desk.state(report), desk.state(report, "clinic")) == (FAILED, SENT)
    assert desk.alarms.kinds() == ["recipient_gone"]


def test_a_fallback_that_was_taken_away_is_no_address(desk: Desk) -> None:
    report = desk.take()
    desk.deliver()
    desk.note("bounced")
    desk.directory.all = (recipient("police"),)
    desk.deliver()
    assert desk.state(report) == REJECTED
    assert desk.alarms.kinds() == ["fell_back", "mail_refused"]


# The store goes away, and workers die


def test_what_was_sent_is_recorded_even_if_the_store_is_away_for_a_while(desk: Desk) -> None:
    report = desk.take()
    away = StoreUnavailable("away")
    desk.mailer.on_send = lambda mail: desk.store.fail_next("save", *[away] * 20)
    desk.deliver()
    assert desk.state(report) == SENT
    assert len(desk.waited) == 20


def test_a_worker_without_time_gives_up_on_a_store_that_is_away_and_the_notice_still_counts(
    desk: Desk,
) -> None:
    report = desk.take()

    def store_goes(mail: Mail) -> None:
        desk.store.fail(StoreUnavailable("away"), "save")
        desk.seconds = 1.0

    desk.mailer.on_send = store_goes
    desk.deliver()
    assert desk.alarms.kinds() == ["store_away"]
    desk.store.mend()
    desk.seconds = 120.0
    desk.note("delivered")  # before the lease ends
    desk.clock.forward(minutes=6)
    desk.deliver()
    assert desk.state(report) == DELIVERED
    assert len(desk.mailer.sent) == 1


def test_a_worker_that_dies_after_a_claim_leaves_the_report_to_the_next(desk: Desk) -> None:
    report = desk.take()

    def dies(mail: Mail) -> None:
        raise SystemExit

    desk.mailer.on_send = dies
    with pytest.raises(SystemExit):
        desk.deliver()
    desk.mailer.on_send = lambda mail: None
    desk.deliver()
    assert desk.mailer.sent == []  # the lease still holds
    desk.clock.forward(minutes=5)
    desk.deliver()
    assert desk.state(report) == SENT


def test_a_store_that_is_away_from_the_start_is_one_alarm(desk: Desk) -> None:
    desk.take()
    desk.store.fail(StoreUnavailable("away"))
    assert desk.deliver().mails == 0
    assert desk.alarms.kinds() == ["store_away"]


def test_an_index_that_lags_sends_nothing_twice(desk: Desk) -> None:
    desk.take()
    held = desk.take(held_until=desk.clock.now())
    desk.store.lag(desk.clock.now())
    desk.deliver()
    desk.clock.forward(minutes=10)
    desk.deliver()
    assert len(desk.mailer.sent) == 2
    assert desk.state(held) == SENT


def test_a_worker_hands_on_when_its_time_is_nearly_over(desk: Desk) -> None:
    for _ in range(5):
        desk.take()

    def time_passes(mail: Mail) -> None:
        desk.seconds -= 40

    desk.mailer.on_send = time_passes
    desk.deliver()
    assert len(desk.mailer.sent) == 3
    assert [one.leased_until for one in desk.store.reports.values()] == [None] * 5
    desk.seconds, desk.mailer.on_send = 120, lambda mail: None
    desk.deliver()
    assert sorted(story for stories in desk.stories() for story in stories) == [
        f"story {n}" for n in range(1, 6)
    ]


def test_a_worker_whose_lease_is_nearly_over_sends_nothing_more(desk: Desk) -> None:
    report = desk.take("clinic", "police")
    desk.mailer.on_send = lambda mail: desk.clock.forward(minutes=4, seconds=30)
    desk.deliver()
    assert desk.addresses() == ["clinic@agency.example"]
    desk.mailer.on_send = lambda mail: None
    desk.clock.forward(minutes=1)
    desk.deliver()
    assert (desk.state(report, "clinic"), desk.state(report)) == (SENT, SENT)
    assert len(desk.mailer.sent) == 2


def test_a_worker_never_ends_the_lease_of_another(desk: Desk) -> None:
    report = desk.take()

    def slow(mail: Mail) -> None:
        desk.mailer.on_send = lambda mail: None
        desk.clock.forward(minutes=6)
        other = desk.store.claim(report, desk.clock.now(), desk.clock.now() + LEASE)
        assert other is not None

    desk.mailer.on_send = slow
    desk.deliver()
    assert desk.state(report) == SENT
    assert desk.record(report).due_at() is not None
    assert desk.record(report).leased_until == desk.clock.now() + LEASE


def test_two_workers_share_the_work_and_send_each_report_once(desk: Desk) -> None:
    for _ in range(60):
        desk.take()
    together = threading.Barrier(3)

    def work() -> None:
        together.wait()
        desk.deliver()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(story for stories in desk.stories() for story in stories) == sorted(
        f"story {n}" for n in range(1, 61)
    )


# Notices that overtake us


def test_a_delivery_notice_before_our_own_record_stays(desk: Desk) -> None:
    report = desk.take()
    desk.mailer.on_send = lambda mail: _note(desk, report, lambda one: move(one, DELIVERED, one.changed_at))
    desk.deliver()
    assert desk.state(report) == DELIVERED


def test_a_bounce_before_our_own_record_still_reaches_the_fallback(desk: Desk) -> None:
    report = desk.take()

    def bounces(mail: Mail) -> None:
        desk.mailer.on_send = lambda mail: None
        _note(desk, report, lambda one: refused(one, "bounced", desk.clock.now(), has_fallback=True))

    desk.mailer.on_send = bounces
    desk.deliver()
    assert desk.addresses() == ["police@agency.example", "chief@agency.example"]
    assert (desk.state(report), desk.delivery(report).address) == (SENT, FALLBACK)


@pytest.mark.parametrize("error", [MailUncertain("no answer"), MailDelayed("x"), MailRefused("x")])
def test_a_bounce_before_an_answer_that_failed_still_reaches_the_fallback(
    desk: Desk, error: Exception
) -> None:
    report = desk.take()

    def bounces(mail: Mail) -> None:
        desk.mailer.on_send = lambda mail: None
        _note(desk, report, lambda one: refused(one, "bounced", desk.clock.now(), has_fallback=True))
        raise error

    desk.mailer.on_send = bounces
    desk.deliver()
    assert (desk.state(report), desk.delivery(report).turn) == (SENT, 1)
    assert desk.addresses() == ["chief@agency.example"]


def test_a_notice_does_not_let_a_second_worker_in(desk: Desk) -> None:
    report = desk.take("clinic", "police")
    seen = []

    def noted(mail: Mail) -> None:
        desk.mailer.on_send = lambda mail: None
        _note(desk, report, lambda one: move(one, DELIVERED, one.changed_at), to="clinic")
        seen.append(desk.store.claim(report, desk.clock.now(), desk.clock.now() + LEASE))

    desk.mailer.on_send = noted
    desk.deliver()
    assert seen == [None]
    assert (desk.state(report, "clinic"), desk.state(report)) == (DELIVERED, SENT)
    assert len(desk.mailer.sent) == 2


def test_a_record_that_never_stops_changing_is_left_after_a_while(desk: Desk) -> None:
    desk.take()
    desk.mailer.on_send = lambda mail: desk.store.fail(StaleRecord("again"), "save")
    desk.deliver()
    assert desk.alarms.kinds() == ["store_away"]


def test_a_report_that_is_gone_while_its_mail_went_out_is_no_fault(desk: Desk) -> None:
    report = desk.take()
    desk.mailer.on_send = lambda mail: desk.store.reports.pop(report) and None
    tally = desk.deliver()
    assert tally.mails == 1
    assert desk.alarms.kinds() == []


# Delays, and reports that reach nobody


def test_six_hours_of_delay_bring_the_fallback_into_play(desk: Desk) -> None:
    report = desk.take()
    desk.deliver()
    desk.clock.forward(minutes=10)
    desk.note("delayed")
    desk.clock.forward(hours=5, minutes=49)
    desk.deliver()
    assert desk.state(report) == DELAYED
    desk.clock.forward(minutes=1)
    desk.deliver()
    desk.deliver()
    assert desk.addresses() == ["police@agency.example", "chief@agency.example"]
    assert (desk.state(report), desk.delivery(report).address) == (SENT, FALLBACK)
    assert desk.alarms.kinds() == ["delayed_long"]


def test_a_delay_without_a_fallback_is_told_of_once_and_goes_on(desk: Desk) -> None:
    report = desk.take("clinic")
    desk.deliver()
    desk.note("delayed")
    desk.clock.forward(hours=6)
    for _ in range(3):
        desk.deliver()
        desk.clock.forward(minutes=1)
    assert desk.state(report, "clinic") == DELAYED
    assert desk.alarms.kinds() == ["delayed_long"]
    desk.note("delivered")
    assert desk.state(report, "clinic") == DELIVERED


def test_a_delay_that_ended_meanwhile_is_not_given_up(desk: Desk) -> None:
    report = desk.take()
    desk.deliver()
    desk.note("delayed")
    desk.clock.forward(hours=6)
    desk.alarms.raise_alarm = lambda kind, detail: bool(desk.note("delivered"))  # type: ignore[method-assign]
    desk.deliver()
    assert (desk.state(report), desk.delivery(report).address) == (DELIVERED, "first")


def test_a_report_that_has_reached_nobody_raises_its_own_alarm_until_somebody_answers(desk: Desk) -> None:
    report = desk.take("police", "clinic")
    desk.deliver()
    desk.clock.forward(hours=7, minutes=59)
    desk.deliver()
    assert desk.alarms.kinds() == []
    for _ in range(3):
        desk.clock.forward(hours=24)
        desk.deliver()
        desk.deliver()
    assert desk.alarms.kinds() == ["reached_nobody"] * 3
    assert desk.record(report).case_number in desk.alarms.raised[0][1]["cases"]
    desk.store.save(desk.record(report).acknowledged(desk.clock.now()))
    desk.clock.forward(hours=48)
    desk.deliver()
    assert desk.alarms.kinds() == ["reached_nobody"] * 3


def test_a_report_that_only_some_have_is_told_of_too(desk: Desk) -> None:
    report = desk.take("police", "clinic")
    desk.deliver()
    desk.note("delivered", 0)
    desk.clock.forward(hours=8)
    desk.deliver()
    assert desk.alarms.kinds() == ["not_everybody"]
    desk.note("delivered", 1)
    desk.clock.forward(hours=48)
    desk.deliver()
    assert desk.alarms.kinds() == ["not_everybody"]
    assert desk.record(report).due_at() is None


def test_many_unreached_reports_are_one_alarm_that_counts_them(desk: Desk) -> None:
    for _ in range(300):
        desk.take()
    desk.deliver()
    desk.clock.forward(hours=8)
    desk.deliver()
    assert [detail["reports"] for _, detail in desk.alarms.raised] == ["300"]
    assert len(desk.alarms.raised[0][1]["cases"].split(", ")) == 300


def test_an_alarm_that_told_nobody_comes_again_soon(desk: Desk) -> None:
    desk.take()
    desk.deliver()
    desk.clock.forward(hours=8)
    desk.alarms.told = False
    desk.deliver()
    desk.clock.forward(hours=1)
    desk.alarms.told = True
    desk.deliver()
    desk.clock.forward(hours=1)
    desk.deliver()
    assert desk.alarms.kinds() == ["reached_nobody"] * 2


def test_a_report_is_never_given_up_for_the_number_of_tries(desk: Desk) -> None:
    report = desk.take()
    desk.mailer.fail(MailDelayed("x"), "send")
    for _ in range(200):
        desk.deliver()
        desk.clock.forward(minutes=30)
    desk.mailer.mend()
    desk.deliver()
    assert desk.state(report) == SENT
    assert "reached_nobody" in desk.alarms.kinds()


def test_no_alarm_holds_a_word_of_a_report(desk: Desk) -> None:
    desk.take("police", "clinic", story="xylophone")
    desk.renderer.fail_next("report", RuntimeError("xylophone"))
    desk.mailer.fail_next("send", MailRefused("MessageRejected"))
    desk.deliver()
    desk.clock.forward(hours=9)
    desk.deliver()
    assert desk.alarms.raised
    assert "xylophone" not in str(desk.alarms.raised)


def test_the_recipients_are_looked_up_at_each_run(desk: Desk) -> None:
    worker = desk.worker()
    desk.take("new")
    desk.directory.all = FakeRecipients(POLICE, recipient("new")).all
    worker(lambda: timedelta(seconds=120))
    assert desk.addresses() == ["new@agency.example"]


def _note(desk: Desk, report: str, change: object, to: str = "police") -> None:
    """Save what a notice would, while a worker is at it."""
    record = desk.record(report)
    delivery = record.delivery_to(to)
    assert callable(change)
    desk.store.save(record.with_delivery(change(delivery)))


def _with_seal(desk: Desk, report: str, sealed: bytes) -> SealedReport:
    return replace(desk.record(report), sealed=sealed)


def _resealed(desk: Desk, report: str, content: bytes) -> SealedReport:
    return _with_seal(desk, report, desk.sealer.seal(content, report))


def test_a_late_delay_notice_is_measured_from_the_sending(desk: Desk) -> None:
    report = desk.take()
    desk.deliver()
    sent_at = desk.clock.now()
    desk.clock.forward(hours=2)
    assert delayed(desk.delivery(report), desk.clock.now()).next_try == sent_at + timedelta(hours=6)


def test_a_delivery_that_fell_back_is_not_marked_by_the_first_address_coming_to_life(desk: Desk) -> None:
    report = desk.take()
    desk.deliver()
    desk.note("bounced")
    assert desk.state(report) == FALLEN_BACK
    assert desk.note("delivered") == "old"
    desk.deliver()
    assert desk.addresses()[-1] == "chief@agency.example"


def test_only_a_case_that_an_alarm_names_has_been_told(desk: Desk) -> None:
    desk.seconds = 3600
    numbers = [desk.record(desk.take("clinic")).case_number for _ in range(1200)]
    desk.deliver()
    desk.clock.forward(hours=8)
    named: list[list[str]] = []
    for _ in range(4):
        before = len(desk.alarms.raised)
        desk.deliver()
        named += [detail["cases"].split(", ") for _, detail in desk.alarms.raised[before:]]
        desk.clock.forward(hours=1)
    assert [len(some) for some in named] == [500, 500, 200]
    assert sorted(one for some in named for one in some) == sorted(numbers), "each once"
    assert desk.alarms.raised[0][1]["reports"] == "1200"
    desk.clock.forward(hours=20)
    desk.deliver()
    assert len(desk.alarms.raised[-1][1]["cases"].split(", ")) == 500, "and each again a day later"


def only_to(*refused_by: str, desk: Desk, error: Exception | None = None) -> None:
    """Let the mail service speak of these recipients as if it took nothing at all."""

    def send(mail: Mail) -> None:
        if mail.recipient in refused_by:
            raise error or MailStopped("AccessDeniedException")

    desk.mailer.on_send = send


def test_one_bad_recipient_does_not_stop_the_mail_of_others(desk: Desk) -> None:
    both = desk.take("police", "clinic")
    others = [desk.take("clinic") for _ in range(3)]
    only_to("police", desk=desk)
    tally = desk.deliver()
    assert {desk.state(one, "clinic") for one in (both, *others)} == {SENT}
    assert desk.state(both) == QUEUED
    assert not tally.stopped
    assert desk.alarms.raised == [
        ("recipient_stopped", {"recipient": "police", "error": "AccessDeniedException"})
    ]
    assert desk.record(both).leased_until is None
    only_to(desk=desk)
    desk.clock.forward(minutes=5)
    desk.deliver()
    assert desk.state(both) == SENT


def test_however_many_wait_for_a_bad_recipient_the_others_get_their_turn(desk: Desk) -> None:
    for _ in range(600):
        desk.take("police")
    last = desk.take("clinic")
    only_to("police", desk=desk)
    for _ in range(4):
        desk.deliver()
        desk.clock.forward(minutes=1)
    assert desk.state(last, "clinic") == SENT
    only_to(desk=desk)
    for _ in range(6):
        desk.deliver()
        desk.clock.forward(minutes=1)
    assert len(desk.mailer.sent) == 601


def test_several_bad_recipients_are_all_passed_by() -> None:
    bad = [recipient(f"bad-{number}") for number in range(8)]
    desk = Desk(*bad, recipient("good"))
    reports = [desk.take(one.id) for one in bad for _ in range(3)]
    good = desk.take("good")
    only_to(*(one.id for one in bad), desk=desk)
    desk.deliver()
    assert desk.state(good, "good") == SENT
    assert all(desk.record(one).deliveries[0].state == QUEUED for one in reports)


def test_more_bad_recipients_than_one_run_tries_end_the_run() -> None:
    some = [recipient(f"office-{number}") for number in range(30)]
    desk = Desk(*some)
    for one in some:
        desk.take(one.id)
    desk.mailer.fail(MailStopped("AccountSuspendedException"), "send")
    assert desk.deliver().stopped
    assert desk.mailer.calls.count("send") == 10
    assert desk.alarms.kinds() == ["mail_stopped"]
    assert all(one.leased_until is None for one in desk.store.reports.values())


def test_an_unverified_recipient_waits_and_goes_out_once_it_is_verified(desk: Desk) -> None:
    waits, goes = desk.take("police"), desk.take("clinic")
    only_to("police", desk=desk, error=MailUnverified("MessageRejected"))
    for _ in range(3):
        assert not desk.deliver().stopped
        desk.clock.forward(minutes=1)
    assert (desk.state(waits), desk.state(goes, "clinic")) == (QUEUED, SENT)
    assert desk.delivery(waits).address != FALLBACK
    assert set(desk.alarms.kinds()) == {"not_verified"}
    assert desk.alarms.raised[0][1]["recipient"] == "police"
    only_to(desk=desk)
    desk.clock.forward(minutes=30)
    desk.deliver()
    assert desk.state(waits) == SENT


def test_what_is_set_aside_is_not_counted_for_the_flood_again_and_again(desk: Desk) -> None:
    desk.caps = Caps(per_minute=3, per_hour=3)
    for _ in range(5):
        desk.take("police")
    desk.mailer.fail(MailStopped("AccountSuspendedException"), "send")
    for _ in range(5):
        desk.deliver()
        desk.clock.forward(minutes=1)
    desk.mailer.mend()
    desk.deliver()
    assert len(desk.mailer.sent) == 3
