"""Statistical disclosure control of figures: counts in steps of five, and totals only of what is shown.

Screens, pictures, files and the command line get nothing but Shown: no subtraction, of rows, columns, screens
or days, gives a number that a step does not give already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

STEP = 5
EDGES = (5, 15, 30, 60, 120, 240, 480, 1440)  # minutes: a wait is known by which of these it is longer than
_NO_WAITS = (0,) * len(EDGES)
DAY = 1440
REPLY_EDGES = (DAY, 2 * DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY)  # minutes, too: of the first reply
_NO_REPLY_WAITS = (0,) * len(REPLY_EDGES)
_TUPLES = ("slower", "replied_slower")


@dataclass(frozen=True, slots=True)
class Counts:
    """Exact counts, of reports in a town or of copies for an office: for the store, never for a screen.

    `taken` are those that every office took, `held` those that were kept back for a while, `unanswered` those
    with an alarm that nobody has acknowledged. `slower[n]` of those taken took longer than EDGES[n] minutes.
    `replied` are those that somebody replied to, `replied_slower[n]` of these later than REPLY_EDGES[n] after
    they had arrived.
    """

    reports: int = 0
    taken: int = 0
    held: int = 0
    failed: int = 0
    unanswered: int = 0
    slower: tuple[int, ...] = _NO_WAITS
    replied: int = 0
    replied_slower: tuple[int, ...] = _NO_REPLY_WAITS

    def __add__(self, other: Counts) -> Counts:
        """Return the sums."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in (*SHOWN_COUNTS, "replied")}
        for name in _TUPLES:
            sums[name] = tuple(map(sum, zip(getattr(self, name), getattr(other, name), strict=True)))
        return Counts(**sums)


@dataclass(frozen=True, slots=True)
class Band:
    """A count as it is shown: somewhere from `low` to `high`."""

    low: int = 0
    high: int = 0

    def __add__(self, other: Band) -> Band:
        """Return what two counts are together, as far as they are shown."""
        return Band(self.low + other.low, self.high + other.high)

    @property
    def text(self) -> str:
        """Return it for people: "<5", "10 to 14"; of a total "at least 20", or "<5 each"."""
        if self.high - self.low >= STEP:
            return f"at least {self.low}" if self.low else f"<{STEP} each"
        return f"{self.low} to {self.high}" if self.low else f"<{STEP}"


@dataclass(frozen=True, slots=True)
class Shown:
    """Counts as they are shown. Sums of them are made of what is shown, and so say nothing more."""

    reports: Band = Band()
    taken: Band = Band()
    held: Band = Band()
    failed: Band = Band()
    unanswered: Band = Band()
    slower: tuple[Band, ...] = (Band(),) * len(EDGES)
    replied: Band = Band()
    replied_slower: tuple[Band, ...] = (Band(),) * len(REPLY_EDGES)

    def __add__(self, other: Shown) -> Shown:
        """Return the sums."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in (*SHOWN_COUNTS, "replied")}
        for name in _TUPLES:
            pairs = zip(getattr(self, name), getattr(other, name), strict=True)
            sums[name] = tuple(one + more for one, more in pairs)
        return Shown(**sums)

    def wait(self, share: float) -> Wait | None:
        """Return within how long `share` of those taken had arrived; None where too few say so."""
        return _wait(share, self.taken, EDGES, self.slower)

    def reply_wait(self, share: float) -> Wait | None:
        """Return within how long the first reply came to `share` of those replied to; None likewise."""
        return _wait(share, self.replied, REPLY_EDGES, self.replied_slower)


# Of these records have a list, in this order: what came later is stored beside it, by name.
SHOWN_COUNTS = ("reports", "taken", "held", "failed", "unanswered")


@dataclass(frozen=True, slots=True)
class Wait:
    """A span of minutes, longer than `over` and, when it is known, not longer than `within`."""

    over: int
    within: int | None

    @property
    def text(self) -> str:
        """Return it for people: "up to 5 min", "over 1 h", "5 to 15 min"."""
        if self.within is None:
            return f"over {_long(self.over)}"
        return f"{_long(self.over)} to {_long(self.within)}" if self.over else f"up to {_long(self.within)}"


def show(counts: Counts) -> Shown:
    """Return counts as they may be shown: each by itself in steps of five, so that under five is one step."""
    bands: dict[str, Any] = {name: _band(getattr(counts, name)) for name in (*SHOWN_COUNTS, "replied")}
    bands |= {name: tuple(map(_band, getattr(counts, name))) for name in _TUPLES}
    return Shown(**bands)


def _wait(share: float, of: Band, edges: Sequence[int], slower: Sequence[Band]) -> Wait | None:
    above = 1 - share
    counted = list(zip(edges, slower, strict=True))
    longer = [edge for edge, n in counted if n.low > above * of.high]
    within = [edge for edge, n in counted if of.low > 0 and n.high <= above * of.low]
    if not longer and not within:
        return None
    return Wait(max(longer, default=0), min(within, default=None))


def _band(count: int) -> Band:
    low = count - count % STEP
    return Band(low, low + STEP - 1)


def _long(minutes: int) -> str:
    if minutes < 60:
        return f"{minutes} min"
    if minutes < DAY:
        return f"{minutes // 60} h"
    return "1 day" if minutes == DAY else f"{minutes // DAY} days"
