"""Monthly reminder of contacts to check and services to confirm: to operator and places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from chalicelib.publishing.check_documents import StaleContact, stale_contacts
from chalicelib.reporting.ports import Counters
from chalicelib.shared.clock import Clock
from chalicelib.shared.mail import CONTACTS, About, Mail, Mailer

_KEPT = timedelta(days=40)


class RemindOfContacts:
    """Monthly reminder of contacts that are due for a check, with the number of services to confirm.

    `contacts` gives the published contacts document, `services` how many published ones of each place are to
    be confirmed on a day; `write` the message. `note_places` and `note_services` note how many are due at
    each place, by its slug, for the people there.

    What is remembered is that the mail went out: one that fails is sent again with the next sweep. The list
    at the desk shows the same at any time.
    """

    def __init__(
        self,
        contacts: Callable[[], str],
        write: Callable[[str, list[StaleContact], int], bytes],
        store: Counters,
        mailer: Mailer,
        clock: Clock,
        sender: str,
        to: str,
        note_places: Callable[[Mapping[str, int]], None] = lambda due: None,
        services: Callable[[date], Mapping[str, int]] = lambda today: {},
        note_services: Callable[[Mapping[str, int]], None] = lambda due: None,
    ) -> None:
        self._services = services
        self._note_services = note_services
        self._note_places = note_places
        self._contacts = contacts
        self._write = write
        self._store = store
        self._mailer = mailer
        self._clock = clock
        self._sender = sender
        self._to = to

    def __call__(self) -> int:
        """Mail if this month's mail has not gone out, and return how many contacts and services are due."""
        now = self._clock.now()
        stale = list(stale_contacts(self._contacts(), now.date()))
        if not self._sender:
            return 0
        month, places = f"contacts {now:%Y-%m}", f"contacts of places {now:%Y-%m}"
        of_services = f"services of places {now:%Y-%m}"
        told = [self._store.marked(one) for one in (month, places, of_services)]
        if all(told):
            return 0
        due = self._services(now.date())
        if not stale and not due:
            return 0
        if not told[0]:
            if self._to:
                content = self._write(self._to, stale, sum(due.values()))
                about = About.of(CONTACTS)
                self._mailer.send(
                    Mail(self._sender, self._to, recipient="operator", turn=0, about=about, content=content)
                )
            self._store.mark(month, now + _KEPT)  # at once: the operator gets it once, whatever comes next
        if not told[1]:
            self._note_places(Counter(contact.serves for contact in stale if contact.serves))
            self._store.mark(places, now + _KEPT)
        if not told[2]:
            self._note_services(due)
            self._store.mark(of_services, now + _KEPT)
        return len(stale) + sum(due.values())
