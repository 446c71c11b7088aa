"""Signing in and out, and one's own authenticator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chalicelib.domain.errors import (
    PasswordRefused,
    SecondFactorMissing,
    SignInExpired,
    TooManyTries,
    WrongCode,
    WrongSignIn,
)
from chalicelib.domain.people import (
    CODE,
    EDITOR,
    NEW_PASSWORD,
    SESSION,
    SET_UP,
    SHORTEST_PASSWORD,
    SIGNED_IN,
    Step,
)
from chalicelib.render.admin_pages import authenticator_square
from chalicelib.usecases.sign_in import Sessions, SignIn
from chalicelib.web.admin import cookies
from chalicelib.web.admin.answers import Sheet, go_to
from chalicelib.web.admin.desk import HOME, SIGN_IN, Desk, Visit

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


def routes(desk: Desk, sign_in: SignIn, sessions: Sessions, log: Callable[[str], None]) -> None:
    """Register the way in, the way out, and the authenticator's screen."""

    def form(visit: Visit, step: str, status: int = 200, problems: dict[str, str] | None = None) -> Sheet:
        secret = ""
        email = visit.one("email")
        if step == SET_UP:
            # After a wrong code the same key is shown: the app has it already.
            secret = _key(visit.one("secret")) or sign_in.new_authenticator(visit.secret)
            begun = sign_in.where(visit.secret)
            email = begun.email if begun else email
        return desk.show(
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

    @desk.door(SIGN_IN)
    def sign_in_screen(visit: Visit) -> Sheet:
        door = visit.secret
        if not visit.posted:
            begun = sign_in.where(door)
            return form(visit, begun.kind if begun else _PASSWORD)
        asked = visit.one("step")
        try:
            step = _take(visit, asked)
        except WrongSignIn:
            log("sign-in refused")
            return form(visit, _PASSWORD, 422, {"password": _WRONG})
        except PasswordRefused as refused:
            name, sentence = _REFUSED.get(str(refused), _PLAIN_REFUSAL)
            return form(visit, NEW_PASSWORD, 422, {name: sentence})
        except WrongCode:
            log("sign-in code refused")
            return form(visit, asked, 422, {"code": _WRONG_CODE})
        except TooManyTries:
            log("sign-in locked")
            sign_in.give_up(door)
            return form(visit, _PASSWORD, 429, {"": _WAIT})
        except SignInExpired:
            sign_in.give_up(door)
            return form(visit, _PASSWORD, 422, {"": "That took too long. Please begin again."})
        except SecondFactorMissing:
            log("sign-in stopped: the pool asks for no second factor")
            return form(visit, _PASSWORD, 503, {"": _NOT_SET_UP})
        if step is None or step.kind != SIGNED_IN:
            return go_to(SIGN_IN)
        return _let_in(visit, step)

    def _take(visit: Visit, asked: str) -> Step | None:
        door = visit.secret
        if asked == _PASSWORD:
            return sign_in.begin(door, visit.one("email"), visit.one("password"), visit.browsers)
        if asked == NEW_PASSWORD:
            return sign_in.choose_password(door, visit.one("password"), visit.one("again"), visit.browsers)
        if asked == CODE:
            return sign_in.give_code(door, visit.one("code"), visit.browsers)
        if asked == SET_UP:
            return sign_in.confirm_authenticator(door, visit.one("code"), visit.browsers)
        sign_in.give_up(door)
        return None

    def _let_in(visit: Visit, step: Step) -> Sheet:
        person = sessions.who(step.handle)
        if not person.role:
            sessions.end(person, step.handle)
            sentence = "Your account has no role here yet. Ask a publisher to give you one."
            return form(visit, _PASSWORD, 403, {"": sentence})
        desk.note(replace(visit, person=person), "sign in")
        # The cookie before was a random one, and goes: no value that was there earlier stands for a session.
        # The browser is known from now on, signed out or not: wrong tries elsewhere do not shut it out.
        known = cookies.know_browser(sign_in.remember(person.email, visit.browsers))
        session = cookies.write(cookies.SESSION, step.handle, SESSION)
        return go_to(HOME, (session, cookies.clear(cookies.DOOR), known))

    @desk.action("/admin/sign-out", EDITOR, does="sign out")
    def sign_out(visit: Visit) -> Sheet:
        sessions.end(visit.who, visit.secret)
        return go_to(f"{SIGN_IN}?done=out", (cookies.clear(cookies.SESSION),))

    @desk.screen("/admin/authenticator", EDITOR, does="set up an authenticator")
    def authenticator(visit: Visit) -> Sheet:
        def page(secret: str, status: int = 200, problems: dict[str, str] | None = None) -> Sheet:
            square = authenticator_square(secret, visit.who.email) if secret else ""
            return desk.show(
                visit, "authenticator.html", status, secret=secret, square=square, problems=problems or {}
            )

        if not visit.posted:
            return page("")
        if visit.one("step") != SET_UP:
            return page(sessions.new_authenticator(visit.who, visit.secret))
        try:
            sessions.confirm_authenticator(visit.who, visit.secret, visit.one("code"))
        except WrongCode:
            return page(_key(visit.one("secret")), 422, {"code": _WRONG_CODE})
        except TooManyTries:
            return page("", 429, {"": _WAIT})
        return go_to(f"{HOME}?done=authenticator")


def _key(text: str) -> str:
    return text if len(text) <= 200 and _KEY_LETTERS.issuperset(text) else ""
