"""Answers: every one is a page of ours, gzipped, with the headers of every other page, and kept by nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from chalice.app import Response

from chalicelib.usecases.show_page import choose_locale

TYPE_CHECKING = False
if TYPE_CHECKING:  # the page function loads none of these
    from chalice.app import Chalice, Request

    from chalicelib.ports import Pages

# One table turns what went wrong into a status. Names, because the page function does not load the classes.
STATUS = {
    "InvalidReport": 422,
    "FormExpired": 400,
    "UnreadableForm": 400,
    "FormTooLarge": 413,
    "WrongContentType": 415,
    "NoSuchPage": 404,
    "NobodyOffered": 503,
    "StoreUnavailable": 503,
    "StoreBusy": 503,
    "SecretMissing": 503,
    "TooManyLookups": 503,
}
ERROR_PAGES = (400, 403, 404, 405, 413, 415, 500, 503)

# For when even the error pages cannot be had.
_BARE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_BARE_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Information</title><link rel="icon" href="data:,"></head>
<body><p>This does not work right now. In danger, call or text 911.
To talk to somebody at any hour, call 888-373-7888.</p>
<p lang="es">Esto no funciona ahora. En peligro, llame al 911.
Para hablar con alguien a cualquier hora, llame al 888-373-7888.</p></body></html>
"""


class NoSuchPage(Exception):
    """The path is none of ours: answer 404."""


class Html(Response):
    """A packed page. `to_dict` skips Chalice's way with binary bodies, which refuses odd Accept headers."""

    def __init__(self, packed: str, status: int, headers: Mapping[str, str], request: Request | None) -> None:
        super().__init__(body="", headers=dict(headers), status_code=status)
        self._packed = packed
        self._head_only = request is not None and request.method == "HEAD"
        self._gzip = request is None or accepts_gzip(request.headers.get("accept-encoding", ""))

    def to_dict(self, binary_types: Any = None) -> dict[str, Any]:
        """Return what API Gateway expects of a Lambda proxy integration."""
        headers = {
            **self.headers,
            "Content-Type": "text/html; charset=utf-8",
            "Vary": "Accept-Encoding, Accept-Language",
        }
        body = self._packed
        if self._gzip:
            headers["Content-Encoding"] = "gzip"
        elif not self._head_only:
            from chalicelib.render.packing import unpack  # rare, so that the page function need not load it

            body = unpack(body)
        return {
            "statusCode": self.status_code,
            "headers": headers,
            "multiValueHeaders": {},
            "body": "" if self._head_only else body,
            "isBase64Encoded": self._gzip and not self._head_only,
        }


def accepts_gzip(accept_encoding: str) -> bool:
    """Say whether an Accept-Encoding header allows gzip."""
    for choice in accept_encoding.lower().split(","):
        name, _, parameters = choice.strip().partition(";")
        if name.strip() in ("gzip", "*"):
            quality = parameters.replace(" ", "").partition("q=")[2] or "1"
            return quality.strip("0.") != "" or quality.startswith("1")
    return False


def path_of(request: Request | None) -> str:
    """Return the path as it was asked for: Chalice's own `path` is the route's pattern."""
    if request is None:
        return "/"
    # Chalice's own local events hold it in the context only, where API Gateway puts the stage before it.
    return str(request.to_original_event().get("path") or request.context.get("path") or "/")


def languages_of(request: Request | None) -> str:
    """Return the browser's Accept-Language header, or nothing."""
    return "" if request is None else str(request.headers.get("accept-language", ""))


def page(pages: Pages, locale: str, place: str, request: Request) -> Html:
    """Answer with a place's page."""
    packed = pages.page(locale, place)  # before the headers: they are those of the page that was found
    return Html(packed, 200, pages.headers, request)


def error_page(pages: Pages, status: int, request: Request | None) -> Html:
    """Answer with the small page for an error, in the language of the path or of the browser."""
    now = pages.current()
    locale = choose_locale(path_of(request), languages_of(request), now)
    shown = status if status in ERROR_PAGES else 500 if status >= 500 else 400
    packed = now.error(locale, shown)  # before the headers: they are those of the page that was found
    return Html(packed, status, now.headers, request)


def bare_page(request: Request | None) -> Html:
    """Answer 500 with a page that needs nothing that could be broken."""
    from chalicelib.render.packing import pack  # rare, so that the page function need not load it

    return Html(pack(_BARE_PAGE), 500, _BARE_HEADERS, request)


def status_of(error: Exception) -> int:
    """Return the status an error is answered with: the table's, or 500 for what nobody expected."""
    for kind in type(error).__mro__:
        if kind.__name__ in STATUS:
            return STATUS[kind.__name__]
    return 500


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
            return bare_page(request)

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


def where(error: BaseException) -> str:
    """Return an error's kind and place. Its text may quote what a person wrote, unless it is one of ours."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    kind = type(error).__name__
    if any(base.__name__ == "PorchlightError" for base in type(error).__mro__):
        kind = f"{kind} ({error})"
    if trace is None:
        return kind
    file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
    return f"{kind} at {file}:{trace.tb_lineno}"
