"""Delete on time, count how the deliveries stand, and tell the operator of anything that waits too long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

from chalicelib.domain.figures import figures
from chalicelib.ports import Alarms, Clock, Figures, ReportStore

LONG_WAIT = timedelta(hours=2)
MARGIN = timedelta(seconds=20)
# Further apart than this, one of two clocks is wrong: a schedule's event comes within seconds, and a little
# later when Lambda was busy.
CLOCKS_APART = timedelta(minutes=10)


class Sweep:
    """The hourly use case. DynamoDB's own expiry is a backstop: it may be two days late."""

    def __init__(self, store: ReportStore, alarms: Alarms, gauges: Figures, clock: Clock) -> None:
        self._store = store
        self._alarms = alarms
        self._gauges = gauges
        self._clock = clock

    def __call__(self, time_left: Callable[[], timedelta], scheduled_at: datetime | None = None) -> int:
        """Delete every item whose time is over, and return how many there were.

        `scheduled_at` is the time as the schedule has it, by a clock of its own. Without it, or when that
        clock and ours are apart, nothing is deleted: what is deleted too early cannot be brought back.
        When the time runs out, the next sweep goes on.
        """
        now = self._clock.now()
        deleted = self._deleted(now, time_left) if self._may_delete(now, scheduled_at) else 0
        counted = figures(self._store.survey(now), now)
        self._gauges.put(asdict(counted))
        if counted.oldest_due_seconds > LONG_WAIT.total_seconds():
            hours = f"{counted.oldest_due_seconds / 3600:.0f}"
            self._alarms.raise_alarm("waiting_long", {"reports": str(counted.due), "hours": hours})
        return deleted

    def _may_delete(self, now: datetime, scheduled_at: datetime | None) -> bool:
        if scheduled_at is None:
            self._alarms.raise_alarm("deleted_nothing", {"why": "started without the schedule's time"})
            return False
        apart = now - scheduled_at
        if abs(apart) > CLOCKS_APART:
            minutes = f"{apart / timedelta(minutes=1):+.0f}"
            self._alarms.raise_alarm("clocks_apart", {"minutes ahead of the schedule": minutes})
            return False
        return True

    def _deleted(self, now: datetime, time_left: Callable[[], timedelta]) -> int:
        deleted = 0
        for key in self._store.expired(now):
            if time_left() < MARGIN:
                break
            deleted += self._store.delete(key, now) is not None
        return deleted
