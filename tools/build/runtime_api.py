"""A small Lambda Runtime API, to run a function of an unpacked package as Lambda does, on this machine.

    with Running(folder, "app.app", environment, site_packages) as function:
        answer = function.invoke({"httpMethod": "GET", ...})

The function is AWS's own runtime client (awslambdaric) in a process of its own: the package, the runtime's
packages and the environment you give are all it can see. Tests and the bench use it; it is never packaged.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import IO, Any

_PREFIX = "/2018-06-01/runtime/"
_DEADLINE_SECONDS = 60
_ARN = "arn:aws:lambda:us-west-2:000000000000:function:local"


class FunctionFailed(Exception):
    """The function answered with an error, died, or did not start; the text has its log."""


def runtime_packages(names: Iterable[str], folder: Path) -> Path:
    """Fill `folder` with links to the installed packages `names` and all they need, and return it.

    A Lambda function finds the runtime client beside its own package, and an SDK that none of ours needs.
    One that runs here gets no more: what was forgotten in the zip would be found in the developer's
    environment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted, seen = list(names), set()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        package = metadata.distribution(name)
        wanted += [need.split(";")[0] for need in package.requires or () if "extra ==" not in need]
        wanted[:] = [_bare(need) for need in wanted]
        for top in {
            file.parts[0] for file in package.files or () if file.parts[0] not in ("..", "__pycache__")
        }:
            link = folder / top
            if not link.exists():
                link.symlink_to(Path(str(package.locate_file(top))).resolve())
    return folder


def _bare(requirement: str) -> str:
    for index, letter in enumerate(requirement):
        if not (letter.isalnum() or letter in "-_."):
            return requirement[:index]
    return requirement


class Running:
    """One function of an unpacked package, started on entering and ended on leaving."""

    def __init__(
        self,
        package: Path,
        handler: str,
        environment: Mapping[str, str],
        site_packages: Path,
        python: str | None = None,
    ) -> None:
        """`environment` is the function's own, as the template gives it; Lambda's own variables are added."""
        self._package = package
        self._handler = handler
        self._environment = environment
        self._site_packages = site_packages
        self._python = python or _base_python()
        self._server = _Server()
        self._log: IO[bytes] | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Running:
        self._server.start()
        self._log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            # -S and -s: neither the interpreter's own site-packages nor the user's
            [self._python, "-S", "-s", "-m", "awslambdaric", self._handler],
            cwd=self._package,
            env=self._lambda_environment(),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self._watch, args=(self.process,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if self._log is not None:
            self._log.close()
        self._server.stop()

    def invoke(self, event: Any, timeout: float = _DEADLINE_SECONDS) -> Any:
        """Hand the function one event and return its answer. Raises FunctionFailed."""
        self._server.events.put(json.dumps(event).encode("utf-8"))
        try:
            kind, answer = self._server.answers.get(timeout=timeout)
        except queue.Empty:
            raise FunctionFailed(f"no answer in {timeout} s\n{self.log()}") from None
        if kind != "response":
            raise FunctionFailed(f"{kind}: {answer.decode('utf-8', 'replace')}\n{self.log()}")
        return json.loads(answer)

    def log(self) -> str:
        """Return all that the function has written so far."""
        if self._log is None:
            return ""
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), size, 0).decode("utf-8", "replace")

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        self._server.answers.put(("died", f"exit code {code}".encode()))

    def _lambda_environment(self) -> dict[str, str]:
        name = "porchlight-" + self._handler.rpartition(".")[2]
        return {
            "AWS_DEFAULT_REGION": "us-west-2",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python{}.{}".format(*sys.version_info[:2]),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": name,
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_RUNTIME_API": self._server.address,
            "AWS_REGION": "us-west-2",
            "LAMBDA_TASK_ROOT": str(self._package),
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": str(self._site_packages),
            "TZ": ":UTC",
            "_HANDLER": self._handler,
            **self._environment,
        }


def _base_python() -> str:
    # The interpreter below a virtual environment: the environment's own would bring its packages along.
    return str(getattr(sys, "_base_executable", sys.executable))


class _Server:
    """The four calls of the Runtime API, over two queues."""

    def __init__(self) -> None:
        self.events: queue.Queue[bytes | None] = queue.Queue()
        self.answers: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self.address = f"127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.events.put(None)  # frees a call that still waits for work
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def _handler_for(server: _Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path != _PREFIX + "invocation/next":
                return self._answer(404, b"{}")
            event = server.events.get()
            if event is None:
                self.close_connection = True
                return None
            request_id = str(uuid.uuid4())
            return self._answer(
                200,
                event,
                {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": str(_deadline()),
                    "Lambda-Runtime-Invoked-Function-Arn": _ARN,
                    "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000",
                },
            )

        def do_POST(self) -> None:
            body = self._body()
            if self.path == _PREFIX + "init/error":
                server.answers.put(("init/error", body))
            elif self.path.startswith(_PREFIX + "invocation/"):
                server.answers.put((self.path.rpartition("/")[2], body))
            else:
                return self._answer(404, b"{}")
            return self._answer(202, b'{"status":"OK"}')

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing: an event may hold what a person wrote."""

    return Handler


def _deadline() -> int:
    return int((time.time() + _DEADLINE_SECONDS) * 1000)
