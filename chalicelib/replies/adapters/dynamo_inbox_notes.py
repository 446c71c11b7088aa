"""Notes to offices' inboxes in the reports table: each is a mark of its day, and waits among due ones.

The mark stays when the note was mailed, so that an office is told of a case once a day at most.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.replies.conversation import KINDS
from chalicelib.replies.ports import INBOX_NOTES, InboxNote
from chalicelib.reporting.adapters.dynamo_reports import DUE_INDEX
from chalicelib.reporting.adapters.report_items import moment
from chalicelib.shared.aws.dynamo_values import read, write
from chalicelib.shared.aws.faults import ConditionFailed, Table, new_mark
from chalicelib.shared.clock import Clock

NOTE = "inboxnote#"
SHARD = "inbox notes"  # beside the shards of reports, in the same index
_TEXTS = ("recipient", "kind", "day", "why")
_CASE_NUMBER = re.compile("PL-[0-9A-Z]{4}-[0-9A-Z]{4}")


class DynamoInboxNotes:
    """The InboxNotes on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str, clock: Clock) -> None:
        self._table = Table(client, table)
        self._clock = clock

    def add(self, note: InboxNote, keep_until: datetime) -> bool:
        """Store a note in one conditional write; a call that met its own first try stored it."""
        mine = write(new_mark())
        item = {
            "pk": write(_pk(note)),
            **{name: write(getattr(note, name)) for name in _TEXTS},
            "about": write(list(note.about)),
            "expires_at": write(int(keep_until.timestamp())),
            "due_shard": write(SHARD),
            "due_at": write(moment(self._clock.now())),
            "marked_by": mine,
        }
        try:
            self._table.write(
                "put_item",
                lambda stored: stored.get("marked_by") == mine,
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ConditionFailed:
            return False
        return True

    def waiting(self, most: int) -> Iterable[InboxNote]:
        """Return notes that wait, oldest first. The index may lag: one that was settled is left out."""
        response = self._table.call(
            "query",
            IndexName=DUE_INDEX,
            KeyConditionExpression="due_shard = :shard AND due_at <= :now",
            ExpressionAttributeValues={":shard": write(SHARD), ":now": write(moment(self._clock.now()))},
            Limit=most,
        )
        for found in response["Items"]:
            held = self._table.call("get_item", Key={"pk": found["pk"]}, ConsistentRead=True).get("Item")
            if not held or "due_at" not in held:
                continue
            note = _note({name: read(value) for name, value in held.items()})
            if note is None:  # whoever wrote it: a mail of ours says nothing that is not ours
                self._settle(found["pk"])
            else:
                yield note

    def settle(self, note: InboxNote) -> None:
        """Take a note out of what is due, and leave it as a mark."""
        self._settle(write(_pk(note)))

    def _settle(self, pk: Mapping[str, Any]) -> None:
        self._table.call("update_item", Key={"pk": pk}, UpdateExpression="REMOVE due_shard, due_at")


def _note(stored: Mapping[str, Any]) -> InboxNote | None:
    """Return a note as it is stored, or None for what is none: it goes out in a mail of ours."""
    texts = {name: text for name in _TEXTS if isinstance(text := stored.get(name), str)}
    about = stored.get("about")
    if not isinstance(about, list) or len(texts) < len(_TEXTS):
        return None
    numbers = all(isinstance(one, str) and _CASE_NUMBER.fullmatch(one) for one in about)
    why = texts["why"]
    known = texts["kind"] in INBOX_NOTES and (why in ("", *KINDS) or (why.isascii() and why.isdecimal()))
    return InboxNote(about=tuple(about), **texts) if numbers and known else None


def _pk(note: InboxNote) -> str:
    about = hashlib.sha256("|".join(note.about).encode()).hexdigest()[:16]
    return f"{NOTE}{note.recipient}#{note.day}#{about}"
