"""Admin screen of a background job: how far it is, and how it ended. It reloads by itself, without script.

Whoever leaves it finds it again from Home and from the screen of publishing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chalicelib.desk.errors import NotAllowed
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.directory.document_ids import place_words
from chalicelib.publishing import jobs
from chalicelib.publishing.ask_jobs import NOT_KEPT, AskJobs
from chalicelib.publishing.field_labels import title_of
from chalicelib.publishing.jobs import Job, JobUnderWay, TooLateToStop
from chalicelib.publishing.publish_shares import Share, ShareOf, is_seen, whole_site
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing

JOB = "/admin/job"
GO_ON = "/admin/job/go-on"
STOP = "/admin/job/stop"
_RELOADS_AFTER = 4  # seconds
_DOING = {
    jobs.CHECKS: "Checking every page",
    jobs.PUBLISH: "Publishing",
    jobs.AGAIN: "Publishing",
    jobs.BACK: "Rolling back",
}
_TOO_LATE = "It was too late to stop this: readers get it in this moment."
_LIVE = "It was too late to stop this: it is live already."
_STEPS = {
    jobs.PLACES: "Make and check the pages of every place that changes",
    jobs.MADE: "Make and check every page that changes",
    jobs.WRITTEN: "Put them in place",
    jobs.COPIED: "Give them to readers",
}
PublishingNow = Callable[[str], "JobView | None"]  # of somebody, by their address
ShowRefused = Callable[[AdminRequest, Job], Screen]


class Step(NamedTuple):
    """A step of a job: `state` is "done", "now" or "next"."""

    words: str
    state: str


class JobView(NamedTuple):
    """A job as a page shows it: what it does, and how far it is ("120 of 190 pages made")."""

    job: Job
    doing: str
    progress: str
    steps: list[Step]
    interrupted: bool
    waits_for_somebody: bool
    address: str
    look: str


def routes(
    guard: Guard, ask: AskJobs, clock: Clock, refused: ShowRefused, shares: ShareOf = whole_site
) -> None:
    """Register the screen; `refused` shows a publish that was refused, with what was typed."""
    screens = JobScreens(guard.show, ask, clock, refused, shares)
    guard.screen(JOB, EDITOR)(screens.job)
    guard.action(GO_ON, PUBLISHER, does="let a publish go on")(screens.go_on)
    guard.action(STOP, PUBLISHER, does="stop a publish or checks")(screens.stop)


class JobScreens:
    """The screen of a job, and its buttons."""

    def __init__(
        self,
        show: Show,
        ask: AskJobs,
        clock: Clock,
        refused: ShowRefused,
        shares: ShareOf = whole_site,
    ) -> None:
        self._shares = shares
        self._show = show
        self._ask = ask
        self._clock = clock
        self._refused = refused

    def job(self, request: AdminRequest) -> Screen:
        """Show how a job stands. Checks that are done lead to what they found. Raises EntryMissing."""
        share = self._shares(request.who)
        job = self._known(request.query.get("j", ""), share, request.who.email)
        if job.kind == jobs.CHECKS and job.state == jobs.DONE:
            return go_to(look_of(job))
        if job.publishes and job.state == jobs.REFUSED and share.may_go_on(job):
            return self._refused(request, job)
        return show_job(self._show, request, job, self._clock, share=share)

    def go_on(self, request: AdminRequest) -> Screen:
        """Let an interrupted publish go on. Raises EntryMissing, NotAllowed."""
        deed, who = request.deed, request.who
        share = self._shares(who)
        if not share.may_go_on(self._known(request.field("j"), share, who.email)):
            raise NotAllowed("this is about other places, or the whole site")
        try:
            job = self._ask.go_on(request.field("j"), who.email, who.highest_role, deed.number)
        except JobUnderWay as other:
            if not is_seen(other.job, share.sees, who.email):
                raise NotAllowed(
                    "Somebody else is publishing at this moment. Try again in a minute."
                ) from other
            return show_job(
                self._show, request, other.job, self._clock, told_of_another(other.job), share=share
            )
        deed.about, deed.why = job.about, job.why
        deed.goes_on = job.deed == deed.number
        return go_to(address_of(job))

    def stop(self, request: AdminRequest) -> Screen:
        """Stop a job: nothing of it reaches readers any more. Raises EntryMissing, NotAllowed."""
        deed, who = request.deed, request.who
        share = self._shares(who)
        job = self._known(request.field("j"), share, who.email)
        if not share.may_go_on(job):
            raise NotAllowed("this is about other places, or the whole site")
        deed.about, deed.why = job.about, job.why
        try:
            job = self._ask.stop(job.id, who.email)
        except TooLateToStop:
            return show_job(self._show, request, job, self._clock, _TOO_LATE, share=share)
        if job.publishes and job.state == jobs.DONE:
            return show_job(self._show, request, job, self._clock, _LIVE, share=share)
        return go_to(address_of(job))

    def _known(self, id_: str, share: Share, who: str) -> Job:
        """Return a job, if somebody may know of it. Raises EntryMissing."""
        job = self._ask.see(id_)
        if not is_seen(job, share.sees, who):
            raise EntryMissing(NOT_KEPT)
        return job


def address_of(job: Job) -> str:
    """Return the address of a job's screen: a number without a meaning."""
    return f"{JOB}?j={job.id}"


def look_of(job: Job) -> str:
    """Return the address of the screen on which this was asked for."""
    if job.release is None:
        return "/admin/publish"
    place = f"&place={job.place}" if job.place else ""
    return f"/admin/releases/look?release={job.release}{place}"


def told_of_another(job: Job) -> str:
    """Say that somebody was quicker."""
    return (
        f"{job.who} is publishing already. Yours was not begun, and what you typed is kept. This is theirs."
    )


def publishing_now(ask: AskJobs, clock: Clock, who: str) -> JobView | None:
    """Return the publish that is on its way, as other screens show it."""
    job = ask.publishing(who)
    return view_of(job, clock) if job else None


def view_of(job: Job, clock: Clock) -> JobView:
    """Return a job as pages show it."""
    now = clock.now()
    phases = _phases_of(job)
    at = phases.index(job.phase) if job.phase in phases else -1
    ended = job.state == jobs.DONE
    states = ["done" if ended or one < at else "now" if one == at else "next" for one in range(len(phases))]
    steps = [Step(_STEPS[phase], state) for phase, state in zip(phases, states, strict=True)]
    lost = jobs.is_lost(job, now)
    return JobView(
        job,
        f"{_DOING[job.kind]} {place_words(job.place)}" if job.publishes and job.place else _DOING[job.kind],
        f"{job.done:,} of {job.of:,} {jobs.PHASES[job.phase]}" if job.of and job.phase in jobs.PHASES else "",
        steps,
        lost,
        lost and jobs.is_tried_enough(job),
        address_of(job),
        look_of(job),
    )


def _phases_of(job: Job) -> list[str]:
    """Return what a job does, in its order."""
    in_chunks = job.chunks or job.phase == jobs.PLACES
    first = [jobs.PLACES if in_chunks else jobs.MADE]
    return [*first, jobs.WRITTEN, jobs.COPIED] if job.publishes else first


def show_job(
    show: Show,
    request: AdminRequest,
    job: Job,
    clock: Clock,
    told: str = "",
    status: int = 200,
    share: Share | None = None,
) -> Screen:
    """Show a job to somebody who may know of it.

    While it goes on the page reloads by itself, unless it was asked to stay.
    """
    view, share = view_of(job, clock), share or whole_site(request.who)
    stays = bool(request.query.get("stay"))
    reloads = job.open and not view.waits_for_somebody and not stays
    screen = show(
        request,
        "job.html",
        409 if told else status,
        view=view,
        job=job,
        reloads=_RELOADS_AFTER if reloads else 0,
        stays=stays,
        title_of=title_of,
        place=place_words(job.place) if job.place else "",
        told=told,
        may_go_on=share.may_go_on(job),
        of_site=share.sees_site,
    )
    if reloads:
        screen.headers["Refresh"] = f"{_RELOADS_AFTER}; url={view.address}"
    return screen
