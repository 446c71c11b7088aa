"""Errors of reading a request's body, named for what their catcher does next."""

from __future__ import annotations

from chalicelib.shared.errors import PorchlightError


class UnreadableForm(PorchlightError):
    """The body is not a form we can read (not UTF-8, not urlencoded): respond with 400."""


class FormTooLarge(PorchlightError):
    """The body is larger than any report may be: respond with 413."""


class WrongContentType(PorchlightError):
    """The body does not say that it is a form: respond with 415."""
