"""The cookies of the admin site (session, sign-in, known devices) and the CSRF tokens bound to them.

`__Host-` ties those of the desk to this host, to HTTPS and to the whole site. Those of the access screens
have a path, which that prefix does not allow: `__Secure-` ties them to HTTPS, and no other screen gets them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from chalice.app import Request

from chalicelib.desk.people import BROWSER_KNOWN_FOR, MOST_IN_ONE_BROWSER
from chalicelib.pages.web.gateway_answers import headers_of
from chalicelib.shared.signed_tokens import TokenForged, TokenKind

SESSION = "__Host-desk"  # the pool's access token
SIGN_IN = "__Host-door"  # a random value, for the time of a sign-in; browsers know it by this name
KNOWN = "__Host-known"  # the secrets of a browser in which people have signed in before


@dataclass(frozen=True, slots=True)
class CookieNames:
    """The names of the three cookies of a part of the admin site, and the path that they are sent to."""

    session: str
    sign_in: str
    known: str
    path: str

    def all(self) -> tuple[str, str, str]:
        """Return the names."""
        return self.session, self.sign_in, self.known


OF_DESK = CookieNames(SESSION, SIGN_IN, KNOWN, "/")
OF_ACCESS = CookieNames("__Secure-access", "__Secure-access-door", "__Secure-access-known", "/admin/access/")

_LONGEST = 4096
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/")
_FLAGS = "Secure; HttpOnly; SameSite=Strict"
_CSRF = TokenKind(b"", 16, 32)  # of a nonce; what it is for is in the key


def read(request: Request, name: str) -> str:
    """Return a cookie's value, or nothing when it is not there, is there twice, or is not plain."""
    event = request.to_original_event()
    many: dict[str, list[str] | None] = event.get("multiValueHeaders") or {}
    lines = [line for key, found in many.items() if key.lower() == "cookie" for line in found or ()]
    lines = lines or [headers_of(event).get("cookie", "")]
    pairs = [pair.strip().partition("=") for line in lines for pair in line.split(";")]
    values = [value for key, _, value in pairs if key == name]
    if len(values) != 1 or len(values[0]) > _LONGEST or not _PLAIN.issuperset(values[0]):
        return ""
    return values[0]


def write(name: str, value: str, lives: timedelta, path: str = "/") -> str:
    """Return the Set-Cookie header of a cookie."""
    if not value or not _PLAIN.issuperset(value):
        raise ValueError("not a plain value")  # and not quoted here: it is a secret
    return f"{name}={value}; Max-Age={max(0, int(lives.total_seconds()))}; Path={path}; {_FLAGS}"


def clear(name: str, path: str = "/") -> str:
    """Return the Set-Cookie header that deletes a cookie."""
    return f"{name}=; Max-Age=0; Path={path}; {_FLAGS}"


def known_browsers(request: Request, names: CookieNames = OF_DESK) -> Sequence[str]:
    """Return the device cookie's secrets: as many as anybody gave the browser, and no more than a few."""
    return [secret for secret in read(request, names.known).split(".") if secret][:MOST_IN_ONE_BROWSER]


def know_browser(secrets: Sequence[str], names: CookieNames = OF_DESK) -> str:
    """Return the Set-Cookie header of the device cookie, with a browser's secrets."""
    return write(names.known, ".".join(secrets), BROWSER_KNOWN_FOR, names.path)


def form_token(secret: str, nonce: bytes) -> str:
    """Return a form's CSRF token: bound to the cookie whose value is `secret`, and different on each page."""
    return _CSRF.sign(_key_of(secret), nonce)


def token_fits(secret: str, token: str) -> bool:
    """Return whether a form's CSRF token was made for this cookie."""
    try:
        _CSRF.verify(_key_of(secret), token)
    except TokenForged:
        return False
    return bool(secret)


def _key_of(secret: str) -> bytes:
    return hashlib.sha256(b"porchlight admin form" + secret.encode()).digest()
