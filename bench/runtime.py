"""A function under AWS's own runtime client, timed.

tools/build/runtime_api.py does the same for tests, with a server of many threads. This one answers from the
thread that measures, because a slow server would make all targets look alike.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

_NEXT = b"GET /2018-06-01/runtime/invocation/next"
_HEADERS = (
    "HTTP/1.1 200 OK\r\n"
    "Lambda-Runtime-Aws-Request-Id: 00000000-0000-0000-0000-000000000000\r\n"
    "Lambda-Runtime-Deadline-Ms: {deadline}\r\n"
    "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-west-2:000000000000:function:bench\r\n"
    "Lambda-Runtime-Trace-Id: Root=1-00000000-000000000000000000000000\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: {length}\r\n\r\n"
)
_TAKEN = (
    b'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"status":"OK"}'
)
_PATIENCE = 900.0  # seconds: under valgrind everything takes fifty times as long


class FunctionFailed(Exception):
    """The function answered with an error or died; the text has its log."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function answered, and how long after the event was sent."""

    content: Any
    seconds: float


class Function:
    """One function of a folder, started on entering and ended on leaving."""

    def __init__(
        self,
        folder: Path,
        handler: str,
        environment: Mapping[str, str],
        site_packages: Path,
        under: Sequence[str] = (),
        remaining: float = 3600.0,
    ) -> None:
        """`under` is a program that runs the interpreter; `remaining` the seconds each event may take."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._unread: dict[socket.socket, bytes] = {}
        self._waiting: socket.socket | None = None
        self._folder, self._handler, self._environment = folder, handler, environment
        self._site_packages, self._under, self._remaining = site_packages, under, remaining
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed on leaving)

    def __enter__(self) -> Function:
        # -S and -s: the interpreter's own packages and the user's must not be found.
        command = [*self._under, base_python(), "-S", "-s", "-m", "awslambdaric", self._handler]
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            cwd=self._folder,
            env=lambda_environment(self._folder, self._handler, self._site_packages, self._environment)
            | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._listener.getsockname()[1]}"},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        for connection in (*self._unread, self._listener):
            connection.close()
        self._selector.close()
        self._log.close()

    def invoke(self, event: bytes) -> Answer:
        """Send one event and return the answer. Raises FunctionFailed."""
        waiting = self._wait_for_work()
        headers = _HEADERS.format(deadline=int((time.time() + self._remaining) * 1000), length=len(event))
        sent = time.perf_counter()
        waiting.sendall(headers.encode("ascii") + event)
        self._waiting = None
        connection, line, body = self._request()
        seconds = time.perf_counter() - sent
        connection.sendall(_TAKEN)
        if not line.split()[1].endswith(b"/response"):
            raise FunctionFailed(f"{body.decode('utf-8', 'replace')}\n{self.log()}")
        return Answer(json.loads(body), seconds)

    def cpu_seconds(self) -> float:
        """Return the processor time that the function's process has used so far."""
        return time.clock_gettime((~self.process.pid << 3) | 2)  # Linux: a process's clock by its id

    def memory_mb(self, peak: bool = False) -> float:
        """Return the memory that the process holds now, or the most it ever held."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+)" if peak else r"VmRSS:\s+(\d+)", status)[0]) / 1024

    def end(self) -> str:
        """Ask the process to end once it waits for work again; return its log."""
        self._wait_for_work()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        return self.log()

    def log(self) -> str:
        """Return what the process has written so far."""
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), size, 0).decode("utf-8", "replace")

    def _wait_for_work(self) -> socket.socket:
        while self._waiting is None:
            connection, line, body = self._request()
            if line.startswith(_NEXT):
                self._waiting = connection
            else:
                raise FunctionFailed(f"{body.decode('utf-8', 'replace')}\n{self.log()}")
        return self._waiting

    def _request(self) -> tuple[socket.socket, bytes, bytes]:
        """Return the next whole request: its connection, first line and body."""
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends:
            for key, _ in self._selector.select(0.5):
                if key.fileobj is self._listener:
                    connection, _ = self._listener.accept()
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._selector.register(connection, selectors.EVENT_READ)
                    self._unread[connection] = b""
                    continue
                connection = key.fileobj  # type: ignore[assignment]
                received = connection.recv(1 << 20)
                if not received:
                    self._selector.unregister(connection)
                    del self._unread[connection]
                    connection.close()
                    continue
                self._unread[connection] += received
                found = _whole(self._unread[connection])
                if found is not None:
                    line, body, self._unread[connection] = found
                    return connection, line, body
            if self.process.poll() is not None:
                raise FunctionFailed(f"exit code {self.process.returncode}\n{self.log()}")
        raise FunctionFailed(f"no answer\n{self.log()}")


def _whole(data: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Split one whole request off: first line, body, rest."""
    head, blank, rest = data.partition(b"\r\n\r\n")
    if not blank:
        return None
    line, _, headers = head.partition(b"\r\n")
    lowered = headers.lower()
    if b"transfer-encoding: chunked" in lowered:
        body = b""
        while True:
            size_line, found, rest = rest.partition(b"\r\n")
            if not found:
                return None
            size = int(size_line.split(b";")[0], 16)
            if len(rest) < size + 2:
                return None
            body, rest = body + rest[:size], rest[size + 2 :]
            if size == 0:
                return line, body, rest
    length = re.search(rb"content-length:\s*(\d+)", lowered)
    size = int(length[1]) if length else 0
    return (line, rest[:size], rest[size:]) if len(rest) >= size else None


def base_python() -> str:
    """Return the interpreter below this environment."""
    return str(getattr(sys, "_base_executable", sys.executable))


def lambda_environment(
    folder: Path, handler: str, site_packages: Path, own: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables that Lambda sets, with the function's own."""
    return {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python{}.{}".format(*sys.version_info[:2]),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "bench",
        "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
        "AWS_REGION": "us-west-2",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "LAMBDA_TASK_ROOT": str(folder),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",  # /var/task is read-only
        "PYTHONHASHSEED": "0",  # the same instructions each time
        "PYTHONPATH": str(site_packages),
        "TZ": ":UTC",
        "_HANDLER": handler,
        **own,
    }
