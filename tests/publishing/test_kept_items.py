"""What never changes is read once by a process, and takes no more bytes than it may."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments, table_definition
from chalicelib.publishing.adapters.kept_items import MOST_BYTES, KeptItems, size_of
from chalicelib.publishing.documents import Version
from chalicelib.publishing.ports import DocumentStore
from chalicelib.publishing.store_by_place import StoreByPlace
from chalicelib.publishing.store_over_store import StoreOverStore
from chalicelib.publishing.without_recipients import StoreWithoutRecipients
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StoreUnavailable
from tests.support.fakes import NOON

_numbers = count(1)


def test_it_holds_what_was_used_last_and_no_more_bytes_than_it_may() -> None:
    item = {"text": "x" * 1000}
    kept = KeptItems(size_of(item) * 3)
    for name in ("a", "b", "c"):
        kept.put(("v", name), dict(item))
    assert kept.get(("v", "a")) == item
    kept.put(("v", "d"), dict(item))
    kept.put(("v", "d"), {"text": "another"})  # it never changes
    assert [kept.get(("v", name)) for name in "abcd"] == [item, None, item, item]
    assert kept.held_bytes <= size_of(item) * 3
    kept.put(("v", "large"), {"text": "x" * 10_000})
    assert kept.get(("v", "large")) is None
    assert kept.get(("v", "a")) == item


def test_an_items_size_counts_all_that_it_holds() -> None:
    assert size_of({"a": ["x" * 1000, {"b": "é" * 1000}]}) > 2000
    assert size_of({f"contacts/town-{at}": 1 for at in range(500)}) > 500 * 30
    assert MOST_BYTES < 1024 * 1024 * 1024 / 16


@pytest.mark.parametrize("document", ["contacts/los-banos-ca", "catalog/es"])
def test_a_version_is_read_once_by_all_layers_together(aws: None, document: str) -> None:
    dynamodb, name = client("dynamodb"), f"kept-{next(_numbers)}"
    dynamodb.create_table(**table_definition(name))
    asked: list[str] = []

    class Counting:
        def __getattr__(self, operation: str) -> Callable[..., Any]:
            call: Callable[..., Any] = getattr(dynamodb, operation)
            asked.append(operation)
            return call

    raw = DynamoDocuments(Counting, name)
    store = StoreByPlace(StoreWithoutRecipients(raw), None, None)  # type: ignore[arg-type]
    raw.add_version(Version(document, 1, "a text", "ana@desk.example", NOON, "why"))
    asked.clear()
    assert [store.version(document, 1).text for _ in range(3)] == ["a text"] * 3  # type: ignore[union-attr]
    assert asked.count("get_item") == 1


@pytest.mark.parametrize("database", ["moto", "dynalite"])
def test_versions_that_are_read_ahead_are_read_a_hundred_at_a_time_and_no_more_by_themselves(
    request: pytest.FixtureRequest, database: str
) -> None:
    if database == "moto":
        request.getfixturevalue("aws")
    dynamodb = client("dynamodb") if database == "moto" else request.getfixturevalue("dynalite_client")
    name = f"ahead-{next(_numbers)}"
    dynamodb.create_table(**table_definition(name))
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    asked: list[str] = []

    class Counting:
        def __getattr__(self, operation: str) -> Callable[..., Any]:
            asked.append(operation)
            call: Callable[..., Any] = getattr(dynamodb, operation)
            return call

    towns = {f"contacts/town-{number}": 1 for number in range(120)}
    writer = DynamoDocuments(lambda: dynamodb, name)
    for document in towns:
        writer.add_version(Version(document, 1, f"of {document}", "ana@desk.example", NOON, "why"))
    store = StoreWithoutRecipients(DynamoDocuments(Counting, name))
    wanted = {**towns, "recipients": 1, "contacts/gone": 7, "site": 0}
    for _ in range(2):
        store.read_ahead(wanted)
        texts = {document: store.version(document, 1).text for document in towns}  # type: ignore[union-attr]
    assert texts == {document: f"of {document}" for document in towns}
    assert store.version("contacts/gone", 7) is None
    # Whatever is not there is looked for again: it may have come.
    assert asked == ["batch_get_item", "batch_get_item", "batch_get_item", "get_item"]


@pytest.mark.parametrize("broken", [{}, {"Responses": {}, "ConsumedCapacity": [{"TableName": "another"}]}])
def test_an_answer_that_is_not_about_the_table_is_none(broken: dict[str, Any]) -> None:
    class Between:
        def batch_get_item(self, **_: Any) -> dict[str, Any]:
            return broken

        def close(self) -> None:
            pass

    with pytest.raises(StoreUnavailable):
        DynamoDocuments(Between, "documents").read_ahead({"contacts/us": 1})


def test_a_layer_hands_on_every_call_of_the_port() -> None:
    calls = {name for name in vars(DocumentStore) if not name.startswith("_")}
    assert calls == {name for name in vars(StoreOverStore) if not name.startswith("_")}
