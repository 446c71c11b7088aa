"""What a page is filled with, read from documents: places, contacts, and the settings of the site itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.domain.contacts import Contacts, check_link, read_contacts
from chalicelib.domain.errors import ContentInvalid
from chalicelib.domain.locales import DEFAULT, ENDONYMS
from chalicelib.domain.places import Places, read_places


@dataclass(frozen=True, slots=True)
class Locale:
    """A language on offer, and when a person last checked its sentences: None means nobody has."""

    tag: str
    checked_on: date | None

    @property
    def drafted(self) -> bool:
        """Say whether the sentences are a draft that no person has checked. English is what they are written in."""
        return self.tag != DEFAULT and self.checked_on is None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that may be shown, worded for whom and when it counts, with its publisher."""

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
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """All content of the public pages; where it exists, it is valid."""

    places: Places
    contacts: Contacts
    site: SiteSettings


def read_content(places: Mapping[str, Any], contacts: Mapping[str, Any], site: Mapping[str, Any]) -> Content:
    """Turn the three documents into Content. Raises ContentInvalid, naming the entry and the rule."""
    known_places = read_places(places)
    settings = _read_site(site)
    if settings.default_place not in known_places:
        raise ContentInvalid(f"site: there is no place {settings.default_place!r}")
    known_contacts = read_contacts(contacts, known_places, settings.hosts)
    for contact_id in (settings.hotline, *settings.founding_channels):
        if contact_id not in known_contacts:
            raise ContentInvalid(f"site: there is no contact {contact_id!r}")
    if not known_contacts[settings.hotline].can_be_called():
        raise ContentInvalid(f"site: the hotline {settings.hotline} has no number to call")
    return Content(known_places, known_contacts, settings)


def _read_site(document: Mapping[str, Any]) -> SiteSettings:
    hosts = frozenset(document["hosts"])
    check_link(document["exit_url"], hosts)
    figures = tuple(Figure(entry["text"], entry["source"], entry["link"]) for entry in document["figures"])
    for figure in figures:
        check_link(figure.link, hosts)
    locales = tuple(_read_locale(entry) for entry in document["locales"])
    if [locale.tag for locale in locales].count(DEFAULT) != 1 or len({locale.tag for locale in locales}) < len(locales):
        raise ContentInvalid("site: each locale is offered once, English among them")
    if not document["founding_channels"]:
        raise ContentInvalid("site: the four ways to report that the newspaper printed must be shown")
    return SiteSettings(
        exit_url=document["exit_url"],
        default_place=document["default_place"],
        locales=locales,
        hosts=hosts,
        hotline=document["hotline"],
        founding_channels=tuple(document["founding_channels"]),
        figures=figures,
    )


def _read_locale(entry: Mapping[str, Any]) -> Locale:
    tag = entry["tag"]
    if tag not in ENDONYMS:
        raise ContentInvalid(f"site: locale {tag!r} has no name of its own yet")
    checked_on = entry.get("checked_on")
    return Locale(tag, date.fromisoformat(checked_on) if checked_on else None)
