"""Editor of contacts: one at a time, in a form, within the draft of the contacts document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chalicelib.directory.contacts import (
    AUDIENCES,
    DIALLED,
    LINKED,
    MARKS,
    WRITTEN,
    read_contacts,
)
from chalicelib.directory.document_ids import (
    CONTACTS,
    PLACES,
    SITE,
    fingerprint,
)
from chalicelib.directory.errors import ContentInvalid, DocumentInvalid
from chalicelib.directory.places import Places, read_places
from chalicelib.publishing import contact_stamps
from chalicelib.publishing.check_documents import STALE_AFTER
from chalicelib.publishing.documents import Draft, DraftConflict
from chalicelib.publishing.edit_text import EditText, read_json, write_json
from chalicelib.shared.clock import Clock
from chalicelib.shared.days import read_day
from chalicelib.shared.errors import EntryMissing
from chalicelib.shared.time_zones import UTC_ZONE, local_time

KINDS = (*DIALLED, *LINKED, *WRITTEN)
_TRIES = 3
_LISTED = {"id", "name", "serves", "channels", "checked_on", "checked_by"}  # what the list shows of each
# A short number is called with three digits (911, 211) and texted with up to six.
_DIGITS = {"call": (3, 10), "tty": (3, 10), "text": (3, 4, 5, 6, 10)}


@dataclass(frozen=True, slots=True)
class ContactLine:
    """A contact in the list. `stale`: not checked by a person for 90 days, or never."""

    entry: Mapping[str, Any]
    stale: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class ChannelFields:
    """One way to reach a contact, as it was typed; a channel without `show` is taken away."""

    kind: str
    show: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class ContactFields:
    """A contact as it was typed into the form."""

    name: str
    serves: str
    audience: str
    hours: str
    languages: str
    what: str
    what_not: str
    mark: str
    sources: Sequence[str]
    channels: Sequence[ChannelFields]
    checked_by: str = ""  # the role in which somebody checked it today, or nothing
    two_sources: bool = False  # two sources of different publishers show it today as it stands


class ContactConflict(Exception):
    """Edit conflict: somebody else changed this contact; `theirs` is theirs, and nothing was saved."""

    def __init__(self, theirs: Mapping[str, Any]) -> None:
        super().__init__("changed by somebody else")
        self.theirs = theirs


class ContactWrong(Exception):
    """Validation error of a contact: `sentence` says which rule it breaks."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class EditContacts:
    """The contacts as the draft has them, else as they are live."""

    def __init__(self, edit: EditText, clock: Clock) -> None:
        self._edit = edit
        self._clock = clock

    def list(self) -> Sequence[ContactLine]:
        """Return every contact in the order of the document. Raises DocumentInvalid."""
        opened = self._edit.open(CONTACTS)
        live = {str(entry.get("id")): entry for entry in _entries(read_json(CONTACTS, opened.live.text))}
        today = self._clock.now().date()
        return [
            ContactLine(entry, is_stale(entry, today), entry != live.get(str(entry.get("id"))))
            for entry in _entries(read_json(CONTACTS, opened.text))
        ]

    def open(self, contact: str) -> Mapping[str, Any]:
        """Return a contact. Raises EntryMissing."""
        for line in self.list():
            if line.entry.get("id") == contact:
                return line.entry
        raise EntryMissing(f"there is no contact {contact!r}")

    def places(self) -> Places:
        """Return the places that a contact may serve. Raises DocumentInvalid."""
        places = read_json(PLACES, self._edit.open(PLACES).text)
        try:
            return read_places(places)
        except (ContentInvalid, KeyError, TypeError, AttributeError, ValueError) as error:
            raise DocumentInvalid(
                "the draft of the places breaks a rule: see what the checks found"
            ) from error

    def save(self, contact: str, fields: ContactFields, seen: str, who: str) -> Draft:
        """Save a contact over what was seen (`seen_as` of it).

        Raises ContactWrong, ContactConflict, EntryMissing, and what save_draft raises.
        """
        for _ in range(_TRIES):
            opened = self._edit.open(CONTACTS)
            document = read_json(CONTACTS, opened.text)
            entries = _entries(document)
            at = next((n for n, entry in enumerate(entries) if entry.get("id") == contact), None)
            if at is None:
                raise EntryMissing(f"there is no contact {contact!r}")
            if seen_as(entries[at]) != seen:
                raise ContactConflict(entries[at])
            entries[at] = self._valid(_filled(entries[at], fields, self._today(fields.serves)))
            try:
                return self._edit.save_draft(CONTACTS, write_json(document), opened.revision, who)
            except DraftConflict:
                continue  # another contact was saved in the same moment
        raise ContactConflict(self.open(contact))

    def mark_checked(self, contact: str, role: str, who: str) -> Draft:
        """Record that somebody in this role checked a contact today. Raises as save_draft does."""
        today = self._today(str(self.open(contact).get("serves") or ""))
        for _ in range(_TRIES):
            opened = self._edit.open(CONTACTS)
            try:
                return self._edit.mark_checked(contact, role, today, opened.revision, who)
            except DraftConflict:
                continue
        raise ContactConflict(self.open(contact))

    def _today(self, place: str) -> date:
        """Return the day that it is now in a place: a clerk there knows no other."""
        try:
            zone = self.places().zone_of(place)
        except DocumentInvalid:  # the checks say what is wrong with the places
            zone = UTC_ZONE
        return local_time(self._clock.now(), zone).date()

    def _valid(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        hosts = [str(host) for host in read_json(SITE, self._edit.open(SITE).text).get("hosts", ())]
        try:
            read_contacts({"contacts": [entry]}, self.places(), hosts)
        except ContentInvalid as error:
            raise ContactWrong(str(error).removeprefix(f"contact {entry['id']}: ")) from error
        return entry


def seen_as(entry: Mapping[str, Any]) -> str:
    """Return a fingerprint of a contact exactly as it stands."""
    return fingerprint(write_json(entry))


def is_stale(entry: Mapping[str, Any], today: date) -> bool:
    """Say whether nobody has checked a contact for 90 days, or ever."""
    try:
        checked = read_day(entry.get("checked_on"))
    except ValueError:
        return True
    return not timedelta(days=-1) <= today - checked <= STALE_AFTER  # one of the future was never made


def value_of(channel: ChannelFields) -> str:
    """Return what the machine dials or opens for what a person reads: one of them is typed, not both."""
    shown = channel.show.strip()
    if channel.kind not in DIALLED:
        return shown
    digits = "".join(character for character in shown if character.isascii() and character.isdigit())
    if len(digits) == 11 and digits.startswith("1"):
        return f"+{digits}"
    return f"+1{digits}" if len(digits) == 10 else digits


def _filled(entry: Mapping[str, Any], fields: ContactFields, today: date) -> dict[str, Any]:
    filled: dict[str, Any] = {
        **entry,
        **{
            name: " ".join(getattr(fields, name).split())
            for name in ("name", "serves", "hours", "languages", "what", "what_not", "mark")
        },
        "sources": [" ".join(source.split()) for source in fields.sources if source.strip()],
        "channels": [_channel(one) for one in fields.channels if one.show.strip()],
    }
    if fields.audience in AUDIENCES:
        filled["audience"] = fields.audience
    if filled["mark"] not in MARKS:
        filled["mark"] = entry.get("mark")
    wanted = filled["mark"]
    filled = contact_stamps.without_what_fell(entry, filled)
    if fields.two_sources:
        if contact_stamps.publishers(filled) < 2:
            raise ContactWrong("two sources of different publishers: name both of them, one address a line")
        filled = {**contact_stamps.read_anew(filled, today), "mark": wanted}
    role = " ".join(fields.checked_by.split())
    if role:
        filled = {**contact_stamps.stamped(filled, role, today), "read_on": today.isoformat()}
    return filled


def _channel(fields: ChannelFields) -> dict[str, str]:
    digits = value_of(fields).removeprefix("+1")
    if fields.kind in DIALLED and len(digits) not in _DIGITS[fields.kind]:
        raise ContactWrong(f"“{fields.show.strip()}” is not a whole number: an area code and seven digits")
    value = value_of(fields)
    channel = {
        "kind": fields.kind,
        "show": "" if fields.kind in LINKED else fields.show.strip(),
        "value": value,
    }
    if fields.body.strip():
        channel["body"] = fields.body.strip()
    return channel


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
