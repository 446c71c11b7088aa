"""What SES does with inbound mail, done on this machine: its headers on top, an object in S3, S3's event.

moto's SES takes no inbound mail. `LocalInbound` stores a raw message as SES's receipt rule would, and puts
S3's word of it into the queue. SES documents no header for a mail with several recipients: here each has an
object of its own, as if the sender's server had brought it once for each.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import format_datetime, parseaddr
from typing import Any

from chalicelib.shared.email_addresses import is_address

REGION = "us-west-2"
QUEUE = "porchlight-replies"
PREFIX = "inbound/"  # as the template has it, and the function expects it
LONGEST = 40 * 1024 * 1024  # that SES takes
WORDS = ("PASS", "FAIL", "GRAY", "PROCESSING_FAILED")
# The same in an Authentication-Results header (RFC 8601).
_RESULTS = {"PASS": "pass", "FAIL": "fail", "GRAY": "none", "PROCESSING_FAILED": "temperror"}
_IP = "192.0.2.25"


class InboundRefused(ValueError):
    """SES would not take this mail; the text says why."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What SES finds of a mail, each one of WORDS."""

    dmarc: str = "PASS"
    spf: str = "PASS"
    dkim: str = "PASS"
    spam: str = "PASS"
    virus: str = "PASS"


def as_ses_stores(raw: bytes, sender: str, to: str, verdicts: Verdicts, mail_id: str, now: datetime) -> bytes:
    """Return a raw message with SES's own headers on top. `sender` is the envelope's, "" for a bounce's."""
    message = message_from_bytes(raw[: 256 * 1024], policy=policy.compat32)
    domain = sender.rpartition("@")[2] or "mail.example"
    author = parseaddr(str(message.get("From", "")))[1].rpartition("@")[2].lower()
    signer = _signer(str(message.get("DKIM-Signature", ""))) or author
    spf, dkim, dmarc = (_RESULTS[one] for one in (verdicts.spf, verdicts.dkim, verdicts.dmarc))
    found = {
        "pass": f"domain of {domain} designates {_IP} as permitted sender",
        "fail": f"domain of {domain} does not designate {_IP} as permitted sender",
        "none": f"{_IP} is neither permitted nor denied by domain of {domain}",
        "temperror": f"error in processing during lookup of {domain}",
    }[spf]
    checked = f"{spf} (spfCheck: {found}) client-ip={_IP}; envelope-from={sender}; helo=mail.{domain};"
    signed = "dkim=none" if dkim == "none" else f"dkim={dkim} header.i=@{signer}"
    lines = [
        f"Return-Path: <{sender}>",
        f"Received: from mail.{domain} (mail.{domain} [{_IP}])",
        f" by inbound-smtp.{REGION}.amazonaws.com with SMTP id {mail_id}",
        f" for {to};",
        f" {format_datetime(now)} (UTC)",
        f"X-SES-Spam-Verdict: {verdicts.spam}",
        f"X-SES-Virus-Verdict: {verdicts.virus}",
        f"Received-SPF: {checked}",
        "Authentication-Results: amazonses.com;",
        f" spf={checked}",
        f" {signed};",
        f" dmarc={dmarc} header.from={author};",
        f"X-SES-RECEIPT: {secrets.token_urlsafe(60)}",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace") + raw


def _signer(signature: str) -> str:
    tags = (tag.strip().partition("=") for tag in signature.split(";"))
    return next((value.strip().lower() for name, _, value in tags if name.strip() == "d"), "")


def s3_event(bucket: str, key: str, size: int, now: datetime) -> dict[str, Any]:
    """Return what S3 sends to a queue about a new object."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": REGION,
                "eventTime": f"{now:%Y-%m-%dT%H:%M:%S.000Z}",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "inbound",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {"key": key, "size": size},  # our keys have no character to be escaped
                },
            }
        ]
    }


class LocalInbound:
    """Takes mail for one domain as SES would. `client` gives a client for a service."""

    def __init__(self, client: Callable[[str], Any], bucket: str, queue: str, domain: str) -> None:
        self._client = client
        self._bucket = bucket
        self._queue = queue
        self.domain = domain

    def __call__(self, raw: bytes, sender: str, to: Sequence[str], verdicts: Verdicts) -> list[str]:
        """Store a mail for each recipient, and queue S3's word of each; return their keys.

        Raises InboundRefused.
        """
        if not raw or len(raw) > LONGEST:
            raise InboundRefused("the body must be a raw message of 1 byte to 40 MB")
        if sender and not is_address(sender):
            raise InboundRefused("X-Envelope-From must be one address, or <> for a bounce's")
        if not to or not all(is_address(one) for one in to):
            raise InboundRefused("X-Envelope-To must be an address, in a header of its own for each")
        others = [one for one in to if one.rpartition("@")[2].casefold() != self.domain.casefold()]
        if others:
            raise InboundRefused(f"only mail for @{self.domain} is taken here (550)")
        for name in Verdicts.__dataclass_fields__:
            if getattr(verdicts, name) not in WORDS:
                raise InboundRefused(f"X-{name.capitalize()} must be one of {', '.join(WORDS)}")
        return [self._store(raw, sender, one, verdicts) for one in to]

    def _store(self, raw: bytes, sender: str, to: str, verdicts: Verdicts) -> str:
        mail_id, now = secrets.token_hex(20), datetime.now(UTC)
        key = PREFIX + mail_id
        content = as_ses_stores(raw, sender, to, verdicts, mail_id, now)
        self._client("s3").put_object(Bucket=self._bucket, Key=key, Body=content)
        sqs = self._client("sqs")
        queue = sqs.get_queue_url(QueueName=self._queue)["QueueUrl"]
        word = json.dumps(s3_event(self._bucket, key, len(content), now))
        sqs.send_message(QueueUrl=queue, MessageBody=word)
        return key
