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
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from werkzeug.wrappers import Request, Response

from tools.local.quiet_server import HOST, QuietServer, reserve

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
        self._http = QuietServer(self._serve, reserve(0))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self.address = f"{HOST}:{self._http.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.events.put(None)  # frees a call that still waits for work
        self._http.shutdown()
        self._thread.join()

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        response = self._response(Request(environ))
        response.content_type = "application/json"
        return response(environ, start_response)

    def _response(self, request: Request) -> Response:
        path = request.path.removeprefix(_PREFIX)
        if request.method == "GET" and path == "invocation/next":
            event = self.events.get()
            return Response(status=503) if event is None else Response(event, headers=_next_headers())
        if request.method == "POST" and path == "init/error":
            self.answers.put((path, request.get_data()))
        elif request.method == "POST" and path.startswith("invocation/"):
            self.answers.put((path.rpartition("/")[2], request.get_data()))
        else:
            return Response(b"{}", 404)
        return Response(b'{"status":"OK"}', 202)


def _next_headers() -> dict[str, str]:
    return {
        "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
        "Lambda-Runtime-Deadline-Ms": str(_deadline()),
        "Lambda-Runtime-Invoked-Function-Arn": _ARN,
        "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000",
    }


def _deadline() -> int:
    return int((time.time() + _DEADLINE_SECONDS) * 1000)
