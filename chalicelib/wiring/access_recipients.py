"""Composition root of recipients as the access table has them, for whoever mails or shows where mail goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from chalicelib.directory.adapters.dynamo_recipients import DynamoRecipients
from chalicelib.directory.adapters.shipped_recipients import ShippedRecipients
from chalicelib.directory.recipient_rows import Recipients
from chalicelib.directory.recipients import Recipient, read_recipients
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.clock import Clock


class SettledRecipients:
    """The RecipientBook of the access table, at places as they are published at each moment.

    What the desk publishes names no inbox, and what shipped is nobody who gets mail. Raises RecipientsMissing
    while no recipients were moved into the table.
    """

    def __init__(
        self, rows: DynamoRecipients, directory: Callable[[], ShippedRecipients], clock: Clock
    ) -> None:
        self._rows = rows
        self._directory = directory
        self._clock = clock
        self._seen: Recipients | None = None

    def recipients(self) -> tuple[Recipient, ...]:
        """Return every recipient that is in effect, of places that there are."""
        known = self._directory().places()
        self._seen = self._rows.read()
        entries = self._seen.at(self._clock.now())
        return read_recipients([entry for entry in entries if entry.get("serves") in known], known)

    def chain(self, place: str) -> tuple[str, ...]:
        """Return the slugs of a place and those around it, nearest first; empty when we do not know it."""
        return self._directory().chain(place)

    def addresses(self, recipient: str, at: datetime) -> Sequence[str]:
        """Return the addresses that a recipient had at a time, as the recipients were read last."""
        return (self._seen or self._rows.read()).addresses(recipient, at)

    def rows(self) -> Recipients:
        """Return them as the table has them, with what is about to change."""
        return self._rows.read()


def settled_recipients(
    settings: Settings, directory: Callable[[], ShippedRecipients], clock: Clock
) -> SettledRecipients:
    """Return the recipients of a stage; `directory` gives what is published."""
    rows = DynamoRecipients(partial(client, "dynamodb"), settings.access_table)
    return SettledRecipients(rows, directory, clock)
