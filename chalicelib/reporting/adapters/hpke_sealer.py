"""Sealing with HPKE (RFC 9180): whoever holds only the public delivery key can write, never read.

A sealed report is: version (1 byte) | suite (1) | length of kid (1) | kid | encapsulated key and ciphertext.
`info` ties the ciphertext to its record, so that one moved to another record does not open.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from chalicelib.reporting.padding import pad
from chalicelib.shared.errors import SecretMissing

VERSION = 1
_X25519_CHACHA = 1  # DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305
SUITES = {_X25519_CHACHA: Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)}


class HpkeSealer:
    """The Sealer with HPKE, to the current public delivery key.

    `current_key` returns (kid, public key in base64) and is asked each time: a rotation needs no restart.
    """

    def __init__(self, current_key: Callable[[], tuple[str, str]]) -> None:
        self._current_key = current_key

    def seal(self, content: bytes, report_id: str) -> bytes:
        """Pad and encrypt `content` to the delivery key, bound to this report's id. Raises SecretMissing."""
        kid, public = self._current_key()
        try:
            key = X25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(public))
        except ValueError as error:
            raise SecretMissing("the public delivery key is not one") from error
        box = SUITES[_X25519_CHACHA].encrypt(pad(content), key, info=info_of(report_id))
        name = kid.encode("ascii")
        return bytes((VERSION, _X25519_CHACHA, len(name))) + name + box


def info_of(report_id: str) -> bytes:
    """Return the HPKE `info`, which ties a seal to its record."""
    return b"porchlight/v1|report|" + report_id.encode("ascii")
