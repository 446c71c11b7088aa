"""The DynamoDB adapter beyond the contract: AWS's error codes as errors of ours, and what items hold."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ParamValidationError

from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.errors import ReceiptTaken
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StoreBusy, StoreUnavailable
from tests.reporting.test_store_contract import DAY, done, report
from tests.support.fakes import NOON
from tests.support.store_fixtures import new_table

# What stand-ins lack beside AWS, and why we can do without it. The first test sees whether dynalite grew.
LACKS = {
    "moto": {
        "lag of an index": "every index is up to date at once: FakeStore.lag stands in for it",
        "throttling": "it never says that it is busy: a hook on the client does, below",
        "expiry by the table": "it deletes nothing by itself: sweep deletes, and every read looks",
        "exact conditions under threads": "it checks first and writes later: dynalite is exact",
    },
    "dynalite": {
        "transact_write_items": "one item holds a report and its queue entry, so that none is needed",
        "update_time_to_live": "the package's template sets it, and nothing here relies on it",
        "describe_continuous_backups": "backups are the template's business",
        "execute_statement": "we never ask in PartiQL",
    },
}
_NEEDED: dict[str, dict[str, Any]] = {
    "transact_write_items": {
        "TransactItems": [{"Delete": {"TableName": "reports", "Key": {"pk": {"S": "a"}}}}]
    },
    "update_time_to_live": {
        "TableName": "reports",
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires_at"},
    },
    "describe_continuous_backups": {"TableName": "reports"},
    "execute_statement": {"Statement": "SELECT * FROM reports"},
}


@pytest.mark.parametrize("operation", sorted(LACKS["dynalite"]))
def test_dynalite_still_lacks_what_we_say_it_lacks(dynalite_client: Any, operation: str) -> None:
    with pytest.raises(ClientError, match="UnknownOperation"):
        getattr(dynalite_client, operation)(**_NEEDED[operation])


@pytest.fixture
def reports(aws: None) -> DynamoReports:
    """The adapter on moto, with a client that tries once, so that no test waits for a second try."""
    table = new_table(client("dynamodb", 1))
    return DynamoReports(lambda: client("dynamodb", 1), table)


@contextmanager
def responding(dynamodb: Any, code: str, status: int = 400) -> Iterator[None]:
    """Let DynamoDB answer each call with an error."""

    def respond(request: Any, **_: Any) -> AWSResponse:
        return error_response(request, code, status)

    dynamodb.meta.events.register_first("before-send.dynamodb", respond)
    try:
        yield
    finally:
        dynamodb.meta.events.unregister("before-send.dynamodb", respond)


def error_response(request: Any, code: str, status: int) -> AWSResponse:
    """Return what AWS would answer."""
    response = AWSResponse(request.url, status, {}, None)
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "as told"})
    response._content = body.encode()
    return response


OPERATIONS: list[Callable[[DynamoReports], object]] = [
    lambda store: store.add(report()),
    lambda store: store.get(report().id, NOON),
    lambda store: store.look_up(report().id, NOON),
    lambda store: store.due(NOON, 10),
    lambda store: store.claim(report().id, NOON, NOON + DAY),
    lambda store: store.save(report()),
    lambda store: store.count("hour", ["all"], NOON),
    lambda store: store.keep_batch("b", [], NOON),
    lambda store: store.batch("b"),
    lambda store: list(store.expired(NOON)),
    lambda store: store.delete("report#a", NOON),
]


@pytest.mark.parametrize("code", ["ThrottlingException", "ProvisionedThroughputExceededException"])
def test_a_busy_table_is_said_to_be_busy(reports: DynamoReports, code: str) -> None:
    with responding(client("dynamodb", 1), code):
        for call in OPERATIONS:
            with pytest.raises(StoreBusy):
                call(reports)


@pytest.mark.parametrize("code", ["AccessDeniedException", "InternalServerError", "SomethingNew"])
def test_any_other_trouble_of_the_table_is_said_to_be_its_absence(reports: DynamoReports, code: str) -> None:
    with responding(client("dynamodb", 1), code, 500 if code == "InternalServerError" else 400):
        for call in OPERATIONS:
            with pytest.raises(StoreUnavailable, match=code):
                call(reports)


def test_a_mistake_of_ours_is_not_taken_for_an_absence(reports: DynamoReports) -> None:
    with responding(client("dynamodb", 1), "ValidationException"):
        for call in OPERATIONS:
            with pytest.raises(ClientError):
                call(reports)


def test_a_call_that_the_library_refuses_is_not_taken_for_an_absence(reports: DynamoReports) -> None:
    with pytest.raises(ParamValidationError):
        reports._call("get_item", Key="not a key")


def test_a_table_that_is_not_there_is_an_absence(aws: None) -> None:
    with pytest.raises(StoreUnavailable, match="ResourceNotFoundException"):
        DynamoReports(lambda: client("dynamodb"), "no-such-table").add(report())


def test_an_address_where_nobody_listens_is_an_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free.getsockname()[1]}")
    client.cache_clear()
    try:
        with pytest.raises(StoreUnavailable, match="EndpointConnectionError"):
            DynamoReports(lambda: client("dynamodb"), "reports").add(report())
    finally:
        client.cache_clear()


def test_a_report_stored_by_a_try_whose_answer_was_lost_counts_as_taken(aws: None) -> None:
    dynamodb = client("dynamodb")  # it tries once more by itself; the second try finds what the first stored
    table = new_table(dynamodb)
    reports = DynamoReports(lambda: dynamodb, table)
    tries: list[Any] = []

    def lose_the_first_answer(request: Any, **_: Any) -> AWSResponse | None:
        tries.append(request)
        if len(tries) > 1:
            return None
        DynamoReports(lambda: client("dynamodb", 1), table).add(report())
        return error_response(request, "InternalServerError", 500)

    dynamodb.meta.events.register_first("before-send.dynamodb.PutItem", lose_the_first_answer)
    with pytest.raises(ReceiptTaken):
        reports.add(report())
    # A refusal leads to a receipt as well, so it is asked for once more, on a new connection.
    assert len(tries) == 3
    assert reports.get(report().id, NOON) == report()


def test_looking_up_a_code_brings_no_sealed_words_out_of_the_table(dynamodb: Any, table: str) -> None:
    items: list[Any] = []

    def record(parsed: Any, **_: Any) -> None:
        items.append(parsed["Item"])

    store = DynamoReports(lambda: dynamodb, table)
    store.add(report())
    dynamodb.meta.events.register("after-call.dynamodb.GetItem", record)
    try:
        store.look_up(report().id, NOON)
    finally:
        dynamodb.meta.events.unregister("after-call.dynamodb.GetItem", record)
    [item] = items
    assert "deliveries" in item
    assert not {"sealed", "reporter_key"} & set(item)


def test_an_item_of_a_finished_report_is_in_no_index_of_what_is_due(dynamodb: Any, table: str) -> None:
    store = DynamoReports(lambda: dynamodb, table)
    store.add(report())
    store.save(done(report()))
    (item,) = dynamodb.scan(TableName=table)["Items"]
    assert not {"due_shard", "due_at", "leased_until"} & set(item)
    assert int(item["expires_at"]["N"]) > NOON.timestamp()


def test_reports_spread_over_all_shards_of_the_index(dynamodb: Any, table: str) -> None:
    store = DynamoReports(lambda: dynamodb, table)
    for number in range(1, 9):
        store.add(report(number))
    shards = {item["due_shard"]["S"] for item in dynamodb.scan(TableName=table)["Items"]}
    assert len(shards) == 4


def test_what_hides_a_report_in_the_queue_counts_as_a_lease(dynamodb: Any, table: str) -> None:
    store = DynamoReports(lambda: dynamodb, table)
    store.add(report())
    (seen,) = store.survey(NOON)
    assert seen.leased_until is None
    dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": f"report#{report().id}"}},
        UpdateExpression="SET due_at = :later",
        ExpressionAttributeValues={":later": {"N": str(int((NOON + 400 * DAY).timestamp() * 1000))}},
    )
    (seen,) = store.survey(NOON)
    assert seen.leased_until == NOON + 400 * DAY
    store.change(replace(seen, leased_until=None))
    assert store.due(NOON, 10) == [report().id]
