"""Child processes that render what editors wrote, with a timeout and rlimits on CPU, memory and output."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from chalicelib.publishing.errors import RenderStopped

_ROOT = Path(__file__).resolve().parents[3]
_OWN_SHARE = 0.85  # of the patience: then the process stops by itself, and can still say at which line
# The child finds its modules where we do. It is told by argument, because it has no environment.
_START = """
import runpy, sys
sys.path[:] = sys.argv[1].split("|")
module = sys.argv[2]
del sys.argv[1:3]
runpy.run_module(module, run_name="__main__", alter_sys=False)
"""


class Limits(NamedTuple):
    """Resource limits of a child process: CPU seconds and memory in all, seconds and bytes for an answer."""

    processor: int = 30
    memory: int = 320 * 1024 * 1024
    patience: float = 8.0  # of the clock: a busy machine must not look like a loop
    answer: int = 4 * 1024 * 1024


class RenderWorker:
    """A child process that renders, one job after the other, over pipes."""

    def __init__(self, module: str, folder: Path, limits: Limits) -> None:
        self._limits = limits
        path = "|".join([str(_ROOT), *(part for part in sys.path if part)])
        command = [sys.executable, "-I", "-B", "-c", _START, path, module, str(folder)]
        self._process = subprocess.Popen(  # noqa: S603 (our own module, and no shell)
            [*command, str(limits.processor), str(limits.memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what it says there might quote a text
            env={},
            cwd="/",
            close_fds=True,
        )
        self._in = cast(IO[bytes], self._process.stdin)
        self._out = cast(IO[bytes], self._process.stdout)
        self._read = b""

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Hand in a job and return the answer. Raises RenderStopped when none came within the limits."""
        now, patience = time.monotonic(), self._limits.patience
        end, own_end = now + patience, now + patience * _OWN_SHARE
        text = "this took too much time or memory"
        try:
            self._in.write(json.dumps({**job, "until": own_end}).encode("ascii") + b"\n")
            self._in.flush()
            line = self._line(end)
            answer = json.loads(line)
        except (OSError, ValueError) as error:
            if self._ended_by_itself():
                text = "the process that renders ended by itself: no text can be blamed for it"
            self.end()
            raise RenderStopped(text) from error
        if not isinstance(answer, dict):
            self.end()
            raise RenderStopped("no sensible answer")
        if answer.get("stopped"):
            self.end()
            raise RenderStopped(text, str(answer["fault"][0]), int(answer["fault"][1]))
        return answer

    def end(self) -> None:
        """End the process, whatever it is at."""
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):  # a job that was never read
            self._in.close()
        self._out.close()

    def _ended_by_itself(self) -> bool:
        # Limits end it by a signal, and that is a code below zero.
        try:
            return self._process.wait(0.1) > 0
        except subprocess.TimeoutExpired:
            return False

    def _line(self, end: float) -> bytes:
        while b"\n" not in self._read:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._out], [], [], left)[0]:
                raise OSError("no answer in time")
            part = os.read(self._out.fileno(), 1 << 16)
            if not part:
                raise OSError("it ended")
            self._read += part
            if len(self._read) > self._limits.answer:
                raise OSError("the answer is too long")
        line, _, self._read = self._read.partition(b"\n")
        return line


class RenderProcess:
    """Starts child processes that run `module` on a folder."""

    def __init__(self, module: str, limits: Limits | None = None) -> None:
        self._module = module
        self._limits = limits or Limits()

    @contextmanager
    def __call__(self, folder: Path) -> Iterator[RenderWorker]:
        """Give a process for the folder, and end it afterwards."""
        worker = RenderWorker(self._module, folder, self._limits)
        try:
            yield worker
        finally:
            worker.end()
