"""Idempotent writes: a retry meets its own first try, whose response was lost, when the client asks again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.delivery.adapters.dynamo_cases import DynamoCases
from chalicelib.desk.adapters import dynamo_audit, dynamo_sign_ins
from chalicelib.desk.adapters.dynamo_audit import DynamoAudit
from chalicelib.desk.adapters.dynamo_sign_ins import DynamoSignIns
from chalicelib.desk.ports import AuditEntry
from chalicelib.publishing.adapters import dynamo_documents
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.publishing.documents import Draft, Release, Version
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.cases import HandOver
from chalicelib.shared.errors import StaleRecord
from tests.reporting.test_store_contract import (
    DAY,
    MINUTE,
    done,
    report,
)
from tests.support.fakes import NOON


@contextmanager
def losing(dynamodb: Any, operation: str) -> Iterator[list[str]]:
    """Lose the first answer of each call: what it asked for is done, and the SDK asks again."""
    tried: list[str] = []

    def again(attempts: int, **_: Any) -> float | None:
        tried.append(operation)
        return 0.0 if attempts == 1 else None

    event = f"needs-retry.dynamodb.{operation}"
    dynamodb.meta.events.register_first(event, again)
    try:
        yield tried
    finally:
        dynamodb.meta.events.unregister(event, again)
    assert len(tried) >= 2, "nothing was lost"


def made(dynamodb: Any, module: Any) -> str:
    """Make an empty table of this kind."""
    name = f"lost-{id(object())}-{module.__name__.rpartition('.')[2]}"
    if name not in dynamodb.list_tables()["TableNames"]:
        dynamodb.create_table(**module.table_definition(name))
        dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    return name


@pytest.fixture
def store(dynamodb: Any, table: str) -> DynamoReports:
    store = DynamoReports(lambda: dynamodb, table)
    store.add(report())
    return store


def test_a_claim_knows_its_own_lease(dynamodb: Any, store: DynamoReports) -> None:
    with losing(dynamodb, "UpdateItem"):
        claimed = store.claim(report().id, NOON, NOON + 5 * MINUTE)
    assert claimed == replace(report(), version=1, leased_until=NOON + 5 * MINUTE)
    assert store.save(done(claimed)).version == 2


def test_a_claim_does_not_take_another_workers_lease_for_its_own(dynamodb: Any, store: DynamoReports) -> None:
    assert store.claim(report().id, NOON, NOON + 5 * MINUTE) is not None
    with losing(dynamodb, "UpdateItem"):
        assert store.claim(report().id, NOON, NOON + 5 * MINUTE) is None


def test_a_save_knows_its_own_record_and_nobody_elses(dynamodb: Any, store: DynamoReports) -> None:
    with losing(dynamodb, "PutItem"):
        saved = store.save(done(report()))
        assert saved.version == 1
        with pytest.raises(StaleRecord):
            store.save(replace(report(), held="flood"))
    assert store.get(report().id, NOON) == saved


def test_a_count_counts_once(dynamodb: Any, store: DynamoReports) -> None:
    assert store.count("hour 12", ["all"], NOON + DAY) == {"all": 1}
    with losing(dynamodb, "UpdateItem"):
        assert store.count("hour 12", ["all", "minute 07"], NOON + DAY) == {"all": 2, "minute 07": 1}
    assert store.count("hour 12", ["all"], NOON + DAY) == {"all": 3}


def test_a_mark_is_left_by_its_own_first_try(dynamodb: Any, store: DynamoReports) -> None:
    assert not store.marked("digest turn 1")
    with losing(dynamodb, "UpdateItem"):
        assert store.mark("digest turn 1", NOON + DAY)
        assert not store.mark("digest turn 1", NOON + DAY)
    assert store.marked("digest turn 1")


def test_what_was_deleted_by_the_first_try_is_deleted(dynamodb: Any, store: DynamoReports) -> None:
    store.save(replace(report(), expires_at=NOON))
    with losing(dynamodb, "DeleteItem"):
        assert store.delete(f"report#{report().id}", NOON)
    assert not store.delete(f"report#{report().id}", NOON)


def test_the_desk_knows_its_own_change_and_nobody_elses(
    dynamodb: Any, store: DynamoReports, table: str
) -> None:
    desk = DynamoCases(lambda: dynamodb, table)
    case = desk.find(report().case_number, NOON)
    assert case is not None
    proposal = HandOver("police", "ana@desk.example", NOON, "they do not answer")
    with losing(dynamodb, "UpdateItem"):
        desk.change(case.with_proposal("dot-trafficking", proposal))
        with pytest.raises(StaleRecord):
            desk.change(case.with_proposal("dot-trafficking", replace(proposal, to="clinic")))
    changed = desk.find(report().case_number, NOON)
    assert changed is not None
    assert [delivery.proposed for delivery in changed.deliveries] == [proposal]


def test_documents_know_what_they_wrote(dynamodb: Any) -> None:
    name = made(dynamodb, dynamo_documents)
    documents = DynamoDocuments(lambda: dynamodb, name)
    draft = Draft("page", "text", 1, 0, "ana", NOON)
    with losing(dynamodb, "PutItem"):
        documents.put_draft(draft)
        documents.put_draft(replace(draft, revision=2))
        documents.add_version(Version("page", 1, "text", "ana", NOON, "why"))
        documents.add_release(Release(1, {"page": 1}, "ana", NOON, "why", 0, "package"))
        with pytest.raises(StaleRecord):
            documents.put_draft(replace(draft, who="ben"))
        with pytest.raises(StaleRecord):
            documents.add_release(Release(1, {"page": 1}, "ana", NOON, "why", 0, "package"))
    with losing(dynamodb, "DeleteItem"):
        documents.drop_draft("page", 2)
    with pytest.raises(StaleRecord):
        documents.drop_draft("page", 2)


def test_a_line_of_the_log_is_written_once(dynamodb: Any) -> None:
    audit = DynamoAudit(lambda: dynamodb, made(dynamodb, dynamo_audit))
    with losing(dynamodb, "PutItem"):
        audit.add(AuditEntry(NOON, "ana", "publisher", "publish"))
    assert len(audit.entries("2026-11")) == 1


def test_a_try_to_sign_in_counts_once(dynamodb: Any) -> None:
    door = DynamoSignIns(lambda: dynamodb, made(dynamodb, dynamo_sign_ins))
    window = timedelta(minutes=15)
    with losing(dynamodb, "UpdateItem"):
        tries = [door.count_try("ana", NOON, window, most) for most in (5, 5, 0)]
        tries.append(door.count_try("ana", NOON + window, window, 5))
    assert tries == [1, 2, 3, 1]
