"""Errors of replies, named for what their catcher does next."""

from __future__ import annotations

from chalicelib.shared.errors import PorchlightError


class ReplySealBroken(PorchlightError):
    """A sealed reply that this code does not open: say that one could not be opened, and show the others."""


class ReplyWishRefused(PorchlightError):
    """A command about a held reply that is not done as it was typed: show the case again, with the reason."""
