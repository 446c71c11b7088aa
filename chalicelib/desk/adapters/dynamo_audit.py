"""The audit log in DynamoDB, in a table of its own.

The admin function's role may add lines and read them, no more.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from chalicelib.desk.ports import AuditEntry
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import ConditionFailed, Table

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
        entries: list[AuditEntry] = []
        start: dict[str, Any] = {}
        while True:
            response = self._call(
                "query",
                KeyConditionExpression="#month = :month",
                ExpressionAttributeNames={"#month": "month"},
                ExpressionAttributeValues={":month": _write(month)},
                ScanIndexForward=False,
                ConsistentRead=True,
                **start,
            )
            entries += [_entry(item) for item in response["Items"]]
            if "LastEvaluatedKey" not in response:
                return entries
            start = {"ExclusiveStartKey": response["LastEvaluatedKey"]}


def _entry(item: dict[str, Any]) -> AuditEntry:
    read = {name: _read(value) for name, value in item.items()}
    at = datetime.fromisoformat(read["at"].partition(" ")[0])
    return AuditEntry(at=at, **{name: read.get(name, "") for name in (*_ALWAYS, *_WHEN_KNOWN)})
