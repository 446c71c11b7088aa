"""Child processes that render what editors wrote, with a timeout and rlimits on CPU, memory and output."""

from __future__ import annotations

import contextlib
import json
import os
import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from chalicelib.publishing.adapters.fork_server import fork_server
from chalicelib.publishing.errors import RenderStopped

_OWN_SHARE = 0.85  # of the patience: then the process stops by itself, and can still say at which line
_A_MOMENT = 0.1  # seconds in which a process that has failed is gone


class Limits(NamedTuple):
    """Resource limits of a child process: CPU seconds and memory in all, seconds and bytes for an answer."""

    processor: int = 30
    memory: int = 320 * 1024 * 1024
    patience: float = 8.0  # of the clock: a busy machine must not look like a loop
    answer: int = 4 * 1024 * 1024


class RenderWorker:
    """A process that renders, one job after the other, over pipes. It begins with the first job."""

    def __init__(self, module: str, folder: Path, limits: Limits) -> None:
        self._limits = limits
        self._module = module
        self._folder = folder
        self._pid = 0
        self._read = b""

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Hand in a job and return the answer. Raises RenderStopped when none came within the limits."""
        text = "this took too much time or memory"
        try:
            self._begin()
            now, patience = time.monotonic(), self._limits.patience
            end, own_end = now + patience, now + patience * _OWN_SHARE
            self._in.write(json.dumps({**job, "until": own_end}).encode("ascii") + b"\n")
            self._in.flush()
            line = self._line(end)
            answer = json.loads(line)
        except (OSError, ValueError) as error:
            # Limits end it by a signal, and that is a code below zero.
            if not self._pid or self.end(_A_MOMENT) > 0:
                text = "the process that renders ended by itself: no text can be blamed for it"
            raise RenderStopped(text) from error
        if not isinstance(answer, dict):
            self.end()
            raise RenderStopped("no sensible answer")
        if answer.get("stopped"):
            self.end()
            raise RenderStopped(text, str(answer["fault"][0]), int(answer["fault"][1]))
        return answer

    def end(self, grace: float = 0.0) -> int:
        """End the process, whatever it is at; return how it ended, as ForkServer.end does."""
        if not self._pid:
            return 0
        code = self._server.end(self._pid, grace)
        self._pid = 0
        with contextlib.suppress(OSError):  # a job that was never read
            self._in.close()
        self._out.close()
        return code

    def _begin(self) -> None:
        if self._pid:
            return
        self._server = fork_server(self._module)
        limits, folder = self._limits, str(self._folder)
        asked = {"folder": folder, "processor": limits.processor, "memory": limits.memory}
        jobs, ours = os.pipe()
        answers, theirs = os.pipe()
        self._in, self._out = os.fdopen(ours, "wb"), os.fdopen(answers, "rb")
        try:
            self._pid = self._server.fork(asked, [jobs, theirs])
        except OSError:
            self._in.close()
            self._out.close()
            raise
        finally:
            os.close(jobs)
            os.close(theirs)

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
