"""Fork server of the sandbox, in a process of its own: each site is rendered in a fork of it.

It is a fresh interpreter with an empty environment, loads what rendering needs, and never touches a text. So
a fork is as clean as a new interpreter, and there in a hundredth of a second. It is asked over a socket, its
standard input; when that is closed it ends, and all its children with it.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

_LONGEST = 1 << 16  # bytes of a request: a path and some numbers
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_LOOK_EVERY = 0.01  # seconds

Work = Callable[[Path, int, int], None]


class ForkServer:
    """Forks workers, and ends them: only a parent can do that without hitting a stranger by its number."""

    def __init__(self, control: socket.socket, work: Work) -> None:
        self._control = control
        self._work = work
        self._children: set[int] = set()
        self._libc = ctypes.CDLL(None)

    def serve(self) -> None:
        """Do one request after the other, until nobody is there to ask."""
        try:
            while True:
                text, pipes, _, _ = socket.recv_fds(self._control, _LONGEST, 2)
                if not text:
                    return
                self._control.sendall(json.dumps(self._do(json.loads(text), pipes)).encode() + b"\n")
        finally:
            for pid in [*self._children]:
                self._end(pid, 0.0)

    def _do(self, asked: dict[str, Any], pipes: list[int]) -> dict[str, int]:
        if "end" in asked:
            return {"code": self._end(int(asked["end"]), float(asked["grace"]))}
        pid = os.fork()
        if pid == 0:
            self._be_worker(asked, pipes)
        for pipe in pipes:
            os.close(pipe)
        self._children.add(pid)
        return {"pid": pid}

    def _be_worker(self, asked: dict[str, Any], pipes: list[int]) -> None:
        """Render in this fork, and end with it: nothing of the server goes on here."""
        code = 1
        with suppress(BaseException):
            prctl = getattr(self._libc, "prctl", None)
            if prctl:
                prctl(_DIE_WITH_PARENT, signal.SIGKILL)
            for number, pipe in enumerate(pipes):
                os.dup2(pipe, number)
            os.closerange(3, 256)  # the server's socket among them
            self._work(Path(asked["folder"]), asked["processor"], asked["memory"])
            code = 0
        os._exit(code)

    def _end(self, pid: int, grace: float) -> int:
        """Wait a moment for a child to end by itself, else kill it; return its code, or minus the signal."""
        if pid not in self._children:
            return 0
        until = time.monotonic() + grace
        ended, status = os.waitpid(pid, os.WNOHANG)
        while not ended and time.monotonic() < until:
            time.sleep(_LOOK_EVERY)
            ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
        self._children.discard(pid)
        return os.waitstatus_to_exitcode(status)


def main() -> None:
    """Load the module that is named, and serve forks of it: its `work` is called in each."""
    control = socket.socket(fileno=os.dup(0))
    work: Work = importlib.import_module(sys.argv[1]).work
    gc.collect()
    gc.freeze()  # what is there for good is not looked through, and so not copied, in each fork
    ForkServer(control, work).serve()


if __name__ == "__main__":
    main()
