"""The states of a delivery, the moves between them, and what follows for the whole report."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reporting.cases import (
    BACK_OFF_FIRST,
    BACK_OFF_MOST,
    BOUNCED,
    COMPLAINED,
    DELAYED,
    DELIVERED,
    FAILED,
    FALLBACK,
    FALLEN_BACK,
    FIRST,
    HELD,
    LOST,
    MOVES,
    QUEUED,
    REJECTED,
    SENT,
    STATES,
    WAITING,
    WITHHELD,
    Delivery,
    SealedReport,
    back_off,
    case_number,
    delayed,
    move,
    next_digest,
    refused,
    sent_again,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
DRAWING = Path(__file__).parents[2] / "docs" / "deliveries.md"


def report(*deliveries: Delivery, **changed: object) -> SealedReport:
    record = SealedReport(
        id="0" * 32,
        sealed=b"",
        reporter_key=b"",
        place="town",
        taken_at=NOON,
        deliveries=deliveries or (Delivery("police", QUEUED, NOON, NOON),),
    )
    return replace(record, **changed)  # type: ignore[arg-type]


def delivery(state: str = QUEUED, to: str = "police", **changed: object) -> Delivery:
    when = NOON if state in WAITING else None
    return replace(Delivery(to, state, NOON, when), **changed)  # type: ignore[arg-type]


def test_every_state_has_its_moves_and_every_move_a_state() -> None:
    assert set(MOVES) == set(STATES)
    assert set().union(*MOVES.values()) <= set(STATES)


def test_every_state_can_be_reached_from_the_two_in_which_a_report_starts() -> None:
    reached, new = set(), {QUEUED, HELD}
    while new:
        reached |= new
        new = set().union(*(MOVES[state] for state in new)) - reached
    assert reached == set(STATES)


def test_from_every_state_that_a_person_must_look_at_it_can_be_sent_again() -> None:
    for state in LOST:
        again = sent_again(delivery(state, turn=3, attempts=4), LATER)
        assert (again.state, again.next_try, again.turn, again.attempts) == (QUEUED, LATER, 4, 0)


def test_the_drawing_shows_exactly_the_moves() -> None:
    arrows = re.findall(r"^ *(\w+|\[\*\]) --> (\w+)$", DRAWING.read_text(encoding="utf-8"), re.MULTILINE)
    drawn = {(before, after) for before, after in arrows if before != "[*]"}
    assert drawn == {(before, after) for before, afters in MOVES.items() for after in afters}
    assert {after for before, after in arrows if before == "[*]"} == {QUEUED, HELD}


def test_the_drawing_explains_every_state() -> None:
    text = DRAWING.read_text(encoding="utf-8")
    assert [state for state in STATES if f"| `{state}` |" not in text] == []


@pytest.mark.parametrize("state", sorted(set(STATES) - {SENT, DELAYED}))
def test_what_is_noted_twice_changes_nothing_the_second_time(state: str) -> None:
    there = delivery(state)
    assert move(there, state, LATER) is there


def test_a_try_is_due_from_its_moment_on() -> None:
    waiting = delivery(next_try=NOON)
    assert not waiting.due(NOON - timedelta(milliseconds=1))
    assert waiting.due(NOON)
    assert not delivery(SENT).due(NOON)


def test_a_first_address_that_refuses_gives_way_to_the_fallback() -> None:
    fallen = refused(delivery(SENT, attempts=3, message_id="m"), BOUNCED, LATER, has_fallback=True)
    assert (fallen.state, fallen.address, fallen.next_try) == (FALLEN_BACK, FALLBACK, LATER)
    assert (fallen.turn, fallen.attempts, fallen.message_id) == (1, 0, "")


@pytest.mark.parametrize("state", [BOUNCED, COMPLAINED, REJECTED])
def test_without_a_fallback_or_behind_it_a_refusal_is_the_end(state: str) -> None:
    assert refused(delivery(SENT), state, LATER, has_fallback=False).state == state
    behind = refused(delivery(SENT, address=FALLBACK), state, LATER, has_fallback=True)
    assert (behind.state, behind.next_try) == (state, None)


def test_a_refused_digest_falls_back_as_one() -> None:
    fallen = refused(delivery(SENT, digest=True), BOUNCED, LATER, has_fallback=True)
    assert fallen.in_digest()
    assert fallen.next_try == LATER + timedelta(minutes=1)


def test_a_delay_is_borne_for_six_hours_from_the_sending() -> None:
    once = delayed(delivery(SENT), LATER)
    assert (once.state, once.next_try) == (DELAYED, NOON + timedelta(hours=6))
    assert delayed(once, LATER + timedelta(hours=1)) is once


def test_nothing_that_came_first_lets_a_delivered_mail_be_delayed_or_sent() -> None:
    there = delivery(DELIVERED)
    assert move(there, SENT, LATER) is there
    assert delayed(there, LATER) is there


def test_the_wait_doubles_to_a_cap_and_is_spread() -> None:
    assert back_off(1, 0.999999) < BACK_OFF_FIRST
    assert back_off(1, 0) == BACK_OFF_FIRST / 2
    assert back_off(2, 0) == BACK_OFF_FIRST
    assert back_off(1000, 0) == BACK_OFF_MOST / 2
    assert back_off(0, 0) == BACK_OFF_FIRST / 2


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_longer_than_the_cap(attempts: int, chance: float) -> None:
    assert BACK_OFF_FIRST / 2 <= back_off(attempts, chance) <= BACK_OFF_MOST


@given(st.integers(0, 3_000_000_000_000), st.integers(1, 86_400))
def test_the_next_digest_is_soon_and_for_all_the_same(milliseconds: int, seconds: int) -> None:
    now, every = NOON + timedelta(milliseconds=milliseconds), timedelta(seconds=seconds)
    beat = next_digest(now, every)
    assert timedelta(0) < beat - now <= every
    assert beat.timestamp() % seconds == 0


# What follows for the report


def test_a_report_is_kept_for_thirty_days_after_the_last_recipient_took_it() -> None:
    record = report(delivery(DELIVERED, "clinic"), delivery(SENT))
    assert record.settled().expires_at is None
    taken = record.with_delivery(delivery(DELIVERED, changed_at=LATER))
    assert taken.expires_at == LATER + timedelta(days=30)


def test_a_report_is_kept_for_as_long_as_its_writer_was_told() -> None:
    assert report(delivery(DELIVERED), keep_days=90).settled().expires_at == NOON + timedelta(days=90)


@pytest.mark.parametrize("state", sorted(set(STATES) - {DELIVERED, WITHHELD}))
def test_a_report_that_somebody_lacks_is_never_deleted(state: str) -> None:
    assert report(delivery(state), delivery(DELIVERED, "clinic")).settled().expires_at is None


def test_what_its_writer_did_not_let_go_out_holds_no_deletion_up_unless_nobody_got_it() -> None:
    done = report(delivery(WITHHELD, "border"), delivery(DELIVERED, "clinic")).settled()
    assert (done.expires_at, done.watch_at) == (NOON + timedelta(days=30), None)
    lacking = report(delivery(WITHHELD, "border")).settled()
    assert lacking.reached_nobody()
    assert lacking.expires_at is None
    assert lacking.watch_at == NOON + timedelta(hours=8)
    assert lacking.acknowledged(LATER).expires_at == LATER + timedelta(days=30)


def test_a_bounce_after_delivery_takes_the_deletion_back() -> None:
    taken = report(delivery(DELIVERED)).settled()
    bounced = taken.with_delivery(refused(taken.deliveries[0], BOUNCED, LATER, has_fallback=False))
    assert taken.expires_at is not None
    assert bounced.expires_at is None
    assert bounced.watch_at == LATER + timedelta(hours=8)


def test_a_legal_hold_stops_the_deletion_and_its_end_brings_it_back() -> None:
    taken = report(delivery(DELIVERED)).settled()
    assert taken.on_legal_hold(True).expires_at is None
    assert taken.on_legal_hold(True).with_delivery(delivery(DELIVERED)).expires_at is None
    assert taken.on_legal_hold(True).on_legal_hold(False).expires_at == taken.expires_at


def test_an_answer_ends_the_alarm_and_starts_the_time_of_what_is_lost() -> None:
    lost = report(delivery(BOUNCED)).settled()
    acknowledged = lost.acknowledged(LATER)
    assert lost.watch_at is not None
    assert (acknowledged.watch_at, acknowledged.expires_at) == (None, LATER + timedelta(days=30))


@pytest.mark.parametrize("state", [*sorted(WAITING), DELAYED])
def test_an_answer_deletes_nothing_that_is_still_to_be_sent(state: str) -> None:
    acknowledged = report(delivery(state)).acknowledged(LATER)
    assert (acknowledged.watch_at, acknowledged.expires_at) == (None, None)


def test_a_new_loss_wants_a_new_answer() -> None:
    acknowledged = report(delivery(BOUNCED), delivery(DELIVERED, "clinic")).acknowledged(LATER)
    lost = acknowledged.with_delivery(delivery(COMPLAINED, "clinic", changed_at=LATER))
    assert lost.answered_at is None
    assert lost.watch_at is not None
    assert lost.expires_at is None


def test_the_watch_ends_when_everybody_has_it() -> None:
    record = report(delivery(SENT), delivery(SENT, "clinic"), watch_at=LATER)
    half = record.with_delivery(delivery(DELIVERED))
    assert half.watch_at == LATER
    assert half.with_delivery(delivery(DELIVERED, "clinic")).watch_at is None


def test_who_was_told_is_told_again_a_day_later() -> None:
    assert report(watch_at=NOON).watched(LATER).watch_at == LATER + timedelta(hours=24)


def test_a_case_handed_over_is_given_up_for_one_and_queued_for_the_other() -> None:
    record = report(delivery(BOUNCED)).handed_over("police", "clinic", LATER)
    states = {delivery.recipient: (delivery.state, delivery.next_try) for delivery in record.deliveries}
    assert states == {"police": (FAILED, None), "clinic": (QUEUED, LATER)}


def test_a_case_handed_to_somebody_who_has_it_is_sent_again() -> None:
    record = report(delivery(BOUNCED), delivery(SENT, "clinic")).handed_over("police", "clinic", LATER)
    clinic = record.delivery_to("clinic")
    assert clinic is not None
    assert (clinic.state, clinic.turn, len(record.deliveries)) == (QUEUED, 1, 2)


def test_a_person_may_send_again_what_waits_at_once_and_to_the_other_address() -> None:
    waiting = delivery(QUEUED, next_try=NOON + timedelta(hours=1), turn=0)
    assert sent_again(waiting, LATER).next_try == LATER
    assert sent_again(delivery(DELIVERED), LATER, FALLBACK).address == FALLBACK
    assert sent_again(delivery(BOUNCED, address=FALLBACK), LATER).address == FIRST


def test_a_report_past_a_cap_waits_for_the_digest_in_what_is_queued_for_whom_it_waits() -> None:
    record = report(delivery(), delivery(to="clinic"), delivery(DELIVERED, "court"))
    counted = record.counted_as("flood", ("police", "court"), LATER, NOON)
    assert [(delivery.state, delivery.next_try, delivery.digest) for delivery in counted.deliveries] == [
        (HELD, LATER, True),
        (QUEUED, NOON, False),
        (DELIVERED, None, False),
    ]
    assert (counted.held, counted.counted) == ("flood", True)
    assert record.counted_as("", (), LATER, NOON) == replace(record, counted=True)


def test_what_is_due_next_says_who_deals_with_it() -> None:
    held = delivery(HELD, digest=True)
    assert report(held).due_for_digest()
    assert not report(held, delivery(QUEUED, "clinic")).due_for_digest()  # the one at once first
    assert report(held, delivery(QUEUED, "clinic", next_try=LATER)).due_for_digest()
    assert not report(delivery(DELAYED, digest=True, next_try=NOON)).due_for_digest()
    assert not report(delivery(SENT), watch_at=NOON).due_for_digest()


def test_a_case_number_tells_reports_apart_and_leads_nowhere() -> None:
    numbers = {case_number(f"{report_id:032x}") for report_id in range(2000)}
    assert len(numbers) == 2000
    assert all(re.fullmatch(r"PL-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", number) for number in numbers)
