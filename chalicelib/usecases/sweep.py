"""Delete on time, and tell the operator of anything that has waited too long."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.ports import Alarms, Clock, ReportStore

LONG_WAIT = timedelta(hours=2)


class Sweep:
    """The hourly use case. DynamoDB's own expiry is a backstop: it may be two days late."""

    def __init__(self, store: ReportStore, alarms: Alarms, clock: Clock) -> None:
        self._store = store
        self._alarms = alarms
        self._clock = clock

    def __call__(self) -> int:
        """Delete every item whose time is over, and return how many there were."""
        now = self._clock.now()
        deleted = sum(self._store.delete(key, now) for key in self._store.expired(now))
        overdue = self._store.due(now - LONG_WAIT, 100)
        if overdue:
            self._alarms.raise_alarm(
                "waiting_long", {"reports": f"{len(overdue)}{'+' * (len(overdue) == 100)}"}
            )
        return deleted
