"""The first delivery of a stage, and whether it is still ahead: until then one publisher may be alone."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.delivery.ports import Cases, StageMarks
from chalicelib.reporting.cases import DELIVERED
from chalicelib.shared.clock import Clock

_FROM_THE_START = timedelta(days=1)  # so old a case is still kept, whatever KEEP_DAYS says


class FirstDelivery:
    """Tells whether anything was delivered, by marks that outlive the reports and by the kept cases."""

    def __init__(self, marks: StageMarks, cases: Cases, clock: Clock) -> None:
        self._marks = marks
        self._cases = cases
        self._clock = clock

    def is_ahead(self) -> bool:
        """Return whether it is certain that no report has been delivered yet.

        A stage that was there before deliveries left marks may have delivered and deleted: it is not certain.
        """
        watched, made = self._marks.watched_since(), self._marks.made_at()
        if watched is None or made is None or self._marks.delivered_at() is not None:
            return False
        if watched - made > _FROM_THE_START:
            return False
        cases = self._cases.all(self._clock.now())
        return not any(delivery.state == DELIVERED for case in cases for delivery in case.deliveries)
