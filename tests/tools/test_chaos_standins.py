"""The chaos run's DynamoDB keeps the same contract as moto, dynalite and the fake, and says what it lacks."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.ports import ReportStore
from tests.reporting import test_store_contract, test_store_deliveries
from tests.support.store_fixtures import new_table
from tools.chaos.dynamodb import MemoryDynamo, Refused
from tools.chaos.expressions import UnknownExpression, condition, update
from tools.chaos.http import Answer, Request, serve

globals().update(
    {
        name: test
        for module in (test_store_contract, test_store_deliveries)
        for name, test in vars(module).items()
        if name.startswith("test_")
    }
)


@pytest.fixture(scope="module")
def stand_in() -> Iterator[Any]:
    """A client of the chaos run's DynamoDB over HTTP, with nothing failing."""
    dynamo = MemoryDynamo()

    def answer(request: Request) -> Answer:
        operation = request.headers["x-amz-target"].partition(".")[2]
        try:
            return Answer(body=dynamo.call(operation, request.json()))
        except Refused as refused:
            return Answer(400, {"__type": refused.code, "message": refused.message})

    ports: queue.Queue[int] = queue.Queue()
    ended = threading.Event()

    async def live() -> None:
        server = await serve(answer)
        ports.put(server.sockets[0].getsockname()[1])
        while not ended.is_set():
            await asyncio.sleep(0.02)
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    port = ports.get(timeout=10)
    client = boto3.client(
        "dynamodb",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-west-2",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=32),
    )
    yield client
    client.close()
    ended.set()
    thread.join()


@pytest.fixture
def store(stand_in: Any) -> ReportStore:
    table = new_table(stand_in)
    return DynamoReports(lambda: stand_in, table)


@pytest.fixture
def busy_store(store: ReportStore) -> ReportStore:
    return store


ITEM = {"pk": {"S": "report#1"}, "n": {"N": "10"}, "due": {"N": "9.5"}}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("n = :ten", True),
        ("n > :ten", False),
        ("n >= :ten AND due < :ten", True),
        ("missing = :ten", False),
        ("attribute_not_exists(missing) AND NOT attribute_not_exists(pk)", True),
        ("n < :ten OR (due <= :ten AND attribute_exists(#p))", True),
        ("begins_with(pk, :start)", True),
        ("begins_with(n, :start)", False),
        ("pk <> :ten", False),
    ],
)
def test_conditions_hold_as_dynamodbs_do(text: str, holds: bool) -> None:
    values = {":ten": {"N": "10.0"}, ":start": {"S": "report#"}}
    assert condition(text)(ITEM, {"#p": "pk"}, values) is holds


def test_updates_change_what_they_name() -> None:
    values = {":x": {"N": "7"}, ":one": {"N": "1"}}
    changed = update("SET a = :x, n = n + :one ADD #c :one REMOVE due")(ITEM, {"#c": "all in all"}, values)
    assert changed == {"pk": {"S": "report#1"}, "n": {"N": "11"}, "a": {"N": "7"}, "all in all": {"N": "1"}}
    assert ITEM["n"] == {"N": "10"}


@pytest.mark.parametrize("text", ["size(a) > :x", "a = :x b", "a !! :x", "(a = :x"])
def test_what_it_cannot_evaluate_it_says(text: str) -> None:
    with pytest.raises((UnknownExpression, KeyError)):
        condition(text)
