"""Sealed replies and conversations in the reports table, each under a key of its own kind, with a TTL.

No index lists them: whoever knows a report's id finds its conversation, and in that the ids of its replies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.replies.conversation import Conversation, MessageNote, ReplyNote
from chalicelib.reporting.adapters.report_items import moment
from chalicelib.shared.aws.dynamo_values import read, write
from chalicelib.shared.aws.faults import ConditionFailed, Table
from chalicelib.shared.errors import StaleRecord

CONVERSATION, REPLY, RAW = "replies#", "reply#", "rawreply#"
_PIECES_MOST = 16


class DynamoReplies:
    """The ReplyShelf on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._table = Table(client, table)
        self._call = self._table.call

    def conversation(self, report_id: str) -> Conversation:
        """Return a report's conversation as it is now."""
        response = self._call("get_item", Key=_key(CONVERSATION + report_id), ConsistentRead=True)
        return _conversation(report_id, response["Item"]) if "Item" in response else Conversation(report_id)

    def save(self, conversation: Conversation, keep_until: datetime) -> Conversation:
        """Write it if nobody else did since it was read, in one conditional write."""
        saved = replace(conversation, version=conversation.version + 1)
        item = {**_key(CONVERSATION + saved.report_id), **_item(saved, keep_until)}
        once: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if conversation.version:
            once = {
                "ConditionExpression": "version = :read",
                "ExpressionAttributeValues": {":read": write(conversation.version)},
            }
        try:
            self._table.write("put_item", lambda stored: _plain(stored) == _plain(item), Item=item, **once)
        except ConditionFailed as error:
            raise StaleRecord("changed by somebody else") from error
        return saved

    def drop(self, report_id: str) -> None:
        """Delete a conversation and all that its notes lead to: first what it names, then itself."""
        for note in self.conversation(report_id).replies:
            self.drop_raw(report_id, note.id)
            self.drop_reply(report_id, note.id)
        self._call("delete_item", Key=_key(CONVERSATION + report_id))

    def begun(self) -> Iterable[tuple[str, datetime]]:
        """Return the report id of each conversation, and when it began; this reads the whole table."""
        start: dict[str, Any] = {}
        while True:
            response = self._call(
                "scan",
                FilterExpression="begins_with(pk, :conversation)",
                ProjectionExpression="pk, begun_at",
                ExpressionAttributeValues={":conversation": write(CONVERSATION)},
                **start,
            )
            for item in response["Items"]:
                yield str(read(item["pk"])).removeprefix(CONVERSATION), _time(read(item["begun_at"]))
            if "LastEvaluatedKey" not in response:
                return
            start = {"ExclusiveStartKey": response["LastEvaluatedKey"]}

    def lengthen(self, report_id: str, keep_until: datetime) -> None:
        """Put off the end of all that belongs to a conversation, and then its own."""
        for note in self.conversation(report_id).replies:
            self._lengthen(_reply_key(report_id, note.id), keep_until)
            for number in range(self._pieces(report_id, note.id)):
                self._lengthen(_raw_key(report_id, note.id, number), keep_until)
        self._lengthen(CONVERSATION + report_id, keep_until)

    def _lengthen(self, pk: str, keep_until: datetime) -> None:
        with suppress(ConditionFailed):  # it is gone
            self._call(
                "update_item",
                Key=_key(pk),
                UpdateExpression="SET expires_at = :until",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":until": write(int(keep_until.timestamp()))},
            )

    def keep_raw(self, report_id: str, reply_id: str, pieces: Sequence[bytes], keep_until: datetime) -> None:
        """Store the pieces of a raw mail, the first one last: it says how many there are."""
        if not 0 < len(pieces) <= _PIECES_MOST:
            raise ValueError(f"a raw mail has 1 to {_PIECES_MOST} pieces")
        for number in reversed(range(len(pieces))):
            item = {
                **_key(_raw_key(report_id, reply_id, number)),
                "sealed": write(pieces[number]),
                "pieces": write(len(pieces)),
                "expires_at": write(int(keep_until.timestamp())),
            }
            self._call("put_item", Item=item)

    def drop_raw(self, report_id: str, reply_id: str) -> None:
        """Delete the pieces of a raw mail, the first one last."""
        for number in reversed(range(self._pieces(report_id, reply_id))):
            self._call("delete_item", Key=_key(_raw_key(report_id, reply_id, number)))

    def _pieces(self, report_id: str, reply_id: str) -> int:
        """Return how many pieces of a raw mail there are: its first one says so."""
        first = _key(_raw_key(report_id, reply_id, 0))
        held = self._call("get_item", Key=first, ConsistentRead=True, ProjectionExpression="pieces")
        return int(read(held["Item"]["pieces"])) if "Item" in held else 0

    def keep_reply(self, report_id: str, reply_id: str, sealed: bytes, keep_until: datetime) -> None:
        """Store a sealed reply."""
        item = {
            **_key(_reply_key(report_id, reply_id)),
            "sealed": write(sealed),
            "expires_at": write(int(keep_until.timestamp())),
        }
        self._call("put_item", Item=item)

    def drop_reply(self, report_id: str, reply_id: str) -> None:
        """Delete a sealed reply."""
        self._call("delete_item", Key=_key(_reply_key(report_id, reply_id)))

    def replies(self, report_id: str, reply_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Return the sealed replies of these ids."""
        found = {}
        for reply_id in reply_ids:
            response = self._call("get_item", Key=_key(_reply_key(report_id, reply_id)), ConsistentRead=True)
            if "Item" in response:
                found[reply_id] = bytes(read(response["Item"]["sealed"]))
        return found


def _key(pk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}}


def _reply_key(report_id: str, reply_id: str) -> str:
    return f"{REPLY}{report_id}#{reply_id}"


def _raw_key(report_id: str, reply_id: str, number: int) -> str:
    return f"{RAW}{report_id}#{reply_id}#{number}"


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: read(value) for name, value in item.items()}


def _item(conversation: Conversation, keep_until: datetime) -> dict[str, Any]:
    replies = [_reply_map(note) for note in conversation.replies]
    messages = [
        {"id": note.id, "recipients": list(note.recipients), "at": moment(note.at)}
        for note in conversation.messages
    ]
    return {
        "replies": write(replies),
        "messages": write(messages),
        "begun_at": write(moment(conversation.begun_at() or keep_until)),
        "version": write(conversation.version),
        "expires_at": write(int(keep_until.timestamp())),
    }


def _reply_map(note: ReplyNote) -> dict[str, Any]:
    stored: dict[str, Any] = {
        "id": note.id,
        "recipient": note.recipient,
        "at": moment(note.at),
        "kind": note.kind,
        "state": note.state,
    }
    if note.sender:
        stored["sender"] = note.sender
    if note.verdicts:
        stored["verdicts"] = list(note.verdicts)
    if note.doubts:
        stored["doubts"] = list(note.doubts)
    if note.unproven:
        stored["unproven"] = True
    return stored


def _conversation(report_id: str, item: Mapping[str, Any]) -> Conversation:
    stored = _plain(item)
    replies = tuple(
        ReplyNote(
            id=one["id"],
            recipient=one["recipient"],
            at=_time(one["at"]),
            kind=one["kind"],
            state=one["state"],
            sender=one.get("sender", ""),
            verdicts=tuple(one.get("verdicts", ())),
            doubts=tuple(one.get("doubts", ())),
            unproven=one.get("unproven", False),
        )
        for one in stored["replies"]
    )
    messages = tuple(
        MessageNote(one["id"], tuple(one["recipients"]), _time(one["at"])) for one in stored["messages"]
    )
    return Conversation(report_id, replies, messages, int(stored["version"]))


def _time(milliseconds: Any) -> datetime:
    seconds, rest = divmod(int(milliseconds), 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)
