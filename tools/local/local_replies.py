"""What SQS and Lambda do with inbound mail on AWS: brings S3's word of each mail to the function.

The queue and the bucket are moto's; tools/local/ses_inbound.py puts mail there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, MutableMapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tools.build.functions import TAKE_REPLY
from tools.local.local_server import lambda_context
from tools.local.quiet_server import place_of
from tools.local.seed import client, unless_there
from tools.local.ses_inbound import QUEUE
from tools.local.sqs_records import sqs_record

_HIDDEN = 5  # seconds until a mail that could not be taken is brought again
Handler = Callable[[dict[str, Any], Any], Any]


def seed_inbound(environ: MutableMapping[str, str]) -> None:
    """Make the bucket of inbound mail, and the queue of S3's word of it."""
    with unless_there():
        client("s3").create_bucket(
            Bucket=environ["INBOUND_BUCKET"],
            CreateBucketConfiguration={"LocationConstraint": environ.get("AWS_REGION", "us-west-2")},
        )
    client("sqs").create_queue(QueueName=QUEUE)


class LocalReplies:
    """Brings messages from the queue to the function, in a thread of its own."""

    def __init__(self, handler: Handler, every: float = 0.5, say: Callable[[str], None] = print) -> None:
        self._handler = handler
        self._every = every
        self._say = say
        self._queue = ""
        self._fault = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Bring, from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Bring nothing more."""
        self._stopped.set()
        self._thread.join(1.0)

    def beat(self) -> bool:
        """Bring one message, if there is any; return whether it was taken."""
        sqs = client("sqs")
        self._queue = self._queue or sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
        asked = {"QueueUrl": self._queue, "MaxNumberOfMessages": 1, "VisibilityTimeout": _HIDDEN}
        taken = False
        for message in sqs.receive_message(**asked).get("Messages", []):
            records = {"Records": [sqs_record(message, QUEUE)]}
            answer = self._handler(records, lambda_context("take_reply", TAKE_REPLY.timeout))
            if not answer["batchItemFailures"]:
                sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
                taken = True
        return taken

    def _run(self) -> None:
        while not self._stopped.is_set():
            taken = False
            try:
                taken = self.beat()
            except (BotoCoreError, ClientError):
                self._tell("the queue of inbound mail does not answer")
            except Exception as error:
                self._tell(f"take_reply failed: {place_of(error)}")
            else:
                self._tell("")
            if not taken:
                self._stopped.wait(self._every)

    def _tell(self, fault: str) -> None:
        if fault != self._fault and not self._stopped.is_set():  # what ends misses the others that end
            self._say(fault or "inbound mail is taken again")
        self._fault = fault
