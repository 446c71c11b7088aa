"""Where what is published becomes the recipients, places and mails of the functions that deliver.

They take content and rendered frames, and no template and no catalog of an editor's: a process that holds
the desk's private key runs nothing of theirs.
"""

from __future__ import annotations

from functools import cache, lru_cache

from chalicelib.adapters.log_alarms import LogAlarms
from chalicelib.adapters.mail_encryption import KeyedEncrypter
from chalicelib.adapters.published_frames import Frames, PublishedFrames
from chalicelib.adapters.published_texts import PublishedTexts
from chalicelib.adapters.release_files import Folders, newest
from chalicelib.adapters.shipped_content import shipped_content
from chalicelib.adapters.shipped_directory import ShippedDirectory
from chalicelib.adapters.system import SystemClock
from chalicelib.domain.documents import JSON_DOCUMENTS
from chalicelib.domain.locales import ENDONYMS
from chalicelib.domain.places import Places
from chalicelib.ports import Alarms, Directory
from chalicelib.render.catalogs import Catalogs
from chalicelib.render.mails import Mails
from chalicelib.settings import Settings
from chalicelib.wiring_texts import SHIPPED, CurrentDirectory, files, good, log, published_texts, unusable


def delivery_directory(settings: Settings) -> Directory:
    """Return the recipients and places as they are published at each moment."""
    return CurrentDirectory(lambda: _directory(*_content(settings)))


def contacts_text(settings: Settings) -> str:
    """Return the contacts document as it is published now."""
    folders, _ = _content(settings)
    return (folders.content / "contacts.json").read_text(encoding="utf-8")


def mails(settings: Settings, alarms: Alarms | None = None) -> Mails:
    """Return what writes the mails now: the published frames around blocks of ours.

    An alarm is raised for a frame that cannot be used, when a mail needs it.
    """
    content = _content(settings)
    frames, fault = _frames(settings)
    told = alarms or LogAlarms(log.error)

    def frame_unusable(mail: str, language: str, reason: str) -> None:
        detail = {"mail": mail, "language": language, "error": fault or reason}
        told.raise_alarm("mail_frame_unusable", detail)

    places = _places(*content)
    return Mails(
        SHIPPED.templates / "mail",
        _catalogs(newest(SHIPPED) if settings.porchlight_pages == "live" else 0),
        settings.sender_address,
        lambda slug: places[slug].name if slug in places else slug,
        lambda locale: ENDONYMS.get(locale, locale),
        KeyedEncrypter(SystemClock().now),
        {} if fault else frames,
        frame_unusable,
    )


def _content(settings: Settings) -> tuple[Folders, int]:
    """Return the folders with the published content, and a number that changes when the package's does."""
    live = settings.porchlight_pages == "live"
    texts = published_texts(settings)
    published = texts() if texts else {}
    content = {document: published[document] for document in JSON_DOCUMENTS if document in published}
    version = newest(SHIPPED) if live else 0
    try:
        return (files()(content) if content else SHIPPED), version
    except Exception as error:
        unusable(error)
        return SHIPPED, version


def _frames(settings: Settings) -> tuple[Frames | None, str]:
    texts = published_texts(settings)
    return _published_frames(settings.pages_url, texts)() if texts else (None, "")


@cache
def _published_frames(url: str, texts: PublishedTexts) -> PublishedFrames:
    return PublishedFrames(url, texts)


@lru_cache(maxsize=4)
def _directory(folders: Folders, version: int) -> ShippedDirectory:
    return good(lambda one: ShippedDirectory(one.content, shipped_content(one.content)), folders)


@lru_cache(maxsize=4)
def _places(folders: Folders, version: int) -> Places:
    return good(lambda one: shipped_content(one.content).places, folders)


@lru_cache(maxsize=2)
def _catalogs(version: int) -> Catalogs:
    return Catalogs(SHIPPED.catalogs)
