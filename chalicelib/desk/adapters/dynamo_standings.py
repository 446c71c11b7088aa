"""Dates of account changes in DynamoDB, in the documents table, which outlives the stack.

The admin function's role may add dates and replace them, and may not take a person's dates away. The pool's
own date of each account is kept by the pool.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.desk.agreements import DATES
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import Table


class DynamoStandings:
    """The StandingBook on DynamoDB: one item for each person, under the pool's id."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._call = Table(client, table).call

    def record(self, person: str, what: str, at: datetime) -> None:
        """Record one date, and leave the others."""
        if not person or what not in DATES:
            raise ValueError("a date of whom?")
        self._call(
            "update_item",
            Key=_key(person),
            UpdateExpression="SET #what = :at",
            ExpressionAttributeNames={"#what": what},
            ExpressionAttributeValues={":at": _write(at.isoformat())},
        )

    def dates(self, person: str) -> Mapping[str, datetime]:
        """Read the dates of a person."""
        response = self._call("get_item", Key=_key(person), ConsistentRead=True)
        item = {name: _read(value) for name, value in response.get("Item", {}).items()}
        return {name: datetime.fromisoformat(item[name]).astimezone(UTC) for name in DATES if item.get(name)}


def _key(person: str) -> dict[str, Any]:
    return {"pk": {"S": f"person#{person}"}, "sk": {"S": "dates"}}
