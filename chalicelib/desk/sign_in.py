"""Sign-in, second factor (MFA), lockout and sessions of the admin site, as use cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from chalicelib.desk.agreements import AUTHENTICATOR_AT, PASSWORD_AT
from chalicelib.desk.errors import (
    PasswordRefused,
    SecondFactorMissing,
    SessionOver,
    SignInExpired,
    TooManyTries,
    WrongCode,
    WrongSignIn,
)
from chalicelib.desk.people import (
    AUTHENTICATOR_DIGITS,
    CODE,
    INVITED,
    MOST_IN_ONE_BROWSER,
    MOST_TRIES,
    NEW_PASSWORD,
    PUBLISHER,
    SET_UP,
    SHORTEST_PASSWORD,
    SIGN_IN_TAKES,
    SIGNED_IN,
    TRIED,
    TRIES_COUNT_FOR,
    KnownBrowser,
    Person,
    Session,
    Step,
)
from chalicelib.desk.ports import People, RolesAt, SignInStore, TokenReader
from chalicelib.desk.sign_in_watch import SignInWatch
from chalicelib.desk.standings import CredentialDates
from chalicelib.desk.typed import typed_digits, typed_first_password
from chalicelib.shared.clock import Clock
from chalicelib.shared.email_addresses import plain_address
from chalicelib.shared.errors import EntryMissing

_LONGEST_PASSWORD = 256  # Cognito's own


class SignIn:
    """Sign-in with a password, then whatever the pool asks for besides.

    Between two steps only the pool's thread is kept, under a secret of the browser (`sign_in_key`). Where a
    second factor is a must, a token that came without one is thrown away.

    Tries are counted by address. A browser in which the same person has come in before is counted apart, and
    so is the first password that was mailed last: strangers can shut out strangers, and nobody else.
    `browsers` are the secrets that a browser holds from earlier sign-ins; what is not one of ours is nothing.
    """

    def __init__(
        self,
        people: People,
        tokens: TokenReader,
        book: SignInStore,
        clock: Clock,
        second_factor_needed: bool,
        standings: CredentialDates,
        watch: SignInWatch,
        unused: timedelta | None = None,
    ) -> None:
        """With `unused`, a session ends when nothing was asked for that long."""
        self._unused = unused
        self._people = people
        self._tokens = tokens
        self._book = book
        self._clock = clock
        self._second_factor_needed = second_factor_needed
        self._standings = standings
        self._watch = watch

    def where(self, sign_in_key: str) -> Step | None:
        """Return the step that the sign-in under this key has come to, or None when none was begun."""
        return self._book.step(sign_in_key, self._clock.now())

    def give_up(self, sign_in_key: str) -> None:
        """Drop a sign-in that was begun: it starts over from the first form."""
        self._book.forget_step(sign_in_key)

    def begin(self, sign_in_key: str, email: str, password: str, browsers: Sequence[str] = ()) -> Step:
        """Check a password, behind the try counter and its lockout.

        Raises WrongSignIn, alike for an unknown address, or TooManyTries after five in a quarter of an hour.
        The try is counted before it is made, so that tries made at once count too, and only a whole sign-in
        clears the count: a known password alone does not open endless tries of codes.
        """
        address = plain_address(email)
        meant = typed_first_password(password)
        mailed = bool(meant) and self._book.is_first_password(address, meant, self._clock.now())
        if mailed:
            self._count(f"password mailed {address}", address, "password", known=True)
        else:
            self._count_in("password", address, browsers)
        if mailed or (meant != password and self._waits_for_a_first_password(address)):
            password = meant
        try:
            return self._go_on(sign_in_key, self._people.begin(address, password), browsers)
        except WrongSignIn:
            self._watch.wrong(address, "password")
            raise

    def choose_password(
        self, sign_in_key: str, password: str, again: str, browsers: Sequence[str] = ()
    ) -> Step:
        """Replace the first password. Raises PasswordRefused or SignInExpired."""
        step = self._at(sign_in_key, NEW_PASSWORD)
        if password != again:
            raise PasswordRefused("not_the_same")
        if len(password) < SHORTEST_PASSWORD:
            raise PasswordRefused("too_short")
        if len(password) > _LONGEST_PASSWORD:
            raise PasswordRefused("too_long")
        self._record(step, PASSWORD_AT)
        step = self._people.set_password(step, password)
        self._watch.renewed(step.email, "password")
        return self._go_on(sign_in_key, step, browsers)

    def give_code(self, sign_in_key: str, code: str, browsers: Sequence[str] = ()) -> Step:
        """Check an authenticator code (TOTP), the second factor.

        Raises WrongCode, TooManyTries or SignInExpired.
        """
        step = self._at(sign_in_key, CODE)
        self._count_in("code", step.email, browsers)
        try:
            return self._go_on(sign_in_key, self._people.give_code(step, _digits(code)), browsers)
        except WrongCode:
            self._watch.wrong(step.email, "code")
            raise

    def new_authenticator(self, sign_in_key: str) -> str:
        """Return a new TOTP secret for an authenticator app, during a sign-in. Raises SignInExpired."""
        secret, step = self._people.new_authenticator(self._at(sign_in_key, SET_UP))
        self._book.keep_step(sign_in_key, step, self._clock.now() + SIGN_IN_TAKES)
        return secret

    def confirm_authenticator(self, sign_in_key: str, code: str, browsers: Sequence[str] = ()) -> Step:
        """Confirm a new authenticator by its first code. Raises WrongCode, TooManyTries or SignInExpired."""
        step = self._at(sign_in_key, SET_UP)
        self._count_in("code", step.email, browsers)
        try:
            digits = _digits(code)
            self._record(step, AUTHENTICATOR_AT)
            step = self._people.confirm_authenticator(step, digits)
        except WrongCode:
            self._watch.wrong(step.email, "code")
            raise
        self._watch.renewed(step.email, "authenticator")
        return self._go_on(sign_in_key, step, browsers)

    def remember(self, email: str, browsers: Sequence[str]) -> Sequence[str]:
        """Issue a device cookie after a whole sign-in; return the secrets that the browser shall hold.

        The secret it held for the same person ends: a copy of it is good until its owner comes in again.
        """
        now = self._clock.now()
        others = []
        for browser in browsers[:MOST_IN_ONE_BROWSER]:
            known = self._book.browser(browser, now)
            if known and known.email == email:
                self._book.forget_browser(browser)
            elif known:
                others.append(browser)
        fresh = (self._clock.nonce() + self._clock.nonce()).hex()
        self._book.keep_browser(fresh, KnownBrowser(email, now))
        return [fresh, *others[: MOST_IN_ONE_BROWSER - 1]]

    def _at(self, sign_in_key: str, kind: str) -> Step:
        step = self.where(sign_in_key)
        if step is None or step.kind != kind:
            raise SignInExpired("no such step")
        return step

    def _record(self, step: Step, what: str) -> None:
        try:
            person = self._people.find(step.email)
        except EntryMissing as error:
            raise SignInExpired("removed meanwhile") from error
        self._standings.record(person, what)

    def _date(self, address: str) -> None:
        try:
            self._standings.used(address)
        except EntryMissing as error:
            raise SignInExpired("removed meanwhile") from error

    def _waits_for_a_first_password(self, address: str) -> bool:
        try:
            return self._people.find(address).state == INVITED
        except EntryMissing:
            return False

    def _known(self, address: str, browsers: Sequence[str]) -> str:
        now = self._clock.now()
        for browser in browsers[:MOST_IN_ONE_BROWSER]:
            known = self._book.browser(browser, now)
            if known and known.email == address:
                return browser
        return ""

    def _count_in(self, tried: str, address: str, browsers: Sequence[str]) -> None:
        browser = self._known(address, browsers)
        what = f"{tried} in {browser}" if browser else f"{tried} {address}"
        self._count(what, address, tried, known=bool(browser))

    def _count(self, what: str, address: str, tried: str, known: bool) -> None:
        tries = self._book.count_try(what, self._clock.now(), TRIES_COUNT_FOR, MOST_TRIES)
        if tries == MOST_TRIES + 1:
            self._watch.locked(address, tried, known)
        if tries > MOST_TRIES:
            raise TooManyTries(f"more than {MOST_TRIES}")

    def _go_on(self, sign_in_key: str, step: Step, browsers: Sequence[str]) -> Step:
        if step.kind != SIGNED_IN:
            self._book.keep_step(sign_in_key, step, self._clock.now() + SIGN_IN_TAKES)
            return step
        self._book.forget_step(sign_in_key)
        if self._second_factor_needed and not step.second_factor:
            self._people.sign_out_by(step.handle)
            raise SecondFactorMissing("the pool asked for none")
        address, until = self._tokens.read(step.handle, self._clock.now())
        if self._unused is not None:
            until = min(self._clock.now() + self._unused, until)
        self._date(address)
        browser = self._known(address, browsers)
        for what in TRIED:
            # A known browser clears its own count alone: its owner's sign-in gives strangers no new tries.
            self._book.forget_tries(f"{what} in {browser}" if browser else f"{what} {address}")
        self._book.forget_first_password(address)
        self._book.keep_session(step.handle, Session(address, until))
        return step


class Sessions:
    """Sessions of who is signed in, checked anew at every request.

    A new role, a removal, a sign-out elsewhere count at once.
    """

    def __init__(
        self,
        people: People,
        tokens: TokenReader,
        book: SignInStore,
        clock: Clock,
        standings: CredentialDates,
        watch: SignInWatch,
        unused: timedelta | None = None,
        roles: RolesAt | None = None,
    ) -> None:
        """With `unused`, a session ends when nothing was asked for that long. `roles` are those at places."""
        self._roles = roles
        self._people = people
        self._tokens = tokens
        self._book = book
        self._clock = clock
        self._standings = standings
        self._watch = watch
        self._unused = unused

    def who(self, token: str) -> Person:
        """Return the person of a valid session. Raises SessionOver."""
        now = self._clock.now()
        address, ends = self._tokens.read(token, now)  # first: nothing is asked anywhere for a forged token
        session = self._book.session(token, now)
        if session is None or session.email != address:
            raise SessionOver("not a session of ours")
        person = self._people.who(token)
        if person.email != address:
            raise SessionOver("somebody else's")
        if self._unused is not None:
            # A session that somebody ends meanwhile is over at the pool, whatever is written here.
            self._book.keep_session(token, Session(address, min(now + self._unused, ends)))
        if self._roles is None or person.role == PUBLISHER:
            return person  # who publishes the whole site has that at each place
        at = self._roles.at(person.id) if person.id else {}
        return replace(person, at=tuple((role, place) for place, role in sorted(at.items())))

    def end(self, person: Person, token: str) -> None:
        """End a session, and with it all others of the same person."""
        self._book.end_session(token)
        self._people.sign_out_by(token)

    def new_authenticator(self, person: Person, token: str) -> str:
        """Return a new TOTP secret for an authenticator app, for somebody who is signed in."""
        secret, _ = self._people.new_authenticator(Step(SIGNED_IN, person.email, token))
        return secret

    def confirm_authenticator(self, person: Person, token: str, code: str) -> None:
        """Confirm an authenticator by its first code; codes are asked for from the next sign-in on.

        Raises WrongCode or TooManyTries.
        """
        what = f"code inside {person.email}"
        tries = self._book.count_try(what, self._clock.now(), TRIES_COUNT_FOR, MOST_TRIES)
        if tries == MOST_TRIES + 1:
            self._watch.locked(person.email, "code", known_browser=True)
        if tries > MOST_TRIES:
            raise TooManyTries(f"more than {MOST_TRIES}")
        digits = _digits(code)
        self._standings.record(person, AUTHENTICATOR_AT)
        self._people.confirm_authenticator(Step(SIGNED_IN, person.email, token), digits)
        self._watch.renewed(person.email, "authenticator")
        self._book.forget_tries(what)


def _digits(code: str) -> str:
    """Return a code as it is checked, however it was typed. Raises WrongCode for what is none."""
    digits = typed_digits(code, AUTHENTICATOR_DIGITS)
    if not digits:
        raise WrongCode("not six digits")
    return digits
