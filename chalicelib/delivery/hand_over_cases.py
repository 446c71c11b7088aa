"""Hand-overs of a copy that did not arrive to another recipient: proposals, with a reason, at the desk.

Two publishers agree to one at the access screens (agree_to_hand_overs.py), which the desk cannot do for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.delivery.errors import HandOverRefused
from chalicelib.delivery.hand_overs import (
    WHY_MOST,
    as_shown,
    may_be_handed_over,
    offered_instead,
)
from chalicelib.delivery.look_after_cases import read_case_number
from chalicelib.delivery.ports import Cases
from chalicelib.desk.audit import plain_line
from chalicelib.desk.people import Person
from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.recipients import Recipient, offered_at
from chalicelib.reporting.cases import Delivery, HandOver, SealedReport
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing, StaleRecord

_CHANGED = "somebody, or the mail service, changed this case meanwhile: look at it again"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A hand-over that waits for two publishers, as it is shown. `shown` stands for exactly this.

    `offered` says whether the report could still be handed to this office.
    """

    proposed: HandOver
    before: str
    other: Recipient | None
    shown: str
    offered: bool


@dataclass(frozen=True, slots=True)
class HandOverLine:
    """The hand-over of one copy: to whom it could go, or what waits for it."""

    recipient: str
    others: tuple[Recipient, ...]
    waiting: Waiting | None


class HandOvers:
    """Hand-overs as the desk proposes and declines them.

    With `agreed_only` nobody is offered who has not agreed to get reports.
    """

    def __init__(self, cases: Cases, directory: RecipientBook, clock: Clock, *, agreed_only: bool) -> None:
        self._cases = cases
        self._directory = directory
        self._clock = clock
        self._agreed_only = agreed_only

    def of(self, case: SealedReport) -> dict[str, HandOverLine]:
        """Return the hand-overs possible or proposed for each copy that did not arrive, by recipient."""
        others = self._others(case)
        return {
            copy.recipient: HandOverLine(copy.recipient, others, self._waiting(case, copy))
            for copy in case.deliveries
            if may_be_handed_over(copy)
        }

    def propose(
        self, case_number: str, recipient: str, other: str, why: str, version: int, who: Person
    ) -> None:
        """Store a proposal with the case. Raises HandOverRefused (in words), EntryMissing, StaleRecord."""
        case = self._case(case_number)
        copy = self._copy(case, recipient)
        if case.version != version:
            raise StaleRecord(_CHANGED)
        reason = plain_line(why, WHY_MOST + 1)
        if copy.proposed is not None:
            raise HandOverRefused({"": "A hand-over of this copy waits already. Decide that one first."})
        problems = {}
        if other not in {recipient.id for recipient in self._others(case)}:
            problems["other"] = "This report cannot be handed to this office."
        if not reason or len(reason) > WHY_MOST:
            problems["why"] = f"Please say why, in up to {WHY_MOST} letters."
        if problems:
            raise HandOverRefused(problems)
        proposed = HandOver(other, who.email, self._clock.now(), reason)
        self._cases.change(case.with_proposal(recipient, proposed))

    def decline(
        self,
        case_number: str,
        recipient: str,
        shown: str,
        begun: Callable[[HandOver], None] = lambda proposed: None,
    ) -> None:
        """Drop a proposal, one's own or another's. Raises EntryMissing, StaleRecord."""
        case, _ = self._proposed(case_number, recipient, shown, begun)
        self._cases.change(case.with_proposal(recipient, None))

    def _proposed(
        self, case_number: str, recipient: str, shown: str, begun: Callable[[HandOver], None]
    ) -> tuple[SealedReport, HandOver]:
        case = self._case(case_number)
        copy = case.delivery_to(recipient)
        waiting = self._waiting(case, copy) if copy is not None and may_be_handed_over(copy) else None
        if waiting is None:
            raise StaleRecord("this hand-over does not wait any more: look at the case again")
        begun(waiting.proposed)
        if waiting.shown != shown:
            raise StaleRecord("this hand-over is not the one that you were shown: look at the case again")
        return case, waiting.proposed

    def _waiting(self, case: SealedReport, copy: Delivery) -> Waiting | None:
        if copy.proposed is None:
            return None
        known = {recipient.id: recipient for recipient in self._directory.recipients()}
        before, other = known.get(copy.recipient), known.get(copy.proposed.to)
        shown = as_shown(case.case_number, before, other, copy)
        offered = copy.proposed.to in {recipient.id for recipient in self._others(case)}
        return Waiting(copy.proposed, before.name if before else copy.recipient, other, shown, offered)

    def _others(self, case: SealedReport) -> tuple[Recipient, ...]:
        everybody = self._directory.recipients()
        known = [
            recipient for recipient in everybody if recipient.agreed_on is not None or not self._agreed_only
        ]
        on_form = offered_at(everybody, self._directory.chain(case.place), self._agreed_only)
        return offered_instead(case, known, on_form)

    def _case(self, case_number: str) -> SealedReport:
        case = self._cases.find(read_case_number(case_number), self._clock.now())
        if case is None:
            raise EntryMissing("there is no case with this number, or its time is over")
        return case

    def _copy(self, case: SealedReport, recipient: str) -> Delivery:
        copy = case.delivery_to(recipient)
        if copy is None:
            raise EntryMissing("this case has no such recipient")
        if not may_be_handed_over(copy):
            sentence = "Only a copy that did not arrive, and is not on its way, can be handed over."
            raise HandOverRefused({"": sentence})
        return copy
