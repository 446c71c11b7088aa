"""State of recipients and of the change that waits, as screens show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.delivery.ports import KeyInfo
from chalicelib.directory.recipients import Recipient
from chalicelib.publishing.recipient_changes import RecipientChange


@dataclass(frozen=True, slots=True)
class RecipientEntry:
    """A recipient as published. `key` is None when it has none: its mails then are not encrypted."""

    recipient: Recipient
    key: KeyInfo | None


@dataclass(frozen=True, slots=True)
class EntryState:
    """One entry that changes: the addresses of those who had a hand in it, and who has agreed to it."""

    id: str
    name: str
    proposers: Sequence[str]
    agreed_by: str


@dataclass(frozen=True, slots=True)
class ChangeState:
    """The change that waits, and what it still needs before the next publish takes it along.

    `live` is what is published. `lacking` are sentences; `waiting` the addresses to be confirmed, `mailed`
    those of them with a code out. `described` says in a line each what changes, `entries` whose each entry
    is. `fingerprint` stands for all of it: an agreement carries it. `operator_may` says that a code mailed to
    the operator can stand for the second publisher.
    """

    change: RecipientChange
    live: str
    lacking: Sequence[str]
    waiting: Sequence[str]
    mailed: Sequence[str]
    described: Sequence[str] = ()
    entries: Sequence[EntryState] = ()
    fingerprint: str = ""
    operator_may: bool = False

    @property
    def ready(self) -> bool:
        """Say whether nothing but agreements is missing."""
        return not (self.lacking or self.waiting)

    def whose(self, entry: str) -> Sequence[str]:
        """Return the addresses of those who proposed an entry that waits, or nothing."""
        return next((one.proposers for one in self.entries if one.id == entry), ())
