"""Statistical disclosure: a solver tries every world that looks the same, to learn a count under five."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import cache
from itertools import product

import pytest

from chalicelib.delivery.read_figures import MonthFigures
from chalicelib.delivery.shown_figures import EDGES, REPLY_EDGES, Band, Counts, Shown, show

UNDER_FIVE = frozenset(range(5))
PLACES = {"a": "A", "b": "B", "c": "C"}
World = tuple[int, ...]  # how many reports each town had in one month, or one town in each month


def seen(cells: dict[tuple[str, str, str], Counts], months: tuple[str, ...]) -> MonthFigures:
    serving = {place: {"sheriff"} for place in PLACES}
    return MonthFigures(
        months, PLACES, {"sheriff": "Sheriff"}, serving, {key: show(one) for key, one in cells.items()}
    )


def all_that_is_shown(figures: MonthFigures) -> Iterator[Hashable]:
    """Everything that any screen, picture or file tells: each cell, row, column and total, with its times."""
    for months in ([one] for one in figures.months), [figures.months]:
        for time in months:
            for places in [*([one] for one in PLACES), list(PLACES)]:
                for office in ("", "sheriff"):
                    shown = figures.of(list(time), places, office)
                    yield shown, shown.wait(0.5), shown.wait(0.95), shown.reply_wait(0.5)


_SIGHTS: dict[Hashable, int] = {}


def number_of(sight: Iterable[Hashable]) -> int:
    """Return a number for a sight, the same for the same: a solver compares it many thousand times."""
    return _SIGHTS.setdefault(tuple(sight), len(_SIGHTS))


def learned(
    worlds: Iterable[World], look: Callable[[World], Hashable]
) -> dict[Hashable, list[frozenset[int]]]:
    """Return for each sight the counts that are possible in each place."""
    possible: dict[Hashable, list[set[int]]] = defaultdict(list)
    for world in worlds:
        sets = possible[look(world)]
        sets.extend(set() for _ in range(len(world) - len(sets)))
        for known, number in zip(sets, world, strict=True):
            known.add(number)
    return {sight: [frozenset(one) for one in sets] for sight, sets in possible.items()}


def narrowed(found: dict[Hashable, list[frozenset[int]]]) -> list[frozenset[int]]:
    """Return what is known too well: part of what lies under five, but not all of it."""
    return [one for sets in found.values() for one in sets if one & UNDER_FIVE and not one >= UNDER_FIVE]


@cache
def towns(world: World) -> Hashable:
    cells = {
        ("2026-11", place, who): Counts(n, n)
        for place, n in zip(PLACES, world, strict=True)
        for who in ("", "sheriff")
    }
    return number_of(all_that_is_shown(seen(cells, ("2026-11",))))


@cache
def months(world: World) -> Hashable:
    names = tuple(f"2026-{number:02d}" for number in range(1, len(world) + 1))
    cells = {
        (name, "a", who): Counts(n, n)
        for name, n in zip(names, world, strict=True)
        for who in ("", "sheriff")
    }
    return number_of(all_that_is_shown(seen(cells, names)))


@cache
def measures(world: World) -> Hashable:
    reports, taken, held, failed = world
    counts = Counts(reports, min(taken, reports), held, failed)
    return number_of(all_that_is_shown(seen({("2026-11", "a", ""): counts}, ("2026-11",))))


@pytest.mark.parametrize("look", [towns, months])
def test_no_row_column_or_total_tells_a_count_under_five(look: Callable[[World], Hashable]) -> None:
    found = learned(product(range(7), repeat=3), look)
    assert len(found) == 8  # it does tell the steps
    assert narrowed(found) == []


def test_no_two_columns_tell_a_count_under_five() -> None:
    every = product(range(7), range(7), (0,), range(6))
    found = learned((world for world in every if world[1] <= world[0]), measures)
    failed = [sets[3] for sets in found.values()]
    assert all(one >= UNDER_FIVE for one in failed if one & UNDER_FIVE)
    # Not even how many of the reports were not taken: no difference is certain.
    apart: dict[Hashable, set[int]] = defaultdict(set)
    for reports, taken in product(range(10), repeat=2):
        if taken <= reports:
            apart[measures((reports, taken, 0, 0))].add(reports - taken)
    assert all(len(one) > 1 for one in apart.values())


def test_today_and_tomorrow_together_tell_no_more() -> None:
    days = list(product(range(10), repeat=2))
    grown: dict[Hashable, set[tuple[int, int]]] = defaultdict(set)
    for first, second in product(days, repeat=2):
        more = second[0] - first[0], second[1] - first[1]
        if min(more) >= 0:
            grown[towns((*first, 0)), towns((*second, 0))].add(more)
    for found in grown.values():  # what came in between is never certain, in either town
        assert all(len({more[town] for more in found}) >= 5 for town in (0, 1))


def test_how_fast_they_came_tells_no_wait_of_a_few() -> None:
    """However few of thirty were slow: under five of them look like none."""

    def look(slow: World) -> Hashable:
        counts = Counts(30, 30, slower=(slow[0],) + (0,) * (len(EDGES) - 1))
        return number_of(all_that_is_shown(seen({("2026-11", "a", ""): counts}, ("2026-11",))))

    found = learned(((slow,) for slow in range(31)), look)
    assert narrowed(found) == []


def test_replies_tell_neither_a_count_under_five_nor_how_many_copies_had_none() -> None:
    def look(world: World) -> Hashable:
        taken, replied, slow = world
        slower = (slow,) + (0,) * (len(REPLY_EDGES) - 1)
        counts = Counts(taken, taken, replied=replied, replied_slower=slower)
        return number_of(all_that_is_shown(seen({("2026-11", "a", ""): counts}, ("2026-11",))))

    worlds = [one for one in product(range(12), repeat=3) if one[2] <= one[1] <= one[0]]
    found = learned(worlds, look)
    slow = [sets[2] for sets in found.values()]
    assert all(one >= UNDER_FIVE & {*range(max(one) + 1)} for one in slow if one & UNDER_FIVE)
    apart: dict[Hashable, set[int]] = defaultdict(set)
    for world in worlds:
        apart[look(world)].add(world[0] - world[1])
    assert all(len(one) > 1 for one in apart.values())


def test_the_solver_finds_totals_that_are_made_of_what_is_not_shown() -> None:
    """Against this test itself: exact totals beside suppressed cells are what it must find."""

    def with_exact_total(world: World) -> Hashable:
        return towns(world), sum(world)

    def with_total_in_steps(world: World) -> Hashable:
        return towns(world), show(Counts(sum(world))).reports

    for careless in (with_exact_total, with_total_in_steps):
        assert narrowed(learned(product(range(6), repeat=3), careless))


# What is said


def test_counts_are_shown_in_steps_of_five() -> None:
    assert [show(Counts(n)).reports.text for n in (0, 4, 5, 9, 10)] == [
        "<5",
        "<5",
        "5 to 9",
        "5 to 9",
        "10 to 14",
    ]
    assert (show(Counts(23)).reports + show(Counts(4)).reports).text == "at least 20"
    assert (show(Counts(3)).reports + show(Counts(4)).reports).text == "<5 each"
    assert Band().text == "<5"


@pytest.mark.parametrize(
    ("reports", "slower", "half", "most"),
    [
        (4, (0,), None, None),
        (14, (2,), "up to 5 min", None),
        (14, (9, 9), "up to 30 min", "over 15 min"),
        (90, (4,), "up to 5 min", "up to 5 min"),
        (90, (60, 50, 40, 7), "15 min to 30 min", "1 h to 2 h"),
        (30, (25,) * 8, "over 1 day", "over 1 day"),
    ],
)
def test_how_fast_they_came_is_said_where_enough_say_so(
    reports: int, slower: tuple[int, ...], half: str | None, most: str | None
) -> None:
    counts = Counts(reports, reports, slower=slower + (0,) * (len(EDGES) - len(slower)))
    shown: Shown = show(counts)
    said = [wait.text if wait else None for wait in (shown.wait(0.5), shown.wait(0.95))]
    assert said == [half, most]
