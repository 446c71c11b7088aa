"""The promises of the job store, kept by the fake and by the adapter on DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha512
from itertools import count

import pytest

from chalicelib.publishing import jobs
from chalicelib.publishing.adapters.dynamo_documents import table_definition
from chalicelib.publishing.adapters.dynamo_jobs import DynamoJobs
from chalicelib.publishing.adapters.sqs_jobs import SqsJobs
from chalicelib.publishing.documents import CheckReport, Problem
from chalicelib.publishing.jobs import Job, Lane
from chalicelib.publishing.ports import JobStore
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StaleRecord, StoreUnavailable
from tests.support.fake_jobs import FakeJobs

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
