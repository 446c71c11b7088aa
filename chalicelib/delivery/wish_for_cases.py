"""What the desk does about a case: it checks a command as it can, and leaves it as a wish.

Another function grants it (delivery/wishes.py): the desk's own role writes no case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from chalicelib.delivery.hand_over_cases import HandOvers
from chalicelib.delivery.hand_overs import WHY_MOST
from chalicelib.delivery.look_after_cases import LookAfterCases
from chalicelib.delivery.ports import Cases, RefusedWish, WishBook
from chalicelib.delivery.wishes import (
    ACKNOWLEDGE,
    DECLINE,
    END_HOLD,
    HOLD,
    PROPOSE,
    SEND_AGAIN,
    Wish,
    seen_of,
)
from chalicelib.desk.audit import plain_line
from chalicelib.desk.people import Person
from chalicelib.reporting.cases import HandOver, SealedReport
from chalicelib.shared.clock import Clock


class CasesToLookAt:
    """The Cases port of the desk: it reads, and `change` writes nothing. What is changed there is a wish."""

    def __init__(self, cases: Cases) -> None:
        self.find = cases.find
        self.all: Callable[[datetime], Iterable[SealedReport]] = cases.all
        self.listed = cases.listed

    def change(self, case: SealedReport) -> None:
        """Write nothing: whoever delivers does, once the wish is granted."""


class WishForCases:
    """Commands about cases, by case number. `look` and `hand_overs` check each against what is seen now.

    `wished` is told after each: a local run grants at once.
    """

    def __init__(
        self,
        look: LookAfterCases,
        hand_overs: HandOvers,
        wishes: WishBook,
        clock: Clock,
        wished: Callable[[], object] = lambda: None,
    ) -> None:
        self._look = look
        self._hand_overs = hand_overs
        self._wishes = wishes
        self._clock = clock
        self._wished = wished

    def waiting(self, case_number: str) -> Sequence[Wish]:
        """Return the wishes about a case that are not granted yet, oldest first."""
        return [wish for wish in self._wishes.pending(1000) if wish.case_number == case_number]

    def refused(self, case_number: str) -> Sequence[RefusedWish]:
        """Return the wishes about a case that were not granted in the last days, newest first."""
        return self._wishes.refused(case_number, self._clock.now())

    def send_again(self, case_number: str, recipient: str, address: str, version: int, who: Person) -> None:
        """Wish a copy sent once more. Raises EntryMissing, StaleRecord."""
        self._look.send_again(case_number, recipient, address, version)
        self.leave(case_number, SEND_AGAIN, who, recipient, address=address)

    def acknowledge(self, case_number: str, version: int, who: Person) -> None:
        """Wish the alarms of a case acknowledged. Raises EntryMissing, StaleRecord."""
        self._look.acknowledge(case_number, version)
        self.leave(case_number, ACKNOWLEDGE, who)

    def hold_by_law(self, case_number: str, hold: bool, version: int, who: Person) -> None:
        """Wish a legal hold set or lifted. Raises EntryMissing, StaleRecord."""
        self._look.hold_by_law(case_number, hold, version)
        self.leave(case_number, HOLD if hold else END_HOLD, who)

    def propose(
        self, case_number: str, recipient: str, other: str, why: str, version: int, who: Person
    ) -> None:
        """Wish a hand-over proposed. Raises HandOverRefused, EntryMissing, StaleRecord."""
        self._hand_overs.propose(case_number, recipient, other, why, version, who)
        self.leave(case_number, PROPOSE, who, recipient, other=other, why=plain_line(why, WHY_MOST))

    def decline(
        self, case_number: str, recipient: str, shown: str, who: Person, begun: Callable[[HandOver], None]
    ) -> None:
        """Wish a proposal dropped. Raises EntryMissing, StaleRecord."""
        self._hand_overs.decline(case_number, recipient, shown, begun)
        self.leave(case_number, DECLINE, who, recipient, seen=shown)

    def leave(self, case_number: str, kind: str, who: Person, recipient: str = "", **more: str) -> None:
        """Leave a command as a wish, unchecked; `more` are other texts of a Wish. Raises EntryMissing."""
        case, now = self._look.find(case_number).case, self._clock.now()
        now -= timedelta(microseconds=now.microsecond % 1000)  # as it is stored with the case
        number = self._clock.nonce().hex()[:16]
        seen = more.pop("seen", "") or seen_of(case, kind, recipient)
        made = Wish(
            f"{now:%Y-%m-%dT%H:%M:%S.%f} {number}",
            case.case_number,
            kind,
            who.email,
            now,
            recipient,
            seen=seen,
            **more,
        )
        self._wishes.add(made)
        self._wished()
