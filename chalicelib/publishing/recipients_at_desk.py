"""Recipients as the desk shows them, read-only: they are decided on the access screens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from chalicelib.delivery.ports import KeyInfo
from chalicelib.directory.recipients import Recipient
from chalicelib.publishing.recipient_states import ChangeState, RecipientEntry


class RecipientsShown(Protocol):
    """Who gets reports, and what waits: what screens show that change nothing."""

    def list(self) -> Sequence[RecipientEntry]:
        """Return who gets reports now."""

    def state(self) -> ChangeState | None:
        """Return the change that waits, where that is known."""


class RecipientsAtDesk:
    """The RecipientsShown of the desk, which decides nothing: `recipients` gives who gets reports now."""

    def __init__(
        self, recipients: Callable[[], Sequence[Recipient]], describe_key: Callable[[str], KeyInfo]
    ) -> None:
        self._recipients = recipients
        self._describe_key = describe_key

    def list(self) -> Sequence[RecipientEntry]:
        """Return who gets reports now, with what is known about their keys."""
        return [
            RecipientEntry(one, self._describe_key(one.key) if one.key else None)
            for one in self._recipients()
        ]

    def state(self) -> ChangeState | None:
        """Return None: what waits is on the access screens."""
        return None
