"""Let people in, remember that they are in, and let them out."""

from __future__ import annotations

from chalicelib.domain.errors import (
    PasswordRefused,
    SecondFactorMissing,
    SessionOver,
    SignInExpired,
    TooManyTries,
    WrongCode,
)
from chalicelib.domain.people import (
    CODE,
    MOST_TRIES,
    NEW_PASSWORD,
    SET_UP,
    SHORTEST_PASSWORD,
    SIGN_IN_TAKES,
    SIGNED_IN,
    TRIES_COUNT_FOR,
    Person,
    Session,
    Step,
    plain_address,
)
from chalicelib.ports import Clock, DoorBook, People, TokenReader

_LONGEST_PASSWORD = 256  # Cognito's own


class SignIn:
    """The way in: a password, then whatever the pool asks for besides.

    Between two steps only the pool's thread is kept, under a secret of the browser (`door`). Where a second
    factor is a must, a token that came without one is thrown away.
    """

    def __init__(
        self,
        people: People,
        tokens: TokenReader,
        book: DoorBook,
        clock: Clock,
        second_factor_needed: bool,
    ) -> None:
        self._people = people
        self._tokens = tokens
        self._book = book
        self._clock = clock
        self._second_factor_needed = second_factor_needed

    def where(self, door: str) -> Step | None:
        """Return how far the sign-in behind this door has come, or None when none was begun."""
        return self._book.step(door, self._clock.now())

    def give_up(self, door: str) -> None:
        """Begin again from the first form."""
        self._book.forget_step(door)

    def begin(self, door: str, email: str, password: str) -> Step:
        """Try a password.

        Raises WrongSignIn, alike for an unknown address, or TooManyTries after five in a quarter of an hour.
        The try is counted before it is made, so that tries made at once count too, and only a whole sign-in
        clears the count: a known password alone does not open endless tries of codes.
        """
        address = plain_address(email)
        self._count(f"password {address}")
        return self._go_on(door, self._people.begin(address, password))

    def choose_password(self, door: str, password: str, again: str) -> Step:
        """Replace the first password. Raises PasswordRefused or SignInExpired."""
        step = self._at(door, NEW_PASSWORD)
        if password != again:
            raise PasswordRefused("not_the_same")
        if len(password) < SHORTEST_PASSWORD:
            raise PasswordRefused("too_short")
        if len(password) > _LONGEST_PASSWORD:
            raise PasswordRefused("too_long")
        return self._go_on(door, self._people.set_password(step, password))

    def give_code(self, door: str, code: str) -> Step:
        """Answer with the authenticator's code. Raises WrongCode, TooManyTries or SignInExpired."""
        step = self._at(door, CODE)
        self._count(f"code {step.email}")
        return self._go_on(door, self._people.give_code(step, _digits(code)))

    def new_authenticator(self, door: str) -> str:
        """Return the secret for an authenticator app, on the way in. Raises SignInExpired."""
        secret, step = self._people.new_authenticator(self._at(door, SET_UP))
        self._book.keep_step(door, step, self._clock.now() + SIGN_IN_TAKES)
        return secret

    def confirm_authenticator(self, door: str, code: str) -> Step:
        """Prove that the new authenticator works, and come in. Raises WrongCode or SignInExpired."""
        step = self._at(door, SET_UP)
        self._count(f"code {step.email}")
        return self._go_on(door, self._people.confirm_authenticator(step, _digits(code)))

    def _at(self, door: str, kind: str) -> Step:
        step = self.where(door)
        if step is None or step.kind != kind:
            raise SignInExpired("no such step")
        return step

    def _count(self, what: str) -> None:
        if self._book.count_try(what, self._clock.now(), TRIES_COUNT_FOR) > MOST_TRIES:
            raise TooManyTries(f"more than {MOST_TRIES}")

    def _go_on(self, door: str, step: Step) -> Step:
        if step.kind != SIGNED_IN:
            self._book.keep_step(door, step, self._clock.now() + SIGN_IN_TAKES)
            return step
        self._book.forget_step(door)
        if self._second_factor_needed and not step.second_factor:
            self._people.sign_out(step.email)
            raise SecondFactorMissing("the pool asked for none")
        address, until = self._tokens.read(step.handle, self._clock.now())
        for what in ("password", "code"):
            self._book.forget_tries(f"{what} {address}")
        self._book.keep_session(step.handle, Session(address, until))
        return step


class Sessions:
    """Who is in, asked anew at every request: a new role, a removal, a sign-out elsewhere count at once."""

    def __init__(self, people: People, tokens: TokenReader, book: DoorBook, clock: Clock) -> None:
        self._people = people
        self._tokens = tokens
        self._book = book
        self._clock = clock

    def who(self, token: str) -> Person:
        """Return whose session this is. Raises SessionOver."""
        now = self._clock.now()
        address, _ = self._tokens.read(token, now)  # first: nothing is asked anywhere for a forged token
        session = self._book.session(token, now)
        if session is None or session.email != address:
            raise SessionOver("not a session of ours")
        person = self._people.who(token)
        if person.email != address:
            raise SessionOver("somebody else's")
        return person

    def end(self, person: Person, token: str) -> None:
        """End this session, and with it all others of the same person."""
        self._book.end_session(token)
        self._people.sign_out(person.email)

    def new_authenticator(self, person: Person, token: str) -> str:
        """Return a secret for an authenticator app, for somebody who is in."""
        secret, _ = self._people.new_authenticator(Step(SIGNED_IN, person.email, token))
        return secret

    def confirm_authenticator(self, person: Person, token: str, code: str) -> None:
        """Prove that the app works; codes are asked for from the next sign-in on. Raises WrongCode."""
        tries = self._book.count_try(f"code {person.email}", self._clock.now(), TRIES_COUNT_FOR)
        if tries > MOST_TRIES:
            raise TooManyTries(f"more than {MOST_TRIES}")
        self._people.confirm_authenticator(Step(SIGNED_IN, person.email, token), _digits(code))
        self._book.forget_tries(f"code {person.email}")


def _digits(code: str) -> str:
    """Return a code as it is checked: authenticators show it in groups. Raises WrongCode for what is none."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdecimal() and len(digits) == 6):
        raise WrongCode("not six digits")
    return digits
