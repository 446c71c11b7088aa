"""Background jobs as the desk asks for them: begin one, see how it stands, let it go on, stop it.

Nobody has two looks on their way at once, and the site has one publish: who asks for what runs already is led
to it. What can be refused without rendering a page is refused before there is a job.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

from chalicelib.desk.errors import NotAllowed
from chalicelib.directory.document_ids import documents_of_place
from chalicelib.publishing import documents, jobs
from chalicelib.publishing.end_jobs import EndJobs
from chalicelib.publishing.errors import NothingToPublish
from chalicelib.publishing.jobs import Job, JobUnderWay, Lane
from chalicelib.publishing.move_chunks import MoveChunks
from chalicelib.publishing.ports import JobQueue, JobStore
from chalicelib.publishing.publish import NotYet, Publish, PublishPlan
from chalicelib.publishing.publish_lanes import PublishLanes
from chalicelib.publishing.publish_plans import planned
from chalicelib.publishing.targets import Target
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock
from chalicelib.shared.error_place import where
from chalicelib.shared.errors import EntryMissing, StaleRecord, StoreUnavailable

_ID = re.compile("[0-9a-f]{32}")
_LONGEST_ABOUT = 20_000  # letters: some hundred documents; what a release changed says all
NOT_KEPT = "This is not kept any more, or never was."


@dataclass(frozen=True, slots=True)
class PublishWish:
    """A publish that somebody asks for: `kind` is PUBLISH, AGAIN or BACK to a `release`.

    `seen` is the fingerprint of what they looked at, `deed` the line of the audit log that it was begun.
    `scope` names the documents that they may publish, None for the whole site: it comes from their roles.
    `place` is the one that alone is rolled back, "" being all of a release.
    """

    kind: str
    who: str
    role: str
    why: str
    accept: bool
    seen: str
    deed: str
    release: int | None = None
    about: str = ""
    scope: tuple[str, ...] | None = None
    place: str = ""


class Look(NamedTuple):
    """A look at what would be published: its `plan`, None while its `job` has not come to an end.

    Where the plan is there at once, the job has ended and is not kept. `why` is what this person typed before
    they had to wait.
    """

    job: Job
    plan: PublishPlan | None
    why: str = ""


class AskJobs:
    """Begins jobs, and says how they stand."""

    def __init__(
        self,
        store: JobStore,
        queue: JobQueue,
        publish: Publish,
        end: EndJobs,
        alarms: Alarms,
        clock: Clock,
    ) -> None:
        self._end = end
        self._move = MoveChunks(store, queue, end, alarms, clock)
        self._store = store
        self._queue = queue
        self._publish = publish
        self._alarms = alarms
        self._clock = clock
        self._lanes = PublishLanes(store, clock)

    def look(
        self,
        who: str,
        role: str,
        release: int | None = None,
        why: str = "",
        anew: bool = False,
        scope: tuple[str, ...] | None = None,
        place: str = "",
    ) -> Look:
        """Return what would be published now, or what a roll back to a release would change, or of a place.

        A roll back that renders nothing is there at once. Else a job begins, where nobody has had exactly
        that checked today, or somebody wants it `anew`. `why` is kept until the look is there. Raises
        EntryMissing, StoreUnavailable.
        """
        target = self._publish.target(release, scope, place)
        seen, now = target.going.fingerprint(), self._clock.now()
        name, mine = self._name(target), self._store.lane(jobs.lane_of_person(who))
        why = why or (mine.why if mine else "")
        about = documents_of_place(place) if place else scope
        new = Job(self._id(), jobs.CHECKS, who, role, now, now, release=release, scope=about, place=place)
        new = jobs.of_what(new, seen)
        if plan := self._publish.plan_at_once(target):
            return Look(replace(new, state=jobs.DONE), plan, why)
        lane = self._store.lane(name)
        job = self._job_of(lane)
        if job and not anew and (plan := self._plan(job, target)):
            return Look(job, plan, why)
        if job is None or not jobs.blocks(job, now):
            job = self._own(mine) or self._begin(new, lane, name)
        self._remember(who, job, why)
        return Look(job, self._plan(job, target), why)

    def publish(self, wish: PublishWish) -> Job:
        """Begin a publish, and return its job. Raises JobUnderWay, with whose it is, if one is on its way.

        Raises DocumentInvalid (no reason given), NothingToPublish, ChangedSince, NotYet, EntryMissing: all
        that can be said without rendering a page. Raises NotAllowed for what only the whole site's do.
        """
        if (wish.scope is not None and wish.kind != jobs.PUBLISH) or (wish.place and wish.kind != jobs.BACK):
            raise NotAllowed("this is the whole site's")
        why = documents.check_why(wish.why)
        target = self._publish.target(wish.release, wish.scope, wish.place)
        if wish.kind == jobs.PUBLISH and not target.drafted:
            raise NothingToPublish("no draft differs from what is live")
        if wish.place and not target.going.texts:
            raise NothingToPublish("no text of this place differs from what is live")
        self._publish.compare(target, wish.seen)
        plan = self._known(target)
        if plan and (plan.report.stops or (plan.report.needs_a_yes and not wish.accept)):
            raise NotYet(plan)
        now = self._clock.now()
        job = Job(self._id(), wish.kind, wish.who, wish.role, now, now, release=wish.release, seen=wish.seen)
        about = (wish.about or ", ".join(target.going.texts))[:_LONGEST_ABOUT]
        job = replace(job, why=why, accept=wish.accept, deed=wish.deed, about=about, place=wish.place)
        job = replace(job, scope=documents_of_place(wish.place) if wish.place else wish.scope)
        try:
            self._lanes.check(job.scope)
            self._store.put_job(job)
            self._lanes.take(job)
        except JobUnderWay:
            self._remember(wish.who, None, why)
            raise
        begun = self._sent(job)
        self._remember(wish.who, None, "")
        return begun

    def see(self, id_: str) -> Job:
        """Return a job as it stands; one that was interrupted is sent once more. Raises EntryMissing."""
        job = self._store.job(id_) if _ID.fullmatch(id_) else None
        if job is None:
            raise EntryMissing(NOT_KEPT)
        return self._cared_for(job)

    def plan_of(self, job: Job) -> PublishPlan | None:
        """Return what a refused publish was to bring, with what its checks found; None if that changed."""
        try:
            target = self._publish.target(job.release, job.scope, job.place)
        except EntryMissing:
            return None
        report = self._store.report(job.id)
        if report is None or target.going.fingerprint() != job.seen:
            return None
        plan = self._publish.plan_at_once(target)
        return replace(plan, report=report) if plan else planned(target, report)

    def publishing(self, who: str) -> Job | None:
        """Return the publish of the site that is on its way, or was interrupted, else somebody's own."""
        job = self._lanes.publishing(who)
        now = self._cared_for(job) if job else None
        return now if now and now.open else None

    def go_on(self, id_: str, who: str, role: str, deed: str) -> Job:
        """Let an interrupted job go on, in this person's name. Raises EntryMissing, JobUnderWay.

        One that is at work, or has ended, is returned as it is.
        """
        job, now = self.see(id_), self._clock.now()
        if not jobs.is_lost(job, now):
            return job
        if job.publishes:
            self._lanes.check(job.scope, but=job)
        try:
            job = jobs.let_go_on(job, who, role, deed, now)
            self._store.put_job(job)
            if job.publishes:
                self._lanes.take(job)
        except StaleRecord:  # somebody else let it go on in this moment
            return self.see(id_)
        return self._sent(job)

    def stop(self, id_: str, who: str) -> Job:
        """Stop a job; one that has ended is returned as it is. Raises EntryMissing, TooLateToStop."""
        return self._end.stop(self.see(id_), who)

    def _known(self, target: Target) -> PublishPlan | None:
        """Return the plan of what can be said at once, or of what was checked today, if anybody looked."""
        if plan := self._publish.plan_at_once(target):
            return plan
        job = self._job_of(self._store.lane(self._name(target)))
        return self._plan(job, target) if job else None

    def _name(self, target: Target) -> str:
        return jobs.lane_of_checks(target.going.fingerprint(), target.going.release, self._clock.now())

    def _plan(self, job: Job, target: Target) -> PublishPlan | None:
        if job.state != jobs.DONE or job.seen != target.going.fingerprint():
            return None
        report = self._store.report(job.id)
        return planned(target, report) if report else None

    def _own(self, mine: Lane | None) -> Job | None:
        """Return what this person waits for already."""
        job = self._job_of(mine)
        own = self._cared_for(job) if job and jobs.blocks(job, self._clock.now()) else None
        return own if own and (own.open or own.state == jobs.DONE) else None

    def _job_of(self, lane: Lane | None) -> Job | None:
        return self._store.job(lane.job) if lane and lane.job else None

    def _begin(self, job: Job, lane: Lane | None, name: str) -> Job:
        """Keep a job, take its lane, and send it; return whose job it is if somebody was quicker."""
        self._store.put_job(job)
        try:
            self._store.put_lane(_next(lane, name, job))
        except StaleRecord:
            if (other := self._job_of(self._store.lane(name))) is None:
                raise
            return other
        return self._sent(job)

    def _sent(self, job: Job) -> Job:
        """Send a job; where the queue is away, it is interrupted, and sent when somebody looks in."""
        try:
            self._queue.send(job.id)
        except StoreUnavailable as away:
            self._alarms.raise_alarm("job_not_sent", {"job": job.id, "kind": job.kind, "error": where(away)})
            with suppress(StaleRecord):
                self._store.put_job(jobs.interrupted(job))
        return self._store.job(job.id) or job  # a quick worker may be done already

    def _cared_for(self, job: Job) -> Job:
        now = self._clock.now()
        if job.state == jobs.BUILDING:
            return self._move.look(job)
        if not jobs.is_to_be_sent(job, now):
            return job
        again = jobs.sent(job, now)
        try:
            self._store.put_job(again)
        except StaleRecord:  # somebody else cares for it, or a worker does
            return self._store.job(job.id) or job
        return self._sent(again)

    def _remember(self, who: str, job: Job | None, why: str) -> None:
        """Keep what somebody waits for, and what they typed."""
        name = jobs.lane_of_person(who)
        there = self._store.lane(name)
        open_ = job if job and job.open else None
        kept = Lane(name, open_.id if open_ else "", self._clock.now() + jobs.CHECKS_KEPT_FOR, 1, why)
        if there is None and not (open_ or why):
            return
        if there and (there.job, there.why) == (kept.job, kept.why):
            return
        with suppress(StaleRecord):  # the same person in two windows: either will do
            self._store.put_lane(replace(kept, revision=there.revision + 1 if there else 1))

    def _id(self) -> str:
        return self._clock.nonce().hex()


def _next(lane: Lane | None, name: str, job: Job) -> Lane:
    return Lane(name, job.id, job.keep_until, lane.revision + 1 if lane else 1)
