"""Admin screens of the preview: pages and mails from the drafts, beside those that are live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

from chalicelib.desk.grants import SITE, Sees, sees_all
from chalicelib.desk.people import EDITOR
from chalicelib.desk.route_rights import place_of_page
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import Screen, sentence_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.preview import Preview
from chalicelib.publishing.web.reading_view import drawn
from chalicelib.shared.errors import EntryMissing
from chalicelib.shared.locales import DEFAULT, ENDONYMS, direction

PREVIEW = "/admin/preview"
_WIDTHS = ("phone", "desktop")


def routes(guard: Guard, preview: Preview, sees: Sees = sees_all) -> None:
    """Register the screens; `sees` says which places somebody looks after."""
    screens = PreviewScreens(guard.show, preview, guard.draw, sees)
    guard.screen(PREVIEW, EDITOR)(screens.choices)
    guard.screen("/admin/preview/page", EDITOR)(screens.page)
    guard.screen("/admin/preview/mail", EDITOR)(screens.mail)


class PreviewScreens:
    """The screens of the preview, a method each. `draw` gives the number of a sample."""

    def __init__(self, show: Show, preview: Preview, draw: Callable[[], int], sees: Sees = sees_all) -> None:
        self._sees = sees
        self._show = show
        self._preview = preview
        self._draw = draw

    def choices(self, request: AdminRequest) -> Screen:
        """Show a page in its frame, with all that can be chosen instead."""
        choices, theirs = self._preview.choices(), self._sees(request.who)
        of = {page: place_of_page(f"{DEFAULT}/{page}") for page in choices.pages}
        choices = replace(choices, pages=[page for page, place in of.items() if not place or theirs(place)])
        locale = request.asked("locale") if request.asked("locale") in choices.locales else choices.locales[0]
        page = request.asked("page") if request.asked("page") in choices.pages else choices.pages[0]
        width = request.asked("width") if request.asked("width") in _WIDTHS else _WIDTHS[0]
        return self._show(
            request,
            "preview.html",
            choices=choices,
            locale=locale,
            page=page,
            width=width,
            mails=theirs(SITE),
            widths=_WIDTHS,
            languages=ENDONYMS,
            direction=direction(locale),
            **self._read(f"{locale}/{page}", request),
        )

    def _read(self, name: str, request: AdminRequest) -> dict[str, object]:
        """Return the page to be read and changed, or why it cannot be shown so."""
        try:
            reading = self._preview.reading(name)
        except (DocumentInvalid, RenderStopped) as wrong:
            return {"reading": None, "rows": [], "why": sentence_of(wrong)}
        return {"reading": reading, "rows": drawn(reading, name, request.who), "why": ""}

    def page(self, request: AdminRequest) -> Screen:
        """Show a page in its real markup, in a frame: an editor's text must not act for a publisher."""
        render = self._preview.live_page if request.asked("which") == "live" else self._preview.page
        try:
            shown = render(request.asked("name"))
        except (DocumentInvalid, RenderStopped) as wrong:
            return _framed(self._show(request, "cannot_show.html", 422, told=str(wrong), framed=True))
        policy = _header(shown.headers, "Content-Security-Policy").replace("frame-ancestors 'none'", "")
        return Screen(
            shown.html,
            200,
            {
                "Content-Security-Policy": f"sandbox; {policy.strip().rstrip(';')}; frame-ancestors 'self'",
                "X-Frame-Options": "SAMEORIGIN",
            },
        )

    def mail(self, request: AdminRequest) -> Screen:
        """Show a mail with an invented report: the draft's, the live one, and the draft's with another."""
        choices = self._preview.choices()
        name, recipient = request.asked("name"), request.asked("recipient")
        if name not in choices.mails or recipient not in choices.recipients:
            raise EntryMissing("no such mail")
        try:
            one, other = self._draw(), self._draw()
            mails = [
                ("Draft", self._preview.mail(name, recipient, one)),
                ("Live", self._preview.live_mail(name, recipient, one)),
                ("Draft, with another report", self._preview.mail(name, recipient, other)),
            ]
        except (DocumentInvalid, RenderStopped) as wrong:
            return self._show(request, "cannot_show.html", 422, told=str(wrong), framed=False)
        return self._show(
            request,
            "mail.html",
            name=name,
            recipient=choices.words[recipient],
            mails=[(title, _parts(content)) for title, content in mails],
        )


def _framed(sheet: Screen) -> Screen:
    """Let the admin site show this in a frame, where a refusal would else look like a broken browser."""
    policy = str(sheet.headers["Content-Security-Policy"])
    sheet.headers["Content-Security-Policy"] = policy.replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    )
    sheet.headers["X-Frame-Options"] = "SAMEORIGIN"
    return sheet


def _parts(content: bytes) -> dict[str, object]:
    message = message_from_bytes(content, policy=default)
    body = message.get_body(("plain",))
    return {
        "headers": [(name, str(value)) for name, value in message.items()],
        "text": body.get_content() if body else "",
        "source": content.decode("utf-8", "replace"),
        "files": [part.get_filename() or part.get_content_type() for part in message.iter_attachments()],
    }


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")
