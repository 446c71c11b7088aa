"""The reporter's secret, as it is stored: {"seed": "...", "desk_key": {"kid": "...", "public": "..."}}.

Nothing in it opens a report.
"""

from __future__ import annotations

from chalicelib.shared.aws.secrets import JsonSecret
from chalicelib.shared.errors import SecretMissing


class ReporterSecret:
    """What the reporter function may know: the seed, and the public half of the delivery key."""

    def __init__(self, secret: JsonSecret) -> None:
        self._secret = secret

    def seed(self) -> bytes:
        """Return the site's seed. Raises SecretMissing."""
        seed = self._secret.content().get("seed")
        if not isinstance(seed, str) or len(seed) < 32:
            raise SecretMissing("the reporter secret has no seed of 32 characters or more")
        return seed.encode("utf-8")

    def delivery_key(self) -> tuple[str, str]:
        """Return (kid, public key) of the current delivery key. Raises SecretMissing."""
        key = self._secret.content().get("desk_key")
        if not isinstance(key, dict) or not key.get("kid") or not key.get("public"):
            raise SecretMissing("the reporter secret has no desk_key: run the key rotation once")
        return str(key["kid"]), str(key["public"])
