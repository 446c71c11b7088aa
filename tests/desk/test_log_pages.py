"""Pages of a long log: pure, over 20,000 lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.desk.audit import BEGUN, DONE
from chalicelib.desk.grants import SITE
from chalicelib.desk.log_pages import MOST_READ, ON_A_PAGE, is_position, page_of
from chalicelib.desk.people import EDITOR, Person
from chalicelib.desk.ports import AuditEntry
from chalicelib.desk.web.audit_log import LogScreens
from chalicelib.desk.web.guard import AdminRequest
from chalicelib.desk.web.screens import Screen
from tests.support.fake_sign_ins import FakeAudit
from tests.support.fakes import NOON, FixedClock

MONTH = f"{NOON:%Y-%m}"


class CountedAudit(FakeAudit):
    """Counts the lines that were taken."""

    read = 0

    def lines(
        self, month: str, position: str = "", newest_first: bool = True
    ) -> Iterator[tuple[str, AuditEntry]]:
        for line in super().lines(month, position, newest_first):
            self.read += 1
            yield line


def line(number: int, outcome: str = DONE, deed: str = "", who: str = "") -> AuditEntry:
    at = NOON + timedelta(milliseconds=number)
    return AuditEntry(
        at,
        who or f"clerk-{number % 500}@town.example",
        "editor",
        "save",
        str(number),
        "",
        outcome=outcome,
        deed=deed,
    )


@pytest.fixture(scope="module")
def long_log() -> CountedAudit:
    log = CountedAudit()
    for number in range(20_000):
        log.add(line(number))
    return log


def test_a_page_reads_a_page_and_the_next_goes_on_from_there(long_log: CountedAudit) -> None:
    long_log.read = 0
    first = page_of(long_log, MONTH)
    second = page_of(long_log, MONTH, first.rest)
    assert [entry.about for entry in first.entries] == [str(n) for n in range(19_999, 19_949, -1)]
    assert [entry.about for entry in second.entries] == [str(n) for n in range(19_949, 19_899, -1)]
    assert long_log.read <= 2 * (ON_A_PAGE + 1)


def test_a_search_looks_through_so_many_and_says_how_far_it_came(long_log: CountedAudit) -> None:
    long_log.read = 0

    def of_one(entry: AuditEntry) -> bool:
        return entry.who.startswith("clerk-7@")

    page = page_of(long_log, MONTH, "", of_one)
    assert [entry.about for entry in page.entries] == ["19507", "19007"]
    assert page.looked_back_to == NOON + timedelta(milliseconds=20_000 - MOST_READ)
    assert long_log.read == MOST_READ
    further = page_of(long_log, MONTH, page.rest, of_one)
    assert [entry.about for entry in further.entries] == ["18507", "18007"]


def test_all_pages_hold_each_deed_once_also_where_a_page_ends_between_its_two_lines() -> None:
    log = FakeAudit()
    for number in range(0, 300, 2):
        log.add(line(number, BEGUN, f"{number:08x}"))
        log.add(line(number + 1, DONE, f"{number:08x}"))
    log.add(line(301))  # so that each page ends within a deed
    log.add(line(302, BEGUN, "cut off"))
    shown, position = [], ""
    while True:
        page = page_of(log, MONTH, position)
        shown += page.entries
        position = page.rest
        if not position:
            break
    assert [entry.deed for entry in shown if entry.outcome == BEGUN] == ["cut off"]
    ended = [entry.deed for entry in shown if entry.outcome == DONE and entry.deed]
    assert len(ended) == len(set(ended)) == 150


def test_a_month_without_lines_is_an_empty_page() -> None:
    assert page_of(FakeAudit(), MONTH) == page_of(FakeAudit(), "2020-01")
    assert page_of(FakeAudit(), MONTH).rest == ""


def test_a_position_holds_a_moment_and_a_number_and_nothing_that_somebody_wrote() -> None:
    log = FakeAudit()
    for number in range(60):
        log.add(line(number))
    assert is_position(page_of(log, MONTH).rest)
    assert is_position("2026-11-28T10:11:12.123456Z 0badcafe")
    assert not is_position("Maria lives at")
    assert not is_position("2" * 51)


def test_a_roll_back_of_a_place_is_read_by_its_people_and_one_of_the_site_is_not() -> None:
    log, shown = FakeAudit(), list[str]()
    for number, about in enumerate(("town, to release 1", "to release 1", "state, to release 1", "town, us")):
        log.add(replace(line(number), about=about))

    def show(request: AdminRequest, template: str, status: int = 200, /, **names: Any) -> Screen:
        shown[:] = [entry.about for entry in names["entries"]]
        return Screen("", status)

    def read_by(places: Sequence[str]) -> list[str]:
        lines = LogScreens(
            show, log, FixedClock(NOON), lambda: str, lambda who: places.__contains__, lambda: known
        )
        person = Person("x@desk.example", EDITOR)
        lines.month(AdminRequest("/admin/log", False, {}, "", "", person=person))
        return shown

    def known(word: str) -> Sequence[str]:
        return [word] if word in ("town", "state", "us") else []

    assert read_by(["town"]) == ["town, to release 1"]
    assert len(read_by([SITE])) == 4
