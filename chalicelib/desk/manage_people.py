"""Account management: invitations, roles, resets of passwords and second factors, removal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chalicelib.desk.agreements import AUTHENTICATOR_AT, PASSWORD_AT, PUBLISHER_SINCE
from chalicelib.desk.errors import LastPublisher, NotAllowed
from chalicelib.desk.manage_roles import ManageRoles
from chalicelib.desk.people import (
    FIRST_PASSWORD_LIVES,
    PUBLISHER,
    ROLES,
    SHUT_OUT,
    TRIED,
    Person,
)
from chalicelib.desk.ports import People, SignInStore
from chalicelib.desk.standings import Standings
from chalicelib.desk.typed import FIRST_GROUP, FIRST_GROUPS, FIRST_LETTERS
from chalicelib.shared.clock import Clock
from chalicelib.shared.email_addresses import is_address, plain_address
from chalicelib.shared.errors import EntryMissing


class AddressWrong(ValueError):
    """An invalid e-mail address was typed."""


class ManagePeople:
    """Management of accounts by a publisher. `tell` sends a first password; `pick` chooses a letter.

    `books` are the sign-ins of every part of the admin site: what ends for a person ends in all of them.
    What makes somebody able to act as another is dated before it is done, so that a fault in between never
    makes anybody look longer settled than they are.
    """

    def __init__(
        self,
        people: People,
        standings: Standings,
        books: Sequence[SignInStore],
        clock: Clock,
        tell: Callable[[str, str, bool], None],
        pick: Callable[[Sequence[str]], str],
        roles: ManageRoles,
    ) -> None:
        self._roles = roles
        self._people = people
        self._standings = standings
        self._books = books
        self._clock = clock
        self._tell = tell
        self._pick = pick

    def everybody(self) -> Sequence[Person]:
        """Return all accounts, by address."""
        return self._people.everybody()

    def invite(self, email: str, role: str, place: str = "") -> Person:
        """Create an account by invitation, with a role of the site or at a place; mail its first password.

        Raises AddressWrong or PersonKnown.
        """
        address = plain_address(email)
        if not is_address(address):
            raise AddressWrong
        password = self._password()
        person = self._people.invite(address, "" if place else _role(role), password)
        self._standings.hand_out(person, PASSWORD_AT)
        if place:
            self._roles.give(person.email, role, place)
        self._open_anew(address, password)
        self._tell(address, password, True)
        return person

    def change_role(self, email: str, role: str) -> Person:
        """Change the role of the site of an account, at once, and return the account as it was.

        "" takes it from somebody who has roles at places, and leaves those.

        Raises LastPublisher or EntryMissing.
        """
        person = self.known(email)
        if not role and not self._roles.has_any(person):
            raise EntryMissing("nothing would be left")
        if not role or _role(role) != PUBLISHER:
            self._somebody_else_publishes(email)
        elif person.role != PUBLISHER:
            self._standings.record(person, PUBLISHER_SINCE)
        self._people.set_role(person.email, role)
        return person

    def send_first_password(self, email: str) -> Person:
        """Reset a forgotten password: the old one and all sessions end, and a new first one is mailed.

        Try counters are reset, and device cookies are revoked.
        """
        person = self.known(email)
        password = self._password()
        self._standings.hand_out(person, PASSWORD_AT)
        self._people.set_first_password(person.email, password)
        self._open_anew(person.email, password)
        self._tell(person.email, password, False)
        return person

    def forget_authenticator(self, email: str) -> Person:
        """Reset the second factor of somebody who lost their phone, and revoke their device cookies."""
        person = self.known(email)
        self._standings.hand_out(person, AUTHENTICATOR_AT)
        self._people.forget_authenticator(person.email)
        self._forget_browsers_of(person.email)
        return person

    def end_sessions(self, email: str) -> Person:
        """End every session of somebody, at once, and revoke their device cookies. Raises EntryMissing."""
        person = self.known(email)
        self._people.sign_out(person.email)
        self._forget_browsers_of(person.email)
        return person

    def remove(self, email: str, by: Person) -> Person:
        """Delete an account for good. Raises LastPublisher, EntryMissing, or NotAllowed for oneself."""
        person = self.known(email)
        if person.email == by.email:
            raise NotAllowed("somebody else must remove you")
        self._somebody_else_publishes(email)
        self._people.remove(person.email)
        self._roles.forget(person)
        self._forget_browsers_of(person.email)
        for book in self._books:
            book.forget_first_password(person.email)
        return person

    def _forget_browsers_of(self, email: str) -> None:
        for book in self._books:
            book.forget_browsers_of(email, self._clock.now())

    def _open_anew(self, address: str, password: str) -> None:
        self._forget_browsers_of(address)
        until = self._clock.now() + FIRST_PASSWORD_LIVES
        for book in self._books:
            for what in (*TRIED, "password mailed"):
                book.forget_tries(f"{what} {address}")
            book.keep_first_password(address, password, until)

    def known(self, email: str) -> Person:
        """Return the account with exactly this address. Raises EntryMissing."""
        person = self._people.find(email)
        if person.email != email:
            raise EntryMissing("nobody with this address")
        return person

    def _somebody_else_publishes(self, email: str) -> None:
        others = (person for person in self._people.publishers() if person.email != email)
        if all(person.state == SHUT_OUT for person in others):
            raise LastPublisher("nobody else publishes")

    def _password(self) -> str:
        groups = ("".join(self._pick(FIRST_LETTERS) for _ in range(FIRST_GROUP)) for _ in range(FIRST_GROUPS))
        return "-".join(groups)


def _role(role: str) -> str:
    if role not in ROLES:
        raise EntryMissing("no such role")
    return role
