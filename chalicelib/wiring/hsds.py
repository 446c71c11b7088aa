"""Lambda handler of the HSDS function, without the framework, and its composition root.

It reads the snapshot while it starts: Lambda gives a start a whole processor, and later, at this memory, less
than a third of one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from chalicelib.pages.adapters.published_hsds import MadeEdition, PublishedEditions, ShippedEdition
from chalicelib.pages.hsds_editions import Editions
from chalicelib.pages.web.hsds_answers import ROOT, hsds_function
from chalicelib.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chalice.app import Chalice

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
Handler = Callable[[Mapping[str, Any], Any], dict[str, Any]]


def editions(settings: Settings) -> Editions:
    """Return what is published; until then what shipped, or what is made of the files as they are."""
    shipped: Editions
    if settings.porchlight_pages == "live":
        from chalicelib.wiring.live_edition import make_edition

        shipped = MadeEdition(make_edition)
    else:
        shipped = ShippedEdition(os.path.join(HERE, "built_pages", "hsds"))
    return PublishedEditions(settings.pages_url, shipped) if settings.pages_url else shipped


def handler(settings: Settings, found: Editions) -> Handler:
    """Return the handler of events from API Gateway."""
    return hsds_function(found, f"{settings.site_address}{ROOT}", logging.getLogger("porchlight").error)


def serve(app: Chalice, settings: Settings) -> None:
    """Register the API where the framework serves it."""
    from chalicelib.pages.web import hsds_routes

    app.register_blueprint(hsds_routes.routes(handler(settings, editions(settings))))


def start(settings: Settings) -> Handler:
    """Return the handler of a function that starts, with its snapshot read."""
    found = editions(settings)
    with suppress(OSError, KeyError, ValueError):  # the first request tries again, and says so
        found.current()
    return handler(settings, found)
