"""Errors of replies, named for what their catcher does next."""

from __future__ import annotations

from chalicelib.shared.errors import PorchlightError


class ReplySealBroken(PorchlightError):
    """A sealed reply that this code does not open: say that one could not be opened, and show the others."""
