"""System clock: the machine's time and random numbers."""

from __future__ import annotations

import random
import secrets
from datetime import UTC, datetime


class SystemClock:
    """The Clock on the machine's time and random numbers."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    def chance(self) -> float:
        """Return a number in [0, 1): for spreading retries, not for secrets."""
        return random.random()  # noqa: S311 (see above)

    def nonce(self) -> bytes:
        """Return a nonce: 16 random bytes fit for secrets."""
        return secrets.token_bytes(16)
