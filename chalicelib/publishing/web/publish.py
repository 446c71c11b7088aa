"""Admin screens of releases: checks, publish, list, roll back."""

from __future__ import annotations

from typing import Protocol

from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import (
    Screen,
    go_to,
    number,
    sentence_of,
)
from chalicelib.directory.document_ids import name_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.documents import PublishRefused, Release
from chalicelib.publishing.errors import (
    ChangedSince,
    NothingToPublish,
    PublishUnderWay,
    RenderStopped,
)
from chalicelib.publishing.field_labels import readable, title_of
from chalicelib.publishing.going_live import (
    KEPT,
    KEPT_FOR,
    PACKAGE,
    RELEASE,
)
from chalicelib.publishing.publish import NotYet, Publish, PublishPlan
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.web.mend import mend_of
from chalicelib.shared.errors import EntryMissing
from chalicelib.shared.locales import ENDONYMS

LOOK_BACK = "/admin/releases/look"
PUBLISH = "/admin/publish"
RELEASES = "/admin/releases"
Problems = dict[str, str]
_NOT_KEPT = "What you asked for is not kept any more, or never was. You can roll back to one of these."
_STOPPED = (
    ChangedSince,
    DocumentInvalid,
    NothingToPublish,
    PublishRefused,
    PublishUnderWay,
    RenderStopped,
)


def routes(guard: Guard, publish: Publish, see: SeeChanges) -> None:
    """Register the screens."""
    screens = PublishScreens(guard.show, publish, see)
    guard.screen(PUBLISH, EDITOR, looks=True)(screens.publish)
    guard.action("/admin/publish/now", PUBLISHER, does="publish")(screens.publish_now)
    guard.screen(RELEASES, EDITOR)(screens.releases)
    guard.screen(LOOK_BACK, PUBLISHER, looks=True)(screens.before_rolling_back)
    guard.action("/admin/releases/back", PUBLISHER, does="roll back", about="release")(screens.roll_back)


class _LookedAt(Protocol):
    """A screen that was looked at before its button: shown again with what stood in the way."""

    def __call__(
        self,
        request: AdminRequest,
        status: int = 200,
        problems: Problems | None = None,
        plan: PublishPlan | None = None,
    ) -> Screen: ...


class PublishScreens:
    """The screens of releases, a method each."""

    def __init__(self, show: Show, publish: Publish, see: SeeChanges) -> None:
        self._show = show
        self._publish = publish
        self._see = see

    def publish(self, request: AdminRequest) -> Screen:
        """Show what would be published, and what the checks found."""
        return self._before_publishing(request)

    def publish_now(self, request: AdminRequest) -> Screen:
        """Publish the drafts, or what is live once `again`, or say what stood in the way."""
        do = self._publish.again if request.field("again") else self._publish
        yes, seen = bool(request.field("yes")), request.field("seen")
        try:
            release = do(request.who.email, request.field("why"), yes, seen)
        except _STOPPED as stopped:
            return self._not_done(request, stopped, PUBLISH, self._before_publishing)
        self._note(request, release)
        return go_to(f"{RELEASES}?done=published")

    def releases(self, request: AdminRequest) -> Screen:
        """List the releases."""
        return self._releases(request)

    def _releases(self, request: AdminRequest, status: int = 200, problems: Problems | None = None) -> Screen:
        self._publish.stand_by()
        self._publish.clear_away()
        entries = self._publish.releases()
        return self._show(
            request,
            "releases.html",
            status,
            releases=entries,
            shipped_is_live=not any(entry.live for entry in entries),
            kept=KEPT,
            kept_days=KEPT_FOR.days,
            title_of=title_of,
            problems=problems or {},
        )

    def before_rolling_back(self, request: AdminRequest) -> Screen:
        """Show what a roll back would change."""
        return self._before_rolling_back(request)

    def roll_back(self, request: AdminRequest) -> Screen:
        """Publish an older release again, or say what stood in the way."""
        older, yes, seen = (
            number(request.field("release"), -1),
            bool(request.field("yes")),
            request.field("seen"),
        )
        request.deed.about = f"to release {older}"
        try:
            release = self._publish.roll_back(older, request.who.email, request.field("why"), yes, seen)
        except _STOPPED as stopped:
            return self._not_done(request, stopped, LOOK_BACK, self._before_rolling_back)
        self._note(request, release)
        return go_to(f"{RELEASES}?done=rolled")

    def _before_publishing(
        self,
        request: AdminRequest,
        status: int = 200,
        problems: Problems | None = None,
        plan: PublishPlan | None = None,
    ) -> Screen:
        self._publish.stand_by()
        self._publish.clear_away()
        checked = plan = plan or self._publish.plan()
        return self._show(
            request,
            "publish.html",
            status,
            plan=plan,
            all_changes=self._see.of_texts(plan.texts, plan.release),
            title_of=title_of,
            site=self._publish.status(),
            why=request.field("why"),
            languages=ENDONYMS,
            mend=lambda problem: mend_of(problem, checked.texts),
            readable=readable,
            name_of=name_of,
            problems=problems or {},
        )

    def _before_rolling_back(
        self,
        request: AdminRequest,
        status: int = 200,
        problems: Problems | None = None,
        plan: PublishPlan | None = None,
    ) -> Screen:
        release = number(request.asked("release"), -1)
        try:
            checked = plan = plan or self._publish.plan_back(release)
        except EntryMissing:
            return self._releases(request, 404, {"": _NOT_KEPT})
        return self._show(
            request,
            "roll_back.html",
            status,
            release=release,
            of=self._see.release(release),
            plan=plan,
            all_changes=self._see.of_texts(plan.texts, plan.release),
            title_of=title_of,
            why=request.field("why") if request.posted else "",
            languages=ENDONYMS,
            mend=lambda problem: mend_of(problem, checked.texts),
            readable=readable,
            name_of=name_of,
            problems=problems or {},
        )

    def _note(self, request: AdminRequest, release: Release) -> None:
        """Record in the audit log what went live, from what went live."""
        deed = request.deed
        deed.before = f"release {release.since}"
        deed.after = f"release {release.number}: {self._publish.changed_by(release) or 'rendered anew'}"
        deed.why = release.why

    def _not_done(self, request: AdminRequest, stopped: Exception, look: str, screen: _LookedAt) -> Screen:
        """Say what stood in the way, with all that was typed.

        What came up after the pages were rendered is said without rendering them once more: the desk has 29
        seconds for an answer.
        """
        if isinstance(stopped, NotYet):
            request.deed.about = request.deed.about or ", ".join(stopped.plan.documents)
            told = {"": "Nothing was published: first mend what the checks found."}
            if not stopped.report.stops:
                told = {"yes": "Nothing was published: this needs your yes."}
            return screen(request, 422, told, stopped.plan)
        if isinstance(stopped, NothingToPublish):
            return screen(
                request, 422, {"": "There is nothing to publish: no draft differs from what is live."}
            )
        if isinstance(stopped, DocumentInvalid):
            return screen(request, 422, {"why": sentence_of(stopped)})
        told_plainly, status = f"Nothing was published: {stopped}.", 422
        if isinstance(stopped, PublishUnderWay):
            status = 409
        if isinstance(stopped, ChangedSince):
            told_plainly = f"Nothing was published. Changed since you looked: {_in_words(stopped)}."
            status = 409 if request.field("seen") else 422
            if not stopped.late:
                return screen(request, status, {"": told_plainly})
        return self._show(
            request,
            "look_again.html",
            status,
            told=told_plainly,
            look=look,
            kept=[(name, request.field(name)) for name in ("why", "release") if request.field(name)],
        )


def _in_words(changed: ChangedSince) -> str:
    names = {RELEASE: "what is live", PACKAGE: "the site, which came in a newer version", "": ""}
    found = []
    for what, how in changed.changes:
        name = names[what] if what in names else name_of(what)
        found.append(", ".join(part for part in (name, how) if part))
    return "; ".join(found)
