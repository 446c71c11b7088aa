"""Recipients as rows of the access table: what each is at a moment, and what readers may know of it.

A row holds what was settled last, and beside it may lie a change that counts from its time on. Nothing has
to be done when that time comes: whoever reads reckons it. A recipient that was taken out leaves its row, so
that its inbox is still known for what it was when somebody filled in a form.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.shared.errors import StoreUnavailable

SUBJECT = "recipient#"  # and an id: the subject of its change
KIND = "recipient"
PUBLIC = (
    "id", "name", "serves", "nature", "enforces_immigration", "what", "what_not", "agreed_on", "answers",
)  # fmt: skip
STALE_FORM = timedelta(days=1)  # so old a form may be when it is sent

Entry = Mapping[str, Any]


class RecipientsMissing(StoreUnavailable):
    """A table into which no recipients were moved yet: what is mailed waits. A deploy moves them."""


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """A recipient as it was settled last. `entry` is what it is, or was when it is `gone`.

    `rank` orders the list. `earlier` are its former addresses, each pair with the moment until which it had
    them. `version` grows with each write.
    """

    id: str
    entry: Entry
    rank: str
    version: int = 1
    gone: bool = False
    earlier: Sequence[tuple[datetime, str, str]] = ()


@dataclass(frozen=True, slots=True)
class Coming:
    """An accepted change of a recipient: what it is from `at` on, and None when it is gone then."""

    id: str
    entry: Entry | None
    rank: str
    at: datetime
    stopped: bool = False

    def counts(self, now: datetime) -> bool:
        """Say whether it is in effect."""
        return not self.stopped and self.at <= now


@dataclass(frozen=True, slots=True)
class Recipients:
    """All rows and all changes beside them, as read in one moment."""

    rows: Sequence[RecipientRow]
    coming: Sequence[Coming] = ()

    def at(self, now: datetime) -> list[dict[str, Any]]:
        """Return the entries that are in effect, in their order."""
        found = {row.id: (row.rank, None if row.gone else row.entry) for row in self.rows}
        for change in self.coming:
            if change.counts(now):
                rank = found[change.id][0] if change.id in found else change.rank
                found[change.id] = (rank, change.entry)
        ordered = sorted(found.items(), key=lambda one: (one[1][0], one[0]))
        return [dict(entry) for _, (_, entry) in ordered if entry is not None]

    def addresses(self, id_: str, at: datetime) -> tuple[str, ...]:
        """Return the addresses that a recipient had when a form of this moment was filled in, or sent."""
        found: dict[str, None] = {}
        for row in self.rows:
            if row.id == id_:
                past = [one for one in row.earlier if one[0] > at - STALE_FORM]
                found |= dict.fromkeys(address for _, *pair in past for address in pair)
                found |= dict.fromkeys(addresses_of(row.entry))
        for change in self.coming:
            if change.id == id_ and change.entry is not None and change.counts(at):
                found |= dict.fromkeys(addresses_of(change.entry))
        return tuple(address for address in found if address)

    def ever_mailed(self, now: datetime, *, agreed_only: bool) -> bool:
        """Say whether any recipient ever got mail here, or gets it now, gone ones among them."""
        entries = [row.entry for row in self.rows]
        entries += [one.entry for one in self.coming if one.entry is not None and one.counts(now)]
        return any(entry.get("agreed_on") or not agreed_only for entry in entries)


def addresses_of(entry: Entry) -> list[str]:
    """Return an entry's addresses."""
    return [str(entry[name]) for name in ("email", "fallback") if entry.get(name)]


def public(entry: Entry) -> dict[str, Any]:
    """Return what readers may know of a recipient: no address and no key."""
    return {name: entry.get(name) for name in PUBLIC}


def offices_text(recipients: Recipients, now: datetime) -> str:
    """Return the document that forms are made from: who is offered now, and from when on it is otherwise."""
    later = [one for one in recipients.coming if not one.stopped and one.at > now]
    data = {
        "recipients": [public(entry) for entry in recipients.at(now)],
        "later": [
            {"id": one.id, "at": one.at.isoformat(), "recipient": public(one.entry) if one.entry else None}
            for one in sorted(later, key=lambda one: one.at)
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=1)


def offices_at(text: str, now: datetime) -> str:
    """Return the entries of such a document as they are now, as a document of recipients has them.

    Raises ValueError, KeyError, TypeError or AttributeError for what is none.
    """
    data = json.loads(text)
    found = {str(entry["id"]): entry for entry in data["recipients"]}
    for one in data["later"]:
        if datetime.fromisoformat(one["at"]) <= now:
            found[str(one["id"])] = one["recipient"]
    entries: Iterable[Any] = (entry for entry in found.values() if entry is not None)
    return json.dumps([public(entry) for entry in entries], ensure_ascii=False, indent=2)
