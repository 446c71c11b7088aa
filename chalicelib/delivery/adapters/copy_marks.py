"""Keyed digests (HMAC) of copies, with a secret that only who delivers has.

A mark says nothing about a text without it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chalicelib.shared.errors import SecretMissing


class KeyedCopyMarks:
    """Makes HMACs with a day's secret, derived (HKDF) from the newest delivery key.

    So the marks end with that key. `private_keys` returns kid -> private key in base64; a kid begins with its
    month. After a rotation the copies of that day are counted anew.
    """

    def __init__(self, private_keys: Callable[[], Mapping[str, str]]) -> None:
        self._private_keys = private_keys

    def mark(self, text: str, day: str) -> str:
        """Return 32 hex digits: the same for the same text on one day. Raises SecretMissing."""
        keys = self._private_keys()
        if not keys:
            raise SecretMissing("no delivery key")
        newest = base64.urlsafe_b64decode(keys[max(keys)])
        info = b"porchlight/v1|copies of " + day.encode("ascii")
        secret = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(newest)
        return hmac.new(secret, text.encode("utf-8"), hashlib.sha256).hexdigest()[:32]
