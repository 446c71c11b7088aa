"""Background jobs on this machine: the queue is worked off by the function, as on AWS."""

from __future__ import annotations

from typing import Any

import pytest

from tools.local.jobs import LocalJobs, seed_jobs
from tools.local.seed import client


@pytest.fixture
def queue_url(aws: object) -> str:
    environ: dict[str, str] = {}
    seed_jobs(environ)
    return environ["JOBS_QUEUE"]


def waiting(queue_url: str) -> int:
    asked = {"QueueUrl": queue_url, "AttributeNames": ["All"]}
    told = client("sqs").get_queue_attributes(**asked)["Attributes"]
    return int(told["ApproximateNumberOfMessages"]) + int(told["ApproximateNumberOfMessagesNotVisible"])


@pytest.mark.parametrize("done", [True, False])
def test_a_message_is_brought_and_stays_in_the_queue_until_it_is_done(queue_url: str, done: bool) -> None:
    brought: list[dict[str, Any]] = []

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        brought.append(event["Records"][0])
        assert context.get_remaining_time_in_millis() > 200_000
        return {"batchItemFailures": [] if done else [{"itemIdentifier": brought[0]["messageId"]}]}

    jobs = LocalJobs(queue_url, handler)
    assert not jobs.beat()
    client("sqs").send_message(QueueUrl=queue_url, MessageBody="a" * 32)
    assert jobs.beat()
    assert [record["body"] for record in brought] == ["a" * 32]
    assert waiting(queue_url) == (0 if done else 1)
