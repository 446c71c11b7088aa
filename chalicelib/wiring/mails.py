"""Composition root of recipients, places and mails, as published, for the functions that deliver.

They take content and rendered frames, and no template and no catalog of an editor's: a process that holds
the delivery key runs nothing of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from chalicelib.directory.adapters.published_texts import PublishedDocuments, PublishedTexts
from chalicelib.directory.adapters.shipped_content import shipped_content
from chalicelib.directory.adapters.shipped_recipients import ShippedRecipients
from chalicelib.directory.content import Content
from chalicelib.directory.document_ids import JSON_DOCUMENTS
from chalicelib.settings import Settings
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock
from chalicelib.shared.log_alarms import LogAlarms
from chalicelib.shared.system_clock import SystemClock
from chalicelib.shared.time_zones import ZoneOf
from chalicelib.wiring.access_recipients import SettledRecipients, settled_recipients
from chalicelib.wiring.texts import (
    SHIPPED,
    file_state,
    good,
    log,
    published_now,
    published_texts,
)

if TYPE_CHECKING:  # only who writes mails loads these, not who records what became of them
    from chalicelib.delivery.adapters.published_frames import Frames, PublishedFrames
    from chalicelib.delivery.render.mails import Mails
    from chalicelib.pages.render.catalogs import Catalogs


def delivery_recipients(settings: Settings, clock: Clock | None = None) -> SettledRecipients:
    """Return the recipients of the access table, and places as they are published at each moment."""
    return settled_recipients(settings, lambda: _directory(*published_now(settings)), clock or SystemClock())


def zones(settings: Settings) -> ZoneOf:
    """Return what gives the time zone of a place, as places are published at each moment."""
    return lambda place: _directory(*published_now(settings)).zone(place)


def place_names(settings: Settings) -> Callable[[str], str]:
    """Return what gives the name of a place, as places are published at each moment; else its slug."""
    return lambda place: _directory(*published_now(settings)).places().get(place, place)


def contacts_text(settings: Settings) -> str:
    """Return the contacts document as it is published now."""
    return _contacts(*published_now(settings))


def package_words(settings: Settings) -> Callable[[str], Callable[[str], str]]:
    """Return what translates into a language, by the package's own catalogs."""
    catalogs = _catalogs(file_state(settings)())
    return lambda language: catalogs.sentences(language).plain


def mails(settings: Settings, alarms: Alarms | None = None) -> Mails:
    """Return what writes the mails now: the published frames around blocks of ours.

    An alarm is raised for a frame that cannot be used, when a mail needs it.
    """
    from chalicelib.delivery.adapters.mail_encryption import KeyedEncrypter
    from chalicelib.delivery.mail_places import mail_place
    from chalicelib.delivery.render.mails import Mails
    from chalicelib.shared.language_names import language_name

    frames, fault = _frames(settings)
    to_operator = alarms or LogAlarms(log.error)

    def frame_unusable(mail: str, language: str, reason: str) -> None:
        detail = {"mail": mail, "language": language, "error": fault or reason}
        to_operator.raise_alarm("mail_frame_unusable", detail)

    content, state = _content(*published_now(settings)), file_state(settings)()
    places = content.places
    return Mails(
        _shipped_frames(state),
        _catalogs(state),
        settings.sender_address,
        lambda slug: places[slug].name if slug in places else slug,
        language_name,
        KeyedEncrypter(SystemClock().now),
        {} if fault else frames,
        frame_unusable,
        lambda slug: mail_place(content, slug),
    )


def _content_of(published: PublishedDocuments) -> Mapping[str, str]:
    return {document: published.texts[document] for document in JSON_DOCUMENTS if document in published.texts}


def _frames(settings: Settings) -> tuple[Frames | None, str]:
    texts = published_texts(settings)
    return _published_frames(settings.pages_url, texts)() if texts else (None, "")


@cache
def _published_frames(url: str, texts: PublishedTexts) -> PublishedFrames:
    from chalicelib.delivery.adapters.published_frames import PublishedFrames

    return PublishedFrames(url, texts)


@lru_cache(maxsize=4)
def _directory(published: PublishedDocuments, state: int) -> ShippedRecipients:
    texts = _content_of(published)
    return good(lambda folders: ShippedRecipients(folders.content, shipped_content(folders.content)), texts)


@lru_cache(maxsize=4)
def _content(published: PublishedDocuments, state: int) -> Content:
    return good(lambda folders: shipped_content(folders.content), _content_of(published))


@lru_cache(maxsize=4)
def _contacts(published: PublishedDocuments, state: int) -> str:
    shipped = SHIPPED.content / "contacts.json"
    return published.texts.get("contacts") or shipped.read_text(encoding="utf-8")


@lru_cache(maxsize=2)
def _shipped_frames(state: int) -> Mapping[str, str]:
    from chalicelib.delivery.render.mails import shipped_frames

    return shipped_frames(SHIPPED.templates / "mail")


@lru_cache(maxsize=2)
def _catalogs(state: int) -> Catalogs:
    from chalicelib.pages.render.catalogs import Catalogs

    return Catalogs(SHIPPED.catalogs)
