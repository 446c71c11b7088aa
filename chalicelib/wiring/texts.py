"""Published texts, cached for the life of the process and laid over what shipped."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import TypeVar

from chalicelib.directory.adapters.published_texts import (
    LOOK_EVERY,
    NOTHING,
    PublishedDocuments,
    PublishedTexts,
)
from chalicelib.directory.adapters.shipped_content import CATALOGS, CONTENT, TEMPLATES
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.recipients import Recipient
from chalicelib.pages.adapters.document_folders import Folders, ReleaseFiles, newest_of_request
from chalicelib.pages.po_files import PoInvalid
from chalicelib.settings import Settings
from chalicelib.shared.log_alarms import LogAlarms
from chalicelib.shared.request_time import THIS_REQUEST

log = logging.getLogger("porchlight")

Made = TypeVar("Made")

SHIPPED = Folders(TEMPLATES, CATALOGS, CONTENT)
_LIVE_LOOK_EVERY = 2.0  # seconds: whoever tries it out on one machine should not wait half a minute


def published_texts(settings: Settings) -> PublishedTexts | None:
    """Return the published texts as they are at each moment; None where nothing can be published."""
    return texts_at(settings.pages_url, settings.porchlight_pages == "live") if settings.pages_url else None


def published_now(settings: Settings) -> tuple[PublishedDocuments, int]:
    """Return what is published now, and the state of the shipped files: whoever has seen both has it all.

    Asked for many times in a request, so neither reads nor hashes anything: a release is known by itself.
    """
    texts = published_texts(settings)
    return (texts.current() if texts else NOTHING), file_state(settings)()


def file_state(settings: Settings) -> Callable[[], int]:
    """Return what gives a number that changes when a shipped file does.

    Files are looked at where people save them, under `make run`. On AWS a package never changes.
    """
    if settings.porchlight_pages != "live":
        return _never_changes
    # Looking through every file costs as much as a page: too much for each guess in a flood of codes.
    return _newest_of_this_second if settings.porchlight_function == "codes" else _newest


def good(make: Callable[[Folders], Made], texts: Mapping[str, str]) -> Made:
    """Make something from published texts, or from what shipped when this package cannot use those.

    Raises OSError when there is no room to lay them out: that is no fault of theirs, and the next try may do.
    """
    if not texts:
        return make(SHIPPED)
    try:
        folders = _files()(texts)
    except (DocumentInvalid, PoInvalid) as error:
        unusable(error)
        return make(SHIPPED)
    try:
        return make(folders)
    except Exception as error:
        unusable(error)
        return make(SHIPPED)


def unusable(error: Exception) -> None:
    """Raise the alarm that what was published cannot be used here."""
    LogAlarms(log.error).raise_alarm("published_documents_unusable", {"error": type(error).__name__})


class CurrentRecipients:
    """The RecipientBook as published at each moment."""

    def __init__(self, source: Callable[[], RecipientBook]) -> None:
        self._source = source

    def recipients(self) -> tuple[Recipient, ...]:
        """Return every recipient."""
        return self._source().recipients()

    def chain(self, place: str) -> tuple[str, ...]:
        """Return the slugs of a place and those around it, nearest first; empty when we do not know it."""
        return self._source().chain(place)


def _newest() -> int:
    return newest_of_request(SHIPPED)


def _newest_of_this_second() -> int:
    return _newest_at(int(time.monotonic()))


@lru_cache(maxsize=1)
def _newest_at(_second: int) -> int:
    return _newest()


def _never_changes() -> int:
    return 0


@cache
def _files() -> ReleaseFiles:
    return ReleaseFiles(SHIPPED)


@cache
def texts_at(url: str, live: bool) -> PublishedTexts:
    """Return the texts that are published at an address."""
    return PublishedTexts(url, _LIVE_LOOK_EVERY if live else LOOK_EVERY, left=THIS_REQUEST.left)
