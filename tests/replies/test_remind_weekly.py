"""One mail a week to an office that said that it writes back, and to no other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.replies.ports import WEEKLY
from chalicelib.replies.remind_weekly import NAMED_MOST, RemindWeekly
from chalicelib.reporting.cases import DELIVERED, SENT, Delivery, SealedReport
from chalicelib.shared.errors import StoreUnavailable
from tests.support.fake_replies import FakeInboxNotes
from tests.support.fakes import FakeRecipients, FakeStore, recipient

MONDAY = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
POLICE = replace(recipient("police"), answers=True)
CLINIC = recipient("clinic")


def report(
    number: int = 1, *to: str, days: float = 8, state: str = DELIVERED, replied: bool = False
) -> SealedReport:
    at = MONDAY - timedelta(days=days)
    copy = Delivery("", state, at, replied_at=at if replied else None)
    copies = tuple(replace(copy, recipient=one) for one in to or ("police", "clinic"))
    return SealedReport(f"{number:032x}", b"", b"", "town", at + timedelta(seconds=number), copies)


class Reminding:
    def __init__(self, *reports: SealedReport) -> None:
        self.reports = list(reports)
        self.surveys = 0
        self.notes, self.marks = FakeInboxNotes(), FakeStore()
        self.remind = RemindWeekly(self._survey, FakeRecipients(POLICE, CLINIC), self.notes, self.marks)

    def _survey(self, now: datetime) -> Iterable[SealedReport]:
        self.surveys += 1
        return self.reports


def test_an_office_that_answers_is_told_of_its_open_cases_oldest_first() -> None:
    reminding = Reminding(report(2), report(1, days=20))
    assert reminding.remind(MONDAY) == 1
    [note] = reminding.notes.notes
    assert (note.recipient, note.kind, note.day) == ("police", WEEKLY, "2026-11-30")
    assert note.about == (report(1).case_number, report(2).case_number)


@pytest.mark.parametrize(
    "quiet",
    [
        report(days=1),  # it came yesterday
        report(replied=True),
        report(state=SENT),
        report(1, "clinic"),  # that office said nothing of writing back
        replace(report(), id=f"{1:032x}.0123456789ab"),  # what a writer added
    ],
)
def test_what_is_new_replied_to_not_delivered_or_no_report_is_not_in_it(quiet: SealedReport) -> None:
    reminding = Reminding(quiet)
    assert reminding.remind(MONDAY) == 0
    assert reminding.notes.notes == []


def test_it_comes_once_a_week_whatever_comes_in_meanwhile() -> None:
    reminding = Reminding(report())
    for hours in range(6 * 24):
        if hours == 30:
            reminding.reports.append(report(2))
        reminding.remind(MONDAY + timedelta(hours=hours))
    assert len(reminding.notes.notes) == 1
    assert reminding.surveys == 1
    reminding.remind(MONDAY + timedelta(days=7))
    assert [note.day for note in reminding.notes.notes] == ["2026-11-30", "2026-12-07"]


def test_it_comes_on_monday_in_the_states_or_later_in_the_week() -> None:
    reminding = Reminding(report())
    assert reminding.remind(MONDAY - timedelta(hours=2)) == 0
    assert reminding.surveys == 0
    assert reminding.remind(MONDAY + timedelta(days=4)) == 1


def test_a_run_that_dies_in_the_middle_reminds_nobody_twice() -> None:
    reminding = Reminding(report())
    reminding.marks.fail_next("mark", None, StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        reminding.remind(MONDAY)
    reminding.reports.append(report(2))
    assert reminding.remind(MONDAY + timedelta(hours=1)) == 0
    assert len(reminding.notes.notes) == 1


def test_of_very_many_cases_the_oldest_are_named_and_the_others_counted() -> None:
    reminding = Reminding(*(report(number) for number in range(NAMED_MOST + 5)))
    reminding.remind(MONDAY)
    [note] = reminding.notes.notes
    assert len(note.about) == NAMED_MOST
    assert note.why == str(NAMED_MOST + 5)
