"""Mails of one report each, fallbacks after long delays and bounces, and alarms of what reached nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from chalicelib.delivery.bounces import given_up
from chalicelib.delivery.leases import LEASE, Case
from chalicelib.delivery.outbox import Outbox, OutOfTime
from chalicelib.delivery.place_notes import places_of
from chalicelib.reporting.cases import (
    BOUNCED,
    DELAYED,
    FALLBACK,
    SENT,
    UNCLEAR,
    WAITING,
    WATCH_AFTER,
    Delivery,
    SealedReport,
    refused,
)
from chalicelib.shared.errors import SecretMissing, StoreUnavailable
from chalicelib.shared.mail import MailStopped

ROUND = 250  # ids read at once
TELL_AGAIN = timedelta(hours=1)  # when the operator was not told, because of many other alarms or cases
CASES_NAMED = 500  # in one alarm
TELL_MARGIN = timedelta(seconds=5)


class SingleMails:
    """Works off everything in the outbox that is due, but digests."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._unreached: list[Case] = []
        self._alarmed_of: set[str] = set()  # mails that nobody took: a digest holds many reports

    def __call__(self) -> bool:
        """Work off what is due; return whether anything could be claimed."""
        outbox = self._outbox
        ids = outbox.store.due(outbox.clock.now(), ROUND)
        worked = False
        while ids:
            outbox.look_at_time()
            case = outbox.leases.claim(ids.pop(0))
            if case is None:
                # Others are at work here: go on somewhere else.
                middle = int(outbox.clock.chance() * len(ids))
                ids = ids[middle:] + ids[:middle]
                continue
            worked = True
            self._deal_with(case)
        return worked

    def _deal_with(self, case: Case) -> None:
        outbox, now = self._outbox, self._outbox.clock.now()
        due = [
            delivery for delivery in case.record.deliveries if delivery.due(now) and not delivery.in_digest()
        ]
        case.in_hand = {delivery.recipient for delivery in due}
        first = {
            delivery.recipient
            for delivery in due
            if delivery.state in WAITING and not delivery.attempts and not delivery.turn
        }
        if case.record.watch_at is not None and case.record.watch_at <= now:
            self._unreached.append(case)
            case.in_hand.add("")  # the lease goes on until somebody was told
        if not case.in_hand:  # the index lagged behind
            outbox.leases.release(case)
            return
        try:
            may_go = any(
                delivery.state in WAITING and delivery.recipient not in outbox.stopped for delivery in due
            )
            if may_go and not case.record.counted:
                due = self._counted(case, due)
            for delivery in due:
                if delivery.state in WAITING:
                    self._mail(case, delivery)
                elif delivery.state == UNCLEAR:
                    self._give_up_hoping(case, delivery)
                else:
                    self._give_up_waiting(case, delivery)
            if "" in case.in_hand and self._is_mailed_first(case, first):
                self._watch_anew(case)
            if case.in_hand & outbox.stopped.keys():
                outbox.set_aside(case)
        except StoreUnavailable:
            raise  # what was sent and not recorded stays leased: its notice may come before it is sent again
        except (MailStopped, SecretMissing, OutOfTime):
            if not any(other is case for other in outbox.aside):
                outbox.leases.release(case)
            raise
        except Exception as error:
            outbox.fault(case, error)

    def _is_mailed_first(self, case: Case, first: set[str]) -> bool:
        """Say whether a report was dealt with for the first time just now: its eight hours begin only then.

        They have passed already when it was filed by a clock that is behind, or while no worker ran.
        """
        since = self._outbox.clock.now() - LEASE
        return bool(first - case.in_hand) or any(
            delivery.state == SENT and not delivery.turn and delivery.changed_at > since
            for delivery in case.record.deliveries
        )

    def _watch_anew(self, case: Case) -> None:
        now = self._outbox.clock.now()
        self._unreached = [other for other in self._unreached if other is not case]
        case.in_hand.discard("")

        def change(record: SealedReport) -> SealedReport:
            is_due = record.watch_at is not None and record.watch_at <= now
            return replace(record, watch_at=now + WATCH_AFTER) if is_due else record

        self._outbox.leases.save(case, change)

    def _counted(self, case: Case, due: Sequence[Delivery]) -> list[Delivery]:
        """Let the flood caps see a report for the first time; return what is still to be dealt with now."""
        outbox, now = self._outbox, self._outbox.clock.now()
        opened = outbox.opened(case)
        if opened is None:
            return []
        verdict = outbox.caps(case.record, opened.report.story, now)
        for cap in verdict.reached:
            outbox.alarms.raise_alarm("flood", cap)
        if not verdict.recipients:
            # Written with what is saved next. If that never comes it is counted again, which harms nobody.
            case.record = verdict.apply(case.record, now)
            return list(due)
        outbox.tally.held_back += len(verdict.recipients)
        case.in_hand.difference_update(verdict.recipients)
        outbox.leases.save(case, lambda record: verdict.apply(record, now))
        return [delivery for delivery in due if delivery.recipient not in verdict.recipients]

    def _mail(self, case: Case, delivery: Delivery) -> None:
        outbox = self._outbox
        if delivery.recipient in outbox.stopped:
            return
        opened = outbox.opened(case)
        if opened is None or delivery.recipient not in case.in_hand:
            return
        recipient = outbox.recipients.get(delivery.recipient)
        if recipient is None:
            outbox.gone(case, delivery.recipient)
            return
        if not outbox.leases.may_send(case):
            case.in_hand.discard(delivery.recipient)
            return
        known = outbox.recipients
        others = [known[other] for other in case.record.others_than(recipient.id) if other in known]
        before = known.get(delivery.instead_of)
        for_mail = replace(opened, instead_of=before.name if before else delivery.instead_of)
        try:
            change = outbox.send.report(recipient, delivery, for_mail, others)
        except MailStopped as error:
            outbox.stop(delivery.recipient, error)
            return
        outbox.recorded(change, [case], delivery.recipient)

    def _give_up_waiting(self, case: Case, delivery: Delivery) -> None:
        """The mail service has tried for too long: use the other address, and tell somebody."""
        outbox = self._outbox
        now, turn = outbox.clock.now(), delivery.turn
        recipient = outbox.recipients.get(delivery.recipient)
        has_fallback = recipient is not None and bool(recipient.fallback) and delivery.replied_at is None
        falls_back = has_fallback and delivery.address != FALLBACK
        named = {
            "case": case.record.case_number,
            "recipient": delivery.recipient,
            "address": delivery.address,
            **places_of([case.record.place]),
        }
        if delivery.replied_at is None:
            outbox.alarms.raise_alarm("delayed_long", named)
        outbox.tally.fell_back += falls_back

        def give_up(current: Delivery) -> Delivery:
            if current.turn != turn or current.state != DELAYED:
                return current
            return refused(current, BOUNCED, now, True) if falls_back else replace(current, next_try=None)

        outbox.leases.record(case, delivery.recipient, give_up)

    def _give_up_hoping(self, case: Case, delivery: Delivery) -> None:
        """An automatic answer came, and no word that the mail was taken: then it is what SES calls it."""
        outbox = self._outbox
        now, turn = outbox.clock.now(), delivery.turn
        recipient = outbox.recipients.get(delivery.recipient)
        has_fallback = recipient is not None and bool(recipient.fallback)
        falls_back = has_fallback and delivery.address != FALLBACK and delivery.replied_at is None
        if delivery.replied_at is None and delivery.away_mail not in self._alarmed_of:
            self._alarmed_of.add(delivery.away_mail)
            detail = {
                "recipient": delivery.recipient,
                "address": delivery.address,
                "case": case.record.case_number,
                "what": "bounced",
                "why": "an automatic answer, and no word that their server took it",
                **places_of([case.record.place]),
            }
            outbox.alarms.raise_alarm("fell_back" if falls_back else "not_taken", detail)
        outbox.tally.fell_back += falls_back
        outbox.tally.failed += not falls_back and delivery.replied_at is None

        def give_up(current: Delivery) -> Delivery:
            return (
                given_up(current, now, has_fallback)
                if current.turn == turn and current.state == UNCLEAR
                else current
            )

        outbox.leases.record(case, delivery.recipient, give_up)

    def tell_unreached(self) -> None:
        """Raise alarms of reports that not everybody has; again a day later, until one is acknowledged.

        Only a case that an alarm names has been told; the others are named in the next hour's.
        """
        for kind in ("reached_nobody", "not_everybody"):
            cases = [case for case in self._unreached if _kind(case.record) == kind]
            if not cases:
                continue
            named = cases[:CASES_NAMED]
            numbers = ", ".join(case.record.case_number for case in named)
            places = places_of([case.record.place for case in named])
            detail = {"reports": str(len(cases)), "cases": numbers, **places}
            if len(cases) > len(named):
                detail["not named here"] = f"{len(cases) - len(named)}, in the next hours' alarms"
            alarmed = self._outbox.alarms.raise_alarm(kind, detail)
            for number, case in enumerate(cases):
                if self._outbox.time_left() < TELL_MARGIN:
                    return  # the lease ends by itself, and the alarm comes again
                self._watch_again(case, alarmed and number < len(named))
        self._unreached.clear()

    def _watch_again(self, case: Case, alarmed: bool) -> None:
        now = self._outbox.clock.now()

        def change(record: SealedReport) -> SealedReport:
            if record.watch_at is None or record.watch_at > now:  # acknowledged meanwhile
                return record
            return record.watched(now) if alarmed else replace(record, watch_at=now + TELL_AGAIN)

        case.in_hand.clear()
        self._outbox.leases.save(case, change)


def _kind(record: SealedReport) -> str:
    return "reached_nobody" if record.reached_nobody() else "not_everybody"
