"""Contacts: people to call and places that take reports, each with its source and its last check."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.places import (
    Place,
    Places,
    entries_of,
    is_slug,
)
from chalicelib.shared.days import read_day
from chalicelib.shared.email_addresses import is_address

CONFIRMED = "CONFIRMED"  # read in two sources of different publishers
SINGLE = "SINGLE"  # read in one
UNVERIFIED = "UNVERIFIED"  # named by the founding article, seen in no source of the office itself
MARKS = (CONFIRMED, SINGLE, UNVERIFIED)

AUDIENCES = ("anyone", "children", "young people", "partners", "workers", "native people", "victims")

SENTENCES = ("what", "what_not", "hours", "languages")

DIALLED = ("call", "text", "tty")
LINKED = ("chat", "form", "page")
WRITTEN = ("email",)

_DIGITS = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to reach a contact: `show` is for reading, `value` for the machine."""

    kind: str
    show: str
    value: str
    body: str = ""  # the word a text line expects, never translated

    @property
    def href(self) -> str:
        """Return the URL of a link to this channel.

        Mail has none: a sent mail stays in the account of a person who may be watched, so it is only shown.
        """
        if self.kind == "text":
            return f"sms:{self.value}"  # no ?body=…: some phones dial what follows as part of the number
        if self.kind in DIALLED:
            return f"tel:{self.value}"
        return self.value if self.kind in LINKED else ""

    @property
    def readable(self) -> str:
        """Return what is copied by hand: a number as it is shown, a web address without its ends."""
        return self.value.removeprefix("https://").rstrip("/") if self.kind in LINKED else self.show


@dataclass(frozen=True, slots=True)
class Contact:
    """One office or line. Sentences are English and are translated where they are shown; names are not."""

    id: str
    name: str
    name_lang: str
    serves: str
    audience: str
    channels: tuple[Channel, ...]
    hours: str
    languages: str
    what: str
    what_not: str
    mark: str
    sources: tuple[str, ...]
    read_on: date
    checked_on: date | None = None
    checked_by: str | None = None
    only_here: bool = False  # shown on the page of the place it serves, and not on those of narrower ones
    one_source: tuple[str, ...] = ()  # the sentences of a confirmed entry that were read in one place only

    def can_be_called(self) -> bool:
        """Say whether a person can be reached by phone."""
        return any(channel.kind == "call" for channel in self.channels)

    def is_online(self) -> bool:
        """Say whether it can be reached by typing: a chat or a web form."""
        return any(channel.kind in ("chat", "form") for channel in self.channels)

    def has_agreed_sources(self) -> bool:
        """Say whether two publishers agree on this entry."""
        return self.mark == CONFIRMED

    def is_unconfirmed(self) -> bool:
        """Say whether no source of the office itself shows this entry."""
        return self.mark == UNVERIFIED


@dataclass(frozen=True, slots=True)
class Contacts:
    """Every contact, by id, in the order of the document."""

    by_id: Mapping[str, Contact]

    def __iter__(self) -> Iterator[Contact]:
        return iter(self.by_id.values())

    def __contains__(self, contact_id: object) -> bool:
        return contact_id in self.by_id

    def __getitem__(self, contact_id: str) -> Contact:
        return self.by_id[contact_id]


def nearest_first(contacts: Iterable[Contact], chain: Sequence[Place]) -> tuple[Contact, ...]:
    """Return the contacts that serve the first place of `chain` or one it lies in, nearest first.

    Contacts of one place keep the order of the document. What a wider place shows only on its own page is
    left out.
    """
    distance = {place.slug: steps for steps, place in enumerate(chain)}
    serving = [contact for contact in contacts if contact.serves in distance]
    shown = [contact for contact in serving if not contact.only_here or distance[contact.serves] == 0]
    return tuple(sorted(shown, key=lambda contact: distance[contact.serves]))


def read_contacts(document: Mapping[str, Any], places: Places, hosts: Collection[str]) -> Contacts:
    """Turn the contacts document into Contacts.

    `hosts` are the web hosts a page may link to. Raises ContentInvalid, naming the entry and the rule.
    """
    contacts: dict[str, Contact] = {}
    for entry in entries_of(document, "contacts"):
        contact = _read_contact(entry, places, hosts)
        if contact.id in contacts:
            raise ContentInvalid(f"contact {contact.id}: listed twice")
        contacts[contact.id] = contact
    return Contacts(contacts)


def _read_contact(entry: Mapping[str, Any], places: Places, hosts: Collection[str]) -> Contact:
    contact_id = str(entry.get("id", ""))
    try:
        if not is_slug(contact_id):
            raise ContentInvalid("an id has only a-z, 0-9 and single dashes")
        if entry.get("serves") not in places:
            raise ContentInvalid(f"there is no place {entry.get('serves')!r}")
        if entry.get("mark") not in MARKS:
            raise ContentInvalid(
                f"mark is one of {', '.join(MARKS)}; an entry whose sources disagree stays out"
            )
        if entry.get("audience", "anyone") not in AUDIENCES:
            raise ContentInvalid(f"audience is one of {', '.join(AUDIENCES)}")
        if bool(entry.get("checked_on")) != bool(entry.get("checked_by")):
            raise ContentInvalid("checked_on and checked_by go together")
        channels = tuple(_read_channel(channel, hosts) for channel in entries_of(entry, "channels"))
        if not channels:
            raise ContentInvalid("it has no channel")
        return Contact(
            id=contact_id,
            name=_text(entry, "name"),
            name_lang=str(entry.get("name_lang", "en")),
            serves=entry["serves"],
            audience=str(entry.get("audience", "anyone")),
            channels=channels,
            hours=str(entry.get("hours") or ""),
            languages=str(entry.get("languages") or ""),
            what=_text(entry, "what"),
            what_not=str(entry.get("what_not") or ""),
            mark=entry["mark"],
            sources=_sources(entry),
            read_on=_day(entry, "read_on"),
            checked_on=_day(entry, "checked_on") if entry.get("checked_on") else None,
            checked_by=_text(entry, "checked_by") if entry.get("checked_by") else None,
            only_here=bool(entry.get("only_here", False)),
            one_source=_one_source(entry),
        )
    except ContentInvalid as error:
        raise ContentInvalid(f"contact {contact_id or '?'}: {error}") from error


def _read_channel(entry: Mapping[str, Any], hosts: Collection[str]) -> Channel:
    kind, show, value = str(entry.get("kind")), str(entry.get("show") or ""), str(entry.get("value") or "")
    if kind in DIALLED:
        check_number(show, value)
    elif kind in LINKED:
        check_link(value, hosts)
    elif kind in WRITTEN:
        if show != value or not is_address(value):
            raise ContentInvalid(f"{show!r} is not shown as the address {value!r}")
    else:
        raise ContentInvalid(f"channel kind is one of {', '.join((*DIALLED, *LINKED, *WRITTEN))}")
    body = str(entry.get("body") or "")
    if body and (kind != "text" or not (body.isascii() and body.isalnum())):
        raise ContentInvalid("only a text line has a body, one plain word")
    return Channel(kind, show, value, body)


def check_number(show: str, value: str) -> None:
    """Raise ContentInvalid unless `show` is the number `value`: +1 and ten digits, or a short code."""
    digits = "".join(character for character in show if character in _DIGITS)
    national = value.removeprefix("+1")
    if any(character.isalpha() for character in show):
        raise ContentInvalid(f"{show!r} has letters; show digits")
    if not national or not _DIGITS.issuperset(national):
        raise ContentInvalid(f"{value!r} is neither +1 and digits nor a short code")
    if len(national) != 10 if value.startswith("+1") else not 3 <= len(national) <= 6:
        raise ContentInvalid(f"{value!r} has the wrong number of digits")
    if digits not in (national, "1" + national if value.startswith("+1") else national):
        raise ContentInvalid(f"{show!r} is not the number {value}")


def check_link(url: str, hosts: Collection[str]) -> None:
    """Raise ContentInvalid unless `url` is plain https to one of `hosts`."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ContentInvalid(f"{url!r} is not a plain https address") from error
    if parts.scheme != "https" or parts.netloc != parts.hostname:
        raise ContentInvalid(f"{url!r} is not a plain https address")
    if parts.hostname not in hosts:
        raise ContentInvalid(f"{parts.hostname} is not on the list of hosts that pages may link to")


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ContentInvalid(f"{name} is missing")
    return value


def _sources(entry: Mapping[str, Any]) -> tuple[str, ...]:
    sources = tuple(str(source) for source in entry.get("sources", ()))
    if not sources:
        raise ContentInvalid("it names no source")
    return sources


def _one_source(entry: Mapping[str, Any]) -> tuple[str, ...]:
    names = entry.get("one_source") or ()
    if not isinstance(names, list | tuple) or not set(names) <= set(SENTENCES):
        raise ContentInvalid(f"one_source is a list of {', '.join(SENTENCES)}")
    return tuple(names)


def _day(entry: Mapping[str, Any], name: str) -> date:
    try:
        return read_day(entry.get(name))
    except ValueError as error:
        raise ContentInvalid(f"{name} is a day like 2026-11-25, in quotes, and none before 2020") from error
