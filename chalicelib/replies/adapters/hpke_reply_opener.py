"""HPKE decryption (RFC 9180) of sealed replies, by the private key that a receipt code leads to."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from chalicelib.replies.adapters.hpke_reply_sealer import info_of
from chalicelib.replies.errors import ReplySealBroken
from chalicelib.reporting.adapters.hpke_sealer import SUITES, VERSION
from chalicelib.reporting.padding import unpad


class HpkeReplyOpener:
    """The ReplyOpener with HPKE. It lives as long as one request, and so does its key."""

    def __init__(self, private_key: X25519PrivateKey) -> None:
        self._private_key = private_key

    def open(self, sealed: bytes, name: str) -> bytes:
        """Return the content, decrypted. Raises ReplySealBroken for another key's or another name's seal."""
        if len(sealed) < 2 or sealed[0] != VERSION or sealed[1] not in SUITES:
            raise ReplySealBroken("not sealed by us")
        try:
            return unpad(SUITES[sealed[1]].decrypt(sealed[2:], self._private_key, info=info_of(name)))
        except (InvalidTag, ValueError) as error:
            raise ReplySealBroken("the seal does not belong to this reply") from error
