"""The simulation of a town's month: how its instances live, and what the schedule changes."""

from __future__ import annotations

import random

import pytest

from bench import warm
from bench.warm import BEAT, OPENING, REPORT, Call


def met(*seconds: float, kind: str = OPENING) -> int:
    """Return how many calls at these seconds meet a cold start."""
    return warm.simulate([Call(at, kind) for at in seconds], random.Random(1)).cold[kind]  # noqa: S311


def test_an_instance_is_used_again_while_it_is_idle_for_less_than_five_minutes() -> None:
    assert met(0, 299, 598) == 1


def test_an_instance_ends_after_fifteen_idle_minutes_at_the_latest() -> None:
    assert met(0, 903) == 2


def test_an_instance_has_one_call_at_a_time_and_starting_takes_its_time() -> None:
    assert met(0, 1) == 2
    assert met(0, 3, 3.01) == 2


def test_an_instance_ends_after_four_hours_however_busy_it_is() -> None:
    busy = [200.0 * number for number in range(100)]
    assert met(*busy) >= 2


@pytest.mark.parametrize("kind", [OPENING, REPORT, BEAT])
def test_every_kind_of_call_keeps_an_instance(kind: str) -> None:
    assert met(0, 240, 480, kind=kind) == 1


def test_a_month_is_the_same_for_the_same_seed_and_its_evenings_are_fuller_than_its_nights() -> None:
    first, again = (warm.calls(random.Random(7), 400, 0.0) for _ in range(2))  # noqa: S311
    assert first == again
    hours = [int(call.at % warm.DAY // 3600) for call in first if call.kind == OPENING]
    assert sum(18 <= hour < 22 for hour in hours) > 2 * sum(2 <= hour < 6 for hour in hours)


def test_with_the_schedule_fewer_than_two_in_a_hundred_openings_of_a_towns_month_meet_a_cold_start() -> None:
    with_it, without = (warm.months(warm.OPENINGS, every, seeds=(3,))[0] for every in (warm.EVERY, 0.0))
    assert with_it.share() < 0.02
    assert without.share() > 0.3
    assert with_it.calls[OPENING] == without.calls[OPENING] == warm.OPENINGS + 4 * warm.CROWD
