"""Carrying out of hand-overs that two people agreed to at the access screens: idempotent.

The desk's proposal says which copy goes where and why; it starts nothing. Without a row of agreements, which
the desk cannot write, no copy is queued for another office.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chalicelib.delivery.agreed_hand_overs import NEEDED, AgreedHandOver, AgreedHandOvers
from chalicelib.delivery.errors import WishRefused
from chalicelib.delivery.hand_overs import may_be_handed_over
from chalicelib.delivery.ports import Cases
from chalicelib.delivery.wishes import check_offered
from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.recipients import Recipient
from chalicelib.reporting.cases import SealedReport
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StaleRecord, StoreUnavailable

_TRIES = 3


class GrantHandOvers:
    """Hands over what was proposed and agreed to. `tell` writes a line of the log for each.

    With `agreed_only` a report is handed over to nobody who has not agreed to get reports.
    """

    def __init__(
        self,
        cases: Cases,
        agreed: AgreedHandOvers,
        directory: RecipientBook,
        clock: Clock,
        tell: Callable[[str], None],
        *,
        agreed_only: bool,
    ) -> None:
        self._cases = cases
        self._agreed = agreed
        self._directory = directory
        self._clock = clock
        self._tell = tell
        self._agreed_only = agreed_only

    def __call__(self) -> int:
        """Look at every row; return how many copies were handed over. Raises StoreUnavailable.

        A row outlives what was done: the copy that it made stands in its way from then on. A case that others
        change all the while waits for the next run.
        """
        rows = [row for row in self._agreed.all() if len(row.agreements) >= NEEDED]
        if not rows:
            return 0
        known = {one.id: one for one in self._directory.recipients()}
        done = 0
        for row in rows:
            other, now = known.get(row.asked.other), self._clock.now()
            if not row.is_agreed(other, now):
                continue
            try:
                handed = self._hand_over(row, other)
            except StoreUnavailable:
                raise
            except Exception as error:  # of one case: it must stop neither the others nor the mail
                self._tell(f"hand-over waits: {row.asked.case_number} ({type(error).__name__})")
                continue
            if handed:
                by = " and ".join(one.by for one in row.counting(other, now))
                asked = row.asked
                self._tell(
                    f"handed over: {asked.case_number}, {asked.recipient} to {asked.other}, agreed by {by}"
                )
                done += 1
        return done

    def _hand_over(self, row: AgreedHandOver, other: Recipient | None) -> bool:
        for _ in range(_TRIES):
            now = self._clock.now()
            case = self._cases.find(row.asked.case_number, now)
            if case is None or not self._fits(case, row, other, now):
                return False
            try:
                self._cases.change(case.handed_over(row.asked.recipient, row.asked.other, now))
            except StaleRecord:
                continue
            return True
        return False

    def _fits(self, case: SealedReport, row: AgreedHandOver, other: Recipient | None, now: datetime) -> bool:
        """Say whether a case, as it is, waits for exactly this hand-over, and the rule lets it through.

        Both have agreed since it was proposed: one that was declined, and is proposed anew, is another one.
        """
        copy = case.delivery_to(row.asked.recipient)
        if case.place != row.asked.place or copy is None or not may_be_handed_over(copy):
            return False
        if copy.proposed is None or copy.proposed.to != row.asked.other:
            return False
        if not row.is_agreed(other, now, copy.proposed.at):
            return False
        try:
            check_offered(case, row.asked.other, self._directory, self._agreed_only)
        except WishRefused:
            return False  # the case says so at the desk
        return True
