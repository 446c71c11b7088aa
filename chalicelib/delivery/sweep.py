"""The hourly sweep: retention (what has expired is deleted), metrics, and alarms of what waits too long.

What a clock ahead of time wrote would wait for as long as that clock was ahead: it is found, and set due.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from chalicelib.delivery.clocks import CLOCKS_APART, Horizon
from chalicelib.delivery.figures import figures
from chalicelib.delivery.outcomes import (
    DELETED,
    SET_DUE,
    Outcome,
    outcome,
    unheard,
)
from chalicelib.delivery.ports import Conversations, Metrics
from chalicelib.delivery.single_mails import CASES_NAMED
from chalicelib.reporting.cases import SealedReport, case_number
from chalicelib.reporting.ports import Deleted, ReportStore
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StaleRecord, StoreUnavailable

LONG_WAIT = timedelta(hours=2)
MARGIN = timedelta(seconds=20)
_REPORT = "report#"


class Sweep:
    """The sweep, hourly. DynamoDB's own TTL is a backstop: it may be two days late.

    `digest_every` is how far apart digests are; `log_outcome` hears what became of each delivery.
    `sum_months` writes the monthly sums of what is about to go, and returns the keys of what is not in them
    yet. `conversations` are what offices and writers said to each other: they go with their report.
    """

    def __init__(
        self,
        store: ReportStore,
        alarms: Alarms,
        gauges: Metrics,
        clock: Clock,
        digest_every: timedelta = timedelta(hours=1),
        log_outcome: Callable[[Outcome], None] = unheard,
        sum_months: Callable[[datetime], Collection[str]] = lambda _: (),
        conversations: Conversations | None = None,
    ) -> None:
        self._conversations = conversations
        self._store = store
        self._alarms = alarms
        self._gauges = gauges
        self._clock = clock
        self._digest_every = digest_every
        self._log_outcome = log_outcome
        self._sum_months = sum_months

    def __call__(self, time_left: Callable[[], timedelta], scheduled_at: datetime | None = None) -> int:
        """Delete every item whose time is over, and return how many there were.

        `scheduled_at` is the time as the schedule has it, by a clock of its own. Without it, or when that
        clock and ours are apart, nothing is deleted: what is deleted too early cannot be brought back.
        What lies further ahead than any rule allows is told, and set due.
        When the time runs out, the next sweep goes on.
        """
        now = self._clock.now()
        may_delete = self._may_delete(now, scheduled_at)
        deleted = self._deleted(now, time_left) if may_delete else 0
        said = _Said(self._conversations.to_look_at(now) if may_delete and self._conversations else ())
        horizon = Horizon(max(now, scheduled_at or now), self._digest_every)
        hidden: list[SealedReport] = []
        unlisted: list[SealedReport] = []

        def seen() -> Iterator[SealedReport]:
            for record in self._store.survey(now):
                said.see(record)
                mended = horizon.set_due(record, now)
                if mended is not record:
                    hidden.append(mended)
                elif record.unlisted:
                    unlisted.append(record)
                yield record

        counted = figures(seen(), now)
        if self._conversations is not None:
            self._look_after(self._conversations, said, time_left)
        if may_delete:  # by a clock that is far ahead every report would be gone
            self._write_anew(said.messages(now), time_left)
        self._set_due(hidden, time_left)
        self._write_anew(unlisted, time_left)
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
        count, not_summed = 0, self._not_summed(now)
        for key in self._store.expired(now):
            if time_left() < MARGIN:
                break
            if key in not_summed:
                continue
            deleted = self._store.delete(key, now)
            if deleted is not None:
                count += 1
                if self._conversations and key.startswith(_REPORT) and "." not in key:  # no message
                    self._conversations.drop(key.removeprefix(_REPORT))
                for deletion in _deletions(key, deleted, now):
                    self._log_outcome(deletion)
        return count

    def _look_after(
        self, conversations: Conversations, said: _Said, time_left: Callable[[], timedelta]
    ) -> None:
        """Delete what was said about reports that are gone, by whomever; keep what belongs to the others.

        DynamoDB may have deleted such a report by itself, or a sweep that then died.
        """
        for report_id in sorted(said.alone):
            if time_left() < MARGIN:
                return
            conversations.drop(report_id)
        for report_id in sorted(said.there):
            if time_left() < MARGIN:
                return
            conversations.keep_on(report_id, self._clock.now())
        times = ((record, conversations.with_times(record)) for record in said.silent)
        self._write_anew([after for before, after in times if after != before], time_left)

    def _not_summed(self, now: datetime) -> Collection[str]:
        """Write the monthly sums; return what waits for the next sweep. A fault in them stops no deletion."""
        try:
            return self._sum_months(now)
        except StoreUnavailable:
            raise
        except Exception as error:
            self._alarms.raise_alarm("figures_not_kept", {"error": type(error).__name__})
            return ()

    def _set_due(self, hidden: list[SealedReport], time_left: Callable[[], timedelta]) -> None:
        """Set due what lies too far ahead, and tell the operator first: it may have been so for long."""
        if not hidden:
            return
        named = ", ".join(record.case_number for record in hidden[:CASES_NAMED])
        self._alarms.raise_alarm("clock_ahead", {"reports": str(len(hidden)), "cases": named})
        now = self._clock.now()
        for mended in self._write_anew(hidden, time_left):
            for delivery in mended.deliveries:
                self._log_outcome(outcome(SET_DUE, mended, delivery, now))

    def _write_anew(
        self, records: list[SealedReport], time_left: Callable[[], timedelta]
    ) -> list[SealedReport]:
        """Write how these go once more, which puts each in its list of cases; return what was written."""
        written = []
        for record in records:
            if time_left() < MARGIN:
                break
            try:
                self._store.change(record)
            except StaleRecord:
                continue  # somebody deals with it; the next sweep sees what is left
            written.append(record)
        return written


class _Said:
    """What a survey meets of reports that are spoken of, and of messages that writers added to them.

    `alone` are conversations without a report, `there` those with one, `silent` the reports among these that
    do not say when anybody spoke: an earlier package wrote them since.
    """

    def __init__(self, conversations: Collection[str]) -> None:
        self.alone = set(conversations)
        self.there: set[str] = set()
        self.silent: list[SealedReport] = []
        self._held: set[str] = set()
        self._reports: set[str] = set()
        self._messages: list[SealedReport] = []

    def see(self, record: SealedReport) -> None:
        """Take in one record."""
        if record.is_message:
            self._messages.append(record)
            return
        self._reports.add(record.id)
        if record.legal_hold:
            self._held.add(record.id)
        if record.id in self.alone:
            self.alone.discard(record.id)
            self.there.add(record.id)
            if not any(delivery.spoke_at for delivery in record.deliveries):
                self.silent.append(record)

    def messages(self, now: datetime) -> list[SealedReport]:
        """Return the messages that differ from what they should be, as they should be.

        A message is held as long as the report it adds to, and ends with it, whether it arrived or not.
        """
        changed = []
        for message in self._messages:
            held = message.report_id in self._held
            if message.report_id not in self._reports:
                changed.append(replace(message, legal_hold=False, expires_at=now))
            elif message.legal_hold != held:
                changed.append(message.on_legal_hold(held))
        return changed


def _deletions(key: str, deleted: Deleted, now: datetime) -> Iterator[Outcome]:
    if deleted.record is not None:
        for delivery in deleted.record.deliveries:
            yield outcome(DELETED, deleted.record, delivery, now)
    elif key.startswith(_REPORT):  # a first try deleted it, and its answer was lost
        yield Outcome(DELETED, case_number(key.removeprefix(_REPORT)), "", "", None)
