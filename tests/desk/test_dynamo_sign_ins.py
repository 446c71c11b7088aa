"""What a book of sign-ins promises: the fake and the adapter, on each DynamoDB we know, alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.desk.adapters.dynamo_sign_ins import DynamoSignIns, table_definition
from chalicelib.desk.people import (
    CODE,
    SIGNED_IN,
    KnownBrowser,
    Session,
    Step,
)
from chalicelib.desk.ports import SignInStore
from chalicelib.shared.aws.sdk import client
from tests.support.fake_sign_ins import FakeSignIns
from tests.support.fakes import NOON

WINDOW = timedelta(minutes=15)
_numbers = count(1)


def on(dynamodb: Any) -> DynamoSignIns:
    name = f"sign-ins-{next(_numbers)}"
    dynamodb.create_table(**table_definition(name))
    return DynamoSignIns(lambda: dynamodb, name)


@pytest.fixture(params=["fake", "moto", "dynalite"])
def store(request: pytest.FixtureRequest) -> SignInStore:
    if request.param == "fake":
        return FakeSignIns()
    if request.param == "moto":
        request.getfixturevalue("aws")
        return on(client("dynamodb"))
    return on(request.getfixturevalue("dynalite_client"))


@pytest.fixture(params=["fake", "dynalite"])
def busy_store(request: pytest.FixtureRequest) -> SignInStore:
    """One that many threads may use: moto's own conditional writes are not one step."""
    return FakeSignIns() if request.param == "fake" else on(request.getfixturevalue("dynalite_client"))


@pytest.mark.parametrize("after", [timedelta(0), WINDOW, WINDOW + timedelta(hours=3)])
def test_twenty_tries_at_once_are_twenty_also_where_a_window_ends(
    busy_store: SignInStore, after: timedelta
) -> None:
    store = busy_store
    before = [store.count_try("password ana", NOON, WINDOW) for _ in range(4)]
    assert before == [1, 2, 3, 4]
    already = 4 if after < WINDOW else 0
    with ThreadPoolExecutor(20) as crowd:
        counts = list(crowd.map(lambda _: store.count_try("password ana", NOON + after, WINDOW), range(20)))
    assert sorted(counts) == list(range(already + 1, already + 21))


def test_a_window_begins_with_its_first_try_and_is_not_drawn_out(store: SignInStore) -> None:
    assert store.count_try("x", NOON, WINDOW) == 1
    assert store.count_try("x", NOON + timedelta(minutes=14), WINDOW) == 2
    assert store.count_try("x", NOON + timedelta(minutes=15), WINDOW) == 1
    assert store.count_try("x", NOON + timedelta(minutes=29), WINDOW) == 2


def test_the_first_tries_draw_a_window_out_and_refused_ones_do_not(store: SignInStore) -> None:
    minutes = [0, 14, 28, 30, 40, 42, 43]
    counts = [store.count_try("x", NOON + timedelta(minutes=minute), WINDOW, 3) for minute in minutes]
    assert counts == [1, 2, 3, 4, 5, 6, 1]


def test_a_browser_is_known_until_its_person_is_forgotten(store: SignInStore) -> None:
    ana = KnownBrowser("ana@desk.example", NOON)
    store.keep_browser("one", ana)
    store.keep_browser("two", KnownBrowser("ben@desk.example", NOON))
    assert (store.browser("one", NOON), store.browser("other", NOON)) == (ana, None)
    store.forget_browsers_of("ana@desk.example", NOON + timedelta(seconds=1))
    assert store.browser("one", NOON + timedelta(seconds=2)) is None
    assert store.browser("two", NOON + timedelta(seconds=2)) is not None
    store.keep_browser("new", KnownBrowser("ana@desk.example", NOON + timedelta(seconds=2)))
    assert store.browser("new", NOON + timedelta(seconds=3)) is not None
    assert store.browser("new", NOON + timedelta(days=181)) is None
    store.forget_browser("new")
    assert store.browser("new", NOON + timedelta(seconds=3)) is None


def test_a_first_password_is_known_by_its_address_until_its_end(store: SignInStore) -> None:
    store.keep_first_password("ana@desk.example", "abcd", NOON + timedelta(days=7))
    assert store.is_first_password("ana@desk.example", "abcd", NOON)
    assert not store.is_first_password("ana@desk.example", "abce", NOON)
    assert not store.is_first_password("ben@desk.example", "abcd", NOON)
    assert not store.is_first_password("ana@desk.example", "abcd", NOON + timedelta(days=7))
    store.keep_first_password("ana@desk.example", "wxyz", NOON + timedelta(days=7))
    assert not store.is_first_password("ana@desk.example", "abcd", NOON)
    store.forget_first_password("ana@desk.example")
    assert not store.is_first_password("ana@desk.example", "wxyz", NOON)


def test_what_is_forgotten_is_counted_anew_and_others_stay(store: SignInStore) -> None:
    for what in ("x", "y", "x"):
        store.count_try(what, NOON, WINDOW)
    store.forget_tries("x")
    assert (store.count_try("x", NOON, WINDOW), store.count_try("y", NOON, WINDOW)) == (1, 2)


def test_a_step_is_known_at_its_own_door_until_its_time_is_over(store: SignInStore) -> None:
    step = Step(CODE, "ana@desk.example", "thread", second_factor=True)
    store.keep_step("cookie", step, NOON + timedelta(minutes=10))
    assert store.step("cookie", NOON + timedelta(minutes=9, seconds=59)) == step
    assert store.step("another cookie", NOON) is None
    assert store.step("cookie", NOON + timedelta(minutes=10)) is None


def test_a_later_step_takes_the_place_of_the_one_before_until_it_is_forgotten(store: SignInStore) -> None:
    later = Step(SIGNED_IN, "ana@desk.example", "token")
    for step in (Step(CODE, "ana@desk.example", "thread"), later):
        store.keep_step("cookie", step, NOON + timedelta(minutes=10))
    assert store.step("cookie", NOON) == later
    store.forget_step("cookie")
    store.forget_step("cookie")
    assert store.step("cookie", NOON) is None


def test_a_session_is_known_by_its_token_until_its_end(store: SignInStore) -> None:
    hour = NOON + timedelta(hours=1)
    store.keep_session("token", Session("ana@desk.example", hour + timedelta(milliseconds=900)))
    assert store.session("token", hour - timedelta(seconds=1)) == Session("ana@desk.example", hour)
    assert store.session("another token", NOON) is None
    assert store.session("token", hour) is None


def test_a_session_that_was_ended_is_known_no_longer_and_others_stay(store: SignInStore) -> None:
    for token in ("one", "other"):
        store.keep_session(token, Session("ana@desk.example", NOON + timedelta(hours=1)))
    store.end_session("one")
    store.end_session("one")
    assert store.session("one", NOON) is None
    assert store.session("other", NOON) is not None


def test_a_browser_that_was_known_in_the_moment_of_forgetting_is_forgotten(store: SignInStore) -> None:
    store.keep_browser("one", KnownBrowser("ana@desk.example", NOON))
    store.forget_browsers_of("ana@desk.example", NOON)
    assert store.browser("one", NOON) is None
