"""Screens of figures: reports by month, town and office, as pictures with their tables, and as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.delivery.read_figures import MonthFigures
from chalicelib.delivery.render import figure_pictures as pictures
from chalicelib.delivery.shown_figures import Shown, Wait
from chalicelib.desk.grants import Sees, sees_all
from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
from chalicelib.desk.web.screens import Screen, download
from chalicelib.shared.csv_cells import csv_cell
from chalicelib.shared.errors import EntryMissing

FIGURES = "/admin/figures"
FILE = "/admin/figures/file"
MOST_AT_ONCE = 10  # places whose figures are read for one screen: a dozen records each
FiguresOf = Callable[[Sequence[str]], MonthFigures]
HEADS = {
    "reports": "Reports",
    "taken": "Taken by every office",
    "held": "Held for a while",
    "failed": "Failed",
    "unanswered": "Alarms nobody answered",
}
OFFICE_HEADS = {**HEADS, "reports": "Copies", "taken": "Taken by this office"}
HALF, MOST = "Time until half arrived", "Time until 95 of 100 arrived"
REPLIED, HALF_REPLIED = "Replied", "Time until half of these replied"
TOO_FEW = "too few"
_SPANS = {"month": "This month, so far", "year": "The twelve months before"}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its name, its figures, and how far its bar reaches, of a hundred."""

    name: str
    shown: Shown
    sure: float = 0
    most: float = 0

    @property
    def half(self) -> str:
        """Return within how long half of them arrived."""
        return words_of(self.shown.wait(0.5))

    @property
    def nearly_all(self) -> str:
        """Return within how long 95 of 100 arrived."""
        return words_of(self.shown.wait(0.95))

    @property
    def half_replied(self) -> str:
        """Return within how long half of those replied to had their first reply."""
        return words_of(self.shown.reply_wait(0.5))

    @property
    def cells(self) -> list[str]:
        """Return all of it in words, in the order of the heads."""
        counts = [getattr(self.shown, name).text for name in HEADS]
        return [*counts, self.half, self.nearly_all, self.shown.replied.text, self.half_replied]


def routes(
    guard: Guard,
    read_figures: FiguresOf,
    places: Callable[[], Mapping[str, str]],
    sees: Sees = sees_all,
) -> None:
    """Register the routes of figures: the screen and its file, for whoever sees cases.

    `read_figures` returns those of some places; `places` names all.
    """
    screens = FigureScreens(guard.show, read_figures, places, sees)
    guard.screen(FIGURES, EDITOR, looks=True)(screens.figures)
    guard.screen(FILE, EDITOR)(screens.file)


class FigureScreens:
    """The screen of figures and its file."""

    def __init__(
        self,
        show: Show,
        read_figures: FiguresOf,
        places: Callable[[], Mapping[str, str]],
        sees: Sees = sees_all,
    ) -> None:
        self._sees = sees
        self._show = show
        self._read_figures = read_figures
        self._places = places

    def figures(self, request: AdminRequest) -> Screen:
        """Show this month and the twelve before, of one town or of all; of many towns, let one be chosen."""
        names = self._names(request)
        place = request.asked("town") if request.asked("town") in names else ""
        if len(names) > MOST_AT_ONCE and not place:
            list_ = paged(request, list(names), names.__getitem__)
            return self._show(request, "figures_choose.html", list=list_, names=names)
        figures = self._read_figures([place] if place else [*names])
        places = [place] if place else list(figures.places)
        span = "year" if request.asked("time") == "year" else "month"
        months = figures.months[:1] if span == "month" else figures.months[1:]
        by_month = [Row(name_of(month), figures.of([month], places)) for month in figures.months]
        oldest_first = by_month[::-1]
        bars, marks = pictures.bars(
            [row.shown.reports for row in oldest_first], [row.name[:3] for row in oldest_first]
        )
        towns = [Row(figures.places[one], figures.of(months, [one])) for one in places]
        return self._show(
            request,
            "figures.html",
            figures=figures,
            heads=HEADS,
            office_heads=OFFICE_HEADS,
            place=place,
            towns=names if len(names) <= MOST_AT_ONCE else {place: names[place]},
            many=len(names) > MOST_AT_ONCE,
            span=span,
            spans=_SPANS,
            by_month=by_month,
            by_town=_with_bars(towns),
            by_office=_with_bars(office_rows(figures, months, places)),
            bars=bars,
            marks=marks,
            half=pictures.waits([row.shown.wait(0.5) for row in oldest_first]),
            nearly_all=pictures.waits([row.shown.wait(0.95) for row in oldest_first]),
            wait_marks=pictures.wait_marks(),
            size=pictures,
            partial=[name_of(month) for month in figures.months if month in figures.partial],
            since=name_of(figures.since) if figures.since else "",
            since_is_shown=figures.since > figures.months[-1],
        )

    def file(self, request: AdminRequest) -> Screen:
        """Download the same figures, each month, town and office a row. Raises EntryMissing."""
        names, place = self._names(request), request.asked("town")
        if place not in names and (place or len(names) > MOST_AT_ONCE):
            raise EntryMissing("choose a town first: there are too many for one file")
        return download(as_csv(self._read_figures([place] if place else [*names])), "figures.csv", "text/csv")

    def _names(self, request: AdminRequest) -> Mapping[str, str]:
        """Return the names of the places that somebody looks after, by slug."""
        theirs = self._sees(request.who)
        return {slug: name for slug, name in self._places().items() if theirs(slug)}


def office_rows(figures: MonthFigures, months: Sequence[str], places: Sequence[str]) -> list[Row]:
    """Return a row for each office that gets reports of these places."""
    return [
        Row(figures.offices.get(office, office), figures.of(months, places, office))
        for office in figures.offices_of(places)
    ]


def table_of(figures: MonthFigures) -> list[list[str]]:
    """Return all figures as a table, as they are shown: each month, town and office a row."""
    heads = {**HEADS, "taken": "Taken by every office, or by this one"}
    rows = [["Month", "Town", "Office", *heads.values(), HALF, MOST, REPLIED, HALF_REPLIED]]
    for month in figures.months:
        for place, name in figures.places.items():
            town = Row("all offices", figures.of([month], [place]))
            rows += [
                [month, name, row.name, *row.cells] for row in (town, *office_rows(figures, [month], [place]))
            ]
    return rows


def as_csv(figures: MonthFigures) -> str:
    """Return the table as CSV. It begins with a mark, as the log does."""
    table = io.StringIO("\ufeff")
    table.seek(1)
    csv.writer(table).writerows(map(csv_cell, row) for row in table_of(figures))
    return table.getvalue()


def name_of(month: str) -> str:
    """Return a month's name: "November 2026"."""
    return f"{date.fromisoformat(month + '-01'):%B %Y}"


def words_of(wait: Wait | None) -> str:
    """Return a span of minutes for people, or that too few tell of it."""
    return wait.text if wait else TOO_FEW


def _with_bars(rows: Sequence[Row]) -> list[Row]:
    most = max((row.shown.reports.high for row in rows), default=0)
    return [Row(row.name, row.shown, *pictures.share(row.shown.reports, most)) for row in rows]
