"""Background jobs of the desk: checks and publishing, each a record with a lease and its progress.

Whoever works on a job holds its lease, and what they write is refused once somebody else holds it: a worker
that was killed is followed by the next, and a message that comes twice does nothing twice. A record holds no
text of a draft. Where many places have to be made, they are chunks, rows beside the record (see chunks), and
nobody holds the job meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.publishing import going_live
from chalicelib.shared.errors import PorchlightError

CHECKS = "checks"  # look over every page, and change nothing
PUBLISH, AGAIN, BACK = going_live.PUBLISH, going_live.AGAIN, going_live.BACK
KINDS = (CHECKS, PUBLISH, AGAIN, BACK)

WAITING = "waiting"
RUNNING = "running"
BUILDING = "building"  # its places are made in chunks, and nobody holds it until all are
INTERRUPTED = "interrupted"  # nobody works on it, and it can go on
DONE = "done"
REFUSED = "refused"  # nothing was published, and `told` says why
FAILED = "failed"  # something of ours is broken: to go on would not help
STOPPED = "stopped"  # by somebody who does not want it any more
MOVES: Mapping[str, frozenset[str]] = {
    WAITING: frozenset({RUNNING, INTERRUPTED, WAITING, STOPPED}),
    RUNNING: frozenset({RUNNING, BUILDING, DONE, REFUSED, FAILED, INTERRUPTED, WAITING, STOPPED}),
    BUILDING: frozenset({BUILDING, RUNNING, WAITING, FAILED, STOPPED}),
    INTERRUPTED: frozenset({RUNNING, WAITING, INTERRUPTED, STOPPED}),
    DONE: frozenset(),
    REFUSED: frozenset(),
    FAILED: frozenset(),
    STOPPED: frozenset(),
}

MADE, WRITTEN, COPIED = "made", "written", "copied"
PLACES = "places"  # stands for the first where places are made in chunks
# What is counted, in the order in which it comes, and how a page says it: "120 of 190 pages made".
PHASES: Mapping[str, str] = {
    MADE: "pages made and checked",
    WRITTEN: "files put in place",
    COPIED: "spare pages put in place",
    PLACES: "places made",
}
DID = {PUBLISH: "publish", AGAIN: "publish", BACK: "roll back"}  # in the audit log

LEASE = timedelta(seconds=60)  # a worker says every few seconds that it lives
SENT_AGAIN_AFTER = timedelta(seconds=60)  # that nobody took it: whoever looks in sends it once more
MOST_TRIES = 3  # fewer than the queue has: what is left over is set aside
KEPT_FOR = timedelta(days=30)
CHECKS_KEPT_FOR = timedelta(days=1)


class JobUnderWay(PorchlightError):
    """Somebody's publish is on its way already: show theirs. `job` is its record."""

    def __init__(self, job: Job) -> None:
        super().__init__("somebody else is publishing")
        self.job = job


class LeaseLost(PorchlightError):
    """Somebody else works on this job by now: leave it to them."""


class OutOfTime(PorchlightError):
    """The function's time is up: the next one goes on."""


class TooLateToStop(PorchlightError):
    """Readers get it in this moment, or have it: it can only be rolled back."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job's record. `version` grows by one with each write (optimistic lock).

    `release` is the one to roll back to, None where it is about drafts, and `place` the one that alone is
    rolled back, "" being all. `scope` names the documents that it is about, None for the whole site, as in
    every job of an earlier package. `seen` is the fingerprint of what is looked at, or was. `deed` names the
    line of the audit log that says it was begun. `done` of `of` things of a `phase` are done. `numbers` are
    the releases that it wrote; at the end `number` is the one that went live, `changed` says what it
    changed, and `told` what stood in the way, at the form's field `field`. `going` says that readers get it
    in this moment, and that it cannot be stopped. `chunks` it had so far, in some `rounds`; those of this
    round begin with number `first`.
    """

    id: str
    kind: str
    who: str
    role: str
    begun_at: datetime
    sent_at: datetime
    version: int = 1
    state: str = WAITING
    release: int | None = None
    scope: tuple[str, ...] | None = None
    seen: str = ""
    why: str = ""
    accept: bool = False
    deed: str = ""
    about: str = ""
    phase: str = ""
    done: int = 0
    of: int = 0
    holder: str = ""
    leased_until: datetime | None = None
    tries: int = 0
    numbers: tuple[int, ...] = ()
    number: int = 0
    changed: str = ""
    told: str = ""
    field: str = ""
    ended_at: datetime | None = None
    going: bool = False
    chunks: int = 0
    first: int = 0
    rounds: int = 0
    place: str = ""

    @property
    def open(self) -> bool:
        """Say whether it has not come to its end."""
        return bool(MOVES[self.state])

    @property
    def publishes(self) -> bool:
        """Say whether readers get something else when it is done."""
        return self.kind != CHECKS

    @property
    def keep_until(self) -> datetime:
        """Return when its record may go."""
        return self.begun_at + (KEPT_FOR if self.publishes else CHECKS_KEPT_FOR)


@dataclass(frozen=True, slots=True)
class Lane:
    """A named claim on one job at a time: the site's publish, a person's checks, the checks of one state.

    `why` is what a person typed and waits to get back.
    """

    name: str
    job: str
    keep_until: datetime
    revision: int = 1
    why: str = ""


PUBLISHING = "publish"  # of the whole site


def lane_of_checks(seen: str, release: int, now: datetime) -> str:
    """Return the lane of the checks of one state over a release: their answer is as old as a day at most.

    What they found may have been in texts of others, which another release has mended.
    """
    return f"checked#{_digest(f'{now.date()} {release} {seen}')}"


def lane_of_place(place: str) -> str:
    """Return the lane of a place's publish."""
    return f"{PUBLISHING}#{place}"


def lane_of_publisher(who: str) -> str:
    """Return the lane of what somebody published last: whoever leaves it finds it again."""
    return f"publisher#{_digest(who)}"


def lane_of_person(who: str) -> str:
    """Return the lane of what somebody waits for: one look at a time for each."""
    return f"person#{_digest(who)}"


def is_held(job: Job, now: datetime) -> bool:
    """Say whether a worker holds the job's lease."""
    return job.state == RUNNING and job.leased_until is not None and now < job.leased_until


def is_tried_enough(job: Job) -> bool:
    """Say whether it was tried as often as it is by itself: from here a person decides."""
    return job.tries >= MOST_TRIES


def blocks(job: Job, now: datetime) -> bool:
    """Say whether others have to wait for this job: it is at work, or will be without anybody's word."""
    return job.open and (is_held(job, now) or not is_tried_enough(job))


def is_lost(job: Job, now: datetime) -> bool:
    """Say whether nobody works on an open job, or waits to: it was interrupted."""
    chunks_move = job.state == BUILDING and job.leased_until is not None and now < job.leased_until
    if not job.open or is_held(job, now) or chunks_move:
        return False
    return job.state != WAITING or now - job.sent_at > SENT_AGAIN_AFTER


def is_to_be_sent(job: Job, now: datetime) -> bool:
    """Say whether whoever looks in sends an interrupted job once more."""
    late = now - job.sent_at > SENT_AGAIN_AFTER or job.state == INTERRUPTED
    return is_lost(job, now) and late and not is_tried_enough(job)


def sent(job: Job, now: datetime) -> Job:
    """Return the job as it is sent once more."""
    return _moved(job, WAITING, sent_at=now, holder="", leased_until=None)


def let_go_on(job: Job, who: str, role: str, deed: str, now: datetime) -> Job:
    """Return an interrupted job as somebody lets it go on, in their own name."""
    return replace(sent(job, now), who=who, role=role, deed=deed, tries=0, told="")


def taken(job: Job, holder: str, now: datetime) -> Job:
    """Return the job as a worker takes it, with a lease of its own.

    Where an earlier one was about to give it to readers, it cannot be stopped before this one has looked.
    """
    return _moved(
        job,
        RUNNING,
        holder=holder,
        leased_until=now + LEASE,
        tries=job.tries + 1,
        phase="",
        done=0,
        of=0,
    )


def not_going(job: Job, now: datetime) -> Job:
    """Return the job as it can be stopped again: readers did not get what an earlier worker was about."""
    return _moved(job, RUNNING, leased_until=now + LEASE, going=False)


def gone_on(job: Job, now: datetime, phase: str, done: int, of: int) -> Job:
    """Return the job some steps on: its lease begins anew."""
    return _moved(job, RUNNING, leased_until=now + LEASE, phase=phase, done=done, of=of)


def numbered(job: Job, number: int, now: datetime) -> Job:
    """Return the job with the number of a release that it is about to write; the second time, to move.

    From then on it cannot be stopped, unless others were quicker and it gets a new number.
    """
    if number in job.numbers:
        return _moved(job, RUNNING, leased_until=now + LEASE, going=True)
    return _moved(job, RUNNING, leased_until=now + LEASE, numbers=(*job.numbers, number), going=False)


def building(job: Job, chunks: int, places: int, now: datetime) -> Job:
    """Return the job as its places are made in chunks. That it came so far is no try that failed."""
    return _moved(
        job,
        BUILDING,
        holder="",
        leased_until=now + SENT_AGAIN_AFTER,
        sent_at=now,
        tries=0,
        phase=PLACES,
        done=0,
        of=places,
        chunks=job.chunks + chunks,
        first=job.chunks,
        rounds=job.rounds + 1,
    )


def chunks_sent(job: Job, now: datetime) -> Job:
    """Return a job of which the chunks are sent once more."""
    return _moved(job, BUILDING, leased_until=now + SENT_AGAIN_AFTER, sent_at=now)


def interrupted(job: Job) -> Job:
    """Return the job as somebody leaves it who cannot go on now."""
    return _moved(job, INTERRUPTED, holder="", leased_until=None)


def ended(job: Job, state: str, now: datetime, told: str = "", field: str = "") -> Job:
    """Return the job at its end: DONE, REFUSED, FAILED or STOPPED."""
    return _moved(job, state, ended_at=now, holder="", leased_until=None, told=told, field=field)


def of_what(job: Job, seen: str) -> Job:
    """Return checks with the fingerprint of what they looked at."""
    return replace(job, seen=seen)


def with_outcome(job: Job, number: int, changed: str) -> Job:
    """Return a publish with the release that it brought, and what that changed."""
    return replace(job, number=number, changed=changed)


def _moved(job: Job, state: str, **changed: object) -> Job:
    if state not in MOVES[job.state]:
        raise ValueError(f"a job that is {job.state} is never {state}")
    return replace(job, state=state, version=job.version + 1, **changed)  # type: ignore[arg-type]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
