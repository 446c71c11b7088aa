"""URL route of the form: shows it, takes what was written, responds with the receipt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from chalice.app import Blueprint, Request, Response

from chalicelib.directory.recipients import Recipient
from chalicelib.pages.choose_page import meant_locale, meant_place
from chalicelib.pages.errors import FormTooLarge
from chalicelib.pages.page_headers import ANSWER
from chalicelib.pages.ports import Pages
from chalicelib.pages.render.packing import pack
from chalicelib.pages.web.gateway_answers import status_of
from chalicelib.pages.web.read_form import SWITCH, read_form, read_large_form
from chalicelib.pages.web.responses import Html, NoSuchPage, responding
from chalicelib.reporting import form_fields
from chalicelib.reporting.choices import also_shown
from chalicelib.reporting.errors import FormExpired, InvalidReport
from chalicelib.reporting.form_tokens import Stamps
from chalicelib.reporting.render.contexts import RecipientChoice
from chalicelib.reporting.render.form_pages import FormPages
from chalicelib.reporting.report import answer_about, too_long
from chalicelib.reporting.take_report import TakeReport
from chalicelib.shared.error_place import where

# Chromium keeps pages of status 200 in its back/forward cache, typed text included, even with no-store;
# it does not keep 203 (measured). A test in real browsers watches this.
FORM_STATUS = 203
_FAST = 4  # gzip level: these pages are packed while somebody waits

Fields = Mapping[str, Sequence[str]]


class SiteSource(Protocol):
    """Gives the site as it is published now."""

    def __call__(self) -> FormPages: ...


def routes(
    pages: Pages,
    site: SiteSource,
    take_report: TakeReport,
    log: Callable[[str], None],
    *,
    replies: bool = False,
) -> Blueprint:
    """Return the form's URL routes. `replies` says whether offices can write back."""
    reports = Blueprint(__name__)

    def request() -> Request:
        return reports.current_request

    page = FormPage(pages, site, take_report, request, log, replies=replies)
    reports.route("/{locale}/{place}/note", methods=["GET", "HEAD", "POST"], content_types=[])(
        responding(pages, request, log)(page.form)
    )
    return reports


class FormPage:
    """The form's screen: shown, taken, or given back with what was written. `request` is the one at hand."""

    def __init__(
        self,
        pages: Pages,
        site: SiteSource,
        take_report: TakeReport,
        request: Callable[[], Request],
        log: Callable[[str], None],
        *,
        replies: bool = False,
    ) -> None:
        self._pages = pages
        self._site = site
        self._take_report = take_report
        self._request = request
        self._log = log
        self._replies = replies

    def form(self, locale: str, place: str) -> Response:
        """Show an empty form, or take what was written and respond with the receipt."""
        pages = self._pages
        locale, place = meant_locale(locale, pages), meant_place(place, pages)
        if not locale or not place:
            raise NoSuchPage
        if self._request().method != "POST":
            return self._respond(
                locale, place, FORM_STATUS, Stamps(self._take_report.open_form(place)), {}, {}
            )
        try:
            fields = read_form(self._request())
        except FormTooLarge as away:
            return self._given_back(locale, place, away)
        if SWITCH in fields:
            # Another language: the same form, nothing stored, and nothing to mend yet.
            return self._respond(locale, place, FORM_STATUS, self._kept_stamps(fields), fields, {})
        return self._sent(locale, place, fields)

    def _sent(self, locale: str, place: str, fields: Fields) -> Response:
        try:
            taken = self._take_report(fields, place, locale)
        except InvalidReport as invalid:
            stamps = self._kept_stamps(fields)
            return self._respond(locale, place, status_of(invalid), stamps, fields, invalid.problems)
        except FormExpired as expired:
            problems = {form_fields.TOKEN: "form_expired", **expired.problems}
            stamps = self._take_report.new_stamps(_token(fields))
            return self._respond(locale, place, status_of(expired), stamps, fields, problems)
        except Exception as away:
            # Whatever failed, the words go back to their writer, and as the same form: sent again, it gives
            # one report, even when the first try was stored after all.
            self._log(where(away))
            stamps = self._kept_stamps(fields)
            return self._respond(locale, place, status_of(away), stamps, fields, {}, notice="storage_away")
        now = self._site()
        html = now.receipt(
            locale,
            place,
            code=taken.code,
            recipients=[recipient.name for recipient in taken.recipients],
            mentions_child=taken.may_concern_a_child,
            writes_back=self._replies,
        )
        return Html(pack(html, _FAST), 200, {**now.headers(), ANSWER: "receipt"}, self._request())

    def _given_back(self, locale: str, place: str, away: FormTooLarge) -> Response:
        """Return the words of a form that is too large, so that they can be made shorter."""
        fields, cut = read_large_form(self._request())
        problems = {
            form_fields.TOKEN: "form_too_large",
            **too_long(fields),
            **dict.fromkeys(set(cut) & set(form_fields.LINES), "cut_off"),
        }
        return self._respond(locale, place, status_of(away), self._kept_stamps(fields), fields, problems)

    def _respond(
        self,
        locale: str,
        place: str,
        status: int,
        stamps: Stamps,
        fields: Fields,
        problems: Mapping[str, str],
        notice: str | None = None,
    ) -> Response:
        now, offered = self._site(), self._take_report.offered(place)
        html = now.form(
            locale,
            place,
            token=stamps.token,
            mark=stamps.mark,
            values=_typed(fields),
            problems=problems,
            recipients=_choices(offered, fields),
            notice=notice,
            shown=also_shown(fields, offered),
            writes_back=self._replies,
        )
        return Html(pack(html, _FAST), status, {**now.form_headers(), ANSWER: "form"}, self._request())

    def _kept_stamps(self, fields: Fields) -> Stamps:
        return self._take_report.kept_stamps(_token(fields))


def _token(fields: Fields) -> str:
    return "".join(fields.get(form_fields.TOKEN, ()))


def _typed(fields: Fields) -> dict[str, str | list[str]]:
    typed: dict[str, str | list[str]] = {
        name: fields[name][0] for name in form_fields.WORDS if fields.get(name)
    }
    if form_fields.ABOUT in typed:
        typed[form_fields.ABOUT] = answer_about(fields[form_fields.ABOUT][0])
    if form_fields.RECIPIENTS in fields:
        typed[form_fields.RECIPIENTS] = list(fields[form_fields.RECIPIENTS])
    return typed


def _choices(offered: Sequence[Recipient], fields: Fields) -> list[RecipientChoice]:
    sent_before = bool(fields)
    ticked = set(fields.get(form_fields.RECIPIENTS, ()))
    return [
        RecipientChoice(
            id=recipient.id,
            name=recipient.name,
            what=recipient.what,
            what_not=recipient.what_not,
            enforces_immigration=recipient.enforces_immigration,
            ticked=recipient.id in ticked if sent_before else True,
            nature=recipient.nature,
        )
        for recipient in offered
    ]
