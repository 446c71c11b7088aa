"""Ports of the admin site: user pool, access tokens, sessions and try counters, the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.desk.grants import Grant
from chalicelib.desk.people import KnownBrowser, Person, Session, Step
from chalicelib.desk.places_of_roles import PlaceOfRoles


class People(Protocol):
    """The user pool: accounts of those who may sign in, their roles and credentials.

    Any call may raise StoreUnavailable.
    """

    def begin(self, email: str, password: str) -> Step:
        """Check a password. Raises WrongSignIn, alike for an unknown address, or TooManyTries."""

    def set_password(self, step: Step, password: str) -> Step:
        """Replace a first password. Raises PasswordRefused or SignInExpired."""

    def give_code(self, step: Step, code: str) -> Step:
        """Check an authenticator code (TOTP). Raises WrongCode or SignInExpired."""

    def new_authenticator(self, step: Step) -> tuple[str, Step]:
        """Return a new TOTP secret for an authenticator app, and the step to go on with."""

    def confirm_authenticator(self, step: Step, code: str) -> Step:
        """Confirm an authenticator by its first code; from then on codes are asked for. Raises WrongCode."""

    def who(self, token: str) -> Person:
        """Return the person of a valid access token, as the pool knows them now. Raises SessionOver."""

    def sign_out(self, person: str) -> None:
        """End every session of somebody."""

    def sign_out_by(self, token: str) -> None:
        """End every session of whose access token this is; one that is over already is no fault."""

    def publishers(self) -> Sequence[Person]:
        """Return all accounts that are publishers, by address, with role and state alone."""

    def everybody(self) -> Sequence[Person]:
        """Return all accounts, by address."""

    def listed(self) -> Sequence[Person]:
        """Return all accounts, by address, without their authenticators: each would be a question."""

    def has_authenticator(self, email: str) -> bool:
        """Say whether an account has an authenticator: one question, for lists. Raises EntryMissing."""

    def find(self, email: str) -> Person:
        """Return one account, with id and `invited_at`. Raises EntryMissing."""

    def invite(self, email: str, role: str, password: str) -> Person:
        """Create an account by invitation, with a first password that must be changed. Raises PersonKnown.

        Without a role it has none of the site.
        """

    def set_role(self, person: str, role: str) -> None:
        """Set the role of an account, which has no other then; "" leaves it none. Raises EntryMissing."""

    def set_first_password(self, person: str, password: str) -> None:
        """Reset a password to a new first one, and end all sessions. Raises EntryMissing."""

    def forget_authenticator(self, person: str) -> None:
        """Reset the second factor, so that a new one can be set up, and end all sessions.

        Raises EntryMissing.
        """

    def remove(self, person: str) -> None:
        """Delete an account for good, and end all sessions. Raises EntryMissing."""


class GrantBook(Protocol):
    """Port to the grants of people: which role somebody has, and where."""

    def grants(self, person: Person) -> Sequence[Grant]:
        """Return a person's grants; none for somebody without a role."""


class RolesAt(Protocol):
    """Port to the roles that people have at places, as it is read at each request."""

    def at(self, person: str) -> Mapping[str, str]:
        """Return the role of the person with this id at each place where they have one, by its slug.

        Raises StoreUnavailable.
        """


class RoleBook(RolesAt, Protocol):
    """The roles of people at places, and the places that they are given at: the access screens change them.

    A role may be noted that counts from a moment on; of two at one place the higher counts. Any call may
    raise StoreUnavailable.
    """

    def at(self, person: str, *, noted: bool = True) -> Mapping[str, str]:
        """Return somebody's role at each place, as RolesAt does; without what was only noted on demand."""

    def at_all(self, people: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Return the roles of each of these people; those who have none may be left out."""

    def give(self, person: str, place: str, role: str) -> None:
        """Give somebody a role at a place, instead of the one that they had or that was noted there."""

    def take(self, person: str, place: str) -> None:
        """Take somebody's role at a place, also a noted one; none there is no fault."""

    def note(self, person: str, place: str, role: str, since: datetime, id_: str) -> None:
        """Note a role that counts from a moment on, under an id, instead of what was noted there."""

    def drop_note(self, person: str, place: str, id_: str) -> None:
        """Drop what was noted under this id; nothing there, or something else, is no fault."""

    def places(self, *, noted: bool = False) -> Mapping[str, PlaceOfRoles]:
        """Return the places that were written down for roles, by slug, as they are at this moment.

        With `noted`, as they will be once every move that is noted counts.
        """

    def note_move(self, slug: str, parent: str, since: datetime, id_: str) -> None:
        """Note what a place that is there lies in from a moment on, instead of what was noted of it."""

    def drop_move(self, slug: str, id_: str) -> None:
        """Drop the move that was noted under this id; nothing there, or another, is no fault."""

    def put_place(self, place: PlaceOfRoles) -> None:
        """Write a place down, in the place of what was known of it."""


class TokenReader(Protocol):
    """Verifies the pool's access tokens (JWT): signed by the pool, for this site."""

    def read(self, token: str, now: datetime) -> tuple[str, datetime]:
        """Return (address, end) of a valid access token. Raises SessionOver."""


class SignInStore(Protocol):
    """Sign-in steps, sessions, device cookies and try counters. Any call may raise StoreUnavailable.

    Keys are made from secrets of the browser (a cookie, a token) and are kept only as digests: what is stored
    opens nothing.
    """

    def keep_step(self, sign_in_key: str, step: Step, until: datetime) -> None:
        """Store the step that a sign-in has come to, until it expires."""

    def step(self, sign_in_key: str, now: datetime) -> Step | None:
        """Return the step of a sign-in, or None when it is not known or has expired."""

    def forget_step(self, sign_in_key: str) -> None:
        """Delete the step of a sign-in that is finished or given up."""

    def keep_session(self, token: str, session: Session) -> None:
        """Store the session of a token whose holder came in by our own sign-in."""

    def session(self, token: str, now: datetime) -> Session | None:
        """Return the session of a token, or None when it has expired, was ended or never was."""

    def end_session(self, token: str) -> None:
        """Delete the session of a token."""

    def count_try(self, what: str, now: datetime, window: timedelta, most: int = 0) -> int:
        """Count one try for a rate limit; return how many there were within the window, this one included.

        The window begins with its first try; each of the first `most` draws it out anew.
        """

    def forget_tries(self, what: str) -> None:
        """Reset a try counter."""

    def keep_browser(self, browser: str, known: KnownBrowser) -> None:
        """Store a device cookie: somebody has signed in with this browser."""

    def browser(self, browser: str, now: datetime) -> KnownBrowser | None:
        """Return whose device cookie this is, or None when nobody's, or when it has ended since."""

    def forget_browser(self, browser: str) -> None:
        """Revoke a device cookie."""

    def forget_browsers_of(self, email: str, now: datetime) -> None:
        """Revoke all device cookies of somebody."""

    def keep_first_password(self, email: str, password: str, until: datetime) -> None:
        """Store the digest of a first password that was mailed."""

    def is_first_password(self, email: str, password: str, now: datetime) -> bool:
        """Say whether this is the password that was mailed to this address last."""

    def forget_first_password(self, email: str) -> None:
        """Delete the digest of the first password that was mailed to this address."""


class StandingBook(Protocol):
    """Dates of changes of accounts, which standings rest on (desk/agreements).

    Any call may raise StoreUnavailable.
    """

    def record(self, person: str, what: str, at: datetime) -> None:
        """Record a date, one of agreements.DATES, for the person with this id."""

    def dates(self, person: str) -> Mapping[str, datetime]:
        """Return the dates recorded for a person."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log: who did what to which thing, from which value to which, when, and why.

    `outcome` is one of audit.OUTCOMES, and empty in lines from before there were any. A deed has a line when
    it is begun and one when it is known what came of it; `deed` is the same in both. `told`, the name it
    is stored and downloaded under, is what stood in the way. Who is not signed in has no role.
    """

    at: datetime
    who: str
    role: str
    did: str
    about: str = ""
    why: str = ""
    before: str = ""
    after: str = ""
    outcome: str = ""
    told: str = ""
    deed: str = ""


class AuditLog(Protocol):
    """The audit log of what was done at the desk: append-only. Any call may raise StoreUnavailable."""

    def add(self, entry: AuditEntry) -> None:
        """Append one line, which is kept for a year."""

    def entries(self, month: str) -> Sequence[AuditEntry]:
        """Return all lines of a month like "2026-11", newest first."""

    def lines(
        self, month: str, position: str = "", newest_first: bool = True
    ) -> Iterator[tuple[str, AuditEntry]]:
        """Return the lines of a month beyond a position, each with its own, read as they are asked for.

        Positions sort like the moments of their lines, and say nothing else. Without one, from the start.
        """


class Counts(Protocol):
    """The try counter of a SignInStore, alone."""

    def count_try(self, what: str, now: datetime, window: timedelta, most: int = 0) -> int:
        """Count one try for a rate limit, as a SignInStore does."""
