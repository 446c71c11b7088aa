"""A stand-in for S3, in a process of its own: `python -m bench.shelf` prints its port, then serves.

As light as it can be, since it runs on the machine that is measured: one thread, one file that only grows,
and of S3 what our adapters ask for, conditions and pages of listings included. It counts what is written, and
says so, with its own processor time, at /_counts.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import selectors
import socket
import tempfile
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import NamedTuple
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape, unescape

COUNTS = "/_counts"
_CURRENT = "current.json"
_PAGE = 1000  # keys of a listing, as S3 has it
_KEYS = re.compile(r"<Key>(.*?)</Key>", re.DOTALL)
_KEPT = ("content-type", "cache-control", "content-encoding")
_REASONS = {
    200: "OK",
    204: "No Content",
    304: "Not Modified",
    404: "Not Found",
    412: "Precondition Failed",
    501: "Not Implemented",
}
_CODES = {404: "NoSuchKey", 412: "PreconditionFailed", 501: "NotImplemented"}


class Stored(NamedTuple):
    """An object: where its bytes lie in the file, and what it is answered with."""

    at: int
    size: int
    etag: str
    when: float
    headers: Mapping[str, str]


class Answer(NamedTuple):
    """A response before it is written down."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


@dataclass(slots=True)
class Asked:
    """A request: the key is without its bucket; names of headers are in small letters."""

    method: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False, default=b"")


class Shelf:
    """Objects of one bucket, whatever it is called."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as this is)
        self._end = 0
        self._objects: dict[str, Stored] = {}
        self._sorted: list[str] | None = []
        self.counts: Counter[str] = Counter()
        self.moved_at = 0.0  # when readers were given another release

    def close(self) -> None:
        """Forget all objects."""
        self._file.close()

    def answer(self, asked: Asked) -> Answer:
        """Do what is asked."""
        if not asked.key:
            if asked.method == "GET" and "list-type" in asked.query:
                return self._listed(asked.query)
            if asked.method == "POST" and "delete" in asked.query:
                return self._deleted_all(asked.body.decode("utf-8"))
            return Answer(200 if asked.method == "PUT" else 501)  # to make a bucket, or say who may read it
        if "aws-chunked" in asked.headers.get("content-encoding", ""):
            return Answer(501)
        stored = self._objects.get(asked.key)
        if asked.method == "PUT":
            return self._put(asked, stored)
        if asked.method == "DELETE":
            return self._deleted(asked, stored)
        return self._got(asked, stored)

    def _put(self, asked: Asked, stored: Stored | None) -> Answer:
        if refused := _refused(asked.headers, stored):
            self.counts["refused"] += 1
            return refused
        etag = f'"{hashlib.md5(asked.body, usedforsecurity=False).hexdigest()}"'
        os.pwrite(self._file.fileno(), asked.body, self._end)
        headers = {
            name: value
            for name, value in asked.headers.items()
            if name in _KEPT or name.startswith("x-amz-meta-")
        }
        if stored is None:
            self._sorted = None
        self._objects[asked.key] = Stored(self._end, len(asked.body), etag, time.time(), headers)
        self._end += len(asked.body)
        self.counts["put"] += 1
        if asked.key == _CURRENT:
            self.moved_at = time.time()
        self.counts["put_bytes"] += len(asked.body)
        return Answer(200, headers={"ETag": etag})

    def _got(self, asked: Asked, stored: Stored | None) -> Answer:
        self.counts[asked.method.lower()] += 1
        if stored is None:
            return Answer(404)
        headers = {
            **stored.headers,
            "ETag": stored.etag,
            "Last-Modified": formatdate(stored.when, usegmt=True),
        }
        if asked.headers.get("if-none-match") == stored.etag:
            return Answer(304, headers=headers)
        if asked.method == "HEAD":
            return Answer(200, headers={**headers, "Content-Length": str(stored.size)})
        return Answer(200, os.pread(self._file.fileno(), stored.size, stored.at), headers)

    def _deleted(self, asked: Asked, stored: Stored | None) -> Answer:
        if refused := _refused(asked.headers, stored):
            self.counts["refused"] += 1
            return refused
        self._drop(asked.key)
        return Answer(204)

    def _deleted_all(self, text: str) -> Answer:
        for key in _KEYS.findall(text):
            self._drop(unescape(key, {"&quot;": '"', "&apos;": "'"}))
        return Answer(200, b"<DeleteResult/>")

    def _drop(self, key: str) -> None:
        self.counts["delete"] += 1
        if self._objects.pop(key, None):
            self._sorted = None

    def _listed(self, query: Mapping[str, str]) -> Answer:
        self.counts["list"] += 1
        if self._sorted is None:
            self._sorted = sorted(self._objects)
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token") or query.get("start-after", "")
        parts, last = list[str](), ""
        for name, is_folder in _names(self._sorted, prefix, delimiter, after):
            if len(parts) == min(_PAGE, int(query.get("max-keys", _PAGE))):
                parts.append(f"<NextContinuationToken>{escape(last)}</NextContinuationToken>")
                break
            last = name
            parts.append(_folder(name) if is_folder else _entry(name, self._objects[name]))
        else:
            last = ""
        more = f"<IsTruncated>{'true' if last else 'false'}</IsTruncated>"
        return Answer(200, f"<ListBucketResult>{more}{''.join(parts)}</ListBucketResult>".encode())


def _names(keys: list[str], prefix: str, delimiter: str, after: str) -> Iterator[tuple[str, bool]]:
    """Return the keys behind `after` and, in place of all keys in a folder, its name with True."""
    at = bisect_left(keys, max(prefix, after))
    while at < len(keys) and keys[at].startswith(prefix):
        key = keys[at]
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        name = key if cut < 0 else key[: cut + len(delimiter)]
        if name > after:
            yield name, cut >= 0
        at = at + 1 if cut < 0 else bisect_left(keys, f"{name}\U0010ffff", at)


def _entry(key: str, stored: Stored) -> str:
    when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(stored.when))
    return (
        f"<Contents><Key>{escape(key)}</Key><LastModified>{when}.000Z</LastModified>"
        f"<ETag>{escape(stored.etag)}</ETag><Size>{stored.size}</Size></Contents>"
    )


def _folder(name: str) -> str:
    return f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"


def _refused(headers: Mapping[str, str], stored: Stored | None) -> Answer | None:
    if "if-none-match" in headers and stored is not None:
        return Answer(412)
    if "if-match" in headers and stored is None:
        return Answer(404)
    if "if-match" in headers and stored is not None and headers["if-match"] != stored.etag:
        return Answer(412)
    return None


def read_head(head: bytes) -> Asked:
    """Return a request from its first lines."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    path, _, query = target.partition("?")
    pairs = (line.partition(":") for line in lines)
    _, _, key = path.lstrip("/").partition("/")
    return Asked(
        method,
        unquote(key),
        {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()},
        {name.strip().lower(): value.strip() for name, _, value in pairs},
    )


def written(answer: Answer, method: str) -> bytes:
    """Return a response as it goes over the line."""
    body, headers = answer.body, dict(answer.headers)
    if answer.status in _CODES and method != "HEAD":
        body = f"<Error><Code>{_CODES[answer.status]}</Code><Message>no</Message></Error>".encode()
    headers.setdefault("Content-Length", str(len(body)))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} {_REASONS[answer.status]}\r\n{lines}\r\n".encode("latin-1") + body


class Served:
    """The connections of one thread. `handled` says what a request is answered with."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._read: dict[socket.socket, bytearray] = {}
        self.port = int(self._listener.getsockname()[1])

    def go_on(self, seconds: float | None = None) -> None:
        """Answer whoever asks next."""
        for ready, _ in self._selector.select(seconds):
            if ready.fileobj is self._listener:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._selector.register(connection, selectors.EVENT_READ)
                self._read[connection] = bytearray()
            elif isinstance(ready.fileobj, socket.socket):
                self._take(ready.fileobj)

    def close(self) -> None:
        """End all connections."""
        for connection in self._read:
            connection.close()
        self._listener.close()
        self._selector.close()
        self._shelf.close()

    def _take(self, connection: socket.socket) -> None:
        try:
            part = connection.recv(1 << 20)
        except OSError:
            part = b""
        if not part:
            self._selector.unregister(connection)
            del self._read[connection]
            connection.close()
            return
        data = self._read[connection]
        data += part
        while (at := data.find(b"\r\n\r\n")) >= 0:
            asked = read_head(bytes(data[:at]))
            end = at + 4 + int(asked.headers.get("content-length", 0))
            if len(data) < end:
                if "expect" in asked.headers and len(data) == at + 4:
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            asked.body = bytes(data[at + 4 : end])
            del data[:end]
            connection.sendall(self._answered(asked))

    def _answered(self, asked: Asked) -> bytes:
        if f"/{asked.key}" != COUNTS:
            return written(self._shelf.answer(asked), asked.method)
        counts = {
            **self._shelf.counts,
            "moved_at": self._shelf.moved_at,
            "cpu_s": time.process_time(),
            "max_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        return written(Answer(200, json.dumps(counts).encode()), "GET")


def main() -> None:
    """Serve until the parent is gone or says so."""
    served = Served(Shelf())
    print(served.port, flush=True)
    parent = os.getppid()
    while os.getppid() == parent:
        served.go_on(1.0)


if __name__ == "__main__":
    main()
