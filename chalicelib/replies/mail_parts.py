"""MIME parts: a mail taken apart into its plain text, its HTML and what else is in it.

Broken ones are read as far as they go: no last boundary, inner parts that end early, unknown encodings. Each
step has a bound: of parts, of how deep they lie, and of bytes.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from chalicelib.replies.charsets import cleaned, decode
from chalicelib.replies.mail_headers import HeaderBounds, Headers, parameters, read_headers
from chalicelib.replies.signed_content import ENCRYPTED, SIGNED, read_cms
from chalicelib.replies.tnef import read_tnef

DEPTH_MOST = 16
PARTS_MOST = 200
WORDS_MOST = 192 * 1024  # bytes of one text, before and after it is decoded

_ENCODED_MOST = WORDS_MOST * 3
_BOUNDARIES_MOST = 2_000  # lines that begin like one
_PARTED_MOST = 8 * 1024 * 1024  # bytes: four times what is read of a mail, for parts in parts
_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)
_UU_BEGIN = re.compile(r"^begin [0-7]{3,4} [^\n]{1,200}\n", re.MULTILINE)
_ARMORED = re.compile(r"\A\s*-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash:[^\n]*\n)*\n?")
_S_MIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
# They belong to the mail itself, and are no files that somebody attached.
_NO_FILES = frozenset(
    {
        "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature",
        "application/pgp-keys", "message/delivery-status", "message/disposition-notification",
        "text/rfc822-headers", "text/x-amp-html", "application/pgp-encrypted",
    }
)  # fmt: skip


@dataclass
class MailParts:
    """What the parts of a mail hold. `texts` and `pages` are the mail's own plain and HTML words in order.

    `types` are the media types that it has, `reports` the report types, `calendar` says that one part is an
    invitation or the answer to one.
    """

    texts: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    types: set[str] = field(default_factory=set)
    reports: set[str] = field(default_factory=set)
    files: int = 0
    calendar: bool = False
    encrypted: bool = False
    packed: bool = False  # there is a TNEF file
    cut: bool = False
    looked_at: int = 0
    text_left: int = WORDS_MOST  # bytes that are still read of plain texts, all together
    page_left: int = WORDS_MOST  # and of pages
    parted_left: int = _PARTED_MOST  # bytes in which boundaries are still looked for
    marks_left: int = _BOUNDARIES_MOST
    bounds: HeaderBounds = field(default_factory=HeaderBounds)


def read_parts(headers: Headers, body: bytes, bounds: HeaderBounds | None = None) -> MailParts:
    """Return what a mail's body holds. `bounds` is what its own headers left to read."""
    parts = MailParts(bounds=bounds or HeaderBounds())
    _walk(parts, headers, body, 0, False)
    return parts


def _walk(parts: MailParts, headers: Headers, body: bytes, depth: int, related: bool) -> None:
    parts.looked_at += 1
    if parts.looked_at > PARTS_MOST:
        parts.cut = True
        return
    kind, options = parameters(headers.first("content-type") or "text/plain")
    if "/" not in kind:
        kind = "text/plain"
    parts.types.add(kind)
    if kind.startswith("multipart/"):
        inner = _split(parts, body, options.get("boundary", "")) if depth < DEPTH_MOST else []
        if kind == "multipart/report":
            parts.reports.add(options.get("report-type", "").lower())
        if kind == "multipart/encrypted":
            parts.encrypted = True
            return
        if inner:
            for part in inner:
                if parts.bounds.spent:
                    parts.cut = True
                    break
                inside, below = read_headers(part, parts.bounds)
                _walk(parts, inside, below, depth + 1, kind == "multipart/related")
            return
        if depth >= DEPTH_MOST:
            parts.cut = True
            return
        kind = "text/plain"  # it says that it has parts, and there are none
    _leaf(parts, headers, body, kind, options, depth, related)


def _leaf(
    parts: MailParts,
    headers: Headers,
    body: bytes,
    kind: str,
    options: dict[str, str],
    depth: int,
    related: bool,
) -> None:
    shown, named = parameters(headers.first("content-disposition"))
    name = (named.get("filename") or options.get("name") or "").lower()
    if kind in _S_MIME or (name.endswith(".p7m") and kind == "application/octet-stream"):
        _s_mime(parts, body, headers, options, depth)
    elif kind in _TNEF or name == "winmail.dat":
        packed = read_tnef(_content(parts, headers, body))
        parts.packed = True
        parts.files += packed.files
        if not any(text.strip() for text in (*parts.texts, *parts.pages)):
            parts.texts += [cleaned(packed.text)] if packed.text.strip() else []
            parts.pages += [packed.html] if packed.html.strip() else []
    elif kind == "text/calendar" and shown != "attachment":
        parts.calendar = True
    elif kind in ("text/plain", "text/html", "text/enriched") and shown != "attachment" and not name:
        page = kind == "text/html"
        text = decode(_words(parts, headers, body, page), options.get("charset", ""))
        if page:
            parts.pages.append(text)
        else:
            flowed = options.get("format", "").lower() == "flowed"
            parts.texts.append(
                _plain(parts, cleaned(text), flowed, options.get("delsp", "").lower() == "yes")
            )
    elif kind in _NO_FILES or (parts.reports and kind == "message/rfc822"):
        pass
    elif not (related and kind.startswith("image/") and shown != "attachment"):  # a letterhead is no file
        parts.files += 1


def _s_mime(parts: MailParts, body: bytes, headers: Headers, options: dict[str, str], depth: int) -> None:
    what, content = read_cms(_content(parts, headers, body, most=len(body)))
    if what == SIGNED and depth < DEPTH_MOST:
        _walk(parts, *read_headers(content, parts.bounds), depth + 1, False)
    elif what == ENCRYPTED or options.get("smime-type", "enveloped-data").lower() == "enveloped-data":
        parts.encrypted = True
    else:
        parts.cut = True


def _split(parts: MailParts, body: bytes, boundary: str) -> list[bytes]:
    """Return the parts between the boundaries; the last one ends where the body does, if nothing ends it."""
    parts.parted_left -= len(body)
    if parts.parted_left < 0:
        parts.cut = True
    if not boundary.strip() or parts.parted_left < 0:
        return []
    mark = b"--" + boundary.rstrip().encode("utf-8", "replace")
    found: list[bytes] = []
    at, start = -1, None
    while parts.marks_left > 0:
        parts.marks_left -= 1
        at = 0 if at < 0 and body.startswith(mark) else _next_line(body, mark, at)
        if at < 0:
            break
        stop = body.find(b"\n", at)
        stop = len(body) if stop < 0 else stop
        rest = body[at + len(mark) : min(stop, at + len(mark) + 80)].strip()
        if rest in (b"", b"--"):
            if start is not None:
                found.append(body[start : max(start, at - 1)])
            if rest:
                return found
            start = stop + 1
        at += len(mark)
    if start is not None and start < len(body):
        found.append(body[start:])
    return found


def _next_line(body: bytes, mark: bytes, at: int) -> int:
    place = body.find(b"\n" + mark, max(at, 0))
    return place + 1 if place >= 0 else -1


def _content(parts: MailParts, headers: Headers, body: bytes, most: int = _ENCODED_MOST) -> bytes:
    coding = headers.first("content-transfer-encoding").strip().lower()
    if len(body) > most:
        parts.cut, body = True, body[:most]
    if coding == "base64":
        body = body.translate(None, _NOT_BASE64)
        body = binascii.a2b_base64(body[: len(body) - len(body) % 4] + _last_of_base64(body))
    elif coding == "quoted-printable":
        body = binascii.a2b_qp(body)
    if most == _ENCODED_MOST and len(body) > WORDS_MOST:
        parts.cut, body = True, body[:WORDS_MOST]
    return body


def _words(parts: MailParts, headers: Headers, body: bytes, page: bool) -> bytes:
    """Return the bytes of a text or a page, as many as are still read of a mail."""
    left = parts.page_left if page else parts.text_left
    content = _content(parts, headers, body) if left else b""
    if len(content) > left or (body and not left):
        parts.cut, content = True, content[:left]
    if page:
        parts.page_left -= len(content)
    else:
        parts.text_left -= len(content)
    return content


def _last_of_base64(body: bytes) -> bytes:
    rest = body[len(body) - len(body) % 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _plain(parts: MailParts, text: str, flowed: bool, delete_space: bool) -> str:
    """Return a plain text without files that are written out in it and without the armor of a signature."""
    for _ in range(PARTS_MOST):
        begin = _UU_BEGIN.search(text)
        end = text.find("\nend", begin.end() - 1) if begin else -1
        if begin is None or end < 0:
            break
        parts.files += 1
        text = text[: begin.start()] + text[end + 4 :].lstrip("\n")
    signed = _ARMORED.match(text)
    if signed:
        text = text[signed.end() :].partition("\n-----BEGIN PGP SIGNATURE-----")[0].replace("\n- -", "\n-")
    elif text.lstrip()[:40].startswith("-----BEGIN PGP MESSAGE-----"):
        parts.encrypted, text = True, ""
    return _unflowed(text, delete_space) if flowed else text


def _unflowed(text: str, delete_space: bool) -> str:
    """Return format=flowed text (RFC 3676) with its lines joined again."""
    lines: list[str] = []
    runs: list[str] = []  # what the last line is made of so far
    marks = ""
    if " \n" not in text:
        return text
    for line in text.split("\n"):
        own = line.lstrip(">")
        quoted, own = line[: len(line) - len(own)], own.removeprefix(" ")
        goes_on = bool(runs) and quoted == marks and own != "-- "
        if not goes_on and runs:
            lines.append("".join(runs))
        if not goes_on:
            runs = [f"{quoted} " if quoted else ""]
            marks = quoted
        soft = own.endswith(" ") and own != "-- "
        runs.append(own[:-1] if soft and delete_space else own)
        if not soft:
            lines.append("".join(runs))
            runs = []
    return "\n".join([*lines, *(["".join(runs)] if runs else [])])
