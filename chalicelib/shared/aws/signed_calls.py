"""Signed requests to AWS (Signature Version 4) without the SDK: the few calls that the reporter makes.

To load the SDK takes two fifths of a cold start, which somebody waits for who opens the form; and each call
through it five times as long. What is here signs AWS's JSON protocol, and is no more of either than four
operations need. docs/decisions/0023 says why.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import io
import json
import random
import select
import socket
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from functools import lru_cache, partial
from math import inf
from typing import Any
from urllib.parse import SplitResult, urlsplit

from chalicelib.shared.aws.faults import TRY_AGAIN, Refused, Unreachable
from chalicelib.shared.net.public_files import ROOTS, dialled, secured

READ_SECONDS = 3.0  # for a whole try: name, connection, handshake, request and response
TRIES = 2
_PAUSE = (0.02, 0.1)  # seconds before the second try, by chance
_IDLE_MOST = 8
_PROTOCOLS = {
    "dynamodb": ("application/x-amz-json-1.0", "DynamoDB_20120810."),
    "secretsmanager": ("application/x-amz-json-1.1", "secretsmanager."),
}
_ENDPOINTS = {"dynamodb": "AWS_ENDPOINT_URL_DYNAMODB", "secretsmanager": "AWS_ENDPOINT_URL_SECRETS_MANAGER"}
_BROKEN = (OSError, http.client.HTTPException)


class SignedClient:
    """AWS client for DynamoDB ("dynamodb") or Secrets Manager ("secretsmanager"), called as the SDK's is.

    It takes and returns what the SDK's methods of these names do. Raises Refused with AWS's error code, or
    Unreachable after two tries. `environ` is read at each call: AWS_REGION, the credentials that Lambda
    gives, and AWS_ENDPOINT_URL (_DYNAMODB, _SECRETS_MANAGER) where the service is elsewhere. `now` is the
    time in UTC; `roots` is a file of certificate authorities that are tried before the system's;
    `read_seconds` is for a whole try, and `left` says how many seconds the request still has for all its
    calls. Many threads may call.
    """

    def __init__(
        self,
        service: str,
        environ: Mapping[str, str],
        now: Callable[[], datetime],
        roots: str = ROOTS,
        read_seconds: float = READ_SECONDS,
        left: Callable[[], float] = lambda: inf,
    ) -> None:
        self._service = service
        self._environ = environ
        self._now = now
        self._roots = roots
        self._read_seconds = read_seconds
        self._left = left
        self._idle: list[socket.socket] = []

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        """Write a DynamoDB item."""
        return self._call("PutItem", arguments)

    def get_item(self, **arguments: Any) -> dict[str, Any]:
        """Read a DynamoDB item."""
        return self._call("GetItem", arguments)

    def update_item(self, **arguments: Any) -> dict[str, Any]:
        """Change a DynamoDB item."""
        return self._call("UpdateItem", arguments)

    def get_secret_value(self, **arguments: Any) -> dict[str, Any]:
        """Read a secret."""
        return self._call("GetSecretValue", arguments)

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    def __del__(self) -> None:
        self.close()

    def _call(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps(arguments, default=_written).encode()
        tried = 1
        while True:
            try:
                return self._try(operation, body)
            except Unreachable:
                if tried == TRIES:
                    raise
            except Refused as error:
                if tried == TRIES or str(error) not in TRY_AGAIN:
                    raise
            tried += 1
            time.sleep(min(random.uniform(*_PAUSE), self._left()))  # noqa: S311

    def _try(self, operation: str, body: bytes) -> dict[str, Any]:
        region = self._environ.get("AWS_REGION") or self._environ.get("AWS_DEFAULT_REGION", "")
        address = self._address(region)
        content_type, prefix = _PROTOCOLS[self._service]
        headers = {
            "content-type": content_type,
            "host": urlsplit(address).netloc,
            "x-amz-target": prefix + operation,
        }
        headers = signed(headers, body, self._service, region, self._environ, self._now())
        try:
            return self._exchange(address, headers, body)
        except _BROKEN as error:
            # Not the error's text: it may hold a part of the response.
            raise Unreachable(type(error).__name__) from None

    def _exchange(self, address: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        left = _counting(min(self._read_seconds, self._left()))
        sock = self._idle_connection() or self._connected(urlsplit(address), left)
        good = False
        try:
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            head = f"POST / HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n"
            _send(sock, head.encode("ascii") + body, left)  # in one piece: http.client would send two
            response, content, in_step = _response(sock, left)
            good = in_step and not response.will_close
            return _content_of(response, content)
        except Refused:
            raise  # a response too, and one to this request
        except BaseException:
            # Whatever comes on this connection could be the response to an earlier request.
            good = False
            raise
        finally:
            if good and len(self._idle) < _IDLE_MOST:
                self._idle.append(sock)
            else:
                sock.close()

    def _idle_connection(self) -> socket.socket | None:
        """Return an idle connection that is open still: the other side may hang up while Lambda sleeps."""
        while True:
            try:
                sock = self._idle.pop()  # one step, so that two threads never get the same
            except IndexError:
                return None
            if not select.select([sock], [], [], 0)[0] and not _pending(sock):
                return sock
            sock.close()

    def _connected(self, address: SplitResult, left: Callable[[], float]) -> socket.socket:
        name = str(address.hostname)
        if address.scheme == "http":  # a stand-in on this machine
            return dialled(name, address.port or 80, left)
        return secured(partial(dialled, name, address.port or 443, left), name, left, self._roots)

    def _address(self, region: str) -> str:
        """Return the service's address, like "https://dynamodb.us-west-2.amazonaws.com"."""
        given = self._environ.get(_ENDPOINTS[self._service]) or self._environ.get("AWS_ENDPOINT_URL")
        if given:
            return given
        if not region:
            raise Unreachable("AWS_REGION is not set")
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        return f"https://{self._service}.{region}.{suffix}"


class _Bounded(io.RawIOBase):
    """A socket's stream with a deadline. A timeout for each part alone would let a slow response go on.

    It can be read as a file again and again: http.client reads each response from a file of its own.
    """

    def __init__(self, sock: socket.socket, left: Callable[[], float]) -> None:
        self._sock = sock
        self._left = left
        self._ended = False
        self._file = _Open(self)

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return what http.client asks a socket for."""
        return self._file

    def rest(self) -> bytes:
        """Return what has come beyond the response. Nothing more is read from the socket."""
        self._ended = True
        return self._file.peek(1)

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what comes next; return how much that is."""
        if self._ended:
            return 0
        self._sock.settimeout(self._left())
        return self._sock.recv_into(buffer)


class _Open(io.BufferedReader):
    """A stream that outlives the responses that are read from it: what it read ahead is the next one's."""

    def close(self) -> None:
        """Stay open; the socket is closed by who opened it."""


def _counting(seconds: float) -> Callable[[], float]:
    """Return a countdown to a deadline: the seconds that are left; it raises TimeoutError when none are."""
    end = time.monotonic() + seconds

    def left() -> float:
        seconds = end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    return left


def _send(sock: socket.socket, request: bytes, left: Callable[[], float]) -> None:
    unsent = memoryview(request)
    while unsent:
        sock.settimeout(left())
        unsent = unsent[sock.send(unsent) :]


def _response(sock: socket.socket, left: Callable[[], float]) -> tuple[http.client.HTTPResponse, bytes, bool]:
    """Read an HTTP response; return it, its content, and whether nothing came after it.

    What is said before a response, such as "103 Early Hints", is none: the response comes after it.
    """
    bounded: Any = _Bounded(sock, left)
    while True:
        with closing(http.client.HTTPResponse(bounded, method="POST")) as response:
            response.begin()
            if not 100 <= response.status < 200:
                content = response.read()
                return response, content, not bounded.rest()


def _pending(sock: socket.socket) -> int:
    """Return how much was deciphered and not read yet: no select sees that."""
    pending: int = getattr(sock, "pending", lambda: 0)()
    return pending


def signed(
    headers: Mapping[str, str],
    body: bytes,
    service: str,
    region: str,
    credentials: Mapping[str, str],
    now: datetime,
) -> dict[str, str]:
    """Sign a POST to "/": return its headers, with AWS's Signature Version 4 over them and the body.

    `headers` are in small letters. `credentials` holds AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, where
    there is one, AWS_SESSION_TOKEN. Raises Unreachable without them.
    """
    key, secret = credentials.get("AWS_ACCESS_KEY_ID"), credentials.get("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        raise Unreachable("no credentials")
    moment = f"{now:%Y%m%dT%H%M%SZ}"
    all_of_them = {**headers, "x-amz-date": moment}
    if token := credentials.get("AWS_SESSION_TOKEN"):
        all_of_them["x-amz-security-token"] = token
    names = sorted(all_of_them)
    canonical = "\n".join(
        [
            "POST\n/\n",
            *(f"{name}:{all_of_them[name]}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    what = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(_signing_key(secret, scope), what.encode(), hashlib.sha256).hexdigest()
    all_of_them["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return all_of_them


@lru_cache(maxsize=4)
def _signing_key(secret: str, scope: str) -> bytes:
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _content_of(response: http.client.HTTPResponse, content: bytes) -> dict[str, Any]:
    """Return a response's content. Raises Refused for an error of AWS, Unreachable for anything else."""
    sum_of_it = response.getheader("x-amz-crc32")
    if sum_of_it is not None and sum_of_it != str(zlib.crc32(content)):
        raise Unreachable("the answer was changed on its way")
    try:
        read = json.loads(content, object_hook=_read)
    except ValueError:
        read = None  # the text of this error would quote the response
    if not isinstance(read, dict) or response.status >= 500:
        raise Unreachable(f"status {response.status}")
    if response.status != 200:
        raise Refused(str(read.get("__type", "")).rpartition("#")[2] or f"status {response.status}")
    return read


def _written(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"not for AWS: {type(value).__name__}")


def _read(value: dict[str, Any]) -> dict[str, Any]:
    """Turn {"B": "<base64>"}, which is how DynamoDB writes bytes, into {"B": <bytes>}."""
    if len(value) == 1 and isinstance(value.get("B"), str):
        return {"B": base64.b64decode(value["B"])}
    return value
