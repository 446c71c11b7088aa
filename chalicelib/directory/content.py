"""Content of the pages, read from documents: places, contacts, and the settings of the site itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chalicelib.directory.areas import NO_AREAS, Areas, find_areas
from chalicelib.directory.contacts import Contacts, check_link, read_contacts
from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.places import Places, entries_of, read_places
from chalicelib.directory.service_entries import read_service
from chalicelib.directory.services import Service
from chalicelib.directory.zips import read_zips
from chalicelib.shared.days import read_day
from chalicelib.shared.locales import DEFAULT, ENDONYMS, direction
from chalicelib.shared.retention import KEEP_DAYS, KEEP_DAYS_MOST

WORD = "{word}"  # where a line of another language has that language's English name
_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")


@dataclass(frozen=True, slots=True)
class Locale:
    """A language on offer, and when a person last checked its sentences: None means nobody has."""

    tag: str
    checked_on: date | None

    @property
    def drafted(self) -> bool:
        """Say whether its sentences are a draft that no person has checked; English is the original."""
        return self.tag != DEFAULT and self.checked_on is None


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """A language without pages: one line in it, "call this number and say {word}", where {word} is `say`.

    `checked_on` is when a person last checked the line: None means nobody has.
    """

    tag: str
    own_name: str
    say: str
    line: str
    checked_on: date | None

    @property
    def direction(self) -> str:
        """Return its text direction, "rtl" or "ltr"."""
        return direction(self.tag)

    @property
    def before(self) -> str:
        """Return the line up to its word."""
        return self.line.partition(WORD)[0]

    @property
    def after(self) -> str:
        """Return the line behind its word."""
        return self.line.partition(WORD)[2]


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic that may be shown, worded for whom and when it counts, with its publisher."""

    text: str
    source: str
    link: str


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """Where the exit leads, what is offered, and what every page must show."""

    exit_url: str
    default_place: str
    locales: tuple[Locale, ...]
    hosts: frozenset[str]
    hotline: str
    founding_channels: tuple[str, ...]
    figures: tuple[Statistic, ...]
    other_languages: tuple[OtherLanguage, ...] = ()
    police: tuple[str, ...] = ()  # contacts that are police: who is concerned is not sent there first
    keep_days: int = KEEP_DAYS  # what the pages say of it; KEEP_DAYS of the functions is what they do


@dataclass(frozen=True, slots=True)
class Content:
    """All content of the public pages; where it exists, it is valid.

    `areas` are the pages of services; there are none without ZIP data.
    """

    places: Places
    contacts: Contacts
    site: SiteSettings
    services: Mapping[str, Service] = field(default_factory=dict)
    areas: Areas = NO_AREAS


def read_content(
    places: Mapping[str, Any],
    contacts: Mapping[str, Any],
    site: Mapping[str, Any],
    services: Iterable[Mapping[str, Any]] = (),
    zips: Mapping[str, Any] | None = None,
) -> Content:
    """Turn the documents into Content; `services` are the entries of all places.

    Raises ContentInvalid, naming the entry and the rule.
    """
    known_places = read_places(places)
    settings = _read_site(site)
    if settings.default_place not in known_places:
        raise ContentInvalid(f"site: there is no place {settings.default_place!r}")
    known_contacts = read_contacts(contacts, known_places, settings.hosts)
    for contact_id in (settings.hotline, *settings.founding_channels, *settings.police):
        if contact_id not in known_contacts:
            raise ContentInvalid(f"site: there is no contact {contact_id!r}")
    if not known_contacts[settings.hotline].can_be_called():
        raise ContentInvalid(f"site: the hotline {settings.hotline} has no number to call")
    offered = [read_service(entry, known_places, None) for entry in services]
    by_id = {service.id: service for service in offered}
    if len(by_id) < len(offered):
        raise ContentInvalid("services: two have the same id")
    areas = NO_AREAS if zips is None else find_areas(read_zips(zips), known_places, offered)
    return Content(
        known_places,
        known_contacts,
        settings,
        by_id,
        areas,
    )


def _read_site(document: Mapping[str, Any]) -> SiteSettings:
    missing = [name for name in ("exit_url", "default_place", "hotline", "hosts") if not document.get(name)]
    if missing:
        raise ContentInvalid(f"site: {', '.join(missing)} is missing")
    hosts = frozenset(document["hosts"])
    check_link(document["exit_url"], hosts)
    locales = tuple(_read_locale(entry) for entry in entries_of(document, "locales"))
    tags = [locale.tag for locale in locales]
    if DEFAULT not in tags or len(set(tags)) < len(tags):
        raise ContentInvalid("site: each locale is offered once, English among them")
    if not document.get("founding_channels"):
        raise ContentInvalid("site: the four ways to report that the newspaper printed must be shown")
    return SiteSettings(
        exit_url=document["exit_url"],
        default_place=document["default_place"],
        locales=locales,
        hosts=hosts,
        hotline=document["hotline"],
        founding_channels=tuple(document["founding_channels"]),
        figures=tuple(_read_figure(entry, hosts) for entry in entries_of(document, "figures")),
        other_languages=_read_other_languages(document, tags),
        police=tuple(str(contact) for contact in document.get("police") or ()),
        keep_days=_days(document.get("keep_days", KEEP_DAYS)),
    )


def _days(value: object) -> int:
    if type(value) is not int or not 1 <= value <= KEEP_DAYS_MOST:
        raise ContentInvalid(f"site: keep_days is a number from 1 to {KEEP_DAYS_MOST}")
    return value


def _read_figure(entry: Mapping[str, Any], hosts: frozenset[str]) -> Statistic:
    text, source, link = (str(entry.get(name) or "") for name in ("text", "source", "link"))
    if not text or not source:
        raise ContentInvalid("site: a figure has a text and a source")
    check_link(link, hosts)
    return Statistic(text, source, link)


def _read_other_languages(document: Mapping[str, Any], offered: Sequence[str]) -> tuple[OtherLanguage, ...]:
    if "other_languages" not in document:  # published before there were any
        return ()
    others = tuple(map(_read_other_language, entries_of(document, "other_languages")))
    tags = [*offered, *(other.tag for other in others)]
    if len(set(tags)) < len(tags):
        raise ContentInvalid("site: a language has its pages or one line, and that once")
    return others


def _read_other_language(entry: Mapping[str, Any]) -> OtherLanguage:
    tag, own_name, say, line = (str(entry.get(name) or "") for name in ("tag", "own_name", "say", "line"))
    if not _TAG.fullmatch(tag):
        raise ContentInvalid(f"site: {tag!r} is not the tag of a language, like vi")
    if not own_name.strip() or not (say.isascii() and say.strip()):
        raise ContentInvalid(f"site: {tag}: own_name and say, its name in English, are missing")
    if line.count(WORD) != 1 or line.strip() == WORD:
        raise ContentInvalid(f"site: {tag}: line is a sentence with {WORD} in it, once")
    checked_on = entry.get("checked_on")
    try:
        return OtherLanguage(tag, own_name, say, line, read_day(checked_on) if checked_on else None)
    except ValueError as error:
        raise ContentInvalid(f"site: {tag}: checked_on is a day like 2026-11-25") from error


def _read_locale(entry: Mapping[str, Any]) -> Locale:
    tag = str(entry.get("tag"))
    if tag not in ENDONYMS:
        raise ContentInvalid(f"site: locale {tag!r} has no name of its own yet")
    checked_on = entry.get("checked_on")
    try:
        return Locale(tag, read_day(checked_on) if checked_on else None)
    except ValueError as error:
        raise ContentInvalid(f"site: locale {tag}: checked_on is a day like 2026-11-25") from error
