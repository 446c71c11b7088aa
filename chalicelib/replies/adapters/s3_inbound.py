"""Inbound mail in an S3 bucket, as the mail service (SES) puts it there, and the queue's word of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from chalicelib.replies.ports import InboundMail
from chalicelib.replies.read_mail import envelope_recipients
from chalicelib.shared.aws.faults import code_of, store_faults
from chalicelib.shared.errors import StoreUnavailable

PREFIX = "inbound/"
READ_MOST = 2 * 1024 * 1024  # of one mail: its words stand at its beginning, and scans go on for 30 MB
_SETUP = f"{PREFIX}AMAZON_SES_SETUP_NOTIFICATION"  # SES tries out a new rule with this
_GONE = {"NoSuchKey", "404"}


class S3Inbound:
    """The InboundStore on S3."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, key: str) -> InboundMail | None:
        """Return the first 2 MB of one mail; None when an earlier try took it, or when it is no mail."""
        if key == _SETUP:
            self.delete(key)
            return None
        with store_faults():
            try:
                answer = self._client().get_object(
                    Bucket=self._bucket, Key=key, Range=f"bytes=0-{READ_MOST - 1}"
                )
                raw = bytes(answer["Body"].read())
            except Exception as error:
                if code_of(error) in _GONE:
                    return None
                if code_of(error) == "InvalidRange":  # it is empty
                    return InboundMail(key, (), b"")
                raise
        total = int(str(answer.get("ContentRange", f"/{len(raw)}")).rpartition("/")[2])
        if len(raw) != min(total, READ_MOST):
            raise StoreUnavailable("half of an answer")
        return InboundMail(key, envelope_recipients(raw), raw, truncated=total > READ_MOST)

    def delete(self, key: str) -> None:
        """Delete one mail, if it is there."""
        with store_faults():
            self._client().delete_object(Bucket=self._bucket, Key=key)


def keys_in(body: str, bucket: str) -> list[str]:
    """Return the keys of the mails that a queue's message tells of. Raises ValueError for anything else.

    S3 also tells, once, that its word of new objects comes through ("s3:TestEvent"): that tells of none.
    """
    told: Any = json.loads(body)
    if not isinstance(told, dict) or (told.get("Event") != "s3:TestEvent" and "Records" not in told):
        raise ValueError("not S3's word of new objects")
    keys = []
    for record in told.get("Records", ()):
        where = record["s3"]
        key = unquote_plus(where["object"]["key"])
        if where["bucket"]["name"] != bucket or not key.startswith(PREFIX):
            raise ValueError("not an object of inbound mail")
        keys.append(key)
    return keys
