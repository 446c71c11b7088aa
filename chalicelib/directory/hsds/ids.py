"""Ids of HSDS records (UUID, RFC 9562): version 5, of our own stable slugs, so that they never change.

Made with hashlib: the library's uuid module also draws by chance and reads the machine's address, so rules do
not load it.
"""

from __future__ import annotations

import hashlib

from chalicelib.directory.hsds.shapes import is_uuid

# uuid5 of the DNS name "porchlight.directory": the names below are ours alone.
_NAMESPACE = bytes.fromhex("6ba7b8109dad11d180b400c04fd430c8")
_VERSION, _VARIANT = 0x50, 0x80


def uuid5(namespace: bytes, name: str) -> bytes:
    """Return the sixteen bytes of the UUID of a name, version 5."""
    digest = bytearray(hashlib.sha1(namespace + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | _VERSION
    digest[8] = digest[8] & 0x3F | _VARIANT
    return bytes(digest)


OURS = uuid5(_NAMESPACE, "porchlight.directory")


def record_id(kind: str, slug: str) -> str:
    """Return the id of a record with a slug of ours; a slug that is an id of others stays as it is."""
    return slug.lower() if is_uuid(slug) else inner_id(kind, slug)


def inner_id(kind: str, *names: str) -> str:
    """Return the id of a record without a slug of its own: what it belongs to names it, and more."""
    text = uuid5(OURS, "/".join((kind, *names))).hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
