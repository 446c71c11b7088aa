"""Who may sign in, and what was done at the desk."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from chalicelib.domain.audit import deeds, plain_line
from chalicelib.domain.errors import EntryMissing, LastPublisher, PersonKnown
from chalicelib.domain.people import EDITOR, PUBLISHER, ROLES
from chalicelib.ports import AuditEntry, AuditLog, Clock
from chalicelib.usecases.manage_people import AddressWrong, ManagePeople
from chalicelib.usecases.tell_desk import TellDesk
from chalicelib.web.admin.answers import Sheet, download, go_to
from chalicelib.web.admin.desk import Desk, Visit

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


def routes(desk: Desk, people: ManagePeople, tell: TellDesk, audit: AuditLog, clock: Clock) -> None:
    """Register the screens of people and of the log."""

    def screen(visit: Visit, status: int = 200, problems: dict[str, str] | None = None) -> Sheet:
        return desk.show(
            visit,
            "people.html",
            status,
            people=people.everybody(),
            roles=ROLES,
            email=visit.one("email") if problems else "",
            problems=problems or {},
        )

    def last_publisher_stays(change: Callable[[Visit], None], done: str) -> Callable[[Visit], Sheet]:
        def changed(visit: Visit) -> Sheet:
            try:
                change(visit)
            except LastPublisher:
                return screen(visit, 409, {"": _LAST})
            return go_to(f"{PEOPLE}?done={done}")

        changed.__name__ = change.__name__
        return changed

    @desk.screen(PEOPLE, PUBLISHER, does="invite somebody", about="email")
    def people_screen(visit: Visit) -> Sheet:
        if not visit.posted:
            return screen(visit)
        visit.deed.after = visit.one("role")
        try:
            person = people.invite(visit.one("email"), visit.one("role"))
        except AddressWrong:
            return screen(visit, 422, {"email": "This is not an e-mail address."})
        except PersonKnown:
            return screen(visit, 422, {"email": "This address has been invited before: it is in the list."})
        visit.deed.about = person.email
        told = f"{visit.who.email} invited {person.email} to the desk, as {_A[person.role]}."
        tell("somebody was invited", (told, _SEVEN_DAYS), but=(person.email,))
        return go_to(f"{PEOPLE}?done=invited")

    @desk.action("/admin/people/role", PUBLISHER, does="change a role", about="email")
    @lambda change: last_publisher_stays(change, "role")
    def change_role(visit: Visit) -> None:
        visit.deed.after = visit.one("role")
        before = people.change_role(visit.one("email"), visit.one("role"))
        visit.deed.before = before.role or "no role"
        told = f"{visit.who.email} made {before.email} {_A[visit.one('role')]}. Before: {_A[before.role]}."
        lines = (told, _SEVEN_DAYS) if visit.one("role") == PUBLISHER else (told,)
        tell("a role was changed", lines, (before.email,))

    @desk.action("/admin/people/remove", PUBLISHER, does="remove somebody", about="email")
    @lambda change: last_publisher_stays(change, "removed")
    def remove_person(visit: Visit) -> None:
        gone = people.remove(visit.one("email"), visit.who)
        visit.deed.before, visit.deed.after = gone.role or "no role", "removed"
        why = plain_line(visit.one("why"))
        told = f"{visit.who.email} removed {gone.email}, {_A[gone.role]}, from the desk."
        tell("somebody was removed", (told, f"Why: {why or 'no reason was given'}"), (gone.email,))

    @desk.action("/admin/people/password", PUBLISHER, does="send a first password", about="email")
    def send_password(visit: Visit) -> Sheet:
        person = people.send_first_password(visit.one("email"))
        visit.deed.after = "a new first password, mailed"
        told = f"{visit.who.email} had a new first password mailed to {person.email}. The old one has ended."
        tell("a new first password was mailed", (told, _SEVEN_DAYS), but=(person.email,))
        return go_to(f"{PEOPLE}?done=password")

    @desk.action("/admin/people/authenticator", PUBLISHER, does="forget an authenticator", about="email")
    def forget_authenticator(visit: Visit) -> Sheet:
        person = people.forget_authenticator(visit.one("email"))
        visit.deed.before, visit.deed.after = "an authenticator", "a new one may be set up"
        told = f"{visit.who.email} let {person.email} set up a new authenticator."
        tell("an authenticator was forgotten", (told, _SEVEN_DAYS), (person.email,))
        return go_to(f"{PEOPLE}?done=authenticator_gone")

    @desk.screen(LOG, EDITOR)
    def log_screen(visit: Visit) -> Sheet:
        months = _months(clock.now())
        month = visit.asked("month") or months[0]
        if month not in months:
            raise EntryMissing("the log is kept for a year")
        return desk.show(visit, "log.html", entries=deeds(audit.entries(month)), month=month, months=months)

    @desk.screen("/admin/log/file", PUBLISHER)
    def log_file(visit: Visit) -> Sheet:
        entries = [entry for month in _months(clock.now()) for entry in deeds(audit.entries(month))]
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
