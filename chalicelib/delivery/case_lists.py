"""Lists of cases a page at a time: those that are not done, and the newest of some places.

Nothing here reads all cases: each list is read from its end, and no further than its page.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from chalicelib.delivery.ports import Cases
from chalicelib.reporting.cases import OPEN, SealedReport
from chalicelib.shared.clock import Clock

MOST_OPEN = 1_000  # read at once: past these a screen says that there are more
MOST_PLACES = 30  # whose lists are shown as one: each is a query
_CHUNK = 10
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Position:
    """A position in a list by time: how many cases of this moment were shown already. It says no more."""

    at: datetime
    shown: int

    def __str__(self) -> str:
        """Return it as an address may hold it."""
        return f"{(self.at - _EPOCH) // _MILLISECOND}-{self.shown}"


@dataclass(frozen=True, slots=True)
class CasePage:
    """Cases of one page, and where the next one begins; None at the end."""

    cases: Sequence[SealedReport]
    rest: Position | None


@dataclass(frozen=True, slots=True)
class OpenCases:
    """Cases that are not done, longest waiting first. `more` says that there are others, which came later."""

    cases: Sequence[SealedReport]
    more: bool


class CaseLists:
    """The lists of cases."""

    def __init__(self, cases: Cases, clock: Clock) -> None:
        self._cases = cases
        self._clock = clock

    def open(self, sees: Callable[[str], bool] = lambda place: True, most: int = MOST_OPEN) -> OpenCases:
        """Return what is not done at the places that somebody `sees`, of the first `most` of all places."""
        read = self._cases.listed(OPEN, self._clock.now(), chunk=most + 1, oldest_first=True)
        cases = list(islice(read, most + 1))
        return OpenCases([case for case in cases[:most] if sees(case.place)], len(cases) > most)

    def kept(self, places: Sequence[str], now: datetime) -> Iterator[SealedReport]:
        """Return every case of these places that is kept."""
        wanted = frozenset(places)
        for place in wanted:
            yield from self._cases.listed(place, now, chunk=MOST_OPEN)
        yield from (one for one in self._cases.listed(OPEN, now, chunk=MOST_OPEN) if one.place in wanted)

    def newest(self, places: Sequence[str], after: Position | None, most: int) -> CasePage:
        """Return the newest cases of these places, done or not, from a position on."""
        if not places:
            return CasePage((), None)
        now, upto = self._clock.now(), after.at if after else None
        wanted = frozenset(places)
        chunk = max(_CHUNK, -(-most // max(1, len(places))) + 1)
        lists: list[Iterator[SealedReport]] = [
            self._cases.listed(place, now, upto, chunk) for place in sorted(wanted)
        ]
        not_done = islice(self._cases.listed(OPEN, now, upto, most + 1), MOST_OPEN)
        lists.append(case for case in not_done if case.place in wanted)
        merged = heapq.merge(*lists, key=lambda case: (case.taken_at, case.id), reverse=True)
        page = list(islice(_skipping(merged, after) if after else merged, most + 1))
        if len(page) <= most:
            return CasePage(page, None)
        return CasePage(page[:most], _position(page[:most], after))


def read_position(text: str) -> Position | None:
    """Return the position that an address holds, or None: from the start."""
    moment, _, shown = text.partition("-")
    if not all(part.isascii() and part.isdecimal() and len(part) < 15 for part in (moment, shown)):
        return None
    try:
        return Position(_EPOCH + int(moment) * _MILLISECOND, int(shown))
    except OverflowError:
        return None


def _skipping(cases: Iterable[SealedReport], after: Position) -> Iterator[SealedReport]:
    """Pass over as many cases of the position's moment as were shown already."""
    left = after.shown
    for case in cases:
        if left and _moment(case) == after.at:
            left -= 1
            continue
        yield case


def _position(page: Sequence[SealedReport], after: Position | None) -> Position:
    last = _moment(page[-1])
    shown = sum(_moment(case) == last for case in page)
    before = after.shown if after is not None and after.at == last else 0
    return Position(last, shown + before)


def _moment(case: SealedReport) -> datetime:
    return _EPOCH + (case.taken_at - _EPOCH) // _MILLISECOND * _MILLISECOND
