"""Screens of the audit log: a month of it, and all of it as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from chalicelib.desk.audit import deeds, plain_line
from chalicelib.desk.grants import SITE, Sees, sees_all
from chalicelib.desk.log_pages import is_position, page_of
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.ports import AuditEntry, AuditLog
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import fits, typed_words
from chalicelib.desk.web.screens import Screen, download
from chalicelib.shared.clock import Clock
from chalicelib.shared.csv_cells import csv_cell
from chalicelib.shared.errors import EntryMissing

WordsOfLog = Callable[[], Callable[[str], str]]
# Gives what returns the places that a word of a line stands for; none for a word that is of no place.
PlacesOfLog = Callable[[], Callable[[str], Sequence[str]]]
LOG = "/admin/log"
_MONTHS_KEPT = 13
_TO_RELEASE = re.compile(r"\bto release [0-9]+$")  # beside the place that was rolled back


def no_places() -> Callable[[str], Sequence[str]]:
    """Return what knows no place: people of a place see their own deeds then."""
    return lambda word: ()


def routes(
    guard: Guard,
    audit: AuditLog,
    clock: Clock,
    words: WordsOfLog,
    sees: Sees = sees_all,
    places: PlacesOfLog = no_places,
) -> None:
    """Register the routes of the audit log. `sees` says which places somebody looks after."""
    lines = LogScreens(guard.show, audit, clock, words, sees, places)
    guard.screen(LOG, EDITOR, looks=True)(lines.month)
    guard.screen("/admin/log/file", PUBLISHER)(lines.file)


class LogScreens:
    """The audit log's screens: a month of it, and all of it as a file.

    `words` gives what puts ids into words, for the screen; the file holds what is stored.
    """

    def __init__(
        self,
        show: Show,
        audit: AuditLog,
        clock: Clock,
        words: WordsOfLog = lambda: str,
        sees: Sees = sees_all,
        places: PlacesOfLog = no_places,
    ) -> None:
        self._show = show
        self._sees = sees
        self._places = places
        self._words = words
        self._audit = audit
        self._clock = clock

    def month(self, request: AdminRequest) -> Screen:
        """Show a month of the audit log. Raises EntryMissing."""
        months = _months(self._clock.now())
        month = request.asked("month") or months[0]
        if month not in months:
            raise EntryMissing("the log is kept for a year")
        position, typed, words = request.asked("from"), typed_words(request), _once(self._words())
        position, theirs = position if is_position(position) else "", self._theirs(request)

        def wanted(entry: AuditEntry) -> bool:
            return (not typed or fits(typed, _found_by(entry))) and theirs(entry)

        all_of_it = not typed and self._sees(request.who)(SITE)
        page = page_of(self._audit, month, position, None if all_of_it else wanted)
        return self._show(
            request,
            "log.html",
            page=page,
            entries=page.entries,
            month=month,
            months=months,
            words=words,
            typed=typed,
            begins=not position,
        )

    def file(self, request: AdminRequest) -> Screen:
        """Download the whole audit log as CSV."""
        months = _months(self._clock.now())
        theirs = self._theirs(request)
        entries = [entry for month in months for entry in deeds(self._audit.entries(month)) if theirs(entry)]
        return download(as_csv(entries), "log.csv", "text/csv")

    def _theirs(self, request: AdminRequest) -> Callable[[AuditEntry], bool]:
        """Return what says whether somebody sees a line: one of theirs, or about their places alone."""
        sees = self._sees(request.who)
        if sees(SITE):
            return lambda entry: True
        places_of = self._places()

        def theirs(entry: AuditEntry) -> bool:
            named = _TO_RELEASE.sub("", entry.about).replace(",", " ").split()
            about = [places_of(word) for word in named]
            of_own = bool(about) and all(places and all(map(sees, places)) for places in about)
            return of_own or entry.who == request.who.email

        return theirs


def as_csv(entries: Sequence[AuditEntry]) -> str:
    """Return the audit log as CSV, safe from formula injection: no cell can turn into a formula.

    It begins with a mark without which a spreadsheet takes its letters for others.
    """
    table = io.StringIO("\ufeff")
    table.seek(1)
    writer = csv.writer(table)
    names = ("who", "role", "did", "about", "why", "before", "after", "outcome", "told")
    writer.writerow(["when (UTC)", *names])
    for entry in entries:
        texts = (plain_line(str(getattr(entry, name))) for name in names)
        writer.writerow([f"{entry.at:%Y-%m-%d %H:%M:%S}", *map(csv_cell, texts)])
    return table.getvalue()


def _found_by(entry: AuditEntry) -> str:
    """Return what a line is found by: its texts as they are stored, and ids as the names they are made of."""
    texts = (entry.did, entry.about, entry.before, entry.after, entry.why, entry.told)
    ids = " ".join(texts).replace("-", " ").replace("/", " ")
    return " ".join((entry.who, ids, *texts))


def _once(words: Callable[[str], str]) -> Callable[[str], str]:
    """Return what puts each text into words once: lines of a log are much alike."""
    said: dict[str, str] = {"": ""}

    def once(text: str) -> str:
        if text not in said:
            said[text] = words(text)
        return said[text]

    return once


def _months(now: datetime) -> list[str]:
    """Return the months that the log is kept for, this one first."""
    months = [f"{now:%Y-%m}"]
    first = now.replace(day=1)
    while len(months) < _MONTHS_KEPT:
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(f"{first:%Y-%m}")
    return months
