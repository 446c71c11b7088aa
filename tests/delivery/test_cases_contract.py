"""What the desk may know of deliveries, and what a stage knows of its first one: fakes and adapters alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.delivery.adapters.delivery_marks import DeliveryMarks
from chalicelib.delivery.adapters.dynamo_cases import DynamoCases
from chalicelib.delivery.adapters.dynamo_month_sums import DynamoMonthSums
from chalicelib.delivery.ports import Cases
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports, table_definition
from chalicelib.reporting.cases import (
    DELIVERED,
    OPEN,
    QUEUED,
    SENT,
    Delivery,
    SealedReport,
    move,
)
from chalicelib.reporting.ports import ReportStore
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StaleRecord
from tests.support.fake_cases import FakeCases, FakeStageMarks
from tests.support.fakes import NOON, FakeStore

DAY = timedelta(days=1)
_numbers = count(1)


@dataclass
class Stores:
    """Reports, and the same as the desk may know them."""

    reports: ReportStore
    cases: Cases


@pytest.fixture(params=["fake", "moto"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        store = FakeStore()
        return Stores(store, FakeCases(store))
    request.getfixturevalue("aws")
    dynamodb, name = client("dynamodb"), f"cases-{next(_numbers)}"
    dynamodb.create_table(**table_definition(name))
    return Stores(DynamoReports(lambda: dynamodb, name), DynamoCases(lambda: dynamodb, name))


@pytest.fixture(params=["fake", "moto"])
def marks(request: pytest.FixtureRequest) -> FakeStageMarks | DeliveryMarks:
    """The marks of a stage whose table was made a moment ago."""
    if request.param == "fake":
        return FakeStageMarks(made=datetime.now(UTC))
    request.getfixturevalue("aws")
    dynamodb, name = client("dynamodb"), f"marks-{next(_numbers)}"
    dynamodb.create_table(**table_definition(name))
    return DeliveryMarks(lambda: dynamodb, name)


def report(number: int = 1) -> SealedReport:
    return SealedReport(
        id=f"{number:04x}{number:028x}",
        sealed=b"the words",
        reporter_key=bytes(range(32)),
        place="los-banos-ca",
        taken_at=NOON,
        deliveries=(Delivery("police", QUEUED, NOON, NOON), Delivery("clinic", QUEUED, NOON, NOON)),
    )


def bare(case: SealedReport) -> SealedReport:
    return replace(case, sealed=b"", reporter_key=b"")


def test_a_case_is_found_by_its_number_and_without_its_words(stores: Stores) -> None:
    stores.reports.add(report(1))
    stores.reports.add(report(2))
    assert stores.cases.find(report(1).case_number, NOON) == bare(report(1))
    assert stores.cases.find("PL-0000-0000", NOON) is None


def test_every_case_is_listed_without_its_words(stores: Stores) -> None:
    for number in (1, 2, 3):
        stores.reports.add(report(number))
    listed = sorted(stores.cases.all(NOON), key=lambda case: case.id)
    assert listed == [bare(report(number)) for number in (1, 2, 3)]


def test_a_case_whose_time_is_over_is_neither_found_nor_listed(stores: Stores) -> None:
    stores.reports.add(replace(report(), expires_at=NOON + DAY))
    assert stores.cases.find(report().case_number, NOON + DAY - timedelta(seconds=1)) is not None
    assert stores.cases.find(report().case_number, NOON + DAY) is None
    assert list(stores.cases.all(NOON + DAY)) == []


def test_a_changed_case_keeps_its_words_and_takes_the_next_version(stores: Stores) -> None:
    stores.reports.add(report())
    case = stores.cases.find(report().case_number, NOON)
    assert case is not None
    changed = case.with_delivery(move(case.deliveries[0], DELIVERED, NOON + DAY, message_id="m-1"))
    stores.cases.change(changed)
    assert stores.cases.find(report().case_number, NOON) == replace(changed, version=1)
    stored = stores.reports.get(report().id, NOON)
    assert stored == replace(changed, version=1, sealed=b"the words", reporter_key=bytes(range(32)))


def test_a_legal_hold_an_answer_and_an_expiry_are_written_and_taken_back(stores: Stores) -> None:
    stores.reports.add(report())
    for changed in (
        replace(bare(report()), legal_hold=True, answered_at=NOON, watch_at=NOON + DAY),
        replace(bare(report()), version=1, expires_at=NOON + DAY),
    ):
        stores.cases.change(changed)
        assert stores.cases.find(report().case_number, NOON) == replace(changed, version=changed.version + 1)


def test_a_case_that_somebody_changed_meanwhile_is_not_overwritten(stores: Stores) -> None:
    stores.reports.add(report())
    case = stores.cases.find(report().case_number, NOON)
    assert case is not None
    stores.reports.claim(case.id, NOON, NOON + timedelta(minutes=5))
    with pytest.raises(StaleRecord):
        stores.cases.change(case.on_legal_hold(True))
    now = stores.cases.find(report().case_number, NOON)
    assert now is not None
    assert not now.legal_hold


def test_a_case_that_is_gone_is_not_brought_back(stores: Stores) -> None:
    with pytest.raises(StaleRecord):
        stores.cases.change(bare(report()))
    assert list(stores.cases.all(NOON)) == []


def test_a_stage_that_is_not_watched_knows_nothing(marks: FakeStageMarks | DeliveryMarks) -> None:
    assert (marks.watched_since(), marks.delivered_at(), marks.made_at()) == (None, None, None)


def test_a_stage_knows_since_when_it_is_watched_and_when_its_table_was_made(
    marks: FakeStageMarks | DeliveryMarks,
) -> None:
    marks.begin_to_watch(NOON)
    marks.begin_to_watch(NOON + DAY)
    made = marks.made_at()
    assert marks.watched_since() == NOON
    assert made is not None
    assert abs(made - datetime.now(UTC)) < timedelta(minutes=1)
    assert marks.delivered_at() is None


def test_only_the_first_delivered_report_is_noted(marks: FakeStageMarks | DeliveryMarks) -> None:
    marks.record_delivered(NOON)
    marks.record_delivered(NOON + DAY)
    assert marks.delivered_at() == NOON


def test_a_case_lies_in_the_list_of_what_is_open_until_it_is_done_and_then_in_its_place_s(
    stores: Stores,
) -> None:
    stores.reports.add(report())
    assert list(stores.cases.listed(OPEN, NOON)) == [bare(report())]
    assert list(stores.cases.listed("los-banos-ca", NOON)) == []
    case = stores.cases.find(report().case_number, NOON)
    assert case is not None
    for delivery in case.deliveries:
        sent = move(delivery, SENT, NOON, message_id="m")
        case = case.with_delivery(move(sent, DELIVERED, NOON + DAY))
    stores.cases.change(case)
    assert list(stores.cases.listed(OPEN, NOON)) == []
    assert [one.id for one in stores.cases.listed("los-banos-ca", NOON)] == [case.id]
    assert list(stores.cases.listed("elsewhere", NOON)) == []


def test_a_list_is_read_by_time_from_either_end_and_from_a_moment_on(stores: Stores) -> None:
    hours = {number: replace(report(number), taken_at=NOON + timedelta(hours=number)) for number in range(7)}
    for case in hours.values():
        stores.reports.add(case)

    def ids(**how: Any) -> list[str]:
        return [case.id for case in stores.cases.listed(OPEN, NOON, chunk=3, **how)]

    newest_first = [hours[number].id for number in reversed(range(7))]
    assert ids() == newest_first
    assert ids(oldest_first=True) == newest_first[::-1]
    assert ids(upto=NOON + timedelta(hours=2)) == newest_first[-3:]


def test_marks_of_the_stage_and_month_sums_lie_in_no_list(aws: None) -> None:
    """Their dates are of another type, which an index of that attribute would refuse to store."""
    dynamodb, name = client("dynamodb"), f"cases-{next(_numbers)}"
    dynamodb.create_table(**table_definition(name))
    DeliveryMarks(lambda: dynamodb, name).begin_to_watch(NOON)
    DynamoMonthSums(lambda: dynamodb, name).begin(NOON)
    keys = {
        one["AttributeName"]
        for index in table_definition(name)["GlobalSecondaryIndexes"]
        for one in index["KeySchema"]
    }
    [*stored] = dynamodb.scan(TableName=name)["Items"]
    assert len(stored) == 2
    assert not any(keys & item.keys() - {"case_number"} for item in stored)
