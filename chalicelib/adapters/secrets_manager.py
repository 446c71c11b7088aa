"""Secrets Manager: the reporter's seed and the desk's keys, looked at again every five minutes.

Two secrets, so that the function that seals can never read the keys that open:
- the reporter secret: {"seed": "...", "desk_key": {"kid": "...", "public": "..."}}
- the desk secret: {"keys": {"<kid>": "<private key>", ...}}, or {"kept_in": "<a secret that holds them>"}

A version of a secret cannot be deleted, only a whole secret. So that a key can be destroyed, the keys lie in
a secret that may go, and the one that stays says which it is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.adapters.aws_faults import code_of, store_faults
from chalicelib.domain.errors import SecretMissing, StoreUnavailable

KEPT_IN = "kept_in"
KEEP_SECONDS = 300.0
RETRY_SECONDS = 15.0
# The second is what AWS says of a secret that is being deleted.
_GONE = ("ResourceNotFoundException", "InvalidRequestException")


class JsonSecret:
    """One secret that holds a JSON object. It is kept for five minutes, and longer while AWS is away."""

    def __init__(
        self, client: Callable[[], Any], name: str, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._name = name
        self._ticks = ticks
        self._content: dict[str, Any] | None = None
        self._fetch_at = 0.0

    def content(self) -> Mapping[str, Any]:
        """Return the object. Raises SecretMissing, or StoreUnavailable when it was never fetched."""
        if self._content is None or self._ticks() >= self._fetch_at:
            try:
                self._content = self._fetched()
                self._fetch_at = self._ticks() + KEEP_SECONDS
            except StoreUnavailable:
                if self._content is None:
                    raise
                self._fetch_at = self._ticks() + RETRY_SECONDS
        return self._content

    def forget(self) -> None:
        """Fetch it anew next time."""
        self._content = None

    def beside(self, name: str) -> JsonSecret:
        """Return another secret of the same account."""
        return JsonSecret(self._client, name, self._ticks)

    def replace(self, content: Mapping[str, Any]) -> None:
        """Write the object as the secret's new version."""
        with store_faults():
            self._client().put_secret_value(SecretId=self._name, SecretString=json.dumps(content))
        self._content = None

    def _fetched(self) -> dict[str, Any]:
        client = self._client()
        with store_faults():
            try:
                text = client.get_secret_value(SecretId=self._name).get("SecretString", "")
            except Exception as error:
                if code_of(error) in _GONE:
                    raise SecretMissing("the secret is not there yet") from error
                raise
        try:
            content = json.loads(text)
        except ValueError:
            content = None  # the text of this error would quote the secret
        if not isinstance(content, dict):
            raise SecretMissing("the secret is not a JSON object")
        return content


class ReporterSecret:
    """What the reporter function may know: the seed, and the desk's public key."""

    def __init__(self, secret: JsonSecret) -> None:
        self._secret = secret

    def seed(self) -> bytes:
        """Return the site's seed. Raises SecretMissing."""
        seed = self._secret.content().get("seed")
        if not isinstance(seed, str) or len(seed) < 32:
            raise SecretMissing("the reporter secret has no seed of 32 characters or more")
        return seed.encode("utf-8")

    def desk_key(self) -> tuple[str, str]:
        """Return (kid, public key) of the desk's current key. Raises SecretMissing."""
        key = self._secret.content().get("desk_key")
        if not isinstance(key, dict) or not key.get("kid") or not key.get("public"):
            raise SecretMissing("the reporter secret has no desk_key: run the key rotation once")
        return str(key["kid"]), str(key["public"])


class DeskSecret:
    """What only the delivering function may know: the private keys that open reports."""

    def __init__(self, secret: JsonSecret) -> None:
        self._secret = secret
        self._kept: tuple[str, JsonSecret] | None = None

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
        """Fetch them anew next time."""
        self._secret.forget()
        self._kept = None

    def _content(self) -> Mapping[str, Any]:
        content = self._secret.content()
        name = content.get(KEPT_IN)
        if not isinstance(name, str):
            return content
        if self._kept is None or self._kept[0] != name:
            self._kept = (name, self._secret.beside(name))
        return self._kept[1].content()
