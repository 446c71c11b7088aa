"""Accounts of the admin site and their roles (authorization), sign-in steps, sessions, device cookies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

EDITOR = "editor"  # writes drafts, looks at everything
PUBLISHER = "publisher"  # besides: publishes, rolls back, and decides about recipients and people
ROLES = (EDITOR, PUBLISHER)

INVITED = "invited"  # has a first password and has not used it yet
ACTIVE = "active"
SHUT_OUT = "shut out"  # switched off in the pool by an operator

MOST_TRIES = 5
TRIED = ("password", "code")  # counted apart
# Counted from the last try that was let through. Cognito has a lock of its own that no known browser passes:
# it doubles with each wrong password, and ends after a quarter of an hour in which nobody tried one.
TRIES_COUNT_FOR = timedelta(minutes=15, seconds=30)
MOST_MAILED_LOCKS = 4  # a day and address: the log has each one
AUTHENTICATOR_DIGITS = 6
MOST_IN_ONE_BROWSER = 4  # people who share one
BROWSER_KNOWN_FOR = timedelta(days=180)
FIRST_PASSWORD_LIVES = timedelta(days=7)
SESSION = timedelta(hours=1)
UNUSED_ACCESS_SESSION = timedelta(minutes=10)  # an access session ends when nothing was clicked for so long
SIGN_IN_TAKES = timedelta(minutes=10)
SHORTEST_PASSWORD = 14


@dataclass(frozen=True, slots=True)
class Person:
    """An account of somebody who may sign in, known by an e-mail address.

    `role` is the role of the whole site, empty for somebody without one; `at` are roles at places, each as
    (role, place). Only who is signed in comes with those.

    `id` is the pool's own and is never given twice: an address can be. `invited_at` is when the pool made the
    account, or None where that was not asked.
    """

    email: str
    role: str
    state: str = ACTIVE
    second_factor: bool = False
    id: str = ""
    invited_at: datetime | None = None
    at: tuple[tuple[str, str], ...] = ()

    @property
    def highest_role(self) -> str:
        """Return the highest role that this person has anywhere, or nothing."""
        return highest({self.role, *(role for role, _ in self.at)})

    def may(self, role: str) -> bool:
        """Return whether this person has `role` anywhere. For which place it is asked is another question."""
        return allows(self.highest_role, role)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a sign-in: how far it has come.

    `kind` says what is asked next: NEW_PASSWORD, CODE, SET_UP, or nothing more (SIGNED_IN). `handle` is the
    pool's own thread through the steps, and its access token at the end. `second_factor` says whether an
    authenticator's code was part of it.
    """

    kind: str
    email: str
    handle: str = field(repr=False)
    second_factor: bool = False


NEW_PASSWORD = "new_password"  # noqa: S105 (the name of a step)
CODE = "code"
SET_UP = "set_up"
SIGNED_IN = "signed_in"


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person's session, as we remember it: no more than whose, and until when."""

    email: str
    until: datetime


@dataclass(frozen=True, slots=True)
class KnownBrowser:
    """A device cookie, of a browser in which somebody has signed in whole: whose, and since when."""

    email: str
    since: datetime


def allows(role: str, needed: str) -> bool:
    """Return whether `role` covers the role `needed`: a publisher may do all that an editor may."""
    return role in ROLES and needed in ROLES and ROLES.index(role) >= ROLES.index(needed)


def highest(groups: Collection[str]) -> str:
    """Return the highest role among a person's groups, or nothing."""
    return next((role for role in reversed(ROLES) if role in groups), "")
