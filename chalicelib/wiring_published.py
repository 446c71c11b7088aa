"""Where what is published becomes the site, the recipients and the mails of who renders on request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, TypeVar

from chalicelib.adapters.log_alarms import LogAlarms
from chalicelib.adapters.published_texts import LOOK_EVERY, PublishedTexts
from chalicelib.adapters.release_files import Folders, ReleaseFiles, newest
from chalicelib.adapters.shipped_content import CATALOGS, CONTENT, TEMPLATES, shipped_content
from chalicelib.adapters.shipped_directory import ShippedDirectory
from chalicelib.adapters.system import SystemClock
from chalicelib.domain.locales import ENDONYMS
from chalicelib.domain.recipients import Recipient
from chalicelib.ports import Directory, Pages
from chalicelib.render import samples
from chalicelib.render.catalogs import Catalogs
from chalicelib.render.live_pages import LivePages
from chalicelib.render.site import Site
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from chalicelib.render.mails import Mails

log = logging.getLogger("porchlight")

Made = TypeVar("Made")

SHIPPED = Folders(TEMPLATES, CATALOGS, CONTENT)
_LIVE_LOOK_EVERY = 2.0  # seconds: whoever tries it out on one machine should not wait half a minute


def site_source(settings: Settings) -> Callable[[], Site]:
    """Return what gives the site as it is published now."""
    return lambda: _site(*_now(settings))


def live_pages(settings: Settings) -> Pages:
    """Return pages that are rendered at each request, from the files as they are then."""
    return LivePages(site_source(settings))


def published_directory(settings: Settings) -> Directory:
    """Return the recipients and places as they are published at each moment."""
    return _CurrentDirectory(lambda: _directory(*_now(settings)))


def contacts_text(settings: Settings) -> str:
    """Return the contacts document as it is published now."""
    folders, _ = _now(settings)
    return (folders.content / "contacts.json").read_text(encoding="utf-8")


def mails(settings: Settings) -> Mails:
    """Return what writes the mails, from the documents as they are published now."""
    return _mails(settings.sender_address, *_now(settings))


def _now(settings: Settings) -> tuple[Folders, int]:
    """Return the folders of what is published now, and a number that changes when they do."""
    live = settings.porchlight_pages == "live"
    texts = _texts(settings.pages_url, live)() if settings.pages_url else {}
    version = newest(SHIPPED) if live else 0
    return (_files()(texts) if texts else SHIPPED), version


@cache
def _texts(url: str, live: bool) -> PublishedTexts:
    return PublishedTexts(url, _LIVE_LOOK_EVERY if live else LOOK_EVERY)


@cache
def _files() -> ReleaseFiles:
    return ReleaseFiles(SHIPPED)


@lru_cache(maxsize=4)
def _site(folders: Folders, version: int) -> Site:
    def make(folders: Folders) -> Site:
        site = Site(folders.templates, Catalogs(folders.catalogs), shipped_content(folders.content))
        if folders != SHIPPED:
            for name in samples.on_request(site):
                samples.render(site, (), name)
        return site

    return _good(make, folders)


@lru_cache(maxsize=4)
def _directory(folders: Folders, version: int) -> ShippedDirectory:
    return _good(lambda one: ShippedDirectory(one.content, shipped_content(one.content)), folders)


@lru_cache(maxsize=4)
def _mails(sender: str, folders: Folders, version: int) -> Mails:
    from chalicelib.adapters.mail_encryption import KeyedEncrypter  # only who sends mails needs these
    from chalicelib.render.mails import Mails

    def make(folders: Folders) -> Mails:
        places = shipped_content(folders.content).places
        made = Mails(
            folders.templates / "mail",
            Catalogs(folders.catalogs),
            sender,
            lambda slug: places[slug].name if slug in places else slug,
            lambda locale: ENDONYMS.get(locale, locale),
            KeyedEncrypter(SystemClock().now),
        )
        if folders != SHIPPED:
            for recipient in _directory(folders, version).recipients()[:1]:
                for name in ("report", "digest"):
                    samples.mail(made, (), name, recipient)
        return made

    return _good(make, folders)


def _good(make: Callable[[Folders], Made], folders: Folders) -> Made:
    """Make something from what was published, or from what shipped when this package cannot use that."""
    try:
        return make(folders)
    except Exception as error:
        if folders == SHIPPED:
            raise
        LogAlarms(log.error).raise_alarm("published_documents_unusable", {"error": type(error).__name__})
        return make(SHIPPED)


class _CurrentDirectory:
    """The Directory as published at each moment."""

    def __init__(self, source: Callable[[], Directory]) -> None:
        self._source = source

    def recipients(self) -> tuple[Recipient, ...]:
        """Return every recipient."""
        return self._source().recipients()

    def chain(self, place: str) -> tuple[str, ...]:
        """Return the slugs of a place and those around it, nearest first; empty when we do not know it."""
        return self._source().chain(place)
