"""Faults that are planted on purpose where replies are taken: see planted.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.replies.ports import InboundMail, InboundStore, ReplyAddress, ReplyAddressBook
from tools.chaos.planted import PLANTS, Plant


class MailDeletedFirst(Plant):
    """Who takes a reply deletes its mail before it has done anything with it."""

    def inbound(self, store: InboundStore) -> InboundStore:
        """Return a bucket that forgets what it hands out."""

        class Forgetful:
            def read(self, key: str) -> InboundMail | None:
                mail = store.read(key)
                store.delete(key)
                return mail

            def delete(self, key: str) -> None:
                store.delete(key)

        return Forgetful()


class OtherWriter(Plant):
    """Each second reply is put to the case that the one before it was about."""

    def addresses(self, book: ReplyAddressBook) -> ReplyAddressBook:
        """Return addresses that lag one behind."""
        before: list[ReplyAddress] = []

        class Lagging:
            def keep(self, token_hash: str, address: ReplyAddress, keep_until: datetime) -> None:
                book.keep(token_hash, address, keep_until)

            def find(self, token_hash: str) -> ReplyAddress | None:
                found = book.find(token_hash)
                if found is None:
                    return None
                before.append(found)
                return replace(found, report_id=before[-1 if len(before) % 2 else -2].report_id)

        return Lagging()


class WithoutFences(Plant):
    """The marks around what is ours are taken out of each mail before it is read."""

    def inbound(self, store: InboundStore) -> InboundStore:
        """Return a bucket whose mails have other marks."""

        class Unmarked:
            def read(self, key: str) -> InboundMail | None:
                mail = store.read(key)
                return mail and InboundMail(mail.key, mail.recipients, _unmarked(mail.raw), mail.truncated)

            def delete(self, key: str) -> None:
                store.delete(key)

        return Unmarked()


def _unmarked(raw: bytes) -> bytes:
    return raw.replace(b"#####", b"-").replace(b"=3D=3D=3D=3D=3D", b"-")


ALL_PLANTS: Mapping[str, Callable[[], Plant]] = {
    **PLANTS,
    "mail-deleted-first": MailDeletedFirst,
    "other-writer": OtherWriter,
    "without-fences": WithoutFences,
}
