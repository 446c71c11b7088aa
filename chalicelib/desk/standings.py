"""Know since when somebody is who they are, before they may agree to anything as the second publisher."""

from __future__ import annotations

from chalicelib.desk.agreements import Standing
from chalicelib.desk.people import Person
from chalicelib.desk.ports import People, StandingBook
from chalicelib.shared.clock import Clock


class Standings:
    """The dates of people, by the pool's id: the pool dates each account, the book what came later."""

    def __init__(self, people: People, book: StandingBook, clock: Clock) -> None:
        self._people = people
        self._book = book
        self._clock = clock

    def of(self, person: Person) -> Standing:
        """Return a person's standing, asked anew. Raises EntryMissing when the pool knows them no longer.

        Somebody else who has the address by now is nobody who can agree.
        """
        found = self._people.find(person.email)
        if not person.id or found.id != person.id:
            return Standing("", found.email, found.role, None)
        return Standing(found.id, found.email, found.role, found.invited_at, **self._book.dates(found.id))

    def note(self, person: Person, what: str) -> None:
        """Write down that something happens to a person now: one of agreements.DATES."""
        self._book.note(person.id or self._people.find(person.email).id, what, self._clock.now())
