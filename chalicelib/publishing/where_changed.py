"""Lookup of where something seen on a page is changed: the form of a contact, or the sentence itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.directory.contacts import SENTENCES
from chalicelib.directory.document_ids import CONTACTS, RECIPIENTS, fingerprint
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.page_marks import CHANNEL, NAME, RECIPIENT, SENTENCE, Mark, channel_name
from chalicelib.publishing.site_sentences import Said
from chalicelib.shared.locales import DEFAULT


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the desk: of the contact or recipient with this id, or of the sentence with this key."""

    key: str = ""
    contact: str = ""
    field: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class ContactField:
    """Where a contact, or a recipient, says a sentence: its id and name, and the field of its form."""

    id: str
    name: str
    field: str


class WhereChanged:
    """What a mark leads to. It is looked up among what there is: a mark of an editor's own leads nowhere."""

    def __init__(self, said: Said, contacts: str, recipients: str = "[]") -> None:
        """`contacts` and `recipients` are the texts of those documents."""
        self._sources = {fingerprint(source): source for source in said}
        entries = _entries(contacts)
        offices = _recipients(recipients)
        self._recipients = {fingerprint(str(one.get("id"))): str(one.get("id")) for one in offices}
        self._ids = {fingerprint(str(one.get("id"))): str(one.get("id")) for one in entries}
        self._channels = {
            fingerprint(channel_name(str(one.get("id")), number)): (str(one.get("id")), f"show-{number}")
            for one in entries
            for number in range(1, len(one.get("channels") or ()) + 1)
        }
        self._said = _saying(entries, SENTENCES)
        self._said_by_offices = _saying(offices, ("what", "what_not"))

    def source(self, key: str) -> str | None:
        """Return the English of a sentence that the site says, by its key."""
        return self._sources.get(key)

    def contacts_saying(self, source: str) -> Sequence[ContactField]:
        """Return the contacts that say a sentence."""
        return self._said.get(source, ())

    def recipients_saying(self, source: str) -> Sequence[ContactField]:
        """Return the recipients that say a sentence."""
        return self._said_by_offices.get(source, ())

    def field_of(self, mark: Mark, locale: str) -> Field | None:
        """Return the field that changes what stands under a mark on a page in this language."""
        if mark.kind == NAME:
            contact = self._ids.get(mark.key)
            return Field(contact=contact, field="name") if contact else None
        if mark.kind == RECIPIENT:
            recipient = self._recipients.get(mark.key)
            return Field(recipient=recipient, field="name") if recipient else None
        if mark.kind == CHANNEL:
            channel = self._channels.get(mark.key)
            return Field(contact=channel[0], field=channel[1]) if channel else None
        source = self._sources.get(mark.key) if mark.kind == SENTENCE else None
        if source is None:
            return None
        saying = self.contacts_saying(source)
        if locale == DEFAULT and len(saying) == 1:
            return Field(mark.key, saying[0].id, saying[0].field)
        return Field(mark.key)


def _saying(
    entries: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> Mapping[str, Sequence[ContactField]]:
    found: dict[str, list[ContactField]] = {}
    for entry in entries:
        for name in names:
            text = entry.get(name)
            if isinstance(text, str) and text:
                place = ContactField(str(entry.get("id")), str(entry.get("name")), name)
                found.setdefault(text, []).append(place)
    return found


def _recipients(text: str) -> Sequence[Mapping[str, Any]]:
    try:
        return [one for one in read(RECIPIENTS, text) if isinstance(one, dict)]
    except DocumentInvalid:
        return []


def _entries(text: str) -> Sequence[Mapping[str, Any]]:
    try:
        return [one for one in read(CONTACTS, text)["contacts"] if isinstance(one, dict)]
    except (DocumentInvalid, KeyError, TypeError):
        return []
