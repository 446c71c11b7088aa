"""Where what is published comes from: its texts, laid over what shipped, and the recipients in them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from chalicelib.adapters.log_alarms import LogAlarms
from chalicelib.adapters.published_texts import LOOK_EVERY, PublishedTexts
from chalicelib.adapters.release_files import Folders, ReleaseFiles
from chalicelib.adapters.shipped_content import CATALOGS, CONTENT, TEMPLATES
from chalicelib.domain.recipients import Recipient
from chalicelib.ports import Directory
from chalicelib.settings import Settings

log = logging.getLogger("porchlight")

Made = TypeVar("Made")

SHIPPED = Folders(TEMPLATES, CATALOGS, CONTENT)
_LIVE_LOOK_EVERY = 2.0  # seconds: whoever tries it out on one machine should not wait half a minute


def published_texts(settings: Settings) -> PublishedTexts | None:
    """Return the published texts as they are at each moment; None where nothing can be published."""
    return texts_at(settings.pages_url, settings.porchlight_pages == "live") if settings.pages_url else None


@cache
def files() -> ReleaseFiles:
    """Return what lays texts over the shipped files."""
    return ReleaseFiles(SHIPPED)


def good(make: Callable[[Folders], Made], folders: Folders) -> Made:
    """Make something from what was published, or from what shipped when this package cannot use that."""
    try:
        return make(folders)
    except Exception as error:
        if folders == SHIPPED:
            raise
        unusable(error)
        return make(SHIPPED)


def unusable(error: Exception) -> None:
    """Tell the operator that what was published cannot be used here."""
    LogAlarms(log.error).raise_alarm("published_documents_unusable", {"error": type(error).__name__})


class CurrentDirectory:
    """The Directory as published at each moment."""

    def __init__(self, source: Callable[[], Directory]) -> None:
        self._source = source

    def recipients(self) -> tuple[Recipient, ...]:
        """Return every recipient."""
        return self._source().recipients()

    def chain(self, place: str) -> tuple[str, ...]:
        """Return the slugs of a place and those around it, nearest first; empty when we do not know it."""
        return self._source().chain(place)


@cache
def texts_at(url: str, live: bool) -> PublishedTexts:
    """Return the texts that are published at an address."""
    return PublishedTexts(url, _LIVE_LOOK_EVERY if live else LOOK_EVERY)
