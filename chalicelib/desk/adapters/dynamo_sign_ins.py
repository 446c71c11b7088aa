"""Sign-in steps, sessions, device cookies and try counters in DynamoDB, each item with a TTL.

They have a table of their own, keyed by digests of a cookie or a token: the table alone opens nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any

from chalicelib.desk.people import (
    BROWSER_KNOWN_FOR,
    KnownBrowser,
    Session,
    Step,
)
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import ConditionFailed, Table, new_mark
from chalicelib.shared.errors import StoreUnavailable

_RACES = 5


def table_definition(name: str) -> dict[str, Any]:
    """Return CreateTable's arguments: for local runs and tests; the template says the same for AWS."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }


class DynamoSignIns:
    """The SignInStore on DynamoDB. The TTL is on `expires_at`; every read looks at it itself."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._table = Table(client, table)
        self._call = self._table.call

    def keep_step(self, sign_in_key: str, step: Step, until: datetime) -> None:
        """Store the step that a sign-in has come to."""
        values = {"kind": step.kind, "email": step.email, "handle": step.handle, "proven": step.second_factor}
        self._put(_key("step", sign_in_key), values, until)

    def step(self, sign_in_key: str, now: datetime) -> Step | None:
        """Return the step of a sign-in, unless it has expired."""
        item = self._get(_key("step", sign_in_key), now)
        return Step(item["kind"], item["email"], item["handle"], item["proven"]) if item else None

    def forget_step(self, sign_in_key: str) -> None:
        """Delete the step of a sign-in."""
        self._call("delete_item", Key=_key("step", sign_in_key))

    def keep_session(self, token: str, session: Session) -> None:
        """Store the session of a token whose holder came in by our own sign-in."""
        self._put(_key("session", token), {"email": session.email}, session.until)

    def session(self, token: str, now: datetime) -> Session | None:
        """Return the session of a token, unless it has expired, was ended or never was."""
        item = self._get(_key("session", token), now)
        return Session(item["email"], _time(item["expires_at"])) if item else None

    def end_session(self, token: str) -> None:
        """Delete the session of a token."""
        self._call("delete_item", Key=_key("session", token))

    def count_try(self, what: str, now: datetime, window: timedelta, most: int = 0) -> int:
        """Count a try in one conditional write: tries made at once all count, also where a window ends.

        A try whose response was lost counts once: the client's second one finds its mark.
        """
        key = _key("tries", what)
        ways = [
            (
                "ADD tries :one SET expires_at = :until, counted_by = :mine",
                "expires_at > :now AND tries < :most",
            ),
            ("ADD tries :one SET counted_by = :mine", "expires_at > :now AND tries >= :most"),
            # The last window is over, or there was none: one of those who see that begins anew.
            (
                "SET tries = :one, expires_at = :until, counted_by = :mine",
                "attribute_not_exists(pk) OR expires_at <= :now",
            ),
        ]
        known = {
            ":one": _write(1),
            ":most": _write(most),
            ":until": _write(int((now + window).timestamp())),
            ":now": _write(int(now.timestamp())),
            ":mine": _write(new_mark()),
        }
        for update, way in ways * _RACES:
            only_if = f"({way}) AND (attribute_not_exists(counted_by) OR counted_by <> :mine)"
            values = {name: value for name, value in known.items() if name in f"{update} {only_if}"}
            with suppress(ConditionFailed):
                return self._counted(key, values, update, only_if)
        raise StoreUnavailable("the count moves too fast")

    def _counted(self, key: Mapping[str, Any], values: Mapping[str, Any], update: str, only_if: str) -> int:
        mine = values[":mine"]
        response = self._table.write(
            "update_item",
            lambda item: item.get("counted_by") == mine,
            Key=key,
            UpdateExpression=update,
            ConditionExpression=only_if,
            ExpressionAttributeValues=values,
            ReturnValues="UPDATED_NEW",
        )
        return int(_read((response.get("Attributes") or response["Item"])["tries"]))

    def forget_tries(self, what: str) -> None:
        """Reset a try counter."""
        self._call("delete_item", Key=_key("tries", what))

    def keep_browser(self, browser: str, known: KnownBrowser) -> None:
        """Store a device cookie and whose it is."""
        values = {"email": known.email, "since": known.since.isoformat()}
        self._put(_key("browser", browser), values, known.since + BROWSER_KNOWN_FOR)

    def browser(self, browser: str, now: datetime) -> KnownBrowser | None:
        """Return whose device cookie this is, unless all of that person's were revoked since."""
        item = self._get(_key("browser", browser), now)
        if item is None:
            return None
        known = KnownBrowser(item["email"], datetime.fromisoformat(item["since"]))
        forgotten = self._get(_key("browser", f"all {known.email}"), now)
        if forgotten and known.since <= datetime.fromisoformat(forgotten["since"]):
            return None
        return known

    def forget_browser(self, browser: str) -> None:
        """Revoke a device cookie."""
        self._call("delete_item", Key=_key("browser", browser))

    def forget_browsers_of(self, email: str, now: datetime) -> None:
        """Revoke all device cookies of somebody: a mark says from when on they count, and outlives them."""
        values = {"since": now.isoformat()}
        self._put(_key("browser", f"all {email}"), values, now + BROWSER_KNOWN_FOR + timedelta(days=1))

    def keep_first_password(self, email: str, password: str, until: datetime) -> None:
        """Store the digest of a first password: one for each address."""
        self._put(_key("first", email), {"digest": _first(email, password)}, until)

    def is_first_password(self, email: str, password: str, now: datetime) -> bool:
        """Compare a password with the digest of the first one that was mailed."""
        item = self._get(_key("first", email), now)
        return item is not None and compare_digest(str(item["digest"]), _first(email, password))

    def forget_first_password(self, email: str) -> None:
        """Delete the digest of a first password."""
        self._call("delete_item", Key=_key("first", email))

    def _put(self, key: Mapping[str, Any], values: Mapping[str, Any], until: datetime) -> None:
        item = {name: _write(value) for name, value in values.items()}
        item["expires_at"] = _write(int(until.timestamp()))
        self._call("put_item", Item={**key, **item})

    def _get(self, key: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
        response = self._call("get_item", Key=key, ConsistentRead=True)
        item = {name: _read(value) for name, value in response.get("Item", {}).items()}
        return item if item and _time(item["expires_at"]) > now else None


def _key(kind: str, secret: str) -> dict[str, Any]:
    digest = hashlib.sha256(f"porchlight {kind} {secret}".encode()).hexdigest()
    return {"pk": {"S": f"{kind}#{digest}"}}


def _first(email: str, password: str) -> str:
    """Return a digest of a password that we made up ourselves: a hundred random bits need no slow one."""
    return hashlib.sha256(f"porchlight first {email}\n{password}".encode()).hexdigest()


def _time(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
