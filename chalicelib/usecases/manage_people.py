"""Invite people, change what they may do, help them when they are locked out, and remove them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chalicelib.domain.errors import EntryMissing, LastPublisher, NotAllowed
from chalicelib.domain.people import PUBLISHER, ROLES, Person, looks_like_address, plain_address
from chalicelib.ports import People

# Read out loud and typed by hand: no 0/O, 1/l/I, u/v.
_LETTERS = "abcdefghjkmnpqrstwxyz23456789"
_GROUPS, _GROUP = 5, 4


class AddressWrong(ValueError):
    """What was typed is no e-mail address."""


class ManagePeople:
    """What a publisher may do with people. `tell` sends a first password; `pick` chooses a letter."""

    def __init__(
        self,
        people: People,
        tell: Callable[[str, str, bool], None],
        pick: Callable[[Sequence[str]], str],
    ) -> None:
        self._people = people
        self._tell = tell
        self._pick = pick

    def everybody(self) -> Sequence[Person]:
        """Return everybody, by address."""
        return self._people.everybody()

    def invite(self, email: str, role: str) -> Person:
        """Add somebody and mail them a first password. Raises AddressWrong or PersonKnown."""
        address = plain_address(email)
        if not looks_like_address(address):
            raise AddressWrong
        password = self._password()
        person = self._people.invite(address, _role(role), password)
        self._tell(address, password, True)
        return person

    def change_role(self, email: str, role: str) -> None:
        """Give somebody another role, at once. Raises LastPublisher or EntryMissing."""
        if _role(role) != PUBLISHER:
            self._somebody_else_publishes(email)
        self._people.set_role(self._known(email).email, role)

    def send_first_password(self, email: str) -> None:
        """Replace a forgotten password: the old one and all sessions end, and a new first one is mailed."""
        address = self._known(email).email
        password = self._password()
        self._people.set_first_password(address, password)
        self._tell(address, password, False)

    def forget_authenticator(self, email: str) -> None:
        """Let somebody who lost their phone set up a new authenticator."""
        self._people.forget_authenticator(self._known(email).email)

    def remove(self, email: str, by: Person) -> None:
        """Remove somebody for good. Raises LastPublisher, EntryMissing, or NotAllowed for oneself."""
        person = self._known(email)
        if person.email == by.email:
            raise NotAllowed("somebody else must remove you")
        self._somebody_else_publishes(email)
        self._people.remove(person.email)

    def _known(self, email: str) -> Person:
        for person in self._people.everybody():
            if person.email == email:
                return person
        raise EntryMissing("nobody with this address")

    def _somebody_else_publishes(self, email: str) -> None:
        if not any(one.role == PUBLISHER and one.email != email for one in self._people.everybody()):
            raise LastPublisher("nobody else publishes")

    def _password(self) -> str:
        groups = ("".join(self._pick(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
        return "-".join(groups)


def _role(role: str) -> str:
    if role not in ROLES:
        raise EntryMissing("no such role")
    return role
