"""The distribution list of places in the access function's DynamoDB table, a row a person.

Only that function writes it. The function deliver reads it, and which place lies in which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.directory.adapters.written_places import PLACES_KEY, written_places
from chalicelib.directory.people_to_tell import PersonToTell
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import Table

_TOLD = "told"


class DynamoPeopleToTell:
    """Rows of people to tell on DynamoDB. Any call may raise StoreUnavailable."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._table = Table(client, table, "pk", "sk")
        self._call = self._table.call

    def read(self) -> Sequence[PersonToTell]:
        """Return everybody who is in it."""
        return [_person(item) for item in self._table.partition(_TOLD)]

    def parents(self, now: datetime) -> Mapping[str, str]:
        """Return the places that were written down at People, each with what it lies in at a moment."""
        item = self._call("get_item", Key=PLACES_KEY, ConsistentRead=True).get("Item", {})
        return {slug: parent for slug, (_, parent) in written_places(item, now).items()}

    def put(self, person: PersonToTell) -> None:
        """Write a person's row, in the place of the one of before."""
        item = {
            **_key(person.id),
            "email": _write(person.email),
            "publishes": _write(sorted(person.publishes)),
            "edits": _write(sorted(person.edits)),
        }
        self._call("put_item", Item=item)

    def drop(self, id_: str) -> None:
        """Remove a person's row; none there is no fault."""
        self._call("delete_item", Key=_key(id_))


def _key(id_: str) -> dict[str, Any]:
    return {"pk": _write(_TOLD), "sk": _write(id_)}


def _person(item: Mapping[str, Any]) -> PersonToTell:
    value = {name: _read(one) for name, one in item.items()}
    return PersonToTell(
        str(value["sk"]), str(value["email"]), frozenset(value["publishes"]), frozenset(value["edits"])
    )
