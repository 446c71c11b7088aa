"""TNEF (winmail.dat): the words of a mail that Outlook packed into a file of its own.

Read are the plain body and the properties that hold a plain or an HTML body; a body that is there as RTF
alone is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.replies.charsets import decode

_SIGNATURE = (0x223E9F78).to_bytes(4, "little")
_BODY, _PROPERTIES, _CODE_PAGE, _FILE = 0x2800C, 0x69003, 0x69007, 0x6800F
_PLAIN, _HTML = 0x1000, 0x1013
_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}  # bytes by type
_STRING, _UNICODE, _BINARY, _OBJECT = 0x1E, 0x1F, 0x102, 0x0D
_PROPERTIES_MOST = 2_000
_LONGEST = 256 * 1024  # bytes of properties that are looked through


@dataclass(frozen=True, slots=True)
class TnefBody:
    """What a TNEF file holds of a mail: "" where it has none; `files` counts what is attached."""

    text: str = ""
    html: str = ""
    files: int = 0


def read_tnef(content: bytes) -> TnefBody:
    """Return what can be read of a TNEF file; nothing of one that is broken from its beginning."""
    if content[:4] != _SIGNATURE:
        return TnefBody()
    charset, plain, text, html, files = "windows-1252", "", "", "", 0
    for attribute, value in _attributes(content):
        if attribute == _CODE_PAGE and len(value) >= 4:
            charset = f"windows-{int.from_bytes(value[:4], 'little')}"
        elif attribute == _BODY:
            plain = decode(value.rstrip(b"\0"), charset)
        elif attribute == _FILE:
            files += 1
        elif attribute == _PROPERTIES:
            for kind, name, data in _properties(value[:_LONGEST]):
                if name == _PLAIN:
                    text = _read(kind, data, charset)
                elif name == _HTML:
                    html = _read(kind, data, "utf-8")
    return TnefBody(plain.strip() or text.strip(), html, files)


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    while at + 9 <= len(content):
        attribute = int.from_bytes(content[at + 1 : at + 5], "little")
        size = int.from_bytes(content[at + 5 : at + 9], "little")
        if at + 9 + size > len(content):
            return
        yield attribute, content[at + 9 : at + 9 + size]
        at += 9 + size + 2  # two of a checksum


def _properties(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 4
    for _ in range(min(int.from_bytes(content[:4], "little"), _PROPERTIES_MOST)):
        kind = int.from_bytes(content[at : at + 2], "little")
        name = int.from_bytes(content[at + 2 : at + 4], "little")
        at += 4
        if name >= 0x8000:  # a named one: whose, and its number or its name
            is_text = content[at + 16 : at + 20] == b"\1\0\0\0"
            size = int.from_bytes(content[at + 20 : at + 24], "little") if is_text else 0
            at += 24 + size + -size % 4
        many, kind = bool(kind & 0x1000), kind & ~0x1000
        varies = kind in (_STRING, _UNICODE, _BINARY, _OBJECT)
        count = 1
        if many or varies:
            count = int.from_bytes(content[at : at + 4], "little")
            at += 4
        if kind not in _FIXED and not varies:
            return
        for number in range(min(count, _PROPERTIES_MOST)):
            size = _FIXED.get(kind, 0)
            if varies:
                size = int.from_bytes(content[at : at + 4], "little")
                at += 4
            if at + size > len(content):
                return
            if number == 0:
                yield kind, name, content[at : at + size]
            at += size + -size % 4


def _read(kind: int, data: bytes, charset: str) -> str:
    if kind == _UNICODE:
        return data.decode("utf-16-le", "replace").rstrip("\0")
    return decode(data.rstrip(b"\0"), charset)
