"""Admin screens of contacts: the list with its due checks, the form of one, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.desk.grants import Sees, sees_all
from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.directory.document_ids import CONTACTS
from chalicelib.publishing.contact_form import CHECKED_FORM
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_whole import seen_as
from chalicelib.publishing.forms import Form, Problems, Typed
from chalicelib.publishing.web.changes import CHANGES
from chalicelib.publishing.web.form_screens import PUT_ASIDE, FormView, show_form, try_to_save
from chalicelib.publishing.web.spots import spot_of

CONTACT_LIST = "/admin/contacts"
CONTACT = "/admin/contact"
OUT = "/admin/contact/out"
_ON_A_PAGE = 25  # each has ways to reach it, and a form
_BACK = (CONTACT_LIST, "Leave it")


def routes(guard: Guard, contacts: EditContacts, sees: Sees = sees_all) -> None:
    """Register the screens; `sees` says which places somebody looks after."""
    screens = ContactScreens(guard.show, contacts, sees)
    guard.screen(CONTACT_LIST, EDITOR, looks=True)(screens.contacts)
    note_checked = "note a contact as checked"
    guard.action("/admin/contacts/checked", EDITOR, does=note_checked, about="contact")(screens.checked)
    guard.screen(CONTACT, EDITOR, does="change a contact", about="c")(screens.contact)
    guard.screen(OUT, EDITOR, does="take a contact out", about="c")(screens.out)


class ContactScreens:
    """The screens of contacts, a method each."""

    def __init__(self, show: Show, edit: EditContacts, sees: Sees = sees_all) -> None:
        self._show = show
        self._edit = edit
        self._sees = sees

    def contacts(self, request: AdminRequest) -> Screen:
        """List the contacts, each with the day of its last check."""
        return self._list(request)

    def checked(self, request: AdminRequest) -> Screen:
        """Mark a contact as checked today."""
        problems = CHECKED_FORM.problems(Typed(request.fields))
        if problems:
            return self._list(request, 422, problems)
        self._edit.mark_checked(request.field("contact"), request.field("role"), request.who.email)
        return go_to(f"{CONTACT_LIST}?done=checked")

    def contact(self, request: AdminRequest) -> Screen:
        """Show the form of a contact or of a new one, or save what was typed."""
        contact, typed = request.asked("c"), Typed(request.fields)
        if not request.posted:
            return self._form(request, self._edit.typed(contact) if contact else Typed())

        def again(problems: Problems, status: int, theirs: Typed | None) -> Screen:
            return self._form(request, typed, problems, status, theirs)

        return try_to_save(lambda: self._saved(request, contact, typed), again)

    def _list(self, request: AdminRequest, status: int = 200, problems: Problems | None = None) -> Screen:
        """Show the list; `problems` are of the role that was typed at one of the contacts."""
        known, places = self._edit.listed()
        theirs, told = self._sees(request.who), problems or {}
        lines = [line for line in known if theirs(str(line.entry.get("serves")))]
        stale = [line for line in lines if line.stale]
        wanted = {"stale": stale}.get(request.asked("show"), lines)
        list_ = paged(request, wanted, lambda line: _words_of(line.entry, places), _ON_A_PAGE)
        if told and not any(line.entry["id"] == request.asked("contact") for line in list_.rows):
            line = next((one for one in lines if one.entry["id"] == request.asked("contact")), None)
            list_ = replace(list_, rows=[*([line] if line else []), *list_.rows])
        rows = enumerate(list_.rows, 1)
        at = [number for number, line in rows if line.entry["id"] == request.asked("contact")]
        return self._show(
            request,
            "contacts.html",
            status,
            list=list_,
            all=len(lines),
            stale=len(stale),
            only_stale=request.asked("show") == "stale",
            lines=list_.rows,
            places=places,
            typed={f"role-{number}": Typed(request.fields).shown().text("role") for number in at if told},
            problems={f"role-{number}": told["role"] for number in at if told} or told,
        )

    def _saved(self, request: AdminRequest, contact: str, typed: Typed) -> Screen:
        if not contact:
            request.deed.about = self._edit.add(typed, request.who.email)
            return go_to(f"{CONTACT_LIST}?done=added")
        if request.field("leave"):
            self._edit.put_aside(contact, typed, request.who.email)
            request.deed.after = "put aside; what somebody else saved stays"
            return go_to(PUT_ASIDE)
        before = self._edit.open(contact)
        self._edit.save(contact, typed, request.field("seen"), request.who.email)
        after = self._edit.open(contact)
        fell = not after["checked_on"] and (before["checked_on"] or after["mark"] != typed.text("mark"))
        done, spot = "fell" if fell else "saved", spot_of(request)
        return go_to(spot.path(done) if spot else f"{CHANGES}?d={CONTACTS}/{after['serves']}&done={done}")

    def out(self, request: AdminRequest) -> Screen:
        """Say what it means to take a contact out, or do it."""
        contact = request.asked("c")
        entry = self._edit.open(contact)

        def ask(problems: Problems, status: int, theirs: Typed | None) -> Screen:
            view = FormView(
                f"Take out {entry['name']}?",
                OUT,
                "" if self._edit.why_kept(contact) else "Take it out",
                (f"{CONTACT}?c={contact}", "Keep it"),
                "Readers see it until the draft is published. Then no page shows it any more.",
                {"c": contact, "seen": seen_as(entry)},
            )
            return show_form(self._show, request, view, Form(), Typed(), problems, status, theirs)

        def take_out() -> Screen:
            self._edit.take_out(contact, request.field("seen"), request.who.email)
            return go_to(f"{CONTACT_LIST}?done=taken_out")

        if request.posted:
            return try_to_save(take_out, ask)
        kept = self._edit.why_kept(contact)
        return ask({"": kept} if kept else {}, 200, None)

    def _form(
        self,
        request: AdminRequest,
        typed: Typed,
        problems: Problems | None = None,
        status: int = 200,
        theirs: Typed | None = None,
    ) -> Screen:
        contact = request.asked("c")
        entry = self._edit.open(contact) if contact else None
        # After a conflict what is sent goes over what is shown as theirs.
        seen = request.field("seen") if request.posted and status != 409 else ""
        spot = spot_of(request)
        view = FormView(
            str(entry["name"]) if entry else "Add a contact",
            CONTACT,
            "Save the draft",
            (spot.href, "Leave it") if spot else _BACK,
            hidden={
                "c": contact,
                "seen": seen or (seen_as(entry) if entry else ""),
                **(spot.hidden if spot else {}),
            },
            template="contact.html",
            keeps=bool(contact),
        )
        form = self._edit.form(contact)
        return show_form(self._show, request, view, form, typed, problems, status, theirs, entry=entry)


def _words_of(entry: Mapping[str, Any], places: Mapping[str, str]) -> str:
    """Return what a contact is found by: its name, its place, its numbers and addresses."""
    serves = str(entry.get("serves"))
    ways = (str(channel.get("show") or channel.get("value")) for channel in entry["channels"])
    return " ".join((str(entry["name"]), places.get(serves, serves), *ways))
