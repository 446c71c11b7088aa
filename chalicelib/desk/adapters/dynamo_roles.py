"""Roles at places in DynamoDB, beside the dates of each person, in the table of the access function.

Only that function's role may write them; the admin function's reads the rows of one person. A person's roles
are one item, an attribute a place, so that two who change two places at once lose nothing. Places are one
item as well: some thousands fit into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.desk.people import ROLES
from chalicelib.desk.places_of_roles import PlaceOfRoles
from chalicelib.shared.aws.dynamo_values import read, write
from chalicelib.shared.aws.faults import Table, store_faults
from chalicelib.shared.errors import StoreBusy, StoreUnavailable

_AT = "at "  # no slug has a space, so no place can be called like a key
_BATCH = 100  # what one call reads at most
_TRIES = 5


class DynamoRoles:
    """The RoleBook on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table
        self._call = Table(client, table).call

    def at(self, person: str) -> Mapping[str, str]:
        """Read the roles of a person, as they are at this moment."""
        response = self._call("get_item", Key=_key(person), ConsistentRead=True)
        return _roles(response.get("Item", {}))

    def at_all(self, people: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Read the roles of many, a hundred a call."""
        found: dict[str, Mapping[str, str]] = {}
        wanted = list(dict.fromkeys(people))
        for first in range(0, len(wanted), _BATCH):
            for item in self._batch([_key(person) for person in wanted[first : first + _BATCH]]):
                found[str(read(item["pk"])).removeprefix("person#")] = _roles(item)
        return found

    def give(self, person: str, place: str, role: str) -> None:
        """Write one role, and leave the others."""
        if not person or not place or role not in ROLES:
            raise ValueError("a role of whom, and where?")
        self._set(_key(person), place, role)

    def take(self, person: str, place: str) -> None:
        """Remove one role, and leave the others."""
        self._call(
            "update_item",
            Key=_key(person),
            UpdateExpression="REMOVE #at",
            ExpressionAttributeNames={"#at": _AT + place},
        )

    def places(self) -> Mapping[str, PlaceOfRoles]:
        """Read the places that were written down."""
        item = self._call("get_item", Key=_PLACES, ConsistentRead=True).get("Item", {})
        found = {name.removeprefix(_AT): read(value) for name, value in item.items() if name.startswith(_AT)}
        return {
            slug: PlaceOfRoles(slug, str(place["name"]), str(place["parent"]))
            for slug, place in found.items()
        }

    def put_place(self, place: PlaceOfRoles) -> None:
        """Write one place, and leave the others."""
        self._set(_PLACES, place.slug, {"name": place.name, "parent": place.parent})

    def _set(self, key: Mapping[str, Any], place: str, value: Any) -> None:
        self._call(
            "update_item",
            Key=key,
            UpdateExpression="SET #at = :value",
            ExpressionAttributeNames={"#at": _AT + place},
            ExpressionAttributeValues={":value": write(value)},
        )

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


_PLACES: dict[str, Any] = {"pk": {"S": "places"}, "sk": {"S": "all"}}


def _roles(item: Mapping[str, Any]) -> dict[str, str]:
    held = {name.removeprefix(_AT): read(value) for name, value in item.items() if name.startswith(_AT)}
    return {place: role for place, role in held.items() if place and role in ROLES}
