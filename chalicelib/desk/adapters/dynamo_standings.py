"""Dates of account changes in DynamoDB, in the table of the access function, which outlives the stack.

Only that function's role may add dates and replace them; the admin function's may read them. The pool's own
date of each account is kept by the pool. Dates of stages before that function lie in the documents table,
where no role may write them any more: of two dates of one thing the later counts.

A person's item is under `person#<id>`; its sort key leaves room for what belongs to a person at one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.desk.agreements import DATES
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import table_definition as table_definition
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import Table


class DynamoStandings:
    """The StandingBook on DynamoDB: one item for each person, under the pool's id.

    `before` is the table in which dates were kept earlier; it is read and never written.
    """

    def __init__(self, client: Callable[[], Any], table: str, before: str) -> None:
        self._call = Table(client, table).call
        self._call_before = Table(client, before).call

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
        now, before = (self._dates(call, person) for call in (self._call, self._call_before))
        return {**before, **{name: max(at, before.get(name, at)) for name, at in now.items()}}

    def _dates(self, call: Callable[..., Any], person: str) -> Mapping[str, datetime]:
        response = call("get_item", Key=_key(person), ConsistentRead=True)
        item = {name: _read(value) for name, value in response.get("Item", {}).items()}
        return {name: datetime.fromisoformat(item[name]).astimezone(UTC) for name in DATES if item.get(name)}


def _key(person: str) -> dict[str, Any]:
    return {"pk": {"S": f"person#{person}"}, "sk": {"S": "dates"}}
