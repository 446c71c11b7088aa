"""Account standings, for the separation of duties: since when somebody is who they are.

They are asked for before anybody may agree to anything as the second publisher.
"""

from __future__ import annotations

from typing import Protocol

from chalicelib.desk.agreements import AUTHENTICATOR_AT, NOT_USED_YET, PASSWORD_AT, Standing
from chalicelib.desk.people import Person
from chalicelib.desk.ports import People, StandingBook
from chalicelib.shared.clock import Clock


class CredentialDates(Protocol):
    """What a sign-in writes down about the credentials that it sees."""

    def record(self, person: Person, what: str) -> None:
        """Record that a person made a new credential, which is now: PASSWORD_AT or AUTHENTICATOR_AT."""

    def used(self, email: str) -> None:
        """Record that somebody has used whatever was handed out to them, if they had not before.

        Raises EntryMissing.
        """


class NoDates:
    """The CredentialDates of the desk: none, since its function may not write what agreements rest on."""

    def record(self, person: Person, what: str) -> None:
        """Record nothing: the access function dates a new credential where it first sees it used."""

    def used(self, email: str) -> None:
        """Record nothing."""


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
        self._book.record(self._id(person), what, self._clock.now())

    def hand_out(self, person: Person, what: str) -> None:
        """Record that somebody was given a new credential: nobody is settled before having used it here."""
        self._book.record(self._id(person), what, NOT_USED_YET)

    def used(self, email: str) -> None:
        """Date what was handed out to somebody, once they have signed in whole; the seven days begin."""
        known = self._people.find(email).id
        dates = self._book.dates(known)
        for what in (PASSWORD_AT, AUTHENTICATOR_AT):
            if dates.get(what) == NOT_USED_YET:
                self._book.record(known, what, self._clock.now())

    def _id(self, person: Person) -> str:
        return person.id or self._people.find(person.email).id
