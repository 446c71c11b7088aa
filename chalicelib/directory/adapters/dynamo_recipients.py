"""Recipients in the access function's DynamoDB table, which alone says where reports go.

Rows lie in one partition, beside a mark that all of them were moved there; accepted changes in another, whose
form is that of desk/adapters/dynamo_delayed_changes.py. Only the access function writes; who delivers reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.directory.recipient_rows import (
    SUBJECT,
    Coming,
    RecipientRow,
    Recipients,
    RecipientsMissing,
)
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import ConditionFailed, Table
from chalicelib.shared.errors import StaleRecord

_ROWS, _CHANGES = "recipient", "waiting"
_MOVED = "."  # no id of a recipient has this sign
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_RANK = "1-"  # after those that were moved here


class DynamoRecipients:
    """Rows of recipients on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._table = Table(client, table, "pk", "sk")

    def read(self) -> Recipients:
        """Return all rows and changes. Raises RecipientsMissing while they were not moved here."""
        return recipients_of(self._table.partition(_ROWS), self._table.partition(_CHANGES))

    def is_moved(self) -> bool:
        """Say whether recipients were moved into this table."""
        return "Item" in self._table.call("get_item", Key=_key(_MOVED), ConsistentRead=True)

    def rows(self) -> list[RecipientRow]:
        """Return the rows, also while not all of them are here."""
        return [_row(item) for item in self._table.partition(_ROWS) if _read(item["sk"]) != _MOVED]

    def put(self, row: RecipientRow) -> None:
        """Write a row over the version before it. The same again does nothing. Raises StaleRecord."""
        item = {
            **_key(row.id),
            "entry": _write(json.dumps(dict(row.entry), ensure_ascii=False, sort_keys=True)),
            "rank": _write(row.rank),
            "version": _write(row.version),
            "gone": _write(row.gone),
            "earlier": _write([[until.isoformat(), *pair] for until, *pair in row.earlier]),
        }
        known = {":before": _write(row.version - 1)}
        condition = {"ExpressionAttributeValues": known} if row.version > 1 else {}
        only_if = "version = :before" if row.version > 1 else "attribute_not_exists(pk)"

        def is_mine(found: Mapping[str, Any]) -> bool:
            return _row(found) == _row(item)

        try:
            self._table.write("put_item", is_mine, Item=item, ConditionExpression=only_if, **condition)
        except ConditionFailed as error:
            raise StaleRecord("somebody else settled this recipient meanwhile") from error

    def mark_moved(self, now: datetime, by: str) -> None:
        """Say that all rows are here: from now on mail goes by them."""
        item = {**_key(_MOVED), "at": _write(now.isoformat()), "by": _write(by)}
        self._table.call("put_item", Item=item)


def recipients_of(rows: Iterable[Mapping[str, Any]], changes: Iterable[Mapping[str, Any]]) -> Recipients:
    """Return what the items of both partitions say. Raises RecipientsMissing."""
    items = list(rows)
    if not any(_read(item["sk"]) == _MOVED for item in items):
        raise RecipientsMissing("no recipients were moved into this table yet")
    coming = (item for item in changes if str(_read(item["sk"])).startswith(SUBJECT))
    return Recipients(
        [_row(item) for item in items if _read(item["sk"]) != _MOVED], [_coming(item) for item in coming]
    )


def _key(id_: str) -> dict[str, Any]:
    return {"pk": _write(_ROWS), "sk": _write(id_)}


def _row(item: Mapping[str, Any]) -> RecipientRow:
    value = {name: _read(one) for name, one in item.items()}
    earlier = tuple((datetime.fromisoformat(until), *pair) for until, *pair in value["earlier"])
    return RecipientRow(
        str(value["sk"]),
        json.loads(value["entry"]),
        str(value["rank"]),
        int(value["version"]),
        bool(value["gone"]),
        earlier,
    )


def _coming(item: Mapping[str, Any]) -> Coming:
    value = {name: _read(one) for name, one in item.items()}
    after = str(value["after"])
    return Coming(
        str(value["sk"]).removeprefix(SUBJECT),
        json.loads(after) if after else None,
        _EPOCH_RANK + f"{int(value['accepted_at']):020d}",
        _EPOCH + timedelta(microseconds=int(value["settles_at"])),
        "stopped_at" in value,
    )
