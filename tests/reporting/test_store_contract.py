"""What ports.ReportStore promises: on the fake, on moto and on dynalite, since each has its own mistakes."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from chalicelib.reporting.cases import (
    DELIVERED,
    FALLBACK,
    FALLEN_BACK,
    HELD,
    QUEUED,
    Delivery,
    SealedReport,
    move,
)
from chalicelib.reporting.errors import ReceiptTaken
from chalicelib.reporting.ports import Deleted, ReportStore
from chalicelib.shared.errors import StaleRecord
from tests.support.fakes import NOON

pytestmark = pytest.mark.takes(15)

Result = TypeVar("Result")

NO_TIME = timedelta(0)
MILLISECOND = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def report(number: int = 1, *, due: timedelta = NO_TIME, taken: timedelta = NO_TIME) -> SealedReport:
    """Return a report to one recipient, first due at NOON + `due`. Numbers spread over the index's shards."""
    return SealedReport(
        id=f"{number:04x}{number:028x}",
        sealed=b"\0sealed\xff" + bytes(100),
        reporter_key=bytes(range(32)),
        place="los-banos-ca",
        taken_at=NOON + taken,
        deliveries=(Delivery("dot-trafficking", QUEUED, NOON + taken, NOON + due),),
    )


def seeded(seed: int) -> random.Random:
    """Return chance that is the same in every run."""
    return random.Random(seed)  # noqa: S311


def done(queued: SealedReport) -> SealedReport:
    """Return the report with its first mail delivered."""
    return queued.with_delivery(move(queued.deliveries[0], DELIVERED, NOON, message_id="m-1"))


NOTED = Delivery(
    "dot-trafficking", DELIVERED, NOON, turn=2, away_at=NOON + MINUTE, away_mail="m-1", doubtful=(0, 1)
)


def at_once(times: int, call: Callable[[int], Result]) -> list[Result]:
    """Call from many threads."""
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(call, range(times)))


def test_a_stored_report_is_read_back_as_it_was_written(store: ReportStore) -> None:
    queued = Delivery("dot-trafficking", QUEUED, NOON, NOON + MILLISECOND, attempts=3)
    held = Delivery("police", HELD, NOON - DAY, NOON + DAY)
    fallen = Delivery("desk", FALLEN_BACK, NOON, NOON, address=FALLBACK, message_id="0100-abc")
    taken = Delivery("services", DELIVERED, NOON + MINUTE, message_id="0100-def")
    whole = replace(report(), deliveries=(queued, held, fallen, taken), held="flood", counted=True)
    store.add(whole)
    assert store.get(whole.id, NOON) == whole


def test_looking_up_tells_all_but_the_words_and_the_keys(store: ReportStore) -> None:
    queued = Delivery("dot-trafficking", QUEUED, NOON, NOON + MILLISECOND, attempts=3)
    taken = Delivery("services", DELIVERED, NOON + MINUTE, message_id="0100-def")
    whole = replace(report(), deliveries=(queued, taken), held="flood", watch_at=NOON + DAY)
    store.add(whole)
    assert store.look_up(whole.id, NOON) == replace(whole, sealed=b"", reporter_key=b"")


def test_looking_up_an_unknown_report_or_one_whose_time_is_over_gives_none(store: ReportStore) -> None:
    assert store.look_up(report(2).id, NOON) is None
    store.add(report())
    expiring = store.save(replace(done(report()), expires_at=NOON + DAY))
    assert store.look_up(expiring.id, NOON + DAY - SECOND) is not None
    assert store.look_up(expiring.id, NOON + DAY) is None


def test_an_absence_note_is_stored_with_its_delivery(store: ReportStore) -> None:
    noted = replace(report(), deliveries=(NOTED,))
    store.add(noted)
    assert store.get(noted.id, NOON) == noted
    assert [record.deliveries for record in store.survey(NOON)] == [(NOTED,)]


def test_the_largest_report_is_stored_whole(store: ReportStore) -> None:
    largest = replace(report(), sealed=seeded(1).randbytes(128 * 1024 + 100))
    store.add(largest)
    assert store.get(largest.id, NOON) == largest


def test_a_moment_stays_that_moment_however_often_it_is_written(store: ReportStore) -> None:
    chance = seeded(2)
    in_2038 = (
        datetime(1970, 1, 1, tzinfo=UTC) + 2168420198240 * MILLISECOND
    )  # a float would lose one of these
    moments = [in_2038, *(NOON + MILLISECOND * chance.randrange(10**11) for _ in range(15))]
    for number, moment in enumerate(moments, 1):
        taken = replace(report(number), taken_at=moment)
        store.add(taken)
        read = store.get(taken.id, NOON)
        assert read is not None
        store.save(read)
        again = store.get(taken.id, NOON)
        assert again is not None
        assert again.taken_at == moment


def test_a_taken_receipt_is_refused_and_changes_nothing(store: ReportStore) -> None:
    first = report()
    store.add(first)
    with pytest.raises(ReceiptTaken):
        store.add(replace(first, sealed=b"another", place="us"))
    assert store.get(first.id, NOON) == first


def test_of_one_report_added_many_times_at_once_one_is_stored(busy_store: ReportStore) -> None:
    def add(number: int) -> bool:
        try:
            busy_store.add(replace(report(), sealed=b"%d" % number))
        except ReceiptTaken:
            return False
        return True

    assert at_once(12, add).count(True) == 1


def test_an_unknown_report_is_none(store: ReportStore) -> None:
    store.add(report(1))
    assert store.get(report(2).id, NOON) is None


def test_a_report_whose_time_is_over_reads_as_gone_though_it_is_still_there(store: ReportStore) -> None:
    store.add(report())
    expiring = store.save(replace(done(report()), expires_at=NOON + DAY))
    assert store.get(expiring.id, NOON + DAY - SECOND) == expiring
    assert store.get(expiring.id, NOON + DAY) is None
    assert list(store.expired(NOON + DAY)) == [f"report#{expiring.id}"]


def test_a_report_is_due_from_its_first_try_and_not_before(store: ReportStore) -> None:
    store.add(report(due=MINUTE))
    assert store.due(NOON + MINUTE - MILLISECOND, 10) == []
    assert store.due(NOON + MINUTE, 10) == [report().id]


def test_what_has_waited_longest_is_due_first_whatever_its_id(store: ReportStore) -> None:
    order = list(range(1, 13))
    seeded(3).shuffle(order)
    for seconds, number in enumerate(order):
        store.add(report(number, due=seconds * SECOND))
    assert store.due(NOON + DAY, 100) == [report(number).id for number in order]
    assert store.due(NOON + DAY, 5) == [report(number).id for number in order[:5]]


def test_what_is_due_in_the_same_moment_comes_in_the_order_it_was_taken(store: ReportStore) -> None:
    order = list(range(1, 13))
    seeded(4).shuffle(order)
    for milliseconds, number in enumerate(order):
        store.add(report(number, due=MINUTE, taken=milliseconds * MILLISECOND))
    assert store.due(NOON + MINUTE, 100) == [report(number).id for number in order]
    assert store.due(NOON + MINUTE - MILLISECOND, 100) == []


def test_a_report_with_several_tries_is_due_at_the_earliest(store: ReportStore) -> None:
    later = Delivery("police", QUEUED, NOON, NOON + 2 * MINUTE)
    sooner = Delivery("desk", QUEUED, NOON, NOON + MINUTE)
    store.add(replace(report(), deliveries=(later, sooner)))
    assert store.due(NOON + MINUTE, 10) == [report().id]


def test_a_report_with_nothing_left_to_do_is_never_due(store: ReportStore) -> None:
    store.add(report())
    store.save(done(report()))
    assert store.due(NOON + 365 * DAY, 10) == []


def test_a_claimed_report_is_hidden_until_its_lease_ends(store: ReportStore) -> None:
    store.add(report())
    claimed = store.claim(report().id, NOON, NOON + 5 * MINUTE)
    assert claimed == replace(report(), version=1, leased_until=NOON + 5 * MINUTE)
    assert store.due(NOON + 5 * MINUTE - MILLISECOND, 10) == []
    assert store.claim(report().id, NOON + 5 * MINUTE - MILLISECOND, NOON + DAY) is None
    assert store.due(NOON + 5 * MINUTE, 10) == [report().id]
    assert store.claim(report().id, NOON + 5 * MINUTE, NOON + DAY) is not None


def test_of_many_workers_exactly_one_claims_a_report(busy_store: ReportStore) -> None:
    busy_store.add(report())
    claims = at_once(16, lambda _: busy_store.claim(report().id, NOON, NOON + MINUTE))
    assert sum(claim is not None for claim in claims) == 1


def test_nothing_is_claimed_that_is_not_due_or_not_there(store: ReportStore) -> None:
    store.add(report(1, due=MINUTE))
    store.add(report(2))
    store.save(done(report(2)))
    assert store.claim(report(1).id, NOON + MINUTE - MILLISECOND, NOON + DAY) is None
    assert store.claim(report(2).id, NOON + DAY, NOON + 2 * DAY) is None
    assert store.claim(report(3).id, NOON + DAY, NOON + 2 * DAY) is None


def test_a_report_whose_time_is_over_is_not_claimed(store: ReportStore) -> None:
    store.add(replace(report(), expires_at=NOON + MINUTE))
    assert store.claim(report().id, NOON + MINUTE, NOON + DAY) is None


def test_a_saved_record_is_read_back_with_its_next_version(store: ReportStore) -> None:
    store.add(report())
    changed = done(report())
    saved = store.save(changed)
    assert saved == replace(changed, version=1)
    assert store.get(report().id, NOON) == saved
    assert store.get(report().id, NOON) == saved, "the delivery and its expiry as well"


def test_a_record_that_somebody_else_changed_is_not_overwritten(store: ReportStore) -> None:
    store.add(report())
    first = store.save(done(report()))
    with pytest.raises(StaleRecord):
        store.save(replace(report(), held="flood"))
    assert store.get(report().id, NOON) == first


def test_a_claim_makes_what_others_have_read_stale(store: ReportStore) -> None:
    store.add(report())
    store.claim(report().id, NOON, NOON + MINUTE)
    with pytest.raises(StaleRecord):
        store.save(done(report()))


def test_a_deleted_record_is_not_brought_back_by_a_late_save(store: ReportStore) -> None:
    over = replace(report(), expires_at=NOON)
    store.add(over)
    assert store.delete(f"report#{over.id}", NOON)
    with pytest.raises(StaleRecord):
        store.save(over)
    assert store.get(over.id, NOON - DAY) is None


def test_a_save_while_something_is_left_to_do_keeps_the_lease(store: ReportStore) -> None:
    other = Delivery("police", QUEUED, NOON, NOON)
    store.add(replace(report(), deliveries=(*report().deliveries, other)))
    claimed = store.claim(report().id, NOON, NOON + 5 * MINUTE)
    assert claimed is not None
    saved = store.save(done(claimed))
    assert saved.leased_until == NOON + 5 * MINUTE
    assert store.get(report().id, NOON) == saved
    assert store.due(NOON + MINUTE, 10) == []
    assert store.due(NOON + 5 * MINUTE, 10) == [report().id]


def test_a_save_without_a_lease_gives_the_report_back(store: ReportStore) -> None:
    store.add(report(due=MINUTE))
    claimed = store.claim(report().id, NOON + MINUTE, NOON + DAY)
    assert claimed is not None
    store.save(replace(claimed, leased_until=None))
    assert store.due(NOON + MINUTE, 10) == [report().id]
    assert store.claim(report().id, NOON + MINUTE, NOON + DAY) is not None


def test_a_save_with_nothing_left_to_do_drops_the_lease(store: ReportStore) -> None:
    store.add(report())
    claimed = store.claim(report().id, NOON, NOON + MINUTE)
    assert claimed is not None
    assert store.save(done(claimed)).leased_until is None
    assert store.due(NOON + DAY, 10) == []


def test_a_counter_counts_each_of_its_numbers_for_itself(store: ReportStore) -> None:
    names = ["all", "minute 07", "to dot-trafficking"]
    assert store.count("hour 12", names, NOON + DAY) == {"all": 1, "minute 07": 1, "to dot-trafficking": 1}
    assert store.count("hour 12", ["all", "to police"], NOON + DAY) == {"all": 2, "to police": 1}
    assert store.count("hour 13", ["all"], NOON + DAY) == {"all": 1}


def test_many_who_count_at_once_each_get_a_number_of_their_own(busy_store: ReportStore) -> None:
    numbers = at_once(24, lambda _: busy_store.count("hour 12", ["all"], NOON + DAY)["all"])
    assert sorted(numbers) == list(range(1, 25))


def test_a_batch_names_its_reports_in_order_and_an_unknown_one_names_none(store: ReportStore) -> None:
    names = [report(number).id for number in (3, 1, 2)]
    store.keep_batch("b-1", names, NOON + DAY)
    assert store.batch("b-1") == tuple(names)
    assert store.batch("b-2") == ()


def test_reports_counters_and_batches_expire_and_what_has_no_date_does_not(store: ReportStore) -> None:
    store.add(report(1))
    store.add(replace(report(2), expires_at=NOON + MINUTE))
    store.add(replace(report(3), expires_at=NOON + DAY))
    store.count("hour 12", ["all"], NOON + MINUTE)
    store.count("hour 13", ["all"], NOON + DAY)
    store.keep_batch("b-1", [], NOON + MINUTE)
    assert list(store.expired(NOON + MINUTE - SECOND)) == []
    assert sorted(store.expired(NOON + MINUTE)) == ["batch#b-1", "count#hour 12", f"report#{report(2).id}"]


def test_every_expired_item_is_found_however_large_the_table(store: ReportStore) -> None:
    for number in range(1, 13):  # more than the megabyte that DynamoDB reads at a time
        store.add(replace(report(number), sealed=bytes(128 * 1024), expires_at=NOON))
    assert len(list(store.expired(NOON))) == 12


def test_an_expired_item_is_deleted_once(store: ReportStore) -> None:
    store.add(replace(report(), expires_at=NOON))
    store.count("hour 11", ["all"], NOON)
    for key in list(store.expired(NOON)):
        assert store.delete(key, NOON)
        assert not store.delete(key, NOON)
    assert list(store.expired(NOON + DAY)) == []
    assert store.get(report().id, NOON - DAY) is None


def test_what_was_given_more_time_meanwhile_is_not_deleted(store: ReportStore) -> None:
    store.add(report(1))
    store.add(replace(report(2), expires_at=NOON + DAY))
    assert not store.delete(f"report#{report(1).id}", NOON + 365 * DAY)
    assert not store.delete(f"report#{report(2).id}", NOON + DAY - SECOND)
    assert store.get(report(1).id, NOON) == report(1)


def test_a_surveyed_report_is_changed_without_its_words(store: ReportStore) -> None:
    store.add(replace(report(), leased_until=NOON + 400 * DAY, watch_at=NOON + 400 * DAY))
    (seen,) = store.survey(NOON)
    assert store.due(NOON + DAY, 10) == []
    store.change(replace(seen, leased_until=None, watch_at=None))
    assert store.due(NOON + DAY, 10) == [report().id]
    assert store.get(report().id, NOON) == replace(report(), version=1)
    with pytest.raises(StaleRecord):
        store.change(seen)


def test_what_is_deleted_is_told_without_its_words(store: ReportStore) -> None:
    over = replace(done(report()), expires_at=NOON)
    store.add(over)
    store.count("hour 11", ["all"], NOON)
    assert store.delete(f"report#{over.id}", NOON) == Deleted(replace(over, sealed=b"", reporter_key=b""))
    assert store.delete("count#hour 11", NOON) == Deleted()
