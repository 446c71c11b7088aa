"""Roles at places in DynamoDB, beside the dates of each person, in the table of the access function.

Only that function's role may write them; the admin function's reads the rows of one person. A person's roles
are one item, an attribute a place, so that two who change two places at once lose nothing. Places are one
item as well: some thousands fit into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.desk.people import ROLES, highest
from chalicelib.desk.places_of_roles import PlaceOfRoles
from chalicelib.directory.adapters.written_places import AT as _AT
from chalicelib.directory.adapters.written_places import FROM as _FROM
from chalicelib.directory.adapters.written_places import PLACES_KEY as _PLACES
from chalicelib.directory.adapters.written_places import note_of, written_places
from chalicelib.shared.aws.dynamo_values import read, write
from chalicelib.shared.aws.faults import ConditionFailed, Table, store_faults
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StoreBusy, StoreUnavailable
from chalicelib.shared.request_time import THIS_REQUEST
from chalicelib.shared.system_clock import SystemClock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT = timedelta(microseconds=1)
_BATCH = 100  # what one call reads at most
_TRIES = 5


class DynamoRoles:
    """The RoleBook on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._client = client
        self._table = table
        self._call = Table(client, table).call

    def at(self, person: str, *, noted: bool = True) -> Mapping[str, str]:
        """Read the roles of a person, as they are at this moment."""
        response = self._call("get_item", Key=_key(person), ConsistentRead=True)
        item = response.get("Item", {})
        return self._roles(item) if noted else _settled(item)

    def at_all(self, people: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Read the roles of many, a hundred a call."""
        found: dict[str, Mapping[str, str]] = {}
        wanted = list(dict.fromkeys(people))
        for first in range(0, len(wanted), _BATCH):
            for item in self._batch([_key(person) for person in wanted[first : first + _BATCH]]):
                found[str(read(item["pk"])).removeprefix("person#")] = self._roles(item)
        return found

    def give(self, person: str, place: str, role: str) -> None:
        """Write one role, and leave the others."""
        if not person or not place or role not in ROLES:
            raise ValueError("a role of whom, and where?")
        self._call(
            "update_item",
            Key=_key(person),
            UpdateExpression="SET #at = :value REMOVE #from",
            ExpressionAttributeNames={"#at": _AT + place, "#from": _FROM + place},
            ExpressionAttributeValues={":value": write(role)},
        )

    def take(self, person: str, place: str) -> None:
        """Remove one role, and leave the others."""
        self._call(
            "update_item",
            Key=_key(person),
            UpdateExpression="REMOVE #at, #from",
            ExpressionAttributeNames={"#at": _AT + place, "#from": _FROM + place},
        )

    def note(self, person: str, place: str, role: str, since: datetime, id_: str) -> None:
        """Write a role that counts from a moment on."""
        if not person or not place or role not in ROLES:
            raise ValueError("a role of whom, and where?")
        value = {"role": role, "since": (since - _EPOCH) // _MOMENT, "id": id_}
        self._set(_key(person), _FROM + place, value)

    def drop_note(self, person: str, place: str, id_: str) -> None:
        """Remove it, if it is this one."""
        self._drop(_key(person), _FROM + place, id_)

    def places(self, *, noted: bool = False) -> Mapping[str, PlaceOfRoles]:
        """Read the places that were written down, once a request: each row of a list asks about its own."""
        item = THIS_REQUEST.once(("places of roles", self._table), self._read_places)
        found = written_places(item, None if noted else self._clock.now())
        return {slug: PlaceOfRoles(slug, *place) for slug, place in found.items()}

    def note_move(self, slug: str, parent: str, since: datetime, id_: str) -> None:
        """Write what a place lies in from a moment on."""
        self._set(_PLACES, _FROM + slug, note_of(parent, since, id_))

    def drop_move(self, slug: str, id_: str) -> None:
        """Remove it, if it is this one."""
        self._drop(_PLACES, _FROM + slug, id_)

    def put_place(self, place: PlaceOfRoles) -> None:
        """Write one place, and leave the others."""
        self._set(_PLACES, _AT + place.slug, {"name": place.name, "parent": place.parent})

    def _read_places(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._call("get_item", Key=_PLACES, ConsistentRead=True).get("Item", {})
        return found

    def _roles(self, item: Mapping[str, Any]) -> dict[str, str]:
        """Return an item's roles with those that count by now."""
        found, now = _settled(item), self._clock.now()
        for name in item:
            if name.startswith(_FROM):
                place, noted = name.removeprefix(_FROM), read(item[name])
                if place and _EPOCH + int(noted["since"]) * _MOMENT <= now:
                    found[place] = highest({found.get(place, ""), str(noted["role"])})
        return {place: role for place, role in found.items() if role}

    def _set(self, key: Mapping[str, Any], name: str, value: Any) -> None:
        THIS_REQUEST.forget(("places of roles", self._table))
        self._call(
            "update_item",
            Key=key,
            UpdateExpression="SET #at = :value",
            ExpressionAttributeNames={"#at": name},
            ExpressionAttributeValues={":value": write(value)},
        )

    def _drop(self, key: Mapping[str, Any], name: str, id_: str) -> None:
        THIS_REQUEST.forget(("places of roles", self._table))
        try:
            self._call(
                "update_item",
                Key=key,
                UpdateExpression="REMOVE #from",
                ConditionExpression="#from.id = :id",
                ExpressionAttributeNames={"#from": name},
                ExpressionAttributeValues={":id": write(id_)},
            )
        except ConditionFailed:
            return

    def _batch(self, keys: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
        items: list[Mapping[str, Any]] = []
        asked: Mapping[str, Any] = {self._table: {"Keys": keys, "ConsistentRead": True}}
        for _ in range(_TRIES):
            with store_faults():
                response = self._client().batch_get_item(RequestItems=asked)
            if self._table not in response.get("Responses", {}):
                raise StoreUnavailable("not a response about this table")
            items += response["Responses"][self._table]
            asked = response.get("UnprocessedKeys") or {}
            if not asked:
                return items
        raise StoreBusy("keys were left over")


def _key(person: str) -> dict[str, Any]:
    return {"pk": {"S": f"person#{person}"}, "sk": {"S": "roles"}}


def _settled(item: Mapping[str, Any]) -> dict[str, str]:
    held = {name.removeprefix(_AT): read(value) for name, value in item.items() if name.startswith(_AT)}
    return {place: role for place, role in held.items() if place and role in ROLES}
