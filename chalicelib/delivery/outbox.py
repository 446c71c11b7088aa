"""The outbox: what single mails and digests alike do with a report under a lease."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.delivery.errors import SealBroken
from chalicelib.delivery.flood_caps import FloodCaps
from chalicelib.delivery.leases import Case, Leases
from chalicelib.delivery.place_notes import places_of
from chalicelib.delivery.ports import OpenedReport, Opener
from chalicelib.delivery.send_mail import FAULT_WAIT, Change, SendMail
from chalicelib.directory.recipients import Recipient
from chalicelib.reporting.cases import (
    FAILED,
    WAITING,
    WITHHELD,
    Delivery,
    SealedReport,
    move,
)
from chalicelib.reporting.ports import ReportStore
from chalicelib.reporting.report import Report
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StoreUnavailable
from chalicelib.shared.mail import MailStopped

RUN_MARGIN = timedelta(
    seconds=15
)  # a mail service may think for ten seconds, and then its answer is recorded
CLOSED_WAIT = timedelta(hours=1)
STOPPED_WAIT = timedelta(minutes=5)
STOPPED_MOST = 10  # recipients that are tried in one run while nothing goes out
ASIDE_MOST = 250  # reports that are set aside in one run while nothing goes out
BUSY_MOST = 3
BUSY_WAIT = timedelta(seconds=1)


@dataclass(slots=True)
class Tally:
    """Counts of what one run did. The log has these, alarms, and a line for each outcome; see outcomes."""

    mails: int = 0
    reports: int = 0
    held_back: int = 0
    retried: int = 0
    fell_back: int = 0
    failed: int = 0
    stopped: bool = False


class OutOfTime(Exception):
    """The run's time budget is used up: the next run goes on."""


@dataclass(slots=True)
class Outbox:
    """The outbox as one run of the worker sees it.

    `addresses` gives those that an office had at a time: a form knows none, so a writer's choice has none.
    `stopped` are the recipients for whom the mail service said that it takes nothing at all, and its words.
    It may have meant them alone: so others are tried too. `works` says whether a mail went out since, and
    `aside` are the reports that wait for those recipients. `note_message` notes a writer's message in the
    conversation that it belongs to, once or more often.
    """

    store: ReportStore
    opener: Opener
    send: SendMail
    caps: FloodCaps
    recipients: Mapping[str, Recipient]
    alarms: Alarms
    clock: Clock
    wait: Callable[[timedelta], None]
    time_left: Callable[[], timedelta]
    leases: Leases
    tally: Tally
    addresses: Callable[[str, datetime], Sequence[str]] = lambda office, at: ()
    note_message: Callable[[SealedReport], None] = lambda message: None
    busy: int = 0
    stopped: dict[str, str] = field(default_factory=dict)
    works: bool = True
    aside: list[Case] = field(default_factory=list)

    def look_at_time(self) -> None:
        """Raise OutOfTime when too little time is left to send one more mail and record it."""
        if self.time_left() < RUN_MARGIN:
            raise OutOfTime

    def opened(self, case: Case) -> OpenedReport | None:
        """Decrypt a leased report, once for all its mails, or put it off when that cannot be done.

        Every way to a mail leads through here: what waits afterwards is what its writer lets go out.
        """
        try:
            if case.words is None:
                case.words = Report.from_bytes(self.opener.open(case.record.sealed, case.record.id))
            if case.words.choice is None:
                case.record = case.record.first_opened()  # written with what is saved next
            elif case.words.choice.lacks_marks:
                taken = case.record.taken_at
                choice = case.words.choice.with_marks(lambda office: self.addresses(office, taken))
                case.words = replace(case.words, choice=choice)
            self._withhold(case, case.words)
            self._note(case)
            return OpenedReport(case.record, case.words)
        except StoreUnavailable:
            self.leases.release(case)
            raise
        except SealBroken as error:
            # Perhaps a key is missing that somebody can still bring back.
            self.tally.failed += 1
            self.alarms.raise_alarm("seal_broken", {"case": case.record.case_number, "error": str(error)})
            self.put_off(case, CLOSED_WAIT)
        except (ValueError, TypeError, AttributeError) as error:  # sealed, and no report all the same
            self.fault(case, error)
        return None

    def _note(self, case: Case) -> None:
        """Note a message in its conversation. Whatever goes wrong there, it is mailed."""
        if case.noted or not case.record.is_message:
            return
        case.noted = True
        try:
            self.note_message(case.record)
        except Exception as error:
            named = {"case": case.record.case_number, "error": type(error).__name__}
            self.alarms.raise_alarm("message_not_noted", named)

    def fault(self, case: Case, error: Exception) -> None:
        """Put off one report that raises an unforeseen error: it must not stop what stands behind it."""
        # The error's text may quote the report.
        named = {"case": case.record.case_number, "error": type(error).__name__}
        self.alarms.raise_alarm("delivery_fault", named)
        self.put_off(case, FAULT_WAIT)

    def recorded(self, change: Change, cases: Sequence[Case], recipient_id: str) -> None:
        """Record the result of a mail with each of its reports. Raises OutOfTime when we go too fast."""
        for case in cases:
            self.leases.record(case, recipient_id, change.apply)
        self.send.remember(change)
        if change.sent:
            self.works = True
            self.tally.mails += 1
            self.tally.reports += len(cases)
        elif change.given_up:
            self.tally.failed += len(cases)
        elif change.fell_back:
            self.tally.fell_back += len(cases)
        else:
            self.tally.retried += len(cases)
        self.busy = self.busy + 1 if change.busy else 0
        if self.busy >= BUSY_MOST:
            raise OutOfTime
        if change.busy:
            self.wait(BUSY_WAIT * self.busy)

    def stop(self, recipient_id: str, error: MailStopped) -> None:
        """Send this recipient nothing more in this run. Raises MailStopped when enough others were tried."""
        self.stopped[recipient_id] = str(error)
        self.works = False
        if len(self.stopped) >= STOPPED_MOST:
            raise error

    def set_aside(self, case: Case) -> None:
        """Set a report aside that waits for stopped recipients, until the run ends. Raises MailStopped."""
        self.aside.append(case)
        if not self.works and len(self.aside) >= ASIDE_MOST:
            raise MailStopped("nothing goes out")

    def end_stop(self) -> None:
        """Raise an alarm of what was stopped, and give back what was set aside.

        Where others got mail, or more waits than was looked at, it waits for some minutes: the next run tries
        what stands behind it.
        """
        if not self.stopped:
            return
        self.tally.stopped = not self.works
        if self.works:
            for recipient_id, error in self.stopped.items():
                self.alarms.raise_alarm("recipient_stopped", {"recipient": recipient_id, "error": error})
        else:
            self.alarms.raise_alarm("mail_stopped", {"error": next(iter(self.stopped.values()))})
        for case in self.aside:
            if self.works or len(self.aside) >= ASIDE_MOST:
                self.put_off(case, STOPPED_WAIT, tries=0)
            else:
                self.leases.release(case)

    def gone(self, case: Case, recipient_id: str) -> None:
        """Give up on a recipient that is not in the directory any more."""
        self._give_up(case, recipient_id, "recipient_gone", FAILED)

    def _withhold(self, case: Case, report: Report) -> None:
        """Give up on every mail that the report's writer does not let go out, whoever queued it.

        What the record says in clear does not count: somebody may have written it there. The others go on.
        """
        for delivery in case.record.deliveries:
            if delivery.state in WAITING and not self._allows(case.record, report, delivery):
                self._give_up(case, delivery.recipient, "withheld", WITHHELD)

    def _allows(self, record: SealedReport, report: Report, delivery: Delivery) -> bool:
        recipient, choice = self.recipients.get(delivery.recipient), report.choice
        if choice is None:
            return record.keeps(delivery)
        if not choice.ticked(delivery.recipient) and not delivery.instead_of:
            return False  # whoever wrote it into the record: only a hand-over leads past the writer's ticks
        if recipient is None:  # it has no address any more: that is then said of those alone that were ticked
            return choice.ticked(delivery.recipient)
        return choice.allows(recipient, recipient.address(delivery.address), report.spares)

    def _give_up(self, case: Case, recipient_id: str, kind: str, state: str) -> None:
        now = self.clock.now()
        self.tally.failed += 1
        named = {"case": case.record.case_number, "recipient": recipient_id}
        self.alarms.raise_alarm(kind, {**named, **places_of([case.record.place])})
        self.leases.record(case, recipient_id, lambda delivery: move(delivery, state, now))

    def put_off(self, case: Case, wait: timedelta, tries: int = 1) -> None:
        """Retry later whatever is in hand, which counts as so many tries."""
        until, in_hand = self.clock.now() + wait, set(case.in_hand)
        case.in_hand.clear()

        def later(delivery: Delivery) -> Delivery:
            if delivery.recipient not in in_hand or delivery.state not in WAITING:
                return delivery
            return replace(delivery, next_try=until, attempts=delivery.attempts + tries)

        def change(record: SealedReport) -> SealedReport:
            return replace(record, deliveries=tuple(later(delivery) for delivery in record.deliveries))

        self.leases.save(case, change)
