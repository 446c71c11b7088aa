"""Outcomes of deliveries, for structured logs: case, recipient, state, and no word of anybody.

docs/operate.md lists the outcomes, and a test keeps the list equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.reporting.cases import (
    BOUNCED,
    COMPLAINED,
    DELAYED,
    DELIVERED,
    FAILED,
    FALLEN_BACK,
    HELD,
    QUEUED,
    REJECTED,
    SENT,
    UNCLEAR,
    WAITING,
    WITHHELD,
    Delivery,
    SealedReport,
)

# By the state that a delivery has come to.
BY_STATE = {
    QUEUED: "queued",
    HELD: "held",
    SENT: "sent",
    DELIVERED: "delivered",
    DELAYED: "delayed",
    UNCLEAR: "unclear",
    BOUNCED: "bounced",
    COMPLAINED: "complained",
    REJECTED: "refused",
    FALLEN_BACK: "fell_back",
    FAILED: "given_up",
    WITHHELD: "withheld",
}
PUT_OFF = "put_off"  # it could not be sent now, and will be tried again
WAITED_LONG = "waited_long"  # the mail service has tried for six hours, and there is no other address
AWAY = "away"  # an automatic reply came, and changed nothing
SET_DUE = "set_due"  # a clock that was ahead had hidden it
DELETED = "deleted"
OUTCOMES = frozenset({*BY_STATE.values(), PUT_OFF, WAITED_LONG, AWAY, SET_DUE, DELETED})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One event of one delivery. `age` is the report's, in seconds; None when not known."""

    outcome: str
    case: str
    recipient: str
    state: str
    age: int | None


def unheard(outcome: Outcome) -> None:
    """Discard an outcome, where nothing is logged."""


def outcomes(before: SealedReport, after: SealedReport, now: datetime) -> list[Outcome]:
    """Return the outcomes between two versions of a record, at most one for each delivery."""
    happened = []
    for delivery in after.deliveries:
        earlier = before.delivery_to(delivery.recipient)
        word = "" if earlier is None else _between(earlier, delivery)
        if word:
            happened.append(outcome(word, after, delivery, now))
    return happened


def outcome(word: str, record: SealedReport, delivery: Delivery, now: datetime) -> Outcome:
    """Return the outcome of a delivery with this word."""
    age = max(0, int((now - record.taken_at).total_seconds()))
    return Outcome(word, record.case_number, delivery.recipient, delivery.state, age)


def _between(before: Delivery, after: Delivery) -> str:
    if (before.state, before.turn) != (after.state, after.turn):
        return BY_STATE[after.state]
    if (before.next_try, before.attempts) != (after.next_try, after.attempts):
        if after.state in WAITING:
            return PUT_OFF
        return WAITED_LONG if after.state == DELAYED and after.next_try is None else ""
    return AWAY if before.away_mail != after.away_mail else ""
