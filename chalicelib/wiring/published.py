"""Composition root of the published site and recipients, cached by release, for who renders on request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from chalicelib.directory.adapters.published_texts import PublishedDocuments
from chalicelib.directory.adapters.shipped_content import content_with_areas, shipped_content
from chalicelib.directory.adapters.shipped_recipients import ShippedRecipients
from chalicelib.directory.document_ids import SERVICES, base_of, place_of
from chalicelib.directory.ports import RecipientBook
from chalicelib.pages.adapters.document_folders import Folders
from chalicelib.pages.ports import Pages
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.pages.render.live_pages import LivePages
from chalicelib.reporting.render import samples
from chalicelib.reporting.render.form_pages import FormPages
from chalicelib.settings import Settings
from chalicelib.shared.net.public_files import ABSENT, FetchFailed, HttpConnection
from chalicelib.shared.time_zones import ZoneOf
from chalicelib.wiring.texts import SHIPPED as SHIPPED
from chalicelib.wiring.texts import CurrentRecipients, good, published_now
from chalicelib.wiring.texts import texts_at as _texts  # noqa: F401 (whoever tries it must be able to clear it)

_PATIENCE, _LONGEST = 5.0, 100_000_000  # seconds and bytes for the services of a release


def site_source(settings: Settings) -> Callable[[], FormPages]:
    """Return what gives the site as it is published now."""
    if settings.porchlight_pages != "live":
        return lambda: _site(*published_now(settings))
    return lambda: _site(*published_now(settings), True, settings.pages_url)


def live_pages(settings: Settings) -> Pages:
    """Return pages that are rendered at each request, from the files as they are then.

    Those of counties show the published services. `make run` alone reads them as texts: they are many.
    """
    return LivePages(site_source(settings), lambda: _packed_zips(published_now(settings)[1]))


def published_recipients(settings: Settings) -> RecipientBook:
    """Return the recipients and places as they are published at each moment."""
    return CurrentRecipients(lambda: _directory(*published_now(settings)))


def directory_now(settings: Settings) -> ShippedRecipients:
    """Return places and offices as they are published now."""
    return _directory(*published_now(settings))


def published_zones(settings: Settings) -> ZoneOf:
    """Return what gives the time zone of a place, as places are published at each moment."""
    return lambda place: _directory(*published_now(settings)).zone(place)


def published_places(settings: Settings) -> Callable[[], Mapping[str, str]]:
    """Return what gives the names of places by slug, as they are published at each moment."""
    return lambda: _directory(*published_now(settings)).places()


@lru_cache(maxsize=4)
def _site(
    published: PublishedDocuments, state: int, areas: bool = False, published_at: str = ""
) -> FormPages:
    offered = _services(published_at, published.release) if published_at and published.release else {}

    def make(folders: Folders) -> FormPages:
        content = content_with_areas(folders.content, offered) if areas else shipped_content(folders.content)
        site = FormPages(folders.templates, Catalogs(folders.catalogs), content)
        if folders != SHIPPED:
            for name in samples.on_request(site):
                samples.render(site, (), name)
        return site

    return good(make, published.texts)


def _services(url: str, release: int) -> Mapping[str, Sequence[Any]]:
    """Return the services of each place that a release has other ones of than shipped. Raises FetchFailed.

    A release of before the directory has none.
    """
    connection = HttpConnection(url, _PATIENCE)
    try:
        texts = json.loads(connection.get(f"releases/{release}/texts.json", _LONGEST))
    except FetchFailed as error:
        if str(error) not in ABSENT:
            raise
        return {}
    finally:
        connection.close()
    return {
        place_of(name): json.loads(text)["services"]
        for name, (_, text) in texts.items()
        if base_of(name) == SERVICES
    }


@lru_cache(maxsize=1)
def _packed_zips(state: int) -> bytes:
    from chalicelib.directory.zips import read_zips
    from chalicelib.pages.pack_zips import pack_zips

    zips = SHIPPED.content / "zips.json"
    return pack_zips(read_zips(json.loads(zips.read_text(encoding="utf-8")))) if zips.is_file() else b""


@lru_cache(maxsize=4)
def _directory(published: PublishedDocuments, state: int) -> ShippedRecipients:
    return good(
        lambda folders: ShippedRecipients(folders.content, shipped_content(folders.content)), published.texts
    )
