"""Migration of recipients into the access table: they become rows there, and no inbox stays in the bucket.

Done once on a stage, by whoever deploys. Nothing reads the rows before all of them are there; stopped after
any write, the same call made again ends the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.recipient_rows import RecipientRow, Recipients, offices_text
from chalicelib.publishing.documents import SHIPPED
from chalicelib.publishing.ports import DocumentStore, ReleaseShelf
from chalicelib.publishing.recipient_changes import RecipientChange, described, entries_of
from chalicelib.shared.errors import EntryMissing

MOVED_BY = "the deploy"


class Rows(Protocol):
    """Port to the rows, also before all of them are there."""

    def is_moved(self) -> bool:
        """Say whether all were moved."""

    def rows(self) -> Sequence[RecipientRow]:
        """Return what is there."""

    def read(self) -> Recipients:
        """Return rows and changes, once all were moved."""

    def put(self, row: RecipientRow) -> None:
        """Write a row over the version before it."""

    def mark_moved(self, now: datetime, by: str) -> None:
        """Say that all are there."""


class Proposals(Protocol):
    """Port to the proposal that waits, where the access function has it."""

    def change(self) -> RecipientChange | None:
        """Return it."""

    def put_change(self, change: RecipientChange) -> None:
        """Save it over the revision before it."""


class Offices(Protocol):
    """Port to the document that forms are made from."""

    def text(self) -> str:
        """Return it, or nothing."""

    def put(self, text: str) -> None:
        """Write it anew."""


class ReleasedDocuments(Protocol):
    """Port to the documents that releases laid where anybody may read them."""

    def numbers(self) -> Sequence[int]:
        """Return the number of each release that is there."""

    def documents(self, number: int) -> Mapping[str, str]:
        """Return what a release laid there; nothing for one without."""

    def put_documents(self, number: int, texts: Mapping[str, str]) -> None:
        """Write it anew."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was done: the entries that are in the table now, and the releases that named inboxes."""

    entries: Sequence[Mapping[str, Any]]
    cleaned: Sequence[int]


class MoveRecipients:
    """The migration of one stage. `shipped` are the recipients of the package, `log` writes into the log."""

    def __init__(
        self,
        rows: Rows,
        proposals: Proposals,
        offices: Offices,
        released: ReleasedDocuments,
        documents: DocumentStore,
        shelf: ReleaseShelf,
        shipped: str,
        now: Callable[[], datetime],
        log: Callable[[Sequence[str]], None],
    ) -> None:
        self._rows = rows
        self._proposals = proposals
        self._offices = offices
        self._released = released
        self._documents = documents
        self._shelf = shelf
        self._shipped = shipped
        self._now = now
        self._log = log

    def __call__(self) -> Moved:
        """Move them, unless that was done, and take inboxes out of every release."""
        cleaned = [] if self._rows.is_moved() else self._move(self._live_text())
        recipients = self._rows.read()
        if not self._offices.text():
            self._offices.put(offices_text(recipients, self._now()))
        return Moved(recipients.at(self._now()), cleaned)

    def _move(self, text: str) -> list[int]:
        rows = [
            RecipientRow(str(entry["id"]), entry, f"0-{number:06d}")
            for number, entry in enumerate(entries_of(text))
        ]
        known = {row.id: row for row in self._rows.rows()}
        wanted = {row.id: row for row in rows}
        for row in (*rows, *(replace(row, gone=True) for row in known.values() if row.id not in wanted)):
            there = known.get(row.id)
            if there is None or replace(there, version=row.version) != row:
                self._rows.put(replace(row, version=there.version + 1 if there else 1))
        self._take_proposal()
        self._offices.put(offices_text(Recipients(rows), self._now()))
        cleaned = self._clean()
        self._log(described("[]", text))
        self._rows.mark_moved(self._now(), MOVED_BY)  # last: what is marked is done
        return cleaned

    def _take_proposal(self) -> None:
        """Take along what waits: there its addresses are confirmed, and it is agreed to, anew."""
        change = self._documents.change()
        if change is not None and self._proposals.change() is None:
            bare = replace(
                change,
                revision=1,
                codes={},
                confirmed={},
                agreed_by="",
                agreed_at=None,
                held_until=None,
                agreements={},
                operator_code=None,
            )
            self._proposals.put_change(bare)

    def _live_text(self) -> str:
        live = self._shelf.live()
        if live is None:
            return self._shipped
        release = self._documents.release(live.number)
        if release is None:
            raise EntryMissing(f"release {live.number} is live, and nothing is written down about it")
        number = release.versions.get(RECIPIENTS, SHIPPED)
        if number == SHIPPED:
            return self._shipped
        version = self._documents.version(RECIPIENTS, number)
        if version is None:
            raise EntryMissing(f"the recipients of release {live.number} are not kept")
        return version.text

    def _clean(self) -> list[int]:
        cleaned = []
        for number in self._released.numbers():
            texts = self._released.documents(number)
            if RECIPIENTS in texts:
                rest = {name: text for name, text in texts.items() if name != RECIPIENTS}
                self._released.put_documents(number, rest)
                cleaned.append(number)
        return cleaned
