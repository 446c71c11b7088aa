"""Fakes of the user pool and of its tokens: they pass the contract of the adapters."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from chalicelib.desk.errors import (
    PasswordRefused,
    PersonKnown,
    SessionOver,
    SignInExpired,
    WrongCode,
    WrongSignIn,
)
from chalicelib.desk.people import (
    ACTIVE,
    CODE,
    INVITED,
    NEW_PASSWORD,
    PUBLISHER,
    SESSION,
    SET_UP,
    SHORTEST_PASSWORD,
    SHUT_OUT,
    SIGNED_IN,
    Person,
    Step,
)
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing, PorchlightError
from tests.support.authenticator import STEP, totp
from tests.support.fakes import Failing

LONG_AGO = timedelta(days=30)


@dataclass
class Account:
    """Somebody in the pool, with what only the pool knows."""

    person: Person
    password: str
    secret: str = ""  # of the authenticator, once it was proved


class FakePeople(Failing):
    """The People port in memory. `must` asks a second factor of everybody, as the pool in production does.

    Codes are those of an authenticator app (RFC 6238), and each is good once.
    """

    def __init__(self, clock: Clock, must: bool = False) -> None:
        super().__init__()
        self.accounts: dict[str, Account] = {}
        self.issued: dict[str, tuple[str, datetime]] = {}  # every token, also of those who have signed out
        self._clock = clock
        self._must = must
        self._numbers = count(1)
        self._threads: dict[str, Step] = {}
        self._offered: dict[str, str] = {}  # secrets that are not proved yet, by thread or token
        self._used: set[tuple[str, str]] = set()
        self._signed_in: set[str] = set()

    def add(self, email: str, role: str, password: str, secret: str = "") -> Person:
        """Add somebody invited long ago, who has chosen a password and maybe set up an authenticator."""
        invited_at = self._clock.now() - LONG_AGO
        person = Person(email, role, ACTIVE, bool(secret), f"id-{next(self._numbers)}", invited_at)
        self.accounts[email] = Account(person, password, secret)
        return person

    def shut_out(self, email: str) -> None:
        """Switch somebody off, as an operator does in the pool."""
        self._change(self.accounts[email], state=SHUT_OUT)
        self.sign_out(email)

    def code(self, secret: str) -> str:
        """Return what an authenticator app with this secret shows now."""
        return totp(secret, self._clock.now().timestamp())

    def begin(self, email: str, password: str) -> Step:
        self._about_to("begin")
        account = self.accounts.get(email)
        if not password or account is None or account.password != password:
            raise WrongSignIn("not together")
        if account.person.state == SHUT_OUT:
            raise WrongSignIn("switched off")
        if account.person.state == INVITED:
            return self._thread(NEW_PASSWORD, email)
        return self._without_a_factor(account)

    def set_password(self, step: Step, password: str) -> Step:
        self._about_to("set_password")
        account = self._at(step, NEW_PASSWORD)
        if len(password) < SHORTEST_PASSWORD:
            raise PasswordRefused("InvalidPasswordException")
        account.password = password
        self._change(account, state=ACTIVE)
        del self._threads[step.handle]
        return self._without_a_factor(account)

    def give_code(self, step: Step, code: str) -> Step:
        self._about_to("give_code")
        account = self._at(step, CODE)
        self._check(account.secret, code)
        del self._threads[step.handle]
        return self._token(account, second_factor=True)

    def new_authenticator(self, step: Step) -> tuple[str, Step]:
        self._about_to("new_authenticator")
        if step.kind == SIGNED_IN:
            self._holder(step.handle, SessionOver)
        else:
            self._at(step, SET_UP)
        secret = base64.b32encode(next(self._numbers).to_bytes(20, "big")).decode()
        self._offered[step.handle] = secret
        return secret, step

    def confirm_authenticator(self, step: Step, code: str) -> Step:
        self._about_to("confirm_authenticator")
        inside = step.kind == SIGNED_IN
        account = self._holder(step.handle, SignInExpired) if inside else self._at(step, SET_UP)
        if step.handle not in self._offered:
            raise SignInExpired("no secret was asked for")
        self._check(self._offered[step.handle], code)
        account.secret = self._offered.pop(step.handle)
        self._change(account, second_factor=True)
        if inside:
            return replace(step, second_factor=True)
        del self._threads[step.handle]
        return self._token(account, second_factor=True)

    def who(self, token: str) -> Person:
        self._about_to("who")
        return replace(self._holder(token, SessionOver).person, invited_at=None)

    def sign_out(self, person: str) -> None:
        self._about_to("sign_out")
        self._signed_in -= {token for token, (email, _) in self.issued.items() if email == person}

    def sign_out_by(self, token: str) -> None:
        self._about_to("sign_out_by")
        if token in self._signed_in:
            self.sign_out(self.issued[token][0])

    def publishers(self) -> Sequence[Person]:
        self._about_to("publishers")
        people = [self.accounts[email].person for email in sorted(self.accounts)]
        return [
            Person(one.email, one.role, one.state, id=one.id, invited_at=one.invited_at)
            for one in people
            if one.role == PUBLISHER
        ]

    def everybody(self) -> Sequence[Person]:
        self._about_to("everybody")
        return [self.accounts[email].person for email in sorted(self.accounts)]

    def listed(self) -> Sequence[Person]:
        self._about_to("listed")
        people = [self.accounts[email].person for email in sorted(self.accounts)]
        return [replace(person, second_factor=False) for person in people]

    def has_authenticator(self, email: str) -> bool:
        self._about_to("has_authenticator")
        return self._account(email).person.second_factor

    def find(self, email: str) -> Person:
        self._about_to("find")
        return self._account(email).person

    def invite(self, email: str, role: str, password: str) -> Person:
        self._about_to("invite")
        if email in self.accounts:
            raise PersonKnown("UsernameExistsException")
        person = Person(email, role, INVITED, id=f"id-{next(self._numbers)}", invited_at=self._clock.now())
        self.accounts[email] = Account(person, password)
        return person

    def set_role(self, person: str, role: str) -> None:
        self._about_to("set_role")
        self._change(self._account(person), role=role)

    def set_first_password(self, person: str, password: str) -> None:
        self._about_to("set_first_password")
        account = self._account(person)
        if len(password) < SHORTEST_PASSWORD:
            raise PasswordRefused("InvalidPasswordException")
        account.password = password
        self._change(account, state=INVITED)
        self.sign_out(person)

    def forget_authenticator(self, person: str) -> None:
        self._about_to("forget_authenticator")
        account = self._account(person)
        account.secret = ""
        self._change(account, second_factor=False)
        self.sign_out(person)

    def remove(self, person: str) -> None:
        self._about_to("remove")
        self._account(person)
        self.sign_out(person)
        del self.accounts[person]

    def _account(self, email: str) -> Account:
        if email not in self.accounts:
            raise EntryMissing("UserNotFoundException")
        return self.accounts[email]

    def _at(self, step: Step, kind: str) -> Account:
        thread = self._threads.get(step.handle)
        if thread is None or thread.kind != kind or thread.email not in self.accounts:
            raise SignInExpired("NotAuthorizedException")
        return self.accounts[thread.email]

    def _holder(self, token: str, refusal: Callable[[str], PorchlightError]) -> Account:
        email, until = self.issued.get(token, ("", self._clock.now()))
        if token not in self._signed_in or until <= self._clock.now() or email not in self.accounts:
            raise refusal("NotAuthorizedException")
        return self.accounts[email]

    def _without_a_factor(self, account: Account) -> Step:
        if account.secret:
            return self._thread(CODE, account.person.email)
        if self._must:
            return self._thread(SET_UP, account.person.email)
        return self._token(account, second_factor=False)

    def _thread(self, kind: str, email: str) -> Step:
        step = Step(kind, email, f"thread {next(self._numbers)}")
        self._threads[step.handle] = step
        return step

    def _token(self, account: Account, second_factor: bool) -> Step:
        token, email = f"token {next(self._numbers)}", account.person.email
        self.issued[token] = (email, self._clock.now().replace(microsecond=0) + SESSION)
        self._signed_in.add(token)
        return Step(SIGNED_IN, email, token, second_factor)

    def _check(self, secret: str, code: str) -> None:
        now = self._clock.now().timestamp()
        shown = {totp(secret, now + steps * STEP) for steps in (-1, 0, 1)}
        if code not in shown or (secret, code) in self._used:
            raise WrongCode("CodeMismatchException")
        self._used.add((secret, code))

    def _change(self, account: Account, **changed: object) -> None:
        account.person = replace(account.person, **changed)  # type: ignore[arg-type]


class FakeTokens(Failing):
    """The TokenReader of a fake pool: a token says whose it is until its end, signed out or not."""

    def __init__(self, people: FakePeople) -> None:
        super().__init__()
        self._people = people

    def read(self, token: str, now: datetime) -> tuple[str, datetime]:
        self._about_to("read")
        if token not in self._people.issued:
            raise SessionOver("not the pool's token")
        email, until = self._people.issued[token]
        if until <= now:
            raise SessionOver("expired")
        return email, until
