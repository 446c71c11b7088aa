"""Signing in and out, and one's own authenticator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chalicelib.desk.errors import (
    PasswordRefused,
    SecondFactorMissing,
    SignInExpired,
    TooManyTries,
    WrongCode,
    WrongSignIn,
)
from chalicelib.desk.people import (
    CODE,
    EDITOR,
    NEW_PASSWORD,
    SESSION,
    SET_UP,
    SHORTEST_PASSWORD,
    SIGNED_IN,
    Step,
)
from chalicelib.desk.render.admin_pages import authenticator_square
from chalicelib.desk.sign_in import Sessions, SignIn
from chalicelib.desk.web import cookies
from chalicelib.desk.web.guard import (
    HOME,
    SIGN_IN,
    AdminRequest,
    Guard,
    Show,
)
from chalicelib.desk.web.screens import Screen, go_to

_PASSWORD = "password"  # noqa: S105 (the name of a step)
_WAIT = "Too many tries. Wait a quarter of an hour, then try again."
_WRONG = (
    "This address and password do not go together. A first password works for seven days;"
    " after that, ask a publisher for a new one."
)
_WRONG_CODE = "This is not the code that the app shows now. Wait for the next one and type that."
_REFUSED = {
    "not_the_same": ("again", "The two passwords are not the same."),
    "too_short": ("password", f"A password needs at least {SHORTEST_PASSWORD} characters."),
    "too_long": ("password", "A password has at most 256 characters."),
}
_PLAIN_REFUSAL = (
    "password",
    "This password is not allowed. Choose a longer one, or one that was not used before.",
)
_NOT_SET_UP = (
    "This site needs an authenticator from everybody, and its sign-in is not set up for that."
    " Tell whoever runs it."
)
_KEY_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567")


def routes(desk: Guard, sign_in: SignIn, sessions: Sessions, log: Callable[[str], None]) -> None:
    """Register the way in, the way out, and the authenticator's screen."""
    screens = EntranceScreens(desk.show, desk.note, sign_in, sessions, log)
    desk.door(SIGN_IN)(screens.sign_in)
    desk.action("/admin/sign-out", EDITOR, does="sign out")(screens.sign_out)
    desk.screen("/admin/authenticator", EDITOR, does="set up an authenticator")(screens.authenticator)


class EntranceScreens:
    """The screens of sign-in, sign-out and one's own second factor, a method each.

    `note` writes a line into the audit log.
    """

    def __init__(
        self,
        show: Show,
        note: Callable[[AdminRequest, str], None],
        sign_in: SignIn,
        sessions: Sessions,
        log: Callable[[str], None],
    ) -> None:
        self._show = show
        self._note = note
        self._sign_in = sign_in
        self._sessions = sessions
        self._log = log

    def sign_in(self, visit: AdminRequest) -> Screen:
        """Show the step that comes next, or take what was typed at the one before."""
        door = visit.secret
        if not visit.posted:
            begun = self._sign_in.where(door)
            return self._form(visit, begun.kind if begun else _PASSWORD)
        asked = visit.one("step")
        try:
            step = self._take(visit, asked)
        except WrongSignIn:
            self._log("sign-in refused")
            return self._form(visit, _PASSWORD, 422, {"password": _WRONG})
        except PasswordRefused as refused:
            name, sentence = _REFUSED.get(str(refused), _PLAIN_REFUSAL)
            return self._form(visit, NEW_PASSWORD, 422, {name: sentence})
        except WrongCode:
            self._log("sign-in code refused")
            return self._form(visit, asked, 422, {"code": _WRONG_CODE})
        except TooManyTries:
            self._log("sign-in locked")
            self._sign_in.give_up(door)
            return self._form(visit, _PASSWORD, 429, {"": _WAIT})
        except SignInExpired:
            self._sign_in.give_up(door)
            return self._form(visit, _PASSWORD, 422, {"": "That took too long. Please begin again."})
        except SecondFactorMissing:
            self._log("sign-in stopped: the pool asks for no second factor")
            return self._form(visit, _PASSWORD, 503, {"": _NOT_SET_UP})
        if step is None or step.kind != SIGNED_IN:
            return go_to(SIGN_IN)
        return self._let_in(visit, step)

    def sign_out(self, visit: AdminRequest) -> Screen:
        """End the session."""
        self._sessions.end(visit.who, visit.secret)
        return go_to(f"{SIGN_IN}?done=out", (cookies.clear(cookies.SESSION),))

    def authenticator(self, visit: AdminRequest) -> Screen:
        """Set up a second factor: show its key, then take the code that proves it."""
        if not visit.posted:
            return self._authenticator(visit, "")
        if visit.one("step") != SET_UP:
            return self._authenticator(visit, self._sessions.new_authenticator(visit.who, visit.secret))
        try:
            self._sessions.confirm_authenticator(visit.who, visit.secret, visit.one("code"))
        except WrongCode:
            return self._authenticator(visit, _key(visit.one("secret")), 422, {"code": _WRONG_CODE})
        except TooManyTries:
            return self._authenticator(visit, "", 429, {"": _WAIT})
        return go_to(f"{HOME}?done=authenticator")

    def _form(
        self, visit: AdminRequest, step: str, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        secret = ""
        email = visit.one("email")
        if step == SET_UP:
            # After a wrong code the same key is shown: the app has it already.
            secret = _key(visit.one("secret")) or self._sign_in.new_authenticator(visit.secret)
            begun = self._sign_in.where(visit.secret)
            email = begun.email if begun else email
        return self._show(
            visit,
            "sign_in.html",
            status,
            step=step,
            email=email,
            problems=problems or {},
            shortest=SHORTEST_PASSWORD,
            secret=secret,
            square=authenticator_square(secret, email) if secret else "",
        )

    def _take(self, visit: AdminRequest, asked: str) -> Step | None:
        door, browsers = visit.secret, visit.browsers
        if asked == _PASSWORD:
            return self._sign_in.begin(door, visit.one("email"), visit.one("password"), browsers)
        if asked == NEW_PASSWORD:
            return self._sign_in.choose_password(door, visit.one("password"), visit.one("again"), browsers)
        if asked == CODE:
            return self._sign_in.give_code(door, visit.one("code"), browsers)
        if asked == SET_UP:
            return self._sign_in.confirm_authenticator(door, visit.one("code"), browsers)
        self._sign_in.give_up(door)
        return None

    def _let_in(self, visit: AdminRequest, step: Step) -> Screen:
        person = self._sessions.who(step.handle)
        if not person.role:
            self._sessions.end(person, step.handle)
            sentence = "Your account has no role here yet. Ask a publisher to give you one."
            return self._form(visit, _PASSWORD, 403, {"": sentence})
        self._note(replace(visit, person=person), "sign in")
        # The cookie before was a random one, and goes: no value that was there earlier stands for a session.
        # The browser is known from now on, signed out or not: wrong tries elsewhere do not shut it out.
        known = cookies.know_browser(self._sign_in.remember(person.email, visit.browsers))
        session = cookies.write(cookies.SESSION, step.handle, SESSION)
        return go_to(HOME, (session, cookies.clear(cookies.DOOR), known))

    def _authenticator(
        self, visit: AdminRequest, secret: str, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        square = authenticator_square(secret, visit.who.email) if secret else ""
        return self._show(
            visit, "authenticator.html", status, secret=secret, square=square, problems=problems or {}
        )


def _key(text: str) -> str:
    return text if len(text) <= 200 and _KEY_LETTERS.issuperset(text) else ""
