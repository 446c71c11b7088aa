"""One clock for all processes of a run, which jumps when it is told to."""

from __future__ import annotations

import mmap
import random
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_DOUBLE = struct.Struct("d")


class SharedClock:
    """The Clock port over a small file that every process maps: the machine's time and a shift."""

    def __init__(self, file: Path, skew: float = 0.0) -> None:
        if not file.exists():
            file.write_bytes(_DOUBLE.pack(0.0))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), _DOUBLE.size)
        self._skew = skew

    @property
    def shift(self) -> float:
        """By how many seconds this clock is ahead of the machine's."""
        return float(_DOUBLE.unpack(self._shared[:])[0])

    def jump(self, seconds: float) -> None:
        """Move every process's clock."""
        self._shared[:] = _DOUBLE.pack(self.shift + seconds)

    def now(self) -> datetime:
        """Return the time, in UTC, with this process's own small error."""
        return datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=self.shift + self._skew)

    def chance(self) -> float:
        """Return a number in [0, 1)."""
        return random.random()  # noqa: S311

    def nonce(self) -> bytes:
        """Return 16 random bytes."""
        return random.randbytes(16)  # noqa: S311
