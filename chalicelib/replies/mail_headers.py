"""Mail headers (RFC 5322, RFC 2047): fields in their order, decoded words, addresses and ids.

All is read in one pass and with bounds: a header is a stranger's text.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from chalicelib.replies.charsets import decode
from chalicelib.shared.email_addresses import is_address

UNCLOSED = "("
_VALUE_MOST = 16 * 1024  # characters
_IDS_MOST = 100
_PARAMETERS_MOST = 4 * 1024  # characters
_FIELD = re.compile(r"([!-9;-~]{1,100})[ \t]{0,9}:")
_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?\n]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t]{1,99}(=\?[^?\s]{1,60}\?[bBqQ]\?)")
_ID = re.compile(r"<[^<>\s]{1,500}>")
_VEIL_MOST = 256 * 1024  # bytes of one line
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_VEILED = re.compile(rb"[\r\0][ \t\r\0]{0,9}from[ \t\0]{0,9}:", re.IGNORECASE)
_PARAMETER = re.compile(
    # A quote that nothing ends goes on: to look for its end from each place anew would take long.
    r';[ \t]{0,9}([\w*-]{1,40})[ \t]{0,9}=[ \t]{0,9}("(?:[^"\\]|\\.){0,999}"?|[^;\s"]{0,999})'
)


@dataclass(slots=True)
class HeaderBounds:
    """How much of header lines is read: of a mail's own, and then of all its parts together."""

    lines: int = 3_000
    size: int = 256 * 1024  # bytes

    @property
    def spent(self) -> bool:
        """Say whether nothing more is read."""
        return self.lines <= 0 or self.size <= 0


@dataclass(frozen=True, slots=True)
class Headers:
    """A mail's header fields: (name in small letters, value), in their order.

    `cut` says that there were more than are read, `veiled` that a From stands where some programs see one
    and others do not: behind a lone CR, or a NUL.
    """

    fields: tuple[tuple[str, str], ...]
    cut: bool = False
    veiled: bool = False

    def all(self, name: str) -> list[str]:
        """Return the values of all fields of this name, as they stand there."""
        return [value for known, value in self.fields if known == name]

    def first(self, name: str) -> str:
        """Return the value of the first field of this name, or ""."""
        return next((value for known, value in self.fields if known == name), "")

    def has(self, name: str) -> bool:
        """Say whether there is a field of this name."""
        return any(known == name for known, _ in self.fields)


def read_headers(raw: bytes, bounds: HeaderBounds | None = None) -> tuple[Headers, bytes]:
    """Return the headers of a mail or of a part, and the bytes below them. What is read is off `bounds`."""
    bounds = bounds or HeaderBounds()
    fields: list[tuple[str, str]] = []
    at, veiled = 0, False
    while at < len(raw) and not bounds.spent:
        stop = raw.find(b"\n", at)
        stop = len(raw) if stop < 0 else stop
        line = raw[at : min(stop, at + _VALUE_MOST)].rstrip(b"\r")
        bounds.lines -= 1
        bounds.size -= stop + 1 - at
        if not line.strip():
            return Headers(tuple(fields), veiled=veiled), raw[stop + 1 :]
        veiled = veiled or bool(_VEILED.search(raw, at, min(stop, at + _VEIL_MOST)))
        if line[:1] in b" \t" and fields:
            name, value = fields[-1]
            if len(value) < _VALUE_MOST:
                fields[-1] = (name, f"{value} {_as_text(line).strip()}")
        else:
            named = _FIELD.match(_as_text(line[:200]))
            if named is None and not fields:
                return Headers(()), raw[at:]  # there are none: all of it is the body
            if named is not None:
                fields.append((named[1].lower(), _as_text(line)[named.end() :].strip()))
        at = stop + 1
    below = _EMPTY_LINE.search(raw, max(0, at - 1))
    return Headers(tuple(fields), at < len(raw), veiled), raw[below.end() :] if below else b""


def decoded(value: str) -> str:
    """Return a header's value with its encoded words (RFC 2047) read."""
    joined = _BETWEEN_WORDS.sub(r"\1\2", value[:_VALUE_MOST])
    return _WORD.sub(_decoded_word, joined)


def address_of(values: list[str]) -> str:
    """Return the one address of a From header in small letters; "" unless there is exactly one."""
    if len(values) != 1:
        return ""
    plain = without_comments(values[0][:2000])
    inside = re.findall(r"<([^<>]*)>", plain)
    outside = re.sub(r"<[^<>]*>", " ", plain)
    if "<" in outside or ">" in outside or len(inside) > 1 or UNCLOSED in plain:
        return ""
    address = (inside[0] if inside else outside).strip().lower()
    named = {word.strip("',;").lower() for word in outside.split() if "@" in word}
    return address if is_address(address) and named <= {address} else ""


def ids_of(value: str) -> tuple[str, ...]:
    """Return the message ids of a header, with their brackets, in order; of many the first and the last."""
    found = _ID.findall(value[:_VALUE_MOST])
    return tuple(found if len(found) <= _IDS_MOST else [found[0], *found[1 - _IDS_MOST :]])


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Return a structured header's own value in small letters, and its parameters by name."""
    main, semicolon, rest = value[:_PARAMETERS_MOST].partition(";")
    found = {
        name.lower().partition("*")[0]: _unquoted(text) for name, text in _PARAMETER.findall(semicolon + rest)
    }
    return main.strip().lower(), found


def without_comments(text: str) -> str:
    """Return a header's value without quoted strings and comments, nested ones too.

    What opens and never closes takes the rest with it, and UNCLOSED stands in its place.
    """
    kept: list[str] = []
    depth, quoted, skip = 0, False, False
    for sign in text:
        if skip:
            skip = False
        elif sign == "\\" and (quoted or depth):
            skip = True
        elif quoted:
            quoted = sign != '"'
        elif sign == '"' and not depth:
            quoted = True
            kept.append(" ")
        elif sign == "(":
            depth += 1
        elif sign == ")" and depth:
            depth -= 1
            kept.append(" ")
        elif not depth:
            kept.append(sign)
    return "".join(kept) + (UNCLOSED if quoted or depth else "")


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    return re.sub(r"\\(.)", r"\1", text[1:].removesuffix('"'))


def _as_text(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _decoded_word(found: re.Match[str]) -> str:
    charset, coding, text = found.groups()
    content = text.encode("ascii", "replace")
    try:
        if coding in "bB":
            content = binascii.a2b_base64(content + b"=" * (-len(content) % 4))
        else:
            content = binascii.a2b_qp(content, header=True)
    except (ValueError, binascii.Error):
        return found[0]
    return decode(content, charset)
