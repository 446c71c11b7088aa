"""The whole site in this process, among fakes, asked as API Gateway asks and read as a browser reads."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode

import html5lib
from chalice.app import Chalice

from chalicelib.directory.adapters.shipped_content import TEMPLATES, shipped_content
from chalicelib.pages.about import AboutSite
from chalicelib.pages.ports import Pages
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.pages.render.live_pages import LivePages
from chalicelib.pages.web import public, quiet_log, responses
from chalicelib.replies.follow_up import FollowUp
from chalicelib.replies.web import code_page
from chalicelib.replies.write_back import WriteBack
from chalicelib.reporting.cases import SealedReport
from chalicelib.reporting.render.form_pages import FormPages
from chalicelib.reporting.report import Report
from chalicelib.reporting.take_report import TakeReport
from chalicelib.reporting.web import form_page
from tests.support.fake_replies import FakeCodeVault, FakeReplyShelf
from tests.support.fakes import FakeRecipients, FakeSealer, FakeStore, FakeVault, FixedClock, recipient

FORM = "application/x-www-form-urlencoded"
PLACES = ("los-banos-ca", "merced-county-ca", "california", "us")
# Who runs the site, in a test that asks.
ABOUT = AboutSite("The town's library", "page@town.example", 30, "2027-11-28T00:00:00Z")
_numbers = count(1)


def shipped_site(catalogs: Catalogs) -> FormPages:
    """Return the site as it ships."""
    return FormPages(TEMPLATES, catalogs, shipped_content())


# What each answer must carry beside its content security policy, whatever went wrong.
EVERY_ANSWER = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True)
class Answer:
    """What API Gateway gets, and what a browser makes of it."""

    raw: Mapping[str, Any]

    @property
    def status(self) -> int:
        return int(self.raw["statusCode"])

    @property
    def headers(self) -> Mapping[str, str]:
        headers: Mapping[str, str] = self.raw["headers"]
        return headers

    @property
    def html(self) -> str:
        """The page, unpacked as its headers say."""
        body = self.raw["body"]
        content = base64.b64decode(body) if self.raw["isBase64Encoded"] else body.encode("utf-8")
        if self.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        return str(content.decode("utf-8"))

    @property
    def tree(self) -> Any:
        """The page as a tree, read as browsers do: not too strictly, since people may type odd signs."""
        return html5lib.HTMLParser(namespaceHTMLElements=False).parse(self.html)

    @property
    def lang(self) -> str:
        return str(self.tree.get("lang"))

    @property
    def text(self) -> str:
        """The words that are shown."""
        shown = [part for element in self.tree.iter("body") for part in _texts(element)]
        return " ".join("".join(shown).split())

    @property
    def code(self) -> str:
        """The receipt code that is shown."""
        (code,) = re.findall(r"(?:\d{4} ){4}\d{4}", self.text)
        return str(code)

    def fields(self) -> dict[str, list[str]]:
        """Return what a browser would send if the form were sent as it is."""
        found: dict[str, list[str]] = {}
        for element in self.tree.iter():
            if element.tag not in ("input", "textarea"):
                continue
            name, kind = element.get("name"), element.get("type", "text")
            if kind in ("checkbox", "radio") and element.get("checked") is None:
                continue
            value = (element.text or "") if element.tag == "textarea" else element.get("value", "")
            found.setdefault(name, []).append(value)
        return found

    def is_a_page(self) -> bool:
        """Say whether this is a page of ours, with all headers that a page must have."""
        wanted = {**EVERY_ANSWER, "Content-Type": "text/html; charset=utf-8"}
        has_all = all(self.headers.get(name) == value for name, value in wanted.items())
        return has_all and "Content-Security-Policy" in self.headers and "Set-Cookie" not in self.headers


def _texts(element: Any) -> Iterator[str]:
    if element.tag in ("script", "style"):
        return
    yield element.text or ""
    for child in element:
        yield from _texts(child)
        yield child.tail or ""


def encoded(fields: Mapping[str, list[str]]) -> bytes:
    """Return a form's body as browsers send it: each line break as CRLF."""
    breaks = re.compile("\r\n|\r|\n")
    pairs = [(name, breaks.sub("\r\n", value)) for name, values in fields.items() for value in values]
    return urlencode(pairs).encode("ascii")


def gateway_event(
    app: Chalice, method: str, path: str, headers: Mapping[str, str], body: bytes | None
) -> dict[str, Any]:
    """Return the event that API Gateway makes of a request, as its documentation shows it."""
    resource, names = _route(app, path)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers) or None,
        "multiValueHeaders": {name: [value] for name, value in headers.items()} or None,
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": names or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "1234567890",
            "domainName": "example.org",
            "extendedRequestId": "request-id",
            "httpMethod": method,
            "identity": {"sourceIp": "192.0.2.7", "userAgent": "An odd browser/1.0"},
            "path": f"/api{path}",
            "protocol": "HTTP/1.1",
            "requestId": "id=",
            "requestTime": "25/Nov/2026:12:00:00 +0000",
            "requestTimeEpoch": 1795608000000,
            "resourceId": "abc",
            "resourcePath": resource,
            "stage": "api",
        },
        "body": None if body is None else base64.b64encode(body).decode("ascii"),
        "isBase64Encoded": body is not None,
    }


def _route(app: Chalice, path: str) -> tuple[str, dict[str, str]]:
    """Find the route as API Gateway does: a literal part before a named one before the greedy one."""
    parts = path.strip("/").split("/")
    for route in sorted(app.routes, key=_rank):
        wanted = route.strip("/").split("/")
        given = parts
        if wanted[-1].endswith("+}") and len(parts) >= len(wanted):
            given = [*parts[: len(wanted) - 1], "/".join(parts[len(wanted) - 1 :])]
        if len(wanted) == len(given):
            pairs = list(zip(wanted, given, strict=True))
            if all(want == part or (want.startswith("{") and part) for want, part in pairs):
                return route, {want.strip("{+}"): part for want, part in pairs if want.startswith("{")}
    raise LookupError("API Gateway would answer this by itself")


def _rank(route: str) -> list[int]:
    return [2 if part.endswith("+}") else 1 if part.startswith("{") else 0 for part in route.split("/")]


class Website:
    """Every public route over fakes. `clock` stands until it is moved; `store` can be told to fail."""

    def __init__(
        self,
        site: Callable[[], FormPages],
        pages: Pages | None = None,
        about: AboutSite = ABOUT,
        *,
        replies: bool = False,
    ) -> None:
        self.store, self.sealer, self.vault, self.clock = FakeStore(), FakeSealer(), FakeVault(), FixedClock()
        self.directory = FakeRecipients(
            recipient("police", serves="us"),
            recipient("border", serves="us", enforces_immigration=True),
            chain=PLACES,
        )
        self.app = Chalice(app_name=f"porchlight-{next(_numbers)}")
        quiet_log.install(self.app)
        live = pages or LivePages(site)
        take = TakeReport(self.store, self.sealer, self.vault, self.directory, self.clock, agreed_only=True)
        self.shelf, vault = FakeReplyShelf(), FakeCodeVault(self.vault)
        follow_up = FollowUp(self.store, self.shelf, vault, self.directory, self.clock, replies=replies)
        back = WriteBack(self.store, self.sealer, vault, self.directory, self.clock, follow_up)
        responses.respond_in_html(self.app, live)
        self.app.register_blueprint(public.routes(live, lambda: about))
        log = self.app.log.error
        self.app.register_blueprint(form_page.routes(live, site, take, log, replies=replies))
        self.app.register_blueprint(code_page.routes(live, site, follow_up, back, log, replies=replies))

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send a request as API Gateway does."""
        return self.event(gateway_event(self.app, method, path, headers or {}, body))

    def event(self, event: Mapping[str, Any]) -> Answer:
        """Hand the application an event. Lambda sends the answer as JSON, and so do we."""
        return Answer(json.loads(json.dumps(self.app(event, None))))

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page; `Accept_Language="es"` is a header."""
        return self.ask("GET", path, {name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, fields: Mapping[str, list[str]], kind: str = FORM) -> Answer:
        """Send a form as a browser does."""
        return self.ask("POST", path, {"Content-Type": kind, "Accept-Encoding": "gzip"}, encoded(fields))

    def open_form(self, path: str = "/en/los-banos-ca/note/", **changed: list[str]) -> dict[str, list[str]]:
        """Open the form, and take a minute to fill it."""
        fields = self.get(path).fields()
        self.clock.forward(minutes=1)
        return {**fields, "a": ["What I saw"], **changed}

    def stored(self) -> list[SealedReport]:
        """Return what is stored, in order."""
        return list(self.store.reports.values())

    def words(self, record: SealedReport) -> Report:
        """Open a stored report."""
        return Report.from_bytes(self.sealer.open(record.sealed, record.id))

    def after(self, **by: float) -> timedelta:
        """Let time go by."""
        self.clock.forward(**by)
        return timedelta(**by)


@contextmanager
def every_log_line(*, forced: bool = False) -> Iterator[list[str]]:
    """Gather what any logger says, formatted, with the level at DEBUG.

    `forced` lets those speak as well that our code keeps silent.
    """
    lines: list[str] = []
    formatter = logging.Formatter("%(name)s %(levelname)s %(message)s")
    call_handlers = logging.Logger.callHandlers

    def gather(self: logging.Logger, record: logging.LogRecord) -> None:
        lines.append(formatter.format(record))
        call_handlers(self, record)

    root = logging.getLogger()
    known = [one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    levels = [(one, one.level) for one in (root, *(known if forced else ()))]
    for one, _ in levels:
        one.setLevel(logging.DEBUG)
    logging.Logger.callHandlers = gather  # type: ignore[method-assign]
    try:
        yield lines
    finally:
        logging.Logger.callHandlers = call_handlers  # type: ignore[method-assign]
        for one, level in levels:
            one.setLevel(level)
