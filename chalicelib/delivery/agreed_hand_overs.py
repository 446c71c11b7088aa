"""Dual control of hand-overs: who agreed at the access screens, and when that is enough to mail a copy.

The desk proposes and cannot agree: what it writes is a wish. A row of agreements is written by the access
function alone, and read by who delivers. It names the case as its own record does, with the place that the
report is about, so that an agreement of another place's publishers fits no case.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from chalicelib.directory.recipients import Recipient

NEEDED = 2
COUNTS_FOR = timedelta(days=7)


class HandOverKey(NamedTuple):
    """One hand-over as it is agreed to: the case and its place, whose copy was lost, and who gets it instead.

    All but the number are slugs.
    """

    case_number: str
    place: str
    recipient: str
    other: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """One publisher's agreement: `by` is the address, `account` the pool's id, which is never given twice.

    `seen` stands for the other office as it was then (`fingerprint_of`).
    """

    by: str
    account: str
    at: datetime
    seen: str


@dataclass(frozen=True, slots=True)
class AgreedHandOver:
    """The agreements to one hand-over, at most one an address, the first given first."""

    asked: HandOverKey
    agreements: tuple[Agreement, ...] = ()

    def counting(
        self, other: Recipient | None, now: datetime, since: datetime | None = None
    ) -> Sequence[Agreement]:
        """Return the agreements that count: of the last days, of one account each, to the office as it is.

        One of the future counts as little as an old one: a clock that is wrong lets nobody in. With `since`,
        which is when it was proposed, those of before count for nothing.
        """
        seen = fingerprint_of(other) if other is not None and other.id == self.asked.other else ""
        found: dict[str, Agreement] = {}
        for one in self.agreements:
            fresh = timedelta(0) <= now - one.at < COUNTS_FOR
            fresh = fresh and (since is None or one.at >= since)
            if fresh and one.account and seen and one.seen == seen:
                found.setdefault(one.account, one)
        return [*found.values()]

    def is_agreed(self, other: Recipient | None, now: datetime, since: datetime | None = None) -> bool:
        """Say whether enough people agree now."""
        return len(self.counting(other, now, since)) >= NEEDED


class AgreedHandOvers(Protocol):
    """Port to the rows of agreements. Any call may raise StoreUnavailable."""

    def all(self) -> Sequence[AgreedHandOver]:
        """Return every row, without what is none."""

    def of(self, asked: HandOverKey) -> AgreedHandOver:
        """Return the row of one hand-over, without agreements where there is none."""

    def agree(self, asked: HandOverKey, agreement: Agreement) -> None:
        """Write an agreement beside the others, over an earlier one of the same address."""

    def take_back(self, asked: HandOverKey, by: str) -> None:
        """Remove the agreement of an address, if there is one."""


def fingerprint_of(office: Recipient) -> str:
    """Return a fingerprint of an office as it was agreed to: a changed one has another."""
    seen = [
        office.id,
        office.name,
        office.nature,
        office.enforces_immigration,
        office.email,
        office.fallback,
    ]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:32]
