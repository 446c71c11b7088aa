"""`make chaos`: thousands of reports while everything fails, and a reckoning that nothing was lost.

    SEED=7 REPORTS=2000 PLANT= python -m tools.chaos

Real processes: people who file reports, workers that deliver them, workers that note what became of them.
They talk over HTTP to stand-ins for DynamoDB, SES and the queue, which throttle, err, drop connections,
hang after they have done what was asked, and are away or suspended for a while. Workers get SIGKILL again
and again, notices come twice, late and out of order, and the clock jumps, forward by hours and back by
minutes.

The seed decides what is filed and what fails; which process comes first is the machine's to decide. The
last line is one JSON object. The exit code is 1 when anything was lost, or sent twice for any other reason
than an answer that got lost or a kill between sending and recording.
"""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any

from chalicelib.adapters.aws import client
from chalicelib.adapters.dynamo_reports import DynamoReports, table_definition
from chalicelib.adapters.hpke_sealer import new_desk_key
from chalicelib.domain.deliveries import LOOKED_AT, WAITING, SealedReport
from tools.chaos.clock import SharedClock
from tools.chaos.people import Filed
from tools.chaos.planted import PLANTS
from tools.chaos.reckoning import Reckoning, reckon
from tools.chaos.site import TABLE, ask

ROOT = Path(__file__).resolve().parents[2]
DELIVERERS, NOTERS, WRITERS = 3, 2, 2
CHAOS_SECONDS, STUCK_SECONDS = 30.0, 45.0
HOUR = 3600.0
SHORT = 500  # reports: a run of fewer is a short one


@dataclass(slots=True)
class Options:
    """What a run can be told."""

    seed: int = 1
    reports: int = 2000
    plant: str = ""

    @classmethod
    def from_env(cls) -> Options:
        """Read SEED, REPORTS and PLANT."""
        options = cls(
            int(os.environ.get("SEED") or 1),
            int(os.environ.get("REPORTS") or 2000),
            os.environ.get("PLANT") or "",
        )
        if options.plant not in PLANTS:
            raise SystemExit(f"PLANT must be one of {', '.join(name for name in PLANTS if name)}")
        return options


@dataclass(slots=True)
class Beat:
    """Something that happens again and again, `every` seconds on average."""

    every: float
    happen: Callable[[], None]
    at: float = 0.0


@dataclass(slots=True)
class Crew:
    """The site's processes, and how to end one."""

    process: subprocess.Popen[bytes]
    filed: list[Filed] = field(default_factory=list)
    living: dict[str, int] = field(default_factory=dict)
    killed: set[str] = field(default_factory=set)
    rss_mb: float = 0.0
    _names: int = 0
    _pids: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)

    def listen(self) -> None:
        """Read what the crew and its writers say, until they end."""
        for line in _pipe(self.process.stdout):
            said = json.loads(line)
            if isinstance(said, dict):
                self._pids.put(said)
            else:
                number, report_id, recipients, story = said
                self.filed.append(Filed(number, report_id, tuple(recipients), story))

    def start(self, kind: str, **more: Any) -> None:
        """Start one more process."""
        self._names += 1
        name = f"{kind}-{self._names}"
        commands = _pipe(self.process.stdin)
        commands.write(json.dumps({"kind": kind, "name": name, **more}).encode() + b"\n")
        commands.flush()
        self.living[name] = self._pids.get(timeout=20)["pid"]

    def of_kind(self, kind: str) -> list[str]:
        """Return the names of those that live."""
        return [name for name in self.living if name.startswith(kind)]

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
        """End a process without a warning."""
        with suppress(ProcessLookupError):  # a writer that is done
            os.kill(self.living.pop(name), signal.SIGKILL)
            self.killed.add(name)


class Run:
    """One chaos run."""

    def __init__(self, options: Options, folder: Path) -> None:
        self.options = options
        self.chance = random.Random(f"chaos {options.seed}")  # noqa: S311
        self.clock = SharedClock(folder / "clock")
        self.jumps = 0
        self.moved = 0.0
        self.least = min(CHAOS_SECONDS, 4 + options.reports / 60)
        self._much_is_due = False
        self.started = time.monotonic()
        rate = 3.0 if options.reports < SHORT else 1.0  # a short run is no calmer
        self.server = _process(
            ["-m", "tools.chaos.server", str(options.seed), str(folder / "clock"), str(rate)]
        )
        self.address = _pipe(self.server.stdout).readline().decode().strip()
        os.environ.update(
            AWS_ENDPOINT_URL=self.address,
            AWS_ACCESS_KEY_ID="chaos",
            AWS_SECRET_ACCESS_KEY="chaos",  # noqa: S106
            AWS_DEFAULT_REGION="us-west-2",
        )
        client("dynamodb").create_table(**table_definition(TABLE))
        self.store = DynamoReports(partial(client, "dynamodb"), TABLE)
        self.crew = self._crew(folder)

    def _crew(self, folder: Path) -> Crew:
        key = new_desk_key(datetime.now(UTC))
        reports = self.options.reports
        process = _process(["-m", "tools.chaos.crew"])
        run = {
            "seed": self.options.seed,
            "address": self.address,
            "clock": str(folder / "clock"),
            "keys": {"private": {key.kid: key.private}, "public": {key.kid: key.public}},
            "plant": self.options.plant,
            "digest_every": HOUR,
            "pause": 0.004,
            # So that floods happen too: more than these in a minute or an hour are held.
            "caps": {
                "per_minute": max(16, reports // 25),
                "per_hour": max(40, reports // 12),
                "per_recipient_hour": max(32, reports // 15),
                "site_per_minute": max(80, reports // 5),
                "site_per_hour": max(160, reports // 3),
            },
        }
        commands = _pipe(process.stdin)
        commands.write(json.dumps(run).encode() + b"\n")
        commands.flush()
        if _pipe(process.stdout).readline().strip() != b'"ready"':
            raise SystemExit("the site's processes did not start")
        crew = Crew(process)
        threading.Thread(target=crew.listen, daemon=True).start()
        return crew

    def __call__(self) -> int:
        """Run, print, and return the exit code."""
        self._fill_up()
        share = -(-self.options.reports // WRITERS)
        for first in range(0, self.options.reports, share):
            self.crew.start("write", numbers=[first, min(first + share, self.options.reports)])
        self._make_chaos()
        settled = self._settle()
        self.crew.weigh()
        for name in list(self.crew.living):
            self.crew.kill(name)
        everything = ask(self.address, "/control/everything")
        records = {record.id: record for record in self._records()}
        result = reckon(self.crew.filed, records, everything, self.crew.killed)
        return self._report(result, settled, everything)

    # Chaos

    def _make_chaos(self) -> None:
        pace = max(0.5, self.least / CHAOS_SECONDS)
        beats = [
            Beat(1.3, self._kill_one),
            Beat(2.5, lambda: self._jump(self.chance.uniform(-8, 10))),
            Beat(6.0, self._blackout),
            Beat(11.0, lambda: self._control("suspend", self.chance.uniform(1.0, 3.0))),
            Beat(5.0, lambda: self._control("outage", self.chance.uniform(0.2, 1.2))),
            Beat(5.0, lambda: self._control("throttle", self.chance.uniform(0.2, 1.0))),
            Beat(2.0, self._show),
        ]
        for beat in beats:
            beat.every *= pace
            beat.at = self._soon(beat.every)
        while self._people_are_writing() or self._seconds() < self.least or self._much_is_due:
            now = time.monotonic()
            for beat in beats:
                if beat.at <= now:
                    beat.happen()
                    beat.at = self._soon(beat.every)
            time.sleep(0.02)

    def _people_are_writing(self) -> bool:
        # If they end without all receipts, the reckoning says so.
        return any(self.crew.lives(name) for name in self.crew.of_kind("write"))

    def _soon(self, every: float) -> float:
        return time.monotonic() + self.chance.uniform(0.3, 1.7) * every

    def _fill_up(self) -> None:
        for kind, wanted in (("deliver", DELIVERERS), ("note", NOTERS)):
            for _ in range(wanted - len(self.crew.of_kind(kind))):
                # Clocks of machines differ a little.
                self.crew.start(kind, skew=self.chance.uniform(-3, 3))

    def _kill_one(self) -> None:
        self.crew.weigh()
        kind = "deliver" if self.chance.random() < 0.8 else "note"
        self.crew.kill(self.chance.choice(self.crew.of_kind(kind)))
        self._fill_up()

    def _blackout(self) -> None:
        """Everything dies, the clock jumps far, and life goes on."""
        self.crew.weigh()
        for kind in ("deliver", "note"):
            for name in self.crew.of_kind(kind):
                self.crew.kill(name)
        forward = self.chance.random() < 0.8
        self._jump(self.chance.uniform(600, 1.5 * HOUR) if forward else -self.chance.uniform(60, 600))
        self._fill_up()

    def _jump(self, seconds: float) -> None:
        self.clock.jump(seconds)
        self.jumps += 1
        self.moved += abs(seconds)

    def _control(self, what: str, seconds: float) -> None:
        ask(self.address, f"/control/{what}", {"seconds": seconds})

    # The end

    def _settle(self) -> bool:
        """Let the faults end and time pass until nothing is left to do; return whether that came."""
        ask(self.address, "/control/calm")
        watched, moved_at = False, time.monotonic()
        seen: dict[str, Any] = {}
        while time.monotonic() - moved_at < STUCK_SECONDS:
            time.sleep(0.4 if self.options.reports < SHORT else 1.5)
            self._show()
            before, seen = seen, ask(self.address, "/control/figures")
            if seen != before:
                # Notices that stay come again until they are a quarter of an hour old.
                moved_at = time.monotonic()
                continue
            records = self._records()
            if waits := [wait for record in records if (wait := _wait(record, self.clock.now()))]:
                self._blackout_for(max(max(waits), 60.0) + 10)
            elif not watched:
                # What nobody has by now is to be told of.
                watched = True
                self._blackout_for(9 * HOUR)
            elif not any(_overdue(record, self.clock.now()) for record in records):
                if not any(_is_told_of_soon(record, self.clock.now()) for record in records):
                    return True
                # Two workers told of different reports in one hour: the second alarm comes an hour later.
                self._blackout_for(1.1 * HOUR)
        return False

    def _blackout_for(self, seconds: float) -> None:
        for kind in ("deliver", "note"):
            for name in self.crew.of_kind(kind):
                self.crew.kill(name)
        self._jump(seconds)
        self._fill_up()

    def _records(self) -> list[SealedReport]:
        return list(self.store.survey(self.clock.now()))

    def _seconds(self) -> float:
        return time.monotonic() - self.started

    def _show(self) -> None:
        figures = ask(self.address, "/control/figures")
        # Too early for calm: it is chaos that reports are to get through.
        much = figures["due"] > self.options.reports / 10
        self._much_is_due = much and self._seconds() < 2 * self.least
        parts = [
            f"{self._seconds():4.0f} s",
            f"clock {self.clock.shift / HOUR:+5.1f} h",
            f"taken {len(self.crew.filed)}/{self.options.reports}",
            f"mails {figures['mails']}",
            f"due {figures['due']}",
            f"notices left {figures['notices']}",
            f"kills {len(self.crew.killed)}",
            f"faults {figures['faults']}",
            "SES suspended" if figures["suspended"] else "",
        ]
        print("   ".join(parts), flush=True)

    def _report(self, result: Reckoning, settled: bool, everything: dict[str, Any]) -> int:
        for title, some in (("lost", result.lost), ("sent twice without a reason", result.unexplained)):
            for one in some[:10]:
                print(f"{title}: {one}")
        if not settled:
            print("something was still to be done at the end")
        missing = self.options.reports - len(self.crew.filed)
        print(
            json.dumps(
                {
                    "seed": self.options.seed,
                    "reports": len(self.crew.filed),
                    "mails": result.mails,
                    "lost": len(result.lost) + missing,
                    "doubled": result.doubled,
                    "doubled_after_timeout": result.doubled_after_timeout,
                    "doubled_after_kill": result.doubled_after_kill,
                    "doubled_otherwise": len(result.unexplained),
                    "held": result.held,
                    "fell_back": result.fell_back,
                    "not_taken_and_told": result.told,
                    "alarms": len(everything["alarms"]),
                    "kills": len(self.crew.killed),
                    "faults": sum(everything["faults"].values()),
                    "clock_jumps": self.jumps,
                    "longest_wait_s": round(result.longest_wait_s),
                    "max_rss_mb": round(self.crew.rss_mb, 1),
                    "seconds": round(self._seconds(), 1),
                    "settled": settled,
                }
            ),
            flush=True,
        )
        return 1 if result.lost or result.unexplained or missing or not settled else 0

    def end(self) -> None:
        """End every process."""
        for process in (self.crew.process, self.server):
            _pipe(process.stdin).close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(record: SealedReport, now: datetime) -> float:
    """Return for how many seconds something of a report will still wait, or 0 when all of it is settled."""
    tries = [
        one.next_try
        for one in record.deliveries
        if one.next_try is not None and one.state in WAITING | LOOKED_AT
    ]
    if not tries:
        return 0.0
    return max((max([*tries, record.leased_until or now]) - now).total_seconds(), 1.0)


def _is_told_of_soon(record: SealedReport, now: datetime) -> bool:
    return record.watch_at is not None and record.watch_at < now + timedelta(hours=2)


def _overdue(record: SealedReport, now: datetime) -> bool:
    due_at = record.due_at()
    return due_at is not None and due_at <= now and not (record.leased_until and record.leased_until > now)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("a process without pipes")
    return stream


def _process(arguments: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def main() -> int:
    """Run once."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    options = Options.from_env()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(options, Path(folder))
        try:
            return run()
        finally:
            run.end()


if __name__ == "__main__":
    sys.exit(main())
