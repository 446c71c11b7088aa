"""Upkeep of the distribution list of places: a row for whoever has a role at a place, and for nobody else.

A row is made anew after each change of somebody's roles. The clock of the access function looks over the
whole list, so that what was cut off in between, or done in the pool itself, ends the same within an hour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from chalicelib.desk.people import EDITOR, PUBLISHER, SHUT_OUT, Person
from chalicelib.desk.ports import People, RoleBook
from chalicelib.directory.people_to_tell import PersonToTell

_TRIES = 3  # as many changes of one person's roles at once are made by nobody


class ToldBook(Protocol):
    """Port to the rows. Any call may raise StoreUnavailable."""

    def read(self) -> Sequence[PersonToTell]:
        """Return everybody who is in it."""

    def put(self, person: PersonToTell) -> None:
        """Write a person's row, in the place of the one of before."""

    def drop(self, id_: str) -> None:
        """Remove a person's row; none there is no fault."""


class KeepPeopleToTell:
    """Keeps the rows in line with the roles of people at places."""

    def __init__(self, people: People, roles: RoleBook, told: ToldBook) -> None:
        self._people = people
        self._roles = roles
        self._told = told

    def anew(self, person: Person) -> None:
        """Make somebody's row anew. Of two at once the last one looks again, and has the last word."""
        if not person.id:
            return
        for _ in range(_TRIES):
            row = self._row(person)
            if row is None:
                self._told.drop(person.id)
            else:
                self._told.put(row)
            if self._row(person) == row:
                return

    def all(self) -> None:
        """Look over everybody: who has a role and no row, or a row and no role any more."""
        known = {row.id: row for row in self._told.read()}
        listed = {person.id: person for person in self._people.listed() if person.id}
        held = self._roles.at_all(list(listed))
        for id_, person in listed.items():
            row = _row(person, held.get(id_, {}))
            if known.get(id_) != row:
                self.anew(person)
        for id_ in known.keys() - listed.keys():
            self._told.drop(id_)

    def _row(self, person: Person) -> PersonToTell | None:
        return _row(person, self._roles.at(person.id))


def _row(person: Person, at: Mapping[str, str]) -> PersonToTell | None:
    """Return the row of somebody with these roles; none without any, or for an account that is shut out."""
    if not at or person.state == SHUT_OUT:
        return None
    publishes, edits = (
        frozenset(place for place, held in at.items() if held == role) for role in (PUBLISHER, EDITOR)
    )
    return PersonToTell(person.id, person.email, publishes, edits)
