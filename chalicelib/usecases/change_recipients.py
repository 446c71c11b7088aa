"""Change who gets reports: never alone, and never to an address that nobody is known to read.

One publisher proposes the whole recipients document as it shall be. Each address that is new gets a code by
mail; somebody there reads it out, and it is typed in here. Another publisher agrees. The next publish takes
it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.domain import documents, recipient_changes
from chalicelib.domain.days import latest_today
from chalicelib.domain.documents import PLACES, RECIPIENTS, SHIPPED, DiffLine
from chalicelib.domain.errors import (
    CodeWrong,
    ContentInvalid,
    DocumentInvalid,
    DraftConflict,
    EntryMissing,
    PublishUnderWay,
    StaleRecord,
)
from chalicelib.domain.recipient_changes import RecipientChange
from chalicelib.domain.recipients import Recipient, read_recipients
from chalicelib.ports import Clock, DocumentStore, KeyInfo, Mail, Mailer, ReleaseShelf, ShippedDocuments
from chalicelib.usecases.edit_text import LiveTexts, read_json


@dataclass(frozen=True, slots=True)
class RecipientEntry:
    """A recipient as published. `key` is None when it has none: its mails then are not encrypted."""

    recipient: Recipient
    key: KeyInfo | None


@dataclass(frozen=True, slots=True)
class ChangeState:
    """The change that waits, and what it still needs before the next publish takes it along.

    `lacking` are sentences; `waiting` the addresses to be confirmed, `mailed` those of them with a code out.
    """

    change: RecipientChange
    diff: Sequence[DiffLine]
    lacking: Sequence[str]
    waiting: Sequence[str]
    mailed: Sequence[str]


class ChangeRecipients:
    """`write_code` makes the message with a code; `describe_key` reads a key and raises nothing."""

    def __init__(
        self,
        store: DocumentStore,
        shipped: ShippedDocuments,
        shelf: ReleaseShelf,
        mailer: Mailer,
        clock: Clock,
        sender: str,
        write_code: Callable[[str, str], bytes],
        describe_key: Callable[[str], KeyInfo],
    ) -> None:
        self._store = store
        self._mailer = mailer
        self._clock = clock
        self._sender = sender
        self._write_code = write_code
        self._describe_key = describe_key
        self._shelf = shelf
        self._live = LiveTexts(store, shipped)

    def list(self) -> Sequence[RecipientEntry]:
        """Return the recipients as published, with what is known about their keys."""
        return [
            RecipientEntry(recipient, self._describe_key(recipient.key) if recipient.key else None)
            for recipient in self._read(self.live_text())
        ]

    def live_text(self) -> str:
        """Return the published recipients document: what a proposal begins from."""
        return self._text(RECIPIENTS)

    def state(self) -> ChangeState | None:
        """Return the change that waits, or None."""
        change = self._store.change()
        if change is None:
            return None
        live = self.live_text()
        waiting = recipient_changes.unconfirmed(change, live)
        return ChangeState(
            change,
            documents.compare(live, change.text),
            recipient_changes.lacking(change, live),
            waiting,
            tuple(address for address in waiting if address in change.codes),
        )

    def propose(self, text: str, revision: int, who: str, why: str) -> RecipientChange:
        """Propose the whole document anew, over the revision that was seen (0: none waited).

        Addresses that were confirmed stay so; an agreement to an older text is void. Raises DocumentInvalid
        with the rule it breaks, DraftConflict when another proposal came first.
        """
        text = documents.check_text(text)
        self._check(text)
        recipient_changes.check_consents(text, latest_today(self._clock.now()))
        before = self._free()
        change = RecipientChange(
            text,
            revision + 1,
            who,
            self._clock.now(),
            documents.check_why(why),
            codes=before.codes if before else {},
            confirmed=before.confirmed if before else {},
        )
        return self._put(change)

    def send_code(self, address: str, revision: int) -> RecipientChange:
        """Mail a fresh code to an address that waits for one.

        The code is kept before it is mailed: a mail that was lost is sent again with another one. Raises
        EntryMissing, DraftConflict, and what a Mailer raises.
        """
        change = self._seen(revision)
        if address not in recipient_changes.unconfirmed(change, self.live_text()):
            raise EntryMissing("this address needs no code")
        code = recipient_changes.new_code(self._clock.nonce())
        change = self._put(recipient_changes.with_code(change, address, code, self._clock.now()))
        content = self._write_code(address, code)
        self._mailer.send(
            Mail(sender=self._sender, to=address, recipient="desk", about="code", turn=0, content=content)
        )
        return change

    def confirm(self, address: str, code: str, revision: int) -> RecipientChange:
        """Take the code that somebody at the address read out. Raises CodeWrong, DraftConflict."""
        change, right = recipient_changes.with_answer(self._seen(revision), address, code, self._clock.now())
        change = self._put(change)
        if not right:
            raise CodeWrong("this is not the code that was mailed")
        return change

    def agree(self, revision: int, who: str) -> RecipientChange:
        """Agree to the change as it was seen. Raises AgreementMissing with what it lacks, DraftConflict."""
        change = self._seen(revision)
        self._check(change.text)
        return self._put(recipient_changes.with_agreement(change, who, self._clock.now(), self.live_text()))

    def withdraw(self, revision: int) -> None:
        """Drop the change. Raises DraftConflict when it has moved on since, PublishUnderWay."""
        self._free()
        try:
            self._store.drop_change(revision)
        except StaleRecord as error:
            raise self._conflict("") from error

    def _free(self) -> RecipientChange | None:
        """Return the change that waits. Raises PublishUnderWay while a publish takes it along."""
        change = self._store.change()
        if change and recipient_changes.is_held(change, self._clock.now()):
            raise PublishUnderWay("this change is being published at this moment: look again in two minutes")
        return change

    def _seen(self, revision: int) -> RecipientChange:
        change = self._free()
        if change is None:
            raise EntryMissing("no change waits")
        if change.revision != revision:
            raise self._conflict(change.text)
        return change

    def _put(self, change: RecipientChange) -> RecipientChange:
        try:
            self._store.put_change(change)
        except StaleRecord as error:
            raise self._conflict(change.text) from error
        return change

    def _conflict(self, mine: str) -> DraftConflict:
        return DraftConflict(RECIPIENTS, mine, None, self.live_text())

    def _check(self, text: str) -> None:
        for recipient in self._read(text):
            if recipient.key:
                info = self._describe_key(recipient.key)
                if not info.usable:
                    raise DocumentInvalid(f"{recipient.name}: the key cannot be used: {info.reason}")

    def _read(self, text: str) -> tuple[Recipient, ...]:
        places = [str(place["slug"]) for place in read_json(PLACES, self._text(PLACES))["places"]]
        try:
            return read_recipients(recipient_changes.entries_of(text), places)
        except ContentInvalid as error:
            raise DocumentInvalid(str(error)) from error

    def _text(self, document: str) -> str:
        numbers = self._live.numbers(self._shelf.live())
        return self._live.version(document, numbers.get(document, SHIPPED)).text
