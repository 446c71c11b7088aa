"""Fixtures of the report store on each DynamoDB we know, and of the fake that use cases are tested on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.config import Config

from chalicelib.reporting.adapters.dynamo_reports import DynamoReports, table_definition
from chalicelib.reporting.ports import ReportStore
from chalicelib.shared.aws.sdk import InTime, client
from tests.conftest import REGION
from tests.support.dynalite import dynalite
from tests.support.fakes import FakeStore

_numbers = count(1)


@pytest.fixture(scope="session")
def dynalite_client() -> Iterator[Any]:
    """A client of dynalite over HTTP."""
    with dynalite() as address:
        dynamodb = boto3.client(
            "dynamodb",
            endpoint_url=address,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=32),
        )

        def wait(parsed: Any, **_: Any) -> None:
            """Wait until a new table can be written to: on a busy machine that is a moment later."""
            name = parsed["TableDescription"]["TableName"]
            dynamodb.get_waiter("table_exists").wait(
                TableName=name, WaiterConfig={"Delay": 0, "MaxAttempts": 500}
            )

        dynamodb.meta.events.register("after-call.dynamodb.CreateTable", wait)
        yield dynamodb
        dynamodb.close()


@pytest.fixture(params=["moto", "dynalite"])
def dynamodb(request: pytest.FixtureRequest) -> Any:
    """A client of one DynamoDB after the other."""
    if request.param == "moto":
        request.getfixturevalue("aws")
        return client("dynamodb")
    return request.getfixturevalue("dynalite_client")


@pytest.fixture
def table(dynamodb: Any) -> str:
    """The name of a new, empty reports table."""
    return new_table(dynamodb)


@pytest.fixture(params=["fake", "moto", "dynalite", "dynalite in time"])
def store(request: pytest.FixtureRequest) -> ReportStore:
    """An empty report store: the fake, then the adapter on each DynamoDB, and as the form calls it."""
    if request.param == "fake":
        return FakeStore()
    if request.param == "moto":
        request.getfixturevalue("aws")
        dynamodb = client("dynamodb")
    else:
        dynamodb = request.getfixturevalue("dynalite_client")
    table = new_table(dynamodb)
    if request.param.endswith("in time"):
        dynamodb = InTime(dynamodb, 5.0)
    return DynamoReports(lambda: dynamodb, table)


@pytest.fixture(params=["fake", "dynalite"])
def busy_store(request: pytest.FixtureRequest) -> ReportStore:
    """An empty report store that many threads may use: moto checks a condition first and writes later."""
    if request.param == "fake":
        return FakeStore()
    dynamodb = request.getfixturevalue("dynalite_client")
    table = new_table(dynamodb)
    return DynamoReports(lambda: dynamodb, table)


def new_table(dynamodb: Any) -> str:
    """Make a reports table, and wait for it: dynalite takes a moment, as AWS does."""
    name = f"reports-{next(_numbers)}"
    dynamodb.create_table(**table_definition(name))
    while dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.001)
    return name
