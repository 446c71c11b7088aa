"""An in-process transport to moto: what a boto3 client sends to the stand-in's server skips the sockets.

The server stays for what really speaks HTTP (the pool's keys are fetched as on AWS); both hold one state.
A call costs half of what it costs over HTTP, and the admin site's tests make sixty of them each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import BUILTIN_HANDLERS
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

_SIGNED_FOR = re.compile(rb"Credential=[^/]+/\d+/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
_HOSTS = {"ses": "email"}


class InProcess:
    """A handler of botocore's `before-send`: requests to the server at `address` are answered here."""

    def __init__(self) -> None:
        self.address = ""
        self._moto = BotocoreStubber()

    def __call__(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        if not self.address or not str(request.url).startswith(self.address):
            return None
        asked = request.url
        request.url = _on_aws(request)
        response = self._moto.process_request(request)
        assert response is not None, f"moto has nothing at {request.url}"
        request.url = asked
        status, headers, body = response
        return AWSResponse(asked, status, headers, MockRawResponse(body))


def _on_aws(request: AWSPreparedRequest) -> str:
    """Return where on AWS a request would go, by the service that it is signed for: moto looks at that."""
    header = request.headers.get("Authorization", b"")
    signed_for = _SIGNED_FOR.search(header if isinstance(header, bytes) else header.encode())
    # The pool's public calls (sign in, answer a challenge) are the only ones without a signature.
    region, service = (
        (part.decode() for part in signed_for.groups()) if signed_for else ("us-west-2", "cognito-idp")
    )
    asked = urlsplit(request.url)
    return f"https://{_HOSTS.get(service, service)}.{region}.amazonaws.com{asked.path}" + (
        f"?{asked.query}" if asked.query else ""
    )


_IN_PROCESS = InProcess()
# As moto does itself: every client that is made from now on asks it first.
BUILTIN_HANDLERS.append(("before-send", _IN_PROCESS))


@contextmanager
def no_sockets_to(address: str) -> Iterator[None]:
    """Answer in this process what clients send to moto's server at `address`."""
    _IN_PROCESS.address = address
    try:
        yield
    finally:
        _IN_PROCESS.address = ""
