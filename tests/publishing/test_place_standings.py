"""How places stand, worst first: the rule alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

from chalicelib.publishing.place_standings import PlaceStanding, order, standings
from chalicelib.reporting.cases import (
    BOUNCED,
    DELAYED,
    DELIVERED,
    HELD,
    QUEUED,
    SENT,
    WATCH_AFTER,
    WITHHELD,
    Delivery,
    SealedReport,
)
from tests.support.fakes import NOON


def case(*states: str, place: str = "town", hours: int = 0, **more: object) -> SealedReport:
    copies = tuple(Delivery(f"office-{n}", state, NOON) for n, state in enumerate(states))
    taken = NOON - timedelta(hours=hours)
    return replace(SealedReport("0" * 32, b"", b"", place, taken, copies), **more)  # type: ignore[arg-type]


def of_town(*cases: SealedReport) -> tuple[int, int, int]:
    [row] = standings({"town": ("Town", "County")}, cases, {}, {"town": 1}, NOON)
    return row.nobody, row.failing, row.held


def test_each_thing_that_waits_counts_for_more_than_all_that_come_after_it() -> None:
    worst_first = [
        PlaceStanding("a", "Aa", "", nobody=2, offices=1),
        PlaceStanding("b", "Bb", "", nobody=1, failing=9, offices=1),
        PlaceStanding("c", "Cc", "", failing=1, held=1, offices=1),
        PlaceStanding("d", "Dd", "", failing=1, overdue=99, offices=1),
        PlaceStanding("e", "Ee", "", held=7, offices=1),
        PlaceStanding("f", "Ff", "", overdue=3),
        PlaceStanding("g", "Gg", "", overdue=3, offices=1),
        PlaceStanding("h", "Zz", "", offices=0),
        PlaceStanding("i", "Aa", "", offices=1),
        PlaceStanding("j", "bb", "", offices=9),
    ]
    assert sorted(worst_first[5:] + worst_first[:5], key=order) == worst_first
    for some in permutations(worst_first[:5]):
        assert sorted(some, key=order) == worst_first[:5]
    assert [row.amiss for row in worst_first] == [True] * 8 + [False] * 2


def test_a_report_that_is_on_its_way_to_an_office_is_nothing_amiss_for_eight_hours() -> None:
    assert of_town(case(SENT), case(QUEUED)) == (0, 0, 0)
    late = int(WATCH_AFTER / timedelta(hours=1))
    assert of_town(case(SENT, hours=late)) == (1, 0, 0)
    assert of_town(case(SENT, hours=late - 1)) == (0, 0, 0)


def test_what_is_given_up_has_nobody_at_once_unless_another_office_has_it_or_somebody_answered() -> None:
    assert of_town(case(BOUNCED)) == (1, 1, 0)
    assert of_town(case(BOUNCED, WITHHELD)) == (1, 1, 0)
    assert of_town(case(BOUNCED, QUEUED)) == (0, 1, 0)
    assert of_town(case(BOUNCED, DELIVERED)) == (0, 1, 0)
    assert of_town(case(BOUNCED, answered_at=NOON)) == (0, 0, 0)


def test_a_mail_fails_while_it_is_late_or_tried_again_and_a_flood_holds_what_a_cap_held() -> None:
    assert of_town(case(DELAYED)) == (0, 1, 0)
    again = case(QUEUED)
    assert of_town(replace(again, deliveries=(replace(again.deliveries[0], attempts=2),))) == (0, 1, 0)
    assert of_town(case(HELD, held="flood"), case(HELD, held="copy"), case(HELD)) == (0, 0, 2)


def test_every_place_has_a_row_and_so_has_a_case_of_one_that_is_gone() -> None:
    names = {"town": ("Town", "County"), "county": ("County", "State")}
    rows = standings(names, [case(BOUNCED, place="gone")], {"town": 2}, {"town": 1, "county": 1}, NOON)
    assert [(row.slug, row.nobody, row.overdue) for row in rows] == [
        ("gone", 1, 0),
        ("town", 0, 2),
        ("county", 0, 0),
    ]
