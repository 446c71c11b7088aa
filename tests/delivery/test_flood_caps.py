"""Past the caps a report waits for the digest: it is counted once, when a worker first has it in hand."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib.delivery.flood_caps import Caps
from chalicelib.reporting.cases import HELD, QUEUED, SENT
from chalicelib.shared.errors import SecretMissing, StoreBusy, StoreUnavailable
from chalicelib.shared.mail import MailDelayed, MailStopped
from tests.support.delivery_fakes import DeliveryBench
from tests.support.fakes import NOON


@pytest.fixture
def bench() -> DeliveryBench:
    bench = DeliveryBench()
    bench.caps = Caps()
    return bench


def held(bench: DeliveryBench) -> list[str]:
    """Return why each report is held, in the order in which they came."""
    return [record.held for record in bench.store.reports.values()]


def test_a_counted_report_is_sent_and_says_that_it_was_counted(bench: DeliveryBench) -> None:
    report = bench.take("police", "clinic")
    bench.deliver()
    record = bench.record(report)
    assert [delivery.state for delivery in record.deliveries] == [SENT, SENT]
    assert (record.held, record.counted) == ("", True)


def test_copies_of_a_text_are_held_from_the_fourth_on_however_they_are_set(bench: DeliveryBench) -> None:
    for story in ["Buy  this", "buy this", "BUY\nTHIS", "ｂｕｙ this", "Buy that"]:
        bench.take(story=story)
    bench.deliver()
    assert held(bench) == ["", "", "", "copy", ""]
    assert bench.stories() == [["Buy  this"], ["buy this"], ["BUY", "THIS"], ["Buy that"]]


def test_copies_are_counted_for_a_day(bench: DeliveryBench) -> None:
    for _ in range(3):
        bench.take(story="The same")
    bench.clock.forward(hours=24)
    bench.take(story="The same")
    bench.deliver()
    assert held(bench) == ["", "", "", ""]


def test_what_is_held_waits_for_the_digest_with_everything_else_of_it(bench: DeliveryBench) -> None:
    bench.caps = Caps(per_minute=1)
    reports = [bench.take("police", "clinic", story=f"Story {number}") for number in range(3)]
    tally = bench.deliver()
    assert bench.stories("police@agency.example") == [["Story 0"]]
    late = bench.record(reports[1])
    assert {(delivery.state, delivery.next_try, delivery.digest) for delivery in late.deliveries} == {
        (HELD, NOON + timedelta(hours=1), True)
    }
    assert (late.held, late.counted, late.leased_until) == ("flood", True, None)
    assert (tally.mails, tally.held_back) == (2, 4)
    bench.clock.forward(hours=1)
    bench.deliver()
    assert bench.stories("police@agency.example") == [["Story 0"], ["Story 1", "Story 2"]]


def test_past_the_cap_of_a_minute_reports_are_held_and_the_next_minute_is_free(bench: DeliveryBench) -> None:
    bench.caps = Caps(per_minute=2)
    for _ in range(4):
        bench.take()
    bench.clock.forward(minutes=1)
    bench.take()
    bench.deliver()
    assert held(bench) == ["", "", "flood", "flood", ""]


def test_past_the_cap_of_an_hour_reports_are_held(bench: DeliveryBench) -> None:
    bench.caps = Caps(per_hour=2)
    for _ in range(3):
        bench.take()
        bench.clock.forward(minutes=1)
    bench.clock.forward(hours=1)
    bench.take()
    bench.deliver()
    assert held(bench) == ["", "", "flood", ""]


def test_what_came_slowly_is_no_flood_when_it_is_sent_late(bench: DeliveryBench) -> None:
    bench.caps = Caps(per_minute=1, per_hour=30)
    for _ in range(120):
        bench.take()
        bench.clock.forward(minutes=2)
    bench.deliver()
    assert set(held(bench)) == {""}


def test_past_the_cap_of_one_recipient_only_its_mails_wait(bench: DeliveryBench) -> None:
    bench.caps = Caps(per_recipient_hour=1)
    bench.take("police")
    both = bench.take("police", "clinic")
    bench.take("clinic")
    bench.deliver()
    assert held(bench) == ["", "flood", "flood"]
    assert [bench.state(both, office) for office in ("police", "clinic")] == [HELD, SENT]
    assert bench.record(both).leased_until is None


def test_a_flood_of_one_town_leaves_every_other_towns_reports_alone(bench: DeliveryBench) -> None:
    """Also to a recipient that serves both, in the same minute and hour, and for as long as it lasts."""
    for number in range(600):
        bench.take("police", "clinic", story=f"Flood {number}", place="loud")
    quiet = [bench.take("police", story=f"Person {number}", place="quiet") for number in range(5)]
    bench.deliver()
    assert {bench.state(report) for report in quiet} == {SENT}
    assert len(bench.stories("police@agency.example")) == Caps().per_minute + 5
    bench.clock.forward(minutes=30)
    for number in range(600):
        bench.take("police", story=f"More {number}", place="loud")
    late = bench.take("police", story="Another person", place="quiet")
    bench.deliver()
    assert bench.state(late) == SENT


def test_a_flood_to_one_recipient_leaves_what_goes_to_others_alone(bench: DeliveryBench) -> None:
    for number in range(600):
        bench.take("police", story=f"Flood {number}", place="town")
    report = bench.take("police", "clinic", story="A person's", place="town")
    bench.deliver()
    assert (bench.state(report), bench.state(report, "clinic")) == (HELD, SENT)


def test_the_table_in_the_docs_has_these_caps() -> None:
    text = (Path(__file__).parents[2] / "docs" / "deliveries.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .+ \| (\d+) \|$", text.split("\n## Digests\n")[1], re.MULTILINE)
    assert {name: int(most) for name, most in rows} == asdict(Caps())


def test_many_towns_at_once_cannot_bury_an_inbox_that_serves_them_all(bench: DeliveryBench) -> None:
    bench.caps = Caps(per_recipient_hour=30, per_minute=10)
    for town in range(6):
        for number in range(20):
            bench.take("police", story=f"{town} {number}", place=f"town-{town}")
    other = bench.take("clinic", story="Elsewhere", place="town-0")
    bench.deliver()
    assert len(bench.stories("police@agency.example")) == 30
    assert bench.state(other, "clinic") == SENT


def test_what_waits_for_its_town_or_its_recipient_uses_up_nothing_of_the_site(bench: DeliveryBench) -> None:
    bench.caps = Caps(per_minute=5, per_recipient_hour=10, site_per_minute=20, site_per_hour=20)
    for town in range(10):
        for number in range(50):
            bench.take("police", story=f"{town} {number}", place=f"town-{town}")
    reports = [bench.take("clinic", story=f"Person {number}", place="quiet") for number in range(5)]
    bench.deliver()
    assert {bench.state(report, "clinic") for report in reports} == {SENT}


@pytest.mark.parametrize("caps", [Caps(site_per_minute=3), Caps(site_per_hour=3)])
def test_far_above_all_a_cap_of_the_site_is_the_last_resort(bench: DeliveryBench, caps: Caps) -> None:
    bench.caps = caps
    for number in range(5):
        bench.take("police", "clinic", story=f"Story {number}", place=f"town-{number}")
    bench.deliver()
    assert held(bench) == ["", "", "", "flood", "flood"]
    assert Caps().site_per_hour >= 4 * Caps().per_recipient_hour >= 16 * Caps().per_hour


def test_the_same_words_in_another_town_are_no_copy(bench: DeliveryBench) -> None:
    for _ in range(5):
        bench.take(story="Please help", place="loud")
    bench.take(story="Please help", place="quiet")
    bench.deliver()
    assert held(bench) == ["", "", "", "copy", "copy", ""]


def test_the_same_words_in_very_many_towns_are(bench: DeliveryBench) -> None:
    for town in range(14):
        bench.take(story="Buy this", place=f"town-{town}")
    bench.deliver()
    assert held(bench) == [""] * 12 + ["copy"] * 2


def test_a_report_of_a_flood_costs_two_counts_and_another_four(bench: DeliveryBench) -> None:
    bench.caps = Caps(per_minute=1)
    for number, counts in enumerate([4, 2, 2]):
        bench.take(story=f"Story {number}")
        bench.store.calls.clear()
        bench.deliver()
        assert bench.store.calls.count("count") == counts


def test_the_operator_is_told_once_an_hour_which_cap_was_reached(bench: DeliveryBench) -> None:
    bench.caps = Caps(per_hour=2, per_recipient_hour=3, site_per_hour=4)
    for number in range(5):
        bench.take(story=f"Loud {number}", place="loud")
    for number in range(3):
        bench.take(story=f"Quiet {number}", place=f"quiet-{number}")
    for number in range(3):
        bench.take("clinic", story=f"Clinic {number}", place=f"quiet-{number}")
    bench.deliver()
    assert bench.alarms.raised == [
        ("flood", {"recipient": "police", "place": "loud"}),
        ("flood", {"recipient": "police", "place": ""}),
        ("flood", {"recipient": "", "place": ""}),
    ]


def test_of_five_thousand_reports_in_a_minute_few_go_out_alone_and_all_go_out(bench: DeliveryBench) -> None:
    for number in range(5000):
        bench.take(story=f"Story {number}")
    bench.deliver()
    assert len(bench.mailer.sent) == Caps().per_minute
    bench.clock.forward(hours=1)
    bench.deliver()
    arrived = [story for stories in bench.stories() for story in stories]
    assert sorted(arrived) == sorted(f"Story {number}" for number in range(5000))


def test_what_is_held_for_its_form_uses_up_nothing_of_what_others_may_send(bench: DeliveryBench) -> None:
    bench.caps = Caps(per_minute=1, same_text=1)
    for _ in range(5):
        bench.take(story="A robot's", held_until=NOON)
    report = bench.take(story="A person's")
    bench.deliver()
    assert bench.state(report) == SENT
    assert ["A person's"] in bench.stories()


def test_a_report_is_counted_once_however_often_it_is_tried(bench: DeliveryBench) -> None:
    bench.caps = Caps(per_minute=2, same_text=1)
    first = bench.take(story="One")
    for error in (MailDelayed("x"), MailStopped("x"), MailDelayed("x")):
        bench.mailer.fail_next("send", error)
        bench.deliver()
        bench.clock.forward(hours=1)
    bench.deliver()
    assert bench.state(first) == SENT
    assert {name: counter.numbers for name, counter in bench.store.counters.items()} == {
        "copies 2026-11-25 one": {"all": 1, "in town": 1},
        "hour 2026-11-25T12 in town": {"to police": 1, "minute 00 to police": 1},
        "hour 2026-11-25T12 of recipients": {"police": 1},
        "hour 2026-11-25T12": {"all": 1, "minute 00": 1},
    }


def test_a_worker_that_died_between_counting_and_saving_costs_a_count_and_no_report(
    bench: DeliveryBench,
) -> None:
    report = bench.take()
    bench.store.fail_next("save", StoreUnavailable("away"))
    bench.mailer.fail_next("send", MailStopped("x"))
    bench.deliver()
    assert not bench.record(report).counted
    bench.clock.forward(minutes=6)
    bench.deliver()
    assert bench.state(report) == SENT


@pytest.mark.parametrize("error", [StoreBusy("busy"), StoreUnavailable("away")])
def test_a_cap_that_cannot_be_counted_holds_nothing(bench: DeliveryBench, error: Exception) -> None:
    bench.store.fail(error, "count")
    report = bench.take()
    bench.deliver()
    assert (bench.state(report), bench.record(report).held) == (SENT, "")
    assert bench.store.calls.count("count") == 1, (
        "who waits for one counter in vain does not wait for the next"
    )


def test_what_was_counted_before_a_counter_failed_still_counts(bench: DeliveryBench) -> None:
    for story in ["The same"] * 3 + ["Another"]:
        bench.take(story=story)
    bench.deliver()
    bench.store.fail_next("count", StoreBusy("busy"))
    bench.take(story="Uncounted")
    bench.deliver()
    bench.take(story="The same")
    bench.deliver()
    assert held(bench) == ["", "", "", "", "", "copy"]


def test_without_the_desks_keys_a_report_stays_queued(bench: DeliveryBench) -> None:
    bench.marks.fail(SecretMissing("none"), "mark")
    report = bench.take()
    bench.deliver()
    assert bench.state(report) == QUEUED
    assert bench.alarms.kinds() == ["secret_missing"]
    bench.marks.mend()
    bench.deliver()
    assert bench.state(report) == SENT


def test_a_notice_that_overtakes_the_caps_is_kept(bench: DeliveryBench) -> None:
    """A second worker's write between claim and save: the report is held all the same."""
    bench.caps = Caps(per_minute=0)
    report = bench.take("police", "clinic")
    count = bench.store.count

    def count_while_somebody_writes(*arguments: object) -> object:
        bench.store.save(bench.record(report))
        return count(*arguments)  # type: ignore[arg-type]

    bench.store.count = count_while_somebody_writes  # type: ignore[method-assign, assignment]
    bench.deliver()
    assert [delivery.state for delivery in bench.record(report).deliveries] == [HELD, HELD]
