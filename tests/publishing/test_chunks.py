"""Places in chunks: whoever is killed, wherever, the same bytes reach readers; what fails says so."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from moto import mock_aws

from chalicelib.publishing import chunks, jobs
from chalicelib.publishing.documents import STOPS, Problem
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.jobs import Job
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StoreUnavailable
from tests.publishing.test_publish import ANA, CODE, PAGE, Killed
from tests.support.places_office import TOWNS, PlacesOffice, Strikes

pytestmark = pytest.mark.takes(100)

POINTS = 20


_UNKILLED: list[tuple[dict[str, bytes], list[str]]] = []


@pytest.fixture
def office() -> Iterator[PlacesOffice]:
    with mock_aws():
        client.cache_clear()
        office = PlacesOffice()
        office.save("new page")
        yield office
    client.cache_clear()


def published(at: int = 0, after: bool = False) -> tuple[Job, dict[str, bytes], PlacesOffice, Strikes]:
    """Publish in a fresh world, in which somebody is killed once; return how it ended, and the bucket."""
    with mock_aws():
        client.cache_clear()
        strikes = Strikes(after)
        office = PlacesOffice(strikes)
        office.save("new page")
        job = office.press()
        strikes.begin(at)
        ended = office.work_off(job)
        return ended, office.same_in_every_run(), office, strikes


@pytest.fixture
def unkilled() -> tuple[dict[str, bytes], list[str]]:
    if not _UNKILLED:
        job, files, office, strikes = published()
        assert (job.state, job.chunks, job.rounds, job.number) == (jobs.DONE, 8, 1, 1)
        assert sorted(office.renderer.made) == sorted(["", "us", *TOWNS]), "each place once"
        _UNKILLED.append((files, list(strikes.calls)))
    return _UNKILLED[0]


@pytest.mark.parametrize("point", range(POINTS))
def test_whoever_is_killed_the_same_bytes_reach_readers(
    point: int, unkilled: tuple[dict[str, bytes], list[str]]
) -> None:
    wanted, calls = unkilled
    drawn = random.Random(18).sample(range(1, len(calls) + 1), POINTS)  # noqa: S311 - the same ones each time
    job, files, office, strikes = published(drawn[point], after=bool(point % 2))
    assert len(strikes.calls) >= drawn[point], "nobody was killed"
    assert job.state == jobs.DONE, (calls[drawn[point] - 1], job)
    assert files == wanted, calls[drawn[point] - 1]
    assert {line["outcome"] for _, _, line in office.lines} == {"done"}
    assert not office.alarms


def test_the_points_reach_every_port(unkilled: tuple[dict[str, bytes], list[str]]) -> None:
    ports = {name.partition(".")[0] for name in unkilled[1]}
    assert ports >= {"DynamoJobs", "S3Builds", "S3JobInputs", "S3Releases", "WaitingQueue", "FakePlaces"}


# On their way


def letting_go(office: PlacesOffice) -> Job:
    """Press, and bring the job to a worker, who lets it go."""
    job = office.press()
    office.bring_next()
    assert office.job(job).state == jobs.BUILDING
    return job


def test_few_chunks_are_on_their_way_at_once_and_who_has_done_one_sends_the_next(
    office: PlacesOffice,
) -> None:
    job = letting_go(office)
    most = 0
    while office.job(job).state == jobs.BUILDING:
        assert len(office.queue.ids) <= chunks.AT_ONCE
        most = max(most, len(office.queue.ids))
        office.bring_next()
    assert most == chunks.AT_ONCE


def test_somebody_elses_job_waits_behind_no_more_than_those_few(office: PlacesOffice) -> None:
    letting_go(office)
    office.ask.look("ben@example.org", "editor")
    assert len(office.queue.ids) == chunks.AT_ONCE + 1


def test_whoever_looks_in_sees_how_many_places_are_made(office: PlacesOffice) -> None:
    job = letting_go(office)
    seen = []
    for _ in range(3):
        now = office.ask.see(job.id)
        seen.append((now.phase, now.done, now.of))
        assert jobs.blocks(now, office.clock.now())
        assert not jobs.is_lost(now, office.clock.now())
        office.bring_next()
    assert seen == [(jobs.PLACES, made, 15) for made in (0, 2, 4)]
    office.clock.wait(minutes=4)
    assert office.ask.see(job.id).state == jobs.BUILDING
    assert len(office.queue.ids) == chunks.AT_ONCE, "somebody may be at each of them: none is sent again"
    assert office.work_off(job).state == jobs.DONE


def test_a_place_that_is_made_already_is_not_made_again(office: PlacesOffice) -> None:
    texts = {PAGE: "new page"}
    made = [one for one in office.wanted(texts) if one[0].place in ("", TOWNS[3])]
    for inputs, fingerprint in made:
        [rendered] = office.renderer.places(texts, [inputs])
        office.builds.keep(rendered, fingerprint)
    office.renderer.made.clear()
    office.work_off(office.press())
    assert sorted(office.renderer.made) == sorted({"us", *TOWNS} - {TOWNS[3]})


def test_what_is_all_there_is_not_made_again(office: PlacesOffice) -> None:
    office.work_off(office.press())
    office.renderer.made.clear()
    office.save("another page")
    office.work_off(office.press())
    office.renderer.made.clear()
    office.save("new page")
    look = office.work_off(office.ask.look(ANA, "publisher").job)
    job = office.work_off(office.press())
    assert (look.chunks, job.state, office.renderer.made) == (0, jobs.DONE, [])


def test_a_chunk_that_comes_twice_is_done_once(office: PlacesOffice) -> None:
    job = letting_go(office)
    first = office.queue.ids[0]
    office.bring_next()
    before = office.jobs.chunk(job.id, 0)
    office.queue.ids.insert(0, first)
    office.bring_next()
    assert office.jobs.chunk(job.id, 0) == before
    assert len(office.renderer.made) == 2


def test_of_two_workers_on_one_chunk_the_slow_one_takes_nothing_back(office: PlacesOffice) -> None:
    job = letting_go(office)

    def slow() -> None:
        office.renderer.before = lambda: None
        office.clock.wait(minutes=6)
        assert office.bring(f"{job.id}/0")

    office.renderer.before = slow
    office.bring_next()
    row = office.jobs.chunk(job.id, 0)
    assert row is not None
    assert (row.tries, bool(row.done_at)) == (2, True)
    assert office.work_off(job).state == jobs.DONE


# Lost, and given up


def test_what_was_lost_is_sent_again_by_whoever_looks_in(office: PlacesOffice) -> None:
    job = letting_go(office)
    lost, office.queue.ids = office.queue.ids, []
    office.clock.wait(minutes=5, seconds=1)
    for _ in range(3):
        assert not jobs.is_lost(office.ask.see(job.id), office.clock.now())
    assert office.queue.ids == lost, "once, however often somebody looks"
    while office.job(job).state == jobs.BUILDING:
        if office.queue.ids == [job.id]:
            break
        office.bring_next()
    office.queue.ids = []  # and so is the message that lets the job go on
    office.clock.wait(seconds=61)
    office.ask.see(job.id)
    assert office.queue.ids == [job.id]
    assert office.work_off(job).state == jobs.DONE


def test_who_does_a_chunk_sends_one_whose_worker_was_killed(office: PlacesOffice) -> None:
    job = letting_go(office)
    killed = office.queue.ids.pop(0)
    office.clock.wait(minutes=5, seconds=1)
    office.bring_next()
    assert killed in office.queue.ids
    assert office.work_off(job).state == jobs.DONE


def test_while_the_queue_is_away_the_desk_says_that_it_was_interrupted(office: PlacesOffice) -> None:
    job = office.press()
    office.queue.away = True
    office.bring_next()
    assert office.later == [job.id], "its message comes again"
    office.clock.wait(minutes=6)
    seen = office.ask.see(job.id)
    assert [kind for kind, _ in office.alarms] == ["job_not_sent"]
    assert seen.open
    office.queue.away = False
    assert office.work_off(job).state == jobs.DONE


@pytest.mark.parametrize("fault", [StoreUnavailable("away"), ZeroDivisionError("words")])
def test_a_chunk_that_fails_comes_again_and_after_five_tries_the_job_says_so(
    office: PlacesOffice, fault: Exception
) -> None:
    job = letting_go(office)

    def fail() -> None:
        raise fault

    office.renderer.before = fail
    failed = office.work_off(job)
    assert failed.state == jobs.FAILED
    assert failed.told == "The pages of United States and town-00 could not be made: it was tried 5 times."
    assert office.alarms == [
        ("job_failed", {"job": job.id, "kind": "publish", "error": "chunk 0 was tried 5 times"})
    ]
    [(who, did, line)] = office.lines
    assert (who, did, line["outcome"], line["deed"]) == (ANA, "publish: not done", "failed", "d1")
    assert "words" not in repr((failed, office.alarms, office.lines))
    assert "current.json" not in office.files()
    office.renderer.before = lambda: None
    while office.queue.ids:
        office.bring_next()
    assert not office.renderer.made, "chunks of a job that has ended do nothing"
    assert office.work_off(office.press()).state == jobs.DONE


def test_a_chunk_whose_worker_is_killed_each_time_ends_the_job_when_somebody_looks(
    office: PlacesOffice,
) -> None:
    job = letting_go(office)

    def killed() -> None:
        raise Killed

    office.renderer.before = killed
    [first, *_] = office.queue.ids
    for _ in range(chunks.MOST_TRIES):
        office.queue.ids.insert(0, first)
        office.bring_next()
        office.clock.wait(minutes=31)
    office.queue.ids = office.later = []  # the queue sets them aside
    assert office.job(job).state == jobs.BUILDING
    assert office.ask.see(job.id).state == jobs.FAILED
    assert office.job(job).told.endswith("it was tried 5 times.")
    assert [kind for kind, _ in office.alarms] == ["job_failed"]
    assert len(office.lines) == 1
    office.ask.see(job.id)
    assert len(office.lines) == 1


def test_it_ends_when_another_chunk_is_done_though_nobody_looks(office: PlacesOffice) -> None:
    job = letting_go(office)
    first = office.jobs.chunk(job.id, 0)
    assert first is not None
    tried = replace(
        first, version=first.version + 1, tries=5, taken_at=office.clock.now() - timedelta(minutes=6)
    )
    office.jobs.put_chunk(replace(tried, sent_at=None))
    office.queue.ids.pop(0)
    office.bring_next()
    assert office.job(job).state == jobs.FAILED


def test_a_message_after_the_last_try_ends_the_job_and_renders_nothing(office: PlacesOffice) -> None:
    job = letting_go(office)
    first = office.jobs.chunk(job.id, 0)
    assert first is not None
    office.jobs.put_chunk(replace(first, version=first.version + 1, tries=5))
    office.bring_next()
    assert office.job(job).state == jobs.FAILED
    assert not office.renderer.made


def test_inputs_that_are_gone_count_as_a_try(office: PlacesOffice) -> None:
    job = letting_go(office)
    client("s3").delete_object(Bucket="pages", Key=f"built/jobs/{job.id}/0.json")
    office.bring_next()
    row = office.jobs.chunk(job.id, 0)
    assert row is not None
    assert (row.tries, row.done_at, row.taken_at) == (1, None, None)
    assert office.later == [f"{job.id}/0"]


# What changes meanwhile


def test_nothing_goes_live_before_every_place_was_checked(office: PlacesOffice) -> None:
    office.renderer.faults = {TOWNS[-1]: [Problem("contacts", 3, "This is wrong.", STOPS)]}
    job = office.press()
    for _ in range(9):
        office.bring_next()
    assert office.queue.ids == [job.id], "every place is made"
    assert "current.json" not in office.files()
    ended = office.work_off(job)
    assert ended.state == jobs.REFUSED
    report = office.jobs.report(job.id)
    assert report is not None
    assert [problem.sentence for problem in report.stops] == ["This is wrong."]
    assert "current.json" not in office.files()
    assert ended.rounds == 1, "what was asked for and cannot be is not asked for again"
    assert office.renderer.made.count(TOWNS[-1]) == 2


def test_pages_that_chunks_put_are_not_put_again(office: PlacesOffice) -> None:
    job = letting_go(office)
    while office.queue.ids != [job.id]:
        office.bring_next()
    put: list[str] = []

    class Watched(type(office.shelf)):  # type: ignore[misc]
        def put_pages(self, pages: Mapping[str, bytes]) -> None:
            put.extend(pages)
            super().put_pages(pages)

    office.shelf.__class__ = Watched
    assert office.work_off(job).state == jobs.DONE
    assert not put


def test_pages_of_a_chunk_that_did_not_put_them_all_are_put_by_who_holds_the_job(
    office: PlacesOffice,
) -> None:
    office.renderer.faults = {"town-00": [Problem("contacts", 3, "This took too long.", STOPS)]}
    job = letting_go(office)
    while office.queue.ids != [job.id]:
        office.bring_next()
    mine = "releases/places/us/"  # it stands in one chunk with what could not be made
    assert not [key for key in office.files() if key.startswith(mine)]
    office.renderer.faults = {}
    assert office.work_off(job).state == jobs.DONE
    assert [key for key in office.files() if key.startswith(mine)]


def test_a_few_places_are_made_by_who_holds_the_job(office: PlacesOffice) -> None:
    office.work_off(office.press())
    deleted = [key for key in office.files() if key.startswith(("built/town-00/", "built/town-01/"))]
    for key in deleted:
        client("s3").delete_object(Bucket="pages", Key=key)
    office.save("another page")
    office.work_off(office.press())
    office.save("new page")
    office.renderer.made.clear()
    job = office.work_off(office.ask.look(ANA, "publisher").job)
    assert (job.state, job.chunks, len(deleted)) == (jobs.DONE, 0, 2)
    assert office.renderer.made == ["town-00", "town-01"]


def test_a_publish_goes_on_with_what_was_there_when_it_began_and_is_refused_if_that_changed(
    office: PlacesOffice,
) -> None:
    job = letting_go(office)
    office.save("unseen", CODE)
    ended = office.work_off(job)
    assert ended.state == jobs.REFUSED
    assert "Changed since you looked" in ended.told
    kept = [key for key in office.files() if key.startswith("built/town-00/")]
    assert len(kept) == 1, "of what was never asked for nothing was made"


def test_checks_of_what_changed_meanwhile_make_what_is_new_in_another_round(office: PlacesOffice) -> None:
    look = office.ask.look(ANA, "publisher")
    office.bring_next()
    office.save("a later page")
    job = office.work_off(look.job)
    assert (job.state, job.rounds, job.chunks, job.first) == (jobs.DONE, 2, 16, 8)
    assert office.ask.look(ANA, "publisher").plan, "it is what there is now that was looked at"


def test_checks_of_what_never_stands_still_end_and_say_so(office: PlacesOffice) -> None:
    job = office.ask.look(ANA, "publisher").job
    number = 0
    while office.job(job).open:
        if office.queue.ids == [job.id]:
            number += 1
            office.save(f"page {number}")
        office.bring_next()
    ended = office.job(job)
    assert (ended.state, ended.rounds) == (jobs.REFUSED, chunks.MOST_ROUNDS)
    assert "texts changed again and again" in ended.told


def test_a_deploy_meanwhile_keeps_nothing_under_the_inputs_of_before(office: PlacesOffice) -> None:
    job = letting_go(office)
    office.shipped.fingerprint = "package two"
    ended = office.work_off(job)
    assert not office.renderer.made
    assert ended.state == jobs.REFUSED
    assert "the package" in ended.told


def test_a_chunk_is_of_inputs_and_texts_as_they_were_frozen(office: PlacesOffice) -> None:
    job = letting_go(office)
    frozen = office.inputs.chunk(job.id, 0)
    assert frozen is not None
    assert {*frozen.texts.values()} == {"new page"}
    assert frozen.package == "package one"
    assert list(frozen.wanted) == office.wanted({PAGE: "new page"})[:2]


def test_places_are_named_in_a_sentence_as_their_inputs_name_them() -> None:
    entries = [{"slug": "a", "name": "Around"}, {"slug": "los-banos-ca", "name": "Los Baños"}]
    named = json.dumps({"places": {"places": entries}})
    assert chunks.name_in(named, "los-banos-ca") == "Los Baños"
    for odd in ("", "[]", "{}", '{"places": [1]}', named):
        assert chunks.name_in(odd, "merced") == "merced"
    words = {1: "A", 2: "A and B", 3: "A, B and 1 other place", 25: "A, B and 23 other places"}
    assert {count: chunks.in_words(("ABCDEFGHIJKLMNOPQRSTUVWXYZ")[:count]) for count in words} == words


def test_what_checks_made_is_put_in_chunks_when_it_is_published(office: PlacesOffice) -> None:
    look = office.ask.look(ANA, "publisher")
    office.work_off(look.job)
    office.renderer.made.clear()
    assert not [key for key in office.files() if key.startswith("releases/places/")]
    job = office.press()
    office.bring_next()
    assert office.job(job).state == jobs.BUILDING, "to put the pages of many places takes many hands"
    ended = office.work_off(job)
    assert (ended.state, ended.rounds) == (jobs.DONE, 1)
    assert not office.renderer.made
    assert len([key for key in office.files() if key.startswith("releases/places/")]) == len(TOWNS) + 1


def test_a_renderer_that_stops_at_a_text_leaves_it_to_the_job_to_say_so(office: PlacesOffice) -> None:
    def stops() -> None:
        raise RenderStopped("this took too much time or memory")

    job = letting_go(office)
    office.renderer.before = stops
    ended = office.work_off(job)
    assert (ended.state, ended.told) == (
        jobs.REFUSED,
        "Nothing was published: this took too much time or memory.",
    )
    assert not office.alarms
    assert "current.json" not in office.files()


def test_what_was_put_long_ago_is_put_once_more(office: PlacesOffice) -> None:
    job = letting_go(office)
    while office.queue.ids != [job.id]:
        office.bring_next()
    gone = next(key for key in office.files() if key.startswith("releases/places/town-03/"))
    client("s3").delete_object(Bucket="pages", Key=gone)
    office.clock.wait(days=2)
    assert office.work_off(job).state == jobs.DONE
    assert gone in office.files()
