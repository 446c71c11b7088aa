"""Cases for the delivery desk, through an index that holds no report's words and no keys.

The admin function's role may read this index and no item of the table, and may write no attribute but those
that say how a delivery goes (`WRITTEN`): what it cannot reach, it cannot leak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from chalicelib.adapters.aws import code_of, store_faults
from chalicelib.adapters.dynamo_reports import DESK_INDEX, from_index, to_item
from chalicelib.domain.deliveries import SealedReport
from chalicelib.domain.errors import StaleRecord

# The attributes that the desk writes; the policy of the admin function names the same and no other.
WRITTEN = (
    "deliveries",
    "version",
    "due_shard",
    "due_at",
    "leased_until",
    "watch_at",
    "answered_at",
    "legal_hold",
    "expires_at",
)

_write = TypeSerializer().serialize


class DynamoDesk:
    """The Cases port on the reports table."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table

    def find(self, case_number: str, now: datetime) -> SealedReport | None:
        """Look a case up in the index, which may lag a moment behind."""
        with store_faults():
            answer = self._client().query(
                TableName=self._table,
                IndexName=DESK_INDEX,
                KeyConditionExpression="case_number = :number",
                ExpressionAttributeValues={":number": _write(case_number)},
            )
        return next(_kept(answer["Items"], now), None)

    def all(self, now: datetime) -> Iterable[SealedReport]:
        """Read the whole index: it holds some hundred bytes a case."""
        start: dict[str, Any] = {}
        while True:
            with store_faults():
                answer = self._client().scan(TableName=self._table, IndexName=DESK_INDEX, **start)
            yield from _kept(answer["Items"], now)
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def change(self, case: SealedReport) -> None:
        """Write what may be written, if nobody changed the case since: a worker's lease stays its own."""
        item = {**to_item(case), "version": _write(case.version + 1)}
        kept = [name for name in WRITTEN if name in item]
        gone = [name for name in WRITTEN if name not in item]
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in kept)
        if gone:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
        with store_faults():
            try:
                self._client().update_item(
                    TableName=self._table,
                    Key={"pk": item["pk"]},
                    UpdateExpression=expression,
                    ConditionExpression="#version = :read",
                    ExpressionAttributeNames={f"#{name}": name for name in WRITTEN},
                    ExpressionAttributeValues={
                        ":read": _write(case.version),
                        **{f":{name}": item[name] for name in kept},
                    },
                )
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                stale = True
            else:
                stale = False
        if stale:
            raise StaleRecord("changed by somebody else")


def _kept(items: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[SealedReport]:
    for item in items:
        case = from_index(item)
        if case.expires_at is None or case.expires_at > now:
            yield case
