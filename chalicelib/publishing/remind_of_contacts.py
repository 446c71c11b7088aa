"""Monthly reminder mail to the operator: the contacts that nobody has checked for 90 days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from chalicelib.publishing.check_documents import StaleContact, stale_contacts
from chalicelib.reporting.ports import Counters
from chalicelib.shared.clock import Clock
from chalicelib.shared.mail import CONTACTS, About, Mail, Mailer

_KEPT = timedelta(days=40)


class RemindOfContacts:
    """Monthly reminder of contacts that are due for a check.

    `contacts` gives the published contacts document; `write` the message about those to check.

    What is remembered is that the mail went out: one that fails is sent again with the next sweep. The list
    at the desk shows the same at any time.
    """

    def __init__(
        self,
        contacts: Callable[[], str],
        write: Callable[[str, list[StaleContact]], bytes],
        store: Counters,
        mailer: Mailer,
        clock: Clock,
        sender: str,
        to: str,
    ) -> None:
        self._contacts = contacts
        self._write = write
        self._store = store
        self._mailer = mailer
        self._clock = clock
        self._sender = sender
        self._to = to

    def __call__(self) -> int:
        """Mail if this month's mail has not gone out, and return how many contacts it lists."""
        now = self._clock.now()
        stale = list(stale_contacts(self._contacts(), now.date()))
        if not stale or not self._to or not self._sender:
            return 0
        month = f"contacts {now:%Y-%m}"
        if self._store.marked(month):
            return 0
        content = self._write(self._to, stale)
        self._mailer.send(
            Mail(
                self._sender,
                self._to,
                recipient="operator",
                turn=0,
                about=About.of(CONTACTS),
                content=content,
            )
        )
        self._store.mark(month, now + _KEPT)
        return len(stale)
