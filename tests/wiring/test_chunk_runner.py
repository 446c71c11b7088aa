"""The worker of chunks as it is composed: rows, inputs, results and the queue are those of the desk."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.place_documents import Whole
from chalicelib.publishing import jobs
from chalicelib.publishing.adapters.dynamo_documents import table_definition
from chalicelib.publishing.adapters.dynamo_jobs import DynamoJobs
from chalicelib.publishing.adapters.s3_builds import S3Builds, S3JobInputs
from chalicelib.publishing.chunks import Chunk
from chalicelib.publishing.jobs import Job
from chalicelib.publishing.place_inputs import place_inputs
from chalicelib.publishing.ports import ChunkInputs
from chalicelib.publishing.release_pages import names_of
from chalicelib.publishing.whole_texts import WHOLE
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
    whole = Whole(*(json.loads((CONTENT / f"{name}.json").read_text("utf-8")) for name in WHOLE))
    us = next(one for one in place_inputs(whole) if one.place == "us")
    inputs = ChunkInputs({}, publishing.package_at_work(settings), [(us, "0a")])
    S3JobInputs(s3, "pages").freeze(job.id, 0, [inputs], {"us": "0a"})
    store.add_chunk(Chunk(job.id, 0, ("us",), "United States", job.keep_until))
    queue = WaitingQueue()
    run_job.chunk_runner(settings, SystemClock(), queue)(job.id, 0)
    place = S3Builds(s3, "pages").rendered("us", "0a")
    assert place is not None
    assert [page.name for page in place.pages] == names_of(us)
    put = client("s3").list_objects_v2(Bucket="pages", Prefix="releases/places/us/")["Contents"]
    assert len(put) == 2 * len(place.pages)
    assert queue.ids == [job.id]
    row = store.chunk(job.id, 0)
    assert row is not None
    assert row.put
