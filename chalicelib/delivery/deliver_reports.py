"""The outbox worker: it leases what is due, decrypts, writes the mail, sends it and records the result.

At least once: what a crash left claimed is due again when its lease ends, and a crash between sending and
recording sends twice. Both are chosen: a mail may come twice, and a report is never lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from chalicelib.delivery.digests import Digests
from chalicelib.delivery.flood_caps import FloodCaps
from chalicelib.delivery.leases import Leases
from chalicelib.delivery.outbox import Outbox, OutOfTime, Tally
from chalicelib.delivery.outcomes import Outcome, unheard
from chalicelib.delivery.ports import Opener
from chalicelib.delivery.send_mail import SendMail
from chalicelib.delivery.single_mails import SingleMails
from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.recipient_rows import RecipientsMissing
from chalicelib.reporting.cases import SealedReport
from chalicelib.reporting.ports import ReportStore
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import SecretMissing, StoreUnavailable
from chalicelib.shared.mail import MailStopped


class DeliverReports:
    """The outbox worker. Several may run at once: each report is claimed by exactly one.

    `wait` lets time pass; `log_outcome` hears what became of each delivery; `addresses` gives those that an
    office had at a time; `note_message` notes a writer's message in its conversation.
    """

    def __init__(
        self,
        store: ReportStore,
        opener: Opener,
        send: SendMail,
        caps: FloodCaps,
        directory: RecipientBook,
        alarms: Alarms,
        clock: Clock,
        wait: Callable[[timedelta], None],
        log_outcome: Callable[[Outcome], None] = unheard,
        addresses: Callable[[str, datetime], Sequence[str]] = lambda office, at: (),
        note_message: Callable[[SealedReport], None] = lambda message: None,
    ) -> None:
        self._note_message = note_message
        self._addresses = addresses
        self._log_outcome = log_outcome
        self._store = store
        self._opener = opener
        self._send = send
        self._caps = caps
        self._directory = directory
        self._alarms = alarms
        self._clock = clock
        self._wait = wait

    def __call__(self, time_left: Callable[[], timedelta]) -> Tally:
        """Work off the outbox until nothing is due or too little time is left; the next run goes on."""
        try:
            return self._run(time_left)
        except RecipientsMissing as error:
            self._alarms.raise_alarm("recipients_missing", {"error": str(error)})
        except StoreUnavailable as error:
            self._alarms.raise_alarm("store_away", {"error": str(error)})
        return Tally()

    def _run(self, time_left: Callable[[], timedelta]) -> Tally:
        outbox = Outbox(
            store=self._store,
            opener=self._opener,
            send=self._send,
            caps=self._caps,
            recipients={recipient.id: recipient for recipient in self._directory.recipients()},
            alarms=self._alarms,
            clock=self._clock,
            wait=self._wait,
            time_left=time_left,
            leases=Leases(self._store, self._clock, self._wait, time_left, self._log_outcome),
            tally=Tally(),
            addresses=self._addresses,
            note_message=self._note_message,
        )
        try:
            self._work(outbox)
        except StoreUnavailable as error:
            self._alarms.raise_alarm("store_away", {"error": str(error)})
        except SecretMissing as error:
            self._alarms.raise_alarm("secret_missing", {"error": str(error)})
        return outbox.tally

    def _work(self, outbox: Outbox) -> None:
        single_mails, digests = SingleMails(outbox), Digests(outbox)
        try:
            with suppress(OutOfTime):
                while True:
                    worked = single_mails()
                    worked = digests() or worked
                    if not worked:
                        break
                    outbox.look_at_time()
        except MailStopped:
            pass  # the outbox knows of it
        single_mails.tell_unreached()
        outbox.end_stop()
