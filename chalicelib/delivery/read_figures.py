"""Figures of reports by month, town and office, from the monthly sums and the cases that are still there.

What comes out holds only what may be shown: see shown_figures.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.delivery.month_tallies import (
    TOWN,
    MonthSum,
    add_to,
    is_partial,
    mark_of,
    month_of,
    tallies_of,
)
from chalicelib.delivery.ports import MonthSums
from chalicelib.delivery.shown_figures import Counts, Shown, show
from chalicelib.directory.ports import RecipientBook
from chalicelib.reporting.cases import SealedReport
from chalicelib.shared.clock import Clock
from chalicelib.shared.time_zones import ZoneOf

MONTHS = 12  # before this one
_UNDER_FIVE = show(Counts())
Cell = tuple[str, str, str]  # month, place, office: TOWN for the town's reports


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """Figures as they may be shown. `months` begins with this one; `places` and `offices` are names by id.

    `serving` says whose copies belong to a place, whether or not there are any. `partial` are months of which
    some cases lack what is counted now, `since` the month before which deleted cases are in no figure.
    """

    months: tuple[str, ...]
    places: Mapping[str, str]
    offices: Mapping[str, str]
    serving: Mapping[str, Collection[str]]
    cells: Mapping[Cell, Shown] = field(repr=False)
    partial: frozenset[str] = frozenset()
    since: str = ""

    def of(self, months: Sequence[str], places: Collection[str], office: str = TOWN) -> Shown:
        """Return the figures of one cell, or of several together: made of what each of them shows."""
        total = Shown()
        for month in months:
            for place in places:
                if office == TOWN or office in self.serving.get(place, ()):
                    total += self.cells.get((month, place, office), _UNDER_FIVE)
                elif (month, place, office) in self.cells:  # handed over to it from elsewhere
                    shown = self.cells[month, place, office]
                    total += shown if shown.reports.low else Shown()
        return total

    def offices_of(self, places: Collection[str]) -> Sequence[str]:
        """Return the offices that get reports of these places, by name; the others only where five did."""
        serving = {office for place in places for office in self.serving.get(place, ())}
        others = {
            office
            for (_, place, office), shown in self.cells.items()
            if office != TOWN and place in places and shown.reports.low
        }
        return sorted(serving | others, key=lambda office: (self.offices.get(office, office), office))


class ReadFigures:
    """Reads the figures of this month and the twelve before, as they are now."""

    def __init__(
        self,
        sums: MonthSums,
        cases: Callable[[datetime], Iterable[SealedReport]],
        book: RecipientBook,
        clock: Clock,
        zone_of: ZoneOf,
        places: Callable[[], Mapping[str, str]],
    ) -> None:
        """`cases` returns all that are kept; `places` the names of all places by slug."""
        self._sums = sums
        self._cases = cases
        self._book = book
        self._clock = clock
        self._zone_of = zone_of
        self._places = places

    def __call__(self) -> MonthFigures:
        """Return the figures of all places: this reads everything. Raises StoreUnavailable."""
        return self._read(self._clock.now(), self._sums.all, self._cases, self._places())

    def of(self, places: Sequence[str], cases: Callable[[datetime], Iterable[SealedReport]]) -> MonthFigures:
        """Return the figures of some places, and read no others; `cases` returns all that are kept of those.

        Raises StoreUnavailable.
        """
        now, names = self._clock.now(), self._places()
        months = months_to(month_of(now, self._zone_of("")))
        shown = {place: names.get(place, place) for place in places}
        return self._read(now, lambda: self._sums.of(places, months), cases, shown)

    def _read(
        self,
        now: datetime,
        read_sums: Callable[[], Iterable[MonthSum]],
        read_cases: Callable[[datetime], Iterable[SealedReport]],
        places: Mapping[str, str],
    ) -> MonthFigures:
        # The sums first: what is counted while we read is then taken from the cases, and not from both.
        sums, since = list(read_sums()), self._sums.since()
        raw: dict[tuple[str, str], dict[str, Counts]] = {}
        for one in sums:
            add_to(raw.setdefault((one.month, one.place), {}), one.raw)
        partial = {one.month for one in sums if one.partial}
        counted = {mark for one in sums for mark in one.marks}
        for case in read_cases(now):
            if not case.is_message and mark_of(case) not in counted:
                month = month_of(case.taken_at, self._zone_of(case.place))
                add_to(raw.setdefault((month, case.place), {}), tallies_of(case, now))
                partial.update({month} if is_partial(case) else ())
        cells = {
            (*where, office): show(counts)
            for where, offices in raw.items()
            for office, counts in offices.items()
        }
        for one in sums:
            for office, shown in one.settled.items():
                cell = one.month, one.place, office
                cells[cell] = cells.get(cell, Shown()) + shown
        zone = self._zone_of("")
        began = month_of(since, zone) if since else ""
        return self._figures(months_to(month_of(now, zone)), cells, frozenset(partial), began, places)

    def _figures(
        self,
        months: tuple[str, ...],
        cells: Mapping[Cell, Shown],
        partial: frozenset[str],
        since: str,
        places: Mapping[str, str],
    ) -> MonthFigures:
        recipients = self._book.recipients()
        chains = {place: self._book.chain(place) for place in places}
        serving = {
            place: frozenset(one.id for one in recipients if one.serves in chain)
            for place, chain in chains.items()
        }
        names = {one.id: one.name for one in recipients}
        gone = {place for _, place, office in cells if office == TOWN and place not in places}
        shown_gone = {place: place for place in sorted(gone) if _is_shown(cells, place)}
        return MonthFigures(
            months, {**places, **shown_gone}, names, serving, cells, partial & {*months}, since
        )


def months_to(month: str) -> tuple[str, ...]:
    """Return a month and the MONTHS before it, newest first: "2026-11", "2026-10", ..."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1
    return tuple(f"{one // 12:04d}-{one % 12 + 1:02d}" for one in range(number, number - MONTHS - 1, -1))


def _is_shown(cells: Mapping[Cell, Shown], place: str) -> bool:
    return any(shown.reports.low for (_, where, _), shown in cells.items() if where == place)
