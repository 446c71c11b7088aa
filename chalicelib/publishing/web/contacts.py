"""Admin screens of contacts: the list with its due checks, and the form of one contact."""

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
from chalicelib.publishing.web.changes import CHANGES
from chalicelib.publishing.web.spots import spot_of

CONTACT_LIST = "/admin/contacts"
CONTACT = "/admin/contact"
_SPARE_CHANNELS = 2
_CONTACT_CHANGED = (
    "Somebody else changed this contact meanwhile. Their version is below."
    " Save again to put yours in its place."
)


def routes(guard: Guard, contacts: EditContacts) -> None:
    """Register the screens."""
    screens = ContactScreens(guard.show, contacts)
    guard.screen(CONTACT_LIST, EDITOR)(screens.contacts)
    note_checked = "note a contact as checked"
    guard.action("/admin/contacts/checked", EDITOR, does=note_checked, about="contact")(screens.checked)
    guard.screen(CONTACT, EDITOR, does="change a contact", about="c")(screens.contact)


class ContactScreens:
    """The screens of contacts, a method each."""

    def __init__(self, show: Show, edit: EditContacts) -> None:
        self._show = show
        self._edit = edit

    def contacts(self, request: AdminRequest) -> Screen:
        """List the contacts, each with the day of its last check."""
        places = {place.slug: place.name for place in self._edit.places()}
        return self._show(request, "contacts.html", lines=self._edit.list(), places=places)

    def checked(self, request: AdminRequest) -> Screen:
        """Mark a contact as checked today."""
        self._edit.mark_checked(request.field("contact"), request.field("role"), request.who.email)
        return go_to(f"{CONTACT_LIST}?done=checked")

    def contact(self, request: AdminRequest) -> Screen:
        """Show the form of a contact, or save what was typed."""
        if not request.posted:
            return self._form(request, None, "")
        fields = _typed_contact(request)
        before = self._edit.open(request.field("c"))
        try:
            self._edit.save(request.field("c"), fields, request.field("seen"), request.who.email)
        except (ContactWrong, DocumentInvalid) as wrong:
            return self._form(request, fields, request.field("seen"), 422, {"": sentence_of(wrong)})
        except ContactConflict:
            return self._form(request, fields, "", 409, {"": _CONTACT_CHANGED})
        after = self._edit.open(request.field("c"))
        fell = not after["checked_on"] and (before["checked_on"] or after["mark"] != fields.mark)
        done, spot = "fell" if fell else "saved", spot_of(request)
        return go_to(spot.path(done) if spot else f"{CHANGES}?d=contacts&done={done}")

    def _form(
        self,
        request: AdminRequest,
        fields: ContactFields | None,
        seen: str,
        status: int = 200,
        problems: dict[str, str] | None = None,
    ) -> Screen:
        entry = self._edit.open(request.asked("c"))
        shown = fields or _as_typed(entry)
        return self._show(
            request,
            "contact.html",
            status,
            entry=entry,
            fields=shown,
            channels=[*shown.channels, *[ChannelFields("call", "")] * _SPARE_CHANNELS],
            seen=seen or seen_as(entry),
            spot=spot_of(request),
            kinds=KINDS,
            marks=MARKS,
            audiences=AUDIENCES,
            places=list(self._edit.places()),
            problems=problems or {},
        )


def _typed_contact(request: AdminRequest) -> ContactFields:
    rows = zip(
        request.fields.get("kind", ()),
        request.fields.get("show", ()),
        request.fields.get("body", ()),
        strict=False,
    )
    return ContactFields(
        name=request.field("name"),
        serves=request.field("serves"),
        audience=request.field("audience"),
        hours=request.field("hours"),
        languages=request.field("languages"),
        what=request.field("what"),
        what_not=request.field("what_not"),
        mark=request.field("mark"),
        sources=request.field("sources").splitlines(),
        channels=[ChannelFields(kind, show, body) for kind, show, body in rows],
        checked_by=request.field("role") if request.field("checked") else "",
        two_sources=bool(request.field("two")),
    )


def _as_typed(entry: object) -> ContactFields:
    values = dict(entry) if isinstance(entry, dict) else {}
    return ContactFields(
        name=str(values.get("name") or ""),
        serves=str(values.get("serves") or ""),
        hours=str(values.get("hours") or ""),
        languages=str(values.get("languages") or ""),
        what=str(values.get("what") or ""),
        what_not=str(values.get("what_not") or ""),
        mark=str(values.get("mark") or ""),
        audience=str(values.get("audience") or "anyone"),
        sources=[str(source) for source in values.get("sources", ())],
        channels=[
            ChannelFields(
                str(one.get("kind")),
                str(one.get("value") if one.get("kind") in LINKED else one.get("show")),
                str(one.get("body") or ""),
            )
            for one in values.get("channels", ())
        ],
    )
