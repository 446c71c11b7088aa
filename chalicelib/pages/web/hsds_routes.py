"""URL routes of the HSDS API, for where the framework serves it: on a machine of one's own, and to be listed.

On AWS the function's handler is called by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalice.app import Blueprint

from chalicelib.pages.web.hsds_answers import ROOT, Event
from chalicelib.pages.web.responses import Ready

_ANY = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]


def routes(handle: Callable[[Event, Any], dict[str, Any]]) -> Blueprint:
    """Return the URL routes of the API; `handle` answers them all."""
    hsds = Blueprint(__name__)

    @hsds.route(ROOT, methods=_ANY, content_types=[])
    def root() -> Ready:
        return Ready(handle(hsds.current_request.to_original_event(), None))

    @hsds.route(f"{ROOT}/{{proxy+}}", methods=_ANY, content_types=[])
    def below() -> Ready:
        return Ready(handle(hsds.current_request.to_original_event(), None))

    return hsds
