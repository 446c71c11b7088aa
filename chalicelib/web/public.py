"""The public pages: a path in, a page out."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.usecases.show_page import choose_page
from chalicelib.web.responses import error_page, languages_of, page, path_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chalicelib.ports import Pages

_READ = ["GET", "HEAD"]
_ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def routes(pages: Pages) -> Blueprint:
    """Return the routes of every public page, and of every path that is none."""
    public = Blueprint(__name__)

    def answer() -> Response:
        request, now = public.current_request, pages.current()
        locale, place = choose_page(path_of(request), languages_of(request), now)
        if place is None:
            return error_page(now, 404, request)
        return page(now, locale, place, request)

    @public.route("/", methods=_READ, content_types=[])
    def front() -> Response:
        return answer()

    @public.route("/{locale}", methods=_READ, content_types=[])
    def in_language(locale: str) -> Response:
        return answer()

    @public.route("/{locale}/{place}", methods=_READ, content_types=[])
    def of_place(locale: str, place: str) -> Response:
        return answer()

    # Not "/{proxy+}": API Gateway allows one variable only at each step of a path.
    @public.route("/{locale}/{place}/{proxy+}", methods=_ANY, content_types=[])
    def anything_else(locale: str, place: str) -> Response:
        request, now = public.current_request, pages.current()
        language, found = choose_page(path_of(request), languages_of(request), now)
        if found is not None and request.method in _READ:
            return page(now, language, found, request)
        return error_page(now, 404, request)

    return public
