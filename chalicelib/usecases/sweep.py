"""Delete on time, count how the deliveries stand, and tell the operator of anything that waits too long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta

from chalicelib.domain.figures import figures
from chalicelib.ports import Alarms, Clock, Figures, ReportStore

LONG_WAIT = timedelta(hours=2)
MARGIN = timedelta(seconds=20)


class Sweep:
    """The hourly use case. DynamoDB's own expiry is a backstop: it may be two days late."""

    def __init__(self, store: ReportStore, alarms: Alarms, gauges: Figures, clock: Clock) -> None:
        self._store = store
        self._alarms = alarms
        self._gauges = gauges
        self._clock = clock

    def __call__(self, time_left: Callable[[], timedelta]) -> int:
        """Delete every item whose time is over, and return how many there were.

        When the time runs out, the next sweep goes on.
        """
        now = self._clock.now()
        deleted = 0
        for key in self._store.expired(now):
            if time_left() < MARGIN:
                break
            deleted += self._store.delete(key, now)
        counted = figures(self._store.survey(now), now)
        self._gauges.put(asdict(counted))
        if counted.oldest_due_seconds > LONG_WAIT.total_seconds():
            hours = f"{counted.oldest_due_seconds / 3600:.0f}"
            self._alarms.raise_alarm("waiting_long", {"reports": str(counted.due), "hours": hours})
        return deleted
