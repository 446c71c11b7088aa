"""Reply addresses of mails. Each is kept before its mail goes out: no answer comes to an unknown one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from chalicelib.delivery.mail_threads import thread_of
from chalicelib.delivery.ports import KeepReplyAddress, OpenedReport, ReplyTokens
from chalicelib.directory.recipients import Recipient
from chalicelib.reporting.cases import SealedReport
from chalicelib.reporting.ports import ReportShelf
from chalicelib.shared.clock import Clock
from chalicelib.shared.mail import BATCH, REPORT, About
from chalicelib.shared.retention import KEEP_DAYS_MOST

# A report that was mailed now is kept for 90 days at most after it was taken, and its address for 90 more: a
# late answer is then told from a guess. Each mail keeps it anew.
ADDRESS_KEPT = timedelta(days=2 * KEEP_DAYS_MOST)


class ReplyTo:
    """Gives each mail its reply address, and a writer's message its thread.

    `domain` is that of the addresses; without it replies are off. `mail_domain` gives the domain of the ids
    that the mail service gives to mails.
    """

    def __init__(
        self,
        tokens: ReplyTokens,
        keep: KeepReplyAddress,
        store: ReportShelf,
        clock: Clock,
        domain: str,
        mail_domain: Callable[[], str],
    ) -> None:
        self._tokens = tokens
        self._keep = keep
        self._store = store
        self._clock = clock
        self._domain = domain
        self._mail_domain = mail_domain

    @property
    def is_on(self) -> bool:
        """Say whether anybody can reply."""
        return bool(self._domain)

    def report(self, recipient: Recipient, opened: OpenedReport) -> OpenedReport:
        """Return an opened report with its reply address, after that was kept.

        Raises StoreUnavailable, SecretMissing.
        """
        record, report = opened.record, opened.record
        if record.is_message:
            first = self._store.get(record.report_id, self._clock.now())
            opened = replace(
                opened, thread=thread_of(self._ours(first, recipient), self._theirs(opened, recipient))
            )
            report = first or record
        if not self._domain:
            return opened
        about = About.of(REPORT, record.report_id)
        token = self._tokens.token(report.sealed, about, recipient.id)
        until = self._clock.now() + ADDRESS_KEPT
        self._keep(token.hashed(), recipient.id, until, report_id=record.report_id)
        return replace(opened, reply_to=f"{token.text}@{self._domain}")

    def batch(self, recipient: Recipient, batch: str) -> str:
        """Return the reply address of a digest as a whole, after it was kept; "" while replies are off.

        Raises StoreUnavailable, SecretMissing.
        """
        if not self._domain:
            return ""
        token = self._tokens.token(b"", About.of(BATCH, batch), recipient.id)
        self._keep(token.hashed(), recipient.id, self._clock.now() + ADDRESS_KEPT, batch=batch)
        return f"{token.text}@{self._domain}"

    def _ours(self, first: SealedReport | None, recipient: Recipient) -> str:
        """Return the id of our last mail of the report, as mail programs see it, or ""."""
        delivery = None if first is None else first.delivery_to(recipient.id)
        known = delivery is not None and delivery.message_id
        return f"<{known}@{self._mail_domain()}>" if known else ""

    def _theirs(self, opened: OpenedReport, recipient: Recipient) -> tuple[str, ...]:
        return tuple(opened.report.answers.get(recipient.id, ()))
