"""Screens of sign-in, sign-out, and one's own second factor (TOTP)."""

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
from chalicelib.desk.web.areas import ACCESS, AUTHENTICATOR, DESK, Area
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
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


def _nothing() -> None:
    """Do nothing."""


def routes(
    guard: Guard,
    sign_in: SignIn,
    sessions: Sessions,
    log: Callable[[str], None],
    before: Callable[[], None] = _nothing,
) -> None:
    """Register the routes of sign-in and sign-out of a part of the admin site.

    `before` is called when somebody begins to sign in, and may not raise: it does what counts by then.
    One's own authenticator is set up at the access screens; the desk leads there.
    """
    screens = EntranceScreens(guard.show, guard.record, sign_in, sessions, log, guard.area, before)
    guard.sign_in_screen(guard.area.sign_in)(screens.sign_in)
    guard.action(guard.area.sign_out, EDITOR, does="sign out")(screens.sign_out)
    if guard.area is ACCESS:
        guard.screen(AUTHENTICATOR, EDITOR, does="set up an authenticator")(screens.authenticator)


class EntranceScreens:
    """The screens of sign-in, sign-out and one's own second factor, a method each.

    `record` writes a line into the audit log.
    """

    def __init__(
        self,
        show: Show,
        record: Callable[[AdminRequest, str], None],
        sign_in: SignIn,
        sessions: Sessions,
        log: Callable[[str], None],
        area: Area = DESK,
        before: Callable[[], None] = _nothing,
    ) -> None:
        self._before = before
        self._area = area
        self._show = show
        self._record = record
        self._sign_in = sign_in
        self._sessions = sessions
        self._log = log

    def sign_in(self, request: AdminRequest) -> Screen:
        """Show the next step of a sign-in, or take what was typed at the one before."""
        sign_in_key = request.secret
        if not request.posted:
            begun = self._sign_in.where(sign_in_key)
            return self._form(request, begun.kind if begun else _PASSWORD)
        asked = request.field("step")
        try:
            step = self._take(request, asked)
        except WrongSignIn:
            self._log("sign-in refused")
            return self._form(request, _PASSWORD, 422, {"password": _WRONG})
        except PasswordRefused as refused:
            name, sentence = _REFUSED.get(str(refused), _PLAIN_REFUSAL)
            return self._form(request, NEW_PASSWORD, 422, {name: sentence})
        except WrongCode:
            self._log("sign-in code refused")
            return self._form(request, asked, 422, {"code": _WRONG_CODE})
        except TooManyTries:
            self._log("sign-in locked")
            self._sign_in.give_up(sign_in_key)
            return self._form(request, _PASSWORD, 429, {"": _WAIT})
        except SignInExpired:
            self._sign_in.give_up(sign_in_key)
            return self._form(request, _PASSWORD, 422, {"": "That took too long. Please begin again."})
        except SecondFactorMissing:
            self._log("sign-in stopped: the pool asks for no second factor")
            return self._form(request, _PASSWORD, 503, {"": _NOT_SET_UP})
        if step is None or step.kind != SIGNED_IN:
            return go_to(self._area.sign_in)
        return self._let_in(request, step)

    def sign_out(self, request: AdminRequest) -> Screen:
        """End the session."""
        self._sessions.end(request.who, request.secret)
        names = self._area.cookies
        return go_to(f"{self._area.sign_in}?done=out", (cookies.clear(names.session, names.path),))

    def authenticator(self, request: AdminRequest) -> Screen:
        """Set up a second factor: show its key, then take the code that proves it."""
        if not request.posted:
            return self._authenticator(request, "")
        if request.field("step") != SET_UP:
            return self._authenticator(request, self._sessions.new_authenticator(request.who, request.secret))
        try:
            self._sessions.confirm_authenticator(request.who, request.secret, request.field("code"))
        except WrongCode:
            return self._authenticator(request, _key(request.field("secret")), 422, {"code": _WRONG_CODE})
        except TooManyTries:
            return self._authenticator(request, "", 429, {"": _WAIT})
        return go_to(f"{AUTHENTICATOR}?done=authenticator")

    def _form(
        self, request: AdminRequest, step: str, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        secret = ""
        email = request.field("email")
        if step == SET_UP:
            # After a wrong code the same key is shown: the app has it already.
            secret = _key(request.field("secret")) or self._sign_in.new_authenticator(request.secret)
            begun = self._sign_in.where(request.secret)
            email = begun.email if begun else email
        return self._show(
            request,
            "sign_in.html",
            status,
            step=step,
            email=email,
            problems=problems or {},
            shortest=SHORTEST_PASSWORD,
            secret=secret,
            square=authenticator_square(secret, email) if secret else "",
        )

    def _take(self, request: AdminRequest, asked: str) -> Step | None:
        sign_in_key, browsers = request.secret, request.browsers
        if asked == _PASSWORD:
            self._before()
            return self._sign_in.begin(
                sign_in_key, request.field("email"), request.field("password"), browsers
            )
        if asked == NEW_PASSWORD:
            return self._sign_in.choose_password(
                sign_in_key, request.field("password"), request.field("again"), browsers
            )
        if asked == CODE:
            return self._sign_in.give_code(sign_in_key, request.field("code"), browsers)
        if asked == SET_UP:
            return self._sign_in.confirm_authenticator(sign_in_key, request.field("code"), browsers)
        self._sign_in.give_up(sign_in_key)
        return None

    def _let_in(self, request: AdminRequest, step: Step) -> Screen:
        person = self._sessions.who(step.handle)
        if not person.highest_role:
            self._sessions.end(person, step.handle)
            sentence = "Your account has no role here yet. Ask a publisher to give you one."
            return self._form(request, _PASSWORD, 403, {"": sentence})
        self._record(replace(request, person=person), self._area.signs_in)
        # The cookie before was a random one, and goes: no value that was there earlier stands for a session.
        # The browser is known from now on, signed out or not: wrong tries elsewhere do not shut it out.
        names = self._area.cookies
        known = cookies.know_browser(self._sign_in.remember(person.email, request.browsers), names)
        session = cookies.write(names.session, step.handle, SESSION, names.path)
        return go_to(self._area.home, (session, cookies.clear(names.sign_in, names.path), known))

    def _authenticator(
        self, request: AdminRequest, secret: str, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        square = authenticator_square(secret, request.who.email) if secret else ""
        return self._show(
            request, "authenticator.html", status, secret=secret, square=square, problems=problems or {}
        )


def _key(text: str) -> str:
    return text if len(text) <= 200 and _KEY_LETTERS.issuperset(text) else ""
