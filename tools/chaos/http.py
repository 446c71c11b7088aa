"""A small HTTP server for the stand-ins: keep-alive, Content-Length, and answers that may never come."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class Request:
    """One request. `caller` is the process that sent it, in a header of ours."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def caller(self) -> str:
        """Return who sent it."""
        return self.headers.get("x-caller", "")

    def json(self) -> Json:
        """Return the body."""
        return dict(json.loads(self.body or b"{}"))


@dataclass(slots=True)
class Answer:
    """An answer, or the lack of one: `hang` seconds first; then nothing at all if `drop`."""

    status: int = 200
    body: Any = None
    hang: float = 0.0
    drop: bool = False
    error: str = ""


Handler = Callable[[Request], Answer]


async def serve(handler: Handler, port: int = 0) -> asyncio.Server:
    """Listen on this machine; the server's socket says on which port."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None and await _answer(handler(request), writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(connected, "127.0.0.1", port)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)


async def _answer(answer: Answer, writer: asyncio.StreamWriter) -> bool:
    """Write an answer; return whether the connection goes on."""
    if answer.hang:
        await asyncio.sleep(answer.hang)
    if answer.drop:
        _reset(writer)
        return False
    body = json.dumps(answer.body if answer.body is not None else {}).encode()
    lines = [
        f"HTTP/1.1 {answer.status} X",
        "Content-Type: application/x-amz-json-1.0",
        f"Content-Length: {len(body)}",
    ]
    if answer.error:
        lines.append(f"x-amzn-ErrorType: {answer.error}")
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    await writer.drain()
    return True


def _reset(writer: asyncio.StreamWriter) -> None:
    transport: Any = writer.transport
    transport.abort()
