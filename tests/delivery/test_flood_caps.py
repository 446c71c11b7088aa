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
from tests.support.delivery_fakes import Desk
from tests.support.fakes import NOON


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.caps = Caps()
    return desk


def held(desk: Desk) -> list[str]:
    """Return why each report is held, in the order in which they came."""
    return [record.held for record in desk.store.reports.values()]


def test_a_counted_report_is_sent_and_says_that_it_was_counted(desk: Desk) -> None:
    report = desk.take("police", "clinic")
    desk.deliver()
    record = desk.record(report)
    assert [one.state for one in record.deliveries] == [SENT, SENT]
    assert (record.held, record.counted) == ("", True)


def test_copies_of_a_text_are_held_from_the_fourth_on_however_they_are_set(desk: Desk) -> None:
    for story in ["Buy  this", "buy this", "BUY\nTHIS", "ｂｕｙ this", "Buy that"]:
        desk.take(story=story)
    desk.deliver()
    assert held(desk) == ["", "", "", "copy", ""]
    assert desk.stories() == [["Buy  this"], ["buy this"], ["BUY", "THIS"], ["Buy that"]]


def test_copies_are_counted_for_a_day(desk: Desk) -> None:
    for _ in range(3):
        desk.take(story="The same")
    desk.clock.forward(hours=24)
    desk.take(story="The same")
    desk.deliver()
    assert held(desk) == ["", "", "", ""]


def test_what_is_held_waits_for_the_digest_with_everything_else_of_it(desk: Desk) -> None:
    desk.caps = Caps(per_minute=1)
    reports = [desk.take("police", "clinic", story=f"Story {number}") for number in range(3)]
    tally = desk.deliver()
    assert desk.stories("police@agency.example") == [["Story 0"]]
    late = desk.record(reports[1])
    assert {(one.state, one.next_try, one.digest) for one in late.deliveries} == {
        (HELD, NOON + timedelta(hours=1), True)
    }
    assert (late.held, late.counted, late.leased_until) == ("flood", True, None)
    assert (tally.mails, tally.held_back) == (2, 4)
    desk.clock.forward(hours=1)
    desk.deliver()
    assert desk.stories("police@agency.example") == [["Story 0"], ["Story 1", "Story 2"]]


def test_past_the_cap_of_a_minute_reports_are_held_and_the_next_minute_is_free(desk: Desk) -> None:
    desk.caps = Caps(per_minute=2)
    for _ in range(4):
        desk.take()
    desk.clock.forward(minutes=1)
    desk.take()
    desk.deliver()
    assert held(desk) == ["", "", "flood", "flood", ""]


def test_past_the_cap_of_an_hour_reports_are_held(desk: Desk) -> None:
    desk.caps = Caps(per_hour=2)
    for _ in range(3):
        desk.take()
        desk.clock.forward(minutes=1)
    desk.clock.forward(hours=1)
    desk.take()
    desk.deliver()
    assert held(desk) == ["", "", "flood", ""]


def test_what_came_slowly_is_no_flood_when_it_is_sent_late(desk: Desk) -> None:
    desk.caps = Caps(per_minute=1, per_hour=30)
    for _ in range(120):
        desk.take()
        desk.clock.forward(minutes=2)
    desk.deliver()
    assert set(held(desk)) == {""}


def test_past_the_cap_of_one_recipient_only_its_mails_wait(desk: Desk) -> None:
    desk.caps = Caps(per_recipient_hour=1)
    desk.take("police")
    both = desk.take("police", "clinic")
    desk.take("clinic")
    desk.deliver()
    assert held(desk) == ["", "flood", "flood"]
    assert [desk.state(both, one) for one in ("police", "clinic")] == [HELD, SENT]
    assert desk.record(both).leased_until is None


def test_a_flood_of_one_town_leaves_every_other_towns_reports_alone(desk: Desk) -> None:
    """Also to a recipient that serves both, in the same minute and hour, and for as long as it lasts."""
    for number in range(600):
        desk.take("police", "clinic", story=f"Flood {number}", place="loud")
    quiet = [desk.take("police", story=f"Person {number}", place="quiet") for number in range(5)]
    desk.deliver()
    assert {desk.state(report) for report in quiet} == {SENT}
    assert len(desk.stories("police@agency.example")) == Caps().per_minute + 5
    desk.clock.forward(minutes=30)
    for number in range(600):
        desk.take("police", story=f"More {number}", place="loud")
    late = desk.take("police", story="Another person", place="quiet")
    desk.deliver()
    assert desk.state(late) == SENT


def test_a_flood_to_one_recipient_leaves_what_goes_to_others_alone(desk: Desk) -> None:
    for number in range(600):
        desk.take("police", story=f"Flood {number}", place="town")
    report = desk.take("police", "clinic", story="A person's", place="town")
    desk.deliver()
    assert (desk.state(report), desk.state(report, "clinic")) == (HELD, SENT)


def test_the_table_in_the_docs_has_these_caps() -> None:
    text = (Path(__file__).parents[2] / "docs" / "deliveries.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .+ \| (\d+) \|$", text.split("\n## Digests\n")[1], re.MULTILINE)
    assert {name: int(most) for name, most in rows} == asdict(Caps())


def test_many_towns_at_once_cannot_bury_an_inbox_that_serves_them_all(desk: Desk) -> None:
    desk.caps = Caps(per_recipient_hour=30, per_minute=10)
    for town in range(6):
        for number in range(20):
            desk.take("police", story=f"{town} {number}", place=f"town-{town}")
    other = desk.take("clinic", story="Elsewhere", place="town-0")
    desk.deliver()
    assert len(desk.stories("police@agency.example")) == 30
    assert desk.state(other, "clinic") == SENT


def test_what_waits_for_its_town_or_its_recipient_uses_up_nothing_of_the_site(desk: Desk) -> None:
    desk.caps = Caps(per_minute=5, per_recipient_hour=10, site_per_minute=20, site_per_hour=20)
    for town in range(10):
        for number in range(50):
            desk.take("police", story=f"{town} {number}", place=f"town-{town}")
    reports = [desk.take("clinic", story=f"Person {number}", place="quiet") for number in range(5)]
    desk.deliver()
    assert {desk.state(report, "clinic") for report in reports} == {SENT}


@pytest.mark.parametrize("caps", [Caps(site_per_minute=3), Caps(site_per_hour=3)])
def test_far_above_all_a_cap_of_the_site_is_the_last_resort(desk: Desk, caps: Caps) -> None:
    desk.caps = caps
    for number in range(5):
        desk.take("police", "clinic", story=f"Story {number}", place=f"town-{number}")
    desk.deliver()
    assert held(desk) == ["", "", "", "flood", "flood"]
    assert Caps().site_per_hour >= 4 * Caps().per_recipient_hour >= 16 * Caps().per_hour


def test_the_same_words_in_another_town_are_no_copy(desk: Desk) -> None:
    for _ in range(5):
        desk.take(story="Please help", place="loud")
    desk.take(story="Please help", place="quiet")
    desk.deliver()
    assert held(desk) == ["", "", "", "copy", "copy", ""]


def test_the_same_words_in_very_many_towns_are(desk: Desk) -> None:
    for town in range(14):
        desk.take(story="Buy this", place=f"town-{town}")
    desk.deliver()
    assert held(desk) == [""] * 12 + ["copy"] * 2


def test_a_report_of_a_flood_costs_two_counts_and_another_four(desk: Desk) -> None:
    desk.caps = Caps(per_minute=1)
    for number, counts in enumerate([4, 2, 2]):
        desk.take(story=f"Story {number}")
        desk.store.calls.clear()
        desk.deliver()
        assert desk.store.calls.count("count") == counts


def test_the_operator_is_told_once_an_hour_which_cap_was_reached(desk: Desk) -> None:
    desk.caps = Caps(per_hour=2, per_recipient_hour=3, site_per_hour=4)
    for number in range(5):
        desk.take(story=f"Loud {number}", place="loud")
    for number in range(3):
        desk.take(story=f"Quiet {number}", place=f"quiet-{number}")
    for number in range(3):
        desk.take("clinic", story=f"Clinic {number}", place=f"quiet-{number}")
    desk.deliver()
    assert desk.alarms.raised == [
        ("flood", {"recipient": "police", "place": "loud"}),
        ("flood", {"recipient": "police", "place": ""}),
        ("flood", {"recipient": "", "place": ""}),
    ]


def test_of_five_thousand_reports_in_a_minute_few_go_out_alone_and_all_go_out(desk: Desk) -> None:
    for number in range(5000):
        desk.take(story=f"Story {number}")
    desk.deliver()
    assert len(desk.mailer.sent) == Caps().per_minute
    desk.clock.forward(hours=1)
    desk.deliver()
    arrived = [story for stories in desk.stories() for story in stories]
    assert sorted(arrived) == sorted(f"Story {number}" for number in range(5000))


def test_what_is_held_for_its_form_uses_up_nothing_of_what_others_may_send(desk: Desk) -> None:
    desk.caps = Caps(per_minute=1, same_text=1)
    for _ in range(5):
        desk.take(story="A robot's", held_until=NOON)
    report = desk.take(story="A person's")
    desk.deliver()
    assert desk.state(report) == SENT
    assert ["A person's"] in desk.stories()


def test_a_report_is_counted_once_however_often_it_is_tried(desk: Desk) -> None:
    desk.caps = Caps(per_minute=2, same_text=1)
    first = desk.take(story="One")
    for error in (MailDelayed("x"), MailStopped("x"), MailDelayed("x")):
        desk.mailer.fail_next("send", error)
        desk.deliver()
        desk.clock.forward(hours=1)
    desk.deliver()
    assert desk.state(first) == SENT
    assert {name: counter.numbers for name, counter in desk.store.counters.items()} == {
        "copies 2026-11-25 one": {"all": 1, "in town": 1},
        "hour 2026-11-25T12 in town": {"to police": 1, "minute 00 to police": 1},
        "hour 2026-11-25T12 of recipients": {"police": 1},
        "hour 2026-11-25T12": {"all": 1, "minute 00": 1},
    }


def test_a_worker_that_died_between_counting_and_saving_costs_a_count_and_no_report(desk: Desk) -> None:
    report = desk.take()
    desk.store.fail_next("save", StoreUnavailable("away"))
    desk.mailer.fail_next("send", MailStopped("x"))
    desk.deliver()
    assert not desk.record(report).counted
    desk.clock.forward(minutes=6)
    desk.deliver()
    assert desk.state(report) == SENT


@pytest.mark.parametrize("error", [StoreBusy("busy"), StoreUnavailable("away")])
def test_a_cap_that_cannot_be_counted_holds_nothing(desk: Desk, error: Exception) -> None:
    desk.store.fail(error, "count")
    report = desk.take()
    desk.deliver()
    assert (desk.state(report), desk.record(report).held) == (SENT, "")
    assert desk.store.calls.count("count") == 1, (
        "who waits for one counter in vain does not wait for the next"
    )


def test_what_was_counted_before_a_counter_failed_still_counts(desk: Desk) -> None:
    for story in ["The same"] * 3 + ["Another"]:
        desk.take(story=story)
    desk.deliver()
    desk.store.fail_next("count", StoreBusy("busy"))
    desk.take(story="Uncounted")
    desk.deliver()
    desk.take(story="The same")
    desk.deliver()
    assert held(desk) == ["", "", "", "", "", "copy"]


def test_without_the_desks_keys_a_report_stays_queued(desk: Desk) -> None:
    desk.marks.fail(SecretMissing("none"), "mark")
    report = desk.take()
    desk.deliver()
    assert desk.state(report) == QUEUED
    assert desk.alarms.kinds() == ["secret_missing"]
    desk.marks.mend()
    desk.deliver()
    assert desk.state(report) == SENT


def test_a_notice_that_overtakes_the_caps_is_kept(desk: Desk) -> None:
    """A second worker's write between claim and save: the report is held all the same."""
    desk.caps = Caps(per_minute=0)
    report = desk.take("police", "clinic")
    count = desk.store.count

    def count_while_somebody_writes(*arguments: object) -> object:
        desk.store.save(desk.record(report))
        return count(*arguments)  # type: ignore[arg-type]

    desk.store.count = count_while_somebody_writes  # type: ignore[method-assign, assignment]
    desk.deliver()
    assert [one.state for one in desk.record(report).deliveries] == [HELD, HELD]
