"""Tries at the door are counted one by one, on each DynamoDB we know."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.desk.adapters.dynamo_sign_ins import DynamoDoor, table_definition
from chalicelib.desk.people import KnownBrowser
from tests.support.fakes import NOON

WINDOW = timedelta(minutes=15)
_numbers = count(1)


@pytest.fixture
def door(dynamodb: Any) -> DynamoDoor:
    name = f"door-{next(_numbers)}"
    dynamodb.create_table(**table_definition(name))
    return DynamoDoor(lambda: dynamodb, name)


# On dynalite alone: moto's own conditional writes are not one step.
@pytest.mark.parametrize("dynamodb", ["dynalite"], indirect=True)
@pytest.mark.parametrize("after", [timedelta(0), WINDOW, WINDOW + timedelta(hours=3)])
def test_twenty_tries_at_once_are_twenty_also_where_a_window_ends(door: DynamoDoor, after: timedelta) -> None:
    before = [door.count_try("password ana", NOON, WINDOW) for _ in range(4)]
    assert before == [1, 2, 3, 4]
    already = 4 if after < WINDOW else 0
    with ThreadPoolExecutor(20) as crowd:
        counts = list(crowd.map(lambda _: door.count_try("password ana", NOON + after, WINDOW), range(20)))
    assert sorted(counts) == list(range(already + 1, already + 21))


def test_a_window_begins_with_its_first_try_and_is_not_drawn_out(door: DynamoDoor) -> None:
    assert door.count_try("x", NOON, WINDOW) == 1
    assert door.count_try("x", NOON + timedelta(minutes=14), WINDOW) == 2
    assert door.count_try("x", NOON + timedelta(minutes=15), WINDOW) == 1
    assert door.count_try("x", NOON + timedelta(minutes=29), WINDOW) == 2


def test_the_first_tries_draw_a_window_out_and_refused_ones_do_not(door: DynamoDoor) -> None:
    minutes = [0, 14, 28, 30, 40, 42, 43]
    counts = [door.count_try("x", NOON + timedelta(minutes=one), WINDOW, 3) for one in minutes]
    assert counts == [1, 2, 3, 4, 5, 6, 1]


def test_a_browser_is_known_until_its_person_is_forgotten(door: DynamoDoor) -> None:
    ana = KnownBrowser("ana@desk.example", NOON)
    door.keep_browser("one", ana)
    door.keep_browser("two", KnownBrowser("ben@desk.example", NOON))
    assert (door.browser("one", NOON), door.browser("other", NOON)) == (ana, None)
    door.forget_browsers_of("ana@desk.example", NOON + timedelta(seconds=1))
    assert door.browser("one", NOON + timedelta(seconds=2)) is None
    assert door.browser("two", NOON + timedelta(seconds=2)) is not None
    door.keep_browser("new", KnownBrowser("ana@desk.example", NOON + timedelta(seconds=2)))
    assert door.browser("new", NOON + timedelta(seconds=3)) is not None
    assert door.browser("new", NOON + timedelta(days=181)) is None
    door.forget_browser("new")
    assert door.browser("new", NOON + timedelta(seconds=3)) is None


def test_a_first_password_is_known_by_its_address_until_its_end(door: DynamoDoor) -> None:
    door.keep_first_password("ana@desk.example", "abcd", NOON + timedelta(days=7))
    assert door.is_first_password("ana@desk.example", "abcd", NOON)
    assert not door.is_first_password("ana@desk.example", "abce", NOON)
    assert not door.is_first_password("ben@desk.example", "abcd", NOON)
    assert not door.is_first_password("ana@desk.example", "abcd", NOON + timedelta(days=7))
    door.keep_first_password("ana@desk.example", "wxyz", NOON + timedelta(days=7))
    assert not door.is_first_password("ana@desk.example", "abcd", NOON)
    door.forget_first_password("ana@desk.example")
    assert not door.is_first_password("ana@desk.example", "wxyz", NOON)


def test_what_is_forgotten_is_counted_anew_and_others_stay(door: DynamoDoor) -> None:
    for what in ("x", "y", "x"):
        door.count_try(what, NOON, WINDOW)
    door.forget_tries("x")
    assert (door.count_try("x", NOON, WINDOW), door.count_try("y", NOON, WINDOW)) == (1, 2)
