"""Delivery states of a mail to one recipient, the moves between them, back-off, and a report's expiry.

The states and moves are drawn in docs/deliveries.md, and a test keeps that drawing equal to MOVES.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from chalicelib.shared.retention import KEEP_DAYS, KEEP_DAYS_MOST

QUEUED = "queued"  # waiting for its first or next try
HELD = "held"  # kept back: for the next digest, or until the recipient's key is mended
SENT = "sent"  # the mail service took it
DELIVERED = "delivered"  # the recipient's mail server took it
DELAYED = "delayed"  # the mail service is still trying
UNCLEAR = "unclear"  # an automatic answer came, and no word yet that the server took it
BOUNCED = "bounced"  # the recipient's mail server refused it, and there is no other address
COMPLAINED = "complained"  # the inbox called it unwanted, and there is no other address
REJECTED = "rejected"  # the mail service would not send it, and there is no other address
FALLEN_BACK = "fallen_back"  # the first address did not take it: queued for the second
FAILED = "failed"  # given up by a person, or impossible from the start
WITHHELD = "withheld"  # not mailed, because what its writer chose does not allow it

STATES = (
    QUEUED, HELD, SENT, DELIVERED, DELAYED, UNCLEAR, BOUNCED, COMPLAINED, REJECTED, FALLEN_BACK, FAILED,
    WITHHELD,
)  # fmt: skip

_BAD_NEWS = frozenset({FALLEN_BACK, BOUNCED, COMPLAINED, REJECTED})
# A notice may overtake our own write, so that "delivered" can reach a record that still says "queued". What
# is not here does not happen: such a notice is old or came twice. QUEUED after anything else is a person's
# doing. DELIVERED after bad news is for bounces.py alone, which knows when that news was an absence note.
MOVES: dict[str, frozenset[str]] = {
    QUEUED: frozenset({HELD, SENT, DELIVERED, DELAYED, UNCLEAR, FAILED, WITHHELD}) | _BAD_NEWS,
    HELD: frozenset({QUEUED, SENT, DELIVERED, DELAYED, UNCLEAR, FAILED, WITHHELD}) | _BAD_NEWS,
    FALLEN_BACK: frozenset(
        {HELD, SENT, DELIVERED, DELAYED, UNCLEAR, BOUNCED, COMPLAINED, REJECTED, FAILED, WITHHELD}
    ),
    SENT: frozenset({DELIVERED, DELAYED, UNCLEAR, QUEUED, FAILED}) | _BAD_NEWS,
    DELAYED: frozenset({DELIVERED, UNCLEAR, QUEUED, FAILED}) | _BAD_NEWS,
    UNCLEAR: frozenset({DELIVERED, QUEUED, FAILED}) | _BAD_NEWS,
    DELIVERED: frozenset({QUEUED}) | _BAD_NEWS,  # a late bounce or complaint can follow
    BOUNCED: frozenset({DELIVERED, QUEUED, FAILED}),
    COMPLAINED: frozenset({DELIVERED, QUEUED, FAILED}),
    REJECTED: frozenset({DELIVERED, QUEUED, FAILED}),
    FAILED: frozenset({QUEUED}),
    WITHHELD: frozenset({QUEUED, DELIVERED}),  # a notice of an earlier try may still come
}
WAITING = frozenset({QUEUED, HELD, FALLEN_BACK})  # something is still to be sent
LOOKED_AT = frozenset({DELAYED, UNCLEAR})  # a worker looks again, and may then use the other address
LOST = frozenset({BOUNCED, COMPLAINED, REJECTED, FAILED})  # a person must look
NOT_ARRIVED = frozenset({BOUNCED, REJECTED, FAILED, WITHHELD})  # and it is not on its way

FIRST = "first"
FALLBACK = "fallback"

OPEN = "#open"  # the list of cases that are not done; no place has such a slug
BACK_OFF_FIRST = timedelta(seconds=15)
BACK_OFF_MOST = timedelta(minutes=30)
UNCERTAIN_WAIT = timedelta(minutes=3)  # a notice of a mail that was taken after all comes sooner than this
DELAY_MOST = timedelta(hours=6)  # a mail that is delayed for longer goes to the fallback
WATCH_AFTER = timedelta(hours=8)  # every recipient should have taken a report by then
WATCH_AGAIN = timedelta(hours=24)
PAST_STEPS = 20


@dataclass(frozen=True, slots=True)
class HandOver:
    """A hand-over: a proposal to give an undelivered copy to another office; two publishers agree to it."""

    to: str
    by: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One recipient's copy of a report.

    `address` is "first" or "fallback". `turn` grows whenever it is queued anew, for the fallback or by a
    person: a notice about an earlier turn is old news. `digest` says that it goes out inside a digest.
    `next_try` is when a worker should next look at it: to send it, or to give up on a delay. `message_id`
    is the mail service's id of the last mail; `changed_at` is when the state last changed.

    `away_at` and `away_mail` say when the last absence note came, and to which of the mail service's ids.
    `doubtful` are the turns whose mails were answered so and never said to be taken: only for those may a
    notice that they were taken undo what followed.

    `instead_of` is the recipient whose copy did not arrive and was handed over to this one; `proposed` is a
    hand-over that waits for two publishers. `past` are the states before this one and since when it was
    in each, the latest PAST_STEPS of them; none for what moved before steps were kept.

    `replied_at` is when a person there first replied by mail, which proves that somebody has it; `spoke_at`
    is when the last message went either way between this office and the writer.
    """

    recipient: str
    state: str
    changed_at: datetime
    next_try: datetime | None = None
    attempts: int = 0
    address: str = FIRST
    message_id: str = ""
    turn: int = 0
    digest: bool = False
    away_at: datetime | None = None
    away_mail: str = ""
    doubtful: tuple[int, ...] = ()
    instead_of: str = ""
    proposed: HandOver | None = None
    past: tuple[tuple[str, datetime], ...] = ()
    replied_at: datetime | None = None
    spoke_at: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Say whether the delivery is due: it is time to look at it."""
        return self.next_try is not None and self.next_try <= now

    def in_digest(self) -> bool:
        """Say whether it waits to be sent inside a digest."""
        return self.digest and self.state in WAITING


@dataclass(frozen=True, slots=True)
class SealedReport:
    """A stored report: the sealed words, and what is known about their delivery.

    `id` is the 32 hex digits that its receipt code leads to; what the writer adds later ("message") is a
    record of its own, whose id is that id, a point and hex digits. `version` counts the record's changes: an
    adapter saves it only when nobody else changed it since it was read. `held` says why it waits for the
    digest ("" when it does not), and `counted` whether the flood caps have seen it. `leased_until` hides
    it from other workers while one of them sends.

    `watch_at` is when somebody is told that not every recipient has it yet; None once they all do, or once a
    person has acknowledged that alarm (`answered_at`). `legal_hold` stops the deletion, which otherwise comes
    `keep_days` after the last recipient took it.

    `addressed` are the recipients of a report whose seal does not say what its writer chose: those that it
    had when such a seal was first opened. It is empty for all others. `unlisted` says that a survey found it
    in no list of cases: an earlier package wrote it.
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
    watch_at: datetime | None = None
    answered_at: datetime | None = None
    legal_hold: bool = False
    keep_days: int = KEEP_DAYS
    counted: bool = False
    addressed: tuple[str, ...] = ()
    unlisted: bool = field(default=False, compare=False)

    @property
    def case_number(self) -> str:
        """Return the short number that agencies see: it leads neither to the record nor to the code."""
        return case_number(self.id)

    @property
    def report_id(self) -> str:
        """Return the id of the report that it is, or that it adds to."""
        return report_of(self.id)

    @property
    def is_message(self) -> bool:
        """Say whether it is a message that the writer added to a report."""
        return self.id != self.report_id

    def due_at(self) -> datetime | None:
        """Return when this record next needs a worker, or None when nothing is left to do."""
        times = [delivery.next_try for delivery in self.deliveries] + [self.watch_at]
        return min((time for time in times if time is not None), default=None)

    def due_for_digest(self) -> bool:
        """Say whether what is due next is a digest: those are collected by one worker at a time."""
        others = [d.next_try for d in self.deliveries if not d.in_digest()] + [self.watch_at]
        digests = [delivery.next_try for delivery in self.deliveries if delivery.in_digest()]
        latest = datetime.max.replace(tzinfo=UTC)
        return min((time for time in digests if time), default=latest) < min(
            (time for time in others if time), default=latest
        )

    def delivery_to(self, recipient: str) -> Delivery | None:
        """Return this recipient's delivery, or None when the report was not addressed to it."""
        return next((delivery for delivery in self.deliveries if delivery.recipient == recipient), None)

    def with_delivery(self, changed: Delivery) -> SealedReport:
        """Return the record with one delivery replaced, and what follows from it: expiry, watch, alarm."""
        before = self.delivery_to(changed.recipient)
        deliveries = tuple(changed if d.recipient == changed.recipient else d for d in self.deliveries)
        newly_lost = changed.state in LOST and (before is None or before.state not in LOST)
        answered_at = None if newly_lost else self.answered_at  # a new loss wants a new acknowledgement
        return replace(self, deliveries=deliveries, answered_at=answered_at).settled()

    def settled(self) -> SealedReport:
        """Return the record with `expires_at` and `watch_at` as its deliveries have them."""
        last = max((delivery.changed_at for delivery in self.deliveries), default=self.taken_at)
        watch_at = None if self.reached_all() or self.answered_at else self.watch_at or last + WATCH_AFTER
        return replace(self, expires_at=expiry(self), watch_at=watch_at)

    def reached_all(self) -> bool:
        """Say whether every recipient has it that may have it, and at least one does.

        Its mail server took it, or somebody there replied.
        """
        states = {DELIVERED if d.replied_at else d.state for d in self.deliveries}
        return DELIVERED in states and states <= {DELIVERED, WITHHELD}

    def is_open(self) -> bool:
        """Say whether somebody may still have to look at it: a copy is on its way, or a loss unanswered."""
        waits = any(delivery.state in WAITING | LOOKED_AT for delivery in self.deliveries)
        return not self.reached_all() and (self.answered_at is None or waits)

    def listed_in(self) -> str:
        """Return the list of cases that it lies in: OPEN, or its place's once it is done."""
        return OPEN if self.is_open() else self.place

    def reached_nobody(self) -> bool:
        """Say whether no recipient's mail server took it."""
        return not any(delivery.state == DELIVERED or delivery.replied_at for delivery in self.deliveries)

    def watched(self, now: datetime) -> SealedReport:
        """Return the record after somebody was told, who is told again a day later; of a message once."""
        return self.acknowledged(now) if self.is_message else replace(self, watch_at=now + WATCH_AGAIN)

    def counted_as(
        self, why: str, recipients: Collection[str], until: datetime, now: datetime
    ) -> SealedReport:
        """Return the record as counted; what is queued for `recipients` waits for the digest of `until`."""

        def held(delivery: Delivery) -> Delivery:
            if delivery.recipient not in recipients or delivery.state != QUEUED:
                return delivery
            return replace(move(delivery, HELD, now, next_try=until), digest=True)

        deliveries = tuple(held(delivery) for delivery in self.deliveries)
        return replace(self, deliveries=deliveries, held=why or self.held, counted=True)

    def with_proposal(self, recipient: str, proposed: HandOver | None) -> SealedReport:
        """Return the record with a proposal to hand one recipient's copy over, or without one."""
        changed = (replace(o, proposed=proposed) if o.recipient == recipient else o for o in self.deliveries)
        return replace(self, deliveries=tuple(changed))

    def handed_over(self, recipient: str, other: str, now: datetime) -> SealedReport:
        """Return the record after two people gave up on one recipient and queued the report for another."""
        record = self.with_proposal(recipient, None)
        given_up = record.delivery_to(recipient)
        if given_up is not None and given_up.state not in (DELIVERED, FAILED, WITHHELD):
            record = record.with_delivery(move(given_up, FAILED, now))
        there = record.delivery_to(other)
        if there is not None:
            return record.with_delivery(sent_again(there, now))
        new = Delivery(other, QUEUED, now, next_try=now, instead_of=recipient)
        return replace(record, deliveries=(*record.deliveries, new)).settled()

    def first_opened(self) -> SealedReport:
        """Return the record after a seal without its writer's choice was opened: from now on nobody is added.

        What was handed over by then stays out as well.
        """
        addressed = tuple(delivery.recipient for delivery in self.deliveries if not delivery.instead_of)
        return self if self.addressed else replace(self, addressed=addressed)

    def keeps(self, delivery: Delivery) -> bool:
        """Say whether a report without its writer's choice had this delivery from the start."""
        return not delivery.instead_of and delivery.recipient in self.first_opened().addressed

    def others_than(self, recipient: str) -> tuple[str, ...]:
        """Return who else has a copy, or gets one: not those whom it did not reach, or must not reach."""
        others = (delivery for delivery in self.deliveries if delivery.recipient != recipient)
        return tuple(other.recipient for other in others if other.state not in NOT_ARRIVED)

    def acknowledged(self, now: datetime) -> SealedReport:
        """Return the record with its alarm acknowledged: a person knows that not everybody has it."""
        return replace(self, answered_at=now).settled()

    def on_legal_hold(self, hold: bool) -> SealedReport:
        """Return the record put on legal hold, or taken off it."""
        return replace(self, legal_hold=hold).settled()


def report_of(record_id: str) -> str:
    """Return the id of the report that a record is, or that it adds a message to."""
    return record_id.partition(".")[0]


def case_number(record_id: str) -> str:
    """Return "PL-XXXX-XXXX" for a report: 40 bits of a hash, in letters that are hard to confuse.

    A message has the number of the report that it adds to.
    """
    named = b"porchlight case number " + report_of(record_id).encode()
    number = int.from_bytes(hashlib.sha256(named).digest()[:5], "big")
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
        next_try=next_try if state in WAITING | LOOKED_AT else None,
        message_id=delivery.message_id if message_id is None else message_id,
        past=(*delivery.past, (delivery.state, delivery.changed_at))[-PAST_STEPS:],
    )


def refused(delivery: Delivery, state: str, now: datetime, has_fallback: bool) -> Delivery:
    """Return a delivery that its address did not take: queued for the fallback, or given up as `state`.

    Who replied has it. What goes out in digests waits a minute: a refused digest falls back as one mail.
    """
    certain = replace(delivery, doubtful=tuple(turn for turn in delivery.doubtful if turn != delivery.turn))
    if delivery.address == FIRST and has_fallback and delivery.replied_at is None:
        # The reports of one digest were to be looked at in the same moment, and are looked at one by one.
        since = delivery.next_try if delivery.state in LOOKED_AT else None
        when = max(now, (since or now) + timedelta(minutes=1)) if delivery.digest else now
        return again(certain, FALLEN_BACK, when, now, FALLBACK)
    return move(certain, state, now)


def delayed(delivery: Delivery, now: datetime) -> Delivery:
    """Return a delivery that the mail service keeps trying: it may do so for six hours since it was sent."""
    sent_at = delivery.changed_at if delivery.state == SENT else now
    return move(delivery, DELAYED, now, next_try=sent_at + DELAY_MOST)


def sent_again(delivery: Delivery, now: datetime, address: str = FIRST) -> Delivery:
    """Return a delivery that a person queued once more, to one of the recipient's addresses."""
    if delivery.state in WAITING:
        return replace(delivery, next_try=now)
    return again(replace(delivery, doubtful=()), QUEUED, now, now, address)


def again(delivery: Delivery, state: str, when: datetime, now: datetime, address: str) -> Delivery:
    """Return the delivery queued anew for `address`, in a new turn; unchanged when MOVES has no such move."""
    moved = move(delivery, state, now, next_try=when, message_id="")
    if moved is delivery:
        return delivery
    return replace(moved, address=address, turn=delivery.turn + 1, attempts=0, proposed=None)


def back_off(attempts: int, chance: float) -> timedelta:
    """Return the back-off after `attempts` failed tries: doubling, capped, spread by `chance` in [0, 1)."""
    doublings = max(0, min(attempts - 1, 20))
    longest = min(BACK_OFF_MOST, BACK_OFF_FIRST * (1 << doublings))
    return longest * (0.5 + chance / 2)


def next_digest(now: datetime, every: timedelta) -> datetime:
    """Return when the next digest goes out: the next whole multiple of `every` since 1970."""
    seconds = every.total_seconds()
    beats = now.timestamp() // seconds + 1
    return datetime.fromtimestamp(beats * seconds, now.tzinfo)


def expiry(report: SealedReport) -> datetime | None:
    """Return a report's expiry; None while any recipient has not taken it, or under a legal hold.

    Taken means that the recipient's mail server said so, or that somebody there replied. Each message, in
    either direction, moves it to 30 days after that message, never beyond 90 in all. What never will be taken
    counts as done once a person has acknowledged it, and never while something is still to be sent.
    """
    if report.legal_hold or report.is_open():
        return None
    times = [delivery.changed_at for delivery in report.deliveries]
    times += [report.answered_at] if report.answered_at else []
    base = max(times, default=report.taken_at)
    spoken = [delivery.spoke_at for delivery in report.deliveries if delivery.spoke_at]
    kept_for_words = min(
        max(spoken, default=base) + timedelta(days=KEEP_DAYS), base + timedelta(days=KEEP_DAYS_MOST)
    )
    return max(base + timedelta(days=report.keep_days), kept_for_words if spoken else base)
