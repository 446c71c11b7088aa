"""HTTP responses: each is a page of ours, gzipped, with the headers of every other page, cached by nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from chalice.app import Response

from chalicelib.pages.web.gateway_answers import (
    READ,
    PageRequest,
    bare_page,
    error_for,
    gateway_response,
    page_for,
    read_request,
    status_of,
)
from chalicelib.shared.error_place import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chalice.app import Chalice, Request

    from chalicelib.pages.ports import Pages
    from chalicelib.pages.web.gateway_answers import LoadAbout, LoadSearch


class NoSuchPage(Exception):
    """The path is none of ours: respond with 404."""


class Ours(Response):
    """HTTP response that was made whole by us: it goes out as it is."""


class Ready(Ours):
    """HTTP response that a function's own handler made, as API Gateway expects it."""

    def __init__(self, made: Mapping[str, Any]) -> None:
        super().__init__(body="", headers=dict(made["headers"]), status_code=made["statusCode"])
        self._made = made

    def to_dict(self, binary_types: Any = None) -> dict[str, Any]:
        """Return what was made."""
        return dict(self._made)


class Html(Ours):
    """HTTP response with a packed page.

    `to_dict` skips Chalice's way with binary bodies, which refuses odd Accept headers.
    """

    def __init__(self, packed: str, status: int, headers: Mapping[str, str], request: Request | None) -> None:
        super().__init__(body="", headers=dict(headers), status_code=status)
        self._packed = packed
        self._page_request = page_request(request)

    def to_dict(self, binary_types: Any = None) -> dict[str, Any]:
        """Return the response as API Gateway expects it of a Lambda proxy integration."""
        return gateway_response(self._packed, self.status_code, self.headers, self._page_request)


def page_request(request: Request | None) -> PageRequest:
    """Return what an HTTP request asks for; where there is none, a browser's usual request."""
    return (
        PageRequest("GET", "/", "", gzip=True)
        if request is None
        else read_request(request.to_original_event())
    )


def path_of(request: Request | None) -> str:
    """Return the URL path as it was requested: Chalice's own `path` is the route's pattern."""
    return page_request(request).path


def page(
    pages: Pages, request: Request, about: LoadAbout | None = None, search: LoadSearch | None = None
) -> Html:
    """Return the response with the page that is requested."""
    return Html(*page_for(pages, page_request(request), about, search), request)


def error_page(pages: Pages, status: int, request: Request | None) -> Html:
    """Return the error response, a small page in the language of the path or of the browser."""
    return Html(*error_for(pages, status, page_request(request)), request)


def respond_in_html(app: Chalice, pages: Pages) -> None:
    """Add the middleware that lets no response out but ours: Chalice's own errors are JSON of its own."""

    @app.middleware("http")
    def in_html(request: Request | None, get_response: Callable[[Any], Response]) -> Response:
        try:
            response = _response(request, get_response)
            if isinstance(response, Ours):
                return response
            page = error_page(pages, response.status_code, request)
            allowed = str(response.headers.get("Allow", ""))
            if allowed:
                # A route for any method says by itself what may be asked: this one is none of HTTP's.
                page.headers["Allow"] = ", ".join(READ) if "PATCH" in allowed else allowed
            return page
        except Exception as error:
            app.log.error(where(error))
            return Html(*bare_page(), request)

    def _response(request: Request | None, get_response: Callable[[Any], Response]) -> Response:
        if request is not None and request.path not in app.routes:
            return error_page(pages, 404, request)  # this function does not serve that path
        try:
            return get_response(request)
        except Exception as error:
            app.log.error(where(error))
            return error_page(pages, status_of(error), request)


def responding(
    pages: Pages, request: Callable[[], Request], log: Callable[[str], None]
) -> Callable[..., Any]:
    """Return a decorator for views: an error becomes a page, and the log gets its name and nothing else."""

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def responded(*arguments: str, **named: str) -> Response:
            try:
                return view(*arguments, **named)
            except Exception as error:
                status = status_of(error)
                if status >= 500:
                    log(where(error))
                return error_page(pages, status, request())

        return responded

    return decorate
