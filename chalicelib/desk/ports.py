"""Ports of the desk: the pool of people, sessions and try counters, and the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.desk.people import KnownBrowser, Person, Session, Step


class People(Protocol):
    """The pool of those who may sign in. Any call may raise StoreUnavailable."""

    def begin(self, email: str, password: str) -> Step:
        """Try a password. Raises WrongSignIn, alike for an unknown address, or TooManyTries."""

    def set_password(self, step: Step, password: str) -> Step:
        """Replace a first password. Raises PasswordRefused or SignInExpired."""

    def give_code(self, step: Step, code: str) -> Step:
        """Answer with the authenticator's code. Raises WrongCode or SignInExpired."""

    def new_authenticator(self, step: Step) -> tuple[str, Step]:
        """Return a new secret for an authenticator app, and the step to go on with."""

    def confirm_authenticator(self, step: Step, code: str) -> Step:
        """Prove that the app shows the right codes; from then on they are asked for. Raises WrongCode."""

    def who(self, token: str) -> Person:
        """Return whose valid token this is, as the pool knows them now. Raises SessionOver."""

    def sign_out(self, person: str) -> None:
        """End every session of somebody."""

    def everybody(self) -> Sequence[Person]:
        """Return everybody, by address."""

    def find(self, email: str) -> Person:
        """Return one person, with id and `invited_at`. Raises EntryMissing."""

    def invite(self, email: str, role: str, password: str) -> Person:
        """Add somebody with a first password that must be changed. Raises PersonKnown."""

    def set_role(self, person: str, role: str) -> None:
        """Give somebody this role and no other. Raises EntryMissing."""

    def set_first_password(self, person: str, password: str) -> None:
        """Give a new first password, and end all sessions. Raises EntryMissing."""

    def forget_authenticator(self, person: str) -> None:
        """Let somebody set up a new authenticator, and end all sessions. Raises EntryMissing."""

    def remove(self, person: str) -> None:
        """Remove somebody for good, and end all sessions. Raises EntryMissing."""


class TokenReader(Protocol):
    """Reads the pool's tokens, and trusts nothing about one that is not signed by the pool for this site."""

    def read(self, token: str, now: datetime) -> tuple[str, datetime]:
        """Return (address, end) of a valid access token. Raises SessionOver."""


class SignInStore(Protocol):
    """Who is on the way in, who is in, and who tried too often. Any call may raise StoreUnavailable.

    Keys are made from secrets of the browser (a cookie, a token) and are kept only as digests.
    """

    def keep_step(self, door: str, step: Step, until: datetime) -> None:
        """Remember how far a sign-in has come."""

    def step(self, door: str, now: datetime) -> Step | None:
        """Return how far it has come, or None when it is not known or took too long."""

    def forget_step(self, door: str) -> None:
        """Forget it: it is finished or given up."""

    def keep_session(self, token: str, session: Session) -> None:
        """Remember that this token's holder came in by our own door."""

    def session(self, token: str, now: datetime) -> Session | None:
        """Return the session, or None when it has ended or never was."""

    def end_session(self, token: str) -> None:
        """End it."""

    def count_try(self, what: str, now: datetime, window: timedelta, most: int = 0) -> int:
        """Count one try, and return how many there were within the window, this one included.

        The window begins with its first try; each of the first `most` draws it out anew.
        """

    def forget_tries(self, what: str) -> None:
        """Begin to count anew."""

    def keep_browser(self, browser: str, known: KnownBrowser) -> None:
        """Remember that somebody has signed in with this browser."""

    def browser(self, browser: str, now: datetime) -> KnownBrowser | None:
        """Return whose browser it is, or None when nobody's, or when that has ended since."""

    def forget_browser(self, browser: str) -> None:
        """Know it no longer."""

    def forget_browsers_of(self, email: str, now: datetime) -> None:
        """Know none of somebody's browsers any longer."""

    def keep_first_password(self, email: str, password: str, until: datetime) -> None:
        """Remember that this password was mailed: only a digest is kept."""

    def is_first_password(self, email: str, password: str, now: datetime) -> bool:
        """Say whether this is the password that was mailed to this address last."""

    def forget_first_password(self, email: str) -> None:
        """Remember none that was mailed to this address."""


class StandingBook(Protocol):
    """Since when people are who they are (desk/agreements). Any call may raise StoreUnavailable."""

    def note(self, person: str, what: str, at: datetime) -> None:
        """Write a date down: one of agreements.DATES, for the person with this id."""

    def dates(self, person: str) -> Mapping[str, datetime]:
        """Return what is written down about a person."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log: who did what to which thing, from which value to which, when, and why.

    `outcome` is one of audit.OUTCOMES, and empty in lines from before there were any. A deed has a line when
    it is begun and one when it is known what came of it; `deed` is the same in both. `told` is what stood in
    the way. Who is not signed in has no role.
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
    """What was done at the desk. It only grows. Any call may raise StoreUnavailable."""

    def add(self, entry: AuditEntry) -> None:
        """Write one line, for a year."""

    def entries(self, month: str) -> Sequence[AuditEntry]:
        """Return all lines of a month like "2026-11", newest first."""


class Counts(Protocol):
    """What a SignInStore does with tries: it counts them."""

    def count_try(self, what: str, now: datetime, window: timedelta, most: int = 0) -> int:
        """Count one try, as a SignInStore does."""
