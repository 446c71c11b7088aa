"""The item of the access table in which places of roles are written down: an attribute a place.

A place may have a move noted beside it, which counts from its moment on by being read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.shared.aws.dynamo_values import read

PLACES_KEY: Mapping[str, Any] = {"pk": {"S": "places"}, "sk": {"S": "all"}}
AT = "at "  # no slug has a space, so no place can be called like a key
FROM = "from "  # and a place: what counts from a moment on
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT = timedelta(microseconds=1)


def written_places(item: Mapping[str, Any], now: datetime | None) -> dict[str, tuple[str, str]]:
    """Return (name, slug of what it lies in) of each place, as they are at a moment.

    Without a moment, as they will be once all that is noted counts.
    """
    found = {}
    for name, value in item.items():
        if name.startswith(AT):
            slug, place = name.removeprefix(AT), read(value)
            parent, noted = str(place["parent"]), item.get(FROM + slug)
            if noted is not None and (now is None or moment_of(read(noted)) <= now):
                parent = str(read(noted)["parent"])
            found[slug] = (str(place["name"]), parent)
    return found


def moment_of(noted: Mapping[str, Any]) -> datetime:
    """Return from when on a noted move counts."""
    return _EPOCH + int(noted["since"]) * _MOMENT


def note_of(parent: str, since: datetime, id_: str) -> Mapping[str, Any]:
    """Return the value of a noted move."""
    return {"parent": parent, "since": (since - _EPOCH) // _MOMENT, "id": id_}
