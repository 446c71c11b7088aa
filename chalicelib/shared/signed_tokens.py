"""Signed tokens (HMAC-SHA256): bytes that leave in a form and come back, with a signature of ours.

A token is URL-safe base64 of its content and its signature, both of a fixed length. Who uses it says what
the content means and how old it may be.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from chalicelib.shared.errors import PorchlightError


class TokenForged(PorchlightError):
    """A token that is mangled, of another kind, or not signed with this key."""


@dataclass(frozen=True, slots=True)
class TokenKind:
    """One kind of token; no other kind's signature fits it, also under the same key.

    `purpose` is signed before the content. `content` and `signature` are lengths in bytes.
    """

    purpose: bytes
    content: int
    signature: int

    def sign(self, key: bytes, content: bytes) -> str:
        """Return the token of a content. Raises ValueError for one of another length."""
        if len(content) != self.content:
            raise ValueError(f"this token's content has {self.content} bytes")
        return base64.urlsafe_b64encode(content + self._signature(key, content)).decode("ascii")

    def verify(self, key: bytes, token: str) -> bytes:
        """Return the content of a token of ours. Raises TokenForged."""
        raw = self._decoded(token)
        content = raw[: self.content]
        if not hmac.compare_digest(raw[self.content :], self._signature(key, content)):
            raise TokenForged("the token is not ours")
        return content

    def unverified(self, token: str) -> bytes:
        """Return what a token says by its own word, whoever made it. Raises TokenForged if it is none."""
        return self._decoded(token)[: self.content]

    def _decoded(self, token: str) -> bytes:
        try:
            raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except ValueError:
            # Not chained: the text of a UnicodeEncodeError quotes what was sent.
            raise TokenForged("the token is not one") from None
        if len(raw) != self.content + self.signature:
            raise TokenForged("the token is not one of these")
        return raw

    def _signature(self, key: bytes, content: bytes) -> bytes:
        return _hmac(key, self.purpose + content)[: self.signature]


@dataclass(frozen=True, slots=True)
class MarkKind:
    """One kind of detached signature: of a text sent beside it. `signature` is its length in bytes."""

    purpose: bytes
    signature: int

    def sign(self, key: bytes, text: str) -> str:
        """Return the mark of a text."""
        signed = _hmac(key, self.purpose + text.encode("utf-8", "replace"))[: self.signature]
        return base64.urlsafe_b64encode(signed).decode("ascii").rstrip("=")

    def fits(self, key: bytes, text: str, mark: str) -> bool:
        """Say whether a mark is ours, and was made for this text."""
        return hmac.compare_digest(mark.encode("utf-8", "replace"), self.sign(key, text).encode("ascii"))


def _hmac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()
