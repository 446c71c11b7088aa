"""Sealing of replies with HPKE (RFC 9180) to the reporter's key: who seals keeps nothing that opens.

A sealed reply is: version (1 byte) | suite (1) | encapsulated key and ciphertext. `info` ties it to its
report and reply, so that one moved elsewhere does not open.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from chalicelib.reporting.adapters.hpke_sealer import SUITES, VERSION
from chalicelib.reporting.padding import pad

_SUITE = next(iter(SUITES))


class HpkeReplySealer:
    """The ReplySealer with HPKE."""

    def seal(self, content: bytes, public_key: bytes, name: str) -> bytes:
        """Pad and encrypt to a public key (32 raw bytes). Raises ValueError for what is none, or too long."""
        key = X25519PublicKey.from_public_bytes(public_key)
        box = SUITES[_SUITE].encrypt(pad(content), key, info=info_of(name))
        return bytes((VERSION, _SUITE)) + box


def info_of(name: str) -> bytes:
    """Return the HPKE `info` of a sealed reply."""
    return b"porchlight/v1|reply|" + name.encode("ascii")
