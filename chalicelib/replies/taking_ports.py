"""Ports that taking inbound mail needs beside those of replies."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from chalicelib.reporting.ports import SentMail


class MailsSent(Protocol):
    """What our own mails were about. Any call may raise StoreUnavailable."""

    def mail(self, message_id: str) -> SentMail | None:
        """Return what a mail was about, by the mail service's id, or None when it is unknown."""

    def batch(self, batch: str) -> tuple[str, ...]:
        """Return the ids of the reports in a digest mail, empty when it is unknown."""


class Marks(Protocol):
    """Marks with a TTL beside the reports. Any call may raise StoreUnavailable."""

    def mark(self, name: str, keep_until: datetime) -> bool:
        """Set a mark, and say whether this call set it."""

    def marked(self, name: str) -> bool:
        """Say whether a mark is set."""


class MistypedShelf(Protocol):
    """Sealed mail that found no case, by its row's id. Any call may raise StoreUnavailable."""

    def keep(self, mail_id: str, sealed: bytes, keep_until: datetime) -> None:
        """Store one; the same again replaces it."""

    def drop(self, mail_id: str) -> None:
        """Delete one, if it is there."""
