"""Delivery keys, the private keys that open reports, and their key rotation.

They lie in a secret that only the deliver function may read.

The secret keeps its old name, desk-keys, and so does `desk_key` in the reporter's: to rename a secret is to
make another one, without the keys.

It is {"keys": {"<kid>": "<private key>", ...}}, or {"kept_in": "<a secret that holds them>"}. A version of a
secret cannot be deleted, only a whole secret. So that a key can be destroyed, the keys lie in a secret that
may go, and the one that stays says which it is.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from chalicelib.shared.aws.secrets import JsonSecret
from chalicelib.shared.errors import SecretMissing

KEPT_IN = "kept_in"


@dataclass(frozen=True, slots=True)
class DeliveryKey:
    """A delivery key pair (X25519) as secrets hold it: keys are URL-safe base64 of 32 raw bytes."""

    kid: str
    public: str
    private: str = field(repr=False)


def new_delivery_key(now: datetime) -> DeliveryKey:
    """Generate a key pair whose kid names the month and a random part: "2026-11-4f3a9c"."""
    private = X25519PrivateKey.generate()
    return DeliveryKey(
        kid=f"{now:%Y-%m}-{secrets.token_hex(3)}",
        public=base64.urlsafe_b64encode(private.public_key().public_bytes_raw()).decode("ascii"),
        private=base64.urlsafe_b64encode(private.private_bytes_raw()).decode("ascii"),
    )


class DeliveryKeys:
    """The private delivery keys, cached: what only the delivering function may know."""

    def __init__(self, secret: JsonSecret) -> None:
        self._secret = secret
        self._holder: tuple[str, JsonSecret] | None = None

    def private_keys(self) -> Mapping[str, str]:
        """Return kid -> private key; looked up anew at most every five minutes."""
        try:
            keys = self._content().get("keys", {})
        except SecretMissing:
            # Where they lay was destroyed together with an old key since we last looked.
            self.forget()
            keys = self._content().get("keys", {})
        return keys if isinstance(keys, dict) else {}

    def forget(self) -> None:
        """Drop the cache: the keys are fetched anew next time."""
        self._secret.forget()
        self._holder = None

    def _content(self) -> Mapping[str, Any]:
        content = self._secret.content()
        name = content.get(KEPT_IN)
        if not isinstance(name, str):
            return content
        if self._holder is None or self._holder[0] != name:
            self._holder = (name, self._secret.beside(name))
        return self._holder[1].content()
