"""Delayed changes in the access function's DynamoDB table: one item a subject, each write conditional.

They lie in one partition, so that all that waits is one query. Only the access function's role may write it;
who delivers reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.desk.delayed_changes import DelayedChange, StopCode
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import ConditionFailed, Table
from chalicelib.shared.errors import StaleRecord

PARTITION = "waiting"
_TEXTS = ("id", "kind", "place", "before", "after", "stopped_by")
_LISTS = ("described", "by")
_TIMES = ("accepted_at", "settles_at", "expires_at", "stopped_at", "taken_up_at")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT = timedelta(microseconds=1)
_OPEN = "id = :id AND attribute_not_exists(stopped_at) AND attribute_not_exists(taken_up_at)"


class DynamoDelayedChanges:
    """The DelayedChanges on DynamoDB. Times are whole microseconds, so that conditions compare them."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._table = Table(client, table, "pk", "sk")
        self._call = self._table.call

    def all(self) -> Sequence[DelayedChange]:
        """Return the newest change of each subject, by subject."""
        return [_change(item) for item in self._table.partition(PARTITION)]

    def of(self, subject: str) -> DelayedChange | None:
        """Return the newest change of a subject."""
        item = self._call("get_item", Key=_key(subject), ConsistentRead=True).get("Item")
        return _change(item) if item else None

    def accept(self, change: DelayedChange, over: str) -> None:
        """Keep a change in the place of the one with the id `over`. Raises StaleRecord."""
        only_if = "id = :over" if over else "attribute_not_exists(pk)"
        arguments: dict[str, Any] = {}
        if over:
            arguments["ExpressionAttributeValues"] = {":over": _write(over)}
        self._write(change, "put_item", Item=_item(change), ConditionExpression=only_if, **arguments)

    def stop(self, change: DelayedChange, by: str, now: datetime) -> None:
        """Stop a change for good. Raises StaleRecord."""
        self._write(
            change,
            "update_item",
            Key=_key(change.subject),
            UpdateExpression="SET stopped_at = :now, stopped_by = :by",
            ConditionExpression=f"{_OPEN} AND (settles_at > :now OR expires_at > :now)",
            ExpressionAttributeValues={
                ":id": _write(change.id),
                ":now": _write(_number(now)),
                ":by": _write(by),
            },
            mine=lambda item: _same(item, "stopped_at", now) and _read(item["stopped_by"]) == by,
        )

    def take_up(self, change: DelayedChange, now: datetime) -> None:
        """Mark a change with an end as taken up. Raises StaleRecord."""
        self._write(
            change,
            "update_item",
            Key=_key(change.subject),
            UpdateExpression="SET taken_up_at = :now",
            ConditionExpression=f"{_OPEN} AND settles_at <= :now AND expires_at > :now",
            ExpressionAttributeValues={":id": _write(change.id), ":now": _write(_number(now))},
            mine=lambda item: _same(item, "taken_up_at", now),
        )

    def forget(self, change: DelayedChange) -> None:
        """Drop a change, unless another has its place."""
        try:
            self._table.remove(
                _key(change.subject),
                ConditionExpression="id = :id",
                ExpressionAttributeValues={":id": _write(change.id)},
            )
        except ConditionFailed:
            return

    def _write(
        self,
        change: DelayedChange,
        operation: str,
        mine: Callable[[Mapping[str, Any]], bool] = lambda item: True,
        **arguments: Any,
    ) -> None:
        def is_mine(item: Mapping[str, Any]) -> bool:
            return _read(item["id"]) == change.id and mine(item)

        try:
            self._table.write(operation, is_mine, **arguments)
        except ConditionFailed as error:
            raise StaleRecord("somebody else changed this meanwhile, or it is in effect") from error


def _key(subject: str) -> dict[str, Any]:
    return {"pk": _write(PARTITION), "sk": _write(subject)}


def _item(change: DelayedChange) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(change, name) for name in _TEXTS}
    values |= {name: list(getattr(change, name)) for name in _LISTS}
    values |= {name: _number(at) for name in _TIMES if (at := getattr(change, name)) is not None}
    values["codes"] = [[code.handle, code.digest, code.whose] for code in change.codes]
    return _key(change.subject) | {name: _write(value) for name, value in values.items()}


def _change(item: Mapping[str, Any]) -> DelayedChange:
    values: dict[str, Any] = {name: _read(value) for name, value in item.items()}
    known: dict[str, Any] = {name: str(values[name]) for name in _TEXTS}
    known |= {name: tuple(values[name]) for name in _LISTS}
    known |= {name: _moment(values[name]) for name in _TIMES if name in values}
    codes = tuple(StopCode(*code) for code in values["codes"])
    return DelayedChange(subject=str(values["sk"]), codes=codes, **known)


def _same(item: Mapping[str, Any], name: str, at: datetime) -> bool:
    return name in item and int(_read(item[name])) == _number(at)


def _number(at: datetime) -> int:
    return (at - _EPOCH) // _MOMENT


def _moment(number: Any) -> datetime:
    return _EPOCH + int(number) * _MOMENT
