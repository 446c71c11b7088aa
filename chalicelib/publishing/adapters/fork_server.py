"""Client of the fork server: one server a module, as long as this process lives (see render/fork_main.py)."""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[3]
_SERVER = "chalicelib.publishing.render.fork_main"
_PATIENCE = 25.0  # seconds for an answer: the first one comes when everything is loaded
_AMISS = (OSError, ValueError, LookupError, TypeError)  # no answer in time, or none that makes sense
# The server finds its modules where we do. It is told by argument, because it has no environment.
_START = """
import runpy, sys
sys.path[:] = sys.argv[1].split("|")
server = sys.argv[2]
del sys.argv[1:3]
runpy.run_module(server, run_name="__main__", alter_sys=False)
"""


class ForkServer:
    """A process that forks workers of one module: started when it is needed, and again if it is gone."""

    def __init__(self, module: str, path: str) -> None:
        self._module = module
        self._path = path
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._mine = 0  # the process that started it: a fork of that has to start its own

    def fork(self, asked: Mapping[str, Any], pipes: Sequence[int]) -> int:
        """Fork a worker that reads from the first pipe and writes to the second; return its process id.

        Raises OSError when none can be had.
        """
        with self._lock:
            if self._process is not None and self._mine == os.getpid():
                with suppress(*_AMISS):
                    return int(self._asked(asked, pipes)["pid"])
                self._stop()  # it is gone, as a machine short of memory makes processes go
            self._start()
            try:
                return int(self._asked(asked, pipes)["pid"])
            except _AMISS as error:
                self._stop()
                raise OSError("the server of render processes ended by itself") from error

    def end(self, pid: int, grace: float = 0.0) -> int:
        """End a worker after `grace` seconds; return its exit code or minus the signal, 0 if unknown."""
        with self._lock:
            if self._process is None or self._mine != os.getpid():
                return 0
            try:
                return int(self._asked({"end": pid, "grace": grace}, ())["code"])
            except _AMISS:
                self._stop()  # a late answer must not be taken for that to the next question
        return 0

    def stop(self) -> None:
        """End the server, and with it all its workers."""
        with self._lock:
            self._stop()

    def _start(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._control.settimeout(_PATIENCE)
            self._process = subprocess.Popen(  # noqa: S603 (our own module, and no shell)
                [sys.executable, "-I", "-B", "-c", _START, self._path, _SERVER, self._module],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # what it says there might quote a text
                env={},
                cwd="/",
                close_fds=True,
            )
        self._mine = os.getpid()

    def _asked(self, asked: Mapping[str, Any], pipes: Sequence[int]) -> dict[str, Any]:
        if self._control is None:
            raise OSError("not started")
        text = json.dumps(asked).encode("ascii")
        if pipes:
            socket.send_fds(self._control, [text], pipes)
        else:
            self._control.sendall(text)
        answer = b""
        while not answer.endswith(b"\n"):
            part = self._control.recv(1 << 12)
            if not part:
                raise OSError("it ended")
            answer += part
        found: dict[str, Any] = json.loads(answer)
        return found

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None and self._mine == os.getpid():
            self._process.kill()  # its children die with it
            self._process.wait()
        self._process = self._control = None


_servers: dict[tuple[str, str], ForkServer] = {}
_making = threading.Lock()


def fork_server(module: str) -> ForkServer:
    """Return the server of a module, found where modules are found now: one as long as this process lives."""
    path = "|".join([str(_ROOT), *(part for part in sys.path if part)])
    with _making:
        if (module, path) not in _servers:
            server = _servers[module, path] = ForkServer(module, path)
            atexit.register(server.stop)
        return _servers[module, path]
