"""Composition root of the HTTP functions: blueprints and pages, small for the page function's cold start.

All that needs AWS, templates or keys is in the other wiring modules, which only the other functions load.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice.app import Chalice

    from chalicelib.pages.about import AboutSite
    from chalicelib.pages.ports import Pages
    from chalicelib.pages.web.gateway_answers import LoadAbout, Search
    from chalicelib.settings import Settings

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HTTP_FUNCTIONS = ("page", "reporter", "codes", "hsds", "access", "admin", "all")


def serve(app: Chalice, settings: Settings) -> Callable[[], str] | None:
    """Register the blueprints that this function serves, and keep what people write out of its log.

    Returns what gives the path of a form, or None where this function has none.
    """
    from chalicelib.pages.web import quiet_log, responses

    quiet_log.install(app)
    function = settings.porchlight_function
    if function not in HTTP_FUNCTIONS:
        return None
    if function != "page":  # its fetches have an end of their own, and it must load little
        from chalicelib.wiring import request_time

        request_time.count_down(app)
    pages, form_path = public_pages(settings), None
    responses.respond_in_html(app, pages)
    if function in ("page", "all"):
        from chalicelib.pages.web import public

        app.register_blueprint(public.routes(pages, about_site(settings), place_search))
    if function in ("reporter", "all"):
        from chalicelib.wiring import reporter

        form_path = reporter.serve(app, settings, pages)
    if function in ("codes", "all"):
        from chalicelib.wiring import codes

        codes.serve(app, settings, pages)
    if function in ("hsds", "all"):
        from chalicelib.wiring import hsds

        hsds.serve(app, settings)
    if function in ("access", "all"):
        from chalicelib.wiring import access

        access.serve(app, settings)
    if function in ("admin", "all"):
        from chalicelib.wiring import admin

        admin.serve(app, settings)
    return form_path


def public_pages(settings: Settings) -> Pages:
    """Return the published pages: fetched, or as shipped, or each rendered when asked for.

    The functions with forms render those anyway, and their other pages with them: all of one release.
    """
    if settings.porchlight_pages == "live" or settings.porchlight_function in ("reporter", "codes"):
        from chalicelib.wiring import published

        return published.live_pages(settings)
    from chalicelib.pages.adapters.shipped_pages import ShippedPages

    shipped = ShippedPages(os.path.join(HERE, "built_pages"))
    if not settings.pages_url:
        return shipped
    from chalicelib.pages.adapters.published_pages import PublishedPages

    return PublishedPages(settings.pages_url, shipped)


def about_site(settings: Settings) -> LoadAbout:
    """Return what loads the site's answers about itself, once somebody asks for them."""

    def load() -> AboutSite:
        from chalicelib.pages.about import AboutSite

        return AboutSite(
            settings.operator_name, settings.operator_contact, settings.keep_days, _expires(settings)
        )

    return load


def place_search() -> Search:
    """Load what answers a search for a place, once somebody looks for one."""
    from chalicelib.pages.web.answer_search import answer_search

    return answer_search


def _expires(settings: Settings) -> str:
    """Return until when security.txt holds: as the build said, else a year from now."""
    if settings.porchlight_pages == "live":
        from datetime import UTC, datetime, timedelta

        return f"{datetime.now(UTC) + timedelta(days=365):%Y-%m-%dT00:00:00Z}"
    import json

    with open(os.path.join(HERE, "built_pages", "index.json"), encoding="utf-8") as file:
        return str(json.load(file).get("expires", ""))
