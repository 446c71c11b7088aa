"""What SES tells of mails, told on this machine: moto's SES takes mail and says nothing of it afterwards.

Whoever the mail is to decides what becomes of it, as with SES's own simulator: bounce@..., complaint@...,
delay@..., late-bounce@... and ooto@... (out of the office) do what they say, early-ooto@... answers by itself
before it says that it took the mail, silent-ooto@... never says that, and every other address takes its mail
within a second. The notices go through the queue, in the shape in which SNS would bring them, to the same
function as on AWS.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tools.local.local_server import lambda_context
from tools.local.quiet_server import place_of
from tools.local.seed import client
from tools.local.sqs_records import sqs_record

QUEUE = "porchlight-notices"
Handler = Callable[[dict[str, Any], Any], Any]

_BOUNCE = {
    "bounceType": "Permanent",
    "bounceSubType": "General",
    "feedbackId": "local",
}
_OUT = {"bounceType": "Transient", "bounceSubType": "General", "feedbackId": "local"}
# By the first part of an address: each notice's name, where its details stand, what they are, and after how
# long.
_BECOMES: dict[str, list[tuple[str, str, dict[str, Any], float]]] = {
    "": [("Delivery", "delivery", {"processingTimeMillis": 500, "smtpResponse": "250 ok"}, 0.5)],
    "bounce": [("Bounce", "bounce", _BOUNCE, 0.5)],
    "complaint": [
        ("Delivery", "delivery", {}, 0.5),
        ("Complaint", "complaint", {"complaintFeedbackType": "abuse", "feedbackId": "local"}, 2.0),
    ],
    "delay": [("DeliveryDelay", "deliveryDelay", {"delayType": "General"}, 0.5)],
    "late-bounce": [("Delivery", "delivery", {}, 0.5), ("Bounce", "bounce", _BOUNCE, 5.0)],
    "ooto": [("Delivery", "delivery", {}, 0.5), ("Bounce", "bounce", _OUT, 2.0)],
    "early-ooto": [("Bounce", "bounce", _OUT, 0.5), ("Delivery", "delivery", {}, 5.0)],
    "silent-ooto": [("Bounce", "bounce", _OUT, 0.5)],
    "reject": [("Reject", "reject", {"reason": "Bad content"}, 0.5)],
}
_LISTS = {
    "delivery": "recipients",
    "bounce": "bouncedRecipients",
    "complaint": "complainedRecipients",
    "deliveryDelay": "delayedRecipients",
}


def events_for(message_id: str, to: str, tags: dict[str, str], now: datetime) -> Iterable[tuple[float, Any]]:
    """Return what SES would tell of a mail to this address: (after how many seconds, the event)."""
    name = to.partition("@")[0].casefold()
    time_text = f"{now:%Y-%m-%dT%H:%M:%S.000Z}"
    for kind, member, details, after in _BECOMES.get(name, _BECOMES[""]):
        listed: dict[str, Any] = {}
        if member in _LISTS:
            listed[_LISTS[member]] = [to] if member == "delivery" else [{"emailAddress": to}]
        yield (
            after,
            {
                "eventType": kind,
                member: {"timestamp": time_text, **details, **listed},
                "mail": {
                    "timestamp": time_text,
                    "messageId": message_id,
                    "destination": [to],
                    "tags": {tag: [value] for tag, value in tags.items()},
                },
            },
        )


class LocalNotices:
    """Listens to this process's SES client, and brings notices through the queue to the function.

    Start it after the application was imported, and before its first mail.
    """

    def __init__(self, handler: Handler, every: float = 0.5, say: Callable[[str], None] = print) -> None:
        self._handler = handler
        self._every = every
        self._say = say
        self._fault = ""
        self._queue = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._coming: list[tuple[float, str]] = []
        self._lock = threading.Lock()

    def start(self) -> None:
        """Listen and bring, from now on."""
        from chalicelib.wiring.operator import ses

        events = ses().meta.events
        events.register("before-call.sesv2.SendEmail", self._about_to_send)
        events.register("after-call.sesv2.SendEmail", self._sent)
        self._thread.start()

    def stop(self) -> None:
        """Bring nothing more."""
        self._stopped.set()
        self._thread.join(1.0)

    def _about_to_send(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["porchlight_call"] = params["body"]

    def _sent(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        body = context.get("porchlight_call")
        if not body or "MessageId" not in parsed:
            return
        call = json.loads(body)
        tags = {tag["Name"]: tag["Value"] for tag in call.get("EmailTags", ())}
        for to in call["Destination"]["ToAddresses"]:
            for after, event in events_for(parsed["MessageId"], to, tags, datetime.now(UTC)):
                envelope = {"Type": "Notification", "Message": json.dumps(event)}
                with self._lock:
                    self._coming.append((time.monotonic() + after, json.dumps(envelope)))

    def beat(self) -> None:
        """Put into the queue what is to be told now, and bring what is in it to the function."""
        queue = client("sqs")
        self._queue = self._queue or queue.create_queue(QueueName=QUEUE)["QueueUrl"]
        now = time.monotonic()
        with self._lock:
            ready = [body for when, body in self._coming if when <= now]
            self._coming = [(when, body) for when, body in self._coming if when > now]
        for body in ready:
            queue.send_message(QueueUrl=self._queue, MessageBody=body)
        received = queue.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, VisibilityTimeout=5)
        if messages := received.get("Messages", []):
            self._bring(queue, messages)

    def _bring(self, queue: Any, messages: list[dict[str, Any]]) -> None:
        records = [sqs_record(message, QUEUE) for message in messages]
        answer = self._handler({"Records": records}, lambda_context("note_delivery"))
        again = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in again:
                queue.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            try:
                self.beat()
            except (BotoCoreError, ClientError):
                self._tell("the queue of notices does not answer")
            except Exception as error:
                self._tell(f"note_delivery failed: {place_of(error)}")
            else:
                self._tell("")

    def _tell(self, fault: str) -> None:
        if fault != self._fault and not self._stopped.is_set():  # what ends misses the others that end
            self._say(fault or "notices arrive again")
        self._fault = fault
