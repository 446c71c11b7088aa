"""Editor of contacts: one at a time, in a form, within the draft of the contacts of its place.

What pages may link to, and who counts as police, stands beside the contacts: it is changed along.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chalicelib.directory.contacts import read_contacts
from chalicelib.directory.document_ids import CONTACTS
from chalicelib.directory.errors import ContentInvalid, DocumentInvalid
from chalicelib.directory.place_documents import Whole
from chalicelib.directory.places import Places, read_places
from chalicelib.publishing import contact_form, edit_whole, page_hosts
from chalicelib.publishing.check_documents import STALE_AFTER
from chalicelib.publishing.documents import Draft, DraftConflict
from chalicelib.publishing.edit_text import EditText, mark_contact
from chalicelib.publishing.edit_whole import seen_as
from chalicelib.publishing.forms import Form, FormConflict, FormInvalid, Typed, refuse
from chalicelib.publishing.new_ids import free_slug
from chalicelib.publishing.whole_texts import are_whole
from chalicelib.shared.clock import Clock
from chalicelib.shared.days import read_day
from chalicelib.shared.errors import EntryMissing
from chalicelib.shared.time_zones import UTC_ZONE, local_time

_LISTED = {"id", "name", "serves", "channels", "checked_on", "checked_by"}  # what the list shows of each
_TEMPLATES = ("page template", "mail template")


@dataclass(frozen=True, slots=True)
class ContactLine:
    """A contact in the list. `stale`: not checked by a person for 90 days, or never."""

    entry: Mapping[str, Any]
    stale: bool
    changed: bool


class EditContacts:
    """The contacts as the draft has them, else as they are live."""

    def __init__(self, edit: EditText, clock: Clock) -> None:
        self._edit = edit
        self._clock = clock

    def list(self) -> Sequence[ContactLine]:
        """Return every contact in the order of the document. Raises DocumentInvalid."""
        return self.listed()[0]

    def listed(self) -> tuple[Sequence[ContactLine], Mapping[str, str]]:
        """Return the same, with the names of places by slug, read at once. Raises DocumentInvalid."""
        published, drafted = edit_whole.both(self._edit)
        live = {str(entry.get("id")): entry for entry in _entries(published.contacts)}
        today = self._clock.now().date()
        lines = [
            ContactLine(entry, is_stale(entry, today), entry != live.get(str(entry.get("id"))))
            for entry in _entries(drafted.contacts)
        ]
        return lines, {place.slug: place.name for place in _places(drafted)}

    def open(self, contact: str) -> Mapping[str, Any]:
        """Return a contact. Raises EntryMissing."""
        for line in self.list():
            if line.entry.get("id") == contact:
                return line.entry
        raise EntryMissing("there is no such contact: somebody took it out meanwhile")

    def places(self) -> Places:
        """Return the places that a contact may serve. Raises DocumentInvalid."""
        return _places(edit_whole.now(self._edit))

    def form(self, contact: str = "") -> Form:
        """Return the form of a contact, or of a new one. Raises EntryMissing, DocumentInvalid."""
        language = str(self.open(contact).get("name_lang") or "en") if contact else "en"
        return contact_form.form_of(self.places(), not contact, language)

    def typed(self, contact: str) -> Typed:
        """Return what the form of a contact holds. Raises EntryMissing."""
        return contact_form.as_typed(self.open(contact), contact in self._police())

    def save(self, contact: str, typed: Typed, seen: str, who: str) -> Draft | None:
        """Save a contact over what was seen (`seen_as` of it).

        Raises FormInvalid with everything that is wrong, FormConflict, EntryMissing, and what save_draft
        raises.
        """
        form = self.form(contact)
        refuse(form, contact_form.problems_of(form, typed))
        return self._put(contact, typed, seen, who)

    def put_aside(self, contact: str, typed: Typed, who: str) -> None:
        """Keep what was typed for 30 days, since what somebody else saved stays. Raises as EditText does."""
        old = self.open(contact)
        mine = contact_form.entry_of(old, typed, self._today(str(old.get("serves") or "")))

        def put(whole: Whole) -> None:
            entries = _entries(whole.contacts)
            entries[:] = [mine if one.get("id") == contact else one for one in entries]

        for document, text in edit_whole.texts_with(self._edit, put).items():
            self._edit.put_aside(document, text, who)

    def add(self, typed: Typed, who: str) -> str:
        """Add a contact, and return the id that was made from its name. Raises as save."""
        form = self.form()
        problems = contact_form.problems_of(form, typed)
        contact = ""
        if "name" not in problems:
            live = _entries(edit_whole.live(self._edit).contacts)
            taken = {str(one.get("id")) for one in [*live, *(line.entry for line in self.list())]}
            try:
                contact = free_slug(typed.text("name"), taken)
            except DocumentInvalid as error:
                problems["name"] = f"{str(error).capitalize()}."
        refuse(form, problems)
        self._put(contact, typed, "", who)
        return contact

    def why_kept(self, contact: str) -> str:
        """Return why a contact cannot be taken out, or nothing. Raises EntryMissing."""
        name, site = self.open(contact).get("name"), self._site()
        if contact == site.get("hotline"):
            return f"{name} is the hotline of every page. Choose another hotline first."
        if contact in (site.get("founding_channels") or ()):
            return f"{name} is one of the ways to report that the newspaper printed: it stays on the pages."
        return ""

    def take_out(self, contact: str, seen: str, who: str) -> None:
        """Take a contact out of the draft, as it was seen. Raises as save."""
        kept = self.why_kept(contact)
        if kept:
            raise FormInvalid({"": kept})
        old = self.open(contact)
        if seen_as(old) != seen:
            raise FormConflict(self.typed(contact))

        def without(whole: Whole) -> None:
            entries = _entries(whole.contacts)
            whole.contacts["contacts"] = [one for one in entries if one.get("id") != contact]
            _mark_police(whole.site, contact, False)
            self._fill_hosts(whole, page_hosts.uses([old], {}))

        edit_whole.change(self._edit, without, who)

    def mark_checked(self, contact: str, role: str, who: str) -> Draft | None:
        """Record that somebody in this role checked a contact today. Raises as save_draft does."""
        today = self._today(str(self.open(contact).get("serves") or ""))
        try:
            return edit_whole.change(
                self._edit, lambda whole: mark_contact(whole.contacts, contact, role, today), who
            )
        except DraftConflict as error:
            raise FormConflict(self.typed(contact)) from error

    def _put(self, contact: str, typed: Typed, seen: str, who: str) -> Draft | None:
        """Write a contact whose form is right, with the settings that it needs."""
        today = self._today(typed.text("serves"))
        old: Mapping[str, Any] = self.open(contact) if seen else {}
        if seen and seen_as(old) != seen:
            raise FormConflict(self.typed(contact))
        wanted = contact_form.entry_of(old or {"id": contact}, typed, today)

        def put(whole: Whole) -> None:
            entries = _entries(whole.contacts)
            self._fill_hosts(whole, page_hosts.uses([old], {}) if old else {}, wanted)
            at = next((n for n, entry in enumerate(entries) if entry.get("id") == contact), None)
            if not seen:
                if at is not None:
                    raise FormInvalid({"name": "Somebody added a contact of this name in the same moment."})
                entries.append(_valid(wanted, whole))
            elif at is None:
                raise EntryMissing("there is no such contact: somebody took it out meanwhile")
            elif seen_as(entries[at]) != seen:
                raise FormConflict(contact_form.as_typed(entries[at], contact in self._police()))
            else:
                entries[at] = _valid(wanted, whole)
            _mark_police(whole.site, contact, bool(typed.raw("police")))

        also = self._document_of(typed.text("serves"))
        try:
            return edit_whole.change(self._edit, put, who, also)
        except DraftConflict as error:
            raise FormConflict(self.typed(contact) if seen else typed) from error

    def _document_of(self, place: str) -> str:
        return CONTACTS if are_whole(self._edit.entries()) else f"{CONTACTS}/{place}"

    def _fill_hosts(
        self, whole: Whole, old: Collection[str], coming: Mapping[str, Any] | None = None
    ) -> None:
        """List every host that something links to, and those of `old` no more that nothing does.

        A host that is named in the text of a page or a mail stays.
        """
        known = [one for one in _entries(whole.contacts) if coming is None or one["id"] != coming["id"]]
        used = page_hosts.uses([*known, *([coming] if coming else [])], whole.site)
        gone = {host for host in old if host not in used}
        texts = [
            self._edit.open(entry.id).text
            for entry in (self._edit.list() if gone else ())
            if entry.kind in _TEMPLATES and not entry.unused
        ]
        gone = {host for host in gone if not any(host in text for text in texts)}
        whole.site["hosts"] = page_hosts.with_hosts(whole.site.get("hosts") or (), used, gone)

    def _site(self) -> dict[str, Any]:
        return edit_whole.now(self._edit).site

    def _police(self) -> Collection[str]:
        return self._site().get("police") or ()

    def _today(self, place: str) -> date:
        """Return the day that it is now in a place: a clerk there knows no other."""
        try:
            zone = self.places().zone_of(place)
        except DocumentInvalid:  # the checks say what is wrong with the places
            zone = UTC_ZONE
        return local_time(self._clock.now(), zone).date()


def is_stale(entry: Mapping[str, Any], today: date) -> bool:
    """Say whether nobody has checked a contact for 90 days, or ever."""
    try:
        checked = read_day(entry.get("checked_on"))
    except ValueError:
        return True
    return not timedelta(days=-1) <= today - checked <= STALE_AFTER  # one of the future was never made


def _places(whole: Whole) -> Places:
    try:
        return read_places(whole.places)
    except (ContentInvalid, KeyError, TypeError, AttributeError, ValueError) as error:
        raise DocumentInvalid("the draft of the places breaks a rule: see what the checks found") from error


def _valid(entry: Mapping[str, Any], whole: Whole) -> Mapping[str, Any]:
    try:
        read_contacts({"contacts": [entry]}, read_places(whole.places), whole.site.get("hosts") or ())
    except ContentInvalid as error:
        raise FormInvalid({"": str(error).removeprefix(f"contact {entry['id']}: ")}) from error
    return entry


def _mark_police(site: dict[str, Any], contact: str, is_police: bool) -> None:
    known = [one for one in site.get("police") or () if one != contact or is_police]
    if is_police and contact not in known:
        known.append(contact)
    if known or "police" in site:
        site["police"] = known


def _entries(document: dict[str, Any]) -> list[Any]:
    """Return the entries, each with all that the screens show. Raises DocumentInvalid."""
    entries = document.get("contacts")
    if not isinstance(entries, list):
        raise DocumentInvalid("the text of the contacts needs a list called “contacts”")
    for number, entry in enumerate(entries, 1):
        lost = sorted(_LISTED - entry.keys()) if isinstance(entry, dict) else ["all"]
        if lost:
            raise DocumentInvalid(f"contact {number} in the text of the contacts lacks: {', '.join(lost)}")
        if not isinstance(entry["channels"], list) or not all(
            isinstance(one, dict) and {"show", "value"} <= one.keys() for one in entry["channels"]
        ):
            raise DocumentInvalid(f"contact {number} in the text of the contacts has no list of channels")
    return entries
