"""Clock port: time, chance and nonces, handed in so that a rule can be tested by calling it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Port for the time, random numbers and nonces."""

    def now(self) -> datetime:
        """Return the time, in UTC."""

    def chance(self) -> float:
        """Return a random number in [0, 1)."""

    def nonce(self) -> bytes:
        """Return a nonce: 16 random bytes fit for secrets."""
