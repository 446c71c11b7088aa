"""HTTP client for small public files: GET over HTTP or HTTPS, Content-Length, nothing else.

The page function loads this at a cold start. http.client would cost it three times as much as all of the
rest does.
"""

from __future__ import annotations

import socket
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import Any

# The certificate authorities of AWS, as its documentation lists them for clients.
ROOTS = __file__.rpartition("/")[0] + "/amazon_roots.pem"
ABSENT = ("status 403", "status 404")  # how a bucket responds for what it does not have
CONNECT_SECONDS = 1.0  # for one address; a name may have many
_LONGEST_HEAD = 16_384
_LONGEST_BODY = 2_000_000


class FetchFailed(OSError):
    """The file cannot be had now, whatever the reason."""


class HttpConnection:
    """One HTTP connection to one server, kept alive for a few files that are fetched one after the other.

    `base` is like "https://bucket.s3.us-west-2.amazonaws.com" or "http://127.0.0.1:5000/bucket". All
    fetches together may take `seconds`. `roots` is a file of certificate authorities that are tried before
    the system's.
    """

    def __init__(
        self,
        base: str,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        roots: str = ROOTS,
    ) -> None:
        self._socket: socket.socket | None = None
        scheme, _, rest = base.partition("://")
        host, _, path = rest.partition("/")
        name, _, port = host.partition(":")
        if scheme not in ("http", "https") or not name or not (port or "0").isdigit():
            raise ValueError("the address of published pages is not like https://host/path")
        self._secure = scheme == "https"
        self._host, self._name = host, name
        self._port = int(port) if port else 443 if self._secure else 80
        self._folder = "/" + path.strip("/") + "/" if path.strip("/") else "/"
        self._clock = clock
        self._roots = roots
        self._end = clock() + seconds
        self._read = b""

    def get(self, path: str, longest: int = _LONGEST_BODY) -> bytes:
        """GET a file of at most so many bytes and return its content. Raises FetchFailed."""
        try:
            return self._get(path, longest)
        except (OSError, ValueError) as error:
            self.close()
            if isinstance(error, FetchFailed):
                raise
            raise FetchFailed(type(error).__name__) from error

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __del__(self) -> None:
        self.close()

    def _get(self, path: str, longest: int) -> bytes:
        if self._socket is None:
            self._socket, self._read = self._connect(), b""
        request = f"GET {self._folder}{path} HTTP/1.1\r\nHost: {self._host}\r\nUser-Agent: porchlight\r\n\r\n"
        self._socket.settimeout(self._left())
        self._socket.sendall(request.encode("ascii"))
        while b"\r\n\r\n" not in self._read:
            if len(self._read) > _LONGEST_HEAD:
                raise FetchFailed("the answer's head is too long")
            self._more()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if "content-length" not in headers:
            raise FetchFailed("the answer does not say how long it is")
        length = int(headers["content-length"])
        if not 0 <= length <= longest:
            raise FetchFailed("the answer is too long")
        # In parts: to add each to all before it would copy a long file hundreds of times.
        parts, there = [self._read], len(self._read)
        while there < length:
            self._read = b""
            self._more()
            parts.append(self._read)
            there += len(self._read)
        whole = b"".join(parts)
        body, self._read = whole[:length], whole[length:]
        if headers.get("connection", "").lower() == "close" or status.startswith("HTTP/1.0"):
            self.close()
        if status.split(" ")[1:2] != ["200"]:
            raise FetchFailed("status " + "".join(status.split(" ")[1:2]))
        return body

    def _more(self) -> None:
        assert self._socket is not None  # noqa: S101 (a connection is what we read from)
        self._socket.settimeout(self._left())
        part = self._socket.recv(65_536)
        if not part:
            raise FetchFailed("the answer ended early")
        self._read += part

    def _connect(self) -> socket.socket:
        if not self._secure:
            return self._dial()
        return secured(self._dial, self._name, self._whole_left, self._roots)

    def _dial(self) -> socket.socket:
        return dialled(self._name, self._port, self._whole_left)

    def _left(self) -> float:
        return min(self._whole_left(), 1.0)

    def _whole_left(self) -> float:
        left = self._end - self._clock()
        if left <= 0:
            raise FetchFailed("it took too long")
        return left


def dialled(name: str, port: int, left: Callable[[], float]) -> socket.socket:
    """Return a TCP socket to the first of a name's addresses that accepts; each gets a second at most.

    `left` says how many seconds there are for all of it, and raises OSError when there are none. Raises
    OSError.
    """
    failed = OSError("no address")
    for family, kind, protocol, _, address in _addresses(name, port, left()):
        sock = None
        try:
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(min(left(), CONNECT_SECONDS))
            sock.connect(address)
            return sock
        except OSError as error:
            failed = error
            if sock is not None:
                sock.close()
    raise failed


def _addresses(name: str, port: int, seconds: float) -> list[Any]:
    """Look a name up (DNS). The system's resolver has no timeout of its own, so a thread waits for it."""
    import threading  # whoever logs has loaded it

    results: list[Any] = []

    def look() -> None:
        try:
            results.append(socket.getaddrinfo(name, port, 0, socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            results.append(error)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(seconds)
    if not results:
        raise TimeoutError("the name was not found in time")
    if isinstance(results[0], UnicodeError):
        raise OSError("not a name") from results[0]
    if isinstance(results[0], OSError):
        raise results[0]
    addresses: list[Any] = results[0]
    return addresses


def secured(
    dial: Callable[[], socket.socket], name: str, left: Callable[[], float], roots: str = ROOTS
) -> socket.socket:
    """Return a TLS socket, over one of `dial`, to whoever proves to be `name` within the seconds `left`.

    Whom the authorities in the file `roots` do not vouch for, the system's may, over a second connection.
    Raises OSError, of which ssl's errors are kinds.
    """
    import ssl  # only here: it costs as much as the sockets themselves

    # AWS's own roots first: to read the hundred and more of the system costs more than all else together.
    few = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    few.load_verify_locations(roots)
    try:
        return _wrapped(dial, name, few, left)
    except ssl.SSLCertVerificationError:
        return _wrapped(dial, name, ssl.create_default_context(), left)


def _wrapped(
    dial: Callable[[], socket.socket], name: str, context: ssl.SSLContext, left: Callable[[], float]
) -> socket.socket:
    sock = dial()
    try:
        sock.settimeout(left())  # for the whole handshake: Python counts it as one
        return context.wrap_socket(sock, server_hostname=name)
    except BaseException:
        sock.close()
        raise
