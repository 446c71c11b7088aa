"""What deliveries need of a report store: on the fake, on moto and on dynalite alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.reporting.cases import (
    DELIVERED,
    HELD,
    QUEUED,
    SENT,
    Delivery,
    SealedReport,
)
from chalicelib.reporting.ports import ReportStore, SentMail
from tests.support.fakes import NOON

pytestmark = pytest.mark.takes(30)

LATER = NOON + timedelta(hours=1)


def report(number: int, *deliveries: Delivery, **changed: object) -> SealedReport:
    record = SealedReport(
        id=f"{number * 0x1111:04x}".rjust(4, "0")[-4:] + f"{number:028x}",
        sealed=b"sealed words",
        reporter_key=b"k" * 32,
        place="town",
        taken_at=NOON + timedelta(milliseconds=number),
        deliveries=deliveries or (Delivery("police", QUEUED, NOON, NOON),),
    )
    return replace(record, **changed)  # type: ignore[arg-type]


def held(when: object = LATER) -> Delivery:
    return Delivery("police", HELD, NOON, when, digest=True)  # type: ignore[arg-type]


def test_everything_about_a_delivery_comes_back_as_it_was(store: ReportStore) -> None:
    full = report(
        1,
        Delivery("police", SENT, NOON, None, 3, "fallback", "message-1", 2, True),
        Delivery("clinic", QUEUED, NOON, LATER, 1),
        held="flood",
        watch_at=LATER,
        answered_at=NOON,
        legal_hold=True,
        keep_days=90,
    )
    store.add(full)
    assert store.get(full.id, NOON) == full
    assert store.save(replace(full, watch_at=None, legal_hold=False)).version == 1
    assert store.get(full.id, NOON) == replace(full, watch_at=None, legal_hold=False, version=1)


def test_what_waits_for_a_digest_is_listed_apart_and_in_the_order_in_which_it_came(
    store: ReportStore,
) -> None:
    numbers = [7, 3, 12, 1, 9, 5, 11]
    for number in numbers:
        store.add(report(number, held()))
    store.add(report(20))
    assert store.due(LATER, 100) == [report(20).id]
    assert store.due(NOON, 100, digests=True) == []
    assert store.due(LATER, 100, digests=True) == [report(number).id for number in sorted(numbers)]
    assert store.due(LATER, 3, digests=True) == [report(number).id for number in (1, 3, 5)]


def test_a_report_moves_to_the_digests_when_what_came_first_is_done(store: ReportStore) -> None:
    mixed = report(1, Delivery("clinic", QUEUED, NOON, NOON), held())
    store.add(mixed)
    assert (store.due(LATER, 9), store.due(LATER, 9, digests=True)) == ([mixed.id], [])
    claimed = store.claim(mixed.id, NOON, NOON + timedelta(minutes=5))
    assert claimed is not None
    done = claimed.with_delivery(Delivery("clinic", DELIVERED, NOON))
    store.save(replace(done, leased_until=None, watch_at=None))
    assert (store.due(LATER, 9), store.due(LATER, 9, digests=True)) == ([], [mixed.id])


def test_a_watch_is_due_like_a_mail(store: ReportStore) -> None:
    watched = report(1, Delivery("police", SENT, NOON), watch_at=LATER)
    store.add(watched)
    assert store.due(LATER - timedelta(milliseconds=1), 9) == []
    assert store.due(LATER, 9) == [watched.id]
    assert store.claim(watched.id, LATER, LATER + timedelta(minutes=5)) is not None
    assert store.due(LATER, 9) == []


def test_a_claim_that_nobody_ends_comes_back_when_its_time_is_over(store: ReportStore) -> None:
    store.add(report(1, held(NOON)))
    until = NOON + timedelta(minutes=5)
    assert store.claim(report(1).id, NOON, until) is not None
    assert store.due(until - timedelta(milliseconds=1), 9, digests=True) == []
    assert store.due(until, 9, digests=True) == [report(1).id]
    assert store.claim(report(1).id, until, until + timedelta(minutes=5)) is not None


def test_what_a_mails_id_stands_for_is_kept_for_its_time(store: ReportStore) -> None:
    mail = SentMail("batch-12", "police", 3)
    store.keep_mail("message-1", mail, LATER)
    store.keep_mail("message-1", mail, LATER)
    assert store.mail("message-1") == mail
    assert store.mail("message-2") is None
    assert list(store.expired(LATER)) == ["mail#message-1"]
    assert store.delete("mail#message-1", LATER)
    assert store.mail("message-1") is None


def test_a_survey_tells_everything_but_words_and_keys(store: ReportStore) -> None:
    there = report(1, watch_at=LATER, keep_days=60)
    over = report(2, Delivery("police", DELIVERED, NOON), expires_at=LATER)
    store.add(there)
    store.add(over)
    store.keep_batch("b", [there.id], LATER)
    store.count("c", ["all"], LATER)
    bare = [replace(record, sealed=b"", reporter_key=b"") for record in (there, over)]
    assert sorted(store.survey(NOON), key=lambda record: record.id) == sorted(
        bare, key=lambda record: record.id
    )
    assert list(store.survey(LATER)) == [bare[0]]
