"""The worker of chunks as it is composed: rows, inputs, results and the queue are those of the desk."""

from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.publishing import jobs
from chalicelib.publishing.adapters.dynamo_documents import table_definition
from chalicelib.publishing.adapters.dynamo_jobs import DynamoJobs
from chalicelib.publishing.adapters.s3_builds import S3JobInputs
from chalicelib.publishing.chunks import Chunk
from chalicelib.publishing.jobs import Job
from chalicelib.publishing.ports import ChunkInputs, PlaceInputs
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring import publishing, run_job
from tests.conftest import REGION
from tests.support.fake_jobs import WaitingQueue

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def test_a_chunk_is_done_and_its_job_goes_on(aws: object) -> None:
    settings = Settings(documents_table="documents", audit_table="audit", pages_bucket="pages")
    client("dynamodb").create_table(**table_definition("documents"))
    client("s3").create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": REGION})
    store, s3 = DynamoJobs(lambda: client("dynamodb"), "documents"), lambda: client("s3")
    job = Job("a" * 32, jobs.PUBLISH, "ana@desk.example", "publisher", NOW, NOW)
    for one in (job, jobs.taken(job, "holder", NOW)):
        store.put_job(one)
    store.put_job(jobs.building(jobs.taken(job, "holder", NOW), 1, 1, NOW))
    inputs = ChunkInputs(
        {"site": "words"}, publishing.package_at_work(settings), [(PlaceInputs("us", "{}"), "0a")]
    )
    S3JobInputs(s3, "pages").freeze(job.id, 0, [inputs], {"us": "0a"})
    store.add_chunk(Chunk(job.id, 0, ("us",), "United States", job.keep_until))
    queue, asked = WaitingQueue(), list[tuple[ChunkInputs, bool]]()

    def make(frozen: ChunkInputs, publishes: bool) -> None:
        asked.append((frozen, publishes))

    run_job.chunk_runner(settings, SystemClock(), queue, make)(job.id, 0)
    assert asked == [(inputs, True)]
    assert queue.ids == [job.id]
