"""A reply as an officer's mail program writes it: the text on top, our mail quoted below."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.utils import format_datetime, parseaddr

from tools.local.ses_inbound import REGION


def written_reply(mail_id: str, message: Message, officer: str, text: str) -> tuple[str, bytes]:
    """Return to whom a reply to one of our mails goes, and its raw source.

    Clients see the Message-ID that SES gives a mail, and reply to its Reply-To, or else its From.
    """
    sender = parseaddr(str(message.get("From", "")))[1]
    to = parseaddr(str(message.get("Reply-To", "")))[1] or sender
    ours = f"<{mail_id}@{REGION}.amazonses.com>"
    now = datetime.now(UTC)
    reply = EmailMessage(policy=policy.SMTP.clone(max_line_length=998))  # it would encode ids in longer lines
    reply["From"] = Address("Officer", addr_spec=officer)
    reply["To"] = to
    subject = " ".join(str(message.get("Subject", "")).split())
    reply["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    reply["Date"] = format_datetime(now)
    reply["Message-ID"] = f"<{secrets.token_hex(12)}@{officer.rpartition('@')[2]}>"
    reply["In-Reply-To"] = ours
    reply["References"] = ours
    quoted = "\n".join(f"> {line}".rstrip() for line in _text_of(message).splitlines())
    said = f"On {now:%a, %b} {now.day}, {now.year} at {now:%H:%M}, <{sender}> wrote:"
    reply.set_content(f"{text.strip()}\n\n{said}\n\n{quoted}\n")
    return to, reply.as_bytes()


def _text_of(message: Message) -> str:
    """Return a mail's text as it is quoted; an encrypted one has none."""
    for part in message.walk():
        if part.get_content_type() == "text/plain" and part.get_content_disposition() != "attachment":
            content = part.get_payload(decode=True)
            return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
    return ""
