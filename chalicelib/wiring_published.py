"""Where what is published becomes the site and the recipients of who renders on request."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache

from chalicelib.adapters.release_files import Folders, newest
from chalicelib.adapters.shipped_content import shipped_content
from chalicelib.adapters.shipped_directory import ShippedDirectory
from chalicelib.ports import Directory, Pages
from chalicelib.render import samples
from chalicelib.render.catalogs import Catalogs
from chalicelib.render.live_pages import LivePages
from chalicelib.render.site import Site
from chalicelib.settings import Settings
from chalicelib.wiring_texts import SHIPPED as SHIPPED
from chalicelib.wiring_texts import CurrentDirectory, files, good
from chalicelib.wiring_texts import texts_at as _texts


def site_source(settings: Settings) -> Callable[[], Site]:
    """Return what gives the site as it is published now."""
    return lambda: _site(*_now(settings))


def live_pages(settings: Settings) -> Pages:
    """Return pages that are rendered at each request, from the files as they are then."""
    return LivePages(site_source(settings))


def published_directory(settings: Settings) -> Directory:
    """Return the recipients and places as they are published at each moment."""
    return CurrentDirectory(lambda: _directory(*_now(settings)))


def _now(settings: Settings) -> tuple[Folders, int]:
    """Return the folders of what is published now, and a number that changes when they do."""
    live = settings.porchlight_pages == "live"
    texts = _texts(settings.pages_url, live)() if settings.pages_url else {}
    version = _newest(settings.porchlight_function == "codes") if live else 0
    return (files()(texts) if texts else SHIPPED), version


def _newest(at_ease: bool) -> int:
    """Return when a shipped file was saved last. At ease, what was seen a second ago will do."""
    # Looking through every file costs as much as a page: too much for each guess in a flood of codes.
    return _newest_at(int(time.monotonic())) if at_ease else newest(SHIPPED)


@lru_cache(maxsize=1)
def _newest_at(_second: int) -> int:
    return newest(SHIPPED)


@lru_cache(maxsize=4)
def _site(folders: Folders, version: int) -> Site:
    def make(folders: Folders) -> Site:
        site = Site(folders.templates, Catalogs(folders.catalogs), shipped_content(folders.content))
        if folders != SHIPPED:
            for name in samples.on_request(site):
                samples.render(site, (), name)
        return site

    return good(make, folders)


@lru_cache(maxsize=4)
def _directory(folders: Folders, version: int) -> ShippedDirectory:
    return good(lambda one: ShippedDirectory(one.content, shipped_content(one.content)), folders)
