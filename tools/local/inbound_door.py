"""The mailroom's way in: a raw message over HTTP, as SES would get it over SMTP, and a form to reply with.

    curl --data-binary @reply.eml -H 'X-Envelope-From: officer@agency.example' \\
        -H 'X-Envelope-To: r-0123456789abcdefg@reply.porchlight.example' http://127.0.0.1:8025/inbound

X-Envelope-To may be there many times. X-Dmarc, X-Spf, X-Dkim, X-Spam and X-Virus say what SES finds: PASS,
which they are without the header, FAIL, GRAY or PROCESSING_FAILED.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from email.message import Message
from typing import Protocol
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from tools.local.quiet_server import place_of
from tools.local.ses_inbound import LONGEST, InboundRefused, Verdicts
from tools.local.write_replies import written_reply

HERE = frozenset({"127.0.0.1", "localhost"})
_LONGEST_FORM = 256 * 1024


class Inbound(Protocol):
    """What takes mail as SES would."""

    domain: str

    def __call__(self, raw: bytes, sender: str, to: Sequence[str], verdicts: Verdicts) -> Sequence[str]:
        """Take a mail. Raises InboundRefused."""


class SentMail(Protocol):
    """A mail that was sent from here, to be replied to."""

    @property
    def id(self) -> str: ...
    @property
    def to(self) -> tuple[str, ...]: ...
    @property
    def message(self) -> Message: ...


def is_local(request: Request, reads: bool) -> bool:
    """Say whether a request is this machine's own: no page of another site may read or send mail here.

    A page whose name was pointed at this machine has that name as the host; one that sends a form here has
    its own address as the origin. Programs that are no browser say neither.
    """
    if request.host.partition(":")[0] not in HERE:
        return False
    origin = request.headers.get("Origin", f"http://{request.host}")
    from_here = request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
    return reads or (urlsplit(origin).netloc == request.host and from_here)


def taken(request: Request, inbound: Inbound) -> Response:
    """Take the raw message of a request, and say so: 202, or 400 and why not."""
    if request.content_length is None or request.content_length > LONGEST:
        return said(413, "the body must be a raw message of 1 byte to 40 MB, with its Content-Length")
    sender = request.headers.get("X-Envelope-From")
    if sender is None:
        return said(400, "X-Envelope-From is missing: an address, or <> for a bounce's")
    to = [one for one in map(bare, request.headers.get("X-Envelope-To", "").split(",")) if one]
    found = {
        name: request.headers.get(f"X-{name.capitalize()}", "PASS").strip().upper()
        for name in Verdicts.__dataclass_fields__
    }
    return _answered(lambda: inbound(request.get_data(), bare(sender), to, Verdicts(**found)))


def replied(request: Request, inbound: Inbound, mail: SentMail) -> Response:
    """Send the reply that was typed into the form of a mail, the same way."""
    request.max_content_length = _LONGEST_FORM
    try:
        text = request.form.get("text", "").strip()
    except HTTPException:
        return said(413, "the reply is too long for this form")
    if not text:
        return said(400, "the reply is empty")
    to, raw = written_reply(mail.id, mail.message, mail.to[0], text)
    answer = _answered(lambda: inbound(raw, mail.to[0], [to], Verdicts()))
    if answer.status_code != 202:
        return answer
    return Response(status=303, headers={"Location": f"/mail/{mail.id}/?sent"})


def bare(address: str) -> str:
    """Return an address without what SMTP puts around it."""
    return address.strip().removeprefix("<").removesuffix(">")


def said(status: int, text: str) -> Response:
    """Return a sentence as a response."""
    return Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")


def _answered(take: Callable[[], Sequence[str]]) -> Response:
    try:
        keys = take()
    except InboundRefused as refusal:
        return said(400, str(refusal))
    except Exception as error:  # the stand-in for S3 or SQS is away; a text could quote the mail
        return said(503, f"not taken: {place_of(error)}")
    return said(202, "taken: " + " ".join(keys))
