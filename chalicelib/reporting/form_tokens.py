"""Signed form tokens (HMAC): when a form was made and a nonce, so that one form gives one report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from chalicelib.reporting.errors import FormExpired
from chalicelib.shared.signed_tokens import MarkKind, TokenForged, TokenKind

HASTY = timedelta(seconds=3)  # nobody reads and fills the form faster: such a report is held
LIFETIME = timedelta(hours=24)
NONCE_BYTES = 16
_TIME_BYTES = 6
_FORM = TokenKind(b"porchlight form token", _TIME_BYTES + NONCE_BYTES, 16)
_CAME_BACK = MarkKind(b"porchlight form came back", 16)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_AHEAD = timedelta(minutes=2)  # another machine's clock may run a little before ours
_SETTLED = HASTY + _AHEAD  # a token as old as this is hasty by no machine's clock


class FormToken(NamedTuple):
    """What a genuine token says."""

    made_at: datetime
    nonce: bytes

    def hasty(self, now: datetime) -> bool:
        """Say whether the form came back faster than a person can fill it."""
        return now - self.made_at < HASTY


def make_token(secret: bytes, now: datetime, nonce: bytes) -> str:
    """Sign `now` (to the millisecond) and `nonce` (16 bytes) into a URL-safe token."""
    return _FORM.sign(secret, ((now - _EPOCH) // _MILLISECOND).to_bytes(_TIME_BYTES, "big") + nonce)


def read_token(secret: bytes, token: str, now: datetime) -> FormToken:
    """Verify a token's signature and age; return what it says.

    Raises FormExpired when it is older than 24 hours, from the future, mangled, or not signed by us: in each
    case the person gets the form again with a fresh token and their words in it.
    """
    content = _opened(secret, token)
    if content.made_at > now + _AHEAD or now - content.made_at > LIFETIME:
        raise FormExpired("the token is too old")
    return content


def settled_token(secret: bytes, now: datetime, nonce: bytes) -> str:
    """Sign a token for a form that was shown before: it is hasty at no time."""
    return make_token(secret, now - _SETTLED, nonce)


class Stamps(NamedTuple):
    """What a form carries beside words: its token, and the mark of one that came back while still young."""

    token: str
    mark: str = ""


def returned_stamps(secret: bytes, token: str, now: datetime, nonce: bytes) -> Stamps:
    """Return the stamps of a form that comes back with what was typed, in place of `token`.

    A token of ours stays, and has a mark while it is young: who reads what is to be mended has been here
    before. One that is too old is made anew, with its nonce, so that it is still one form. One that we cannot
    read gets another, with `nonce`: it may have been ours before a key was changed, and its writer is asked
    to send the form again all the same. None of them is hasty.
    """
    try:
        content = _opened(secret, token)
    except FormExpired:
        return Stamps(settled_token(secret, now, nonce))
    if not -_AHEAD <= now - content.made_at <= LIFETIME:
        return Stamps(settled_token(secret, now, content.nonce))
    return Stamps(token, _CAME_BACK.sign(secret, token) if content.hasty(now) else "")


def came_back(secret: bytes, token: str, mark: str) -> bool:
    """Say whether a form with this token came back from us before: its mark is ours, and was made for it."""
    return _CAME_BACK.fits(secret, token, mark)


def says_it_may_stay(token: str, now: datetime) -> bool:
    """Say whether a token, by its own word, is neither hasty nor too old. It may still not be ours."""
    try:
        made_at = _made_at(_FORM.unverified(token))
    except (FormExpired, TokenForged):
        return False
    return HASTY <= now - made_at <= LIFETIME


def _opened(secret: bytes, token: str) -> FormToken:
    try:
        content = _FORM.verify(secret, token)
    except TokenForged:
        raise FormExpired("the token is not ours") from None
    return FormToken(_made_at(content), content[_TIME_BYTES:])


def _made_at(content: bytes) -> datetime:
    try:
        return _EPOCH + int.from_bytes(content[:_TIME_BYTES], "big") * _MILLISECOND
    except OverflowError:  # six bytes reach past the year 9999
        raise FormExpired("the token is not ours") from None
