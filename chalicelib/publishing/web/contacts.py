"""The screens of contacts: the list with its due checks, and the form of one contact."""

from __future__ import annotations

from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import Screen, go_to, sentence_of
from chalicelib.directory.contacts import AUDIENCES, LINKED, MARKS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.edit_contacts import (
    KINDS,
    ChannelFields,
    ContactConflict,
    ContactFields,
    ContactWrong,
    EditContacts,
    seen_as,
)

CONTACT_LIST = "/admin/contacts"
CONTACT = "/admin/contact"
_SPARE_CHANNELS = 2
_CONTACT_CHANGED = (
    "Somebody else changed this contact meanwhile. Their version is below."
    " Save again to put yours in its place."
)


def routes(desk: Guard, contacts: EditContacts) -> None:
    """Register the screens."""
    screens = ContactScreens(desk.show, contacts)
    desk.screen(CONTACT_LIST, EDITOR)(screens.contacts)
    note_checked = "note a contact as checked"
    desk.action("/admin/contacts/checked", EDITOR, does=note_checked, about="contact")(screens.checked)
    desk.screen(CONTACT, EDITOR, does="change a contact", about="c")(screens.contact)


class ContactScreens:
    """The screens of contacts, a method each."""

    def __init__(self, show: Show, edit: EditContacts) -> None:
        self._show = show
        self._edit = edit

    def contacts(self, visit: AdminRequest) -> Screen:
        """List the contacts, each with the day of its last check."""
        places = {place.slug: place.name for place in self._edit.places()}
        return self._show(visit, "contacts.html", lines=self._edit.list(), places=places)

    def checked(self, visit: AdminRequest) -> Screen:
        """Mark a contact as checked today."""
        self._edit.mark_checked(visit.one("contact"), visit.one("role"), visit.who.email)
        return go_to(f"{CONTACT_LIST}?done=checked")

    def contact(self, visit: AdminRequest) -> Screen:
        """Show the form of a contact, or save what was typed."""
        if not visit.posted:
            return self._form(visit, None, "")
        fields = _typed_contact(visit)
        before = self._edit.open(visit.one("c"))
        try:
            self._edit.save(visit.one("c"), fields, visit.one("seen"), visit.who.email)
        except (ContactWrong, DocumentInvalid) as wrong:
            return self._form(visit, fields, visit.one("seen"), 422, {"": sentence_of(wrong)})
        except ContactConflict:
            return self._form(visit, fields, "", 409, {"": _CONTACT_CHANGED})
        after = self._edit.open(visit.one("c"))
        fell = not after["checked_on"] and (before["checked_on"] or after["mark"] != fields.mark)
        return go_to(f"{CONTACT_LIST}?done={'fell' if fell else 'saved'}")

    def _form(
        self,
        visit: AdminRequest,
        fields: ContactFields | None,
        seen: str,
        status: int = 200,
        problems: dict[str, str] | None = None,
    ) -> Screen:
        entry = self._edit.open(visit.asked("c"))
        shown = fields or _as_typed(entry)
        return self._show(
            visit,
            "contact.html",
            status,
            entry=entry,
            fields=shown,
            channels=[*shown.channels, *[ChannelFields("call", "")] * _SPARE_CHANNELS],
            seen=seen or seen_as(entry),
            kinds=KINDS,
            marks=MARKS,
            audiences=AUDIENCES,
            places=list(self._edit.places()),
            problems=problems or {},
        )


def _typed_contact(visit: AdminRequest) -> ContactFields:
    rows = zip(
        visit.fields.get("kind", ()), visit.fields.get("show", ()), visit.fields.get("body", ()), strict=False
    )
    return ContactFields(
        name=visit.one("name"),
        serves=visit.one("serves"),
        audience=visit.one("audience"),
        hours=visit.one("hours"),
        languages=visit.one("languages"),
        what=visit.one("what"),
        what_not=visit.one("what_not"),
        mark=visit.one("mark"),
        sources=visit.one("sources").splitlines(),
        channels=[ChannelFields(kind, show, body) for kind, show, body in rows],
        checked_by=visit.one("role") if visit.one("checked") else "",
        two_sources=bool(visit.one("two")),
    )


def _as_typed(entry: object) -> ContactFields:
    told = dict(entry) if isinstance(entry, dict) else {}
    return ContactFields(
        name=str(told.get("name") or ""),
        serves=str(told.get("serves") or ""),
        hours=str(told.get("hours") or ""),
        languages=str(told.get("languages") or ""),
        what=str(told.get("what") or ""),
        what_not=str(told.get("what_not") or ""),
        mark=str(told.get("mark") or ""),
        audience=str(told.get("audience") or "anyone"),
        sources=[str(source) for source in told.get("sources", ())],
        channels=[
            ChannelFields(
                str(one.get("kind")),
                str(one.get("value") if one.get("kind") in LINKED else one.get("show")),
                str(one.get("body") or ""),
            )
            for one in told.get("channels", ())
        ],
    )
