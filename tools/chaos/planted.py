"""Faults that are planted on purpose, to see that a chaos run finds them: PLANT=<name>."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from chalicelib.domain.deliveries import SENT, Delivery, move
from chalicelib.domain.recipients import Recipient
from chalicelib.ports import OpenedReport
from chalicelib.usecases.deliver_reports import DeliverReports
from chalicelib.usecases.leases import Case, Leases
from chalicelib.usecases.outbox import Tally
from chalicelib.usecases.send_mail import Change, SendMail


class MarksSentFirst(DeliverReports):
    """Records "sent" before it sends, and forgets what the mail service answers."""

    def __call__(self, time_left: Callable[[], timedelta]) -> Tally:
        """Work like the real one, with the mistake in the middle."""
        send, store, clock, wait = self._send, self._store, self._clock, self._wait

        class Hasty(SendMail):
            def __init__(self) -> None:
                pass

            def report(
                self,
                recipient: Recipient,
                delivery: Delivery,
                opened: OpenedReport,
                others: Sequence[Recipient],
            ) -> Change:
                now = clock.now()
                turn = delivery.turn

                def sent(one: Delivery) -> Delivery:
                    return move(one, SENT, now) if one.turn == turn else one

                record = opened.record
                case = Case(record, record.leased_until, {"somebody else"})
                Leases(store, clock, wait, time_left).record(case, recipient.id, sent)
                change = send.report(recipient, delivery, opened, others)
                return Change(lambda one: one, sent=change.sent, message_id=change.message_id)

            def digest(self, *arguments: object, **named: object) -> Change:
                return send.digest(*arguments, **named)  # type: ignore[arg-type]

            def remember(self, change: Change) -> None:
                send.remember(change)

        self._send = Hasty()
        try:
            return super().__call__(time_left)
        finally:
            self._send = send


PLANTS: dict[str, type[DeliverReports]] = {"": DeliverReports, "sent-before-sending": MarksSentFirst}
