"""HTTP client of the probe: one GET at a time, no redirect followed, no cookie, no query, nothing sent."""

from __future__ import annotations

import gzip
import http.client
import ssl
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

PATIENCE = 20.0  # seconds; the slowest page of ours has 15
_LONGEST = 2_000_000  # bytes: our pages have some ten thousand
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A response: its status, its headers by names in small letters, its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswer(Exception):
    """Why there was no response, in a few words."""


# A path and request headers in, the response out. Raises NoAnswer.
Get = Callable[[str, Mapping[str, str]], Fetched]


class BadUrl(ValueError):
    """This is not where a site is; the text says why."""


def site_of(url: str) -> str:
    """Return a site's address without a slash at its end. Raises BadUrl.

    Plain HTTP is for this machine only: what a reader asks for must not be readable on the way.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
        raise BadUrl(f"URL must be like https://places.example.org, and is {url!r}.")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise BadUrl(f"URL is the site's address alone, without a path: {url!r} has more.")
    if parts.scheme == "http" and parts.hostname not in _HERE:
        raise BadUrl(f"URL must be https, and is {url!r}.")
    return f"{parts.scheme}://{parts.netloc}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        return None


def over_http(site: str) -> Get:
    """Return what gets a path of the site at this address."""
    # No proxy of the environment: on a watched line it would see what the probe sees, and a cron has none.
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))

    def get(path: str, headers: Mapping[str, str]) -> Fetched:
        request = urllib.request.Request(
            site + quote(path, safe="/"),
            headers={"Accept-Encoding": "gzip", "User-Agent": "porchlight-probe", **headers},
            method="GET",
        )
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                return _fetched(answer.status, answer.headers, answer.read(_LONGEST + 1))
        except urllib.error.HTTPError as answer:
            with answer:
                return _fetched(answer.code, answer.headers, answer.read(_LONGEST + 1))
        except urllib.error.URLError as error:
            raise NoAnswer(_why(error.reason)) from error
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(_why(error)) from error

    return get


def _fetched(status: int, headers: Any, body: bytes) -> Fetched:
    if len(body) > _LONGEST:
        raise NoAnswer("what came is far longer than a page")
    named = {str(name).lower(): str(value) for name, value in headers.items()}
    if named.get("content-encoding") == "gzip":
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error) as error:
            raise NoAnswer("what came is not the gzip that it says") from error
    return Fetched(status, named, body)


def _why(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return f"nothing came within {PATIENCE:.0f} seconds"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {reason.verify_message}"
    return str(reason) or type(reason).__name__
