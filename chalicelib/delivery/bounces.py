"""Bounces and automatic replies: what SES's types mean, and what each changes in a delivery.

An automatic reply is recorded, and undoes no delivery.

The table is written out in docs/deliveries.md, and a test keeps the two equal.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.reporting.cases import (
    BOUNCED,
    COMPLAINED,
    DELIVERED,
    FIRST,
    REJECTED,
    UNCLEAR,
    Delivery,
    move,
    refused,
)

REFUSED = "bounced"  # their server refused it, or SES did not even ask
AWAY = "away"  # mostly an absence note: it counts as a bounce only when nothing says that it was taken

# By SES's bounceType and bounceSubType.
BOUNCES = {
    ("Undetermined", "Undetermined"): REFUSED,
    ("Permanent", "General"): REFUSED,
    ("Permanent", "NoEmail"): REFUSED,
    ("Permanent", "Suppressed"): REFUSED,
    ("Permanent", "OnAccountSuppressionList"): REFUSED,
    ("Permanent", "UnsubscribedRecipient"): REFUSED,
    ("Transient", "General"): AWAY,
    ("Transient", "MailboxFull"): REFUSED,
    ("Transient", "MessageTooLarge"): REFUSED,
    ("Transient", "ContentRejected"): REFUSED,
    ("Transient", "AttachmentRejected"): REFUSED,
    ("Transient", "CustomTimeoutExceeded"): REFUSED,
}
# SES orders its notices no better than within minutes: so long does an absence note wait for the word that
# the mail was taken, before it is what SES calls it.
AWAY_WAIT = timedelta(minutes=15)

_PLAIN = {(kind.casefold(), sub.casefold()): meaning for (kind, sub), meaning in BOUNCES.items()}
_LAST_WORD = frozenset({BOUNCED, COMPLAINED, REJECTED})


def meaning(bounce_type: str, sub_type: str) -> str:
    """Return the meaning of a bounce, REFUSED or AWAY.

    What SES may name one day is a refusal: nothing is lost by a second copy.
    """
    return _PLAIN.get((bounce_type.casefold(), sub_type.casefold()), REFUSED)


def away(delivery: Delivery, turn: int, message_id: str, now: datetime) -> Delivery:
    """Return a delivery with an automatic reply to its mail of this turn recorded.

    One that nobody has taken yet is UNCLEAR from now on, for as long as AWAY_WAIT.
    """
    noted = delivery
    if delivery.away_mail != message_id:
        noted = replace(delivery, away_at=now, away_mail=message_id)
    if turn != delivery.turn or delivery.state == UNCLEAR:
        return noted
    known = delivery.message_id or message_id
    unclear = move(noted, UNCLEAR, now, next_try=now + AWAY_WAIT, message_id=known)
    return unclear if unclear is noted else replace(unclear, doubtful=(*noted.doubtful, turn))


def given_up(delivery: Delivery, now: datetime, has_fallback: bool) -> Delivery:
    """Return an UNCLEAR delivery that nobody took in time: the fallback's turn, or bounced.

    Who replied has it.
    """
    if delivery.replied_at is not None:
        return replace(move(delivery, DELIVERED, now), doubtful=())
    return replace(refused(delivery, BOUNCED, now, has_fallback), doubtful=delivery.doubtful)


def taken(delivery: Delivery, turn: int, message_id: str, now: datetime) -> Delivery:
    """Return a delivery of whose mail of this turn SES says that the recipient's server accepted it.

    That undoes no bad news but what we made ourselves of an absence note, however late it comes.
    """
    doubted = turn in delivery.doubtful
    if turn == delivery.turn and (doubted or delivery.state not in _LAST_WORD):
        moved = move(delivery, DELIVERED, now)
        return moved if moved is delivery else replace(moved, doubtful=())
    if turn == delivery.turn or not doubted or delivery.state == DELIVERED:
        return delivery
    moved = move(delivery, DELIVERED, now, message_id=message_id)
    if moved is delivery:
        return delivery
    # It had fallen back from its first address. What is told of the fallback's mail is old news now, and what
    # is told of this one is not.
    return replace(moved, address=FIRST, turn=delivery.turn + 1, attempts=0, doubtful=(turn,))


def not_taken(delivery: Delivery, turn: int, state: str, now: datetime, has_fallback: bool) -> Delivery:
    """Return a delivery whose mail of this turn bounced, or was complained of or rejected, for certain."""
    if turn == delivery.turn:
        return refused(delivery, state, now, has_fallback)
    if turn not in delivery.doubtful:
        return delivery
    certain = replace(delivery, doubtful=tuple(doubted for doubted in delivery.doubtful if doubted != turn))
    return refused(certain, state, now, has_fallback) if delivery.state == DELIVERED else certain
