"""Key derivation (HKDF, argon2id) of the secrets around forms and receipt codes, from the site's one seed.

Nothing fast is ever derived from a receipt code: whoever steals the table and the seed still pays one
argon2id (32 MiB, 2 passes) for each guess.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chalicelib.reporting.ports import ReceiptKeys

ARGON2_KIB = 32 * 1024
ARGON2_PASSES = 2


class SeededVault:
    """The ReceiptVault: it derives each secret from `seed`, which is fetched when first needed."""

    def __init__(self, seed: Callable[[], bytes]) -> None:
        self._seed = seed

    def form_secret(self) -> bytes:
        """Return the 32 bytes that sign form tokens (HKDF)."""
        return _derived(self._seed(), b"form token")

    def receipt_secret(self) -> bytes:
        """Return the 32 bytes that receipt codes are derived with (HKDF)."""
        return _derived(self._seed(), b"receipt code")

    def keys_of(self, code: str) -> ReceiptKeys:
        """Return the report id (32 hex digits) and the X25519 public key that a code leads to."""
        return self.key_pair_of(code)[0]

    def key_pair_of(self, code: str) -> tuple[ReceiptKeys, X25519PrivateKey]:
        """Return the same, and the private key that opens replies: for one request, to be kept nowhere."""
        pepper = _derived(self._seed(), b"receipt pepper")
        root = argon2id(code.encode("ascii"), _derived(self._seed(), b"receipt salt")[:16], pepper)
        private = X25519PrivateKey.from_private_bytes(_expanded(root, b"reporter key"))
        public = private.public_key().public_bytes_raw()
        return ReceiptKeys(_expanded(root, b"report id")[:16].hex(), public), private


def argon2id(code: bytes, salt: bytes, pepper: bytes) -> bytes:
    """Return the 32 bytes that argon2id makes of a code, slowly on purpose."""
    kdf = Argon2id(
        salt=salt, length=32, iterations=ARGON2_PASSES, lanes=1, memory_cost=ARGON2_KIB, secret=pepper
    )
    return kdf.derive(code)


@lru_cache(maxsize=32)
def _derived(seed: bytes, purpose: bytes) -> bytes:
    return _expanded(seed, b"site secret: " + purpose)


def _expanded(root: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"porchlight/v1|" + purpose).derive(root)
