"""The mailroom: a page of the mail that the site handed to SES, exactly as it was handed over.

`keeping_mail` stands before moto's SES and keeps each message that SES takes, byte for byte. The page shows
it to people, and `/messages.json` to programs. Nothing of it can be changed, and only local runs have it.
What comes in instead, a reply to one of these mails, goes through tools/local/inbound_door.py.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from tools.local.inbound_door import Inbound, is_local, replied, taken
from tools.local.quiet_server import QuietServer, Wsgi

SEND_EMAIL = "/v2/email/outbound-emails"


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as SES was handed it."""

    id: str
    sender: str
    to: tuple[str, ...]
    sent_at: datetime
    raw: bytes = field(repr=False)

    @property
    def message(self) -> Message:
        """The message, parsed without any repair."""
        return message_from_bytes(self.raw, policy=policy.compat32)

    @property
    def subject(self) -> str:
        """The subject as a reader would see it."""
        return decoded(self.message.get("Subject", ""))


class Mailbox:
    """The mails, oldest first."""

    def __init__(self) -> None:
        self._mails: list[Mail] = []
        self._lock = threading.Lock()

    def add(self, mail: Mail) -> None:
        """Keep one more mail."""
        with self._lock:
            self._mails.append(mail)

    def all(self) -> list[Mail]:
        """Return every mail, oldest first."""
        with self._lock:
            return list(self._mails)

    def find(self, mail_id: str) -> Mail | None:
        """Return one mail."""
        return next((mail for mail in self.all() if mail.id == mail_id), None)


def decoded(value: Any) -> str:
    """Return a header's text with its encoded words (RFC 2047) read, or as it is if they cannot be read."""
    try:
        return str(make_header(decode_header(value))) or str(value)
    except (LookupError, ValueError, MessageError):
        return str(value)


def keeping_mail(
    ses: Wsgi, mailbox: Mailbox, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Wsgi:
    """Return `ses` (moto's web application), with each message that it takes kept in the mailbox."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST" or environ["PATH_INFO"] != SEND_EMAIL:
            return ses(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        call = json.loads(body)
        raw = base64.b64decode(call.get("Content", {}).get("Raw", {}).get("Data", ""))
        if raw:
            # moto reads mail as UTF-8 and fails on anything else; it gets a copy that it can read.
            call["Content"]["Raw"]["Data"] = base64.b64encode(_readable(raw)).decode("ascii")
            body = json.dumps(call).encode("ascii")
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        answered: list[str] = []

        def watch_status(status: str, headers: Any, exc_info: Any = None) -> Any:
            answered.append(status)
            return start_response(status, headers, exc_info)

        answer = b"".join(ses(environ, watch_status))
        if raw and answered[0].startswith("200"):
            mailbox.add(
                Mail(
                    id=json.loads(answer)["MessageId"],
                    sender=call.get("FromEmailAddress", ""),
                    to=tuple(_recipients(call.get("Destination", {}))),
                    sent_at=now(),
                    raw=raw,
                )
            )
        return [answer]

    return serve


def _readable(raw: bytes) -> bytes:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1").encode("utf-8")
    return raw


def _recipients(destination: dict[str, list[str]]) -> Iterator[str]:
    for kind in ("ToAddresses", "CcAddresses", "BccAddresses"):
        yield from destination.get(kind) or []


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mail that is not itself a container."""

    number: int
    kind: str
    name: str
    content: bytes = field(repr=False)
    text: str | None = field(repr=False)


def parts_of(message: Message) -> list[Part]:
    """Return the parts of a mail in their order; `text` is set for the one that is for reading."""
    found: list[Part] = []
    read = False
    for part in message.walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        content = content if isinstance(content, bytes) else b""
        kind = part.get_content_type()
        readable = kind == "text/plain" and not read and part.get_content_disposition() != "attachment"
        text = _text(content, part.get_content_charset("utf-8")) if readable else None
        read = read or readable
        name = part.get_filename()
        name = decoded(collapse_rfc2231_value(name)) if name else ""
        found.append(Part(len(found), kind, name, content, text))
    return found


def _text(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset, "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


_STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 1rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: start; vertical-align: top; padding: .4rem .8rem .4rem 0 }
th, td { border-bottom: 1px solid #8886 }
td { overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; border: 1px solid #8886; padding: 1rem }
textarea { box-sizing: border-box; width: 100%; font: inherit }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:;"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # without any, a browser would not say where a form comes from
    "X-Content-Type-Options": "nosniff",
}


def _page(title: str, body: str) -> bytes:
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>{_STYLE}</style></head>\n<body>{body}</body></html>\n"
    ).encode()


def _row(*cells: str, head: bool = False) -> str:
    tag = "th" if head else "td"
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>\n"


def _bdi(text: str) -> str:
    return f"<bdi>{html.escape(text)}</bdi>"


def list_page(mails: list[Mail]) -> bytes:
    """Return the page that lists every mail, newest first."""
    rows = [
        _row(
            f"{mail.sent_at:%Y-%m-%d %H:%M:%S} UTC",
            html.escape(mail.sender),
            html.escape(", ".join(mail.to)),
            f'<a href="/mail/{quote(mail.id)}/">{_bdi(mail.subject or "(no subject)")}</a>',
        )
        for mail in reversed(mails)
    ]
    table = "<table>\n" + _row("When", "From", "To", "Subject", head=True) + "".join(rows) + "</table>"
    none = "<p>No mail yet. Reload this page to look again.</p>"
    intro = "<p>What the site handed to its mail service, newest first. Nothing here left this machine.</p>"
    programs = '<p>For programs: <a href="/messages.json">messages.json</a></p>'
    return _page("Mailroom", f"<main><h1>Mailroom</h1>{intro}{table if rows else none}{programs}</main>")


_REPLY = """<h2>Reply</h2>{said}<form method="post" action="/mail/{mail_id}/reply">
<p><label for="text">As whoever got this mail, in their mail program:</label></p>
<p><textarea id="text" name="text" rows="6" required></textarea></p><p><button>Reply</button></p></form>"""


def mail_page(mail: Mail, form: str = "") -> bytes:
    """Return the page of one mail: its headers, its text, its other parts to download, a form to reply."""
    message = mail.message
    headers = "".join(
        _row(html.escape(name), f"<bdi>{html.escape(decoded(value))}</bdi>")
        for name, value in message.items()
    )
    parts = parts_of(message)
    texts = "".join(
        f'<pre dir="auto">{html.escape(part.text)}</pre>' for part in parts if part.text is not None
    )
    rows = "".join(
        _row(
            html.escape(part.kind),
            html.escape(part.name) or "(no name)",
            f"{len(part.content):,} bytes",
            f'<a href="/mail/{quote(mail.id)}/part/{part.number}" download>Download</a>',
        )
        for part in parts
    )
    envelope = html.escape(f"Handed over {mail.sent_at:%Y-%m-%d %H:%M:%S} UTC, for {', '.join(mail.to)}")
    return _page(
        "Mailroom: one mail",
        f'<main><p><a href="/">All mail</a></p><h1>{_bdi(mail.subject)}</h1>'
        f"<p>{envelope}</p>"
        f"<h2>Headers</h2><table>{headers}</table><h2>Text</h2>{texts or '<p>None.</p>'}"
        f"<h2>Parts</h2><table>{_row('Type', 'Name', 'Size', '', head=True)}{rows}</table>"
        f'<p><a href="/mail/{quote(mail.id)}/raw">The mail exactly as it was sent</a></p>{form}</main>',
    )


def messages_json(mails: list[Mail], base: str) -> bytes:
    """Return the list for programs, newest last."""
    listed = [
        {
            "id": mail.id,
            "to": list(mail.to),
            "from": mail.sender,
            "subject": mail.subject,
            "sent_at": mail.sent_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "raw_url": f"{base}/mail/{quote(mail.id)}/raw",
        }
        for mail in mails
    ]
    return json.dumps(listed, indent=2).encode("ascii")


class Mailroom(QuietServer):
    """The mailroom's web server, on a socket that listens already. `inbound` takes replies."""

    def __init__(self, listener: socket.socket, mailbox: Mailbox, inbound: Inbound | None = None) -> None:
        super().__init__(self._serve, listener)
        self.mailbox = mailbox
        self._inbound = inbound
        self.base = f"http://127.0.0.1:{self.port}"

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Be a WSGI application that reads, and takes replies."""
        request = Request(environ)
        post = self._post_to(request.path) if request.method == "POST" else None
        if post is None and request.method not in ("GET", "HEAD"):
            page = _page("Mailroom", "<main><h1>The mailroom can only be read</h1></main>")
            response = _html(page, 405, Allow="GET, HEAD")
        elif not is_local(request, reads=post is None):
            response = _nothing()
        else:
            response = post(request) if post else self.answer(request.path, "sent" in request.args)
        response.headers.extend(_HEADERS)
        return response(environ, start_response)

    def _post_to(self, path: str) -> Callable[[Request], Response] | None:
        """Return what takes a POST to a path, if anything does."""
        inbound = self._inbound
        if inbound is None:
            return None
        match path.strip("/").split("/"):
            case ["inbound"]:
                return lambda request: taken(request, inbound)
            case ["mail", mail_id, "reply"] if mail := self.mailbox.find(mail_id):
                return lambda request: replied(request, inbound, mail)
        return None

    def answer(self, path: str, sent: bool = False) -> Response:
        """Return the response for a path; `sent` says that a reply was sent just now."""
        mails = self.mailbox.all()
        if path == "/":
            return _html(list_page(mails))
        if path == "/messages.json":
            return Response(messages_json(mails, self.base), content_type="application/json")
        match path.strip("/").split("/"):
            case ["mail", mail_id, *rest] if mail := self.mailbox.find(mail_id):
                return _about(mail, rest, self._form(mail, sent))
        return _nothing()

    def _form(self, mail: Mail, sent: bool) -> str:
        """Return the form to reply to a mail; nothing where replies are not taken."""
        said = "<p><strong>Sent. The site takes it within a second.</strong></p>" if sent else ""
        return _REPLY.format(said=said, mail_id=quote(mail.id)) if self._inbound and mail.to else ""


def _about(mail: Mail, rest: list[str], form: str) -> Response:
    match rest:
        case []:
            return _html(mail_page(mail, form))
        case ["raw"]:
            return Response(mail.raw, content_type="message/rfc822")
        case ["part", number]:
            for part in parts_of(mail.message):
                if str(part.number) == number:
                    return _download(part)
    return _nothing()


def _html(page: bytes, status: int = 200, **headers: str) -> Response:
    return Response(page, status, headers, content_type="text/html; charset=utf-8")


def _nothing() -> Response:
    return _html(_page("Mailroom", '<main><h1>Nothing here</h1><p><a href="/">All mail</a></p></main>'), 404)


def _download(part: Part) -> Response:
    name = quote(part.name.replace("/", "_") or f"part-{part.number}", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(part.content, headers=headers, content_type="application/octet-stream")
