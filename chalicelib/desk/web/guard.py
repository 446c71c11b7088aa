"""The one guard of the admin site: who may see a screen, who may press its button, what is written down.

Every route is made by `Guard.screen`, `Guard.action` or `Guard.door`, and carries what it demands as its
attribute `guard`: a role, or DOOR for the few screens that are there before anybody is signed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Protocol
from urllib.parse import urlsplit

from chalice.app import Blueprint, Request

from chalicelib.desk.audit import (
    BEGUN,
    DONE,
    FAILED,
    REFUSED,
    plain_line,
)
from chalicelib.desk.errors import NotAllowed, SessionOver
from chalicelib.desk.people import SIGN_IN_TAKES, Person
from chalicelib.desk.ports import AuditEntry, AuditLog
from chalicelib.desk.render.admin_pages import AdminPages
from chalicelib.desk.sign_in import Sessions
from chalicelib.desk.web import cookies
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.directory.armor import without_private
from chalicelib.pages.web.gateway_answers import headers_of, status_of
from chalicelib.pages.web.read_form import read_form
from chalicelib.pages.web.responses import path_of
from chalicelib.shared.clock import Clock
from chalicelib.shared.error_place import where
from chalicelib.shared.errors import PorchlightError, StoreUnavailable

DOOR = "door"  # the guard of what is there before anybody is signed in
HOME = "/admin/"
SIGN_IN = "/admin/sign-in"
# A text of 100,000 letters of three bytes, each byte as %XX. The local server hands longer bodies on cut
# short, so this must stay below its megabyte: a text that was cut is refused, not saved.
MOST_BYTES = 1_000_000
MOST_FIELDS = 2_000
_NEVER_KEPT = frozenset({"csrf", "password", "again", "code"})
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
    """The form was made for another session: show what it holds, with a button to send it again."""


@dataclass(slots=True)
class Deed:
    """What the log says of a button that was pressed, written by the screen as it learns it.

    `about` is to whom or to what, `before` and `after` the values it had and has. `done` says that something
    was done although the answer is a refusal.
    """

    about: str = ""
    before: str = ""
    after: str = ""
    why: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class AdminRequest:
    """One request of somebody at the desk. `csrf` goes into every form; nobody is `person` at the door."""

    path: str
    posted: bool
    query: Mapping[str, str]
    csrf: str
    secret: str = field(repr=False)  # the value of the cookie behind this visit
    fields: Fields = field(default_factory=dict, repr=False)
    person: Person | None = None
    deed: Deed = field(default_factory=Deed)
    browsers: Sequence[str] = field(default=(), repr=False)  # what the browser holds of earlier sign-ins

    @property
    def who(self) -> Person:
        """Return who is signed in."""
        if self.person is None:
            raise SessionOver("nobody is signed in")
        return self.person

    def one(self, name: str) -> str:
        """Return a field of the form, or nothing."""
        values = self.fields.get(name, ())
        return values[0] if values else ""

    def asked(self, name: str) -> str:
        """Return a field of the form, else of the address, or nothing."""
        return self.one(name) or self.query.get(name, "")


View = Callable[[AdminRequest], Screen]


class Show(Protocol):
    """Answers a visit with a page: `Guard.show`, as screens are handed it."""

    def __call__(self, visit: AdminRequest, template: str, status: int = 200, /, **names: Any) -> Screen: ...


class Guard:
    """Registers guarded screens on a blueprint."""

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
    ) -> None:
        self._routes = routes
        self._pages = pages
        self._sessions = sessions
        self._audit = audit
        self._clock = clock
        self._origin = origin
        self._log = log
        self._tell = tell

    # Making routes

    def screen(
        self, path: str, role: str, does: str = "", about: str = "", looks: bool = False
    ) -> Callable[[View], View]:
        """Return a decorator for a screen that people with `role` see.

        One that `looks` also takes a form that changes nothing: what was typed comes along to it.

        With `does` it also takes a form, and the audit log says before anything is done that it was begun,
        and afterwards what came of it: who, `does`, what the form's fields `about` hold, why, and whatever
        the screen writes into the visit's `deed`.
        """
        return self._route(path, [*_READ, "POST"] if does or looks else _READ, role, does, about)

    def action(self, path: str, role: str, does: str, about: str = "") -> Callable[[View], View]:
        """Return a decorator for a button: a form of another screen is sent here."""
        return self._route(path, ["POST"], role, does, about)

    def door(self, path: str) -> Callable[[View], View]:
        """Return a decorator for a screen that is there before anybody is signed in."""
        return self._route(path, [*_READ, "POST"], DOOR, "", "")

    def _route(
        self, path: str, methods: list[str], role: str, does: str, about: str
    ) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            @wraps(view)
            def guarded() -> Screen:
                return self._answer(view, role, does, about)

            guarded.guard = role  # type: ignore[attr-defined]
            self._routes.route(path, methods=methods, content_types=[], name=view.__name__)(guarded)
            return view

        return decorate

    # Answering

    def show(self, visit: AdminRequest, template: str, status: int = 200, /, **names: Any) -> Screen:
        """Answer with a page."""
        html = self._pages.render(
            template,
            person=visit.person,
            csrf=visit.csrf,
            here=visit.path,
            done=visit.query.get("done", ""),
            **{"problems": {}, **names},
        )
        request = self._routes.current_request
        sheet = Screen(html, status, {"Content-Security-Policy": self._pages.policy()}, request=request)
        sheet.told = " ".join(str(one) for one in (names.get("problems") or {}).values()) or str(
            names.get("told") or ""
        )
        return sheet

    def note(self, visit: AdminRequest, did: str, about: str = "", why: str = "", /, **more: str) -> None:
        """Write a line into the audit log, and a copy where the admin function's role can change nothing.

        `more` are the other texts of an AuditEntry.
        """
        who = visit.who
        self.note_of(who.email, who.role, did, about=about, why=why, **{"outcome": DONE, **more})

    def note_of(self, who: str, role: str, did: str, **more: str) -> None:
        """Write a line about somebody who need not be signed in; `more` are texts of an AuditEntry."""
        told = {name: plain_line(without_private(text)) for name, text in more.items()}
        self._audit.add(AuditEntry(self._clock.now(), plain_line(who), role, did, **told))
        about, outcome = told.get("about", ""), told.get("outcome", "")
        self._tell(f"desk: {plain_line(who)}, {role}: {did} {about}{f' ({outcome})' if outcome else ''}")

    def _answer(self, view: View, role: str, does: str, about: str) -> Screen:
        request = self._routes.current_request
        visit = self._visit(request)
        try:
            self._from_our_own_page(request)
            if role == DOOR:
                return self._at_the_door(view, visit, request)
            visit = self._signed_in(visit, request)
            allowed = visit.who.may(role)
            if visit.posted:
                visit = self._with_form(visit, request)
                visit.deed.about = " ".join(filter(None, (visit.one(name) for name in about.split())))
            if not allowed:
                return self._refused(visit, does, NotAllowed(f"this needs the role {role}"))
            return self._noted(view, visit, does) if does and visit.posted else view(visit)
        except SessionOver:
            return self._sign_in_first(visit, request)
        except StaleForm:
            return self.show(visit, "again.html", 403, kept=_kept(_read(request)), signed_out=False)
        except Exception as error:
            return self._failed(visit, error)

    def draw(self) -> int:
        """Draw a number, to choose a sample by."""
        return int.from_bytes(self._clock.nonce()[:4], "big")

    def _visit(self, request: Request) -> AdminRequest:
        secret = cookies.read(request, cookies.SESSION)
        return AdminRequest(
            path=path_of(request),
            posted=request.method == "POST",
            query=_query_of(request),
            csrf=cookies.form_token(secret, self._clock.nonce()) if secret else "",
            secret=secret,
        )

    def _from_our_own_page(self, request: Request) -> None:
        """Refuse a form that another site sent, whatever cookies came with it."""
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

    def _signed_in(self, visit: AdminRequest, request: Request) -> AdminRequest:
        if not visit.secret:
            raise SessionOver("no cookie")
        person = self._sessions.who(visit.secret)
        return AdminRequest(visit.path, visit.posted, visit.query, visit.csrf, visit.secret, {}, person)

    def _with_form(self, visit: AdminRequest, request: Request) -> AdminRequest:
        fields = _read(request)
        if not cookies.token_fits(visit.secret, "".join(fields.get("csrf", ()))):
            raise StaleForm("made for another session")
        return AdminRequest(
            visit.path, visit.posted, visit.query, visit.csrf, visit.secret, fields, visit.person
        )

    def _at_the_door(self, view: View, visit: AdminRequest, request: Request) -> Screen:
        """Before anybody is signed in, a form is bound to a cookie of its own."""
        secret = cookies.read(request, cookies.DOOR)
        if visit.posted:
            fields = _read(request)
            if not cookies.token_fits(secret, "".join(fields.get("csrf", ()))):
                return go_to(f"{SIGN_IN}?done=door")
            token = cookies.form_token(secret, self._clock.nonce())
            browsers = cookies.known_browsers(request)
            return view(AdminRequest(visit.path, True, visit.query, token, secret, fields, browsers=browsers))
        fresh = secret or (self._clock.nonce() + self._clock.nonce()).hex()
        answer = view(
            AdminRequest(
                visit.path, False, visit.query, cookies.form_token(fresh, self._clock.nonce()), fresh
            )
        )
        if not secret:
            answer.cookies = (*answer.cookies, cookies.write(cookies.DOOR, fresh, SIGN_IN_TAKES * 6))
        return answer

    def _refused(self, visit: AdminRequest, does: str, error: NotAllowed) -> Screen:
        """Answer somebody whose role does not cover it; what they tried all the same is written down."""
        if does and visit.posted:
            self.note(visit, f"{does}: not done", visit.deed.about, outcome=REFUSED, told=str(error))
        return self._failed(visit, error)

    def _noted(self, view: View, visit: AdminRequest, does: str) -> Screen:
        """Do what a button says, between a line that it was begun and one about what came of it.

        Where the first cannot be written, nothing is done.
        """
        deed, number = visit.deed, self._clock.nonce().hex()[:8]
        deed.why = visit.one("why")
        self.note(visit, does, deed.about, deed.why, outcome=BEGUN, deed=number)
        error: Exception | None = None
        try:
            answer = view(visit)
        except SessionOver as over:
            self.note(visit, f"{does}: not done", deed.about, outcome=REFUSED, told=str(over), deed=number)
            raise
        except Exception as raised:
            error, answer = raised, self._failed(visit, raised)
        done = deed.done or answer.status_code < 400
        outcome = DONE if done else FAILED if answer.status_code >= 500 else REFUSED
        told = answer.told or (type(error).__name__ if error else "")
        more = {"before": deed.before, "after": deed.after, "told": "" if done else told, "deed": number}
        did = does if done else f"{does}: not done"
        try:
            self.note(visit, did, deed.about, deed.why, outcome=outcome, **more)
        except StoreUnavailable as away:  # what was done is done: the log says that it was begun, and no more
            self._log(where(away))
        return answer

    def _sign_in_first(self, visit: AdminRequest, request: Request) -> Screen:
        if not visit.posted:
            return go_to(f"{SIGN_IN}?done=over" if visit.secret else SIGN_IN)
        nobody = AdminRequest(visit.path, True, visit.query, "", "")
        try:
            kept = _kept(_read(request))
        except PorchlightError as error:
            return self._failed(nobody, error)
        return self.show(nobody, "again.html", 401, kept=kept, signed_out=True)

    def _failed(self, visit: AdminRequest, error: Exception) -> Screen:
        status = next(
            (STATUS[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in STATUS),
            status_of(error),
        )
        if status >= 500:
            self._log(where(error))
        told = str(error) if isinstance(error, PorchlightError) and status < 500 else ""
        return self.show(visit, "sorry.html", status, code=status, told=told)


def _host(request: Request) -> str:
    return headers_of(request.to_original_event()).get("host", "")


def _read(request: Request) -> Fields:
    return read_form(request, MOST_BYTES, MOST_FIELDS)


def _kept(fields: Fields) -> list[tuple[str, str]]:
    return [
        (name, without_private(value))
        for name, values in fields.items()
        if name not in _NEVER_KEPT
        for value in values
    ]


def _query_of(request: Request) -> Mapping[str, str]:
    event = request.to_original_event()
    many = event.get("multiValueQueryStringParameters") or {}
    once = {str(name): str(value) for name, value in (event.get("queryStringParameters") or {}).items()}
    return {**once, **{str(name): str(values[0]) for name, values in many.items() if values}}
