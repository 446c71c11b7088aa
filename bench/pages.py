"""Page functions, measured side by side: all targets take turns, so that a busy minute is busy for all."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.runtime import Function, base_python, lambda_environment
from bench.targets import Runtime, Target

HERE = Path(__file__).resolve().parent
CALLGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")


@dataclass(slots=True)
class PageCost:
    """What one target costs; each list has one figure for each round."""

    cold_cpu_ms: list[float] = field(default_factory=list)
    cold_rss_mb: list[float] = field(default_factory=list)
    warm_p50_us: list[float] = field(default_factory=list)
    warm_p99_us: list[float] = field(default_factory=list)
    warm_cpu_us: list[float] = field(default_factory=list)
    alone_p50_us: list[float] = field(default_factory=list)
    cold_instructions: int = 0
    warm_instructions: int = 0

    def figures(self) -> dict[str, float]:
        """Return the medians, and what follows from them."""
        lists = ("cold_cpu_ms", "cold_rss_mb", "warm_p50_us", "warm_p99_us", "warm_cpu_us", "alone_p50_us")
        found = {name: statistics.median(getattr(self, name)) for name in lists if getattr(self, name)}
        if "warm_cpu_us" in found:
            found["requests_per_second_per_core"] = 1e6 / found["warm_cpu_us"]
        if self.cold_instructions:
            found["cold_instructions_m"] = self.cold_instructions / 1e6
        if self.warm_instructions:
            found["warm_instructions_k"] = self.warm_instructions / 1e3
        return found


def one_round(target: Target, runtime: Runtime, event: bytes, warm: int, cost: PageCost) -> None:
    """Start the function, ask once (cold), then again and again (warm)."""
    environment = lambda_environment(target.folder, target.handler, runtime.site_packages, target.environment)
    with Function(target.folder, target.handler, target.environment, runtime.site_packages) as function:
        answer = function.invoke(event).content
        assert answer["statusCode"] == 200, answer
        cost.cold_cpu_ms.append(function.cpu_seconds() * 1000)
        cost.cold_rss_mb.append(function.memory_mb())
        if not warm:
            return
        for _ in range(warm // 10):
            function.invoke(event)
        before, took = function.cpu_seconds(), []
        for _ in range(warm):
            took.append(function.invoke(event).seconds * 1e6)
        cost.warm_cpu_us.append((function.cpu_seconds() - before) * 1e6 / warm)
        cost.warm_p50_us.append(statistics.median(took))
        cost.warm_p99_us.append(statistics.quantiles(took, n=100)[98])
    cost.alone_p50_us.append(_alone(target, environment, event, warm))


def _alone(target: Target, environment: dict[str, str], event: bytes, count: int) -> float:
    """Return the median of the handler alone, in a process of its own."""
    file = target.folder.with_name(target.folder.name + "-event.json")
    file.write_bytes(event)
    path = f"{target.folder}:{environment['PYTHONPATH']}"
    command = [base_python(), "-S", "-s", str(HERE / "alone.py"), target.handler, str(file), str(count)]
    done = subprocess.run(
        command, cwd=target.folder, env={**environment, "PYTHONPATH": path}, capture_output=True, check=False
    )
    if done.returncode != 0:
        sys.stderr.buffer.write(done.stderr)
        raise RuntimeError(f"{target.name} failed alone")
    return float(done.stdout.split()[-1])


def instructions(target: Target, runtime: Runtime, events: Sequence[bytes]) -> int:
    """Count the instructions from the process's start until these events are answered."""
    with Function(
        target.folder, target.handler, target.environment, runtime.site_packages, CALLGRIND
    ) as function:
        for event in events:
            assert function.invoke(event).content["statusCode"] == 200
        log = function.end()
    found = re.findall(r"Collected\s*:\s*(\d+)", log)
    if not found:
        raise RuntimeError(f"valgrind counted nothing:\n{log[-2000:]}")
    return int(found[-1])


def count_instructions(target: Target, runtime: Runtime, event: bytes, warm: int, cost: PageCost) -> None:
    """Count a cold start, and by the difference of two counts a warm request."""
    first = instructions(target, runtime, [event])
    cost.cold_instructions = first
    if warm:
        cost.warm_instructions = (instructions(target, runtime, [event] * (1 + warm)) - first) // warm
