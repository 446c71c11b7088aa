"""Replies in memory: shelf, addresses, inbox notes, and seals that anybody could open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.replies.conversation import Conversation
from chalicelib.replies.errors import ReplySealBroken
from chalicelib.replies.mistyped import A_DAY, HELD, LISTED_FOR, MistypedMail, fills_its_day
from chalicelib.replies.ports import CodeKeys, InboxNote, ReplyAddress
from chalicelib.shared.errors import StaleRecord
from tests.support.fakes import FakeVault


@dataclass
class FakeReplyShelf:
    """A ReplyShelf in dictionaries. `until` says until when each key is kept; reads raise `fail`."""

    conversations: dict[str, Conversation] = field(default_factory=dict)
    sealed: dict[tuple[str, str], bytes] = field(default_factory=dict)
    raw: dict[tuple[str, str], tuple[bytes, ...]] = field(default_factory=dict)
    until: dict[tuple[str, ...], datetime] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    fail: Exception | None = None

    def conversation(self, report_id: str) -> Conversation:
        self._about_to("conversation")
        return self.conversations.get(report_id, Conversation(report_id))

    def save(self, conversation: Conversation, keep_until: datetime) -> Conversation:
        if self.conversation(conversation.report_id).version != conversation.version:
            raise StaleRecord("changed by somebody else")
        saved = replace(conversation, version=conversation.version + 1)
        self.conversations[saved.report_id] = saved
        self.until[(saved.report_id,)] = keep_until
        return saved

    def keep_raw(self, report_id: str, reply_id: str, pieces: Sequence[bytes], keep_until: datetime) -> None:
        self.raw[report_id, reply_id] = tuple(pieces)
        self.until[report_id, reply_id, "raw"] = keep_until

    def drop_raw(self, report_id: str, reply_id: str) -> None:
        self.raw.pop((report_id, reply_id), None)

    def keep_reply(self, report_id: str, reply_id: str, sealed: bytes, keep_until: datetime) -> None:
        self.sealed[report_id, reply_id] = sealed
        self.until[report_id, reply_id] = keep_until

    def drop_reply(self, report_id: str, reply_id: str) -> None:
        self.sealed.pop((report_id, reply_id), None)

    def drop(self, report_id: str) -> None:
        for note in self.conversation(report_id).replies:
            self.drop_raw(report_id, note.id)
            self.drop_reply(report_id, note.id)
        self.conversations.pop(report_id, None)

    def _about_to(self, operation: str) -> None:
        self.calls.append(operation)
        if self.fail is not None:
            raise self.fail

    def lengthen(self, report_id: str, keep_until: datetime) -> None:
        for key in [key for key in self.until if key[0] == report_id]:
            self.until[key] = keep_until

    def begun(self) -> Iterable[tuple[str, datetime]]:
        for report_id, conversation in list(self.conversations.items()):
            at = conversation.begun_at()
            assert at is not None
            yield report_id, at

    def replies(self, report_id: str, reply_ids: Sequence[str]) -> Mapping[str, bytes]:
        self._about_to("replies")
        here = {one: self.sealed.get((report_id, one)) for one in reply_ids}
        return {one: sealed for one, sealed in here.items() if sealed is not None}


@dataclass
class FakeReplyAddressBook:
    """A ReplyAddressBook in a dictionary."""

    addresses: dict[str, ReplyAddress] = field(default_factory=dict)
    until: dict[str, datetime] = field(default_factory=dict)

    def keep(self, token_hash: str, address: ReplyAddress, keep_until: datetime) -> None:
        self.addresses[token_hash] = address
        self.until[token_hash] = keep_until

    def find(self, token_hash: str) -> ReplyAddress | None:
        return self.addresses.get(token_hash)


@dataclass
class FakeMistypedMails:
    """MistypedMails in a list."""

    mails: list[MistypedMail] = field(default_factory=list)

    def add(self, mail: MistypedMail) -> bool:
        of_day = [
            one
            for one in self.mails
            if one.at.date() == mail.at.date() and (one.why == HELD) == (mail.why == HELD)
        ]
        full = len(of_day) >= A_DAY or fills_its_day(mail, of_day)
        if full or mail.id in [one.id for one in of_day]:
            return False
        self.mails.append(mail)
        return True

    def listed(self, now: datetime) -> Sequence[MistypedMail]:
        here = [mail for mail in self.mails if now - mail.at < LISTED_FOR]
        return sorted(here, key=lambda mail: (mail.at, mail.id), reverse=True)


@dataclass
class FakeInboxNotes:
    """InboxNotes in a list; each is kept as a mark after it was mailed."""

    notes: list[InboxNote] = field(default_factory=list)
    mailed: list[InboxNote] = field(default_factory=list)

    def add(self, note: InboxNote, keep_until: datetime) -> bool:
        known = [(one.recipient, one.about, one.day) for one in (*self.notes, *self.mailed)]
        if (note.recipient, note.about, note.day) in known:
            return False
        self.notes.append(note)
        return True

    def waiting(self, most: int) -> Iterable[InboxNote]:
        return list(self.notes[:most])

    def settle(self, note: InboxNote) -> None:
        self.notes.remove(note)
        self.mailed.append(note)


class FakeReplySeal:
    """Seals and opens by writing the key and the name in front, to be compared."""

    def seal(self, content: bytes, public_key: bytes, name: str) -> bytes:
        return b"|".join((public_key.hex().encode(), name.encode(), content))

    def opener(self, key: bytes) -> FakeReplyOpener:
        return FakeReplyOpener(key)


class FakeCodeVault:
    """A CodeVault over a FakeVault: what was sealed to a code's public key opens with it."""

    def __init__(self, vault: FakeVault) -> None:
        self._vault = vault

    def form_secret(self) -> bytes:
        return self._vault.form_secret()

    def keys_of(self, code: str) -> CodeKeys:
        keys = self._vault.keys_of(code)
        return CodeKeys(keys.report_id, keys.public_key, FakeReplyOpener(keys.public_key))


@dataclass
class FakeReplyOpener:
    """Opens what was sealed to `key` under the same name. Raises ReplySealBroken for anything else."""

    key: bytes

    def open(self, sealed: bytes, name: str) -> bytes:
        key, named, content = sealed.split(b"|", 2)
        if key != self.key.hex().encode() or named != name.encode():
            raise ReplySealBroken("sealed to another key, or under another name")
        return content
