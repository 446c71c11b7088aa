"""Routing of inbound mail: which office's copies of which reports a mail answers.

By the envelope's addresses first, then by the mail that it answers. Never by To or Cc: whoever gets a mail
could name anybody there. They only cast doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.delivery.reply_addresses import ReplyToken, read_token
from chalicelib.replies.headings import Heading
from chalicelib.replies.ports import ReplyAddress, ReplyAddressBook
from chalicelib.replies.taking_ports import MailsSent
from chalicelib.reporting.cases import case_number, report_of
from chalicelib.shared.mail import BATCH, REPORT

_LOOKED_UP = 20  # reply addresses in To and Cc: each is a call of the table


@dataclass(frozen=True, slots=True)
class Copy:
    """One office's copy of a report."""

    report_id: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a mail belongs: to copies of reports, and to offices whose digests it answers.

    `mistyped` says that nothing places it, and that an address has the shape of one of ours and a slip in it,
    or is the one that our mails come from, or that the mail service did not say to which the mail came, or
    that it answers a mail of ours and its sender is nobody of that office. `guesses` counts addresses that
    are well formed and lead nowhere, `strange` those that are no address of ours at all.
    """

    copies: tuple[Copy, ...] = ()
    digests: tuple[str, ...] = ()
    mistyped: bool = False
    guesses: int = 0
    strange: int = 0


class PlaceMail:
    """Finds what a mail answers. `domain` is that of our reply addresses, `sender` our own."""

    def __init__(self, addresses: ReplyAddressBook, sent: MailsSent, domain: str, sender: str) -> None:
        self._addresses = addresses
        self._sent = sent
        self._domain = domain.casefold()
        self._sender = self._ours(sender).casefold()

    def __call__(
        self, recipients: Sequence[str], answers: Sequence[str], is_theirs: Callable[[str], bool]
    ) -> Placed:
        """Return where a mail belongs, by its envelope and by the ids of ours that it answers.

        `is_theirs` says of an office whether the mail's sender may write for it. An id is no secret: it
        stands in whatever was forwarded, so it places nobody else's mail. Raises StoreUnavailable.
        """
        locals_ = [local for local in map(self._ours, recipients) if local]
        known = [token for token in map(read_token, locals_) if token is not None]
        typed = [token for token in known if not token.mistyped]
        found = [self._found(address) for token in typed if (address := self._address(token))]
        guesses = len(typed) - len(found)
        to_sender = sum(bool(self._sender) and local.casefold() == self._sender for local in locals_)
        slips, strangers = len(known) > len(typed) or bool(to_sender), False
        if slips or not found:
            thread = self._thread(answers)
            theirs = [one for one in thread if is_theirs(one if isinstance(one, str) else one.recipient)]
            strangers = len(theirs) < len(thread)
            found += theirs
        copies = dict.fromkeys(one for one in found if isinstance(one, Copy))
        digests = dict.fromkeys(one for one in found if isinstance(one, str))
        return Placed(
            tuple(copies),
            tuple(digests),
            mistyped=not found and (slips or strangers or not recipients),
            guesses=guesses,
            strange=len(recipients) - len(known) - to_sender,
        )

    def is_to(self, copy: Copy, heading: Heading, answers: Sequence[str]) -> bool:
        """Say whether a mail's own lines agree that it answers this report: it places nothing.

        To or Cc names an address of ours, and if there are reply addresses among these, one of this report;
        or else the mail answers one of ours about it, or its subject has the case number. A mail that an
        office once wrote to somebody else, and that is sent here as it was, does none of these. Raises
        StoreUnavailable.
        """
        locals_ = [local for local in map(self._ours, heading.addressed) if local]
        read = [token for token in map(read_token, locals_) if token is not None]
        tokens = [token for token in read if not token.mistyped][:_LOOKED_UP]
        if tokens:
            found = [address for token in tokens if (address := self._address(token))]
            return any(self._is_about(copy, one.report_id, one.batch) for one in found)
        if (
            locals_
            or not heading.is_addressed
            or case_number(copy.report_id).casefold() in heading.subject.casefold()
        ):
            return True
        mails = (self._sent.mail(one) for one in answers)
        return any(
            self._is_about(copy, mail.about.name, "")
            if mail.about.kind == REPORT
            else self._is_about(copy, "", mail.about.name)
            for mail in mails
            if mail is not None and mail.about.kind in (REPORT, BATCH)
        )

    def _is_about(self, copy: Copy, report_id: str, batch: str) -> bool:
        reports = [report_id] if report_id else self._sent.batch(batch)
        return copy.report_id in map(report_of, reports)

    def _ours(self, address: str) -> str:
        """Return what stands before the @ of an address of our domain, or ""."""
        local, _, domain = address.strip().strip("<>").rpartition("@")
        return local if domain.rstrip(".").casefold() == self._domain else ""

    def _address(self, token: ReplyToken) -> ReplyAddress | None:
        return self._addresses.find(token.hashed())

    def _thread(self, answers: Sequence[str]) -> list[Copy | str]:
        """Return what the nearest mail of ours was about that this one answers."""
        for message_id in answers:
            mail = self._sent.mail(message_id)
            if mail is not None and mail.about.kind == REPORT:
                return [Copy(report_of(mail.about.name), mail.recipient)]
            if mail is not None and mail.about.kind == BATCH:
                return [self._of_batch(mail.about.name, mail.recipient)]
        return []

    def _found(self, address: ReplyAddress) -> Copy | str:
        if address.report_id:
            return Copy(address.report_id, address.recipient)
        return self._of_batch(address.batch, address.recipient)

    def _of_batch(self, batch: str, recipient: str) -> Copy | str:
        """Return the recipient, since nobody knows which report is meant; a digest of one leaves no doubt."""
        reports = self._sent.batch(batch)
        return Copy(report_of(reports[0]), recipient) if len(reports) == 1 else recipient
