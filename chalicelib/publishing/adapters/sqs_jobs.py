"""The queue of background jobs on SQS. A message is a job's id, or that with a chunk's number: no more."""

from __future__ import annotations

import threading
from collections import deque
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
    """The JobQueue without a queue: the job is done before `send` returns, in the same process.

    What a job sends while it is done comes after it, in the same thread.
    """

    def __init__(self, run: Callable[[str], object]) -> None:
        self._run = run
        self._mine = threading.local()

    def send(self, id_: str) -> None:
        """Do the job, and all that comes of it."""
        if (under_way := getattr(self._mine, "waiting", None)) is not None:
            under_way.append(id_)
            return
        waiting = self._mine.waiting = deque([id_])
        try:
            while waiting:
                self._run(waiting.popleft())
        finally:
            del self._mine.waiting
