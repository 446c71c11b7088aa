"""Digests: mails with all reports that were held for a recipient, in the order in which they came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from chalicelib.delivery.leases import Case
from chalicelib.delivery.outbox import RUN_MARGIN, Outbox
from chalicelib.delivery.ports import OpenedReport
from chalicelib.shared.mail import MailStopped

DIGEST_MOST = 1000  # reports in one digest
DIGEST_BYTES = 4_500_000  # of sealed words: the mail is up to three times that, and many inboxes take 10 MB
DIGEST_TURN = 20  # seconds in which one worker alone may begin to collect digests
DIVIDE_MOST = 4  # times that a digest which the mail service refuses is cut in half

Opened = Sequence[tuple[Case, OpenedReport]]


class Digests:
    """Sends the digests that are due."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._turn: bool | None = None

    def __call__(self) -> bool:
        """Collect what is due into digests and send them; return whether anything could be claimed."""
        outbox = self._outbox
        worked = False
        while ids := outbox.store.due(outbox.clock.now(), DIGEST_MOST, digests=True):
            if not self._my_turn():
                return worked
            cases = self._collected(ids)
            if not cases:
                return worked
            worked = True
            self._send(cases)
            # What waits for a stopped recipient is left leased, and its leases end by themselves: to claim
            # and give back a thousand reports each minute would cost more than it is worth.
            stopped = outbox.stopped.keys()
            outbox.leases.release(*(case for case in cases if case.in_hand and not case.in_hand & stopped))
            if stopped and not outbox.works:
                self._turn = False  # the next run looks at what stands behind these
            outbox.look_at_time()
        return worked

    def _my_turn(self) -> bool:
        """Say whether this worker collects digests now: many at once would make many small digests."""
        if self._turn is None:
            now = self._outbox.clock.now()
            turn = f"digest turn {int(now.timestamp()) // DIGEST_TURN}"
            self._turn = self._outbox.store.mark(turn, now + timedelta(hours=1))
        return self._turn

    def _collected(self, ids: Sequence[str]) -> list[Case]:
        """Claim as much as fits in one digest and can be recorded in time, in the order in which it came."""
        outbox = self._outbox
        cases: list[Case] = []
        size, writes = 0, 1
        started = outbox.time_left()
        for report_id in ids:
            left = outbox.time_left()
            if left < RUN_MARGIN + (started - left) * writes:
                break
            case = outbox.leases.claim(report_id)
            if case is None:
                continue
            now = outbox.clock.now()
            case.in_hand = {
                delivery.recipient
                for delivery in case.record.deliveries
                if delivery.due(now) and delivery.in_digest()
            }
            if not case.in_hand:  # the index lagged behind
                outbox.leases.release(case)
                continue
            cases.append(case)
            writes = max(writes, len(case.in_hand) * outbox.send.writes_a_report)
            size += len(case.record.sealed)
            if size > DIGEST_BYTES:
                break
        return sorted(cases, key=lambda case: (case.record.taken_at, case.record.id))

    def _send(self, cases: Sequence[Case]) -> None:
        outbox = self._outbox
        opened = [(case, report) for case in cases if (report := outbox.opened(case)) is not None]
        for recipient_id in sorted({recipient for case, _ in opened for recipient in case.in_hand}):
            if recipient_id in outbox.stopped:
                continue
            try:
                for reports in _alike(recipient_id, opened):
                    self._one_mail(recipient_id, reports)
            except MailStopped as error:
                outbox.stop(recipient_id, error)

    def _one_mail(self, recipient_id: str, reports: Opened, divided: int = 0) -> None:
        """Send one mail that holds all these reports, and record it with each of them."""
        outbox = self._outbox
        recipient = outbox.recipients.get(recipient_id)
        ready = [(case, opened) for case, opened in reports if outbox.leases.may_send(case)]
        cases = [case for case, _ in ready]
        if recipient is None:
            for case in cases:
                outbox.gone(case, recipient_id)
            return
        if not ready:
            return
        change = outbox.send.digest(
            recipient,
            [copy for case in cases if (copy := case.record.delivery_to(recipient_id)) is not None],
            [opened for _, opened in ready],
            {other.id: other.name for other in outbox.recipients.values()},
            may_divide=len(ready) > 1 and divided < DIVIDE_MOST,
        )
        if change.divide:
            middle = len(ready) // 2
            self._one_mail(recipient_id, ready[:middle], divided + 1)
            self._one_mail(recipient_id, ready[middle:], divided + 1)
            return
        outbox.recorded(change, cases, recipient_id)


def _alike(recipient_id: str, opened: Opened) -> Iterator[Opened]:
    """Group by address and turn: a notice about a mail holds for all that is in it."""
    groups: dict[tuple[str, int], list[tuple[Case, OpenedReport]]] = {}
    for case, report in opened:
        delivery = case.record.delivery_to(recipient_id)
        if delivery is not None and recipient_id in case.in_hand:
            groups.setdefault((delivery.address, delivery.turn), []).append((case, report))
    yield from groups.values()
