"""What SQS and Lambda do with background jobs on AWS: brings each message of a queue to the function.

Two readers, so that somebody's checks do not wait for somebody's publish. The queue is moto's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, MutableMapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tools.build.functions import RUN_JOB
from tools.local.local_server import lambda_context
from tools.local.quiet_server import place_of
from tools.local.seed import client
from tools.local.sqs_records import sqs_record

QUEUE = "porchlight-jobs"
READERS = 2
_HIDDEN = RUN_JOB.timeout  # seconds in which nobody else is handed a message: as long as a run may last
Handler = Callable[[dict[str, Any], Any], Any]


def seed_jobs(environ: MutableMapping[str, str]) -> None:
    """Make the queue, and say where it is."""
    environ["JOBS_QUEUE"] = str(client("sqs").create_queue(QueueName=QUEUE)["QueueUrl"])


class LocalJobs:
    """Brings messages from the queue to the function, in threads of its own."""

    def __init__(
        self, queue_url: str, handler: Handler, every: float = 0.5, say: Callable[[str], None] = print
    ) -> None:
        self._queue_url = queue_url
        self._handler = handler
        self._every = every
        self._say = say
        self._fault = ""
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(READERS)]

    def start(self) -> None:
        """Bring, from now on."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Bring nothing more. A job that is at work is left: it is taken up by nobody, and says so."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(1.0)

    def beat(self) -> bool:
        """Bring one message, if there is any; return whether there was."""
        sqs = client("sqs")
        asked = {"QueueUrl": self._queue_url, "MaxNumberOfMessages": 1, "VisibilityTimeout": _HIDDEN}
        messages = sqs.receive_message(**asked).get("Messages", [])
        for message in messages:
            answer = self._handler(
                {"Records": [sqs_record(message, QUEUE)]}, lambda_context("run_job", RUN_JOB.timeout)
            )
            if not answer["batchItemFailures"]:
                sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
        return bool(messages)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                found = self.beat()
            except (BotoCoreError, ClientError):
                found = False
                self._tell("the queue of jobs does not answer")
            except Exception as error:
                found = False
                self._tell(f"run_job failed: {place_of(error)}")
            else:
                self._tell("")
            if not found:
                self._stopped.wait(self._every)

    def _tell(self, fault: str) -> None:
        if fault != self._fault and not self._stopped.is_set():  # what ends misses the others that end
            self._say(fault or "jobs are done again")
        self._fault = fault
