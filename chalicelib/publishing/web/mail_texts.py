"""Admin screens of the mails to agencies: the paragraphs around the report, and the report between them."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default

from chalicelib.delivery.mail_frames import MAILS
from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import Screen, go_to, number
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.edit_mail_texts import FORM, EditMailTexts
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.forms import Problems, Typed
from chalicelib.publishing.preview import Preview
from chalicelib.publishing.web.form_screens import PUT_ASIDE, FormView, show_form, try_to_save

MAIL_TEXT = "/admin/mail"
_NAMES = {"report": "The mail with a report", "digest": "The mail with many reports"}


def routes(guard: Guard, texts: EditMailTexts, preview: Preview) -> None:
    """Register the screen."""
    screens = MailTextScreens(guard.show, texts, preview, guard.draw)
    guard.screen(MAIL_TEXT, EDITOR, does="change the text of a mail", about="m")(screens.mail)


class MailTextScreens:
    """The screen of a mail's text. `draw` gives the number of a sample."""

    def __init__(self, show: Show, texts: EditMailTexts, preview: Preview, draw: Callable[[], int]) -> None:
        self._show = show
        self._texts = texts
        self._preview = preview
        self._draw = draw

    def mail(self, request: AdminRequest) -> Screen:
        """Show the paragraphs of a mail with an invented report between them, or save what was typed."""
        mail, typed = request.asked("m") or MAILS[0], Typed(request.fields)

        def show(problems: Problems, status: int, theirs: Typed | None) -> Screen:
            opened = self._texts.open(mail)
            view = FormView(
                _NAMES[mail],
                MAIL_TEXT,
                "Save the draft",
                ("/admin/", "Leave it"),
                hidden={
                    "m": mail,
                    "revision": request.field("revision") if status == 422 else opened.revision,
                },
                template="mail_text.html",
                keeps=True,
            )
            shown = typed if request.posted else opened.typed
            names = {"mail": mail, "mails": _NAMES, "opened": opened}
            block, to = self._sample(mail)
            return show_form(
                self._show, request, view, FORM, shown, problems, status, theirs, block=block, to=to, **names
            )

        def save() -> Screen:
            if request.field("leave"):
                self._texts.put_aside(mail, typed, request.who.email)
                request.deed.after = "put aside; what somebody else saved stays"
                return go_to(PUT_ASIDE)
            self._texts.save(mail, typed, number(request.field("revision")), request.who.email)
            return go_to(f"{MAIL_TEXT}?m={mail}&done=saved")

        return try_to_save(save, show) if request.posted else show({}, 200, None)

    def _sample(self, mail: str) -> tuple[str, str]:
        """Return the block with an invented report, and for whom; nothing when the drafts do not allow it."""
        try:
            recipients = self._preview.choices().recipients
            if not recipients:
                return "", ""
            content = self._preview.block(mail, recipients[0], self._draw())
        except (DocumentInvalid, RenderStopped):
            return "", ""
        body = message_from_bytes(content, policy=default).get_body(("plain",))
        return (str(body.get_content()) if body else ""), recipients[0]
