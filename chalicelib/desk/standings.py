"""Account standings, for the separation of duties: since when somebody is who they are.

They are asked for before anybody may agree to anything as the second publisher.
"""

from __future__ import annotations

from chalicelib.desk.agreements import Standing
from chalicelib.desk.people import Person
from chalicelib.desk.ports import People, StandingBook
from chalicelib.shared.clock import Clock


class Standings:
    """Standings of accounts, by the pool's id: the pool dates each account, the book what came later."""

    def __init__(self, people: People, book: StandingBook, clock: Clock) -> None:
        self._people = people
        self._book = book
        self._clock = clock

    def of(self, person: Person) -> Standing:
        """Return a person's standing, asked anew. Raises EntryMissing when the pool knows them no longer.

        Somebody else who has the address by now is nobody who can agree.
        """
        current = self._people.find(person.email)
        if not person.id or current.id != person.id:
            return Standing("", current.email, current.role, None)
        return Standing(
            current.id, current.email, current.role, current.invited_at, **self._book.dates(current.id)
        )

    def record(self, person: Person, what: str) -> None:
        """Record the date of a change of an account, which is now: one of agreements.DATES."""
        self._book.record(person.id or self._people.find(person.email).id, what, self._clock.now())
