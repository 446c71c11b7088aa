"""Ports of replies: the shelf of sealed replies, addresses, the inbound store, notes to an office's inbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.replies.conversation import Conversation
from chalicelib.reporting.cases import SealedReport


@dataclass(frozen=True, slots=True)
class ReplyAddress:
    """What a reply address leads to: one office's copy of a report, or a digest (`batch`) of many.

    The item outlives the report by 90 days, so that a late reply can be told from a guess.
    """

    recipient: str
    report_id: str = ""
    batch: str = ""


class ReplyAddressBook(Protocol):
    """Reply addresses by the hash of their token: the table holds none that could be used."""

    def keep(self, token_hash: str, address: ReplyAddress, keep_until: datetime) -> None:
        """Store what a token leads to; the same again only lengthens its time. Raises StoreUnavailable."""

    def find(self, token_hash: str) -> ReplyAddress | None:
        """Return what a token leads to, or None for a guess. Raises StoreUnavailable."""


class ReplySealer(Protocol):
    """Encrypts (HPKE) to a reporter's public key; whoever seals cannot open."""

    def seal(self, content: bytes, public_key: bytes, name: str) -> bytes:
        """Encrypt to this X25519 key, padded, bound to `name` ("<report id>/<reply id>")."""


class ReplyOpener(Protocol):
    """Decrypts with the private key of a receipt code, which is derived for one request and kept nowhere."""

    def open(self, sealed: bytes, name: str) -> bytes:
        """Return the content. Raises ReplySealBroken: it was sealed to another key, or under another name."""


@dataclass(frozen=True, slots=True)
class CodeKeys:
    """Keys that a receipt code leads to, for one request: the last of them opens what was sealed to it."""

    report_id: str
    public_key: bytes = field(repr=False)
    opener: ReplyOpener = field(repr=False)


class CodeVault(Protocol):
    """The site's secrets around the code page. Each may raise SecretMissing or StoreUnavailable."""

    def form_secret(self) -> bytes:
        """Return the secret that signs form tokens."""

    def keys_of(self, code: str) -> CodeKeys:
        """Derive a code's keys with argon2id, slowly on purpose."""


class ReplyShelf(Protocol):
    """Sealed replies and the conversations they belong to. Any call may raise StoreUnavailable.

    Keys in the reports table: `replies#<report>` (the conversation), `reply#<report>#<reply>` (sealed words),
    `rawreply#<report>#<reply>#<n>` (the sealed raw mail, in pieces). Each has `expires_at`.
    """

    def conversation(self, report_id: str) -> Conversation:
        """Return a report's conversation; an empty one when there is none. Read consistently."""

    def save(self, conversation: Conversation, keep_until: datetime) -> Conversation:
        """Write a conversation (optimistic lock); return it with its new version. Raises StaleRecord."""

    def keep_raw(self, report_id: str, reply_id: str, pieces: Sequence[bytes], keep_until: datetime) -> None:
        """Store the sealed raw mail; the same again replaces it."""

    def drop_raw(self, report_id: str, reply_id: str) -> None:
        """Delete the sealed raw mail, if it is there."""

    def keep_reply(self, report_id: str, reply_id: str, sealed: bytes, keep_until: datetime) -> None:
        """Store the sealed reply; the same again replaces it."""

    def drop_reply(self, report_id: str, reply_id: str) -> None:
        """Delete the sealed reply, if it is there."""

    def drop(self, report_id: str) -> None:
        """Delete a conversation with all that belongs to it; a second call deletes what a first one left."""

    def lengthen(self, report_id: str, keep_until: datetime) -> None:
        """Put off the end of a conversation and of all that belongs to it; what is gone stays gone."""

    def replies(self, report_id: str, reply_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Return the sealed replies of these ids; what is not there is left out."""


class ConversedReports(Protocol):
    """Reports as who takes replies may know them: deliveries and the public key, never the words."""

    def look_up(self, report_id: str, now: datetime) -> SealedReport | None:
        """Return a report without its words, or None when there is none or its time is over."""

    def reporter_key(self, report_id: str) -> bytes | None:
        """Return the public key to which its replies are sealed."""

    def change(self, report: SealedReport) -> None:
        """Write how the deliveries go, and nothing else (optimistic lock). Raises StaleRecord."""


@dataclass(frozen=True, slots=True)
class InboundMail:
    """One mail as the mail service stored it: the first bytes of its raw source, and to whom it was sent.

    `recipients` are the envelope's. `truncated` says that the source went on.
    """

    key: str
    recipients: tuple[str, ...]
    raw: bytes = field(repr=False)
    truncated: bool = False


class InboundStore(Protocol):
    """The bucket of inbound mail. Any call may raise StoreUnavailable."""

    def read(self, key: str) -> InboundMail | None:
        """Return one mail, its first 2 MB; None when it is gone: an earlier try took it."""

    def delete(self, key: str) -> None:
        """Delete one mail, if it is there."""


# Notes to an office's configured inbox, which `deliver` mails. None quotes anything.
NOT_SHOWN = "not_shown"  # a reply could not be shown, because of its kind
LATE = "late"  # it came after the report was deleted
ANSWER_ONE = "answer_one"  # it answered a digest
FILES = "files"  # it had files alone, or files beside the text
WEEKLY = "weekly"  # the open cases of a week
INBOX_NOTES = (NOT_SHOWN, LATE, ANSWER_ONE, FILES, WEEKLY)


@dataclass(frozen=True, slots=True)
class InboxNote:
    """Something that an office's inbox is to be told, at most once a day for each case and office.

    `about` are case numbers, `why` the kind of mail (conversation.KINDS) where that is the reason.
    """

    recipient: str
    kind: str
    about: tuple[str, ...]
    day: str  # like "2026-11-29"
    why: str = ""


class InboxNotes(Protocol):
    """Notes that wait to be mailed to inboxes. Any call may raise StoreUnavailable."""

    def add(self, note: InboxNote, keep_until: datetime) -> bool:
        """Store a note; False when the same office was told of the same case on that day already."""

    def waiting(self, most: int) -> Iterable[InboxNote]:
        """Return notes that wait, oldest first."""

    def settle(self, note: InboxNote) -> None:
        """Record that a note was mailed: it stays as a mark until its day is over."""
