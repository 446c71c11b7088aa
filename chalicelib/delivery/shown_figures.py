"""Statistical disclosure control of figures: counts in steps of five, and totals only of what is shown.

Screens, pictures, files and the command line get nothing but Shown: no subtraction, of rows, columns, screens
or days, gives a number that a step does not give already.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

STEP = 5
EDGES = (5, 15, 30, 60, 120, 240, 480, 1440)  # minutes: a wait is known by which of these it is longer than
_NO_WAITS = (0,) * len(EDGES)


@dataclass(frozen=True, slots=True)
class Counts:
    """Exact counts, of reports in a town or of copies for an office: for the store, never for a screen.

    `taken` are those that every office took, `held` those that were kept back for a while, `unanswered` those
    with an alarm that nobody has acknowledged. `slower[n]` of those taken took longer than EDGES[n] minutes.
    """

    reports: int = 0
    taken: int = 0
    held: int = 0
    failed: int = 0
    unanswered: int = 0
    slower: tuple[int, ...] = _NO_WAITS

    def __add__(self, other: Counts) -> Counts:
        """Return the sums."""
        sums = {
            one.name: getattr(self, one.name) + getattr(other, one.name)
            for one in fields(Counts)
            if one.name != "slower"
        }
        return Counts(**sums, slower=tuple(map(sum, zip(self.slower, other.slower, strict=True))))


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

    def __add__(self, other: Shown) -> Shown:
        """Return the sums."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in SHOWN_COUNTS}
        slower = tuple(one + more for one, more in zip(self.slower, other.slower, strict=True))
        return Shown(**sums, slower=slower)

    def wait(self, share: float) -> Wait | None:
        """Return within how long `share` of those taken had arrived; None where too few say so."""
        above = 1 - share
        longer = [edge for edge, n in zip(EDGES, self.slower, strict=True) if n.low > above * self.taken.high]
        enough = self.taken.low > 0
        within = [
            edge
            for edge, n in zip(EDGES, self.slower, strict=True)
            if enough and n.high <= above * self.taken.low
        ]
        if not longer and not within:
            return None
        return Wait(max(longer, default=0), min(within, default=None))


SHOWN_COUNTS = tuple(one.name for one in fields(Shown) if one.name != "slower")


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
    bands = {name: _band(getattr(counts, name)) for name in SHOWN_COUNTS}
    return Shown(**bands, slower=tuple(map(_band, counts.slower)))


def _band(count: int) -> Band:
    low = count - count % STEP
    return Band(low, low + STEP - 1)


def _long(minutes: int) -> str:
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 1440 else "1 day"
