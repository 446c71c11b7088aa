"""A DynamoDB in memory: the operations our store uses, each at once or not at all, with an index that lags.

It exists because moto takes ten times as long for each call; it passes the same contract as the others
(tests/tools/test_chaos_standins.py).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tools.chaos.expressions import Item, condition, update

Json = dict[str, Any]


class Refused(Exception):
    """DynamoDB's way of saying no: `code` is the name of the exception that its clients know."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Table:
    """One table with our key, `pk`, and its index `due`.

    The index shows a write `lag()` seconds later.
    """

    def __init__(self, definition: Json, lag: Callable[[], float]) -> None:
        self.definition = definition
        self.items: dict[str, Item] = {}
        self._lag = lag
        self._due: dict[str, dict[str, Decimal]] = {}
        self._where: dict[str, str] = {}
        self._coming: deque[tuple[float, str, str, Decimal | None]] = deque()

    def write(self, pk: str, item: Item | None) -> None:
        """Put an item, or delete it (None)."""
        if item is None:
            self.items.pop(pk, None)
        else:
            self.items[pk] = item
        shard = item.get("due_shard", {}).get("S", "") if item else ""
        due_at = Decimal(item["due_at"]["N"]) if item and "due_at" in item else None
        self._coming.append((time.monotonic() + self._lag(), pk, shard, due_at))

    def count_due(self, until: Decimal) -> int:
        """Return how many items are due, as the table itself has it."""
        times = (item["due_at"]["N"] for item in self.items.values() if "due_at" in item)
        return sum(Decimal(time) <= until for time in times)

    def due(self, shard: str, until: Decimal) -> list[tuple[Decimal, str]]:
        """Return what the index shows now: (due_at, pk) up to `until`, in order."""
        now = time.monotonic()
        while self._coming and self._coming[0][0] <= now:
            _, pk, there, due_at = self._coming.popleft()
            self._due.get(self._where.pop(pk, ""), {}).pop(pk, None)
            if due_at is not None and there:
                self._due.setdefault(there, {})[pk] = due_at
                self._where[pk] = there
        return sorted((at, pk) for pk, at in self._due.get(shard, {}).items() if at <= until)


class MemoryDynamo:
    """Answers DynamoDB's calls. `on_put` hears who put which item, `on_delete` which one goes."""

    def __init__(
        self,
        lag: Callable[[], float] = lambda: 0.0,
        on_put: Callable[[str, Item], None] = lambda caller, item: None,
        on_delete: Callable[[Item], None] = lambda item: None,
    ) -> None:
        self.tables: dict[str, Table] = {}
        self._lag = lag
        self._on_put = on_put
        self._on_delete = on_delete

    def call(self, operation: str, asked: Json, caller: str = "") -> Json:
        """Do one operation. Raises Refused."""
        if operation == "CreateTable":
            self.tables[asked["TableName"]] = Table(asked, self._lag)
            return {"TableDescription": {"TableName": asked["TableName"], "TableStatus": "CREATING"}}
        table = self.tables.get(asked["TableName"])
        if table is None:
            raise Refused("ResourceNotFoundException", "Requested resource not found")
        does: Mapping[str, Callable[[Table, Json, str], Json]] = {
            "DescribeTable": self._describe,
            "PutItem": self._put,
            "GetItem": self._get,
            "UpdateItem": self._update,
            "DeleteItem": self._delete,
            "Query": self._query,
            "Scan": self._scan,
        }
        if operation not in does:
            raise Refused("UnknownOperationException", operation)
        answer = does[operation](table, asked, caller)
        if asked.get("ReturnConsumedCapacity") == "TOTAL":
            answer["ConsumedCapacity"] = {"TableName": asked["TableName"], "CapacityUnits": 1.0}
        return answer

    def _describe(self, table: Table, asked: Json, caller: str) -> Json:
        return {"Table": {"TableName": asked["TableName"], "TableStatus": "ACTIVE"}}

    def _put(self, table: Table, asked: Json, caller: str) -> Json:
        item = asked["Item"]
        pk = item["pk"]["S"]
        self._check(table.items.get(pk), asked)
        table.write(pk, item)
        self._on_put(caller, item)
        return {}

    def _get(self, table: Table, asked: Json, caller: str) -> Json:
        item = table.items.get(asked["Key"]["pk"]["S"])
        return {} if item is None else {"Item": _projected(item, asked)}

    def _update(self, table: Table, asked: Json, caller: str) -> Json:
        pk = asked["Key"]["pk"]["S"]
        before = table.items.get(pk)
        self._check(before, asked)
        names, values = asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})
        start: Item = before if before is not None else dict(asked["Key"])
        after = update(asked["UpdateExpression"])(start, names, values)
        table.write(pk, after)
        match asked.get("ReturnValues", "NONE"):
            case "ALL_NEW":
                return {"Attributes": after}
            case "UPDATED_NEW":
                return {"Attributes": {name: after[name] for name in after if after[name] != start.get(name)}}
        return {}

    def _delete(self, table: Table, asked: Json, caller: str) -> Json:
        pk = asked["Key"]["pk"]["S"]
        item = table.items.get(pk)
        self._check(item, asked)
        table.write(pk, None)
        if item is not None:
            self._on_delete(item)
        return {"Attributes": item} if item and asked.get("ReturnValues") == "ALL_OLD" else {}

    def _query(self, table: Table, asked: Json, caller: str) -> Json:
        values = asked["ExpressionAttributeValues"]
        shard, until = values[":shard"]["S"], Decimal(values[":now"]["N"])
        found = table.due(shard, until)[: asked.get("Limit", 1000)]
        items = [{"pk": {"S": pk}, "due_shard": {"S": shard}, "due_at": {"N": str(at)}} for at, pk in found]
        return {"Items": items, "Count": len(items)}

    def _scan(self, table: Table, asked: Json, caller: str) -> Json:
        names, values = asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})
        fits = condition(asked["FilterExpression"])
        keys = sorted(table.items)
        start = asked.get("ExclusiveStartKey", {}).get("pk", {}).get("S", "")
        page = [key for key in keys if key > start][:500]
        items = [_projected(table.items[key], asked) for key in page if fits(table.items[key], names, values)]
        answer: Json = {"Items": items, "Count": len(items)}
        if page and page[-1] != keys[-1]:
            answer["LastEvaluatedKey"] = {"pk": {"S": page[-1]}}
        return answer

    def _check(self, item: Item | None, asked: Json) -> None:
        if "ConditionExpression" not in asked:
            return
        names, values = asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})
        if not condition(asked["ConditionExpression"])(item or {}, names, values):
            raise Refused("ConditionalCheckFailedException", "The conditional request failed")


def _projected(item: Item, asked: Json) -> Item:
    """Return the attributes of an item that were asked for: all of them, unless there is a projection."""
    if "ProjectionExpression" not in asked:
        return item
    names = asked.get("ExpressionAttributeNames", {})
    wanted = [names.get(name.strip(), name.strip()) for name in asked["ProjectionExpression"].split(",")]
    return {name: item[name] for name in wanted if name in item}
