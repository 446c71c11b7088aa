"""Reading a mail (MIME): from its raw source, as the mail service stores it, to what the rules need."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.utils import getaddresses

from chalicelib.replies.conversation import EMPTY, HUMAN, UNREADABLE
from chalicelib.replies.parsed_mail import ParsedMail, Verdicts

_FOR = re.compile(r"\bfor\s+<?([^\s<>;]{3,254})>?;")


def read_mail(raw: bytes) -> ParsedMail:
    """Return what a raw source holds. Never raises: what cannot be read is of the kind UNREADABLE."""
    try:
        return _read(raw)
    except Exception:  # whatever a stranger sends: it is kept, sealed, and somebody looks
        return ParsedMail(UNREADABLE, body=raw)


def envelope_recipients(raw: bytes) -> tuple[str, ...]:
    """Return the addresses to which the mail service says that it took this mail; none if it does not say.

    It is read from the service's own topmost header alone, and never from To or Cc. It names at most one.
    """
    head = raw[:4096].decode("latin-1").replace("\r\n", "\n")
    top = re.search(r"^Received:(.*(?:\n[ \t].*)*)", head, re.MULTILINE)
    if top is None or "inbound-smtp." not in top[1]:
        return ()
    named = _FOR.search(top[1])
    return (named[1].lower(),) if named else ()


def _read(raw: bytes) -> ParsedMail:
    message = message_from_bytes(raw, policy=policy.compat32)
    senders = [one for _, one in getaddresses([str(one) for one in message.get_all("From", [])]) if one]
    found = [part for part in message.walk() if part.get_content_type() == "text/plain"]
    content = found[0].get_payload(decode=True) if found else b""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
    return ParsedMail(
        HUMAN if text.strip() else EMPTY,
        sender=senders[0].lower() if len(senders) == 1 else "",
        verdicts=Verdicts(),
        message_id=str(message.get("Message-ID", "")).strip(),
        date=str(message.get("Date", "")),
        in_reply_to=tuple(re.findall(r"<[^<>\s]+>", str(message.get("In-Reply-To", "")))),
        references=tuple(re.findall(r"<[^<>\s]+>", str(message.get("References", "")))),
        recipients=envelope_recipients(raw),
        subject=str(message.get("Subject", "")),
        text=text,
        body=raw.partition(b"\r\n\r\n")[2] or raw.partition(b"\n\n")[2],
    )
