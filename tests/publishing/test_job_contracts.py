"""The promises of the job store, kept by the fake and by the adapter on DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha512
from itertools import count

import pytest

from chalicelib.publishing import chunks, jobs
from chalicelib.publishing.adapters.dynamo_documents import table_definition
from chalicelib.publishing.adapters.dynamo_jobs import DynamoJobs
from chalicelib.publishing.adapters.s3_builds import S3JobInputs
from chalicelib.publishing.adapters.sqs_jobs import InlineJobs, SqsJobs
from chalicelib.publishing.chunks import Chunk
from chalicelib.publishing.documents import CheckReport, Problem
from chalicelib.publishing.jobs import Job, Lane
from chalicelib.publishing.ports import ChunkInputs, JobInputs, JobStore, PlaceInputs
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StaleRecord, StoreUnavailable
from tests.conftest import REGION
from tests.support.fake_jobs import FakeJobInputs, FakeJobs

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
JOB = Job(
    "a" * 32, jobs.BACK, "ana@desk.example", "publisher", NOW, NOW, release=7, why="Weiß, 好", accept=True
)
TOMORROW = NOW + timedelta(days=1)
_numbers = count(1)


@pytest.fixture
def dynamo_store(aws: object) -> Callable[[], DynamoJobs]:
    def make() -> DynamoJobs:
        name = f"jobs-{next(_numbers)}"
        client("dynamodb").create_table(**table_definition(name))
        return DynamoJobs(lambda: client("dynamodb"), name)

    return make


@pytest.fixture(params=["fake", "moto"])
def store(request: pytest.FixtureRequest) -> JobStore:
    made: JobStore = FakeJobs() if request.param == "fake" else request.getfixturevalue("dynamo_store")()
    return made


def test_a_job_comes_back_as_it_was_kept(store: JobStore) -> None:
    assert store.job(JOB.id) is None
    store.put_job(JOB)
    assert store.job(JOB.id) == JOB
    work = jobs.numbered(jobs.gone_on(jobs.taken(JOB, "h", NOW), NOW, jobs.MADE, 3, 190), 5, NOW)
    for job in (
        jobs.taken(JOB, "h", NOW),
        replace(work, version=3),
        replace(jobs.with_outcome(jobs.ended(work, jobs.DONE, NOW, "told", "yes"), 5, "x 0 to 1"), version=4),
    ):
        store.put_job(job)
        assert store.job(JOB.id) == job


@pytest.mark.parametrize("scope", [None, (), ("contacts/town", "places/town")])
def test_a_job_keeps_its_scope_and_one_of_no_document_is_not_the_whole_site(
    store: JobStore, scope: tuple[str, ...] | None
) -> None:
    job = replace(JOB, kind=jobs.PUBLISH, release=None, scope=scope)
    store.put_job(job)
    kept = store.job(job.id)
    assert kept == job


def test_a_job_keeps_the_place_that_is_rolled_back(store: JobStore) -> None:
    job = replace(JOB, scope=("contacts/town", "places/town"), place="town")
    store.put_job(job)
    assert store.job(job.id) == job


def test_of_two_who_write_a_job_the_second_is_told(store: JobStore) -> None:
    store.put_job(JOB)
    with pytest.raises(StaleRecord):
        store.put_job(JOB)
    store.put_job(jobs.taken(JOB, "one", NOW))
    with pytest.raises(StaleRecord):
        store.put_job(jobs.taken(JOB, "two", NOW))
    kept = store.job(JOB.id)
    assert kept is not None
    assert kept.holder == "one"


def test_a_lane_is_taken_by_one(store: JobStore) -> None:
    lane = Lane(jobs.PUBLISHING, JOB.id, TOMORROW, why="typed")
    assert store.lane(lane.name) is None
    store.put_lane(lane)
    with pytest.raises(StaleRecord):
        store.put_lane(replace(lane, job="b" * 32))
    store.put_lane(replace(lane, job="b" * 32, revision=2))
    assert store.lane(lane.name) == replace(lane, job="b" * 32, revision=2)


def test_a_report_comes_back_as_it_was_found(store: JobStore) -> None:
    report = CheckReport((Problem("contacts", 3, "Größer.", "asks", "en/us"),), {"es": ("One",)}, 190, 10_900)
    store.put_job(JOB)
    assert store.report(JOB.id) is None
    store.put_report(JOB, CheckReport(()))
    store.put_report(JOB, report)
    assert store.report(JOB.id) == report


def test_a_report_that_is_too_long_for_a_record_is_its_beginning(
    dynamo_store: Callable[[], DynamoJobs],
) -> None:
    store = dynamo_store()
    many = tuple(sha512(bytes([number % 251, number // 251])).hexdigest() for number in range(8000))
    store.put_report(JOB, CheckReport((Problem("contacts", 3, "Bad."),), {"es": many}, 190, 10_900))
    report = store.report(JOB.id)
    assert report is not None
    assert report.missing["es"] == many[:20]
    assert report.needs_a_yes
    assert report.stops


def test_what_is_kept_goes_by_itself(aws: object, dynamo_store: Callable[[], DynamoJobs]) -> None:
    store = dynamo_store()
    store.put_job(JOB)
    store.put_report(JOB, CheckReport(()))
    store.put_lane(Lane("person#a", JOB.id, TOMORROW))
    name = f"jobs-{next(_numbers) - 1}"
    items = client("dynamodb").scan(TableName=name)["Items"]
    ends = {item["sk"]["S"]: int(item["expires_at"]["N"]) for item in items}
    month = int((NOW + jobs.KEPT_FOR).timestamp())
    assert ends == {"record": month, "report": month, "person#a": int(TOMORROW.timestamp())}
    assert {item["pk"]["S"].partition("#")[0] for item in items} == {"job"}


def test_a_message_is_a_jobs_id_and_nothing_else(aws: object) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    SqsJobs(lambda: sqs, url).send(JOB.id)
    [message] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert message["Body"] == JOB.id
    with pytest.raises(StoreUnavailable):
        SqsJobs(lambda: sqs, f"{url}-away").send(JOB.id)


# Chunks

CHUNK = Chunk(JOB.id, 12, ("", "los-banos-ca"), "Los Baños and 好", TOMORROW)


def test_a_chunk_comes_back_as_it_was_kept(store: JobStore) -> None:
    assert store.chunk(JOB.id, 12) is None
    store.add_chunk(CHUNK)
    assert store.chunk(JOB.id, 12) == CHUNK
    for change in (
        lambda one: chunks.sent(one, NOW),
        lambda one: chunks.taken(one, NOW),
        chunks.given_back,
        lambda one: chunks.done(one, NOW, put=True),
    ):
        there = store.chunk(JOB.id, 12)
        assert there is not None
        store.put_chunk(change(there))
        assert store.chunk(JOB.id, 12) == change(there)


def test_of_two_who_take_a_chunk_the_second_is_told(store: JobStore) -> None:
    store.add_chunk(CHUNK)
    store.put_chunk(chunks.taken(CHUNK, NOW))
    with pytest.raises(StaleRecord):
        store.put_chunk(chunks.taken(CHUNK, NOW))
    store.add_chunk(CHUNK)
    assert store.chunk(JOB.id, 12) == CHUNK, "one that was begun in vain gives way to a new one"


def test_a_jobs_chunks_are_listed_in_their_order_from_a_number_on(store: JobStore) -> None:
    store.put_job(JOB)
    store.put_report(JOB, CheckReport(()))
    for number in (100_000, 2, 10, 1):
        store.add_chunk(replace(CHUNK, number=number))
    store.add_chunk(replace(CHUNK, job="b" * 32))
    assert [one.number for one in store.chunks(JOB.id, 0)] == [1, 2, 10, 100_000]
    assert [one.number for one in store.chunks(JOB.id, 10)] == [10, 100_000]
    assert store.chunks("c" * 32, 0) == []


def test_many_chunks_are_listed_over_several_answers(dynamo_store: Callable[[], DynamoJobs]) -> None:
    store, long = dynamo_store(), tuple(f"place-{number:05}-{'x' * 200}" for number in range(1500))
    for number in range(4):
        store.add_chunk(replace(CHUNK, number=number, places=long))
    assert [one.number for one in store.chunks(JOB.id, 0)] == [0, 1, 2, 3]


@pytest.fixture(params=["fake", "moto"])
def inputs(request: pytest.FixtureRequest) -> JobInputs:
    if request.param == "fake":
        return FakeJobInputs()
    request.getfixturevalue("aws")
    client("s3").create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": REGION})
    return S3JobInputs(lambda: client("s3"), "pages")


def test_inputs_come_back_as_they_were_frozen(inputs: JobInputs) -> None:
    def of(*places: str, texts: str = "Größe") -> ChunkInputs:
        wanted = [(PlaceInputs(place, f'{{"places": "{place} 好"}}'), place * 2) for place in places]
        return ChunkInputs({"site": texts}, "package one", wanted)

    assert inputs.chunk(JOB.id, 0) is None
    inputs.freeze(JOB.id, 0, [of("a", ""), of("b")], {"a": "1", "": "2", "b": "3"})
    inputs.freeze(JOB.id, 2, [of("a", texts="later")], {"a": "4"})
    assert [inputs.asked(JOB.id, first) for first in (0, 1, 2)] == [
        {"a": "1", "": "2", "b": "3"},
        {},
        {"a": "4"},
    ]
    found = [inputs.chunk(JOB.id, number) for number in range(4)]
    assert found == [of("a", ""), of("b"), of("a", texts="later"), None]
    inputs.freeze(JOB.id, 0, [of("c", texts="anew")], {})
    assert inputs.chunk(JOB.id, 0) == of("c", texts="anew")
    inputs.freeze("b" * 32, 0, [], {})
    assert inputs.chunk("b" * 32, 0) is None


def test_a_message_names_a_job_or_a_chunk_of_it() -> None:
    assert chunks.read_message(CHUNK.message) == (JOB.id, 12)
    for body in (JOB.id, f"{JOB.id}/", f"{JOB.id}/x", f"../{JOB.id}/1", "", f"{JOB.id}/1234567"):
        assert chunks.read_message(body) is None


def test_what_a_job_sends_without_a_queue_is_done_after_it_and_before_its_sender_goes_on() -> None:
    told: list[str] = []

    def run(id_: str) -> None:
        told.append(f"{id_} begins")
        if len(id_) < 3:
            queue.send(id_ + "x")
            queue.send(id_ + "yyy")
        told.append(f"{id_} ends")

    queue = InlineJobs(run)
    queue.send("a")
    assert [line for line in told if "begins" in line] == [
        f"{one} begins" for one in ("a", "ax", "ayyy", "axx", "axyyy")
    ]
    assert told[:2] == ["a begins", "a ends"]
    told.clear()

    def broken(id_: str) -> None:
        told.append(id_)
        raise StoreUnavailable("away")

    queue = InlineJobs(broken)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            queue.send("b")
    assert told == ["b", "b"], "one that broke leaves nothing under way"


def test_a_job_about_thousands_of_documents_fits_into_one_item(store: JobStore) -> None:
    parts = (f"contacts/a-town-with-a-long-name-{number:05}-ca={number:064x}@1" for number in range(3_500))
    job = replace(JOB, seen=" ".join(parts))
    store.put_job(job)
    assert store.job(job.id) == job
