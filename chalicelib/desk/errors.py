"""Errors of sign-in, sessions and authorization, named for what their catcher does next."""

from __future__ import annotations

from chalicelib.shared.errors import PorchlightError


class WrongSignIn(PorchlightError):
    """A wrong password for this address; whether the address is known is not said."""


class WrongCode(PorchlightError):
    """A wrong authenticator code (TOTP), not the one that it shows now: ask again."""


class TooManyTries(PorchlightError):
    """A lockout after too many wrong tries for one address: wait a quarter of an hour.

    Known and unknown addresses alike.
    """


class SignInExpired(PorchlightError):
    """The sign-in expired, or was begun elsewhere: begin again."""


class PasswordRefused(PorchlightError):
    """The new password breaks the password policy of the pool: say the rules, and ask again."""


class SessionOver(PorchlightError):
    """There is no valid session: sign in. What was typed is kept on the page."""


class NotAllowed(PorchlightError):
    """Forbidden, by the role or by the CSRF check (the form did not come from our own page): respond 403."""


class SecondFactorMissing(PorchlightError):
    """The pool asked for no second factor (MFA) where one is a must: let nobody in by a password alone."""


class PersonKnown(PorchlightError):
    """A second invitation of an address that is known already."""


class LastPublisher(PorchlightError):
    """The last account with the publisher role: somebody must remain who can publish and invite."""


class AgreementMissing(PorchlightError):
    """A change without the agreement of a second publisher, or with an address that is not confirmed."""
