"""Screens of accounts and of the audit log."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from chalicelib.desk.audit import deeds, plain_line
from chalicelib.desk.errors import LastPublisher, PersonKnown
from chalicelib.desk.manage_people import AddressWrong, ManagePeople
from chalicelib.desk.people import EDITOR, PUBLISHER, ROLES
from chalicelib.desk.ports import AuditEntry, AuditLog
from chalicelib.desk.tell_desk import TellPublishers
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import Screen, download, go_to
from chalicelib.shared.clock import Clock
from chalicelib.shared.email_addresses import is_address, plain_address
from chalicelib.shared.errors import EntryMissing

WordsOfLog = Callable[[], Callable[[str], str]]
PEOPLE = "/admin/people"
LOG = "/admin/log"
_LAST = "Somebody must remain who can publish and invite. Make another person a publisher first."
_NO_ADDRESS = "This is not an e-mail address. Write it like ana@town.example."
_MONTHS_KEPT = 13
_A = {EDITOR: "an editor", PUBLISHER: "a publisher", "": "without a role"}
_SEVEN_DAYS = "For seven days from now, this person can agree to nothing as the second publisher."
_FORMULA = ("=", "+", "-", "@", "\u2212")  # wide and small ones are read as these (NFKC)
_SPLITS = ("\t", "\r", "\n")
# What a spreadsheet may drop before a formula: spaces, and signs that nobody sees.
_BEFORE_A_FORMULA = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u3000"


def routes(guard: Guard, people: ManagePeople, tell: TellPublishers) -> None:
    """Register the routes of people."""
    screens = PeopleScreens(guard.show, people, tell)
    guard.screen(PEOPLE, PUBLISHER, does="invite somebody", about="email")(screens.people)
    for path, does, press in (
        ("/admin/people/role", "change a role", screens.change_role),
        ("/admin/people/remove", "remove somebody", screens.remove),
        ("/admin/people/password", "send a first password", screens.send_password),
        ("/admin/people/authenticator", "forget an authenticator", screens.forget_authenticator),
    ):
        guard.action(path, PUBLISHER, does, about="email")(press)


def log_routes(guard: Guard, audit: AuditLog, clock: Clock, words: WordsOfLog) -> None:
    """Register the routes of the audit log."""
    lines = LogScreens(guard.show, audit, clock, words)
    guard.screen(LOG, EDITOR)(lines.month)
    guard.screen("/admin/log/file", PUBLISHER)(lines.file)


class PeopleScreens:
    """The screen of accounts and its buttons, a method each. `tell` mails what was done to all publishers."""

    def __init__(self, show: Show, people: ManagePeople, tell: TellPublishers) -> None:
        self._show = show
        self._people = people
        self._tell = tell

    def people(self, request: AdminRequest) -> Screen:
        """List the accounts, or invite somebody."""
        if not request.posted:
            return self._everybody(request)
        request.deed.after = request.field("role")
        problems = _amiss(request.field("email"), request.field("role"))
        if problems:
            return self._everybody(request, 422, problems)
        try:
            person = self._people.invite(request.field("email"), request.field("role"))
        except AddressWrong:
            return self._everybody(request, 422, {"email": _NO_ADDRESS})
        except PersonKnown:
            known = "This address has been invited before: it is in the list."
            return self._everybody(request, 422, {"email": known})
        request.deed.about = person.email
        sentence = f"{request.who.email} invited {person.email} to the desk, as {_A[person.role]}."
        self._tell("somebody was invited", (sentence, _SEVEN_DAYS), but=(person.email,))
        return go_to(f"{PEOPLE}?done=invited")

    def change_role(self, request: AdminRequest) -> Screen:
        """Change somebody's role, unless no publisher would remain."""
        request.deed.after = request.field("role")
        try:
            before = self._people.change_role(request.field("email"), request.field("role"))
        except LastPublisher:
            return self._everybody(request, 409, {"": _LAST})
        request.deed.before = before.role or "no role"
        sentence = (
            f"{request.who.email} made {before.email} {_A[request.field('role')]}. Before: {_A[before.role]}."
        )
        lines = (sentence, _SEVEN_DAYS) if request.field("role") == PUBLISHER else (sentence,)
        self._tell("a role was changed", lines, (before.email,))
        return go_to(f"{PEOPLE}?done=role")

    def remove(self, request: AdminRequest) -> Screen:
        """Delete somebody's account, unless no publisher would remain."""
        try:
            gone = self._people.remove(request.field("email"), request.who)
        except LastPublisher:
            return self._everybody(request, 409, {"": _LAST})
        request.deed.before, request.deed.after = gone.role or "no role", "removed"
        why = plain_line(request.field("why"))
        sentence = f"{request.who.email} removed {gone.email}, {_A[gone.role]}, from the desk."
        self._tell("somebody was removed", (sentence, f"Why: {why or 'no reason was given'}"), (gone.email,))
        return go_to(f"{PEOPLE}?done=removed")

    def send_password(self, request: AdminRequest) -> Screen:
        """Mail somebody a new first password; the one before ends."""
        person = self._people.send_first_password(request.field("email"))
        request.deed.after = "a new first password, mailed"
        sentence = (
            f"{request.who.email} had a new first password mailed to {person.email}. The old one has ended."
        )
        self._tell("a new first password was mailed", (sentence, _SEVEN_DAYS), but=(person.email,))
        return go_to(f"{PEOPLE}?done=password")

    def forget_authenticator(self, request: AdminRequest) -> Screen:
        """Reset somebody's second factor."""
        person = self._people.forget_authenticator(request.field("email"))
        request.deed.before, request.deed.after = "an authenticator", "a new one may be set up"
        sentence = f"{request.who.email} let {person.email} set up a new authenticator."
        self._tell("an authenticator was forgotten", (sentence, _SEVEN_DAYS), (person.email,))
        return go_to(f"{PEOPLE}?done=authenticator_gone")

    def _everybody(
        self, request: AdminRequest, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        return self._show(
            request,
            "people.html",
            status,
            people=self._people.everybody(),
            roles=ROLES,
            email=plain_line(request.field("email")) if problems else "",
            role=request.field("role") if problems else EDITOR,
            problems=problems or {},
        )


def _amiss(email: str, role: str) -> dict[str, str]:
    """Return everything that is wrong with an invitation, by field."""
    problems = {}
    if not email.strip():
        problems["email"] = "Write the e-mail address of the person."
    elif not is_address(plain_address(email)):
        problems["email"] = _NO_ADDRESS
    if role not in ROLES:
        problems["role"] = "Choose one of those that are listed."
    return problems


class LogScreens:
    """The audit log's screens: a month of it, and all of it as a file.

    `words` gives what puts ids into words, for the screen; the file holds what is stored.
    """

    def __init__(self, show: Show, audit: AuditLog, clock: Clock, words: WordsOfLog = lambda: str) -> None:
        self._show = show
        self._words = words
        self._audit = audit
        self._clock = clock

    def month(self, request: AdminRequest) -> Screen:
        """Show a month of the audit log. Raises EntryMissing."""
        months = _months(self._clock.now())
        month = request.asked("month") or months[0]
        if month not in months:
            raise EntryMissing("the log is kept for a year")
        entries = deeds(self._audit.entries(month))
        return self._show(
            request, "log.html", entries=entries, month=month, months=months, words=self._words()
        )

    def file(self, request: AdminRequest) -> Screen:
        """Download the whole audit log as CSV."""
        months = _months(self._clock.now())
        entries = [entry for month in months for entry in deeds(self._audit.entries(month))]
        return download(as_csv(entries), "log.csv", "text/csv")


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


def csv_cell(text: str) -> str:
    """Return a text as a cell of a CSV file that a spreadsheet takes for no formula."""
    begins = unicodedata.normalize("NFKC", text[:200]).lstrip(_BEFORE_A_FORMULA)
    return f"'{text}" if begins.startswith(_FORMULA) or text[:1] in _SPLITS else text


def _months(now: datetime) -> list[str]:
    """Return the months that the log is kept for, this one first."""
    months = [f"{now:%Y-%m}"]
    first = now.replace(day=1)
    while len(months) < _MONTHS_KEPT:
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(f"{first:%Y-%m}")
    return months
