"""Lists of cases a page at a time: pure, over a fake store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.delivery.case_lists import CaseLists, Position, read_position
from chalicelib.reporting.cases import BOUNCED, DELIVERED, Delivery, SealedReport
from tests.support.fake_cases import FakeCases
from tests.support.fakes import NOON, FakeStore, FixedClock


def case(
    number: int, place: str = "here", state: str = DELIVERED, minutes: int | None = None
) -> SealedReport:
    taken = NOON - timedelta(minutes=number if minutes is None else minutes)
    return SealedReport(f"{number:032x}", b"", b"", place, taken, (Delivery("police", state, NOON),))


def lists(*cases: SealedReport) -> CaseLists:
    store = FakeStore()
    for one in cases:
        store.add(one)
    return CaseLists(FakeCases(store), FixedClock(NOON))


def read(of: CaseLists, places: list[str], most: int) -> list[list[str]]:
    pages, after = [], None
    while True:
        page = of.newest(places, after, most)
        pages.append([one.id for one in page.cases])
        if page.rest is None:
            return pages
        after = read_position(str(page.rest))
        assert after == page.rest


def test_pages_hold_each_case_of_the_places_once_newest_first() -> None:
    cases = [case(n, ("here", "there", "elsewhere")[n % 3], (DELIVERED, BOUNCED)[n % 2]) for n in range(30)]
    pages = read(lists(*cases), ["here", "there"], 7)
    wanted = [one.id for one in cases if one.place != "elsewhere"]
    assert [id_ for page in pages for id_ in page] == wanted
    assert [len(page) for page in pages] == [7, 7, 6]


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_cases_of_one_moment_are_parted_by_pages_and_none_is_lost_or_shown_twice(most: int) -> None:
    cases = [case(number, "here", minutes=number // 4) for number in range(11)]
    shown = [id_ for page in read(lists(*cases), ["here"], most) for id_ in page]
    assert sorted(shown) == sorted(one.id for one in cases)
    assert len(shown) == len(set(shown))


def test_what_is_open_comes_longest_waiting_first_as_far_as_it_is_read() -> None:
    cases = [case(n, "here" if n % 2 else "there", BOUNCED) for n in range(6)] + [case(9, "here")]
    of = lists(*cases)
    assert [one.id for one in of.open().cases] == [one.id for one in cases[5::-1]]
    assert not of.open().more
    some = of.open(lambda place: place == "here", most=4)
    assert ([one.id for one in some.cases], some.more) == ([cases[5].id, cases[3].id], True)


@pytest.mark.parametrize("text", ["", "x", "-", "1", "1-", "-1", "1-x", "9" * 20 + "-1", "٣-١"])
def test_what_is_no_position_is_the_start(text: str) -> None:
    assert read_position(text) is None


def test_a_position_says_when_and_how_many_and_nothing_else() -> None:
    position = Position(NOON, 3)
    assert str(position) == f"{int(NOON.timestamp() * 1000)}-3"
    assert replace(position, shown=4) != position
