"""URL routes of the public pages: a path in, a page out."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.pages.web.responses import page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chalicelib.pages.ports import Pages
    from chalicelib.pages.web.gateway_answers import LoadAbout, LoadSearch

_READ = ["GET", "HEAD"]
_ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def routes(pages: Pages, about: LoadAbout | None = None, search: LoadSearch | None = None) -> Blueprint:
    """Return the URL routes of every public page, and of every path that is none.

    `about` loads what the page about the site says of its operator, `search` what finds a place.
    """
    public = Blueprint(__name__)

    @public.route("/", methods=_READ, content_types=[])
    def front() -> Response:
        return page(pages, public.current_request, about, search)

    @public.route("/{locale}", methods=_READ, content_types=[])
    def in_language(locale: str) -> Response:
        return page(pages, public.current_request, about, search)

    # Any method: somebody looks for a place by POST to /{locale}/places/, others are told what may be asked.
    @public.route("/{locale}/{place}", methods=_ANY, content_types=[])
    def of_place(locale: str, place: str) -> Response:
        return page(pages, public.current_request, about, search)

    # Not "/{proxy+}": API Gateway allows one variable only at each step of a path.
    @public.route("/{locale}/{place}/{proxy+}", methods=_ANY, content_types=[])
    def anything_else(locale: str, place: str) -> Response:
        return page(pages, public.current_request, about, search)

    return public
