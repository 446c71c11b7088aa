"""Background jobs: done once however often they are asked for, and never lost when somebody is killed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta
from typing import Any, cast

import pytest

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import jobs
from chalicelib.publishing.ask_jobs import AskJobs, Look, PublishWish
from chalicelib.publishing.build_places import Spread
from chalicelib.publishing.documents import ASKS, STOPS, Problem
from chalicelib.publishing.end_jobs import EndJobs
from chalicelib.publishing.errors import ChangedSince, NothingToPublish, RenderStopped
from chalicelib.publishing.jobs import Job, JobUnderWay
from chalicelib.publishing.move_chunks import MoveChunks
from chalicelib.publishing.ports import SiteLook, SiteRenderer
from chalicelib.publishing.publish import NotYet, Publish
from chalicelib.publishing.run_jobs import RunJobs
from chalicelib.publishing.spread_builds import SpreadBuilds
from chalicelib.shared.errors import EntryMissing, StoreUnavailable
from tests.publishing.test_publish import ANA, BEN, CODE, PAGE, Desk, FakeRenderer, Killed
from tests.support.fake_builds import checks
from tests.support.fake_jobs import FakeJobInputs, FakeJobs, TickingClock, WaitingQueue

NO_END = timedelta(minutes=5)


class Telling:
    """A renderer that says how far it is."""

    def __init__(self, renderer: FakeRenderer, progress: Any) -> None:
        self._renderer = renderer
        self._progress = progress

    def look(self, texts: Mapping[str, str]) -> SiteLook:
        look = self._renderer.look(texts)
        self._progress(jobs.MADE, 1, 2)
        return look

    def __getattr__(self, name: str) -> Any:
        return getattr(self._renderer, name)


class Office:
    """A desk with a queue, and workers who come when a test calls them."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.clock = TickingClock(self.desk.clock.time)
        self.store = FakeJobs()
        self.queue = WaitingQueue()
        self.lines: list[tuple[str, str, dict[str, str]]] = []
        self.alarms: list[str] = []
        self.inputs = FakeJobInputs()
        self.end = EndJobs(self.store, self.record, self, self.clock)
        self.move = MoveChunks(self.store, self.queue, self.end, self, self.clock)
        self.ask = AskJobs(self.store, self.queue, self.desk.publish, self.end, self, self.clock)
        spread = SpreadBuilds(self.store, self.inputs, self.desk.shipped.package)
        self.run = RunJobs(self.store, self.publish_with, self.record, self, self.clock, spread, self.move)

    def publish_with(self, progress: Any, numbered: Callable[[int], None], spread: Spread) -> Publish:
        desk = self.desk
        telling = cast("SiteRenderer", Telling(desk.renderer, progress))
        check = checks(telling, desk.shipped, desk.shelf, desk.clock, desk.builds, progress)
        return Publish(desk.store, desk.shipped, desk.shelf, check, desk.clock, numbered)

    def record(self, who: str, role: str, did: str, /, **more: str) -> None:
        self.lines.append((who, did, more))

    def raise_alarm(self, kind: str, detail: Any) -> bool:
        self.alarms.append(kind)
        return True

    def bring(self, left: timedelta = NO_END) -> list[bool]:
        """Bring every message to a worker once; what it wants again stays in the queue."""
        ids, self.queue.ids = self.queue.ids, []
        told = [self.run(id_, lambda: left) for id_ in ids]
        self.queue.ids += [id_ for id_, done in zip(ids, told, strict=True) if not done]
        return told

    def look(self, who: str = ANA, **how: Any) -> Any:
        return self.ask.look(who, "publisher", **how)

    def looked(self, who: str = ANA, **how: Any) -> Any:
        """Look, and wait for it."""
        look = self.look(who, **how)
        self.bring()
        return look if look.plan else self.look(who, **{**how, "anew": False})

    def wish(self, kind: str = jobs.PUBLISH, who: str = ANA, **how: Any) -> PublishWish:
        asked = {"why": "a page", "accept": True, "seen": self.fingerprint(), "deed": "d1", **how}
        return PublishWish(kind, who, "publisher", **asked)

    def fingerprint(self) -> str:
        return self.desk.publish.target(None).going.fingerprint()

    def job(self, job: Job) -> Job:
        kept = self.store.job(job.id)
        assert kept is not None
        return kept


@pytest.fixture
def office() -> Office:
    office = Office()
    office.desk.save(PAGE, "new page")
    return office


# Looks


def test_a_look_is_a_job_and_then_the_plan_for_whoever_looks(office: Office) -> None:
    first = office.look()
    assert (first.plan, first.job.state, office.queue.ids) == (None, jobs.WAITING, [first.job.id])
    assert office.look(BEN).job.id == first.job.id, "the same thing is not checked twice"
    office.bring()
    looks = [office.look(who) for who in (ANA, BEN)]
    assert [look.plan.documents for look in looks if look.plan] == [(PAGE,), (PAGE,)]
    assert looks[0].plan == office.desk.publish.plan()
    assert not office.lines, "a look changes nothing, and the log says nothing of it"


def test_a_look_is_good_for_what_was_looked_at_and_for_a_day(office: Office) -> None:
    assert office.looked().plan
    office.desk.save(CODE, "new code")
    changed = office.look()
    assert changed.plan is None
    office.bring()
    assert office.look().plan
    office.clock.wait(days=1)
    assert office.look().plan is None


def test_a_look_can_be_had_anew(office: Office) -> None:
    before = office.looked()
    anew = office.look(anew=True)
    assert anew.job.id != before.job.id
    office.bring()
    assert office.look().job.id == anew.job.id


def test_nobody_has_two_looks_on_their_way(office: Office) -> None:
    first = office.look()
    for number in range(5):
        office.desk.save(CODE, f"code {number}")
        assert office.look().job.id == first.job.id
    assert office.look(BEN).job.id != first.job.id
    assert len(office.queue.ids) == 2
    office.bring()
    # The worker looked at what there was when it began: nobody checks that once more.
    assert office.look().plan
    assert not office.queue.ids


def test_what_was_typed_waits_with_the_look(office: Office) -> None:
    assert office.look(why="A new page").plan is None
    office.look()
    office.bring()
    assert [office.look(who).why for who in (ANA, BEN)] == ["A new page", ""]
    office.ask.publish(office.wish())
    office.bring()
    office.desk.save(CODE, "more")
    assert office.look().why == ""


def test_a_look_at_a_release_that_is_not_there_is_no_job(office: Office) -> None:
    with pytest.raises(EntryMissing):
        office.look(release=7)
    assert not office.store.jobs()


def test_what_cannot_be_rendered_is_what_a_look_says(office: Office) -> None:
    def stopped() -> None:
        raise RenderStopped("this took too much time or memory")

    office.desk.renderer.before = stopped
    plan = office.looked().plan
    assert [problem.sentence for problem in plan.report.stops] == ["This took too much time or memory."]


# Publishing


def test_a_publish_is_a_job_and_the_log_names_who_pressed(office: Office) -> None:
    job = office.ask.publish(office.wish(why="A new page"))
    assert office.desk.readers_see() == "what shipped"
    assert office.bring() == [True]
    assert office.desk.readers_see() == "new page|old code"
    ended = office.job(job)
    assert (ended.state, ended.number, ended.changed) == (jobs.DONE, 1, f"{PAGE} 0 to 1")
    release = office.desk.store.release(1)
    assert release is not None
    assert (release.who, release.why) == (ANA, "A new page")
    [(who, did, line)] = office.lines
    assert (who, did, line["outcome"], line["deed"]) == (ANA, "publish", "done", "d1")
    assert (line["before"], line["after"]) == ("release 0", f"release 1: {PAGE} 0 to 1")


def test_a_message_that_comes_twice_does_nothing_twice(office: Office) -> None:
    job = office.ask.publish(office.wish())
    office.queue.ids *= 3
    assert office.bring() == [True] * 3
    assert [one.number for one in office.desk.store.releases(9)] == [1]
    assert office.job(job).tries == 1
    assert len(office.lines) == 1


def test_a_message_about_nothing_is_done_with(office: Office) -> None:
    office.queue.ids = ["0" * 32, "../lane", ""]
    assert office.bring() == [True] * 3


@pytest.mark.parametrize(
    ("how", "error"),
    [({"why": " "}, DocumentInvalid), ({"seen": "what=publish"}, ChangedSince), ({"seen": ""}, ChangedSince)],
)
def test_what_needs_no_rendering_is_refused_before_there_is_a_job(
    office: Office, how: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        office.ask.publish(office.wish(**how))
    assert not office.store.jobs()


def test_what_a_look_found_is_refused_before_there_is_a_job(office: Office) -> None:
    for weight, accept in ((STOPS, True), (ASKS, False)):
        office.desk.renderer.problems = [Problem(PAGE, 1, "Look at this.", weight)]
        office.looked(anew=True)
        with pytest.raises(NotYet) as refused:
            office.ask.publish(office.wish(accept=accept))
        assert refused.value.plan.fingerprint == office.fingerprint()
    assert {job.kind for job in office.store.jobs()} == {jobs.CHECKS}
    office.ask.publish(office.wish(accept=True))
    office.bring()
    assert office.desk.readers_see() == "new page|old code"


def test_with_nothing_to_publish_there_is_no_job() -> None:
    office = Office()
    with pytest.raises(NothingToPublish):
        office.ask.publish(office.wish())
    assert not office.store.jobs()


def test_what_comes_up_while_it_is_rendered_is_refused_with_its_reasons(office: Office) -> None:
    job = office.ask.publish(office.wish(accept=False))
    office.desk.renderer.problems = [Problem(PAGE, 1, "Look at this.", ASKS)]
    office.bring()
    refused = office.job(job)
    assert (refused.state, refused.told, refused.field) == (
        jobs.REFUSED,
        "Nothing was published: this needs your yes.",
        "yes",
    )
    plan = office.ask.plan_of(refused)
    assert plan is not None
    assert [one.sentence for one in plan.report.problems] == ["Look at this."]
    [(_, did, line)] = office.lines
    assert (did, line["outcome"], line["told"]) == ("publish: not done", "refused", refused.told)
    office.desk.save(CODE, "something else")
    assert office.ask.plan_of(refused) is None, "the checks were of something else"


def test_what_changed_before_the_worker_came_is_refused(office: Office) -> None:
    job = office.ask.publish(office.wish())
    office.desk.save(PAGE, "a false number", BEN)
    office.bring()
    refused = office.job(job)
    assert refused.state == jobs.REFUSED
    assert refused.told.startswith("Nothing was published. Changed since you looked:")
    assert BEN in refused.told
    assert office.desk.readers_see() == "what shipped"


def test_of_two_who_publish_at_once_the_second_is_led_to_the_first(office: Office) -> None:
    first = office.ask.publish(office.wish(why="first"))
    with pytest.raises(JobUnderWay) as told:
        office.ask.publish(office.wish(who=BEN, why="second"))
    assert told.value.job.id == first.id
    assert office.queue.ids == [first.id]
    assert office.ask.publishing(ANA) == first
    office.bring()
    assert office.ask.publishing(ANA) is None
    office.desk.save(CODE, "more")
    assert office.looked(BEN).why == "second", "what was typed is kept"


def test_two_in_the_very_same_moment_begin_one_publish(office: Office) -> None:
    asked: list[Job] = []

    def meanwhile(write: str) -> None:
        if write == "put_lane":
            office.store.before = lambda _: None
            asked.append(office.ask.publish(office.wish(who=BEN)))

    office.store.before = meanwhile
    with pytest.raises(JobUnderWay) as told:
        office.ask.publish(office.wish())
    assert told.value.job == asked[0]
    assert office.queue.ids == [asked[0].id]


def test_the_live_state_again_and_a_roll_back_are_jobs_too(office: Office) -> None:
    office.ask.publish(office.wish())
    office.bring()
    office.desk.shipped.fingerprint = "package two"
    office.ask.publish(office.wish(jobs.AGAIN))
    office.bring()
    look = office.looked(release=0)
    back = office.wish(jobs.BACK, release=0, seen=look.plan.fingerprint, why="Back", about="to release 0")
    office.ask.publish(back)
    office.bring()
    assert [one.again for one in office.desk.store.releases(9)] == [0, 0, 0]
    assert [(did, line["about"]) for _, did, line in office.lines] == [
        ("publish", PAGE),
        ("publish", ""),
        ("roll back", "to release 0"),
    ]
    assert office.desk.readers_see() == "old page|old code"


# Interrupted


def writes_of_a_publish() -> list[str]:
    office, writes = Office(), []
    office.desk.save(PAGE, "new page")
    office.ask.publish(office.wish())
    office.store.before = office.desk.store.before = office.desk.shelf.before = writes.append
    office.bring()
    return writes


WRITES = writes_of_a_publish()


@pytest.mark.parametrize("number", range(len(WRITES)), ids=lambda number: f"{number} {WRITES[number]}")
def test_killed_before_any_write_the_next_worker_brings_the_same_to_readers(
    office: Office, number: int
) -> None:
    job = office.ask.publish(office.wish())
    written: list[str] = []

    def write(what: str) -> None:
        if len(written) == number:
            raise Killed
        written.append(what)

    office.store.before = office.desk.store.before = office.desk.shelf.before = write
    [message] = office.queue.ids
    with pytest.raises(Killed):
        office.bring()
    office.store.before = office.desk.store.before = office.desk.shelf.before = lambda _: None
    assert office.desk.readers_see() in ("what shipped", "new page|old code")

    office.clock.wait(seconds=61)  # whoever holds the lease is gone
    office.queue.ids = [message]
    assert office.bring() == [True]
    ended = office.job(job)
    assert ended.state == jobs.DONE
    assert office.desk.readers_see() == "new page|old code"
    live = office.desk.shelf.live()
    assert live is not None
    assert (live.number, office.desk.shelf.standing_by) == (ended.number, ended.number)
    assert [one.number for one in office.desk.store.versions(PAGE)] == [1]
    assert not office.desk.store.drafts()
    reached = [entry for entry in office.desk.publish.releases() if entry.reached]
    assert [entry.release.number for entry in reached] == [ended.number], "readers got it once"
    assert {line["outcome"] for _, _, line in office.lines} == {"done"}


def test_while_a_worker_holds_the_lease_nobody_else_begins(office: Office) -> None:
    job = office.ask.publish(office.wish())
    told = []

    def again() -> None:
        told.append(office.run(job.id, lambda: NO_END))

    office.desk.renderer.before = again
    office.bring()
    assert told == [True]
    assert office.job(job).tries == 1


def test_a_worker_that_was_thought_dead_leaves_the_job_to_the_next(office: Office) -> None:
    job = office.ask.publish(office.wish())

    def slow() -> None:
        office.desk.renderer.before = lambda: None
        office.clock.wait(seconds=61)
        assert office.run(job.id, lambda: NO_END)

    office.desk.renderer.before = slow
    assert office.bring() == [True]
    assert office.job(job).state == jobs.DONE
    assert [one.number for one in office.desk.store.releases(9)] == [1]
    assert len(office.lines) == 1


def test_whoever_looks_in_sends_an_interrupted_job_once_more(office: Office) -> None:
    job = office.ask.publish(office.wish())
    lost, office.queue.ids = office.queue.ids, []
    assert lost == [job.id]
    assert office.ask.see(job.id) == job
    office.clock.wait(seconds=61)
    assert jobs.is_lost(job, office.clock.now())
    for _ in range(3):
        assert office.ask.see(job.id).state == jobs.WAITING
    assert office.queue.ids == [job.id], "once, however often somebody looks"
    office.bring()
    assert office.ask.see(job.id).state == jobs.DONE


def test_while_the_queue_is_away_a_job_says_that_it_was_interrupted(office: Office) -> None:
    office.queue.away = True
    job = office.ask.publish(office.wish())
    assert (job.state, office.alarms) == (jobs.INTERRUPTED, ["job_not_sent"])
    assert office.ask.see(job.id).state == jobs.INTERRUPTED
    office.queue.away = False
    assert office.ask.see(job.id).state == jobs.WAITING
    office.bring()
    assert office.job(job).state == jobs.DONE


@pytest.mark.parametrize("how", ["the store is away", "no time is left"])
def test_who_cannot_go_on_says_so_and_the_message_comes_again(office: Office, how: str) -> None:
    job = office.ask.publish(office.wish())

    def away() -> None:
        raise StoreUnavailable("away")

    if how == "the store is away":
        office.desk.renderer.before = away
    assert office.bring(timedelta(seconds=5) if how == "no time is left" else NO_END) == [False]
    assert office.job(job).state == jobs.INTERRUPTED
    office.desk.renderer.before = lambda: None
    assert office.bring() == [True]
    assert office.job(job).state == jobs.DONE


def test_what_was_tried_often_waits_for_a_person_and_blocks_nobody(office: Office) -> None:
    job = office.ask.publish(office.wish(why="First"))

    def away() -> None:
        raise StoreUnavailable("away")

    office.desk.renderer.before = away
    for _ in range(jobs.MOST_TRIES):
        assert office.bring() == [False]
    office.desk.renderer.before = lambda: None
    assert office.bring() == [False], "from here the queue sets it aside"
    stuck = office.ask.see(job.id)
    assert (stuck.state, stuck.tries) == (jobs.INTERRUPTED, jobs.MOST_TRIES)
    assert not jobs.blocks(stuck, office.clock.now())
    office.queue.ids = []
    gone_on = office.ask.go_on(job.id, BEN, "publisher", "d2")
    assert (gone_on.who, gone_on.state, office.queue.ids) == (BEN, jobs.WAITING, [job.id])
    office.bring()
    assert office.job(job).state == jobs.DONE
    assert [(who, line["deed"]) for who, _, line in office.lines] == [(BEN, "d2")]
    assert office.ask.go_on(job.id, BEN, "publisher", "d3").state == jobs.DONE
    assert not office.queue.ids


def test_what_is_broken_ends_and_the_operator_is_told(office: Office) -> None:
    job = office.ask.publish(office.wish())

    def broken() -> None:
        raise ZeroDivisionError("with somebody's words")

    office.desk.renderer.before = broken
    assert office.bring() == [True]
    failed = office.job(job)
    assert (failed.state, office.alarms) == (jobs.FAILED, ["job_failed"])
    [(_, did, line)] = office.lines
    assert (did, line["outcome"], line["told"]) == ("publish: not done", "failed", "ZeroDivisionError")
    assert "words" not in repr(failed)
    office.ask.publish(office.wish(who=BEN))


# Progress


def test_a_worker_says_every_few_seconds_how_far_it_is(office: Office) -> None:
    job = office.ask.publish(office.wish())
    seen: list[tuple[str, int, int]] = []

    def later() -> None:
        office.clock.wait(seconds=3)

    office.desk.renderer.before = later
    office.store.before = lambda write: (
        seen.append((office.job(job).phase, office.job(job).done, office.job(job).of))
        if write == "put_job running"
        else None
    )
    office.bring()
    assert (jobs.MADE, 1, 2) in seen


def test_every_state_has_its_moves_and_an_end_has_none() -> None:
    assert {state for moves in jobs.MOVES.values() for state in moves} <= set(jobs.MOVES)
    ends = {state for state, moves in jobs.MOVES.items() if not moves}
    assert ends == {jobs.DONE, jobs.REFUSED, jobs.FAILED, jobs.STOPPED}


def test_a_record_has_no_room_for_texts() -> None:
    """What an editor wrote lies in drafts; of a job there are names, numbers, times, and why."""
    assert not {"text", "texts", "html", "pages"} & {field.name for field in fields(Job)}


def stops_of(look: Look) -> Sequence[Problem]:
    assert look.plan is not None
    return look.plan.report.stops


def test_what_others_mended_since_is_not_held_against_somebody(office: Office) -> None:
    office.desk.renderer.problems = [Problem(CODE, 1, "This is wrong.", STOPS)]
    office.look()
    office.bring()
    assert stops_of(office.looked())
    office.desk.renderer.problems = []
    office.desk.save(CODE, "mended", BEN)
    office.desk.publish(BEN, "mended", scope=(CODE,))
    again = office.look()
    assert again.plan is None, "what was found is of another release"
    office.bring()
    assert not stops_of(office.looked())


def test_of_two_who_press_in_the_same_moment_the_second_is_led_to_the_first(office: Office) -> None:
    first: list[Job] = []

    def meanwhile(what: str) -> None:
        if what.startswith("put_job") and not first:
            office.store.before = lambda _: None
            first.append(office.ask.publish(office.wish(why="first")))

    office.store.before = meanwhile
    with pytest.raises(JobUnderWay) as told:
        office.ask.publish(office.wish(who=BEN, why="second"))
    assert told.value.job.id == first[0].id
    states = sorted(job.state for job in office.store.jobs() if job.publishes)
    assert states == [jobs.STOPPED, jobs.WAITING]
