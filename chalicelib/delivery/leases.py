"""Leases of reports: how a worker claims one, saves a change (optimistic locking), and gives it back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.delivery.outcomes import Outcome, outcomes, unheard
from chalicelib.reporting.cases import Delivery, SealedReport
from chalicelib.reporting.ports import ReportStore
from chalicelib.reporting.report import Report
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StaleRecord, StoreUnavailable

LEASE = timedelta(minutes=5)
# Nobody starts to send what another worker may soon claim: this is longer than a mail service may take to
# answer, and clocks may differ by what is left of it.
LEASE_MARGIN = timedelta(seconds=60)
_TRIES = 50
_PAUSE = timedelta(seconds=0.5)
_NEARLY_OUT = timedelta(seconds=2)


@dataclass(slots=True)
class Case:
    """A report under a lease. `in_hand` are the recipients that its worker still has to deal with.

    `words` is the report once it was opened. `noted` says that a message was noted in its conversation.
    """

    record: SealedReport
    lease: datetime | None
    in_hand: set[str] = field(default_factory=set)
    words: Report | None = field(default=None, repr=False)
    noted: bool = False

    @property
    def mine(self) -> bool:
        """Return whether the lease is still this worker's, as far as it knows."""
        return self.record.leased_until is not None and self.record.leased_until == self.lease

    def delivery_to(self, recipient_id: str) -> Delivery | None:
        """Return this recipient's delivery as it was last read."""
        return self.record.delivery_to(recipient_id)


class Leases:
    """Leases reports, saves what was done with them, and gives them back.

    `time_left` is asked before each wait for a store that is away; `log_outcome` hears what became of each
    delivery.
    """

    def __init__(
        self,
        store: ReportStore,
        clock: Clock,
        wait: Callable[[timedelta], None],
        time_left: Callable[[], timedelta],
        log_outcome: Callable[[Outcome], None] = unheard,
    ) -> None:
        self._log_outcome = log_outcome
        self._store = store
        self._clock = clock
        self._wait = wait
        self._time_left = time_left

    def claim(self, report_id: str) -> Case | None:
        """Lease a due report, or return None: another worker has it, or the index lags behind the table."""
        now = self._clock.now()
        record = self._store.claim(report_id, now, now + LEASE)
        return None if record is None else Case(record, record.leased_until)

    def may_send(self, case: Case) -> bool:
        """Return whether the lease lasts long enough to send, before another worker may claim the same."""
        return case.mine and case.lease is not None and case.lease - self._clock.now() >= LEASE_MARGIN

    def record(self, case: Case, recipient_id: str, apply: Callable[[Delivery], Delivery]) -> None:
        """Record one recipient's change, and with the last one in hand end the lease."""
        case.in_hand.discard(recipient_id)

        def change(record: SealedReport) -> SealedReport:
            delivery = record.delivery_to(recipient_id)
            changed = delivery if delivery is None else apply(delivery)
            return record if changed is None or changed == delivery else record.with_delivery(changed)

        self.save(case, change)

    def release(self, *cases: Case) -> None:
        """End leases without a change: what is due stays due. If that fails, they end by themselves."""
        with suppress(StoreUnavailable):
            for case in cases:
                case.in_hand.clear()
                self.save(case, lambda record: record, patient=False)

    def save(self, case: Case, change: Callable[[SealedReport], SealedReport], patient: bool = True) -> None:
        """Save a change with retries; a notice that overtook us is kept, and the change made on top of it.

        Raises StoreUnavailable; a `patient` save first asks a store that is away until the time is nearly
        out, because what was sent and is not recorded would be sent twice.
        """
        overtaken = 0
        while overtaken < _TRIES:
            changed = change(case.record)
            if case.mine and not case.in_hand:
                changed = replace(changed, leased_until=None)
            if changed == case.record:
                return
            try:
                before, case.record = case.record, self._store.save(changed)
                for outcome in outcomes(before, case.record, self._clock.now()):
                    self._log_outcome(outcome)
                return
            except StaleRecord:
                overtaken += 1
                if not self._read_again(case, patient):
                    return
            except StoreUnavailable as error:
                self._wait_for_store(error, patient)
        raise StoreUnavailable("the record changes too often")

    def _read_again(self, case: Case, patient: bool) -> bool:
        """Read a record as it is now; return whether it is still there."""
        while True:
            try:
                fresh = self._store.get(case.record.id, self._clock.now())
            except StoreUnavailable as error:
                self._wait_for_store(error, patient)
                continue
            if fresh is not None:
                case.record = replace(fresh, addressed=fresh.addressed or case.record.addressed)
            return fresh is not None

    def _wait_for_store(self, error: StoreUnavailable, patient: bool) -> None:
        if not patient or self._time_left() < _NEARLY_OUT:
            raise error
        self._wait(_PAUSE * (0.5 + self._clock.chance()))
