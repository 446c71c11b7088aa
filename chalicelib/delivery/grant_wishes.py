"""Granting of the desk's commands ("wishes"), a bounded number a run, oldest first: idempotent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chalicelib.delivery.errors import WishRefused
from chalicelib.delivery.ports import Cases, WishBook
from chalicelib.delivery.wishes import REPLY_KINDS, Wish, granted, is_done
from chalicelib.directory.ports import RecipientBook
from chalicelib.reporting.cases import SealedReport
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StaleRecord, StoreUnavailable

MOST = 50  # a run: a flood of wishes must not keep a run from its mails
_TRIES = 3


def left_waiting(case: SealedReport, wish: Wish, now: datetime) -> bool:
    """Leave a wish about a reply for the function that may grant it."""
    return False


class GrantWishes:
    """Grants what the desk wished, or notes why not. `tell` writes a line of the log for each.

    `about_replies` grants what concerns a reply; where there is none, such a wish waits for who has it.
    """

    def __init__(
        self,
        cases: Cases,
        wishes: WishBook,
        directory: RecipientBook,
        clock: Clock,
        tell: Callable[[str], None],
        *,
        agreed_only: bool,
        about_replies: Callable[[SealedReport, Wish, datetime], bool] = left_waiting,
    ) -> None:
        self._about_replies = about_replies
        self._cases = cases
        self._wishes = wishes
        self._directory = directory
        self._clock = clock
        self._tell = tell
        self._agreed_only = agreed_only

    def __call__(self) -> int:
        """Work off what waits; return how many were granted. Raises StoreUnavailable.

        A case that others change all the while waits for the next run.
        """
        done = 0
        for wish in self._wishes.take(MOST):
            try:
                if not self._grant(wish):
                    continue
            except WishRefused as refused:
                self._refuse(wish, str(refused))
                continue
            except StoreUnavailable:
                raise
            except Exception as error:  # a forged one must stop neither the others nor the mail
                self._refuse(wish, f"it could not be understood ({type(error).__name__})")
                continue
            self._wishes.settle(wish)
            self._tell(f"wish granted: {wish.kind}, {wish.case_number}, of {wish.by}")
            done += 1
        return done

    def _refuse(self, wish: Wish, reason: str) -> None:
        self._wishes.refuse(wish, reason, self._clock.now())
        self._tell(f"wish not granted: {wish.kind}, {wish.case_number}: {reason}")

    def _grant(self, wish: Wish) -> bool:
        for _ in range(_TRIES):
            now = self._clock.now()
            # As it was when it was wished: a legal hold must not come too late for a case whose time ran out.
            case = self._cases.find(wish.case_number, min(now, wish.at))
            if case is None:
                raise WishRefused("there is no such case any more")
            if wish.kind in REPLY_KINDS:
                return self._about_replies(case, wish, now)
            if is_done(case, wish):
                return True
            changed = granted(case, wish, self._directory, now, agreed_only=self._agreed_only)
            try:
                self._cases.change(changed)
            except StaleRecord:
                continue
            return True
        return False
