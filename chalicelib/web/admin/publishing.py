"""Home, checks, preview, publish, roll back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email import message_from_bytes
from email.policy import default

from chalicelib.domain.documents import Release, name_of
from chalicelib.domain.errors import (
    ChangedSince,
    DocumentInvalid,
    EntryMissing,
    NothingToPublish,
    PublishRefused,
    PublishUnderWay,
    RenderStopped,
)
from chalicelib.domain.going_live import KEPT, KEPT_FOR, PACKAGE, RELEASE
from chalicelib.domain.locales import ENDONYMS, direction
from chalicelib.domain.people import EDITOR, PUBLISHER
from chalicelib.usecases.change_recipients import ChangeRecipients
from chalicelib.usecases.delivery_desk import DeliveryDesk
from chalicelib.usecases.edit_contacts import EditContacts
from chalicelib.usecases.edit_text import EditText
from chalicelib.usecases.preview import Preview
from chalicelib.usecases.publish import NotYet, Publish, PublishPlan
from chalicelib.web.admin.answers import Sheet, go_to, number, sentence_of
from chalicelib.web.admin.desk import Desk, Visit

HOME = "/admin"
LOOK_BACK = "/admin/releases/look"
PUBLISH = "/admin/publish"
RELEASES = "/admin/releases"
PREVIEW = "/admin/preview"
Problems = dict[str, str]
_STOPPED = (
    ChangedSince,
    DocumentInvalid,
    NothingToPublish,
    PublishRefused,
    PublishUnderWay,
    RenderStopped,
)
_WIDTHS = ("phone", "desktop")


def routes(
    desk: Desk,
    publish: Publish,
    preview: Preview,
    contacts: EditContacts,
    cases: DeliveryDesk,
    recipients: ChangeRecipients,
    edit: EditText,
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
            unused=[entry for entry in edit.list() if entry.unused and entry.live],
        )

    @desk.screen("/admin/{proxy+}", EDITOR)
    def no_screen(visit: Visit) -> Sheet:
        raise EntryMissing("There is no such screen.")

    _publishing(desk, publish)
    _preview(desk, preview)


def _publishing(desk: Desk, publish: Publish) -> None:
    def screen(
        visit: Visit, status: int = 200, problems: Problems | None = None, plan: PublishPlan | None = None
    ) -> Sheet:
        publish.stand_by()
        publish.clear_away()
        return desk.show(
            visit,
            "publish.html",
            status,
            plan=plan or publish.plan(),
            site=publish.status(),
            why=visit.one("why"),
            languages=ENDONYMS,
            name_of=name_of,
            problems=problems or {},
        )

    @desk.screen(PUBLISH, EDITOR, looks=True)
    def publish_screen(visit: Visit) -> Sheet:
        return screen(visit)

    @desk.action("/admin/publish/now", PUBLISHER, does="publish")
    def publish_now(visit: Visit) -> Sheet:
        do = publish.again if visit.one("again") else publish
        yes, seen = bool(visit.one("yes")), visit.one("seen")
        try:
            release = do(visit.who.email, visit.one("why"), yes, seen)
        except _STOPPED as stopped:
            return _not_done(desk, visit, stopped, PUBLISH, screen)
        _note(visit, release, publish)
        return go_to(f"{RELEASES}?done=published")

    @desk.screen(RELEASES, EDITOR)
    def releases_screen(visit: Visit) -> Sheet:
        publish.stand_by()
        publish.clear_away()
        entries = publish.releases()
        return desk.show(
            visit,
            "releases.html",
            releases=entries,
            shipped_is_live=not any(entry.live for entry in entries),
            kept=KEPT,
            kept_days=KEPT_FOR.days,
            name_of=name_of,
        )

    def before_rolling_back(
        visit: Visit, status: int = 200, problems: Problems | None = None, plan: PublishPlan | None = None
    ) -> Sheet:
        release = number(visit.asked("release"), -1)
        return desk.show(
            visit,
            "roll_back.html",
            status,
            release=release,
            plan=plan or publish.plan_back(release),
            why=visit.one("why") if visit.posted else "",
            languages=ENDONYMS,
            name_of=name_of,
            problems=problems or {},
        )

    @desk.screen(LOOK_BACK, PUBLISHER, looks=True)
    def roll_back_screen(visit: Visit) -> Sheet:
        return before_rolling_back(visit)

    @desk.action("/admin/releases/back", PUBLISHER, does="roll back", about="release")
    def roll_back(visit: Visit) -> Sheet:
        older, yes, seen = number(visit.one("release"), -1), bool(visit.one("yes")), visit.one("seen")
        visit.deed.about = f"to release {older}"
        try:
            release = publish.roll_back(older, visit.who.email, visit.one("why"), yes, seen)
        except _STOPPED as stopped:
            return _not_done(desk, visit, stopped, LOOK_BACK, before_rolling_back)
        _note(visit, release, publish)
        return go_to(f"{RELEASES}?done=rolled")


def _note(visit: Visit, release: Release, publish: Publish) -> None:
    """Write down what went live, from what went live."""
    deed = visit.deed
    deed.before = f"release {release.since}"
    deed.after = f"release {release.number}: {publish.changed_by(release) or 'rendered anew'}"
    deed.why = release.why


def _not_done(desk: Desk, visit: Visit, stopped: Exception, look: str, screen: Callable[..., Sheet]) -> Sheet:
    """Say what stood in the way, with all that was typed.

    What came up after the pages were rendered is said without rendering them once more: the desk has 29
    seconds for an answer.
    """
    if isinstance(stopped, NotYet):
        visit.deed.about = visit.deed.about or ", ".join(stopped.plan.documents)
        told = {"": "Nothing was published: first mend what the checks found."}
        if not stopped.report.stops:
            told = {"yes": "Nothing was published: this needs your yes."}
        return screen(visit, 422, told, stopped.plan)
    if isinstance(stopped, NothingToPublish):
        return screen(visit, 422, {"": "There is nothing to publish: no draft differs from what is live."})
    if isinstance(stopped, DocumentInvalid):
        return screen(visit, 422, {"why": sentence_of(stopped)})
    told_plainly, status = f"Nothing was published: {stopped}.", 422
    if isinstance(stopped, PublishUnderWay):
        status = 409
    if isinstance(stopped, ChangedSince):
        told_plainly = f"Nothing was published. Changed since you looked: {_in_words(stopped)}."
        status = 409 if visit.one("seen") else 422
        if not stopped.late:
            return screen(visit, status, {"": told_plainly})
    return desk.show(
        visit,
        "look_again.html",
        status,
        told=told_plainly,
        look=look,
        kept=[(name, visit.one(name)) for name in ("why", "release") if visit.one(name)],
    )


def _in_words(changed: ChangedSince) -> str:
    names = {RELEASE: "the live release", PACKAGE: "the package", "": ""}
    found = []
    for what, how in changed.changes:
        name = names[what] if what in names else name_of(what)
        found.append(", ".join(part for part in (name, how) if part))
    return "; ".join(found)


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
            return _framed(desk.show(visit, "cannot_show.html", 422, told=str(wrong), framed=True))
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
            one, other = desk.draw(), desk.draw()
            mails = [
                ("Draft", preview.mail(name, recipient, one)),
                ("Live", preview.live_mail(name, recipient, one)),
                ("Draft, with another report", preview.mail(name, recipient, other)),
            ]
        except (DocumentInvalid, RenderStopped) as wrong:
            return desk.show(visit, "cannot_show.html", 422, told=str(wrong), framed=False)
        return desk.show(
            visit,
            "mail.html",
            name=name,
            recipient=choices.words[recipient],
            mails=[(title, _parts(content)) for title, content in mails],
        )


def _framed(sheet: Sheet) -> Sheet:
    """Let the desk's own page show this in a frame, where a refusal would else look like a broken browser."""
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
        "files": [part.get_filename() or part.get_content_type() for part in message.iter_attachments()],
    }


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")
