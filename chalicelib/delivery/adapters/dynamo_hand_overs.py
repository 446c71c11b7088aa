"""Agreements to hand-overs in the access function's DynamoDB table: a row each, an attribute a person.

Only the access function's role may write this partition; who delivers reads it. Two people who agree at once
write two attributes and lose nothing. The table forgets a row some time after its last agreement counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.delivery.agreed_hand_overs import COUNTS_FOR, AgreedHandOver, Agreement, HandOverKey
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import ConditionFailed, Table

_ROWS = "handover"
_BY = "by "  # and an address: no key has a space
_BETWEEN = "#"  # in no number and in no slug
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT = timedelta(microseconds=1)


class DynamoHandOvers:
    """The AgreedHandOvers on DynamoDB. Times are whole microseconds."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._table = Table(client, table, "pk", "sk")
        self._call = self._table.call

    def all(self) -> Sequence[AgreedHandOver]:
        """Return every row, in the order of case numbers."""
        items = self._table.partition(_ROWS)
        return [row for item in items if (row := _row(item)) is not None]

    def of(self, asked: HandOverKey) -> AgreedHandOver:
        """Return the row of one hand-over."""
        item = self._call("get_item", Key=_key(asked), ConsistentRead=True).get("Item")
        return (_row(item) if item else None) or AgreedHandOver(asked)

    def agree(self, asked: HandOverKey, agreement: Agreement) -> None:
        """Write an agreement; the row is kept for as long as it counts."""
        value = {"at": _number(agreement.at), "id": agreement.account, "seen": agreement.seen}
        self._call(
            "update_item",
            Key=_key(asked),
            UpdateExpression="SET #by = :value, expires_at = :end",
            ExpressionAttributeNames={"#by": _BY + agreement.by},
            ExpressionAttributeValues={
                ":value": _write(value),
                ":end": _write(int((agreement.at + COUNTS_FOR).timestamp()) + 1),
            },
        )

    def take_back(self, asked: HandOverKey, by: str) -> None:
        """Remove an agreement from a row that is there."""
        try:
            self._call(
                "update_item",
                Key=_key(asked),
                UpdateExpression="REMOVE #by",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#by": _BY + by},
            )
        except ConditionFailed:
            return


def _key(asked: HandOverKey) -> dict[str, Any]:
    if not all(asked) or any(_BETWEEN in part for part in asked):
        raise ValueError("not a hand-over")
    return {"pk": _write(_ROWS), "sk": _write(_BETWEEN.join(asked))}


def _row(item: Mapping[str, Any]) -> AgreedHandOver | None:
    """Return a row as it is stored, or None for what is none."""
    parts = str(_read(item["sk"])).split(_BETWEEN)
    if len(parts) != len(HandOverKey._fields) or not all(parts):
        return None
    found = [
        _agreement(name.removeprefix(_BY), _read(value))
        for name, value in item.items()
        if name.startswith(_BY)
    ]
    return AgreedHandOver(HandOverKey(*parts), tuple(sorted(found, key=lambda one: (one.at, one.by))))


def _agreement(by: str, stored: Mapping[str, Any]) -> Agreement:
    return Agreement(by, str(stored["id"]), _EPOCH + int(stored["at"]) * _MOMENT, str(stored["seen"]))


def _number(at: datetime) -> int:
    return (at - _EPOCH) // _MOMENT
