"""The processes of a chaos run: starts them, weighs them, ends them, and hears what they filed."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tools.chaos.people import Filed

ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Crew:
    """The site's processes and the people's, and how to end one."""

    process: subprocess.Popen[bytes]
    filed: list[Filed] = field(default_factory=list)
    living: dict[str, int] = field(default_factory=dict)
    killed: set[str] = field(default_factory=set)
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    rss_mb: float = 0.0
    _names: int = 0
    _pids: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)

    def listen(self) -> None:
        """Read what the crew and its writers say, until they end."""
        for line in pipe(self.process.stdout):
            said = json.loads(line)
            if isinstance(said, dict):
                self._pids.put(said)
            else:
                self.filed.append(Filed(*said))

    def start(self, kind: str, **more: Any) -> None:
        """Start one more process."""
        self._names += 1
        name = f"{kind}-{self._names}"
        commands = pipe(self.process.stdin)
        commands.write(json.dumps({"kind": kind, "name": name, **more}).encode() + b"\n")
        commands.flush()
        self.asked[name] = {"kind": kind, **more}
        self.living[name] = self._pids.get(timeout=20)["pid"]

    def start_again(self, name: str) -> None:
        """Let somebody go on with what a killed writer or server had in hand.

        A report that was stored and whose receipt nobody saw stays where it is: its writer files another one.
        """
        asked = dict(self.asked[name])
        if "numbers" in asked:
            done = {one.number for one in list(self.filed)}
            asked["numbers"] = [number for number in asked["numbers"] if number not in done]
            asked["attempt"] += 1
            if not asked["numbers"]:
                return
        self.start(**asked)

    def of_kind(self, *kinds: str) -> list[str]:
        """Return the names of those that were started and not killed."""
        return [name for name in self.living if name.rpartition("-")[0] in kinds]

    def lives(self, name: str) -> bool:
        """Say whether a process is there still."""
        return Path(f"/proc/{self.living[name]}").exists()

    def weigh(self) -> None:
        """Look how much memory each deliverer has used at most."""
        for name in self.of_kind("deliver"):
            try:
                status = Path(f"/proc/{self.living[name]}/status").read_text(encoding="ascii")
            except OSError:
                continue
            for line in status.splitlines():
                if line.startswith("VmHWM:"):
                    self.rss_mb = max(self.rss_mb, int(line.split()[1]) / 1024)

    def kill(self, name: str) -> None:
        """End a process without a warning, and wait until it is gone."""
        number = self.living.pop(name)
        with suppress(ProcessLookupError):  # a writer that is done
            os.kill(number, signal.SIGKILL)
            self.killed.add(name)
        patience = time.monotonic() + 5
        while Path(f"/proc/{number}").exists() and time.monotonic() < patience:
            time.sleep(0.005)


def start_process(arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start a Python module of ours with a pipe to and from it."""
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """Return a process's pipe."""
    if stream is None:
        raise RuntimeError("a process without pipes")
    return stream
