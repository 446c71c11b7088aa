"""Monthly reminder of the contacts that nobody has checked for 90 days: to operator and places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta

from chalicelib.publishing.check_documents import StaleContact, stale_contacts
from chalicelib.reporting.ports import Counters
from chalicelib.shared.clock import Clock
from chalicelib.shared.mail import CONTACTS, About, Mail, Mailer

_KEPT = timedelta(days=40)


class RemindOfContacts:
    """Monthly reminder of contacts that are due for a check.

    `contacts` gives the published contacts document; `write` the message about those to check. `note_places`
    notes how many are due at each place, by its slug, for the people there.

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
        note_places: Callable[[Mapping[str, int]], None] = lambda due: None,
    ) -> None:
        self._note_places = note_places
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
        if not stale or not self._sender:
            return 0
        month, places = f"contacts {now:%Y-%m}", f"contacts of places {now:%Y-%m}"
        told = [self._store.marked(one) for one in (month, places)]
        if not told[0]:
            if self._to:
                content = self._write(self._to, stale)
                about = About.of(CONTACTS)
                self._mailer.send(
                    Mail(self._sender, self._to, recipient="operator", turn=0, about=about, content=content)
                )
            self._store.mark(month, now + _KEPT)  # at once: the operator gets it once, whatever comes next
        if not told[1]:
            self._note_places(Counter(contact.serves for contact in stale if contact.serves))
            self._store.mark(places, now + _KEPT)
        return 0 if all(told) else len(stale)
