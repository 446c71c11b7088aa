"""Reading a mail (MIME): from its raw source, as the mail service stores it, to what the rules need."""

from __future__ import annotations

from chalicelib.replies.charsets import cleaned
from chalicelib.replies.conversation import AUTOMATIC, UNREADABLE
from chalicelib.replies.mail_headers import Headers, address_of, decoded, ids_of, read_headers
from chalicelib.replies.mail_kinds import read_kind, was_generated
from chalicelib.replies.mail_parts import read_parts
from chalicelib.replies.parsed_mail import ParsedMail
from chalicelib.replies.service_headers import envelope_recipients, read_verdicts, recipients_of

__all__ = ["envelope_recipients", "read_mail"]

# One of these has every mail that a person's program sends.
_USUAL = ("from", "date", "message-id", "subject", "received")


def read_mail(raw: bytes) -> ParsedMail:
    """Return what a raw source holds. Never raises: what cannot be read is of the kind UNREADABLE."""
    try:
        return _read(raw)
    except Exception:  # whatever a stranger sends: it is kept, sealed, and somebody looks
        return ParsedMail(UNREADABLE, body=raw)


def _read(raw: bytes) -> ParsedMail:
    headers, body = read_headers(raw)
    if not any(headers.has(name) for name in _USUAL):
        return ParsedMail(UNREADABLE, body=raw)
    parts = read_parts(headers, body)
    sender = address_of(headers.all("from"))
    kind = read_kind(headers, parts)
    return ParsedMail(
        kind,
        sender=sender,
        verdicts=read_verdicts(headers, sender),
        message_id="".join(ids_of(headers.first("message-id"))[:1]),
        date=_line(headers, "date"),
        in_reply_to=ids_of(headers.first("in-reply-to")),
        references=ids_of(headers.first("references")),
        recipients=recipients_of(headers),
        subject=_line(headers, "subject"),
        text="\n\n".join(text for text in parts.texts if text.strip()),
        html="\n".join(page for page in parts.pages if page.strip()),
        body=body,
        files=parts.files,
        generated=kind == AUTOMATIC and was_generated(headers, parts),
        cut=parts.cut,
    )


def _line(headers: Headers, name: str) -> str:
    return " ".join(cleaned(decoded(headers.first(name))).split())[:1000]
