"""The page function's handler alone, without the runtime client, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.runtime import base_python
from tools.build.functions import PAGE

_COUNT = 4000
_PROGRAM = """
import importlib, json, statistics, sys, time
module, _, name = sys.argv[1].rpartition(".")
handler = getattr(importlib.import_module(module), name)
events = [json.loads(sys.argv[2]) for _ in range(int(sys.argv[3]))]
took = []
for event in events:
    started = time.perf_counter_ns()
    answer = handler(event, None)
    took.append(time.perf_counter_ns() - started)
    assert answer["statusCode"] in (200, 203), answer["statusCode"]
print(statistics.median(took[len(took) // 10 :]) / 1000)
"""


def alone(folder: Path, event: bytes, count: int = _COUNT) -> float:
    """Return the median in microseconds. Raises RuntimeError where the function fails."""
    command = [base_python(), "-S", "-s", "-c", _PROGRAM, PAGE.handler, event.decode(), str(count)]
    done = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, check=False
    )
    if done.returncode != 0:
        sys.stderr.buffer.write(done.stderr)
        raise RuntimeError("the function failed alone")
    return float(done.stdout.split()[-1])
