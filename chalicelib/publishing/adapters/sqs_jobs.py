"""The queue of background jobs on SQS. A message is a job's id, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.shared.aws.faults import store_faults


class SqsJobs:
    """The JobQueue on SQS: what it took it brings at least once, and sets aside after as many tries."""

    def __init__(self, client: Callable[[], Any], queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, id_: str) -> None:
        """Bring a job's id to a worker."""
        with store_faults():
            self._client().send_message(QueueUrl=self._queue_url, MessageBody=id_)


class InlineJobs:
    """The JobQueue without a queue: the job is done before `send` returns, in the same process."""

    def __init__(self, run: Callable[[str], object]) -> None:
        self._run = run

    def send(self, id_: str) -> None:
        """Do the job."""
        self._run(id_)
