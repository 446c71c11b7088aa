"""The states of a mail to one recipient, the moves between them, and when to try again.

The states and moves are drawn in docs/deliveries.md, and a test keeps that drawing equal to MOVES.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

QUEUED = "queued"  # waiting for its first or next try
HELD = "held"  # waiting for the next digest
SENT = "sent"  # the mail service took it
DELIVERED = "delivered"  # the recipient's mail server took it
DELAYED = "delayed"  # the mail service is still trying
BOUNCED = "bounced"  # the recipient's mail server refused it, and there is no other address
COMPLAINED = "complained"  # the inbox called it unwanted, and there is no other address
REJECTED = "rejected"  # the mail service would not send it, and there is no other address
FALLEN_BACK = "fallen_back"  # the first address did not take it: queued for the second
FAILED = "failed"  # given up by a person, or impossible from the start

STATES = (QUEUED, HELD, SENT, DELIVERED, DELAYED, BOUNCED, COMPLAINED, REJECTED, FALLEN_BACK, FAILED)

_ENDS = {BOUNCED, COMPLAINED, REJECTED, FALLEN_BACK, FAILED}
MOVES: dict[str, set[str]] = {
    # A notice may overtake our own write, so that "delivered" can reach a record that still says "queued".
    QUEUED: {QUEUED, HELD, SENT, DELIVERED, DELAYED} | _ENDS,
    HELD: {QUEUED, HELD, SENT, DELIVERED, DELAYED} | _ENDS,
    SENT: {DELIVERED, DELAYED} | _ENDS,
    DELAYED: {DELIVERED, DELAYED} | _ENDS,
    DELIVERED: _ENDS,  # a late bounce or complaint can follow
    FALLEN_BACK: {FALLEN_BACK, SENT, DELIVERED, DELAYED} | (_ENDS - {FALLEN_BACK}),
    # A person at the delivery desk may send it again.
    BOUNCED: {QUEUED},
    COMPLAINED: {QUEUED},
    REJECTED: {QUEUED},
    FAILED: {QUEUED},
}
WAITING = frozenset({QUEUED, HELD, FALLEN_BACK})  # something is still to be sent
TAKEN = frozenset({SENT, DELIVERED})  # the recipient has it, as far as we know
LOST = frozenset({BOUNCED, COMPLAINED, REJECTED, FAILED})  # a person must look

FIRST = "first"
FALLBACK = "fallback"

BACK_OFF_FIRST = timedelta(seconds=15)
BACK_OFF_MOST = timedelta(minutes=30)
RETENTION = timedelta(days=30)  # after every recipient has taken it
RETENTION_MOST = timedelta(days=90)  # after it was taken in, once nothing is undelivered


@dataclass(frozen=True, slots=True)
class Delivery:
    """One recipient's copy of a report.

    `address` is "first" or "fallback"; `next_try` is set exactly while the state is one of WAITING; `message_id`
    is the mail service's id of the last mail; `changed_at` is when the state last changed.
    """

    recipient: str
    state: str
    changed_at: datetime
    next_try: datetime | None = None
    attempts: int = 0
    address: str = FIRST
    message_id: str = ""

    def due(self, now: datetime) -> bool:
        """Say whether it is time to send this one."""
        return self.state in WAITING and self.next_try is not None and self.next_try <= now


@dataclass(frozen=True, slots=True)
class SealedReport:
    """A stored report: the sealed words, and what is known about their delivery.

    `id` is the 32 hex digits that its receipt code leads to. `version` counts the changes of the record; an
    adapter saves a record only when nobody else changed it since it was read. `held` says why it waits for the
    digest ("" when it does not). `leased_until` hides it from other workers while one of them sends.
    """

    id: str
    sealed: bytes = field(repr=False)
    reporter_key: bytes = field(repr=False)
    place: str
    taken_at: datetime
    deliveries: tuple[Delivery, ...]
    held: str = ""
    version: int = 0
    expires_at: datetime | None = None
    leased_until: datetime | None = None

    @property
    def case_number(self) -> str:
        """Return the short number that agencies see: it leads neither to the record nor to the code."""
        return case_number(self.id)

    def due_at(self) -> datetime | None:
        """Return when this record next needs a worker, or None when nothing is left to send."""
        tries = [delivery.next_try for delivery in self.deliveries if delivery.next_try is not None]
        return min(tries) if tries else None

    def delivery_to(self, recipient: str) -> Delivery | None:
        """Return this recipient's delivery, or None when the report was not addressed to it."""
        return next((delivery for delivery in self.deliveries if delivery.recipient == recipient), None)

    def with_delivery(self, changed: Delivery) -> SealedReport:
        """Return the record with one delivery replaced, and its expiry as `expiry` says."""
        deliveries = tuple(changed if one.recipient == changed.recipient else one for one in self.deliveries)
        return replace(self, deliveries=deliveries, expires_at=expiry(self.taken_at, deliveries))


def case_number(report_id: str) -> str:
    """Return "PL-XXXX-XXXX" for a report: 40 bits of a hash, in letters that are hard to confuse."""
    number = int.from_bytes(
        hashlib.sha256(b"porchlight case number " + report_id.encode()).digest()[:5], "big"
    )
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    text = "".join(letters[number >> shift & 31] for shift in range(35, -1, -5))
    return f"PL-{text[:4]}-{text[4:]}"


def move(
    delivery: Delivery,
    state: str,
    now: datetime,
    *,
    next_try: datetime | None = None,
    message_id: str | None = None,
    address: str | None = None,
    attempts: int | None = None,
) -> Delivery:
    """Return the delivery in another state, or unchanged when MOVES has no such move.

    Notices come twice, late and out of order; what MOVES does not know is such a notice, not a fault.
    """
    if state not in MOVES[delivery.state]:
        return delivery
    return replace(
        delivery,
        state=state,
        changed_at=now,
        next_try=next_try if state in WAITING else None,
        message_id=delivery.message_id if message_id is None else message_id,
        address=delivery.address if address is None else address,
        attempts=delivery.attempts if attempts is None else attempts,
    )


def back_off(attempts: int, chance: float) -> timedelta:
    """Return how long to wait after `attempts` failed tries: doubling, capped, spread by `chance` in [0, 1)."""
    doublings = max(0, min(attempts - 1, 20))
    longest = min(BACK_OFF_MOST, BACK_OFF_FIRST * (1 << doublings))
    return longest * (0.5 + chance / 2)


def next_digest(now: datetime, every: timedelta) -> datetime:
    """Return when the next digest goes out: the next whole multiple of `every` since 1970."""
    seconds = every.total_seconds()
    beats = now.timestamp() // seconds + 1
    return datetime.fromtimestamp(beats * seconds, now.tzinfo)


def expiry(taken_at: datetime, deliveries: tuple[Delivery, ...]) -> datetime | None:
    """Return when a report may be deleted: None while any recipient has not taken it.

    30 days after the last recipient took it, and never later than 90 days after it came in, unless it was
    delivered later than that: then the 30 days count, because deleting unread is the worse fault.
    """
    if not all(delivery.state in TAKEN for delivery in deliveries):
        return None
    last = max(delivery.changed_at for delivery in deliveries)
    if last >= taken_at + RETENTION_MOST - RETENTION:
        return last + RETENTION
    return min(last + RETENTION, taken_at + RETENTION_MOST)
