"""Deliver what is due: claim, open, write the mail, hand it to the mail service, record what it said.

A crash after a claim shows again when its lease ends; a crash between sending and recording sends twice. Both are
chosen: a mail may come twice, and a report is never lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.deliveries import FAILED, RETENTION_MOST, Delivery, SealedReport, move
from chalicelib.domain.errors import MailStopped, SealBroken, StaleRecord, StoreUnavailable
from chalicelib.domain.recipients import Recipient
from chalicelib.domain.reports import Report
from chalicelib.ports import Alarms, Clock, Directory, OpenedReport, Opener, ReportStore
from chalicelib.usecases.send_mail import Change, SendMail

LEASE = timedelta(minutes=5)
LEASE_MARGIN = timedelta(seconds=30)  # nobody starts to send what another worker may soon claim
RUN_MARGIN = timedelta(seconds=15)
ROUND = 250  # reports claimed at most before digests go out: also the most one digest holds
DIGEST_BYTES = 5_000_000  # sealed bytes in one digest: SES takes 40 MB a mail, many inboxes 10
CLOSED_WAIT = timedelta(hours=1)


@dataclass(slots=True)
class Tally:
    """What one run did, in numbers: the only thing about reports that is ever logged."""

    mails: int = 0
    reports: int = 0
    retried: int = 0
    failed: int = 0
    stopped: bool = False


@dataclass(slots=True)
class _Case:
    """A claimed report, open, with the recipients this run still has to deal with."""

    opened: OpenedReport
    in_hand: set[str]

    @property
    def record(self) -> SealedReport:
        return self.opened.record


class DeliverReports:
    """The outbox worker. Several may run at once: each report is claimed by exactly one."""

    def __init__(
        self,
        store: ReportStore,
        opener: Opener,
        send: SendMail,
        directory: Directory,
        alarms: Alarms,
        clock: Clock,
    ) -> None:
        self._store = store
        self._opener = opener
        self._send = send
        self._directory = directory
        self._alarms = alarms
        self._clock = clock

    def __call__(self, time_left: Callable[[], timedelta]) -> Tally:
        """Work until nothing is due or too little time is left; what remains is found by the next run."""
        tally = Tally()
        try:
            while time_left() > RUN_MARGIN:
                ids = self._store.due(self._clock.now(), ROUND)
                if not self._round(ids, tally, time_left):
                    break
        except MailStopped as error:
            tally.stopped = True
            self._alarms.raise_alarm("mail_stopped", {"error": str(error)})
        except StoreUnavailable as error:
            self._alarms.raise_alarm("store_away", {"error": str(error)})
        return tally

    def _round(self, ids: Sequence[str], tally: Tally, time_left: Callable[[], timedelta]) -> bool:
        """Deliver these reports; return whether any could be claimed."""
        waiting: list[_Case] = []
        claimed = False
        try:
            for report_id in ids:
                if time_left() < RUN_MARGIN:
                    break
                case = self._claimed(report_id, tally)
                claimed = claimed or case is not None
                if case is None:
                    continue
                if case.record.held:
                    waiting.append(case)  # before anything that can fail, so that its lease is given back
                else:
                    self._send_each(case, tally)
            for recipient_id, cases in _by_recipient(waiting):
                for few in _chunks(cases):
                    self._send_digest(recipient_id, few, tally)
        except MailStopped:
            for case in waiting:
                self._give_back(case)
            raise
        return claimed

    def _claimed(self, report_id: str, tally: Tally) -> _Case | None:
        now = self._clock.now()
        record = self._store.claim(report_id, now, now + LEASE)
        if record is None:
            return None  # another worker has it, or the index lags behind the table
        try:
            report = Report.from_bytes(self._opener.open(record.sealed, record.id))
        except SealBroken as error:
            tally.failed += 1
            self._alarms.raise_alarm("seal_broken", {"case": record.case_number, "error": str(error)})
            case = _Case(OpenedReport(record, Report(record.place, "", "")), _due(record, now))
            for recipient in sorted(case.in_hand):
                self._record(case, recipient, lambda one: replace(one, next_try=now + CLOSED_WAIT))
            return None
        return _Case(OpenedReport(record, report), _due(record, now))

    def _send_each(self, case: _Case, tally: Tally) -> None:
        """Send each due mail of one report, and record each before the next is sent."""
        for recipient_id in sorted(case.in_hand):
            recipient, delivery = self._recipient(recipient_id), case.record.delivery_to(recipient_id)
            if delivery is None or self._lease_nearly_over(case):
                continue
            if recipient is None:
                self._record_gone(case, recipient_id, tally)
                continue
            try:
                change = self._send.report(
                    recipient, delivery, case.opened, self._others(case.record, recipient_id)
                )
            except MailStopped:
                self._give_back(case)
                raise
            self._count(change, 1, tally)
            self._record(case, recipient_id, change.apply)

    def _send_digest(self, recipient_id: str, cases: Sequence[_Case], tally: Tally) -> None:
        """Send one mail that holds all these reports, and record it with each of them."""
        recipient = self._recipient(recipient_id)
        ready = [case for case in cases if not self._lease_nearly_over(case)]
        if recipient is None:
            for case in ready:
                self._record_gone(case, recipient_id, tally)
            return
        for address in ("first", "fallback"):
            some = [case for case in ready if _address(case, recipient_id) == address]
            if not some:
                continue
            batch = self._clock.nonce().hex()
            until = self._clock.now() + RETENTION_MOST
            self._store.keep_batch(batch, [case.record.id for case in some], until)
            deliveries = [one for case in some if (one := case.record.delivery_to(recipient_id)) is not None]
            change = self._send.digest(recipient, deliveries, [case.opened for case in some], batch)
            self._count(change, len(some), tally)
            for case in some:
                self._record(case, recipient_id, change.apply)

    def _record(self, case: _Case, recipient_id: str, apply: Callable[[Delivery], Delivery]) -> None:
        """Save one recipient's change; a notice that overtook us is kept and the change made on top of it."""
        case.in_hand.discard(recipient_id)
        record = case.record
        while True:
            delivery = record.delivery_to(recipient_id)
            if delivery is None:
                return
            changed = record.with_delivery(apply(delivery))
            if not case.in_hand:
                changed = replace(changed, leased_until=None)
            try:
                case.opened = OpenedReport(self._store.save(changed), case.opened.report)
                return
            except StaleRecord:
                fresh = self._store.get(record.id, self._clock.now())
                if fresh is None:
                    return
                record = fresh

    def _record_gone(self, case: _Case, recipient_id: str, tally: Tally) -> None:
        now = self._clock.now()
        tally.failed += 1
        self._alarms.raise_alarm(
            "recipient_gone", {"case": case.record.case_number, "recipient": recipient_id}
        )
        self._record(case, recipient_id, lambda one: move(one, FAILED, now))

    def _give_back(self, case: _Case) -> None:
        """End a lease without a change, so that the report goes out as soon as mail does again."""
        if case.in_hand:
            recipient_id = min(case.in_hand)
            case.in_hand.clear()
            self._record(case, recipient_id, lambda one: one)

    def _count(self, change: Change, reports: int, tally: Tally) -> None:
        if change.sent:
            tally.mails += 1
            tally.reports += reports
        elif change.given_up:
            tally.failed += reports
        else:
            tally.retried += reports

    def _lease_nearly_over(self, case: _Case) -> bool:
        until = case.record.leased_until
        return until is None or until - self._clock.now() < LEASE_MARGIN

    def _recipient(self, recipient_id: str) -> Recipient | None:
        return next((one for one in self._directory.recipients() if one.id == recipient_id), None)

    def _others(self, record: SealedReport, recipient_id: str) -> list[Recipient]:
        found = (self._recipient(one.recipient) for one in record.deliveries if one.recipient != recipient_id)
        return [recipient for recipient in found if recipient is not None]


def _due(record: SealedReport, now: datetime) -> set[str]:
    return {delivery.recipient for delivery in record.deliveries if delivery.due(now)}


def _address(case: _Case, recipient_id: str) -> str:
    delivery = case.record.delivery_to(recipient_id)
    return delivery.address if delivery is not None else ""


def _by_recipient(cases: Sequence[_Case]) -> Iterator[tuple[str, list[_Case]]]:
    for recipient in sorted({recipient for case in cases for recipient in case.in_hand}):
        yield recipient, [case for case in cases if recipient in case.in_hand]


def _chunks(cases: Sequence[_Case]) -> Iterator[list[_Case]]:
    chunk: list[_Case] = []
    size = 0
    for case in cases:
        if chunk and size + len(case.record.sealed) > DIGEST_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(case)
        size += len(case.record.sealed)
    if chunk:
        yield chunk
