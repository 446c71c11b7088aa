"""A DynamoDB that says whatever a test lets it say, byte for byte, over sockets of this machine."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import zlib
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

SECRET_WORDS = "words that nobody may quote"
Response = Callable[[str, bytes], bytes | None]


class Server:
    """Answers each request by the next of `answers`, or the last: bytes to send, then perhaps to hang up.

    An answer is called with the request's head and body. None hangs up without a word.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.responses: list[Callable[[str, bytes], bytes | None]] = []
        self.seen: list[tuple[str, bytes]] = []
        self.lines = 0
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.open: list[socket.socket] = []
        self._serving: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """Hang up on everybody, and be gone."""
        with suppress(OSError):  # a test may have done so before
            self._listening.shutdown(socket.SHUT_RDWR)  # to close it would not wake who waits for a caller
        self._accepting.join()
        self._listening.close()
        self.hang_up()
        for thread in self._serving:
            thread.join(timeout=2)

    def hang_up(self) -> None:
        """End the lines that are open, and listen on."""
        while self.open:
            with suppress(OSError):  # the other side may have hung up already
                self.open.pop().shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            self.lines += 1
            self._serving.append(threading.Thread(target=self._serve, args=(line,), daemon=True))
            self._serving[-1].start()

    def _serve(self, line: socket.socket) -> None:
        with ExitStack() as at_the_end:
            at_the_end.enter_context(line)
            try:
                if self._context is not None:
                    line = at_the_end.enter_context(self._context.wrap_socket(line, server_side=True))
                self.open.append(line)
                read = at_the_end.enter_context(line.makefile("rb"))
                while head := self._head(read):
                    length = int(head.lower().partition("content-length: ")[2].split("\r\n")[0])
                    body = read.read(length)
                    self.seen.append((head, body))
                    make = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
                    response = make(head, body)
                    if response is None:
                        return
                    line.sendall(response)
            except OSError:
                return

    def _head(self, read: Any) -> str:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            part = read.readline()
            if not part:
                return ""
            head += part
        return head.decode("ascii")


def response(content: object, status: int = 200, crc: int | None = None) -> Callable[[str, bytes], bytes]:
    """Return a response with JSON content, or with these bytes."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n"
    head += f"x-amz-crc32: {zlib.crc32(body) if crc is None else crc}\r\n\r\n"
    return lambda _head, _body: head.encode() + body


def refusal(code: str, status: int = 400) -> Callable[[str, bytes], bytes]:
    return response({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": SECRET_WORDS}, status)


def named(**content: Any) -> Callable[[str, bytes], bytes]:
    """Return a response that names the table which was asked for, as DynamoDB's do."""

    def made(head: str, body: bytes) -> bytes:
        return response({**content, "ConsumedCapacity": {"TableName": json.loads(body)["TableName"]}})(
            head, body
        )

    return made
