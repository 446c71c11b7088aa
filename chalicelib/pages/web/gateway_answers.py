"""HTTP responses as API Gateway takes them from a function (Lambda proxy integration).

The page function loads this, and no framework.
"""

from __future__ import annotations

from chalicelib.pages.choose_page import ABOUT, ALL_AREAS, choose_locale, choose_page
from chalicelib.shared.error_place import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from chalicelib.pages.about import AboutSite
    from chalicelib.pages.ports import Pages

    Event = Mapping[str, Any]
    LoadAbout = Callable[[], AboutSite]
    FoundPage = tuple[str, int, Mapping[str, str]]  # a packed page, the status, the headers that belong to it
    Search = Callable[[Pages, str, "PageRequest"], FoundPage]
    LoadSearch = Callable[[], Search]

READ = ("GET", "HEAD")

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
}
# As in page_headers.py, which costs the page function a file at its start.
ERROR_PAGES = (400, 403, 404, 405, 413, 415, 500, 503)

# For when even the error pages cannot be had.
_BARE_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Information</title><link rel="icon" href="data:,"></head>
<body><p>This does not work right now. In danger, call 911.
To talk to somebody at any hour, call 888-373-7888.</p>
<p lang="es">Esto no funciona ahora. En peligro, llame al 911.
Para hablar con alguien a cualquier hora, llame al 888-373-7888.</p></body></html>
"""


class PageRequest:
    """What an HTTP request asks for: all that a public page may depend on."""

    def __init__(
        self,
        method: str,
        path: str,
        languages: str,
        gzip: bool,
        lists: bool = False,
        brotli: bool = False,
        event: Event | None = None,
        content_type: str = "",
    ) -> None:
        self.method = method
        self.path = path
        self.languages = languages
        self.gzip = gzip
        self.brotli = brotli  # before gzip, where a page lies ready so
        self.lists = lists  # headers came as lists alone, and go back so
        self.event = event or {}  # whose body is read where somebody looks for a place, and nowhere else
        self.content_type = content_type


def read_request(event: Event) -> PageRequest:
    """Read the HTTP request in API Gateway's event, or a load balancer's."""
    headers = headers_of(event)
    context = _members(event, "requestContext")
    gzip, brotli = accepted(headers.get("accept-encoding", ""))
    return PageRequest(
        str(context.get("httpMethod") or event.get("httpMethod") or "GET"),
        # Chalice's own local events hold it in the context only, where API Gateway puts the stage before it.
        str(event.get("path") or context.get("path") or "/"),
        headers.get("accept-language", ""),
        gzip,
        lists=not event.get("headers") and bool(event.get("multiValueHeaders")),
        brotli=brotli,
        event=event,
        content_type=headers.get("content-type", ""),
    )


def headers_of(event: Event) -> dict[str, str]:
    """Return the request headers by names in small letters, also where they come as lists alone."""
    headers = {}
    for name, values in _members(event, "multiValueHeaders").items():
        listed = values if isinstance(values, list) else [values]
        given = [str(value) for value in listed if value is not None]
        if given:
            # What a client would take may be said in several lines; of anything else the last counts, as with
            # API Gateway.
            headers[name.lower()] = ", ".join(given) if name.lower().startswith("accept") else given[-1]
    for name, value in _members(event, "headers").items():
        if value is not None:
            headers[name.lower()] = str(value)
    return headers


def _members(event: Event, name: str) -> Mapping[str, Any]:
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def accepted(accept_encoding: str) -> tuple[bool, bool]:
    """Say whether a page may go out as gzip, and whether rather as brotli, by an Accept-Encoding header.

    The greatest weight (q) wins; of equals brotli goes before gzip, and gzip before neither.
    """
    weights = {}
    for choice in accept_encoding.lower().split(","):
        name, _, parameters = choice.partition(";")
        weights[name.strip()] = _weight(parameters)
    plain, any_other = weights.get("identity", 0.0), weights.get("*", 0.0)
    gzip, brotli = weights.get("gzip", any_other), weights.get("br", any_other)
    return 0 < gzip >= plain, 0 < brotli >= max(gzip, plain)


def _weight(parameters: str) -> float:
    """Return the q of a choice, 1 where it says none; what is no number counts as not wanted."""
    said = parameters.replace(" ", "").partition("q=")[2].partition(";")[0]
    try:
        weight = float(said or 1)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def page_for(
    pages: Pages, request: PageRequest, about: LoadAbout | None = None, search: LoadSearch | None = None
) -> FoundPage:
    """Find the page that is requested, or the small page that says why there is none.

    `about` loads what the page about the site says of its operator, and the text files; `search` what answers
    a POST to the list of all areas, by which somebody looks for a place.
    """
    now = pages.current()
    locale, place = choose_page(request.path, request.languages, now)
    if search and place == ALL_AREAS and request.method == "POST":
        return search()(now, locale, request)
    filled = about if place == ABOUT else None  # on its way, and nothing here opens brotli
    if request.brotli and not filled:
        now = now.in_brotli()
    if about and request.method in READ and request.path.endswith(".txt"):
        text = about().text_file(request.path)
        if text is not None:
            return _packed(text), 200, {**now.headers, "Content-Type": "text/plain; charset=utf-8"}
    if request.method not in READ:
        # Below a place there is nothing at all, so that nothing there can be read either.
        if place not in now.areas and request.path.strip("/").count("/") > 1:
            return error_for(now, 404, request)
        packed, status, headers = error_for(now, 405, request)
        allowed = (*READ, "POST") if search and place == ALL_AREAS else READ
        return packed, status, {**headers, "Allow": ", ".join(allowed)}
    if place is None:
        return error_for(now, 404, request)
    try:
        packed = now.page(locale, place)  # before the headers: they are those of the page that was found
    except KeyError:  # the page of other languages, in a release that has none
        return error_for(now, 404, request)
    if filled:
        packed = _packed(filled().fill(_unpacked(packed)))
    return packed, 200, now.headers


def _packed(text: str) -> str:
    from chalicelib.pages.render.packing import pack  # rare, so that the page function need not load it

    return pack(text)


def _unpacked(packed: str) -> str:
    from chalicelib.pages.render.packing import unpack  # the same

    return unpack(packed)


def error_for(pages: Pages, status: int, request: PageRequest) -> FoundPage:
    """Find the small page for an error, in the language of the path or of the browser."""
    now = pages.current().in_brotli() if request.brotli else pages.current()
    locale = choose_locale(request.path, request.languages, now)
    shown = status if status in ERROR_PAGES else 500 if status >= 500 else 400
    packed = now.error(locale, shown)  # before the headers: they are those of the page that was found
    return packed, status, now.headers


def bare_page() -> FoundPage:
    """Return a page for status 500 that needs nothing that could be broken."""
    # Rare, so that the page function need not load it.
    from chalicelib.pages.page_headers import BARE_POLICY, page_headers

    return _packed(_BARE_PAGE), 500, page_headers(BARE_POLICY)


def gateway_response(
    packed: str, status: int, headers: Mapping[str, Any], request: PageRequest
) -> dict[str, Any]:
    """Return the HTTP response with a packed page, as API Gateway expects it of a function."""
    whole = {
        "Content-Type": "text/html; charset=utf-8",
        **headers,
        "Vary": "Accept-Encoding, Accept-Language",
    }
    body, with_body = packed, request.method != "HEAD"
    encoding = "gzip" if packed.startswith("H4sI") else "br"
    if encoding == "gzip" and not request.gzip:
        encoding = ""
        if with_body:
            body = _unpacked(body)
    if encoding:
        whole["Content-Encoding"] = encoding
    return {
        "statusCode": status,
        "headers": whole,
        "multiValueHeaders": {name: [value] for name, value in whole.items()} if request.lists else {},
        "body": body if with_body else "",
        "isBase64Encoded": bool(encoding) and with_body,
    }


def page_function(
    pages: Pages,
    log: Callable[[str], None],
    about: LoadAbout | None = None,
    search: LoadSearch | None = None,
) -> Callable[[Event, Any], dict[str, Any]]:
    """Return a Lambda handler for API Gateway's events that returns a page of ours, whatever happens."""

    def handle(event: Event, context: Any) -> dict[str, Any]:
        request = read_request(event if isinstance(event, dict) else {})
        try:
            return gateway_response(*page_for(pages, request, about, search), request)
        except Exception as error:
            log(where(error))
            try:
                return gateway_response(*error_for(pages, status_of(error), request), request)
            except Exception as worse:
                log(where(worse))
                return gateway_response(*bare_page(), request)

    return handle


def status_of(error: Exception) -> int:
    """Return the HTTP status of an error's response: the table's, or 500 for what nobody expected."""
    for kind in type(error).__mro__:
        if kind.__name__ in STATUS:
            return STATUS[kind.__name__]
    return 500
