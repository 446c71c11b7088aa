"""Monthly sums: each case once, whatever dies or runs beside; nothing exact outlives a month's last case."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

import pytest

from chalicelib.delivery.adapters.dynamo_month_sums import DynamoMonthSums
from chalicelib.delivery.month_tallies import (
    BEFORE,
    MARKS_STAY,
    TOWN,
    MonthSum,
    is_partial,
    mark_of,
    month_of,
    tallies_of,
)
from chalicelib.delivery.ports import MonthSums
from chalicelib.delivery.read_figures import MonthFigures, ReadFigures, months_to
from chalicelib.delivery.shown_figures import EDGES, SHOWN_COUNTS, Counts, show
from chalicelib.delivery.sum_months import SumMonths
from chalicelib.delivery.sweep import Sweep
from chalicelib.reporting.adapters.dynamo_reports import table_definition
from chalicelib.reporting.cases import (
    BOUNCED,
    DELIVERED,
    FAILED,
    HELD,
    QUEUED,
    SENT,
    Delivery,
    SealedReport,
    move,
)
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StaleRecord, StoreUnavailable
from tests.support.fake_month_sums import FakeMonthSums
from tests.support.fakes import NOON, FakeAlarms, FakeRecipients, FakeStore, FixedClock, recipient

PACIFIC = "America/Los_Angeles"
_numbers = count(1)


def report(number: int, taken_at: datetime = NOON, minutes: int = 2, place: str = "town") -> SealedReport:
    """A report that the police took after some minutes."""
    sent = move(Delivery("police", QUEUED, taken_at, taken_at), SENT, taken_at)
    done = move(sent, DELIVERED, taken_at + timedelta(minutes=minutes))
    case = SealedReport(f"{number:032x}", b"words", b"key", place, taken_at, (done,))
    return case.settled()


class _Gauges:
    def put(self, figures: object) -> None:
        pass


@dataclass
class Bench:
    """A store, its sums, a sweep over both, and the figures that come of them."""

    store: FakeStore
    sums: FakeMonthSums
    clock: FixedClock
    alarms: FakeAlarms

    def sweep(self) -> int:
        sum_months = SumMonths(self.store.survey, self.sums, lambda _: PACIFIC)
        run = Sweep(self.store, self.alarms, _Gauges(), self.clock, sum_months=sum_months)
        return run(lambda: timedelta(minutes=4), self.clock.now())

    def figures(self) -> MonthFigures:
        read = ReadFigures(
            self.sums,
            self.store.survey,
            FakeRecipients(recipient("police")),
            self.clock,
            lambda _: PACIFIC,
            lambda: {"town": "Town"},
        )
        return read()

    def exact(self, month: str) -> int:
        """How many reports the sums and the cases know of, counted as the screen does."""
        one = self.sums.kept.get((month, "town"), MonthSum(month, "town"))
        live = [
            case
            for case in self.store.survey(self.clock.now())
            if mark_of(case) not in one.marks and month_of(case.taken_at, PACIFIC) == month
        ]
        return one.raw.get("", Counts()).reports + len(live)


@pytest.fixture
def bench() -> Bench:
    return Bench(FakeStore(), FakeMonthSums(), FixedClock(), FakeAlarms())


def test_what_a_writer_added_is_counted_with_its_report_and_not_beside_it(bench: Bench) -> None:
    bench.store.add(report(1))
    bench.store.add(replace(report(1), id=f"{1:032x}.0123456789ab"))
    alone = Bench(FakeStore(), FakeMonthSums(), FixedClock(), FakeAlarms())
    alone.store.add(report(1))
    assert bench.figures() == alone.figures()
    bench.clock.forward(days=28)
    bench.sweep()
    [counted] = bench.sums.kept.values()
    assert counted.raw[TOWN].reports == counted.raw["police"].reports == 1
    assert len(counted.marks) == 1


def test_each_case_is_counted_once_from_its_first_hour_until_long_after_it_is_gone(bench: Bench) -> None:
    for number in range(7):
        bench.store.add(report(number, NOON + timedelta(hours=number)))
    band = show(Counts(7)).reports
    for _ in range(36 * 4):
        bench.sweep()
        month = bench.figures().of(["2026-11"], ["town"])
        assert month.reports == band
        assert bench.exact("2026-11") in (7, 0)  # settled, at last
        bench.clock.forward(hours=6)
    assert bench.store.reports == {}
    settled = bench.sums.kept["2026-11", "town"]
    assert settled.raw == {}
    assert settled.marks == {}
    assert settled.settled == {
        "": show(Counts(7, 7)),
        "police": show(Counts(7, 7)),
    }


def test_a_month_with_one_report_leaves_no_more_than_one_with_four(bench: Bench) -> None:
    left = []
    for many in (1, 4):
        bench.store, bench.sums, bench.clock = FakeStore(), FakeMonthSums(), FixedClock()
        for number in range(many):
            bench.store.add(report(number, minutes=number * 400))
        bench.clock.forward(days=28)
        bench.sweep()
        bench.clock.forward(days=10)
        bench.sweep()
        bench.clock.forward(days=10)
        bench.sweep()
        one = bench.sums.kept["2026-11", "town"]
        left.append((one.raw, one.settled, one.marks))
    assert left[0] == left[1]
    assert left[0][0] == {}


@pytest.mark.parametrize("dies_at", ["all", "save", "answer of save", "survey", "delete"])
def test_a_sweep_that_dies_at_any_step_counts_nothing_twice_and_loses_nothing(
    bench: Bench, dies_at: str
) -> None:
    for number in range(6):
        bench.store.add(report(number, NOON + timedelta(days=number % 2)))
    for days in (27.5, 1, 2, 1, 1):
        bench.clock.forward(days=days)
        for port in (bench.store, bench.sums):
            port.fail_next(dies_at, StoreUnavailable("killed"))
        with suppress(StoreUnavailable):
            bench.sweep()
        for port in (bench.store, bench.sums):
            port.mend()
        assert bench.exact("2026-11") == 6
        bench.sweep()
        assert bench.exact("2026-11") == 6
    assert bench.store.reports == {}


def test_two_sweeps_side_by_side_count_each_case_once(bench: Bench) -> None:
    """The second runs whole between what the first read and what it writes, at every step of it."""
    for number in range(6):
        bench.store.add(report(number))
    bench.clock.forward(days=29)
    steps = {"survey": bench.store, "save": bench.sums}
    for name, port in steps.items():
        bench.sums.kept.clear()
        inner = [SumMonths(bench.store.survey, bench.sums, lambda _: PACIFIC)]
        real: Callable[..., object] = getattr(port, name)

        def beside(
            *given: object,
            real: Callable[..., object] = real,
            inner: list[SumMonths] = inner,
        ) -> object:
            if inner:
                inner.pop()(bench.clock.now())
            return real(*given)

        setattr(port, name, beside)
        SumMonths(bench.store.survey, bench.sums, lambda _: PACIFIC)(bench.clock.now())
        setattr(port, name, real)
        assert bench.sums.kept["2026-11", "town"].raw[""].reports == 6


def test_a_sweep_that_slept_on_old_reading_writes_nothing(bench: Bench) -> None:
    """It read the case before it was counted, deleted and forgotten, and wakes only then."""
    bench.store.add(report(1))
    old = list(bench.store.survey(NOON))
    bench.clock.forward(days=29)
    sums = FakeMonthSums()
    bench.sums = sums

    def asleep(_: datetime) -> list[SealedReport]:
        bench.sweep()
        bench.clock.forward(days=2)
        bench.sweep()
        bench.clock.forward(days=3)
        bench.sweep()
        return old

    SumMonths(asleep, sums, lambda _: PACIFIC)(NOON + timedelta(days=29))
    one = sums.kept["2026-11", "town"]
    assert bench.store.reports == {}
    assert (one.raw, one.marks) == ({}, {})
    assert one.settled == {"": show(Counts(1, 1)), "police": show(Counts(1, 1))}


def test_what_changes_after_it_was_counted_is_not_counted_again(bench: Bench) -> None:
    """A bounce comes two days before the end: the case stays, is acknowledged, and goes much later."""
    case = report(1)
    bench.store.add(case)
    bench.clock.forward(days=28)
    bench.sweep()
    now = bench.clock.now()
    stored = bench.store.reports[case.id]
    bench.store.save(stored.with_delivery(move(stored.deliveries[0], BOUNCED, now)))
    for _ in range(10):
        bench.clock.forward(days=10)
        bench.sweep()
        assert bench.exact("2026-11") == 1
    bench.store.save(bench.store.reports[case.id].acknowledged(bench.clock.now()))
    bench.clock.forward(days=29)
    bench.sweep()
    assert bench.sums.kept["2026-11", "town"].raw[""].reports == 1
    bench.clock.forward(days=2)
    bench.sweep()
    assert bench.store.reports == {}


def test_a_case_whose_end_has_come_waits_a_day_for_its_sum_and_no_longer(bench: Bench) -> None:
    bench.store.add(report(1))
    bench.clock.forward(days=30, minutes=3)
    bench.sums.fail(StaleRecord("summed by somebody else"), "save")
    bench.sweep()
    assert len(bench.store.reports) == 1
    bench.clock.forward(days=1)
    bench.sweep()
    assert bench.store.reports == {}


def test_a_fault_in_the_sums_stops_no_deletion_and_is_told(bench: Bench) -> None:
    bench.store.add(report(1))
    bench.clock.forward(days=31)
    bench.sums.fail(TypeError("a record that nobody can read"), "all")
    assert bench.sweep() == 1
    assert bench.store.reports == {}
    assert [kind for kind, _ in bench.alarms.raised] == ["figures_not_kept"]


def test_the_month_is_the_towns(bench: Bench) -> None:
    bench.store.add(report(1, datetime.fromisoformat("2026-12-01T05:00:00+00:00")))
    bench.clock.time = datetime.fromisoformat("2026-12-29T05:00:00+00:00")
    bench.sweep()
    assert list(bench.sums.kept) == [("2026-11", "town")]


def test_nobody_counts_before_the_last_days(bench: Bench) -> None:
    case = report(1)
    bench.store.add(case)
    assert case.expires_at is not None
    bench.clock.time = case.expires_at - BEFORE - timedelta(seconds=1)
    bench.sweep()
    assert bench.sums.kept == {}
    bench.clock.forward(seconds=1)
    bench.sweep()
    assert bench.sums.kept["2026-11", "town"].marks == {mark_of(case): case.expires_at + MARKS_STAY}


# What a case counts


def test_a_case_counts_for_its_town_and_for_each_office() -> None:
    held = move(move(Delivery("clinic", QUEUED, NOON, NOON), HELD, NOON), SENT, NOON)
    lost = move(move(Delivery("police", QUEUED, NOON, NOON), SENT, NOON), FAILED, NOON)
    case = SealedReport("0" * 32, b"", b"", "town", NOON, (held, lost))
    found = tallies_of(case, NOON)
    assert found[""] == Counts(reports=1, held=1, failed=1, unanswered=1)
    assert found["clinic"] == Counts(reports=1, held=1)
    assert found["police"] == Counts(reports=1, failed=1, unanswered=1)
    assert tallies_of(case.acknowledged(NOON), NOON)[""].unanswered == 0


def test_a_report_that_waits_for_hours_is_an_unanswered_alarm() -> None:
    case = SealedReport("0" * 32, b"", b"", "town", NOON, (Delivery("police", SENT, NOON),))
    assert tallies_of(case, NOON + timedelta(hours=7))[""].unanswered == 0
    assert tallies_of(case, NOON + timedelta(hours=8))[""].unanswered == 1


def test_a_wait_is_told_by_the_edges_that_it_is_longer_than() -> None:
    assert tallies_of(report(1, minutes=5), NOON)[""].slower == (0, 0, 0, 0, 0, 0, 0, 0)
    assert tallies_of(report(1, minutes=61), NOON)["police"].slower == (1, 1, 1, 1, 0, 0, 0, 0)


def test_a_reply_counts_once_for_its_office_and_the_first_one_for_the_town() -> None:
    day = timedelta(days=1)
    sent = Delivery("clinic", SENT, NOON, past=((QUEUED, NOON),))
    soon = replace(move(sent, DELIVERED, NOON + day), replied_at=NOON + day + timedelta(hours=5))
    late = replace(soon, recipient="police", replied_at=NOON + 5 * day)
    case = SealedReport("0" * 32, b"", b"", "town", NOON, (soon, late, replace(soon, recipient="desk")))
    found = tallies_of(replace(case, deliveries=(*case.deliveries, replace(sent, recipient="silent"))), NOON)
    first = (found[""].replied, found[""].replied_slower)
    assert first == (found["clinic"].replied, found["clinic"].replied_slower) == (1, (0, 0, 0, 0, 0, 0))
    assert (found["police"].replied, found["police"].replied_slower) == (1, (1, 1, 1, 0, 0, 0))
    assert found["silent"].replied == 0


def test_a_reply_to_a_copy_whose_arrival_nobody_told_is_reckoned_from_when_it_was_sent() -> None:
    sent = Delivery("clinic", SENT, NOON, replied_at=NOON + timedelta(days=2, hours=1))
    gone_wrong = move(sent, FAILED, NOON + timedelta(days=9))
    for copy in (sent, gone_wrong):
        case = SealedReport("0" * 32, b"", b"", "town", NOON, (copy,))
        assert tallies_of(case, NOON)["clinic"].replied_slower == (1, 1, 0, 0, 0, 0)


def test_a_case_of_an_earlier_release_is_counted_and_said_to_be_partial(bench: Bench) -> None:
    old = replace(report(1), deliveries=(replace(report(1).deliveries[0], past=()),))
    assert is_partial(old)
    assert not is_partial(report(1))
    bench.store.add(old)
    assert bench.figures().partial == {"2026-11"}
    bench.clock.forward(days=28)
    bench.sweep()
    assert bench.figures().partial == {"2026-11"}
    assert bench.figures().since == "2026-12"


def test_the_months_are_this_one_and_twelve_before() -> None:
    months = months_to("2026-02")
    assert (months[0], months[1], months[2], months[-1], len(months)) == (
        "2026-02",
        "2026-01",
        "2025-12",
        "2025-02",
        13,
    )


# The store


@pytest.fixture(params=["fake", "moto", "moto, by the index"])
def sums(request: pytest.FixtureRequest) -> MonthSums:
    if request.param == "fake":
        return FakeMonthSums()
    request.getfixturevalue("aws")
    dynamodb, name = client("dynamodb"), f"sums-{next(_numbers)}"
    dynamodb.create_table(**table_definition(name))
    return DynamoMonthSums(lambda: dynamodb, name, by_index="index" in request.param)


def test_what_is_saved_is_read_again(sums: MonthSums) -> None:
    replied = Counts(3, replied=2, replied_slower=(2, 1, 0, 0, 0, 0))
    raw = {"": Counts(3, 2, 1, 0, 1, (2, 1, 0, 0, 0, 0, 0, 0)), "police": replied}
    settled = {"clinic": show(Counts(9, replied=7)) + show(Counts(2))}
    one = MonthSum("2026-11", "town", raw, settled, {"ab": NOON}, True)
    sums.save(one)
    assert list(sums.all()) == [replace(one, version=1)]


def test_a_record_of_before_replies_were_counted_is_read_and_an_earlier_release_reads_ours(
    aws: object,
) -> None:
    dynamodb, name = client("dynamodb"), f"sums-{next(_numbers)}"
    dynamodb.create_table(**table_definition(name))
    sums = DynamoMonthSums(lambda: dynamodb, name)
    counts = Counts(8, 8, replied=6, replied_slower=(6, 0, 0, 0, 0, 0))
    sums.save(MonthSum("2026-11", "town", {"police": counts}, {"clinic": show(counts)}))
    [item] = dynamodb.scan(TableName=name)["Items"]
    stored = item["deliveries"]["M"]
    for kept in (stored["raw"]["M"]["police"], stored["settled"]["M"]["clinic"]):
        assert len(kept["L"]) == len(SHOWN_COUNTS) + len(EDGES)
    del stored["replied"], stored["replied_settled"]
    dynamodb.put_item(TableName=name, Item=item)
    [read] = sums.all()
    assert read.raw == {"police": Counts(8, 8)}
    assert read.settled["clinic"].replied.text == "<5"


def test_who_was_overtaken_is_refused(sums: MonthSums) -> None:
    one = MonthSum("2026-11", "town", {"": Counts(1)})
    sums.save(one)
    with pytest.raises(StaleRecord):
        sums.save(one)
    sums.save(replace(one, raw={"": Counts(2)}, version=1))
    with pytest.raises(StaleRecord):
        sums.save(replace(one, raw={"": Counts(2)}, version=1))
    assert [kept.raw[""].reports for kept in sums.all()] == [2]


def test_the_beginning_is_recorded_once(sums: MonthSums) -> None:
    assert sums.since() is None
    sums.begin(NOON)
    sums.begin(NOON + timedelta(days=1))
    assert sums.since() == NOON
    assert list(sums.all()) == []
