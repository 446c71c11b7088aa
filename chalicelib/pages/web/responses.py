"""Answers: every one is a page of ours, gzipped, with the headers of every other page, and kept by nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from chalice.app import Response

from chalicelib.pages.web.gateway_answers import (
    PageRequest,
    answer,
    asked_by,
    bare_page,
    error_for,
    page_for,
    status_of,
)
from chalicelib.shared.error_place import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chalice.app import Chalice, Request

    from chalicelib.pages.ports import Pages


class NoSuchPage(Exception):
    """The path is none of ours: answer 404."""


class Html(Response):
    """A packed page. `to_dict` skips Chalice's way with binary bodies, which refuses odd Accept headers."""

    def __init__(self, packed: str, status: int, headers: Mapping[str, str], request: Request | None) -> None:
        super().__init__(body="", headers=dict(headers), status_code=status)
        self._packed = packed
        self._asked = asked(request)

    def to_dict(self, binary_types: Any = None) -> dict[str, Any]:
        """Return what API Gateway expects of a Lambda proxy integration."""
        return answer(self._packed, self.status_code, self.headers, self._asked)


def asked(request: Request | None) -> PageRequest:
    """Return what a request asks for; where there is none, a browser's usual one."""
    return (
        PageRequest("GET", "/", "", gzip=True) if request is None else asked_by(request.to_original_event())
    )


def path_of(request: Request | None) -> str:
    """Return the path as it was asked for: Chalice's own `path` is the route's pattern."""
    return asked(request).path


def page(pages: Pages, request: Request) -> Html:
    """Answer with the page that is asked for."""
    return Html(*page_for(pages, asked(request)), request)


def error_page(pages: Pages, status: int, request: Request | None) -> Html:
    """Answer with the small page for an error, in the language of the path or of the browser."""
    return Html(*error_for(pages, status, asked(request)), request)


def answer_in_html(app: Chalice, pages: Pages) -> None:
    """Let no answer leave that is not a page of ours: Chalice's own errors are JSON."""

    @app.middleware("http")
    def in_html(request: Request | None, get_response: Callable[[Any], Response]) -> Response:
        try:
            response = _answer(request, get_response)
            if isinstance(response, Html):
                return response
            page = error_page(pages, response.status_code, request)
            if "Allow" in response.headers:
                page.headers["Allow"] = response.headers["Allow"]
            return page
        except Exception as error:
            app.log.error(where(error))
            return Html(*bare_page(), request)

    def _answer(request: Request | None, get_response: Callable[[Any], Response]) -> Response:
        if request is not None and request.path not in app.routes:
            return error_page(pages, 404, request)  # this function does not serve that path
        try:
            return get_response(request)
        except Exception as error:
            app.log.error(where(error))
            return error_page(pages, status_of(error), request)


def answering(pages: Pages, request: Callable[[], Request], log: Callable[[str], None]) -> Callable[..., Any]:
    """Return a decorator for views: an error becomes a page, and the log gets its name and nothing else."""

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def answered(*arguments: str, **named: str) -> Response:
            try:
                return view(*arguments, **named)
            except Exception as error:
                status = status_of(error)
                if status >= 500:
                    log(where(error))
                return error_page(pages, status, request())

        return answered

    return decorate
