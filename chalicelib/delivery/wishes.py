"""Commands of the desk about a case ("wishes"), and the rules by which another function grants them.

The desk may not write a case. It says what somebody wants and what they saw; whoever delivers compares that
with the case as it is, and grants it or not. A wish may be read twice, late, or never have been on a screen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.delivery.errors import WishRefused
from chalicelib.delivery.hand_overs import WHY_MOST, as_shown, may_be_handed_over, offered_instead
from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.recipients import Recipient, offered_at
from chalicelib.reporting import cases
from chalicelib.reporting.cases import FALLBACK, FIRST, LOST, WITHHELD, Delivery, HandOver, SealedReport

SEND_AGAIN = "send_again"
ACKNOWLEDGE = "acknowledge"
HOLD = "hold"
END_HOLD = "end_hold"
PROPOSE = "propose"
AGREE = "agree"  # of an earlier package, or forged: it is never granted (agreed_hand_overs.py)
DECLINE = "decline"
KINDS = (SEND_AGAIN, ACKNOWLEDGE, HOLD, END_HOLD, PROPOSE, AGREE, DECLINE)
SHOW_REPLY = "show_reply"
THROW_REPLY = "throw_reply"
REPLY_KINDS = (SHOW_REPLY, THROW_REPLY)  # about a conversation: no case changes (replies/reply_wishes.py)

LIVES = timedelta(days=1)  # what nobody granted by then is refused: the case is another one now
LONGEST = 320  # of any text in a wish: an address, a reason
_CHANGED = "the case changed meanwhile"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done with a case: `by` is their address, `id` orders wishes by time.

    `recipient` is whose copy is meant. `seen` stands for what was on the screen (`seen_of`; for DECLINE the
    fingerprint of the hand-over, for REPLY_KINDS that of the reply's note). `address` is that of SEND_AGAIN;
    `other` and `why` are those of PROPOSE, or the reply's id and why it is shown.
    """

    id: str
    case_number: str
    kind: str
    by: str
    at: datetime
    recipient: str = ""
    address: str = ""
    seen: str = ""
    other: str = ""
    why: str = ""


def seen_of(case: SealedReport, kind: str, recipient: str = "") -> str:
    """Return a fingerprint of what a wish of this kind is about, as the case is now."""
    copies: Sequence[Delivery] = case.deliveries if kind == ACKNOWLEDGE else ()
    if kind == ACKNOWLEDGE:
        copies = [copy for copy in copies if copy.state in LOST or copy.state == WITHHELD]
    elif kind in (SEND_AGAIN, PROPOSE):
        copies = [copy for copy in case.deliveries if copy.recipient == recipient]
    seen = [[copy.recipient, copy.state, copy.turn] for copy in copies]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:32]


def is_done(case: SealedReport, wish: Wish) -> bool:
    """Say whether a case is already as a wish has it: a first try granted it, or somebody else."""
    copy = case.delivery_to(wish.recipient)
    if wish.kind in REPLY_KINDS:
        return False
    if wish.kind == SEND_AGAIN:
        return copy is not None and copy.turn > 0 and copy.changed_at >= wish.at
    if wish.kind == ACKNOWLEDGE:
        return case.answered_at is not None and case.answered_at >= wish.at
    if wish.kind in (HOLD, END_HOLD):
        return case.legal_hold is (wish.kind == HOLD)
    if wish.kind == PROPOSE:
        return copy is not None and copy.proposed == _proposal(wish)
    if wish.kind == AGREE:
        return any(one.instead_of == wish.recipient and one.changed_at >= wish.at for one in case.deliveries)
    return copy is not None and copy.proposed is None


def granted(
    case: SealedReport, wish: Wish, directory: RecipientBook, now: datetime, *, agreed_only: bool
) -> SealedReport:
    """Return the case after a wish. Raises WishRefused, which says why in words for the desk.

    With `agreed_only` a report is handed over to nobody who has not agreed to get reports.
    """
    if wish.kind == AGREE:
        raise WishRefused("two publishers have to agree to it at People")
    if wish.kind not in KINDS or now - wish.at > LIVES or wish.at - now > timedelta(minutes=5):
        raise WishRefused("it took too long")
    if wish.kind in (HOLD, END_HOLD):
        return case.on_legal_hold(wish.kind == HOLD)
    if wish.kind == ACKNOWLEDGE:
        if wish.seen != seen_of(case, ACKNOWLEDGE):
            raise WishRefused(_CHANGED)
        return case.acknowledged(now)
    copy = case.delivery_to(wish.recipient)
    if copy is None:
        raise WishRefused("this case has no such recipient")
    if wish.kind == SEND_AGAIN:
        return _sent_again(case, copy, wish, now)
    if not may_be_handed_over(copy):
        raise WishRefused("only a copy that did not arrive can be handed over")
    return _about_a_hand_over(case, copy, wish, directory, agreed_only)


def _sent_again(case: SealedReport, copy: Delivery, wish: Wish, now: datetime) -> SealedReport:
    if wish.address not in (FIRST, FALLBACK) or wish.seen != seen_of(case, SEND_AGAIN, wish.recipient):
        raise WishRefused(_CHANGED)
    return case.with_delivery(cases.sent_again(copy, now, wish.address))


def _about_a_hand_over(
    case: SealedReport,
    copy: Delivery,
    wish: Wish,
    directory: RecipientBook,
    agreed_only: bool,
) -> SealedReport:
    known = {recipient.id: recipient for recipient in directory.recipients()}
    if wish.kind == PROPOSE:
        if copy.proposed is not None or wish.seen != seen_of(case, PROPOSE, wish.recipient):
            raise WishRefused(_CHANGED)
        if not wish.why or len(wish.why) > WHY_MOST:
            raise WishRefused("no reason was given")
        check_offered(case, wish.other, directory, agreed_only)
        return case.with_proposal(wish.recipient, _proposal(wish))
    if copy.proposed is None:
        raise WishRefused(_CHANGED)
    other = known.get(copy.proposed.to)
    if wish.seen != as_shown(case.case_number, known.get(copy.recipient), other, copy):
        raise WishRefused(_CHANGED)
    return case.with_proposal(wish.recipient, None)


def check_offered(case: SealedReport, other: str, directory: RecipientBook, agreed_only: bool) -> None:
    """Check that a copy of a case could be handed to another office. Raises WishRefused."""
    everybody = directory.recipients()
    known: list[Recipient] = [one for one in everybody if one.agreed_on is not None or not agreed_only]
    on_form = offered_at(everybody, directory.chain(case.place), agreed_only)
    if other not in {one.id for one in offered_instead(case, known, on_form)}:
        raise WishRefused("this report cannot be handed to this office")


def _proposal(wish: Wish) -> HandOver:
    return HandOver(wish.other, wish.by, wish.at, wish.why)
