"""Errors of signing in and of what people at the desk may do, named for what their catcher does next."""

from __future__ import annotations

from chalicelib.shared.errors import PorchlightError


class WrongSignIn(PorchlightError):
    """This address and password do not go together; whether the address is known is not said."""


class WrongCode(PorchlightError):
    """The code is not the one that the authenticator shows now: ask again."""


class TooManyTries(PorchlightError):
    """Too many wrong tries for one address: wait a quarter of an hour. Known and unknown addresses alike."""


class SignInExpired(PorchlightError):
    """The sign-in took too long, or was begun elsewhere: begin again."""


class PasswordRefused(PorchlightError):
    """The new password breaks the pool's rules: say the rules, and ask again."""


class SessionOver(PorchlightError):
    """There is no valid session: sign in. What was typed is kept on the page."""


class NotAllowed(PorchlightError):
    """This person's role does not cover it, or the form did not come from our own page: answer 403."""


class SecondFactorMissing(PorchlightError):
    """The pool let somebody in by a password alone where a second factor is a must: let nobody in."""


class PersonKnown(PorchlightError):
    """This address has been invited before."""


class LastPublisher(PorchlightError):
    """Somebody must remain who can publish and invite."""


class AgreementMissing(PorchlightError):
    """Recipients change only when a second publisher agrees, to addresses that have been confirmed."""
