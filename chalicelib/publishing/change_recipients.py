"""Two-person rule for who gets reports, with address verification by a mailed code.

Nobody changes it alone, and never to an address that nobody is known to read.

One publisher proposes the whole recipients document as it shall be. Each address that is new gets a code by
mail; somebody there reads it out, and it is typed in here. Another publisher agrees. The next publish takes
it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from chalicelib.delivery.ports import KeyInfo
from chalicelib.desk.agreements import SENTENCES, Standing
from chalicelib.desk.errors import NotAllowed
from chalicelib.desk.hold_changes import KnowsFirst as KnowsFirst
from chalicelib.desk.people import Person
from chalicelib.desk.ports import Counts
from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.errors import ContentInvalid, DocumentInvalid
from chalicelib.directory.places import is_slug
from chalicelib.directory.recipients import Recipient, read_recipients
from chalicelib.publishing import documents, recipient_changes
from chalicelib.publishing.documents import SHIPPED, DraftConflict
from chalicelib.publishing.edit_text import LiveTexts
from chalicelib.publishing.errors import CodesUsedUp, CodeWrong, PublishUnderWay
from chalicelib.publishing.ports import DocumentStore, ReleaseShelf, ShippedDocuments
from chalicelib.publishing.recipient_changes import RecipientChange
from chalicelib.publishing.recipient_states import ChangeState as ChangeState
from chalicelib.publishing.recipient_states import EntryState as EntryState
from chalicelib.publishing.recipient_states import RecipientEntry as RecipientEntry
from chalicelib.publishing.whole_texts import whole_of
from chalicelib.shared.clock import Clock
from chalicelib.shared.days import latest_today
from chalicelib.shared.email_addresses import plain_address
from chalicelib.shared.errors import EntryMissing, StaleRecord
from chalicelib.shared.mail import CODE, About, Mail, Mailer

_DAY = timedelta(days=1)


class ChangeRecipients:
    """The change of recipients: propose, verify addresses by code, agree, withdraw.

    `write_code` makes the message with a code; `describe_key` reads a key and raises nothing.

    `first` knows whether a report was delivered yet; until then `operator`, an address or nothing, may get a
    code that stands for the second publisher. `write_operator_code` makes that message. `settle` takes what
    was agreed to, with what it was before, to where it counts; done twice it ends the same.
    """

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
        book: Counts,
        first: KnowsFirst,
        operator: str,
        write_operator_code: Callable[[str, str, Sequence[str]], bytes],
        settle: Callable[[RecipientChange, str], None] | None = None,
    ) -> None:
        self._settle = settle
        self._store = store
        self._mailer = mailer
        self._clock = clock
        self._sender = sender
        self._write_code = write_code
        self._describe_key = describe_key
        self._shelf = shelf
        self._book = book
        self._first = first
        self._operator = operator
        self._write_operator_code = write_operator_code
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

    def why_key_unusable(self, key: str) -> str:
        """Return why nothing could be encrypted to a key, or nothing."""
        info = self._describe_key(key)
        return "" if info.usable else info.reason

    def state(self) -> ChangeState | None:
        """Return the change that waits, or None."""
        change = self._finished()
        if change is None:
            return None
        live = self.live_text()
        waiting = recipient_changes.unconfirmed(change, live)
        return ChangeState(
            change,
            live,
            recipient_changes.lacking(change, live),
            waiting,
            tuple(address for address in waiting if address in change.codes),
            recipient_changes.described(live, change.text),
            _entries(change, live),
            recipient_changes.fingerprint(change, live),
            self._operator_may(change, live),
        )

    def propose(self, text: str, revision: int, who: Person, why: str) -> RecipientChange:
        """Propose the whole document anew, over the revision that was seen (0: none waited).

        Whoever proposes has a hand in the entries that they change, besides those who had one before; the
        other entries stay as they are, with the agreements to them; an agreement to an entry that changes
        once more falls away. Addresses that were confirmed stay so.
        Raises DocumentInvalid with the rule it breaks, DraftConflict when another proposal came first.
        """
        text = documents.check_text(text)
        self._check(text)
        recipient_changes.check_consents(text, latest_today(self._clock.now()))
        before, live = self._free(), self.live_text()
        if (before.revision if before else 0) != revision:
            raise self._conflict(text)
        if not recipient_changes.touched(before.text if before else live, text):
            raise DocumentInvalid("this changes nothing")
        if not recipient_changes.touched(live, text):
            raise DocumentInvalid("this is as it is published: withdraw the change that waits instead")
        names = {one for one in (who.id, plain_address(who.email)) if one}
        change = RecipientChange(
            text,
            revision + 1,
            who.email,
            self._clock.now(),
            documents.check_why(why),
            codes=before.codes if before else {},
            confirmed=before.confirmed if before else {},
            proposers=recipient_changes.with_proposers(before, live, text, names),
            agreements=recipient_changes.agreements_left(before, text),
        )
        return self._put(change)

    def propose_again(self, revision: int, who: Person) -> RecipientChange:
        """Propose a change whose proposers are not known anew, as it stands, in this person's name.

        It was left by a release from before proposers were kept, so that nobody could agree to it. Whoever is
        known to have proposed it stays a proposer; addresses that were confirmed stay so. Raises EntryMissing
        for a change whose proposers are known, DraftConflict, DocumentInvalid.
        """
        change, live = self._seen(revision), self.live_text()
        unknown = [
            one for one in recipient_changes.touched(live, change.text) if not change.proposers.get(one)
        ]
        if not unknown:
            raise EntryMissing("it is known who proposed this")
        self._check(change.text)
        names = {one for one in (who.id, plain_address(who.email), plain_address(change.proposed_by)) if one}
        theirs = dict.fromkeys(unknown, tuple(sorted(names)))
        anew = replace(
            change,
            revision=revision + 1,
            proposed_by=who.email,
            proposed_at=self._clock.now(),
            agreed_by="",
            agreed_at=None,
            proposers={**change.proposers, **theirs},
        )
        return self._put(anew)

    def send_code(self, address: str, revision: int) -> RecipientChange:
        """Mail a fresh code to an address that waits for one.

        The code is kept before it is mailed: a mail that was lost is sent again with another one. Raises
        EntryMissing, DraftConflict, CodesUsedUp, and what a Mailer raises.
        """
        change = self._seen(revision)
        if address not in recipient_changes.unconfirmed(change, self.live_text()):
            raise EntryMissing("this address needs no code")
        self._count_codes(f"code to {plain_address(address)}")
        code = recipient_changes.new_code(self._clock.nonce())
        change = self._put(recipient_changes.with_code(change, address, code, self._clock.now()))
        self._mail(address, "desk", self._write_code(address, code))
        return change

    def confirm(self, address: str, code: str, revision: int) -> RecipientChange:
        """Take the code that somebody at the address read out. Raises CodeWrong, DraftConflict."""
        change, right = recipient_changes.with_answer(self._seen(revision), address, code, self._clock.now())
        change = self._put(change)
        if not right:
            raise CodeWrong("this is not the code that was mailed")
        return change

    def agree(self, revision: int, seen: str, who: Standing) -> RecipientChange:
        """Agree to the entries of the change that `who` may agree to, as they were `seen`: its fingerprint.

        Raises AgreementMissing with what is missing or stands in the way, DraftConflict.
        """
        change, live = self._as_shown(revision, seen)
        return self._agreed(recipient_changes.with_agreement(change, who, self._clock.now(), live))

    def why_not(self, who: Standing) -> str:
        """Return why this person can agree to nothing that waits now, or nothing when they can."""
        change = self._store.change()
        if change is None:
            return ""
        reasons = recipient_changes.why_not_entries(change, who, self._clock.now(), self.live_text())
        if not reasons or "" in reasons.values():
            return ""
        reason = next(iter(reasons.values()))
        return SENTENCES.get(reason, recipient_changes.UNKNOWN_SAID)

    def send_operator_code(self, revision: int, seen: str) -> RecipientChange:
        """Mail the operator a code that stands for the second publisher, before the first delivered report.

        Raises NotAllowed once a report may have been delivered, and as `agree` and `send_code` do.
        """
        change, live = self._as_shown(revision, seen)
        self._operator_must()
        code = recipient_changes.new_code(self._clock.nonce())
        coded = recipient_changes.with_operator_code(change, code, self._clock.now(), live)
        self._count_codes("code to the operator")
        coded = self._put(coded)
        content = self._write_operator_code(
            self._operator, code, recipient_changes.described(live, change.text)
        )
        self._mail(self._operator, "operator", content)
        return coded

    def agree_by_operator(self, revision: int, seen: str, code: str) -> RecipientChange:
        """Agree with the code that the operator read out. Raises CodeWrong, and as above."""
        change, live = self._as_shown(revision, seen)
        self._operator_must()
        change, right = recipient_changes.with_operator_answer(change, code, self._clock.now(), live)
        change = self._agreed(change)
        if not right:
            raise CodeWrong("this is not the code that was mailed")
        return change

    def _agreed(self, change: RecipientChange) -> RecipientChange:
        """Keep a change, and settle it once nothing of it is left to be agreed to."""
        change = self._put(change)
        if change.agreed:
            self._finished()
        return change

    def _finished(self) -> RecipientChange | None:
        """Return the change that waits; one that was agreed to is settled first, if it is not yet."""
        change = self._store.change()
        if change is None or not change.agreed or self._settle is None:
            return change
        self._settle(change, self.live_text())
        with suppress(StaleRecord):  # somebody else did the same
            self._store.drop_change(change.revision)
        return None

    def _mail(self, to: str, recipient: str, content: bytes) -> None:
        mail = Mail(self._sender, to, recipient, turn=0, about=About.of(CODE), content=content)
        self._mailer.send(mail)

    def _as_shown(self, revision: int, seen: str) -> tuple[RecipientChange, str]:
        change, live = self._seen(revision), self.live_text()
        if recipient_changes.fingerprint(change, live) != seen:
            raise self._conflict(change.text)
        self._check(change.text)
        return change, live

    def _operator_may(self, change: RecipientChange, live: str) -> bool:
        known = all(change.proposers.get(one) for one in recipient_changes.touched(live, change.text))
        return bool(self._operator) and known and not change.agreed and self._first.is_ahead()

    def _operator_must(self) -> None:
        if not self._operator or not self._first.is_ahead():
            raise NotAllowed(
                "the operator's code counts only until the first report was delivered, and only where that is"
                " certain"
            )

    def _count_codes(self, what: str) -> None:
        now = self._clock.now()
        if self._book.count_try(what, now, _DAY) > recipient_changes.MOST_CODES:
            raise CodesUsedUp(what)
        if self._book.count_try("codes in all", now, _DAY) > recipient_changes.MOST_CODES_IN_ALL:
            raise CodesUsedUp("in all")

    def withdraw(self, revision: int) -> None:
        """Drop the change for good. Raises DraftConflict when it moved on, PublishUnderWay."""
        self._free()
        try:
            self._store.drop_change(revision)
        except StaleRecord as error:
            raise self._conflict("") from error

    def _free(self) -> RecipientChange | None:
        """Return the change that waits. Raises PublishUnderWay while a publish takes it along."""
        change = self._finished()
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
            wrong = self.why_key_unusable(recipient.key) if recipient.key else ""
            if wrong:
                raise DocumentInvalid(f"{recipient.name}: the key cannot be used: {wrong}")

    def _read(self, text: str) -> tuple[Recipient, ...]:
        whole = whole_of(self._live.texts(self._shelf.live()))
        places = [str(place["slug"]) for place in whole.places["places"]]
        if self._settle is not None:  # a town that was made at the desk: this function asks nobody there
            serves = [str(entry.get("serves")) for entry in recipient_changes.entries_of(text)]
            places += [slug for slug in serves if is_slug(slug)]
        try:
            return read_recipients(recipient_changes.entries_of(text), places)
        except ContentInvalid as error:
            raise DocumentInvalid(str(error)) from error

    def _text(self, document: str) -> str:
        return self._live.version(document, self._number(document)).text

    def _number(self, document: str = RECIPIENTS) -> int:
        return self._live.numbers(self._shelf.live()).get(document, SHIPPED)


def _entries(change: RecipientChange, live: str) -> Sequence[EntryState]:
    names = {
        str(entry.get("id")): str(entry.get("name"))
        for text in (live, change.text)
        for entry in recipient_changes.entries_of(text)
    }
    return [
        EntryState(
            entry,
            names.get(entry, "The order of the list"),
            tuple(name for name in change.proposers.get(entry, ()) if "@" in name),
            recipient_changes.agreed_to(change, live, entry),
        )
        for entry in recipient_changes.touched(live, change.text)
    ]
