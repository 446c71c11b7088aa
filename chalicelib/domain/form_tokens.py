"""The signed token in each form: when it was made and a nonce, so that one form gives one report."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from chalicelib.domain.errors import FormExpired

HASTY = timedelta(seconds=3)  # nobody reads and fills the form faster: such a report is held
LIFETIME = timedelta(hours=24)
NONCE_BYTES = 16
_MAC_BYTES = 16
_TIME_BYTES = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_AHEAD = timedelta(minutes=2)  # another machine's clock may run a little before ours


class FormToken(NamedTuple):
    """What a genuine token says."""

    made_at: datetime
    nonce: bytes

    def hasty(self, now: datetime) -> bool:
        """Say whether the form came back faster than a person can fill it."""
        return now - self.made_at < HASTY


def make_token(secret: bytes, now: datetime, nonce: bytes) -> str:
    """Sign `now` (to the millisecond) and `nonce` (16 bytes) into a URL-safe token."""
    if len(nonce) != NONCE_BYTES:
        raise ValueError("a nonce has 16 bytes")
    content = ((now - _EPOCH) // _MILLISECOND).to_bytes(_TIME_BYTES, "big") + nonce
    return base64.urlsafe_b64encode(content + _mac(secret, content)).decode("ascii")


def read_token(secret: bytes, token: str, now: datetime) -> FormToken:
    """Return what a token says.

    Raises FormExpired when it is older than 24 hours, from the future, mangled, or not signed by us: in each
    case the person gets the form again with a fresh token and their words in it.
    """
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        # Not chained: the text of a UnicodeEncodeError quotes what was sent.
        raise FormExpired("the token is not one") from None
    content, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(content) != _TIME_BYTES + NONCE_BYTES or not hmac.compare_digest(mac, _mac(secret, content)):
        raise FormExpired("the token is not ours")
    made_at = _EPOCH + int.from_bytes(content[:_TIME_BYTES], "big") * _MILLISECOND
    if made_at > now + _AHEAD or now - made_at > LIFETIME:
        raise FormExpired("the token is too old")
    return FormToken(made_at, content[_TIME_BYTES:])


def _mac(secret: bytes, content: bytes) -> bytes:
    return hmac.new(secret, b"porchlight form token" + content, hashlib.sha256).digest()[:_MAC_BYTES]
