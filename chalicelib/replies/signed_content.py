"""S/MIME messages (CMS, RFC 5652): what they are, and the words inside one that is signed and not encrypted.

The signature is not looked at: who wrote is decided by DMARC. Lengths may be indefinite (BER), as Outlook and
OpenSSL write them.
"""

from __future__ import annotations

from dataclasses import dataclass

SIGNED, ENCRYPTED, OTHER = "signed", "encrypted", "other"

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_SECRET = (
    bytes.fromhex("2a864886f70d010703"),  # enveloped
    bytes.fromhex("2a864886f70d01091001 17".replace(" ", "")),  # authenticated and enveloped
    bytes.fromhex("2a864886f70d010706"),  # encrypted
)
_DEPTH = 16
_ELEMENTS = 20_000


class _Broken(Exception):
    """This is no CMS message, or it ends in its middle."""


@dataclass
class _Element:
    tag: int
    start: int  # of its content
    end: int  # of its content; of an indefinite one where its end mark stands
    after: int


class _Walk:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self._left = _ELEMENTS

    def element(self, at: int, end: int, depth: int = 0) -> _Element:
        self._left -= 1
        if at + 2 > end or depth > _DEPTH or self._left < 0:
            raise _Broken
        tag, length = self.content[at], self.content[at + 1]
        start = at + 2
        if length == 0x80:
            place = start
            while self.content[place : place + 2] != b"\0\0":
                place = self.element(place, end, depth + 1).after
            return _Element(tag, start, place, place + 2)
        if length > 0x80:
            size = length & 0x7F
            length = int.from_bytes(self.content[start : start + size], "big") if size <= 4 else end
            start += size
        if start + length > end:
            raise _Broken
        return _Element(tag, start, start + length, start + length)

    def inside(self, element: _Element, most: int) -> list[_Element]:
        found: list[_Element] = []
        at = element.start
        while at < element.end and len(found) < most:
            found.append(self.element(at, element.end if at < element.end else at))
            at = found[-1].after
        return found

    def octets(self, element: _Element, depth: int = 0) -> bytes:
        """Return an octet string, which may be cut into many."""
        if element.tag == 0x04:
            return self.content[element.start : element.end]
        if element.tag != 0x24 or depth > _DEPTH:
            raise _Broken
        return b"".join(self.octets(one, depth + 1) for one in self.inside(element, _ELEMENTS))


def read_cms(content: bytes) -> tuple[str, bytes]:
    """Return what a CMS message is (SIGNED, ENCRYPTED or OTHER), and the content of a signed one."""
    walk = _Walk(content)
    try:
        kind, *rest = walk.inside(walk.element(0, len(content)), 2)
        oid = content[kind.start : kind.end]
        if kind.tag != 0x06 or oid in _SECRET:
            return (ENCRYPTED if oid in _SECRET else OTHER), b""
        if oid != _SIGNED_DATA or not rest:
            return OTHER, b""
        fields = walk.inside(walk.inside(rest[0], 1)[0], 3)  # version, digest algorithms, content
        _, wrapped = walk.inside(fields[2], 2)
        return SIGNED, walk.octets(walk.inside(wrapped, 1)[0])
    except (_Broken, IndexError, ValueError):
        return OTHER, b""
