"""Sealing with HPKE (RFC 9180): whoever holds only the desk's public key can write, never read.

A sealed report is: version (1 byte) | suite (1) | length of kid (1) | kid | encapsulated key and ciphertext.
`info` ties the ciphertext to its record, so that one moved to another record does not open.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from chalicelib.domain.errors import SealBroken, SecretMissing
from chalicelib.domain.padding import pad, unpad

_VERSION = 1
_X25519_CHACHA = 1  # DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305
_SUITES = {_X25519_CHACHA: Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)}


@dataclass(frozen=True, slots=True)
class DeskKey:
    """A desk key pair in the form in which secrets hold it: keys are URL-safe base64 of 32 raw bytes."""

    kid: str
    public: str
    private: str = field(repr=False)


def new_desk_key(now: datetime) -> DeskKey:
    """Make a key pair whose kid names the month and a random part: "2026-11-4f3a9c"."""
    private = X25519PrivateKey.generate()
    return DeskKey(
        kid=f"{now:%Y-%m}-{secrets.token_hex(3)}",
        public=base64.urlsafe_b64encode(private.public_key().public_bytes_raw()).decode("ascii"),
        private=base64.urlsafe_b64encode(private.private_bytes_raw()).decode("ascii"),
    )


class HpkeSealer:
    """Seals to the desk's current public key.

    `current_key` returns (kid, public key in base64) and is asked each time: a rotation needs no restart.
    """

    def __init__(self, current_key: Callable[[], tuple[str, str]]) -> None:
        self._current_key = current_key

    def seal(self, content: bytes, report_id: str) -> bytes:
        """Pad and encrypt `content` for the desk, bound to this report's id. Raises SecretMissing."""
        kid, public = self._current_key()
        try:
            key = X25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(public))
        except ValueError as error:
            raise SecretMissing("the desk's public key is not one") from error
        box = _SUITES[_X25519_CHACHA].encrypt(pad(content), key, info=_info(report_id))
        name = kid.encode("ascii")
        return bytes((_VERSION, _X25519_CHACHA, len(name))) + name + box


class HpkeOpener:
    """Opens what was sealed to any desk key that still exists.

    `private_keys` returns kid -> private key in base64, perhaps from memory; `look_again` makes it look anew.
    """

    def __init__(
        self, private_keys: Callable[[], Mapping[str, str]], look_again: Callable[[], None] = lambda: None
    ) -> None:
        self._private_keys = private_keys
        self._look_again = look_again

    def open(self, sealed: bytes, report_id: str) -> bytes:
        """Return the content. Raises SealBroken when the key is gone, or this is another record's seal."""
        kid = kid_of(sealed)
        private = self._private_keys().get(kid)
        if private is None:
            self._look_again()  # the keys may have been rotated since
            private = self._private_keys().get(kid)
        if private is None:
            raise SealBroken(f"desk key {kid} is gone")
        try:
            key = X25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(private))
        except ValueError:
            # A mangled key must not stop what others open. Not chained, since the text is about a secret.
            raise SealBroken(f"desk key {kid} is not a key") from None
        try:
            return unpad(_SUITES[sealed[1]].decrypt(sealed[3 + sealed[2] :], key, info=_info(report_id)))
        except (InvalidTag, ValueError, KeyError) as error:
            raise SealBroken("the seal does not belong to this record") from error


def kid_of(sealed: bytes) -> str:
    """Return the id of the desk key a report was sealed to. Raises SealBroken."""
    if len(sealed) < 4 or sealed[0] != _VERSION or sealed[1] not in _SUITES:
        raise SealBroken("not sealed by us")
    return sealed[3 : 3 + sealed[2]].decode("ascii", "replace")


def _info(report_id: str) -> bytes:
    return b"porchlight/v1|report|" + report_id.encode("ascii")
