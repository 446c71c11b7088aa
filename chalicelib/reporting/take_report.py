"""Take a report: validate it, seal it, and store it with its queue entry, or say all that needs mending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.recipients import Recipient, offered_at
from chalicelib.reporting import form_fields
from chalicelib.reporting.cases import (
    HELD,
    QUEUED,
    WATCH_AFTER,
    Delivery,
    SealedReport,
    next_digest,
)
from chalicelib.reporting.choices import read_choice
from chalicelib.reporting.errors import (
    FormExpired,
    InvalidReport,
    NobodyOffered,
    ReceiptTaken,
)
from chalicelib.reporting.form_tokens import (
    Stamps,
    came_back,
    make_token,
    read_token,
    returned_stamps,
    says_it_may_stay,
    settled_token,
)
from chalicelib.reporting.ports import ReceiptVault, ReportShelf, Sealer
from chalicelib.reporting.receipts import receipt_code
from chalicelib.reporting.report import SentForm, read_report
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import SecretMissing, StoreUnavailable
from chalicelib.shared.retention import KEEP_DAYS


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the receipt page may say: the code, who gets it, and whether child lines should be shown."""

    code: str = field(repr=False)
    recipients: tuple[Recipient, ...]
    may_concern_a_child: bool


class TakeReport:
    """The form's use case. Nothing is refused for being too many: whoever delivers counts, and holds."""

    def __init__(
        self,
        store: ReportShelf,
        sealer: Sealer,
        vault: ReceiptVault,
        recipient_book: RecipientBook,
        clock: Clock,
        *,
        agreed_only: bool,
        digest_every: timedelta = timedelta(hours=1),
        keep_days: int = KEEP_DAYS,
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._vault = vault
        self._recipient_book = recipient_book
        self._clock = clock
        self._agreed_only = agreed_only
        self._digest_every = digest_every
        self._keep_days = keep_days

    def open_form(self, place: str) -> str:
        """Return a token for a new form. Raises NobodyOffered when the form could be sent to no one."""
        if not self.offered(place):
            raise NobodyOffered("no recipient has agreed to get reports from here")
        return make_token(self._vault.form_secret(), self._clock.now(), self._clock.nonce())

    def new_token(self) -> str:
        """Return a fresh token for a form that was shown before: never hasty."""
        return settled_token(self._vault.form_secret(), self._clock.now(), self._clock.nonce())

    def new_stamps(self, token: str) -> Stamps:
        """Return the stamps (token and mark) of a form that comes back for its token."""
        return returned_stamps(self._vault.form_secret(), token, self._clock.now(), self._clock.nonce())

    def kept_stamps(self, token: str) -> Stamps:
        """Return the stamps of a form that comes back for another reason: still the same form, and not hasty.

        Most tokens stay as they are, and no secret is needed; nor does a missing one cost anybody the words.
        """
        if says_it_may_stay(token, self._clock.now()):
            return Stamps(token)
        with suppress(SecretMissing, StoreUnavailable):
            return self.new_stamps(token)
        return Stamps(token)

    def offered(self, place: str) -> tuple[Recipient, ...]:
        """Return the recipients that a place's form names."""
        return offered_at(
            self._recipient_book.recipients(), self._recipient_book.chain(place), self._agreed_only
        )

    def __call__(self, fields: Mapping[str, Sequence[str]], place: str, locale: str) -> Receipt:
        """Store the report in `fields` and return its receipt.

        Sending the same form twice returns the same receipt and stores one report. Raises InvalidReport (with
        every problem), FormExpired, SecretMissing or StoreUnavailable; nothing is stored then.
        """
        now = self._clock.now()
        offered = self.offered(place)
        left_out = [recipient.id for recipient in offered if recipient.enforces_immigration]
        problems: dict[str, str] = {}
        sent: SentForm | None = None
        try:
            sent = read_report(fields, place, locale, [recipient.id for recipient in offered], left_out)
        except InvalidReport as invalid:
            problems = invalid.problems
        try:
            secret, typed = self._vault.form_secret(), "".join(fields.get(form_fields.TOKEN, ()))
            token = read_token(secret, typed, now)
        except FormExpired as expired:
            raise FormExpired(str(expired), problems) from expired
        if sent is None:
            raise InvalidReport(problems)
        code = receipt_code(self._vault.receipt_secret(), token.nonce, sent.digest())
        keys = self._vault.keys_of(code)
        hasty = token.hasty(now) and not came_back(secret, typed, "".join(fields.get(form_fields.MARK, ())))
        held = "honeypot" if any(fields.get(form_fields.TRAP, ())) else "hasty" if hasty else ""
        words = replace(sent.report, choice=read_choice(fields, offered, self._recipient_book.recipients()))
        report = SealedReport(
            id=keys.report_id,
            sealed=self._sealer.seal(words.to_bytes(), keys.report_id),
            reporter_key=keys.public_key,
            place=place,
            taken_at=now,
            deliveries=tuple(self._delivery(recipient, now, bool(held)) for recipient in sent.recipients),
            held=held,
            watch_at=now + WATCH_AFTER,
            keep_days=self._keep_days,
            # What is held for its form is not counted: a clumsy robot must not use up what others may send.
            counted=bool(held),
        )
        with suppress(ReceiptTaken):  # the same form again: one report, the same receipt
            self._store.add(report)
        chosen = tuple(recipient for recipient in offered if recipient.id in sent.recipients)
        return Receipt(code, chosen, sent.report.may_concern_a_child())

    def _delivery(self, recipient: str, now: datetime, hold: bool) -> Delivery:
        if hold:
            return Delivery(recipient, HELD, now, next_digest(now, self._digest_every), digest=True)
        return Delivery(recipient, QUEUED, now, now)
