"""Who is on the way in, who is in, and who tried too often: small items with an end, in a table of their own.

A key is a digest of a cookie or a token, so that whoever reads the table finds nothing to enter with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from chalicelib.adapters.aws_faults import ConditionFailed, Table
from chalicelib.domain.people import Session, Step

_write = TypeSerializer().serialize
_read = TypeDeserializer().deserialize


def table_definition(name: str) -> dict[str, Any]:
    """Return CreateTable's arguments: for local runs and tests; the template says the same for AWS."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }


class DynamoDoor:
    """The DoorBook on DynamoDB. Time to live is on `expires_at`; every read looks at it itself."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._call = Table(client, table).call

    def keep_step(self, door: str, step: Step, until: datetime) -> None:
        """Remember how far a sign-in has come."""
        told = {"kind": step.kind, "email": step.email, "handle": step.handle, "proven": step.second_factor}
        self._put(_key("step", door), told, until)

    def step(self, door: str, now: datetime) -> Step | None:
        """Return how far it has come."""
        item = self._get(_key("step", door), now)
        return Step(item["kind"], item["email"], item["handle"], item["proven"]) if item else None

    def forget_step(self, door: str) -> None:
        """Forget it."""
        self._call("delete_item", Key=_key("step", door))

    def keep_session(self, token: str, session: Session) -> None:
        """Remember that this token's holder came in by our own door."""
        self._put(_key("session", token), {"email": session.email}, session.until)

    def session(self, token: str, now: datetime) -> Session | None:
        """Return the session, unless it has ended or never was."""
        item = self._get(_key("session", token), now)
        return Session(item["email"], _time(item["expires_at"])) if item else None

    def end_session(self, token: str) -> None:
        """End it."""
        self._call("delete_item", Key=_key("session", token))

    def count_try(self, what: str, now: datetime, window: timedelta) -> int:
        """Count in one conditional write, so that tries made at once all count."""
        until = _write(int((now + window).timestamp()))
        try:
            answer = self._call(
                "update_item",
                Key=_key("tries", what),
                UpdateExpression="ADD tries :one SET expires_at = if_not_exists(expires_at, :until)",
                ConditionExpression="attribute_not_exists(pk) OR expires_at > :now",
                ExpressionAttributeValues={
                    ":one": _write(1),
                    ":until": until,
                    ":now": _write(int(now.timestamp())),
                },
                ReturnValues="UPDATED_NEW",
            )
        except ConditionFailed:
            self._put(_key("tries", what), {"tries": 1}, now + window)  # the last window is over
            return 1
        return int(_read(answer["Attributes"]["tries"]))

    def forget_tries(self, what: str) -> None:
        """Begin to count anew."""
        self._call("delete_item", Key=_key("tries", what))

    def _put(self, key: Mapping[str, Any], told: Mapping[str, Any], until: datetime) -> None:
        item = {name: _write(value) for name, value in told.items()}
        item["expires_at"] = _write(int(until.timestamp()))
        self._call("put_item", Item={**key, **item})

    def _get(self, key: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
        answer = self._call("get_item", Key=key, ConsistentRead=True)
        item = {name: _read(value) for name, value in answer.get("Item", {}).items()}
        return item if item and _time(item["expires_at"]) > now else None


def _key(kind: str, secret: str) -> dict[str, Any]:
    digest = hashlib.sha256(f"porchlight {kind} {secret}".encode()).hexdigest()
    return {"pk": {"S": f"{kind}#{digest}"}}


def _time(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
