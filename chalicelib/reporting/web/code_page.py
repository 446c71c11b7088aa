"""URL route of the code page: a receipt code in, delivery status out. The code travels in the body only."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from chalice.app import Blueprint, Request, Response

from chalicelib.pages.choose_page import meant_locale
from chalicelib.pages.page_headers import ANSWER
from chalicelib.pages.ports import Pages
from chalicelib.pages.render.packing import pack
from chalicelib.pages.web.read_form import SWITCH, read_form
from chalicelib.pages.web.responses import Html, NoSuchPage, responding
from chalicelib.reporting import form_fields
from chalicelib.reporting.follow_up import FollowUp
from chalicelib.reporting.render.contexts import RecipientState
from chalicelib.reporting.render.form_pages import FormPages
from chalicelib.reporting.web.form_page import FORM_STATUS, SiteSource

_FAST = 4
_LONGEST = 40


def routes(pages: Pages, site: SiteSource, follow_up: FollowUp, log: Callable[[str], None]) -> Blueprint:
    """Return the code page's URL routes."""
    followups = Blueprint(__name__)

    def request() -> Request:
        return followups.current_request

    page = CodePage(pages, site, follow_up, request)
    followups.route("/{locale}/code", methods=["GET", "HEAD", "POST"], content_types=[])(
        responding(pages, request, log)(page.code)
    )
    return followups


class CodePage:
    """The code page: asks for a receipt code, and says what is known. `request` is the one at hand."""

    def __init__(
        self, pages: Pages, site: SiteSource, follow_up: FollowUp, request: Callable[[], Request]
    ) -> None:
        self._pages = pages
        self._site = site
        self._follow_up = follow_up
        self._request = request
        # The same to the letter for everybody, and the response to a flood of guesses: made once.
        self._unknown = lru_cache(maxsize=32)(_unknown)

    def code(self, locale: str) -> Response:
        """Ask for a code, or say what is known of each delivery of a report."""
        locale = meant_locale(locale, self._pages)
        if not locale:
            raise NoSuchPage
        now = self._site()
        if self._request().method != "POST":
            return self._html(now, now.code(locale, None), FORM_STATUS)
        fields = read_form(self._request())
        typed = "".join(fields.get(form_fields.CODE, ()))
        if SWITCH in fields:
            # Another language: nothing is looked up. Only what could be a code goes back.
            return self._html(now, now.code(locale, typed=_could_be_a_code(typed)), FORM_STATUS)
        known = self._follow_up(typed)
        if known is None:
            return self._packed(now, self._unknown(now, locale), 404)
        states = [RecipientState(name=s.name, state_key=s.state, at=s.since) for s in known]
        return self._html(now, now.delivery_status(locale, states), 200)

    def _html(self, now: FormPages, text: str, status: int) -> Response:
        return self._packed(now, pack(text, _FAST), status)

    def _packed(self, now: FormPages, packed: str, status: int) -> Response:
        return Html(packed, status, {**now.form_headers(), ANSWER: "code"}, self._request())


def _unknown(now: FormPages, locale: str) -> str:
    return pack(now.code(locale, "code_unknown"), _FAST)


def _could_be_a_code(typed: str) -> str:
    """Return what was typed when it has digits and their gaps alone: nobody else's words are shown again."""
    return typed if len(typed) <= _LONGEST and not typed.strip("0123456789 -") else ""
