"""Errors of the directory, named for what their catcher does next."""

from __future__ import annotations

from chalicelib.shared.errors import PorchlightError


class KeyUnusable(PorchlightError):
    """A recipient's key is expired, revoked or cannot encrypt: hold the mail and raise an alarm."""


class ContentInvalid(PorchlightError):
    """A document (contacts, places, recipients) breaks a rule. The text names the entry and the rule."""


class DocumentInvalid(PorchlightError):
    """A document's id, text or reason breaks a rule: show the sentence to its writer, text kept."""
