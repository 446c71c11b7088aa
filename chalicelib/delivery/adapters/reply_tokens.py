"""Tokens of reply addresses. Their secret comes (HKDF) from a delivery key: only who delivers has it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chalicelib.delivery.errors import SealBroken
from chalicelib.delivery.reply_addresses import ReplyToken, reply_token
from chalicelib.shared.errors import SecretMissing

_INFO = b"porchlight/v1|reply addresses"


class KeyedReplyTokens:
    """The ReplyTokens. `private_keys` returns kid -> private key in base64; a kid begins with its month.

    `kid_of` reads the kid in a seal, or raises SealBroken. A report's tokens come from the key that it was
    sealed to, so that they stay the same after a rotation; once that key is gone, from the newest.
    """

    def __init__(self, private_keys: Callable[[], Mapping[str, str]], kid_of: Callable[[bytes], str]) -> None:
        self._private_keys = private_keys
        self._kid_of = kid_of

    def token(self, sealed: bytes, about: str, recipient: str) -> ReplyToken:
        """Return the token of one recipient's copy of what `about` names. Raises SecretMissing."""
        keys = self._private_keys()
        if not keys:
            raise SecretMissing("no delivery key")
        private = keys.get(self._kid(sealed)) or keys[max(keys)]
        secret = HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO)
        return reply_token(secret.derive(base64.urlsafe_b64decode(private)), about, recipient)

    def _kid(self, sealed: bytes) -> str:
        try:
            return self._kid_of(sealed)
        except SealBroken:
            return ""
