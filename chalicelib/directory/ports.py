"""Ports of the directory: who gets reports now."""

from __future__ import annotations

from typing import Protocol

from chalicelib.directory.recipients import Recipient


class RecipientBook(Protocol):
    """Port to the recipients as they are published now."""

    def recipients(self) -> tuple[Recipient, ...]:
        """Return every recipient."""

    def chain(self, place: str) -> tuple[str, ...]:
        """Return the slugs of a place and those around it, nearest first; empty when we do not know it."""
