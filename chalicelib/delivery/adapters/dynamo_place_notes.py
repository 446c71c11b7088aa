"""Notes for the people of places in DynamoDB: one item beside the counters, an attribute a kind and place.

The functions that raise alarms add to it, and deliver takes from it: it alone may mail people. What nobody
took is forgotten with the item, a week after the last note.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.delivery.place_notes import MONTHLY, TOLD, PlaceNote
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import ConditionFailed, Table

KEPT = timedelta(days=7)
TAKEN_EVERY = timedelta(minutes=15)  # a person gets one mail in this time at most
SAME_AGAIN = timedelta(hours=1)
_DUE, _SETTLED, _TAKEN = "due", "settled", "taken_at"
_KEY = {"pk": {"S": "count#notes for places"}}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORGOTTEN = 100  # at a time
_IN_A_WRITE = 20  # an expression is 4 kB long at most


class DynamoPlaceNotes:
    """The PlaceNotes on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._call = Table(client, table).call

    def note(self, notes: Collection[PlaceNote], now: datetime) -> None:
        """Add to the numbers of these."""
        known = [note for note in notes if note.kind in TOLD and " " not in note.place]
        for some in _parts(known):
            added = {f":n{at}": _write(note.number) for at, note in enumerate(some)}
            self._call(
                "update_item",
                Key=_KEY,
                UpdateExpression="ADD "
                + ", ".join(f"#n{at} :n{at}" for at in range(len(some)))
                + " SET expires_at = :until",
                ExpressionAttributeNames={f"#n{at}": _name(_DUE, note) for at, note in enumerate(some)},
                ExpressionAttributeValues={**added, ":until": _write(int((now + KEPT).timestamp()))},
            )

    def take(self, now: datetime, most: int) -> Sequence[PlaceNote]:
        """Return what is due, by place, if nobody took anything for a while."""
        item = self._call("get_item", Key=_KEY, ConsistentRead=True).get("Item", {})
        # What a report waits for comes before what is told once a month.
        due = sorted(_due(item, now), key=lambda note: (note.kind in MONTHLY, note))[:most]
        taken = item.get(_TAKEN)
        if not due or (taken is not None and _recently(_read(taken), now, TAKEN_EVERY)):
            return ()
        values = {":now": _write(_seconds(now)), **({":before": taken} if taken is not None else {})}
        only_if = "#taken = :before" if taken is not None else "attribute_not_exists(#taken)"
        try:
            self._call(
                "update_item",
                Key=_KEY,
                UpdateExpression="SET #taken = :now",
                ConditionExpression=only_if,
                ExpressionAttributeNames={"#taken": _TAKEN},
                ExpressionAttributeValues=values,
            )
        except ConditionFailed:
            return ()  # another run took them just now
        self._forget(item, now)
        return due

    def _forget(self, item: Mapping[str, Any], now: datetime) -> None:
        """Take out what was settled a while ago: the item must not grow with every place there ever was."""
        old = [
            (name, value)
            for name, value in item.items()
            if name.startswith(f"{_SETTLED} ") and not _recently(_read(value), now, SAME_AGAIN)
        ]
        for name, value in old[:_FORGOTTEN]:
            with suppress(ConditionFailed):  # settled anew just now
                self._call(
                    "update_item",
                    Key=_KEY,
                    UpdateExpression="REMOVE #s",
                    ConditionExpression="#s = :seen",
                    ExpressionAttributeNames={"#s": name},
                    ExpressionAttributeValues={":seen": value},
                )

    def settle(self, notes: Sequence[PlaceNote], now: datetime) -> None:
        """Take these numbers off again, and remember until when the same waits."""
        for note in notes:
            names = {"#n": _name(_DUE, note), "#s": _name(_SETTLED, note)}
            moment = {":now": _write(_seconds(now))}
            try:
                self._call(
                    "update_item",
                    Key=_KEY,
                    UpdateExpression="REMOVE #n SET #s = :now",
                    ConditionExpression="#n = :told",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues={**moment, ":told": _write(note.number)},
                )
            except ConditionFailed:  # more came meanwhile
                self._call(
                    "update_item",
                    Key=_KEY,
                    UpdateExpression="ADD #n :off SET #s = :now",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues={**moment, ":off": _write(-note.number)},
                )


def _due(item: Mapping[str, Any], now: datetime) -> list[PlaceNote]:
    found = []
    for name, value in item.items():
        what, _, rest = name.partition(" ")
        kind, _, place = rest.partition(" ")
        number = int(_read(value)) if what == _DUE else 0
        if number > 0 and kind in TOLD and place:
            settled = item.get(f"{_SETTLED} {rest}")
            if settled is None or not _recently(_read(settled), now, SAME_AGAIN):
                found.append(PlaceNote(place, kind, number))
    return found


def _recently(seconds: Any, now: datetime, within: timedelta) -> bool:
    """Say whether it was so long ago at most; what a clock ahead of time wrote was not."""
    return timedelta(0) <= now - (_EPOCH + timedelta(seconds=int(seconds))) < within


def _seconds(now: datetime) -> int:
    return int(now.timestamp())


def _name(what: str, note: PlaceNote) -> str:
    return f"{what} {note.kind} {note.place}"


def _parts(notes: Sequence[PlaceNote]) -> list[Sequence[PlaceNote]]:
    return [notes[at : at + _IN_A_WRITE] for at in range(0, len(notes), _IN_A_WRITE)]
