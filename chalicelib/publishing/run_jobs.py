"""Worker of background jobs: checks and publishing, done once however often they are asked for.

It takes a job's lease, says how far it is, and writes down how it ended. Killed at any point, it leaves a job
that the next worker takes when the lease is over: a publish begins anew, and one that had reached readers
before the end is known by its number. Where many places have to be made it lets the job go, and takes it up
when the chunks are done: by then all is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

from chalicelib.desk.audit import DONE as DONE_LINE
from chalicelib.desk.audit import FAILED as FAILED_LINE
from chalicelib.desk.audit import REFUSED as REFUSED_LINE
from chalicelib.publishing import jobs
from chalicelib.publishing.build_places import Spread
from chalicelib.publishing.documents import Release
from chalicelib.publishing.end_jobs import RecordDeed
from chalicelib.publishing.errors import BuildsUnderWay
from chalicelib.publishing.jobs import Job, LeaseLost, OutOfTime
from chalicelib.publishing.move_chunks import MoveChunks
from chalicelib.publishing.ports import JobStore, Progress
from chalicelib.publishing.publish import NotYet, Publish, PublishPlan
from chalicelib.publishing.refusals import told_of
from chalicelib.publishing.spread_builds import SpreadBuilds, SpreadOfJob
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock
from chalicelib.shared.error_place import where
from chalicelib.shared.errors import PorchlightError, StaleRecord, StoreUnavailable

NOTED_EVERY = timedelta(seconds=2)  # a page that is looked at reloads every few seconds
STOPS_BEFORE = timedelta(seconds=15)  # its time is up: enough to write down that it goes on later
_NO_END = (StoreUnavailable, LeaseLost, OutOfTime, BuildsUnderWay)  # of the job: it goes on later
PublishWith = Callable[[Progress, Callable[[int], None], Spread], Publish]


class RunJobs:
    """Does one job. `publish_with` gives a publish that says how far it is, and its release's number.

    What such a publish has to make of many places it hands to `spread`.
    """

    def __init__(
        self,
        store: JobStore,
        publish_with: PublishWith,
        record: RecordDeed,
        alarms: Alarms,
        clock: Clock,
        spread: SpreadBuilds,
        move: MoveChunks,
    ) -> None:
        self._spread = spread
        self._move = move
        self._store = store
        self._publish_with = publish_with
        self._record = record
        self._alarms = alarms
        self._clock = clock

    def __call__(self, id_: str, left: Callable[[], timedelta]) -> bool:
        """Do a job, as far as the time that is `left` allows.

        Return whether its message is done with; False asks the queue to bring it again. Raises
        StoreUnavailable while nothing is known of the job.
        """
        job, now = self._store.job(id_), self._clock.now()
        if job is None or not job.open or jobs.is_held(job, now):
            return True  # at its end, or somebody is at it, whose own message comes again if they are killed
        if job.state == jobs.BUILDING and not self._move.are_done(job):
            self._move.look(job)
            return True  # who does the last chunk sends it
        if jobs.is_tried_enough(job):
            return False  # set aside by the queue; a person lets it go on
        work = _Work(self._store, self._clock, left, job)
        try:
            work.save(jobs.taken(job, self._clock.nonce().hex(), now))
            try:
                self._do(work)
            except BuildsUnderWay as under_way:
                return self._let_go(work, under_way)
        except LeaseLost:
            return True
        except (StoreUnavailable, OutOfTime):
            with suppress(StoreUnavailable, LeaseLost):
                work.save(jobs.interrupted(work.job))
            return False
        except Exception as error:
            self._alarms.raise_alarm("job_failed", {"job": id_, "kind": job.kind, "error": where(error)})
            self._end(work, jobs.FAILED, {"outcome": FAILED_LINE, "told": type(error).__name__})
        return True

    def _let_go(self, work: _Work, under_way: BuildsUnderWay) -> bool:
        """Let a job go while its places are made; the chunks are sent when nobody holds it any more."""
        work.save(jobs.building(work.job, under_way.chunks, under_way.places, self._clock.now()))
        try:
            self._move.send(work.job)
        except StoreUnavailable:
            return False
        return True

    def _do(self, work: _Work) -> None:
        spread = SpreadOfJob(self._spread, lambda: work.job)
        publish = self._publish_with(work.gone_on, work.numbered, spread)
        if not work.job.publishes:
            self._check(work, publish)
            return
        if self._live_already(work, publish):
            return
        if work.job.going:
            work.save(jobs.not_going(work.job, self._clock.now()))
        try:
            release = self._release(work.job, publish)
        except _NO_END:
            raise
        except PorchlightError as stopped:
            # A worker that was slow, and thought dead, may have been quicker with this same job.
            if not self._live_already(work, publish):
                self._refuse(work, stopped)
            return
        self._live(work, publish, release)

    def _check(self, work: _Work, publish: Publish) -> None:
        """Look over the site as it would be, and clear away what an earlier publish left."""
        publish.stand_by()
        publish.clear_away()
        job = work.job
        try:
            back = job.release is not None
            plan = publish.plan_back(job.release or 0, job.place) if back else publish.plan(job.scope)
        except _NO_END:
            raise
        except PorchlightError as stopped:
            told, field = told_of(stopped)
            work.save(jobs.ended(work.job, jobs.REFUSED, self._clock.now(), told, field))
            return
        self._store.put_report(job, plan.report)
        self._checked_state(job, plan)
        work.looked_at(plan.fingerprint)

    def _checked_state(self, job: Job, plan: PublishPlan) -> None:
        """Note under another state's name too that it was checked, should drafts have changed meanwhile."""
        name = jobs.lane_of_checks(plan.fingerprint, plan.release, self._clock.now())
        there = self._store.lane(name)
        revision = there.revision + 1 if there else 1
        with suppress(StaleRecord):
            self._store.put_lane(jobs.Lane(name, job.id, job.keep_until, revision))

    def _release(self, job: Job, publish: Publish) -> Release:
        if job.kind == jobs.BACK:
            return publish.roll_back(job.release or 0, job.who, job.why, job.accept, job.seen, job.place)
        if job.kind == jobs.AGAIN:
            return publish.again(job.who, job.why, job.accept, job.seen)
        return publish(job.who, job.why, job.accept, job.seen, job.scope)

    def _live_already(self, work: _Work, publish: Publish) -> bool:
        """Finish what an earlier worker on this job brought to readers; say whether one did."""
        number = publish.reached(work.job.numbers)
        release = publish.release(number) if number else None
        if release is None:
            return False
        publish.finish()
        self._live(work, publish, release)
        return True

    def _live(self, work: _Work, publish: Publish, release: Release) -> None:
        changed = publish.changed_by(release)
        after = f"release {release.number}: {changed or 'rendered anew'}"
        line = {"outcome": DONE_LINE, "before": f"release {release.since}", "after": after}
        self._end(work, jobs.DONE, line, number=release.number, changed=changed)
        with suppress(PorchlightError):  # it is live, and said so; nobody waits for what follows
            publish.clear_away()
            publish.clear_pages()

    def _refuse(self, work: _Work, stopped: PorchlightError) -> None:
        if isinstance(stopped, NotYet):
            self._store.put_report(work.job, stopped.report)
        told, field = told_of(stopped)
        self._end(work, jobs.REFUSED, {"outcome": REFUSED_LINE, "told": told}, told=told, field=field)

    def _end(
        self,
        work: _Work,
        state: str,
        line: Mapping[str, str],
        told: str = "",
        field: str = "",
        number: int = 0,
        changed: str = "",
    ) -> None:
        """Write down how a job ended: in the audit log first, so that no publish is missing there."""
        job = work.job
        if job.publishes:
            did = jobs.DID[job.kind] if state == jobs.DONE else f"{jobs.DID[job.kind]}: not done"
            self._record(
                job.who, job.role, did, **{"about": job.about, "why": job.why, "deed": job.deed, **line}
            )
        work.end(state, told, field, number, changed)


class _Work:
    """A job in one worker's hands. Every write extends the lease, or raises LeaseLost."""

    def __init__(self, store: JobStore, clock: Clock, left: Callable[[], timedelta], job: Job) -> None:
        self._store = store
        self._clock = clock
        self._left = left
        self.job = job  # the record as it was written last
        self._noted_at = clock.now()

    def save(self, job: Job) -> None:
        """Write the record. Raises LeaseLost when somebody else wrote it since."""
        try:
            self._store.put_job(job)
        except StaleRecord as error:
            raise LeaseLost("somebody else works on it") from error
        self.job = job
        self._noted_at = self._clock.now()

    def gone_on(self, phase: str, done: int, of: int, /) -> None:
        """Say how far it is, every few seconds. Raises OutOfTime, LeaseLost."""
        if self._left() < STOPS_BEFORE:
            raise OutOfTime("no time is left")
        now = self._clock.now()
        if now - self._noted_at >= NOTED_EVERY:
            self.save(jobs.gone_on(self.job, now, phase, done, of))

    def numbered(self, number: int) -> None:
        """Write down the number of a release before readers can get it. Raises LeaseLost.

        Told a second time, readers are about to get it: from here on the job cannot be stopped.
        """
        self.save(jobs.numbered(self.job, number, self._clock.now()))

    def looked_at(self, seen: str) -> None:
        """End checks, with the fingerprint of what was looked at."""
        done = jobs.ended(self.job, jobs.DONE, self._clock.now())
        self.save(jobs.of_what(done, seen))

    def end(self, state: str, told: str, field: str, number: int, changed: str) -> None:
        """End the job."""
        ended = jobs.ended(self.job, state, self._clock.now(), told, field)
        self.save(jobs.with_outcome(ended, number, changed))
