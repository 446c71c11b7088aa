"""Roles at places (authorization): who has which where, who may see and change it, and what is changed.

A publisher of a place gives and takes the roles of that place and of all that lies in it, and changes the
accounts of those who have no role anywhere else. Roles of the whole site are the site's publishers' alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.desk.agreements import PUBLISHER_SINCE
from chalicelib.desk.delayed_changes import DelayedChange
from chalicelib.desk.errors import NotAllowed
from chalicelib.desk.grants import DECIDE, SITE, Around, GrantsOfPeople, may, may_all
from chalicelib.desk.people import PUBLISHER, ROLES, Person
from chalicelib.desk.places_of_roles import PlaceOfRoles, PlacesOfRoles
from chalicelib.desk.ports import People, RoleBook
from chalicelib.desk.route_rights import NoAbouts
from chalicelib.desk.standings import Standings
from chalicelib.directory.places import RESERVED, is_slug
from chalicelib.shared.errors import EntryMissing

PLACE = "place"  # of one that says what a place lies in: `before` and `after` are slugs, "" for nothing
ROLE = "role"  # the kind of a delayed change: `before` is the id of the account, `after` the role


def is_role_at_place(change: DelayedChange) -> bool:
    """Say whether a delayed change gives a role at a place to an account that is there."""
    return change.kind == ROLE and bool(change.place and change.before)


def place_of_move(change: DelayedChange) -> str:
    """Return the slug of the place that a change moves."""
    return change.subject.removeprefix(f"{PLACE}#")


class PlaceWrong(ValueError):
    """A place cannot be written down so; the text is the field that is wrong."""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account as somebody sees it: the roles at places of theirs, and whether they may change it whole.

    `roles` holds (place, role). `elsewhere` says that there are roles which they do not see.
    """

    person: Person
    roles: Sequence[tuple[str, str]]
    whole: bool
    elsewhere: bool


class ManageRoles(NoAbouts):
    """The roles at places, and the Abouts of the access screens. `shipped` are places that are known.

    `changed` hears of whose roles at places are others now.
    """

    def __init__(
        self,
        people: People,
        book: RoleBook,
        standings: Standings,
        shipped: Mapping[str, PlaceOfRoles],
        changed: Callable[[Person], None] = lambda person: None,
    ) -> None:
        self._changed = changed
        self._people = people
        self._book = book
        self._standings = standings
        self._shipped = shipped
        self._grants = GrantsOfPeople()

    def places(self) -> PlacesOfRoles:
        """Return the places that roles can be given at, as they are now."""
        return PlacesOfRoles(self._shipped, self._book.places())

    def looked_after(self, by: Person, places: PlacesOfRoles) -> list[str]:
        """Return the slugs of the places at which somebody gives roles, by name."""
        grants = self._grants.grants(by)
        return [place.slug for place in places if may(grants, DECIDE, place.slug, places.around)]

    def lines(self, by: Person, places: PlacesOfRoles) -> Sequence[AccountLine]:
        """Return the accounts that somebody sees, by address: of a foreign place nobody's.

        Whether they have an authenticator is not asked: see `whole`.
        """
        grants = self._grants.grants(by)
        everybody = self._people.listed()
        held = self._book.at_all([person.id for person in everybody if person.id])
        of_site = may(grants, DECIDE, SITE, places.around)
        lines = []
        for person in everybody:
            at = held.get(person.id, {})
            seen = [
                (place, role)
                for place, role in sorted(at.items())
                if may(grants, DECIDE, place, places.around)
            ]
            whole = of_site or (not person.role and may_all(grants, DECIDE, at, places.around))
            if of_site or seen:
                elsewhere = bool(person.role and not of_site) or len(seen) < len(at)
                lines.append(AccountLine(person, seen, whole, elsewhere))
        return lines

    def whole(self, lines: Sequence[AccountLine]) -> Sequence[AccountLine]:
        """Return these with their authenticators, which a list lacks; as listed who is gone meanwhile."""
        return [replace(line, person=self._with_authenticator(line.person)) for line in lines]

    def _with_authenticator(self, person: Person) -> Person:
        try:
            return replace(person, second_factor=self._people.has_authenticator(person.email))
        except EntryMissing:
            return person

    def publishers(self) -> Sequence[Person]:
        """Return who publishes anywhere, by address, with the roles at places."""
        everybody = self._people.listed()
        held = self._book.at_all([person.id for person in everybody if person.id])
        people = (
            replace(
                person, at=tuple((role, place) for place, role in sorted(held.get(person.id, {}).items()))
            )
            for person in everybody
        )
        return [person for person in people if person.may(PUBLISHER)]

    def role_at(self, person: Person, place: str) -> str:
        """Return the role that an account was given at a place itself, or nothing: not what is noted."""
        return self._book.at(person.id, noted=False).get(place, "") if person.id else ""

    def note(self, change: DelayedChange) -> None:
        """Note a role or a move that waits for its day: whoever reads them then reckons with it."""
        if is_role_at_place(change):
            self._book.note(change.before, change.place, change.after, change.settles_at, change.id)
        if change.kind == PLACE:
            self._book.note_move(place_of_move(change), change.after, change.settles_at, change.id)

    def drop_note(self, change: DelayedChange) -> None:
        """Drop the note of a role or a move that waits, before it is stopped or replaced."""
        if is_role_at_place(change):
            self._book.drop_note(change.before, change.place, change.id)
        if change.kind == PLACE:
            self._book.drop_move(place_of_move(change), change.id)

    def give(self, email: str, role: str, place: str) -> tuple[Person, str]:
        """Give an account that is there a role at a place; return whose it is, and the role of before.

        Whoever becomes a publisher is dated before, as with a role of the site. Raises EntryMissing.
        """
        if role not in ROLES or place not in self.places():
            raise EntryMissing("no such role or place")
        person = self._people.find(email)
        if not person.id:
            raise EntryMissing("nobody with this address")
        before = self.role_at(person, place)
        if role == PUBLISHER and PUBLISHER not in (person.role, before):
            self._standings.record(person, PUBLISHER_SINCE)
        self._book.give(person.id, place, role)
        self._changed(person)
        return person, before

    def take(self, email: str, place: str, by: Person) -> tuple[Person, str]:
        """Take somebody's role at a place; return whose, and which. Raises EntryMissing, or NotAllowed."""
        person = self._people.find(email)
        before = self._book.at(person.id).get(place, "")
        if not before:
            raise EntryMissing("no role there")
        if person.email == by.email and by.role != PUBLISHER:
            raise NotAllowed("somebody else must take your own role")
        self._book.take(person.id, place)
        self._changed(person)
        return person, before

    def has_any(self, person: Person) -> bool:
        """Say whether an account has a role at any place."""
        return bool(person.id and self._book.at(person.id))

    def forget(self, person: Person) -> None:
        """Take all roles at places of an account that is gone."""
        for place in self._book.at(person.id) if person.id else ():
            self._book.take(person.id, place)
        self._changed(person)

    def checked(self, slug: str, name: str, parent: str) -> PlaceOfRoles:
        """Return a place as it was typed, and what it lies in. Raises PlaceWrong.

        It may lie in nothing that lies in itself, now or once all that is noted counts.
        """
        to_be = PlacesOfRoles(self._shipped, self._book.places(noted=True))
        places, name = self.places(), " ".join(name.split())
        if not name or len(name) > 100:
            raise PlaceWrong("name")
        if not is_slug(slug) or slug in RESERVED or len(slug) > 100:
            raise PlaceWrong("p")
        if parent not in places or slug in (*places.around(parent), *to_be.around(parent)):
            raise PlaceWrong("around")
        return PlaceOfRoles(slug, name, parent)

    def put(self, place: PlaceOfRoles) -> None:
        """Write a place down at once; a noted move of it stays."""
        self._book.put_place(place)

    # What requests are about

    def around(self) -> Around:
        """Return what gives the places around each."""
        return self.places().around

    def place_named(self, typed: str) -> str:
        """Return the place that was typed or chosen, or "" for one that nobody knows."""
        return self.places().named(typed)

    def places_of_account(self, email: str) -> Sequence[str]:
        """Return where an account has a role, SITE for one of the site; none for an unknown one."""
        try:
            person = self._people.find(email)
        except EntryMissing:
            return ()
        return (*([SITE] if person.role else []), *(self._book.at(person.id) if person.id else ()))
