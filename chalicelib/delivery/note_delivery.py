"""Delivery status notifications of a mail: delivered, delayed, bounced, complained of, rejected.

Notices come twice, late, out of order and before our own record of the mail. Each is a move in
reporting/cases.MOVES or old news.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from chalicelib.delivery.bounces import (
    AWAY,
    away,
    not_taken,
    taken,
)
from chalicelib.delivery.errors import NoticeEarly
from chalicelib.delivery.outcomes import Outcome, outcomes, unheard
from chalicelib.delivery.place_notes import places_of
from chalicelib.delivery.ports import Notice
from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.recipients import Recipient
from chalicelib.reporting.cases import (
    BOUNCED,
    COMPLAINED,
    FALLEN_BACK,
    REJECTED,
    Delivery,
    SealedReport,
    delayed,
)
from chalicelib.reporting.ports import ReportStore, SentMail
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StaleRecord, StoreUnavailable
from chalicelib.shared.mail import ALARM, BATCH, REPORT

EARLY = timedelta(minutes=15)
AWAY_KEPT = timedelta(days=2)  # what is counted on a day, and whether somebody was told of it
_TRIES = 50
_BAD_NEWS = {"bounced": BOUNCED, "complained": COMPLAINED, "rejected": REJECTED}


class NoteDelivery:
    """Records a notification, and is idempotent. `log_outcome` hears what became of each delivery."""

    def __init__(
        self,
        store: ReportStore,
        directory: RecipientBook,
        alarms: Alarms,
        clock: Clock,
        record_delivered: Callable[[datetime], None] = lambda _: None,
        log_outcome: Callable[[Outcome], None] = unheard,
    ) -> None:
        self._log_outcome = log_outcome
        self._store = store
        self._directory = directory
        self._alarms = alarms
        self._clock = clock
        self._record_delivered = record_delivered

    def __call__(self, notice: Notice) -> str:
        """Record a notification, and return what it did: its kind, "fallen_back", "old" or "unknown".

        A kind of "away" is recorded beside the state of a delivery that was taken, and changes nothing else.

        Recording it again does nothing. Raises NoticeEarly or StoreUnavailable: it must then come again.
        """
        mail = notice.mail or self._store.mail(notice.message_id)
        if mail is None:
            if notice.sent_at is not None and self._clock.now() - notice.sent_at < EARLY:
                raise NoticeEarly("not recorded yet, or not ours")
            return "unknown"
        if mail.about.kind == ALARM:
            if notice.kind in _BAD_NEWS:  # not by mail again: this only reaches the log
                self._alarms.raise_alarm("operator_unreachable", {"why": notice.why})
            elif notice.kind == AWAY:
                self._tell_today("operator_away", mail.recipient, {"why": notice.why})
            return notice.kind
        return self._record(notice, mail)

    def _record(self, notice: Notice, mail: SentMail) -> str:
        now = self._clock.now()
        if notice.kind == "delivered" and mail.about.kind in (REPORT, BATCH):
            self._record_delivered(now)  # first: this notice would change nothing when it came again
        recipient = next(
            (recipient for recipient in self._directory.recipients() if recipient.id == mail.recipient), None
        )
        told: set[str] = set()
        reports = self._reports(mail)
        found = {self._record_at(report_id, notice, mail, recipient, now, told) for report_id in reports}
        return next((word for word in (FALLEN_BACK, notice.kind, "old") if word in found), "unknown")

    def _reports(self, mail: SentMail) -> Sequence[str]:
        kind, name = mail.about.kind, mail.about.name
        return (name,) if kind == REPORT else self._store.batch(name) if kind == BATCH else ()

    def _record_at(
        self,
        report_id: str,
        notice: Notice,
        mail: SentMail,
        recipient: Recipient | None,
        now: datetime,
        told: set[str],
    ) -> str:
        """Change one report's delivery; return what that was. `told` are the places told of this mail."""
        for _ in range(_TRIES):
            record = self._store.get(report_id, now)
            delivery = None if record is None else record.delivery_to(mail.recipient)
            if record is None or delivery is None:
                return "unknown"
            if not _concerns(notice, mail, recipient, delivery):
                return "old"
            changed = _changed(delivery, notice, mail, recipient, now)
            if changed == delivery:
                return "old"
            # Before it is saved: the same notice would change nothing when it came again, and tell nobody.
            # An inbox that answers by itself is told once a mail, bad news to each place that is in it.
            heard = bool(told) if notice.kind == AWAY else record.place in told
            if not heard and self._tell(notice, mail, record, delivery, changed):
                told.add(record.place)
            try:
                saved = self._store.save(record.with_delivery(changed))
            except StaleRecord:
                continue
            for outcome in outcomes(record, saved, now):
                self._log_outcome(outcome)
            fell_back = changed.state == FALLEN_BACK and changed.turn != delivery.turn
            return FALLEN_BACK if fell_back else notice.kind
        raise StoreUnavailable("the record changes too often")

    def _tell(
        self, notice: Notice, mail: SentMail, record: SealedReport, before: Delivery, after: Delivery
    ) -> bool:
        """Tell the operator and the place of bad news, and once a day of an inbox that answers by itself."""
        if notice.kind == AWAY:
            detail = {"recipient": mail.recipient, "case": record.case_number, "why": notice.why}
            detail |= places_of([record.place])
            self._tell_today("answers_by_itself", mail.recipient, detail)
            return True
        if notice.kind not in _BAD_NEWS or before.state == after.state:
            return False
        if before.replied_at is not None:  # somebody there has it: nobody need do anything
            return False
        detail = {
            "recipient": mail.recipient,
            "address": before.address,
            "case": record.case_number,
            "what": notice.kind,
            "why": notice.why,
            **places_of([record.place]),
        }
        if mail.about.kind == BATCH:
            detail["reports"] = str(len(self._reports(mail)))
        self._alarms.raise_alarm("fell_back" if after.state == FALLEN_BACK else "not_taken", detail)
        return True

    def _tell_today(self, kind: str, recipient_id: str, detail: Mapping[str, str]) -> None:
        """Tell the operator of an inbox that answers by itself, unless they were told of it today."""
        now = self._clock.now()
        day = f"away {now:%Y-%m-%d} {recipient_id}"
        number = self._store.count(day, ["all"], now + AWAY_KEPT)["all"]
        mark = f"told of {day}"
        if not self._store.marked(mark) and self._alarms.raise_alarm(kind, {**detail, "today": str(number)}):
            self._store.mark(mark, now + AWAY_KEPT)


def _changed(
    delivery: Delivery, notice: Notice, mail: SentMail, recipient: Recipient | None, now: datetime
) -> Delivery:
    if notice.kind == "delivered":
        return taken(delivery, mail.turn, notice.message_id, now)
    if notice.kind == AWAY:
        return away(delivery, mail.turn, notice.message_id, now)
    if notice.kind == "delayed":
        return delayed(delivery, now) if mail.turn == delivery.turn else delivery
    has_fallback = recipient is not None and bool(recipient.fallback)
    return not_taken(delivery, mail.turn, _BAD_NEWS[notice.kind], now, has_fallback)


def _concerns(notice: Notice, mail: SentMail, recipient: Recipient | None, delivery: Delivery) -> bool:
    """Say whether a notice about some of a mail's addresses is about ours.

    Our mails have one address. Only when a notice's mail has more, and leaves out the one that we know, it is
    about others.
    """
    if len(notice.to) < 2 or not notice.addresses or recipient is None:
        return True
    of_this_turn = mail.turn == delivery.turn
    known = [recipient.address(delivery.address)] if of_this_turn else [recipient.email, recipient.fallback]
    ours = {address.casefold() for address in known if address} & {
        address.casefold() for address in notice.to
    }
    return not ours or bool(ours & {address.casefold() for address in notice.addresses})
