"""The guard of the admin site: authorization by role, CSRF checks and the audit log, at every route.

Every route is made by `Guard.screen`, `Guard.action` or `Guard.sign_in_screen`. What it demands is its
attribute `guard`: a role, or NO_SESSION for the few screens that are there before anybody is signed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Protocol
from urllib.parse import urlsplit

from chalice.app import Blueprint, Request

from chalicelib.desk.audit import BEGUN, DONE, FAILED, REFUSED
from chalicelib.desk.errors import NotAllowed, SessionOver
from chalicelib.desk.people import SIGN_IN_TAKES, Person
from chalicelib.desk.ports import AuditLog
from chalicelib.desk.record_deeds import RecordDeeds
from chalicelib.desk.render.admin_pages import AdminPages
from chalicelib.desk.sign_in import Sessions
from chalicelib.desk.web import areas, cookies, typed_words
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.desk.web.uploads import UploadedFile, read_upload
from chalicelib.pages.web.gateway_answers import headers_of, status_of
from chalicelib.pages.web.read_form import read_form
from chalicelib.pages.web.responses import path_of
from chalicelib.shared.clock import Clock
from chalicelib.shared.error_place import where
from chalicelib.shared.errors import PorchlightError, StoreUnavailable
from chalicelib.shared.time_zones import ZoneOf, in_utc

NO_SESSION = "no session"  # the guard of what is there before anybody is signed in
# A text of 100,000 letters of three bytes, each byte as %XX. The local server hands longer bodies on cut
# short, so this must stay below what it takes: a text that was cut is refused, not saved.
MOST_BYTES = 1_000_000
MOST_FIELDS = 2_000
_READ = ["GET", "HEAD"]

Fields = Mapping[str, Sequence[str]]
STATUS = {
    "SessionOver": 401,
    "NotAllowed": 403,
    "EntryMissing": 404,
    "DraftConflict": 409,
    "PublishUnderWay": 409,
    "ChangedSince": 409,
    "StaleRecord": 409,
    "DocumentInvalid": 422,
    "AgreementMissing": 422,
    "RenderStopped": 422,
}


class StaleForm(PorchlightError):
    """A CSRF token of another session: show what the form holds, with a button to send it again."""


@dataclass(slots=True)
class Deed:
    """What the audit log says of a button that was pressed, written by the screen as it learns it.

    `about` is to whom or to what, `before` and `after` the values it had and has. `done` says that something
    was done although the response is a refusal. `number` is the deed's own; `goes_on` says that who works on
    it records what came of it.
    """

    about: str = ""
    before: str = ""
    after: str = ""
    why: str = ""
    done: bool = False
    number: str = ""
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class AdminRequest:
    """A request to the admin site, with its CSRF token and who is signed in.

    `csrf` goes into every form; `person` is None before anybody is signed in.
    """

    path: str
    posted: bool
    query: Mapping[str, str]
    csrf: str
    secret: str = field(repr=False)  # the value of the cookie behind this request
    fields: Fields = field(default_factory=dict, repr=False)
    person: Person | None = None
    deed: Deed = field(default_factory=Deed)
    browsers: Sequence[str] = field(default=(), repr=False)  # what the browser holds of earlier sign-ins
    file: UploadedFile | None = None

    @property
    def who(self) -> Person:
        """Return the person who is signed in. Raises SessionOver."""
        if self.person is None:
            raise SessionOver("nobody is signed in")
        return self.person

    def field(self, name: str) -> str:
        """Return a field of the form, or nothing."""
        values = self.fields.get(name, ())
        return values[0] if values else ""

    def asked(self, name: str) -> str:
        """Return a field of the form, else of the query string, or nothing."""
        return self.field(name) or self.query.get(name, "")


View = Callable[[AdminRequest], Screen]
Right = Callable[[Person, str, str, bool, Callable[[str], str]], bool]


class Show(Protocol):
    """Responds to a request with a page: `Guard.show`, as screens are handed it."""

    def __call__(
        self, request: AdminRequest, template: str, status: int = 200, /, **names: Any
    ) -> Screen: ...


class Guard:
    """Registers routes on a blueprint, each behind its guard."""

    def __init__(
        self,
        routes: Blueprint,
        pages: AdminPages,
        sessions: Sessions,
        audit: AuditLog,
        clock: Clock,
        origin: str,
        log: Callable[[str], None],
        tell: Callable[[str], None],
        zone_of: ZoneOf = in_utc,
        area: areas.Area = areas.DESK,
    ) -> None:
        self.right: Right = lambda *_: True  # whether somebody may, for the place that it is about
        self.area = area
        self.files: set[str] = set()  # paths whose form may have a file in it
        self._routes = routes
        self._pages = pages
        self._sessions = sessions
        self._record = RecordDeeds(audit, clock, tell)
        self._clock = clock
        self._origin = origin
        self._log = log
        self._zone_of = zone_of

    # Making routes

    def screen(
        self, path: str, role: str, does: str = "", about: str = "", looks: bool = False
    ) -> Callable[[View], View]:
        """Return a decorator for the route of a screen that people with `role` see.

        One that `looks` also takes a form that changes nothing: what was typed comes along to it.

        With `does` it also takes a form, and the audit log says before anything is done that it was begun,
        and afterwards what came of it: who, `does`, what the form's fields `about` hold, why, and whatever
        the screen writes into the request's `deed`.
        """
        return self._route(path, [*_READ, "POST"] if does or looks else _READ, role, does, about)

    def action(self, path: str, role: str, does: str, about: str = "") -> Callable[[View], View]:
        """Return a decorator for the route of a button: a form of another screen is sent here."""
        return self._route(path, ["POST"], role, does, about)

    def sign_in_screen(self, path: str) -> Callable[[View], View]:
        """Return a decorator for the route of a screen that needs no session, such as the sign-in."""
        return self._route(path, [*_READ, "POST"], NO_SESSION, "", "")

    def _route(
        self, path: str, methods: list[str], role: str, does: str, about: str
    ) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            @wraps(view)
            def guarded() -> Screen:
                return self._respond(view, path, role, does, about)

            guarded.guard = role  # type: ignore[attr-defined]
            self._routes.route(path, methods=methods, content_types=[], name=view.__name__)(guarded)
            return view

        return decorate

    # Responding

    def show(self, admin_request: AdminRequest, template: str, status: int = 200, /, **names: Any) -> Screen:
        """Render a template as the response."""
        html = self._pages.render(
            template,
            person=admin_request.person,
            csrf=admin_request.csrf,
            here=admin_request.path,
            area=self.area,
            done=admin_request.query.get("done", ""),
            zone_of=self._zone_of,
            **{"problems": {}, **names},
        )
        request = self._routes.current_request
        screen = Screen(html, status, {"Content-Security-Policy": self._pages.policy()}, request=request)
        screen.refusal = " ".join(str(one) for one in (names.get("problems") or {}).values()) or str(
            names.get("told") or ""
        )
        return screen

    def record(
        self, admin_request: AdminRequest, did: str, about: str = "", why: str = "", /, **more: str
    ) -> None:
        """Append a line to the audit log, and a copy where the admin function's role can change nothing.

        `more` are the other texts of an AuditEntry.
        """
        who = admin_request.who
        self.record_of(who.email, who.highest_role, did, about=about, why=why, **{"outcome": DONE, **more})

    def record_of(self, who: str, role: str, did: str, **more: str) -> None:
        """Append a line to the audit log about anybody; `more` are texts of an AuditEntry."""
        self._record(who, role, did, **more)

    def _respond(self, view: View, path: str, role: str, does: str, about: str) -> Screen:
        request = self._routes.current_request
        admin_request = self._admin_request(request)
        try:
            self._from_our_own_page(request)
            if role == NO_SESSION:
                return self._before_sign_in(view, admin_request, request)
            admin_request = self._signed_in(admin_request, request)
            allowed = admin_request.who.may(role)
            if admin_request.posted:
                admin_request = self._with_form(admin_request, request)
                admin_request.deed.about = " ".join(
                    filter(None, (admin_request.field(name) for name in about.split()))
                )
            if not allowed:
                return self._refused(admin_request, does, NotAllowed(f"this needs the role {role}"))
            if not self.right(admin_request.who, path, role, admin_request.posted, admin_request.asked):
                return self._refused(admin_request, does, NotAllowed("this belongs to another place"))
            if does and admin_request.posted:
                return self._recorded(view, admin_request, does)
            return view(admin_request)
        except SessionOver:
            return self._sign_in_first(admin_request, request)
        except StaleForm:
            return self.show(
                admin_request,
                "again.html",
                403,
                kept=typed_words.kept(self._read(request)[0]),
                signed_out=False,
            )
        except Exception as error:
            return self._failed(admin_request, error)

    def draw(self) -> int:
        """Return a random number, to choose a sample by."""
        return int.from_bytes(self._clock.nonce()[:4], "big")

    def _admin_request(self, request: Request) -> AdminRequest:
        secret = cookies.read(request, self.area.cookies.session)
        return AdminRequest(
            path=path_of(request),
            posted=request.method == "POST",
            query=_query_of(request),
            csrf=cookies.form_token(secret, self._clock.nonce()) if secret else "",
            secret=secret,
        )

    def _from_our_own_page(self, request: Request) -> None:
        """Check for CSRF: refuse a form that another site sent, whatever cookies came with it."""
        if request.method != "POST":
            return
        headers = headers_of(request.to_original_event())
        site, origin = headers.get("sec-fetch-site", ""), headers.get("origin", "")
        if site not in ("", "same-origin") or (origin and not self._is_ours(origin, request)):
            raise NotAllowed("the form came from elsewhere")
        if not site and not origin:
            raise NotAllowed("the browser does not say where the form came from")

    def _is_ours(self, origin: str, request: Request) -> bool:
        if self._origin:
            return origin == self._origin
        return bool(origin) and urlsplit(origin).netloc == _host(request)

    def _signed_in(self, admin_request: AdminRequest, request: Request) -> AdminRequest:
        if not admin_request.secret:
            raise SessionOver("no cookie")
        person = self._sessions.who(admin_request.secret)
        return replace(admin_request, person=person)

    def _with_form(self, admin_request: AdminRequest, request: Request) -> AdminRequest:
        fields, file = self._read(request)
        if not cookies.token_fits(admin_request.secret, "".join(fields.get("csrf", ()))):
            raise StaleForm("made for another session")
        return replace(admin_request, fields=fields, file=file)

    def _before_sign_in(self, view: View, admin_request: AdminRequest, request: Request) -> Screen:
        """Check the CSRF token of a form before sign-in, which is bound to a cookie of its own."""
        names = self.area.cookies
        secret = cookies.read(request, names.sign_in)
        if admin_request.posted:
            fields, _ = self._read(request)
            if not cookies.token_fits(secret, "".join(fields.get("csrf", ()))):
                return go_to(f"{admin_request.path}?done=door")
            token = cookies.form_token(secret, self._clock.nonce())
            browsers = cookies.known_browsers(request, names)
            return view(
                AdminRequest(
                    admin_request.path, True, admin_request.query, token, secret, fields, browsers=browsers
                )
            )
        fresh = secret or (self._clock.nonce() + self._clock.nonce()).hex()
        token = cookies.form_token(fresh, self._clock.nonce())
        response = view(AdminRequest(admin_request.path, False, admin_request.query, token, fresh))
        if not secret:
            line = cookies.write(names.sign_in, fresh, SIGN_IN_TAKES * 6, names.path)
            response.cookies = (*response.cookies, line)
        return response

    def _refused(self, admin_request: AdminRequest, does: str, error: NotAllowed) -> Screen:
        """Refuse somebody whose role does not cover it; what they tried all the same is logged."""
        if does and admin_request.posted:
            self.record(
                admin_request, f"{does}: not done", admin_request.deed.about, outcome=REFUSED, told=str(error)
            )
        return self._failed(admin_request, error)

    def _recorded(self, view: View, admin_request: AdminRequest, does: str) -> Screen:
        """Do what a button says, between two lines of the audit log: that it was begun, and what came of it.

        Where the first cannot be written, nothing is done.
        """
        deed = admin_request.deed
        deed.number = number = self._clock.nonce().hex()[:8]
        deed.why = admin_request.field("why")
        self.record(admin_request, does, deed.about, deed.why, outcome=BEGUN, deed=number)
        error: Exception | None = None
        try:
            response = view(admin_request)
        except SessionOver as over:
            self.record(
                admin_request, f"{does}: not done", deed.about, outcome=REFUSED, told=str(over), deed=number
            )
            raise
        except Exception as raised:
            error, response = raised, self._failed(admin_request, raised)
        if deed.goes_on:
            return response
        done = deed.done or response.status_code < 400
        outcome = DONE if done else FAILED if response.status_code >= 500 else REFUSED
        reason = response.refusal or (type(error).__name__ if error else "")
        more = {"before": deed.before, "after": deed.after, "told": "" if done else reason, "deed": number}
        did = does if done else f"{does}: not done"
        try:
            self.record(admin_request, did, deed.about, deed.why, outcome=outcome, **more)
        except StoreUnavailable as away:  # what was done is done: the log says that it was begun, and no more
            self._log(where(away))
        return response

    def _sign_in_first(self, admin_request: AdminRequest, request: Request) -> Screen:
        if not admin_request.posted:
            return go_to(self.area.sign_in + (f"?done={self.area.over}" if admin_request.secret else ""))
        nobody = AdminRequest(admin_request.path, True, admin_request.query, "", "")
        try:
            kept = typed_words.kept(self._read(request)[0])
        except PorchlightError as error:
            return self._failed(nobody, error)
        return self.show(nobody, "again.html", 401, kept=kept, signed_out=True)

    def _read(self, request: Request) -> tuple[Fields, UploadedFile | None]:
        if path_of(request) in self.files:
            return read_upload(request, MOST_FIELDS)
        return read_form(request, MOST_BYTES, MOST_FIELDS), None

    def _failed(self, admin_request: AdminRequest, error: Exception) -> Screen:
        status = next(
            (STATUS[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in STATUS),
            status_of(error),
        )
        if status >= 500:
            self._log(where(error))
        sentence = str(error) if isinstance(error, PorchlightError) and status < 500 else ""
        typed = typed_words.words(admin_request.fields)
        return self.show(admin_request, "sorry.html", status, code=status, told=sentence, typed=typed)


def _host(request: Request) -> str:
    return headers_of(request.to_original_event()).get("host", "")


def _query_of(request: Request) -> Mapping[str, str]:
    event = request.to_original_event()
    many = event.get("multiValueQueryStringParameters") or {}
    once = {str(name): str(value) for name, value in (event.get("queryStringParameters") or {}).items()}
    return {**once, **{str(name): str(values[0]) for name, values in many.items() if values}}
