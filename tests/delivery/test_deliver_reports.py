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
from tests.support.delivery_fakes import CLINIC, POLICE, DeliveryBench
from tests.support.fakes import FakeRecipients, recipient


@pytest.fixture
def bench() -> DeliveryBench:
    return DeliveryBench()


def test_a_report_goes_to_each_of_its_recipients(bench: DeliveryBench) -> None:
    report = bench.take("police", "clinic", story="what I saw")
    tally = bench.deliver()
    assert sorted(bench.addresses()) == ["clinic@agency.example", "police@agency.example"]
    assert bench.stories() == [["what I saw"], ["what I saw"]]
    assert [bench.state(report, office) for office in ("police", "clinic")] == [SENT, SENT]
    assert (tally.mails, tally.reports) == (2, 2)


def test_a_sent_mail_is_sent_once_and_known_by_its_id(bench: DeliveryBench) -> None:
    report = bench.take()
    bench.deliver()
    bench.clock.forward(hours=1)
    bench.deliver()
    assert len(bench.mailer.sent) == 1
    assert bench.delivery(report).message_id == "message-1"
    mail = bench.store.mail("message-1")
    assert mail is not None
    assert (mail.about, mail.recipient, mail.turn) == (f"report-{report}", "police", 0)


def test_the_header_and_the_envelope_name_the_same_address(bench: DeliveryBench) -> None:
    bench.take()
    bench.deliver()
    bench.note("bounced")
    bench.deliver()
    assert bench.addresses() == ["police@agency.example", "chief@agency.example"]
    assert [mail.content.split(b"\n")[0].decode() for mail in bench.mailer.sent] == [
        "To: police@agency.example",
        "To: chief@agency.example",
    ]


def test_a_lease_ends_with_the_last_mail(bench: DeliveryBench) -> None:
    report = bench.take("police", "clinic")
    leases = []
    bench.mailer.on_send = lambda mail: leases.append(bench.record(report).leased_until)
    bench.deliver()
    assert leases == [bench.clock.now() + LEASE] * 2
    assert bench.record(report).leased_until is None


# What fails


@pytest.mark.parametrize("error", [MailDelayed("x"), MailBusy("x")])
def test_what_the_mail_service_puts_off_is_tried_again_ever_later(
    bench: DeliveryBench, error: Exception
) -> None:
    report = bench.take()
    waits = []
    for _ in range(9):
        bench.mailer.fail_next("send", error)
        bench.deliver()
        delivery = bench.delivery(report)
        assert (delivery.state, delivery.next_try is None) == (QUEUED, False)
        assert delivery.next_try is not None
        waits.append(delivery.next_try - bench.clock.now())
        bench.clock.time = delivery.next_try
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=11.25)
    assert waits[-1] == timedelta(minutes=22.5)
    bench.deliver()
    assert bench.state(report) == SENT


def test_what_may_have_been_taken_waits_for_its_notice(bench: DeliveryBench) -> None:
    report = bench.take()
    bench.mailer.fail_next("send", MailUncertain("no answer"))
    bench.deliver()
    delivery = bench.delivery(report)
    assert delivery.next_try == bench.clock.now() + timedelta(minutes=3)
    bench.mailer.sent.append(Mail("s", "police@agency.example", "police", 0, f"report-{report}", b""))
    bench.clock.forward(seconds=20)
    bench.note("delivered")
    bench.clock.forward(minutes=10)
    bench.deliver()
    assert bench.state(report) == DELIVERED
    assert len(bench.mailer.sent) == 1


def test_a_refused_mail_goes_to_the_fallback_and_the_operator_is_told(bench: DeliveryBench) -> None:
    report = bench.take()
    bench.mailer.fail_next("send", MailRefused("MessageRejected"))
    bench.deliver()
    assert bench.delivery(report).address == FALLBACK
    assert bench.addresses() == ["chief@agency.example"]
    assert bench.state(report) == SENT
    assert bench.alarms.kinds() == ["mail_refused"]


def test_a_mail_that_no_address_takes_is_rejected_and_kept(bench: DeliveryBench) -> None:
    report = bench.take("clinic")
    bench.mailer.fail_next("send", MailRefused("MessageRejected"))
    assert bench.deliver().failed == 1
    assert bench.state(report, "clinic") == REJECTED
    assert bench.record(report).expires_at is None


def test_a_stopped_account_stops_the_queue_and_fails_nothing(bench: DeliveryBench) -> None:
    reports = [bench.take() for _ in range(5)]
    bench.mailer.fail(MailStopped("AccountSuspendedException"), "send")
    for _ in range(3):
        tally = bench.deliver()
        assert tally.stopped
        bench.clock.forward(minutes=1)
    assert bench.mailer.calls.count("send") == 3  # one try a run
    assert {bench.state(report) for report in reports} == {QUEUED}
    assert {bench.delivery(report).attempts for report in reports} == {0}
    assert all(bench.record(report).leased_until is None for report in reports)
    assert bench.alarms.kinds() == ["mail_stopped"] * 3
    bench.mailer.mend()
    bench.deliver()
    assert [bench.state(report) for report in reports] == [SENT] * 5


def test_a_stop_in_the_middle_of_a_report_leaves_the_rest_of_it_due(bench: DeliveryBench) -> None:
    report = bench.take("clinic", "police")
    bench.mailer.fail_next("send", None, MailStopped("SendingPausedException"))
    bench.deliver()
    assert (bench.state(report, "clinic"), bench.state(report)) == (SENT, QUEUED)
    bench.deliver()
    assert bench.state(report) == SENT
    assert len(bench.mailer.sent) == 2


def test_a_service_that_is_too_busy_is_left_alone_for_the_rest_of_the_run(bench: DeliveryBench) -> None:
    for _ in range(10):
        bench.take()
    bench.mailer.fail(MailBusy("TooManyRequestsException"), "send")
    bench.deliver()
    assert bench.mailer.calls.count("send") == 3
    assert bench.waited == [timedelta(seconds=1), timedelta(seconds=2)]


def test_a_key_that_cannot_be_used_holds_the_mail_and_sends_no_clear_text(bench: DeliveryBench) -> None:
    report = bench.take()
    bench.renderer.fail(KeyUnusable("expired"), "report")
    bench.deliver()
    delivery = bench.delivery(report)
    assert (delivery.state, delivery.digest) == (HELD, False)
    assert bench.mailer.sent == []
    assert bench.alarms.raised[0][0] == "key_unusable"
    bench.renderer.mend()
    bench.clock.forward(minutes=59)
    bench.deliver()
    assert bench.state(report) == HELD
    bench.clock.forward(minutes=1)
    bench.deliver()
    assert bench.state(report) == SENT


def test_one_report_that_cannot_be_written_stops_none_behind_it(bench: DeliveryBench) -> None:
    bad = bench.take(story="odd")
    good = [bench.take() for _ in range(3)]
    bench.renderer.fail(RuntimeError("quotes the story"), "write odd")
    bench.deliver()
    assert [bench.state(report) for report in good] == [SENT] * 3
    assert bench.state(bad) == QUEUED
    assert bench.alarms.kinds() == ["mail_unwritable"]
    assert "quotes" not in str(bench.alarms.raised)


def test_one_report_that_is_not_a_report_stops_none_behind_it(bench: DeliveryBench) -> None:
    bad = bench.take()
    good = bench.take()
    bench.store.reports[bad] = _resealed(bench, bad, b"[]")
    bench.deliver()
    assert (bench.state(bad), bench.state(good)) == (QUEUED, SENT)
    assert bench.alarms.kinds() == ["delivery_fault"]


def test_a_report_whose_key_is_gone_is_kept_and_told_of(bench: DeliveryBench) -> None:
    bad = bench.take()
    bench.store.reports[bad] = _with_seal(bench, bad, b"sealed 99")
    good = bench.take()
    bench.deliver()
    assert (bench.state(bad), bench.state(good)) == (QUEUED, SENT)
    assert bench.delivery(bad).next_try == bench.clock.now() + timedelta(hours=1)
    assert bench.alarms.kinds() == ["seal_broken"]


def test_without_keys_nothing_is_lost_and_nothing_waits_for_a_lease(bench: DeliveryBench) -> None:
    report = bench.take()
    bench.sealer.fail_next("open", SecretMissing("no key"), StoreUnavailable("Secrets Manager"))
    bench.deliver()
    bench.deliver()
    assert bench.alarms.kinds() == ["secret_missing", "store_away"]
    bench.deliver()
    assert bench.state(report) == SENT


def test_a_recipient_that_is_gone_fails_and_a_person_is_told(bench: DeliveryBench) -> None:
    report = bench.take("police", "clinic")
    bench.directory.all = (CLINIC,)
    bench.deliver()
    assert (bench.state(report), bench.state(report, "clinic")) == (FAILED, SENT)
    assert bench.alarms.kinds() == ["recipient_gone"]


def test_a_fallback_that_was_taken_away_is_no_address(bench: DeliveryBench) -> None:
    report = bench.take()
    bench.deliver()
    bench.note("bounced")
    bench.directory.all = (recipient("police"),)
    bench.deliver()
    assert bench.state(report) == REJECTED
    assert bench.alarms.kinds() == ["fell_back", "mail_refused"]


# The store goes away, and workers die


def test_what_was_sent_is_recorded_even_if_the_store_is_away_for_a_while(bench: DeliveryBench) -> None:
    report = bench.take()
    away = StoreUnavailable("away")
    bench.mailer.on_send = lambda mail: bench.store.fail_next("save", *[away] * 20)
    bench.deliver()
    assert bench.state(report) == SENT
    assert len(bench.waited) == 20


def test_a_worker_without_time_gives_up_on_a_store_that_is_away_and_the_notice_still_counts(
    bench: DeliveryBench,
) -> None:
    report = bench.take()

    def store_goes(mail: Mail) -> None:
        bench.store.fail(StoreUnavailable("away"), "save")
        bench.seconds = 1.0

    bench.mailer.on_send = store_goes
    bench.deliver()
    assert bench.alarms.kinds() == ["store_away"]
    bench.store.mend()
    bench.seconds = 120.0
    bench.note("delivered")  # before the lease ends
    bench.clock.forward(minutes=6)
    bench.deliver()
    assert bench.state(report) == DELIVERED
    assert len(bench.mailer.sent) == 1


def test_a_worker_that_dies_after_a_claim_leaves_the_report_to_the_next(bench: DeliveryBench) -> None:
    report = bench.take()

    def dies(mail: Mail) -> None:
        raise SystemExit

    bench.mailer.on_send = dies
    with pytest.raises(SystemExit):
        bench.deliver()
    bench.mailer.on_send = lambda mail: None
    bench.deliver()
    assert bench.mailer.sent == []  # the lease still holds
    bench.clock.forward(minutes=5)
    bench.deliver()
    assert bench.state(report) == SENT


def test_a_store_that_is_away_from_the_start_is_one_alarm(bench: DeliveryBench) -> None:
    bench.take()
    bench.store.fail(StoreUnavailable("away"))
    assert bench.deliver().mails == 0
    assert bench.alarms.kinds() == ["store_away"]


def test_an_index_that_lags_sends_nothing_twice(bench: DeliveryBench) -> None:
    bench.take()
    held = bench.take(held_until=bench.clock.now())
    bench.store.lag(bench.clock.now())
    bench.deliver()
    bench.clock.forward(minutes=10)
    bench.deliver()
    assert len(bench.mailer.sent) == 2
    assert bench.state(held) == SENT


def test_a_worker_hands_on_when_its_time_is_nearly_over(bench: DeliveryBench) -> None:
    for _ in range(5):
        bench.take()

    def time_passes(mail: Mail) -> None:
        bench.seconds -= 40

    bench.mailer.on_send = time_passes
    bench.deliver()
    assert len(bench.mailer.sent) == 3
    assert [record.leased_until for record in bench.store.reports.values()] == [None] * 5
    bench.seconds, bench.mailer.on_send = 120, lambda mail: None
    bench.deliver()
    assert sorted(story for stories in bench.stories() for story in stories) == [
        f"story {n}" for n in range(1, 6)
    ]


def test_a_worker_whose_lease_is_nearly_over_sends_nothing_more(bench: DeliveryBench) -> None:
    report = bench.take("clinic", "police")
    bench.mailer.on_send = lambda mail: bench.clock.forward(minutes=4, seconds=30)
    bench.deliver()
    assert bench.addresses() == ["clinic@agency.example"]
    bench.mailer.on_send = lambda mail: None
    bench.clock.forward(minutes=1)
    bench.deliver()
    assert (bench.state(report, "clinic"), bench.state(report)) == (SENT, SENT)
    assert len(bench.mailer.sent) == 2


def test_a_worker_never_ends_the_lease_of_another(bench: DeliveryBench) -> None:
    report = bench.take()

    def slow(mail: Mail) -> None:
        bench.mailer.on_send = lambda mail: None
        bench.clock.forward(minutes=6)
        other = bench.store.claim(report, bench.clock.now(), bench.clock.now() + LEASE)
        assert other is not None

    bench.mailer.on_send = slow
    bench.deliver()
    assert bench.state(report) == SENT
    assert bench.record(report).due_at() is not None
    assert bench.record(report).leased_until == bench.clock.now() + LEASE


def test_two_workers_share_the_work_and_send_each_report_once(bench: DeliveryBench) -> None:
    for _ in range(60):
        bench.take()
    together = threading.Barrier(3)

    def work() -> None:
        together.wait()
        bench.deliver()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(story for stories in bench.stories() for story in stories) == sorted(
        f"story {n}" for n in range(1, 61)
    )


# Notices that overtake us


def test_a_delivery_notice_before_our_own_record_stays(bench: DeliveryBench) -> None:
    report = bench.take()
    bench.mailer.on_send = lambda mail: _note(
        bench, report, lambda delivery: move(delivery, DELIVERED, delivery.changed_at)
    )
    bench.deliver()
    assert bench.state(report) == DELIVERED


def test_a_bounce_before_our_own_record_still_reaches_the_fallback(bench: DeliveryBench) -> None:
    report = bench.take()

    def bounces(mail: Mail) -> None:
        bench.mailer.on_send = lambda mail: None
        _note(
            bench, report, lambda delivery: refused(delivery, "bounced", bench.clock.now(), has_fallback=True)
        )

    bench.mailer.on_send = bounces
    bench.deliver()
    assert bench.addresses() == ["police@agency.example", "chief@agency.example"]
    assert (bench.state(report), bench.delivery(report).address) == (SENT, FALLBACK)


@pytest.mark.parametrize("error", [MailUncertain("no answer"), MailDelayed("x"), MailRefused("x")])
def test_a_bounce_before_an_answer_that_failed_still_reaches_the_fallback(
    bench: DeliveryBench, error: Exception
) -> None:
    report = bench.take()

    def bounces(mail: Mail) -> None:
        bench.mailer.on_send = lambda mail: None
        _note(
            bench, report, lambda delivery: refused(delivery, "bounced", bench.clock.now(), has_fallback=True)
        )
        raise error

    bench.mailer.on_send = bounces
    bench.deliver()
    assert (bench.state(report), bench.delivery(report).turn) == (SENT, 1)
    assert bench.addresses() == ["chief@agency.example"]


def test_a_notice_does_not_let_a_second_worker_in(bench: DeliveryBench) -> None:
    report = bench.take("clinic", "police")
    seen = []

    def noted(mail: Mail) -> None:
        bench.mailer.on_send = lambda mail: None
        _note(bench, report, lambda delivery: move(delivery, DELIVERED, delivery.changed_at), to="clinic")
        seen.append(bench.store.claim(report, bench.clock.now(), bench.clock.now() + LEASE))

    bench.mailer.on_send = noted
    bench.deliver()
    assert seen == [None]
    assert (bench.state(report, "clinic"), bench.state(report)) == (DELIVERED, SENT)
    assert len(bench.mailer.sent) == 2


def test_a_record_that_never_stops_changing_is_left_after_a_while(bench: DeliveryBench) -> None:
    bench.take()
    bench.mailer.on_send = lambda mail: bench.store.fail(StaleRecord("again"), "save")
    bench.deliver()
    assert bench.alarms.kinds() == ["store_away"]


def test_a_report_that_is_gone_while_its_mail_went_out_is_no_fault(bench: DeliveryBench) -> None:
    report = bench.take()
    bench.mailer.on_send = lambda mail: bench.store.reports.pop(report) and None
    tally = bench.deliver()
    assert tally.mails == 1
    assert bench.alarms.kinds() == []


# Delays, and reports that reach nobody


def test_six_hours_of_delay_bring_the_fallback_into_play(bench: DeliveryBench) -> None:
    report = bench.take()
    bench.deliver()
    bench.clock.forward(minutes=10)
    bench.note("delayed")
    bench.clock.forward(hours=5, minutes=49)
    bench.deliver()
    assert bench.state(report) == DELAYED
    bench.clock.forward(minutes=1)
    bench.deliver()
    bench.deliver()
    assert bench.addresses() == ["police@agency.example", "chief@agency.example"]
    assert (bench.state(report), bench.delivery(report).address) == (SENT, FALLBACK)
    assert bench.alarms.kinds() == ["delayed_long"]


def test_a_delay_without_a_fallback_is_told_of_once_and_goes_on(bench: DeliveryBench) -> None:
    report = bench.take("clinic")
    bench.deliver()
    bench.note("delayed")
    bench.clock.forward(hours=6)
    for _ in range(3):
        bench.deliver()
        bench.clock.forward(minutes=1)
    assert bench.state(report, "clinic") == DELAYED
    assert bench.alarms.kinds() == ["delayed_long"]
    bench.note("delivered")
    assert bench.state(report, "clinic") == DELIVERED


def test_a_delay_that_ended_meanwhile_is_not_given_up(bench: DeliveryBench) -> None:
    report = bench.take()
    bench.deliver()
    bench.note("delayed")
    bench.clock.forward(hours=6)
    bench.alarms.raise_alarm = lambda kind, detail: bool(bench.note("delivered"))  # type: ignore[method-assign]
    bench.deliver()
    assert (bench.state(report), bench.delivery(report).address) == (DELIVERED, "first")


def test_a_report_that_has_reached_nobody_raises_its_own_alarm_until_somebody_answers(
    bench: DeliveryBench,
) -> None:
    report = bench.take("police", "clinic")
    bench.deliver()
    bench.clock.forward(hours=7, minutes=59)
    bench.deliver()
    assert bench.alarms.kinds() == []
    for _ in range(3):
        bench.clock.forward(hours=24)
        bench.deliver()
        bench.deliver()
    assert bench.alarms.kinds() == ["reached_nobody"] * 3
    assert bench.record(report).case_number in bench.alarms.raised[0][1]["cases"]
    bench.store.save(bench.record(report).acknowledged(bench.clock.now()))
    bench.clock.forward(hours=48)
    bench.deliver()
    assert bench.alarms.kinds() == ["reached_nobody"] * 3


def test_a_report_that_only_some_have_is_told_of_too(bench: DeliveryBench) -> None:
    report = bench.take("police", "clinic")
    bench.deliver()
    bench.note("delivered", 0)
    bench.clock.forward(hours=8)
    bench.deliver()
    assert bench.alarms.kinds() == ["not_everybody"]
    bench.note("delivered", 1)
    bench.clock.forward(hours=48)
    bench.deliver()
    assert bench.alarms.kinds() == ["not_everybody"]
    assert bench.record(report).due_at() is None


def test_many_unreached_reports_are_one_alarm_that_counts_them(bench: DeliveryBench) -> None:
    for _ in range(300):
        bench.take()
    bench.deliver()
    bench.clock.forward(hours=8)
    bench.deliver()
    assert [detail["reports"] for _, detail in bench.alarms.raised] == ["300"]
    assert len(bench.alarms.raised[0][1]["cases"].split(", ")) == 300


def test_an_alarm_that_told_nobody_comes_again_soon(bench: DeliveryBench) -> None:
    bench.take()
    bench.deliver()
    bench.clock.forward(hours=8)
    bench.alarms.told = False
    bench.deliver()
    bench.clock.forward(hours=1)
    bench.alarms.told = True
    bench.deliver()
    bench.clock.forward(hours=1)
    bench.deliver()
    assert bench.alarms.kinds() == ["reached_nobody"] * 2


def test_a_report_is_never_given_up_for_the_number_of_tries(bench: DeliveryBench) -> None:
    report = bench.take()
    bench.mailer.fail(MailDelayed("x"), "send")
    for _ in range(200):
        bench.deliver()
        bench.clock.forward(minutes=30)
    bench.mailer.mend()
    bench.deliver()
    assert bench.state(report) == SENT
    assert "reached_nobody" in bench.alarms.kinds()


def test_no_alarm_holds_a_word_of_a_report(bench: DeliveryBench) -> None:
    bench.take("police", "clinic", story="xylophone")
    bench.renderer.fail_next("report", RuntimeError("xylophone"))
    bench.mailer.fail_next("send", MailRefused("MessageRejected"))
    bench.deliver()
    bench.clock.forward(hours=9)
    bench.deliver()
    assert bench.alarms.raised
    assert "xylophone" not in str(bench.alarms.raised)


def test_the_recipients_are_looked_up_at_each_run(bench: DeliveryBench) -> None:
    worker = bench.worker()
    bench.take("new")
    bench.directory.all = FakeRecipients(POLICE, recipient("new")).all
    worker(lambda: timedelta(seconds=120))
    assert bench.addresses() == ["new@agency.example"]


def _note(bench: DeliveryBench, report: str, change: object, to: str = "police") -> None:
    """Save what a notice would, while a worker is at it."""
    record = bench.record(report)
    delivery = record.delivery_to(to)
    assert callable(change)
    bench.store.save(record.with_delivery(change(delivery)))


def _with_seal(bench: DeliveryBench, report: str, sealed: bytes) -> SealedReport:
    return replace(bench.record(report), sealed=sealed)


def _resealed(bench: DeliveryBench, report: str, content: bytes) -> SealedReport:
    return _with_seal(bench, report, bench.sealer.seal(content, report))


def test_a_late_delay_notice_is_measured_from_the_sending(bench: DeliveryBench) -> None:
    report = bench.take()
    bench.deliver()
    sent_at = bench.clock.now()
    bench.clock.forward(hours=2)
    assert delayed(bench.delivery(report), bench.clock.now()).next_try == sent_at + timedelta(hours=6)


def test_a_delivery_that_fell_back_is_not_marked_by_the_first_address_coming_to_life(
    bench: DeliveryBench,
) -> None:
    report = bench.take()
    bench.deliver()
    bench.note("bounced")
    assert bench.state(report) == FALLEN_BACK
    assert bench.note("delivered") == "old"
    bench.deliver()
    assert bench.addresses()[-1] == "chief@agency.example"


def test_only_a_case_that_an_alarm_names_has_been_told(bench: DeliveryBench) -> None:
    bench.seconds = 3600
    numbers = [bench.record(bench.take("clinic")).case_number for _ in range(1200)]
    bench.deliver()
    bench.clock.forward(hours=8)
    named: list[list[str]] = []
    for _ in range(4):
        before = len(bench.alarms.raised)
        bench.deliver()
        named += [detail["cases"].split(", ") for _, detail in bench.alarms.raised[before:]]
        bench.clock.forward(hours=1)
    assert [len(some) for some in named] == [500, 500, 200]
    assert sorted(number for some in named for number in some) == sorted(numbers), "each once"
    assert bench.alarms.raised[0][1]["reports"] == "1200"
    bench.clock.forward(hours=20)
    bench.deliver()
    assert len(bench.alarms.raised[-1][1]["cases"].split(", ")) == 500, "and each again a day later"


def only_to(*refused_by: str, bench: DeliveryBench, error: Exception | None = None) -> None:
    """Let the mail service speak of these recipients as if it took nothing at all."""

    def send(mail: Mail) -> None:
        if mail.recipient in refused_by:
            raise error or MailStopped("AccessDeniedException")

    bench.mailer.on_send = send


def test_one_bad_recipient_does_not_stop_the_mail_of_others(bench: DeliveryBench) -> None:
    both = bench.take("police", "clinic")
    others = [bench.take("clinic") for _ in range(3)]
    only_to("police", bench=bench)
    tally = bench.deliver()
    assert {bench.state(report, "clinic") for report in (both, *others)} == {SENT}
    assert bench.state(both) == QUEUED
    assert not tally.stopped
    assert bench.alarms.raised == [
        ("recipient_stopped", {"recipient": "police", "error": "AccessDeniedException"})
    ]
    assert bench.record(both).leased_until is None
    only_to(bench=bench)
    bench.clock.forward(minutes=5)
    bench.deliver()
    assert bench.state(both) == SENT


def test_however_many_wait_for_a_bad_recipient_the_others_get_their_turn(bench: DeliveryBench) -> None:
    for _ in range(600):
        bench.take("police")
    last = bench.take("clinic")
    only_to("police", bench=bench)
    for _ in range(4):
        bench.deliver()
        bench.clock.forward(minutes=1)
    assert bench.state(last, "clinic") == SENT
    only_to(bench=bench)
    for _ in range(6):
        bench.deliver()
        bench.clock.forward(minutes=1)
    assert len(bench.mailer.sent) == 601


def test_several_bad_recipients_are_all_passed_by() -> None:
    bad = [recipient(f"bad-{number}") for number in range(8)]
    bench = DeliveryBench(*bad, recipient("good"))
    reports = [bench.take(office.id) for office in bad for _ in range(3)]
    good = bench.take("good")
    only_to(*(office.id for office in bad), bench=bench)
    bench.deliver()
    assert bench.state(good, "good") == SENT
    assert all(bench.record(report).deliveries[0].state == QUEUED for report in reports)


def test_more_bad_recipients_than_one_run_tries_end_the_run() -> None:
    offices = [recipient(f"office-{number}") for number in range(30)]
    bench = DeliveryBench(*offices)
    for office in offices:
        bench.take(office.id)
    bench.mailer.fail(MailStopped("AccountSuspendedException"), "send")
    assert bench.deliver().stopped
    assert bench.mailer.calls.count("send") == 10
    assert bench.alarms.kinds() == ["mail_stopped"]
    assert all(record.leased_until is None for record in bench.store.reports.values())


def test_an_unverified_recipient_waits_and_goes_out_once_it_is_verified(bench: DeliveryBench) -> None:
    waits, goes = bench.take("police"), bench.take("clinic")
    only_to("police", bench=bench, error=MailUnverified("MessageRejected"))
    for _ in range(3):
        assert not bench.deliver().stopped
        bench.clock.forward(minutes=1)
    assert (bench.state(waits), bench.state(goes, "clinic")) == (QUEUED, SENT)
    assert bench.delivery(waits).address != FALLBACK
    assert set(bench.alarms.kinds()) == {"not_verified"}
    assert bench.alarms.raised[0][1]["recipient"] == "police"
    only_to(bench=bench)
    bench.clock.forward(minutes=30)
    bench.deliver()
    assert bench.state(waits) == SENT


def test_what_is_set_aside_is_not_counted_for_the_flood_again_and_again(bench: DeliveryBench) -> None:
    bench.caps = Caps(per_minute=3, per_hour=3)
    for _ in range(5):
        bench.take("police")
    bench.mailer.fail(MailStopped("AccountSuspendedException"), "send")
    for _ in range(5):
        bench.deliver()
        bench.clock.forward(minutes=1)
    bench.mailer.mend()
    bench.deliver()
    assert len(bench.mailer.sent) == 3
