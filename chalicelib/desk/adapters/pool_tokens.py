"""Verifies the user pool's access tokens (JWT, RS256) with a cache of its JWKS keys."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from chalicelib.desk.errors import SessionOver
from chalicelib.shared.errors import StoreUnavailable

_ONLY = "RS256"  # taken from here and never from the token: no "none", no HMAC with the public key
_REFETCH_SECONDS = 30.0
_COOL_SECONDS = 10.0  # after a look that failed
_WAIT_SECONDS = 3.0
_LONGEST = 4096
_AHEAD = timedelta(minutes=2)
_MUST_HAVE = ["exp", "iat", "iss", "jti", "client_id", "token_use", "username"]


def fetch(url: str) -> Mapping[str, Any]:
    """Return the JSON object at `url`. Raises StoreUnavailable."""
    try:
        with urllib.request.urlopen(url, timeout=_WAIT_SECONDS) as response:  # noqa: S310 (the pool's own address)
            content: Mapping[str, Any] = json.loads(response.read(100_000))
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise StoreUnavailable("the pool's keys cannot be read") from error
    return content


class PoolTokens:
    """The TokenReader of one pool and client, with a cache of its keys. `endpoint` serves the JWKS.

    Keys are kept. A key that is not known is looked for once more, at most every half minute, so that a
    rotated key is found and a stream of forged tokens is not a stream of requests. A look that fails cools
    down for ten seconds and takes no key away: whoever is in by a known key stays in while the pool is away.
    """

    def __init__(
        self,
        endpoint: Callable[[], str],
        pool: str,
        client_id: str,
        read: Callable[[str], Mapping[str, Any]] = fetch,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._pool = pool
        self._client_id = client_id
        self._read = read
        self._ticks = ticks
        self._keys: dict[str, jwt.PyJWK] = {}
        self._looking = threading.Lock()
        self._looked_at: float | None = None
        self._away = False  # whether the last look failed

    @property
    def issuer(self) -> str:
        """Return the issuer that the pool signs as."""
        return f"https://cognito-idp.{self._pool.partition('_')[0]}.amazonaws.com/{self._pool}"

    def read(self, token: str, now: datetime) -> tuple[str, datetime]:
        """Return (address, end) of a valid access token."""
        claims = self._claims(token)
        ends = _time(claims["exp"])
        if ends <= now:
            raise SessionOver("expired")
        if _time(claims["iat"]) > now + _AHEAD:
            raise SessionOver("from the future")
        if (claims["token_use"], claims["client_id"]) != ("access", self._client_id):
            raise SessionOver("not for this site")
        return str(claims["username"]), ends

    def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > _LONGEST:
            raise SessionOver("too long")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != _ONLY or not isinstance(header.get("kid"), str):
                raise SessionOver("not signed as the pool signs")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                self._key(header["kid"]),
                algorithms=[_ONLY],
                issuer=self.issuer,
                # The time is handed in, so it is compared in `read`; an access token has client_id for aud.
                options={
                    "require": _MUST_HAVE,
                    "verify_aud": False,
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            raise SessionOver("not the pool's token") from None
        return claims

    def _key(self, kid: str) -> jwt.PyJWK:
        key = self._keys.get(kid)
        if key is None:
            with self._looking:  # of many at once one looks, and the others find what it found
                if kid not in self._keys and self._may_look():
                    self._look()
                key, away = self._keys.get(kid), self._away
            if key is None and away:
                raise StoreUnavailable("the pool's keys cannot be read")
        if key is None:
            raise SessionOver("signed with a key that is not the pool's")
        return key

    def _may_look(self) -> bool:
        if self._looked_at is None:
            return True
        return self._ticks() - self._looked_at >= (_COOL_SECONDS if self._away else _REFETCH_SECONDS)

    def _look(self) -> None:
        self._away = True
        try:
            key_set = self._read(f"{self._endpoint()}/{self._pool}/.well-known/jwks.json")
            listed = key_set.get("keys") if isinstance(key_set, Mapping) else None
            self._away = not listed  # a response without keys is none
            self._keys = _keys_of(listed) or self._keys
        finally:
            self._looked_at = self._ticks()


def _keys_of(listed: Any) -> dict[str, jwt.PyJWK]:
    """Return the keys that sign, by name. One that cannot be read takes none of the others along."""
    keys: dict[str, jwt.PyJWK] = {}
    for key in listed if isinstance(listed, list) else ():
        if isinstance(key, Mapping) and key.get("kty") == "RSA" and key.get("use", "sig") == "sig":
            with suppress(jwt.PyJWTError, KeyError, ValueError, TypeError):
                keys[str(key["kid"])] = jwt.PyJWK(dict(key), algorithm=_ONLY)
    return keys


def _time(value: Any) -> datetime:
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        raise SessionOver("not a time") from None
