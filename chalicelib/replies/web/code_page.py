"""URL route of the code page: a receipt code in, delivery status and replies out, and a message back.

The code travels in the body only, also where a form of the page carries it along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from chalice.app import Blueprint, Request, Response

from chalicelib.directory.recipients import Recipient
from chalicelib.pages.choose_page import meant_locale
from chalicelib.pages.errors import FormTooLarge
from chalicelib.pages.page_headers import ANSWER
from chalicelib.pages.ports import Pages
from chalicelib.pages.render.packing import pack
from chalicelib.pages.web.gateway_answers import status_of
from chalicelib.pages.web.read_form import SWITCH, read_form, read_large_form
from chalicelib.pages.web.responses import Html, NoSuchPage, responding
from chalicelib.replies.follow_up import DeliveryStatus, FollowUp, OpenedCase
from chalicelib.replies.write_back import A_DAY, WriteBack
from chalicelib.reporting import form_fields
from chalicelib.reporting.errors import FormExpired, InvalidReport
from chalicelib.reporting.receipts import read_code
from chalicelib.reporting.render.contexts import RecipientChoice, RecipientState, ReplyText, WriteBox
from chalicelib.reporting.render.form_pages import FormPages
from chalicelib.reporting.report import too_long
from chalicelib.reporting.web.form_page import FORM_STATUS, SiteSource
from chalicelib.shared.error_place import where

_FAST = 4
_LONGEST = 40

Fields = Mapping[str, Sequence[str]]


def routes(
    pages: Pages,
    site: SiteSource,
    follow_up: FollowUp,
    write_back: WriteBack,
    log: Callable[[str], None],
    *,
    replies: bool = False,
) -> Blueprint:
    """Return the code page's URL routes. `replies` says whether offices can write back."""
    followups = Blueprint(__name__)

    def request() -> Request:
        return followups.current_request

    page = CodePage(pages, site, follow_up, write_back, request, log, replies=replies)
    followups.route("/{locale}/code", methods=["GET", "HEAD", "POST"], content_types=[])(
        responding(pages, request, log)(page.code)
    )
    return followups


class CodePage:
    """The code page: asks for a receipt code, says what is known, takes a message. `request` is at hand."""

    def __init__(
        self,
        pages: Pages,
        site: SiteSource,
        follow_up: FollowUp,
        write_back: WriteBack,
        request: Callable[[], Request],
        log: Callable[[str], None],
        *,
        replies: bool = False,
    ) -> None:
        self._pages = pages
        self._site = site
        self._follow_up = follow_up
        self._write_back = write_back
        self._request = request
        self._log = log
        self._replies = replies
        # The same to the letter for everybody, and the response to a flood of guesses: made once.
        self._unknown = lru_cache(maxsize=32)(_unknown)

    def code(self, locale: str) -> Response:
        """Ask for a code, say what is known of a report and what was written back, or take a message."""
        locale = meant_locale(locale, self._pages)
        if not locale:
            raise NoSuchPage
        now = self._site()
        if self._request().method != "POST":
            return self._html(now, now.code(locale, None), FORM_STATUS)
        try:
            fields = read_form(self._request())
        except FormTooLarge as away:
            return self._given_back(now, locale, away)
        typed = _first(fields, form_fields.CODE)
        if form_fields.TOKEN in fields:
            return self._box(now, locale, fields)
        if SWITCH in fields:
            # Another language: nothing is looked up. Only what could be a code goes back.
            return self._html(now, now.code(locale, typed=_could_be_a_code(typed)), FORM_STATUS)
        case = self._follow_up(typed)
        if case is None:
            return self._packed(now, self._unknown(now, locale), 404)
        return self._status(now, locale, case, fields, FORM_STATUS if case.has_replies else 200)

    def _box(self, now: FormPages, locale: str, fields: Fields) -> Response:
        """Respond to the form below the replies: another language, a reply shown whole, or a message."""
        try:
            case = self._follow_up(_first(fields, form_fields.CODE))
        except Exception as away:
            return self._away(now, locale, fields, away)
        if case is None:
            return self._packed(now, self._unknown(now, locale), 404)
        if SWITCH in fields or form_fields.UNFOLD in fields:
            return self._status(now, locale, case, fields, FORM_STATUS)
        try:
            chosen = self._write_back(case, fields, locale)
        except (InvalidReport, FormExpired) as invalid:
            problems = dict(invalid.problems)
            expired = isinstance(invalid, FormExpired)
            if expired:
                problems[form_fields.TOKEN] = "form_expired"
            return self._status(now, locale, case, fields, status_of(invalid), problems, anew=expired)
        except Exception as away:
            # Whatever failed, the words go back to their writer, and as the same form: sent again, it gives
            # one message, even when the first try was stored after all.
            self._log(where(away))
            return self._status(now, locale, case, fields, status_of(away), notice="storage_away")
        return self._html(now, now.sent(locale, [office.name for office in chosen]), FORM_STATUS)

    def _given_back(self, now: FormPages, locale: str, away: FormTooLarge) -> Response:
        """Return the words of a message that is too large, so that they can be made shorter."""
        fields, cut = read_large_form(self._request())
        if form_fields.TOKEN not in fields:
            raise away
        case = self._follow_up(_first(fields, form_fields.CODE))
        if case is None:
            return self._packed(now, self._unknown(now, locale), 404)
        problems = {form_fields.TOKEN: "form_too_large", **too_long(fields)}
        if form_fields.STORY in cut:
            problems[form_fields.STORY] = "cut_off"
        return self._status(now, locale, case, fields, status_of(away), problems)

    def _away(self, now: FormPages, locale: str, fields: Fields, away: Exception) -> Response:
        """Return the words of a message while its report cannot be looked up: the box, and nothing else."""
        self._log(where(away))
        box = WriteBox(
            action="",
            code=read_code(_first(fields, form_fields.CODE)) or "",
            token=self._write_back.kept_stamps(_first(fields, form_fields.TOKEN)).token,
            text=_first(fields, form_fields.STORY),
            offices=[
                _choice(office, ticked=True)
                for office in self._write_back.named(fields.get(form_fields.RECIPIENTS, ()))
            ],
            notice="storage_away",
            a_day=A_DAY,
        )
        html = now.delivery_status(locale, (), box=box, writes_back=self._replies)
        return self._html(now, html, status_of(away))

    def _status(
        self,
        now: FormPages,
        locale: str,
        case: OpenedCase,
        fields: Fields,
        status: int,
        problems: Mapping[str, str] | None = None,
        *,
        notice: str | None = None,
        anew: bool = False,
    ) -> Response:
        unfold = "" if SWITCH in fields else _first(fields, form_fields.UNFOLD)
        states = [_state(one) for one in self._follow_up.statuses(case, unfold)]
        box = self._box_of(case, fields, problems or {}, notice, anew) if case.has_replies else None
        if box and any(reply.unfolded for one in states for reply in one.replies):
            box = replace(box, unfolded=True)
        html = now.delivery_status(
            locale,
            states,
            today=self._follow_up.today(case),
            kept_until=self._follow_up.kept_until(case),
            writes_back=self._replies,
            unopened=case.unopened,
            older=case.older,
            box=box,
        )
        return self._html(now, html, status)

    def _box_of(
        self, case: OpenedCase, fields: Fields, problems: Mapping[str, str], notice: str | None, anew: bool
    ) -> WriteBox:
        came_back = form_fields.TOKEN in fields
        token = _first(fields, form_fields.TOKEN)
        ticked = fields.get(form_fields.RECIPIENTS, ())
        return WriteBox(
            action="",
            code=read_code(_first(fields, form_fields.CODE)) or "",
            token=self._write_back.kept_stamps(token, anew=anew).token
            if came_back
            else self._write_back.open_form(),
            text=_first(fields, form_fields.STORY) if came_back else "",
            offices=[
                _choice(one.office, ticked=one.office.id in ticked if came_back else one.wrote)
                for one in self._write_back.offices(case)
            ],
            problems=problems,
            notice=notice,
            closed=self._write_back.closed(case),
            a_day=A_DAY,
        )

    def _html(self, now: FormPages, text: str, status: int) -> Response:
        return self._packed(now, pack(text, _FAST), status)

    def _packed(self, now: FormPages, packed: str, status: int) -> Response:
        return Html(packed, status, {**now.form_headers(), ANSWER: "code"}, self._request())


def _unknown(now: FormPages, locale: str) -> str:
    return pack(now.code(locale, "code_unknown"), _FAST)


def _first(fields: Fields, name: str) -> str:
    return "".join(fields.get(name, ())[:1])


def _could_be_a_code(typed: str) -> str:
    """Return what was typed when it has digits and their gaps alone: nobody else's words are shown again."""
    return typed if len(typed) <= _LONGEST and not typed.strip("0123456789 -") else ""


def _state(status: DeliveryStatus) -> RecipientState:
    return RecipientState(
        status.name,
        status.state,
        status.since,
        status.replied,
        status.said,
        [
            ReplyText(
                id=one.id,
                at=one.at,
                text=one.text,
                whole=one.whole,
                status=one.status,
                hidden=one.hidden,
                unfolded=one.unfolded,
                files=one.files,
                cut=one.cut,
                unproven=one.unproven,
            )
            for one in status.replies
        ],
        status.written,
    )


def _choice(office: Recipient, *, ticked: bool) -> RecipientChoice:
    return RecipientChoice(
        id=office.id,
        name=office.name,
        what=office.what,
        what_not=office.what_not,
        enforces_immigration=office.enforces_immigration,
        ticked=ticked,
        nature=office.nature,
    )
