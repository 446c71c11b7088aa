"""Responses of the admin site: pages, redirects and downloads, cached by nobody, framed by nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from chalice.app import Request, Response

from chalicelib.pages.web.responses import Html

# Not no-referrer: browsers would send "Origin: null" with our own forms, and the check of it could not work.
BASE_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-DNS-Prefetch-Control": "off",
    "Strict-Transport-Security": "max-age=31536000",
}
NOTHING_LOADS = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"


_HALVES = re.compile("[\ud800-\udfff]")  # half a letter, as JSON can hold it, cannot be sent


class Screen(Html):
    """A response with a page, not compressed.

    A page that holds a form's token beside what was typed would tell its length.
    """

    def __init__(
        self,
        text: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        cookies: Iterable[str] = (),
        request: Request | None = None,
    ) -> None:
        Response.__init__(self, body="", headers={**BASE_HEADERS, **(headers or {})}, status_code=status)
        self.text = _HALVES.sub("\ufffd", text)
        self.refusal = ""  # what stands in the way, in the words of the page: the log repeats it
        self.cookies = tuple(cookies)
        self._head_only = request is not None and request.method == "HEAD"

    def to_dict(self, binary_types: Any = None) -> dict[str, Any]:
        """Return the response as API Gateway expects it of a Lambda proxy integration."""
        return {
            "statusCode": self.status_code,
            "headers": {"Content-Type": "text/html; charset=utf-8", **self.headers},
            "multiValueHeaders": {"Set-Cookie": list(self.cookies)} if self.cookies else {},
            "body": "" if self._head_only else self.text,
            "isBase64Encoded": False,
        }


def go_to(path: str, cookies: Iterable[str] = ()) -> Screen:
    """Return a redirect after a form; `path` is one of our own."""
    if not (path.startswith("/admin/") and path.isascii() and path.isprintable() and " " not in path):
        raise ValueError("not a path of ours")
    return Screen("", 303, {"Location": path, "Content-Security-Policy": NOTHING_LOADS}, cookies)


def download(text: str, name: str, kind: str) -> Screen:
    """Return a response that the browser saves as a file. `name` is our own and plain."""
    headers = {
        "Content-Type": f"{kind}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": NOTHING_LOADS,
    }
    return Screen(text, 200, headers)


def number(text: str, default: int = 0) -> int:
    """Return a whole number that a form or address holds, or the default."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else default


def sentence_of(error: Exception) -> str:
    """Return the message of an error of ours, as a sentence for the page."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
