"""The audit log in DynamoDB, in a table of its own.

The admin function's role may add lines and read them, no more.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from chalicelib.desk.ports import AuditEntry
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import ConditionFailed, Table

_CHUNK = 100
KEPT = timedelta(days=366)

_ALWAYS = ("who", "role", "did", "about", "why")
_WHEN_KNOWN = ("before", "after", "outcome", "told", "deed")  # lines of 2026 have none of them


def table_definition(name: str) -> dict[str, Any]:
    """Return CreateTable's arguments: for local runs and tests; the template says the same for AWS."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "month", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "month", "KeyType": "HASH"},
            {"AttributeName": "at", "KeyType": "RANGE"},
        ],
    }


class DynamoAudit:
    """The AuditLog on DynamoDB: one partition a month. Time to live, a year, is on `expires_at`."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._call = Table(client, table).call

    def add(self, entry: AuditEntry) -> None:
        """Append one line under a key that was never used: no line replaces another.

        Where the key is used all the same, it is by a first try of this call, whose answer was lost.
        """
        moment = f"{entry.at:%Y-%m-%dT%H:%M:%S.%f}Z {secrets.token_hex(4)}"
        item = {
            "month": f"{entry.at:%Y-%m}",
            "at": moment,
            "expires_at": int((entry.at + KEPT).timestamp()),
            **{name: getattr(entry, name) for name in _ALWAYS},
            **{name: value for name in _WHEN_KNOWN if (value := getattr(entry, name))},
        }
        with suppress(ConditionFailed):
            self._call(
                "put_item",
                Item={name: _write(value) for name, value in item.items()},
                ConditionExpression="attribute_not_exists(#month)",
                ExpressionAttributeNames={"#month": "month"},
            )

    def entries(self, month: str) -> Sequence[AuditEntry]:
        """Return all lines of a month, newest first."""
        return [_entry(item) for item in self._items(month)]

    def lines(
        self, month: str, position: str = "", newest_first: bool = True
    ) -> Iterator[tuple[str, AuditEntry]]:
        """Return lines beyond a sort key, a hundred in a query."""
        for item in self._items(month, position, newest_first, Limit=_CHUNK):
            yield str(_read(item["at"])), _entry(item)

    def _items(
        self, month: str, position: str = "", newest_first: bool = True, **more: Any
    ) -> Iterator[dict[str, Any]]:
        values = {":month": _write(month), **({":position": _write(position)} if position else {})}
        beyond = f" AND #at {'<' if newest_first else '>'} :position" if position else ""
        start: dict[str, Any] = {}
        while True:
            response = self._call(
                "query",
                KeyConditionExpression="#month = :month" + beyond,
                ExpressionAttributeNames={"#month": "month", **({"#at": "at"} if position else {})},
                ExpressionAttributeValues=values,
                ScanIndexForward=not newest_first,
                ConsistentRead=True,
                **more,
                **start,
            )
            yield from response["Items"]
            if "LastEvaluatedKey" not in response:
                return
            start = {"ExclusiveStartKey": response["LastEvaluatedKey"]}


def _entry(item: dict[str, Any]) -> AuditEntry:
    read = {name: _read(value) for name, value in item.items()}
    at = datetime.fromisoformat(read["at"].partition(" ")[0])
    return AuditEntry(at=at, **{name: read.get(name, "") for name in (*_ALWAYS, *_WHEN_KNOWN)})
