"""HPKE decryption (RFC 9180) of sealed reports, by the private delivery key. Only who delivers has one."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from chalicelib.delivery.errors import SealBroken
from chalicelib.reporting.adapters.hpke_sealer import SUITES, VERSION, info_of
from chalicelib.reporting.padding import unpad


class HpkeOpener:
    """Decrypts what was sealed to any delivery key that still exists.

    `private_keys` returns kid -> private key in base64, perhaps from memory; `look_again` makes it look anew.
    """

    def __init__(
        self, private_keys: Callable[[], Mapping[str, str]], look_again: Callable[[], None] = lambda: None
    ) -> None:
        self._private_keys = private_keys
        self._look_again = look_again

    def open(self, sealed: bytes, report_id: str) -> bytes:
        """Return the content, decrypted.

        Raises SealBroken when the key is gone, or this is another record's seal.
        """
        kid = kid_of(sealed)
        private = self._private_keys().get(kid)
        if private is None:
            self._look_again()  # the keys may have been rotated since
            private = self._private_keys().get(kid)
        if private is None:
            raise SealBroken(f"delivery key {kid} is gone")
        try:
            key = X25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(private))
        except ValueError:
            # A mangled key must not stop what others open. Not chained, since the text is about a secret.
            raise SealBroken(f"delivery key {kid} is not a key") from None
        try:
            return unpad(SUITES[sealed[1]].decrypt(sealed[3 + sealed[2] :], key, info=info_of(report_id)))
        except (InvalidTag, ValueError, KeyError) as error:
            raise SealBroken("the seal does not belong to this record") from error


def kid_of(sealed: bytes) -> str:
    """Return the id (kid) of the delivery key that a report was sealed to. Raises SealBroken."""
    if len(sealed) < 4 or sealed[0] != VERSION or sealed[1] not in SUITES:
        raise SealBroken("not sealed by us")
    return sealed[3 : 3 + sealed[2]].decode("ascii", "replace")
