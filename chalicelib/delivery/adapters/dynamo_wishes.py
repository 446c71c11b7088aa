"""Commands of the desk ("wishes") in a DynamoDB table of their own, which any writer of it may have forged.

Those that wait lie in one partition in the order of their time, those that were refused under their case,
each with a TTL. The desk's role may put and list them; only the functions that grant them take one away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.delivery.ports import RefusedWish
from chalicelib.delivery.wishes import KINDS, LONGEST, REPLY_KINDS, Wish
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import table_definition as table_definition
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import Table

_WAITING = "wish"
_TEXTS = ("case_number", "kind", "by", "recipient", "address", "seen", "other", "why")
_KEPT = timedelta(days=7)
_CASE_NUMBER = re.compile("PL-[0-9A-Z]{4}-[0-9A-Z]{4}")


class DynamoWishes:
    """The WishBook on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._call = Table(client, table).call

    def add(self, wish: Wish) -> None:
        """Store a wish, until it is granted or refused; nothing in it outlives a week."""
        self._put(_WAITING, wish, wish.at)

    def pending(self, most: int) -> Sequence[Wish]:
        """Return the wishes that wait, oldest first, without what is none."""
        return [wish for item in self._items(_WAITING, most) if (wish := _wish(item)) is not None]

    def take(self, most: int) -> Sequence[Wish]:
        """Return the wishes that wait, and delete what is none: nothing may wait behind it for ever."""
        found = []
        for item in self._items(_WAITING, most):
            wish = _wish(item)
            if wish is None:
                self._call("delete_item", Key={name: item[name] for name in ("pk", "sk")})
            else:
                found.append(wish)
        return found

    def settle(self, wish: Wish) -> None:
        """Delete a wish that was granted."""
        self._call("delete_item", Key=_key(_WAITING, wish))

    def refuse(self, wish: Wish, reason: str, now: datetime) -> None:
        """Note why a wish was refused, then delete it."""
        self._put(f"refused#{wish.case_number}", wish, now, reason=reason)
        self.settle(wish)

    def refused(self, case_number: str, now: datetime) -> Sequence[RefusedWish]:
        """Return the wishes about a case that were refused, newest first."""
        found = []
        for item in self._items(f"refused#{case_number}", 20, newest_first=True):
            wish = _wish(item)
            if wish is not None and int(_read(item["expires_at"])) > now.timestamp():
                found.append(RefusedWish(wish, str(_read(item.get("reason", {"S": ""})))[:LONGEST]))
        return found

    def _put(self, where: str, wish: Wish, since: datetime, **more: str) -> None:
        texts = {name: getattr(wish, name) for name in _TEXTS} | more
        item = {name: _write(text) for name, text in texts.items()}
        item |= {"at": _write(wish.at.isoformat()), "expires_at": _write(int((since + _KEPT).timestamp()))}
        self._call("put_item", Item=_key(where, wish) | item)

    def _items(self, where: str, most: int, newest_first: bool = False) -> Sequence[Mapping[str, Any]]:
        response = self._call(
            "query",
            KeyConditionExpression="pk = :where",
            ExpressionAttributeValues={":where": _write(where)},
            Limit=most,
            ScanIndexForward=not newest_first,
            ConsistentRead=True,
        )
        found: Sequence[Mapping[str, Any]] = response["Items"]
        return found


def _key(where: str, wish: Wish) -> dict[str, Any]:
    return {"pk": _write(where), "sk": _write(wish.id)}


def _wish(item: Mapping[str, Any]) -> Wish | None:
    """Return a wish as it is stored, or None for what is none."""
    try:
        texts = {name: _read(item[name]) for name in _TEXTS}
        at = datetime.fromisoformat(_read(item["at"])).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    if not all(isinstance(text, str) and len(text) <= LONGEST for text in texts.values()):
        return None
    # The log repeats what is asked for and by whom, so it must be one line of visible letters.
    shown = all(text.isprintable() for name, text in texts.items() if name != "why")
    known = (*KINDS, *REPLY_KINDS)
    if not shown or texts["kind"] not in known or not _CASE_NUMBER.fullmatch(texts["case_number"]):
        return None
    return Wish(id=str(_read(item["sk"])), at=at, **texts)
