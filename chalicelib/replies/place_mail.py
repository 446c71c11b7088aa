"""Routing of inbound mail: which office's copies of which reports a mail answers.

By the envelope's addresses first, then by the mail that it answers. Never by To or Cc: whoever gets a mail
could name anybody there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.delivery.reply_addresses import ReplyToken, read_token
from chalicelib.replies.ports import ReplyAddress, ReplyAddressBook
from chalicelib.replies.taking_ports import MailsSent
from chalicelib.reporting.cases import report_of
from chalicelib.shared.mail import BATCH, REPORT


@dataclass(frozen=True, slots=True)
class Copy:
    """One office's copy of a report."""

    report_id: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a mail belongs: to copies of reports, and to offices whose digests it answers.

    `mistyped` says that an address has the shape of one of ours and a slip in it, or that the mail service
    did not say to which address the mail came, and that nothing else places it. `guesses` counts addresses
    that are well formed and lead nowhere, `strange` those that are no reply address at all.
    """

    copies: tuple[Copy, ...] = ()
    digests: tuple[str, ...] = ()
    mistyped: bool = False
    guesses: int = 0
    strange: int = 0


class PlaceMail:
    """Finds what a mail answers. `domain` is the one that our reply addresses are of."""

    def __init__(self, addresses: ReplyAddressBook, sent: MailsSent, domain: str) -> None:
        self._addresses = addresses
        self._sent = sent
        self._domain = domain.casefold()

    def __call__(self, recipients: Sequence[str], answers: Sequence[str]) -> Placed:
        """Return where a mail belongs, by its envelope and by the ids of ours that it answers.

        Raises StoreUnavailable.
        """
        tokens = [read_token(one) for one in map(self._ours, recipients) if one]
        known = [token for token in tokens if token is not None]
        typed = [token for token in known if not token.mistyped]
        found = [self._found(address) for token in typed if (address := self._address(token))]
        guesses = len(typed) - len(found)
        slips = len(known) > len(typed)
        if slips or not found:
            found += self._thread(answers)
        copies = dict.fromkeys(one for one in found if isinstance(one, Copy))
        digests = dict.fromkeys(one for one in found if isinstance(one, str))
        return Placed(
            tuple(copies),
            tuple(digests),
            mistyped=not found and (slips or not recipients),
            guesses=guesses,
            strange=len(recipients) - len(known),
        )

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
