"""Settlement of recipients: what two publishers agreed to becomes a delayed change of each entry's row.

Stopped after any write, the same call made again ends the same: each change has an id of its own that follows
from what was agreed to, and the proposal goes last.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from chalicelib.desk.delayed_changes import DelayedChange
from chalicelib.desk.hold_changes import HoldChanges, draft_of
from chalicelib.directory.recipient_rows import KIND, SUBJECT, RecipientRow, Recipients, addresses_of
from chalicelib.directory.write_entries import write_entries
from chalicelib.publishing import recipient_changes
from chalicelib.publishing.documents import Draft, Release, ThrownDraft, Version
from chalicelib.publishing.ports import LiveRelease
from chalicelib.publishing.recipient_changes import THE_LIST, RecipientChange, entries_of, touched
from chalicelib.publishing.without_recipients import StoreWithoutRecipients
from chalicelib.shared.clock import Clock


class RecipientTable(Protocol):
    """Port to the rows of recipients."""

    def read(self) -> Recipients:
        """Return all rows and changes. Raises RecipientsMissing while they were not moved here."""

    def put(self, row: RecipientRow) -> None:
        """Write a row over the version before it. Raises StaleRecord."""


class SettleRecipients:
    """Takes an agreed change apart by entry, and puts each under its delay.

    `show` writes the document that forms are made from: it is called with every change of what will be.
    """

    def __init__(
        self, table: RecipientTable, hold: HoldChanges, clock: Clock, show: Callable[[Recipients], None]
    ) -> None:
        self._table = table
        self._hold = hold
        self._clock = clock
        self._show = show

    def __call__(self, change: RecipientChange, live: str) -> None:
        """Accept every entry of a change that was agreed to as a whole. Raises what the stores raise."""
        at = change.agreed_at
        if not change.agreed or at is None:
            raise ValueError("nobody agreed to this")
        by = sorted({change.proposed_by, *(name.strip() for name in change.agreed_by.split(","))})
        old = {str(entry["id"]): entry for entry in entries_of(live)}
        new = {str(entry["id"]): entry for entry in entries_of(change.text)}
        for entry in touched(live, change.text):
            if entry != THE_LIST:
                self._accept(at, entry, old.get(entry), new.get(entry), by)
        self.show()

    def show(self) -> None:
        """Write what forms are made from as the table has it now."""
        self._show(self._table.read())

    def live_text(self) -> str:
        """Return the recipients in effect, as their document."""
        return write_entries(self._table.read().at(self._clock.now()))

    def _accept(
        self,
        at: datetime,
        entry: str,
        old: Mapping[str, Any] | None,
        new: Mapping[str, Any] | None,
        by: Sequence[str],
    ) -> None:
        subject, before, after = SUBJECT + entry, _text(old), _text(new)
        seen = json.dumps([entry, before, after, at.isoformat()])
        known = self._hold.newest(subject)
        id_ = hashlib.sha256(seen.encode()).hexdigest()[:16]
        if known is not None and known.id != id_:
            self._fold(known)
        lines = recipient_changes.described(
            write_entries([dict(old)] if old else []), write_entries([dict(new)] if new else [])
        )
        place = str((new or old or {}).get("serves", ""))
        made = draft_of(id_, subject, KIND, place, (before, after), lines, by, at)
        self._hold.accept(
            made,
            addresses_of(old or {}),
            ends_something=new is None,
            over=known.id if known is not None and known.id != id_ else "",
        )

    def _fold(self, change: DelayedChange) -> None:
        """Write what is in effect into the row, before another change takes its place."""
        if not change.in_effect(self._clock.now()):
            return
        id_ = change.subject.removeprefix(SUBJECT)
        recipients = self._table.read()
        row = next((one for one in recipients.rows if one.id == id_), None)
        folded = _folded(row, change, id_, recipients)
        if row is None or folded != replace(row, version=row.version + 1):
            self._table.put(folded)


def _folded(
    row: RecipientRow | None, change: DelayedChange, id_: str, recipients: Recipients
) -> RecipientRow:
    after = json.loads(change.after) if change.after else None
    if row is None:
        rank = next((one.rank for one in recipients.coming if one.id == id_), "")
        return RecipientRow(id_, after or json.loads(change.before), rank, 1, after is None)
    entry = row.entry if after is None else after
    earlier = tuple(row.earlier)
    addresses = (str(row.entry.get("email") or ""), str(row.entry.get("fallback") or ""))
    if addresses != (str(entry.get("email") or ""), str(entry.get("fallback") or "")):
        earlier = (*earlier, (change.settles_at, *addresses))
    return RecipientRow(id_, entry, row.rank, row.version + 1, after is None, earlier)


def _text(entry: Mapping[str, Any] | None) -> str:
    return json.dumps(dict(entry), ensure_ascii=False, sort_keys=True) if entry else ""


class ProposalStore(StoreWithoutRecipients):
    """The DocumentStore of the access function: the proposal that waits, in its own table, and nothing else.

    A proposal that is withdrawn, or written over, is kept in the log alone.
    """

    def change(self) -> RecipientChange | None:
        """Return the proposal that waits."""
        return self._store.change()

    def put_change(self, change: RecipientChange) -> None:
        """Save it over the revision before it."""
        self._store.put_change(change)

    def drop_change(self, revision: int) -> None:
        """Delete it, if it still is this revision."""
        self._store.drop_change(revision)

    def drafts(self) -> Sequence[Draft]:
        """Return none."""
        return ()

    def draft(self, document: str) -> Draft | None:
        """Return none."""
        return None

    def keep_thrown(self, thrown: ThrownDraft) -> None:
        """Keep nothing."""

    def thrown(self) -> Sequence[ThrownDraft]:
        """Return none."""
        return ()

    def drop_thrown(self, id_: str) -> None:
        """Drop nothing."""

    def settled(self) -> Mapping[str, str]:
        """Return none."""
        return {}

    def versions(self, document: str) -> Sequence[Version]:
        """Return none."""
        return ()

    def version(self, document: str, number: int) -> Version | None:
        """Return none."""
        return None

    def releases(self, limit: int) -> Sequence[Release]:
        """Return none."""
        return ()

    def release(self, number: int) -> Release | None:
        """Return none."""
        return None


class NothingPublished:
    """The ReleaseShelf of the access function, which asks nobody what the desk published."""

    def live(self) -> LiveRelease | None:
        """Return None."""
        return None

    def put_pages(self, pages: Mapping[str, bytes]) -> None:
        """Put nothing there."""

    def put(self, number: int, files: Mapping[str, bytes]) -> None:
        """Put nothing there."""

    def file(self, number: int, name: str) -> bytes | None:
        """Return None."""
        return None

    def lost(self, index: Mapping[str, object]) -> Sequence[str]:
        """Return none."""
        return ()

    def move(self, number: int, index: Mapping[str, object], since: LiveRelease | None) -> None:
        """Move nothing."""

    def stand_by(self) -> None:
        """Do nothing."""

    def numbers(self) -> Sequence[int]:
        """Return none."""
        return ()

    def delete(self, number: int) -> None:
        """Delete nothing."""

    def clear_pages(self, now: datetime) -> None:
        """Do nothing."""

    def clear_standby(self) -> None:
        """Do nothing."""
