"""Editor of recipients: one at a time, in a form; the whole document is proposed with it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.desk.people import Person
from chalicelib.directory.armor import tidy
from chalicelib.directory.write_entries import write_entries
from chalicelib.publishing.change_recipients import ChangeRecipients
from chalicelib.publishing.recipient_changes import RecipientChange, entries_of
from chalicelib.shared.errors import EntryMissing

_TEXTS = ("name", "serves", "email", "fallback", "language", "nature", "what", "what_not", "agreed_on")


@dataclass(frozen=True, slots=True)
class RecipientFields:
    """A recipient as it was typed. `key` is kept without what stands around it."""

    id: str
    name: str
    serves: str
    email: str
    fallback: str
    language: str
    nature: str
    enforces_immigration: bool
    what: str
    what_not: str
    agreed_on: str
    key: str


class EditRecipients:
    """The recipients as the waiting change has them, else as they are published."""

    def __init__(self, changes: ChangeRecipients) -> None:
        self._changes = changes

    def entries(self) -> tuple[Sequence[Mapping[str, Any]], int]:
        """Return the entries, and the revision of the change they are from (0: none waits)."""
        state = self._changes.state()
        text = state.change.text if state else self._changes.live_text()
        return entries_of(text), state.change.revision if state else 0

    def open(self, recipient: str) -> tuple[Mapping[str, Any], int]:
        """Return one entry and the revision. Raises EntryMissing."""
        entries, revision = self.entries()
        for entry in entries:
            if entry.get("id") == recipient:
                return entry, revision
        raise EntryMissing(f"there is no recipient {recipient!r}")

    def propose(self, fields: RecipientFields, revision: int, who: Person, why: str) -> RecipientChange:
        """Propose the document with this recipient changed or added. Raises as ChangeRecipients.propose."""
        entries, _ = self.entries()
        known = {str(entry.get("id")): entry for entry in entries}
        known[fields.id] = _filled(known.get(fields.id, {}), fields)
        return self._changes.propose(_written(list(known.values())), revision, who, why)

    def propose_without(self, recipient: str, revision: int, who: Person, why: str) -> RecipientChange:
        """Propose the document without a recipient. Raises EntryMissing, and as above."""
        self.open(recipient)
        entries, _ = self.entries()
        kept = [entry for entry in entries if entry.get("id") != recipient]
        return self._changes.propose(_written(kept), revision, who, why)


def _filled(entry: Mapping[str, Any], fields: RecipientFields) -> dict[str, Any]:
    filled: dict[str, Any] = {**entry, "id": fields.id.strip()}
    for name in _TEXTS:
        filled[name] = " ".join(str(getattr(fields, name)).split())
    filled["agreed_on"] = filled["agreed_on"] or None
    filled["enforces_immigration"] = fields.enforces_immigration
    key = tidy(fields.key).replace("\r\n", "\n").strip()
    if key or "key" in entry:
        filled["key"] = f"{key}\n" if key else ""
    return filled


def _written(entries: Sequence[Mapping[str, Any]]) -> str:
    return write_entries(entries)
