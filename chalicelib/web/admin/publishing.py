"""Home, checks, preview, publish, roll back."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes
from email.policy import default

from chalicelib.domain.errors import (
    DocumentInvalid,
    EntryMissing,
    NothingToPublish,
    PublishRefused,
    PublishUnderWay,
    RenderStopped,
)
from chalicelib.domain.locales import ENDONYMS, direction
from chalicelib.domain.people import EDITOR, PUBLISHER
from chalicelib.usecases.change_recipients import ChangeRecipients
from chalicelib.usecases.delivery_desk import DeliveryDesk
from chalicelib.usecases.edit_contacts import EditContacts
from chalicelib.usecases.preview import Preview
from chalicelib.usecases.publish import Publish
from chalicelib.web.admin.answers import Sheet, go_to
from chalicelib.web.admin.desk import Desk, Visit
from chalicelib.web.admin.texts import name_of, number

HOME = "/admin"
PUBLISH = "/admin/publish"
RELEASES = "/admin/releases"
PREVIEW = "/admin/preview"
_WIDTHS = ("phone", "desktop")


def routes(
    desk: Desk,
    publish: Publish,
    preview: Preview,
    contacts: EditContacts,
    cases: DeliveryDesk,
    recipients: ChangeRecipients,
) -> None:
    """Register the screens."""

    @desk.screen(HOME, EDITOR)
    def home_screen(visit: Visit) -> Sheet:
        unread, stale = "", []
        try:
            stale = [line for line in contacts.list() if line.stale]
        except DocumentInvalid as wrong:  # a draft that cannot be read must not hide what else needs somebody
            unread = str(wrong)
        return desk.show(
            visit,
            "home.html",
            site=publish.status(),
            name_of=name_of,
            stale=stale,
            unread=unread,
            amiss=cases.amiss(),
            recipients=recipients.list(),
            change=recipients.state(),
        )

    @desk.screen("/admin/{proxy+}", EDITOR)
    def no_screen(visit: Visit) -> Sheet:
        raise EntryMissing("There is no such screen.")

    _publishing(desk, publish)
    _preview(desk, preview)


def _publishing(desk: Desk, publish: Publish) -> None:
    def screen(visit: Visit, status: int = 200, problems: dict[str, str] | None = None) -> Sheet:
        return desk.show(
            visit,
            "publish.html",
            status,
            plan=publish.plan(),
            site=publish.status(),
            why=visit.one("why"),
            languages=ENDONYMS,
            name_of=name_of,
            problems=problems or {},
        )

    def go_live(visit: Visit, release: int | None) -> dict[str, str]:
        """Do it, and return what stood in the way."""
        who, why, yes = visit.who.email, visit.one("why"), bool(visit.one("yes"))
        try:
            if release is not None:
                publish.roll_back(release, who, why)
            elif visit.one("again"):
                publish.again(who, why, yes)
            else:
                publish(who, why, yes)
        except PublishRefused as refused:
            if refused.report.stops:
                return {"": "Nothing was published: first mend what the checks found."}
            return {"yes": "Nothing was published: this needs your yes."}
        except NothingToPublish:
            return {"": "There is nothing to publish: no draft differs from what is live."}
        except PublishUnderWay as other:
            return {"": f"Somebody else is publishing at this moment ({other}). Try again in a few minutes."}
        except RenderStopped as stopped:
            return {"": f"Nothing was published: {stopped}"}
        except DocumentInvalid as wrong:
            return {"why": f"{str(wrong)[:1].upper()}{str(wrong)[1:]}."}
        return {}

    @desk.screen(PUBLISH, EDITOR)
    def publish_screen(visit: Visit) -> Sheet:
        return screen(visit)

    @desk.action("/admin/publish/now", PUBLISHER, does="publish", about="documents")
    def publish_now(visit: Visit) -> Sheet:
        problems = go_live(visit, None)
        return screen(visit, 422, problems) if problems else go_to(f"{RELEASES}?done=published")

    def releases(visit: Visit, status: int = 200, problems: dict[str, str] | None = None) -> Sheet:
        entries = publish.releases()
        return desk.show(
            visit,
            "releases.html",
            status,
            releases=entries,
            shipped_is_live=not any(entry.live for entry in entries),
            name_of=name_of,
            problems=problems or {},
        )

    @desk.screen(RELEASES, EDITOR)
    def releases_screen(visit: Visit) -> Sheet:
        return releases(visit)

    @desk.action("/admin/releases/back", PUBLISHER, does="roll back", about="release")
    def roll_back(visit: Visit) -> Sheet:
        problems = go_live(visit, number(visit.one("release"), -1))
        if problems:
            told = problems.get("why") or problems.get("") or problems["yes"]
            return releases(visit, 422, {"": told})
        return go_to(f"{RELEASES}?done=rolled")


def _preview(desk: Desk, preview: Preview) -> None:
    @desk.screen(PREVIEW, EDITOR)
    def preview_screen(visit: Visit) -> Sheet:
        choices = preview.choices()
        locale = visit.asked("locale") if visit.asked("locale") in choices.locales else choices.locales[0]
        page = visit.asked("page") if visit.asked("page") in choices.pages else choices.pages[0]
        width = visit.asked("width") if visit.asked("width") in _WIDTHS else _WIDTHS[0]
        return desk.show(
            visit,
            "preview.html",
            choices=choices,
            locale=locale,
            page=page,
            width=width,
            widths=_WIDTHS,
            languages=ENDONYMS,
            direction=direction(locale),
        )

    @desk.screen("/admin/preview/page", EDITOR)
    def preview_page(visit: Visit) -> Sheet:
        """One page in its real markup, shut into a frame: an editor's text must not act for a publisher."""
        render = preview.live_page if visit.asked("which") == "live" else preview.page
        try:
            shown = render(visit.asked("name"))
        except (DocumentInvalid, RenderStopped) as wrong:
            return desk.show(visit, "cannot_show.html", 422, told=str(wrong), framed=True)
        policy = _header(shown.headers, "Content-Security-Policy").replace("frame-ancestors 'none'", "")
        return Sheet(
            shown.html,
            200,
            {
                "Content-Security-Policy": f"sandbox; {policy.strip().rstrip(';')}; frame-ancestors 'self'",
                "X-Frame-Options": "SAMEORIGIN",
            },
        )

    @desk.screen("/admin/preview/mail", EDITOR)
    def preview_mail(visit: Visit) -> Sheet:
        choices = preview.choices()
        name, recipient = visit.asked("name"), visit.asked("recipient")
        if name not in choices.mails or recipient not in choices.recipients:
            raise EntryMissing("no such mail")
        try:
            mails = [("Draft", preview.mail(name, recipient)), ("Live", preview.live_mail(name, recipient))]
        except (DocumentInvalid, RenderStopped) as wrong:
            return desk.show(visit, "cannot_show.html", 422, told=str(wrong), framed=False)
        return desk.show(
            visit,
            "mail.html",
            name=name,
            recipient=choices.words[recipient],
            mails=[(title, _parts(content)) for title, content in mails],
        )


def _parts(content: bytes) -> dict[str, object]:
    message = message_from_bytes(content, policy=default)
    body = message.get_body(("plain",))
    return {
        "headers": [(name, str(value)) for name, value in message.items()],
        "text": body.get_content() if body else "",
        "files": [part.get_filename() or part.get_content_type() for part in message.iter_attachments()],
    }


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")
