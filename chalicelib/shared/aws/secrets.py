"""Secrets of AWS Secrets Manager that hold JSON, cached for five minutes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.shared.aws.faults import code_of, store_faults
from chalicelib.shared.errors import SecretMissing, StoreUnavailable

KEEP_SECONDS = 300.0
RETRY_SECONDS = 15.0
# The second is what AWS says of a secret that is being deleted.
_HOLDS_A_SECRET = {"SecretString", "SecretBinary"}
_GONE = ("ResourceNotFoundException", "InvalidRequestException")


class JsonSecret:
    """One secret that holds a JSON object, cached for five minutes, and longer while AWS is away."""

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
        """Drop the cached object: it is fetched anew next time."""
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
                response = client.get_secret_value(SecretId=self._name)
            except Exception as error:
                if code_of(error) in _GONE:
                    raise SecretMissing("the secret is not there yet") from error
                raise
        if not _HOLDS_A_SECRET & set(response):
            raise StoreUnavailable("not a response about a secret")
        try:
            content = json.loads(response.get("SecretString", ""))
        except ValueError:
            content = None  # the text of this error would quote the secret
        if not isinstance(content, dict):
            raise SecretMissing("the secret is not a JSON object")
        return content
