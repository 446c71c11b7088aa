"""Who may sign in, and what was done at the desk."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
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
from chalicelib.shared.errors import EntryMissing

PEOPLE = "/admin/people"
LOG = "/admin/log"
_LAST = "Somebody must remain who can publish and invite. Make another person a publisher first."
_MONTHS_KEPT = 13
_A = {EDITOR: "an editor", PUBLISHER: "a publisher", "": "without a role"}
_SEVEN_DAYS = "For seven days from now, this person can agree to nothing as the second publisher."
_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)  # wide ones too


def routes(desk: Guard, people: ManagePeople, tell: TellPublishers, audit: AuditLog, clock: Clock) -> None:
    """Register the screens of people and of the log."""
    screens = PeopleScreens(desk.show, people, tell)
    desk.screen(PEOPLE, PUBLISHER, does="invite somebody", about="email")(screens.people)
    for path, does, press in (
        ("/admin/people/role", "change a role", screens.change_role),
        ("/admin/people/remove", "remove somebody", screens.remove),
        ("/admin/people/password", "send a first password", screens.send_password),
        ("/admin/people/authenticator", "forget an authenticator", screens.forget_authenticator),
    ):
        desk.action(path, PUBLISHER, does, about="email")(press)
    lines = LogScreens(desk.show, audit, clock)
    desk.screen(LOG, EDITOR)(lines.month)
    desk.screen("/admin/log/file", PUBLISHER)(lines.file)


class PeopleScreens:
    """The screen of people and its buttons, a method each. `tell` mails what was done to all publishers."""

    def __init__(self, show: Show, people: ManagePeople, tell: TellPublishers) -> None:
        self._show = show
        self._people = people
        self._tell = tell

    def people(self, visit: AdminRequest) -> Screen:
        """List who may sign in, or invite somebody."""
        if not visit.posted:
            return self._everybody(visit)
        visit.deed.after = visit.one("role")
        try:
            person = self._people.invite(visit.one("email"), visit.one("role"))
        except AddressWrong:
            return self._everybody(visit, 422, {"email": "This is not an e-mail address."})
        except PersonKnown:
            known = "This address has been invited before: it is in the list."
            return self._everybody(visit, 422, {"email": known})
        visit.deed.about = person.email
        told = f"{visit.who.email} invited {person.email} to the desk, as {_A[person.role]}."
        self._tell("somebody was invited", (told, _SEVEN_DAYS), but=(person.email,))
        return go_to(f"{PEOPLE}?done=invited")

    def change_role(self, visit: AdminRequest) -> Screen:
        """Give somebody another role, unless no publisher would remain."""
        visit.deed.after = visit.one("role")
        try:
            before = self._people.change_role(visit.one("email"), visit.one("role"))
        except LastPublisher:
            return self._everybody(visit, 409, {"": _LAST})
        visit.deed.before = before.role or "no role"
        told = f"{visit.who.email} made {before.email} {_A[visit.one('role')]}. Before: {_A[before.role]}."
        lines = (told, _SEVEN_DAYS) if visit.one("role") == PUBLISHER else (told,)
        self._tell("a role was changed", lines, (before.email,))
        return go_to(f"{PEOPLE}?done=role")

    def remove(self, visit: AdminRequest) -> Screen:
        """Take somebody's account away, unless no publisher would remain."""
        try:
            gone = self._people.remove(visit.one("email"), visit.who)
        except LastPublisher:
            return self._everybody(visit, 409, {"": _LAST})
        visit.deed.before, visit.deed.after = gone.role or "no role", "removed"
        why = plain_line(visit.one("why"))
        told = f"{visit.who.email} removed {gone.email}, {_A[gone.role]}, from the desk."
        self._tell("somebody was removed", (told, f"Why: {why or 'no reason was given'}"), (gone.email,))
        return go_to(f"{PEOPLE}?done=removed")

    def send_password(self, visit: AdminRequest) -> Screen:
        """Mail somebody a new first password; the one before ends."""
        person = self._people.send_first_password(visit.one("email"))
        visit.deed.after = "a new first password, mailed"
        told = f"{visit.who.email} had a new first password mailed to {person.email}. The old one has ended."
        self._tell("a new first password was mailed", (told, _SEVEN_DAYS), but=(person.email,))
        return go_to(f"{PEOPLE}?done=password")

    def forget_authenticator(self, visit: AdminRequest) -> Screen:
        """Let somebody set up a new second factor."""
        person = self._people.forget_authenticator(visit.one("email"))
        visit.deed.before, visit.deed.after = "an authenticator", "a new one may be set up"
        told = f"{visit.who.email} let {person.email} set up a new authenticator."
        self._tell("an authenticator was forgotten", (told, _SEVEN_DAYS), (person.email,))
        return go_to(f"{PEOPLE}?done=authenticator_gone")

    def _everybody(
        self, visit: AdminRequest, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        return self._show(
            visit,
            "people.html",
            status,
            people=self._people.everybody(),
            roles=ROLES,
            email=visit.one("email") if problems else "",
            problems=problems or {},
        )


class LogScreens:
    """The audit log's screens: a month of it, and all of it as a file."""

    def __init__(self, show: Show, audit: AuditLog, clock: Clock) -> None:
        self._show = show
        self._audit = audit
        self._clock = clock

    def month(self, visit: AdminRequest) -> Screen:
        """Show a month of the log. Raises EntryMissing."""
        months = _months(self._clock.now())
        month = visit.asked("month") or months[0]
        if month not in months:
            raise EntryMissing("the log is kept for a year")
        entries = deeds(self._audit.entries(month))
        return self._show(visit, "log.html", entries=entries, month=month, months=months)

    def file(self, visit: AdminRequest) -> Screen:
        """Give the whole log as a table."""
        months = _months(self._clock.now())
        entries = [entry for month in months for entry in deeds(self._audit.entries(month))]
        return download(as_csv(entries), "log.csv", "text/csv")


def as_csv(entries: Sequence[AuditEntry]) -> str:
    """Return the log as a table for a spreadsheet, where no cell can turn into a formula.

    It begins with a mark without which a spreadsheet takes its letters for others.
    """
    table = io.StringIO("\ufeff")
    table.seek(1)
    writer = csv.writer(table)
    names = ("who", "role", "did", "about", "why", "before", "after", "outcome", "told")
    writer.writerow(["when (UTC)", *names])
    for entry in entries:
        told = (plain_line(str(getattr(entry, name))) for name in names)
        writer.writerow([f"{entry.at:%Y-%m-%d %H:%M:%S}", *map(_cell, told)])
    return table.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _months(now: datetime) -> list[str]:
    """Return the months that the log is kept for, this one first."""
    months = [f"{now:%Y-%m}"]
    first = now.replace(day=1)
    while len(months) < _MONTHS_KEPT:
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(f"{first:%Y-%m}")
    return months
