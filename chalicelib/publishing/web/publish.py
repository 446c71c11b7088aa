"""Admin screens of releases: checks, publish, list, roll back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from chalicelib.desk.errors import NotAllowed
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
from chalicelib.desk.web.screens import (
    Screen,
    go_to,
    number,
)
from chalicelib.directory.document_ids import name_of, place_words
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.places import is_slug
from chalicelib.publishing import jobs
from chalicelib.publishing.ask_jobs import AskJobs, PublishWish
from chalicelib.publishing.documents import CheckReport, PublishRefused
from chalicelib.publishing.errors import ChangedSince, NothingToPublish
from chalicelib.publishing.field_labels import plain, readable, title_of
from chalicelib.publishing.going_live import KEPT, KEPT_FOR
from chalicelib.publishing.jobs import Job, JobUnderWay
from chalicelib.publishing.own_findings import own_findings
from chalicelib.publishing.publish import NotYet, Publish, PublishPlan
from chalicelib.publishing.publish_plans import planned
from chalicelib.publishing.publish_shares import ShareOf, is_seen, whole_site
from chalicelib.publishing.refusals import NEEDS_YES, WHY, YES, told_of
from chalicelib.publishing.release_rows import back_to_shipped, own_entries, row_of
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.web.finding_links import LinkOf, links
from chalicelib.publishing.web.jobs import address_of, publishing_now, show_job, told_of_another
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing
from chalicelib.shared.locales import ENDONYMS

LOOK_BACK = "/admin/releases/look"
PUBLISH = "/admin/publish"
RELEASES = "/admin/releases"
Problems = dict[str, str]
_NOT_KEPT = "What you asked for is not kept any more, or never was. You can roll back to one of these."
_BUSY = (
    "Somebody else is publishing at this moment, so yours was not begun. What you typed is kept: try again in"
    " a minute."
)
_NOT_THEIRS = "a publisher of what the place lies in, or of the whole site, can roll this back"


def routes(
    guard: Guard,
    publish: Publish,
    see: SeeChanges,
    ask: AskJobs,
    clock: Clock,
    shares: ShareOf = whole_site,
) -> PublishScreens:
    """Register the screens, and return them: a job that was refused is shown by them.

    `shares` says whose drafts somebody looks at and publishes.
    """
    screens = PublishScreens(guard.show, publish, see, ask, clock, shares)
    guard.screen(PUBLISH, EDITOR, looks=True)(screens.publish)
    guard.action("/admin/publish/now", PUBLISHER, does="publish")(screens.publish_now)
    guard.screen(RELEASES, EDITOR, looks=True)(screens.releases)
    guard.screen(LOOK_BACK, PUBLISHER, looks=True)(screens.before_rolling_back)
    guard.action("/admin/releases/back", PUBLISHER, does="roll back", about="release")(screens.roll_back)
    return screens


class _LookedAt(Protocol):
    """A screen that was looked at before its button: shown again with what stood in the way."""

    def __call__(
        self,
        request: AdminRequest,
        status: int = 200,
        problems: Problems | None = None,
        plan: PublishPlan | None = None,
        why: str = "",
    ) -> Screen: ...


class PublishScreens:
    """The screens of releases, a method each."""

    def __init__(
        self,
        show: Show,
        publish: Publish,
        see: SeeChanges,
        ask: AskJobs,
        clock: Clock,
        shares: ShareOf = whole_site,
    ) -> None:
        self._shares = shares
        self._show = show
        self._publish = publish
        self._see = see
        self._ask = ask
        self._clock = clock

    def publish(self, request: AdminRequest) -> Screen:
        """Show what would be published, and what the checks found."""
        return self._before_publishing(request)

    def publish_now(self, request: AdminRequest) -> Screen:
        """Begin to publish the drafts, or what is live once `again`, or say what stands in the way.

        Which drafts, the roles of who presses say. Raises NotAllowed.
        """
        share = self._shares(request.who)
        if not share.publishes:
            raise NotAllowed("this needs the role publisher")
        kind = jobs.AGAIN if request.field("again") and share.scope is None else jobs.PUBLISH
        return self._begin(request, kind, None, self._before_publishing, share.scope)

    def releases(self, request: AdminRequest) -> Screen:
        """List the releases."""
        return self._releases(request)

    def _releases(self, request: AdminRequest, status: int = 200, problems: Problems | None = None) -> Screen:
        share, entries = self._shares(request.who), self._publish.releases()
        live = next((entry.release.versions for entry in entries if entry.live), None)
        entries = own_entries(entries, share)
        list_ = paged(request, entries, lambda entry: f"{entry.release.who} {entry.release.why}", 25)
        rows = [row_of(entry, live or {}, share) for entry in list_.rows]
        to_shipped = back_to_shipped(live or {}, share)
        return self._show(
            request,
            "releases.html",
            status,
            list=list_,
            rows=rows,
            to_shipped=to_shipped,
            shipped_is_live=live is None,
            of_site=share.sees_site,
            undoes=share.sees_site or bool(to_shipped) or any(row.places for row in rows),
            rolls_back=share.scope is None and share.publishes,
            kept=KEPT,
            kept_days=KEPT_FOR.days,
            title_of=title_of,
            place_words=place_words,
            problems=problems or {},
        )

    def before_rolling_back(self, request: AdminRequest) -> Screen:
        """Show what a roll back would change."""
        return self._before_rolling_back(request)

    def roll_back(self, request: AdminRequest) -> Screen:
        """Begin to publish an older release again, all of it or a place, or say what stands in the way.

        Raises NotAllowed.
        """
        older, place = number(request.field("release"), -1), request.field("place")
        request.deed.about = f"{place}, to release {older}" if is_slug(place) else f"to release {older}"
        try:
            self._check_back(request, older, place)
        except EntryMissing:
            return self._releases(request, 404, {"": _NOT_KEPT})
        return self._begin(request, jobs.BACK, older, self._before_rolling_back, place=place)

    def _check_back(self, request: AdminRequest, release: int, place: str) -> None:
        """Raise NotAllowed unless somebody may roll this back, EntryMissing where there is no such thing."""
        if place and not is_slug(place):
            raise EntryMissing("there is no such place")
        if not self._shares(request.who).takes_back(release, place):
            raise NotAllowed(_NOT_THEIRS)

    def refused(self, request: AdminRequest, job: Job, at_once: bool = False) -> Screen:
        """Show a publish that was refused, with why and with what was typed.

        `at_once` is an answer to the button itself, which says by its status that nothing was done.
        """
        back = job.release is not None
        same = bool(job.place) or (self._shares(request.who).scope is None) == (job.scope is None)
        if plan := self._ask.plan_of(job) if same else None:
            screen = self._before_rolling_back if back else self._before_publishing
            asked = {"release": str(job.release), "place": job.place}
            about = replace(request, query=asked) if back else request
            return screen(about, 422 if at_once else 200, {job.field: job.told}, plan, job.why)
        asked = {"why": job.why, "release": str(job.release) if back else "", "place": job.place}
        typed = [(name, value) for name, value in asked.items() if value]
        return self._look_again(request, 409 if at_once else 200, job.told, typed)

    def _before_publishing(
        self,
        request: AdminRequest,
        status: int = 200,
        problems: Problems | None = None,
        plan: PublishPlan | None = None,
        why: str = "",
    ) -> Screen:
        share = self._shares(request.who)
        looked = self._looked(request, None, status, problems, plan, why, share.scope)
        if isinstance(looked, Screen):
            return looked
        plan, why = looked
        report, elsewhere = own_findings(plan.report, plan.texts, share)
        publishing = publishing_now(self._ask, self._clock, request.who.email)
        return self._show(
            request,
            "publish.html",
            status,
            plan=plan,
            report=report,
            elsewhere=elsewhere,
            share=share,
            all_changes=self._see.of_texts(plan.texts, plan.release),
            title_of=title_of,
            site=self._publish.status(),
            why=why,
            languages=ENDONYMS,
            plain=plain,
            readable=readable,
            name_of=name_of,
            look_anew=f"{PUBLISH}?anew=yes",
            publishing=publishing
            if publishing and is_seen(publishing.job, share.sees, request.who.email)
            else None,
            link_of=self._links(request, plan),
            yes=_yes(request, plan),
            problems=_all_of(problems or {}, plan, request),
        )

    def _before_rolling_back(
        self,
        request: AdminRequest,
        status: int = 200,
        problems: Problems | None = None,
        plan: PublishPlan | None = None,
        why: str = "",
    ) -> Screen:
        release, place = number(request.asked("release"), -1), request.asked("place")
        try:
            self._check_back(request, release, place)
            looked = self._looked(request, release, status, problems, plan, why, place=place)
        except EntryMissing:
            return self._releases(request, 404, {"": _NOT_KEPT})
        if isinstance(looked, Screen):
            return looked
        plan, why = looked
        share = self._shares(request.who)
        report, elsewhere = own_findings(plan.report, plan.texts, share)
        return self._show(
            request,
            "roll_back.html",
            status,
            release=release,
            place=place,
            report=report,
            elsewhere=elsewhere,
            share=share,
            place_words=place_words,
            of=self._see.release(release),
            plan=plan,
            all_changes=self._see.of_texts(plan.texts, plan.release),
            title_of=title_of,
            why=why,
            languages=ENDONYMS,
            plain=plain,
            readable=readable,
            name_of=name_of,
            look_anew=f"{LOOK_BACK}?release={release}{f'&place={place}' if place else ''}&anew=yes",
            link_of=self._links(request, plan),
            yes=_yes(request, plan),
            problems=_all_of(problems or {}, plan, request),
        )

    def _links(self, request: AdminRequest, plan: PublishPlan) -> LinkOf:
        """Return what leads from a finding to its field, in the texts that were looked over."""
        return links(lambda document: self._see.text(document, plan.texts), request.who)

    def _looked(
        self,
        request: AdminRequest,
        release: int | None,
        status: int,
        problems: Problems | None,
        plan: PublishPlan | None,
        why: str,
        scope: tuple[str, ...] | None = None,
        place: str = "",
    ) -> tuple[PublishPlan, str] | Screen:
        """Return the plan to show, with what was typed; or the screen of checks that have to end first."""
        why = why or request.field("why")
        if plan is not None:
            return plan, why
        who = request.who
        if scope is not None:
            target = self._publish.target(None, scope)
            if not target.drafted:  # nothing of theirs: nobody has to wait for checks of the whole site
                return planned(target, CheckReport(())), why
        anew = bool(request.asked("anew"))
        look = self._ask.look(who.email, who.highest_role, release, why, anew, scope, place)
        if look.plan is not None:
            return look.plan, look.why
        if problems:
            return self._look_again(request, status, " ".join(problems.values()), _typed(request))
        if look.job.open:
            done = request.query.get("done", "")
            said = f"&done={done}" if done.isascii() and done.isidentifier() else ""
            return go_to(address_of(look.job) + said)
        return show_job(self._show, request, look.job, self._clock)

    def _begin(
        self,
        request: AdminRequest,
        kind: str,
        release: int | None,
        screen: _LookedAt,
        scope: tuple[str, ...] | None = None,
        place: str = "",
    ) -> Screen:
        """Begin a publish and lead to its page; of what can be said at once, say what stands in the way."""
        who, deed = request.who, request.deed
        wish = PublishWish(
            kind,
            who.email,
            who.highest_role,
            request.field("why"),
            bool(request.field("yes")),
            request.field("seen"),
            deed.number,
            release,
            deed.about,
            scope,
            place,
        )
        try:
            job = self._ask.publish(wish)
        except JobUnderWay as other:
            return self._under_way(request, other.job)
        except (ChangedSince, DocumentInvalid, NothingToPublish, PublishRefused) as stopped:
            return self._not_done(request, stopped, screen)
        except EntryMissing:
            return self._releases(request, 404, {"": _NOT_KEPT})
        deed.goes_on = True
        if job.state == jobs.DONE:
            done = "published" if kind != jobs.BACK else "rolled_place" if place else "rolled"
            return go_to(f"{RELEASES}?done={done}")
        if job.state == jobs.REFUSED:
            return self.refused(request, job, at_once=True)
        return go_to(address_of(job))

    def _under_way(self, request: AdminRequest, other: Job) -> Screen:
        """Lead to a publish that was begun before, where somebody may know what it is about."""
        share = self._shares(request.who)
        if not is_seen(other, share.sees, request.who.email):
            return self._look_again(request, 409, _BUSY, _typed(request))
        if other.who == request.who.email:  # pressed twice
            return go_to(address_of(other))
        return show_job(self._show, request, other, self._clock, told_of_another(other), share=share)

    def _not_done(self, request: AdminRequest, stopped: Exception, screen: _LookedAt) -> Screen:
        """Say what stands in the way, with all that was typed."""
        told, field = told_of(stopped)
        if isinstance(stopped, NotYet):
            request.deed.about = request.deed.about or ", ".join(stopped.plan.documents)
            return screen(request, 422, {field: told}, stopped.plan)
        status = 409 if isinstance(stopped, ChangedSince) and request.field("seen") else 422
        return screen(request, status, {field: told})

    def _look_again(
        self, request: AdminRequest, status: int, told: str, typed: Sequence[tuple[str, str]]
    ) -> Screen:
        look = LOOK_BACK if dict(typed).get("release") else PUBLISH
        return self._show(request, "look_again.html", status, told=told, look=look, kept=typed)


def _typed(request: AdminRequest) -> list[tuple[str, str]]:
    return [(name, request.field(name)) for name in ("why", "release", "place") if request.field(name)]


def _yes(request: AdminRequest, plan: PublishPlan) -> bool:
    """Say whether the yes that was given is to just what is shown again."""
    return bool(request.field("yes")) and request.field("seen") == plan.fingerprint


def _all_of(problems: Problems, plan: PublishPlan, request: AdminRequest) -> Problems:
    """Return all that keeps this from being published: without a reason, a yes may be missing as well."""
    if WHY in problems and plan.report.needs_a_yes and not _yes(request, plan):
        return {**problems, YES: NEEDS_YES}
    return problems
