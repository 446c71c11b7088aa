"""Records of SQS as Lambda hands them to a function, made of received messages."""

from __future__ import annotations

import uuid
from typing import Any


def sqs_record(message: dict[str, Any], queue: str) -> dict[str, Any]:
    """Return the record of a message that was received from the queue with this name."""
    return {
        "messageId": message.get("MessageId") or str(uuid.uuid4()),
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {},
        "messageAttributes": {},
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-west-2:123456789012:{queue}",
        "awsRegion": "us-west-2",
    }
