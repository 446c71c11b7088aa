"""Reading a mail (MIME): from its raw source, as the mail service stores it, to what the rules need."""

from __future__ import annotations

from chalicelib.replies.charsets import cleaned
from chalicelib.replies.conversation import AUTOMATIC, BOUNCE, UNREADABLE
from chalicelib.replies.fenced import CASE
from chalicelib.replies.mail_headers import HeaderBounds, Headers, address_of, decoded, ids_of, read_headers
from chalicelib.replies.mail_kinds import may_be_a_persons, read_kind
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
    bounds = HeaderBounds()
    headers, body = read_headers(raw, bounds)
    if not any(headers.has(name) for name in _USUAL):
        return ParsedMail(UNREADABLE, body=raw)
    parts = read_parts(headers, body, bounds)
    sender = "" if headers.veiled else address_of(headers.all("from"))
    kind, verdicts = read_kind(headers, parts), read_verdicts(headers, sender)
    texts, texts_beside = _parted(parts.texts)
    pages, pages_beside = _parted(parts.pages)
    return ParsedMail(
        kind,
        sender=sender,
        verdicts=verdicts,
        message_id="".join(ids_of(headers.first("message-id"))[:1]),
        date=_line(headers, "date"),
        in_reply_to=ids_of(headers.first("in-reply-to")),
        references=ids_of(headers.first("references")),
        recipients=recipients_of(headers),
        subject=_line(headers, "subject"),
        text="\n\n".join(texts),
        html="\n".join(pages),
        text_beside="\n\n".join(texts_beside),
        html_beside="\n".join(pages_beside),
        body=body,
        files=parts.files,
        generated=kind in (AUTOMATIC, BOUNCE) and may_be_a_persons(headers, parts, kind, verdicts.dmarc),
        cut=parts.cut,
    )


def _parted(texts: list[str]) -> tuple[list[str], list[str]]:
    """Return the texts down to the last that names a case, and those below it; all where none does."""
    filled = [text for text in texts if text.strip()]
    named = [at for at, text in enumerate(filled) if CASE.search(text)] if len(filled) > 1 else []
    last = named[-1] + 1 if named else len(filled)
    return filled[:last], filled[last:]


def _line(headers: Headers, name: str) -> str:
    return " ".join(cleaned(decoded(headers.first(name))).split())[:1000]
