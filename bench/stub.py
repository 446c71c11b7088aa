"""DynamoDB, SES and Secrets Manager as far as our functions ask, in memory and as fast as Python goes.

It judges nothing: it stands in so that what is measured is our side of the line.
"""

from __future__ import annotations

import base64
import heapq
import json
import re
import threading
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bench.kept_open import KeptOpen, http

Item = dict[str, Any]


class ConditionFailed(Exception):
    """A conditional write was refused."""


class Stub:
    """One address for all three services, served from threads of this process."""

    def __init__(self, secrets: Mapping[str, Any]) -> None:
        self._secrets = secrets
        self.items: dict[str, Item] = {}
        self.rows: dict[str, dict[str, Item]] = {}  # by both keys: recipients
        self.due: dict[str, dict[str, Decimal]] = {}
        self.mails = 0
        self.calls: dict[str, int] = {}
        self._lock = threading.Lock()
        self._server = KeptOpen(self._answer)
        self.address = self._server.address

    def environment(self) -> dict[str, str]:
        """Return what makes boto3 turn here."""
        return {"AWS_ENDPOINT_URL": self.address}

    def close(self) -> None:
        """Take no more connections."""
        self._server.close()

    def put(self, item: Item) -> None:
        """Store an item, and keep the index of what is due."""
        key = item["pk"]["S"]
        if "sk" in item:
            self.rows.setdefault(key, {})[item["sk"]["S"]] = item
            return
        old = self.items.get(key)
        if old is not None and "due_shard" in old:
            self.due[old["due_shard"]["S"]].pop(key, None)
        self.items[key] = item
        if "due_shard" in item:
            self.due.setdefault(item["due_shard"]["S"], {})[key] = Decimal(item["due_at"]["N"])

    # The calls

    def _put_item(self, asked: Item) -> Item:
        item, condition = asked["Item"], asked.get("ConditionExpression", "")
        old = self.items.get(item["pk"]["S"])
        if condition == "attribute_not_exists(pk)" and old is not None:
            raise ConditionFailed
        if condition == "version = :read" and (
            old is None or old["version"] != asked["ExpressionAttributeValues"][":read"]
        ):
            raise ConditionFailed
        self.put(item)
        return {}

    def _update_item(self, asked: Item) -> Item:
        key, values = asked["Key"]["pk"]["S"], asked["ExpressionAttributeValues"]
        if key.startswith("count#"):
            names = asked.get("ExpressionAttributeNames", {}).values()
            return {"Attributes": {name: {"N": "1"} for name in names}}
        old = self.items.get(key)
        if old is None or "due_at" not in old or Decimal(old["due_at"]["N"]) > Decimal(values[":now"]["N"]):
            raise ConditionFailed
        claimed = {**old, "due_at": values[":until"], "leased_until": values[":until"]}
        claimed["version"] = {"N": str(int(old["version"]["N"]) + 1)}
        self.put(claimed)
        return {"Attributes": claimed}

    def _get_item(self, asked: Item) -> Item:
        item = self.items.get(asked["Key"]["pk"]["S"])
        return {} if item is None else {"Item": item}

    def _query(self, asked: Item) -> Item:
        values = asked["ExpressionAttributeValues"]
        if ":shard" not in values:  # recipients; of the desk's wishes there are none
            found_rows = list(self.rows.get(values.get(":where", {}).get("S", ""), {}).values())
            return {"Items": found_rows, "Count": len(found_rows)}
        by, shard = Decimal(values[":now"]["N"]), values[":shard"]["S"]
        waiting = ((at, key) for key, at in self.due.get(shard, {}).items() if at <= by)
        found = heapq.nsmallest(asked.get("Limit", 1000), waiting)
        return {
            "Items": [{"pk": {"S": key}, "due_at": {"N": str(at)}} for at, key in found],
            "Count": len(found),
        }

    def _scan(self, asked: Item) -> Item:
        return {"Items": [], "Count": 0}

    def _describe_table(self, asked: Item) -> Item:
        return {"Table": {"TableName": asked["TableName"], "CreationDateTime": 1_764_028_800.0}}

    def _get_secret_value(self, asked: Item) -> Item:
        return {"Name": asked["SecretId"], "SecretString": json.dumps(self._secrets[asked["SecretId"]])}

    def _send_email(self, asked: Item) -> Item:
        self.mails += 1
        return {"MessageId": f"{self.mails:060x}"}

    # The line

    def _answer(self, head: bytes, body: bytes) -> bytes:
        target = re.search(rb"(?i)x-amz-target:\s*\w+\.(\w+)", head)
        name = target[1].decode() if target else "SendEmail"
        if not target and b"outbound-emails" not in head.split(b"\r\n", 1)[0]:
            return _http(404, {"message": "not here"})
        call = getattr(self, "_" + re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower())
        with self._lock:
            self.calls[name] = self.calls.get(name, 0) + 1
            asked = {} if name == "SendEmail" else json.loads(body)
            try:
                answer = call(asked)
                if asked.get("ReturnConsumedCapacity") == "TOTAL":
                    answer = {**answer, "ConsumedCapacity": {"TableName": asked["TableName"]}}
                return _http(200, answer)
            except ConditionFailed:
                return _http(400, {"__type": "x#ConditionalCheckFailedException", "message": "refused"})


def as_json(item: Mapping[str, Any]) -> Item:
    """Return an item as it goes over the line: boto3 hands binary values over as bytes."""
    return {
        name: {"B": base64.b64encode(value["B"]).decode("ascii")} if "B" in value else value
        for name, value in item.items()
    }


def _http(status: int, content: Any) -> bytes:
    return http(f"{status} X", json.dumps(content).encode("utf-8"))
