"""One chaos run: people file reports while everything fails, until most mails are out; then it settles."""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from chalicelib.delivery.adapters.delivery_keys import new_delivery_key
from chalicelib.replies.adapters.dynamo_replies import DynamoReplies
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports, table_definition
from chalicelib.reporting.adapters.report_items import from_index
from chalicelib.reporting.cases import LOOKED_AT, WAITING, SealedReport
from chalicelib.shared.aws.sdk import client
from tools.chaos.clock import SharedClock
from tools.chaos.hands import Crew, pipe, start_process
from tools.chaos.reckoning import TELL_OF_A_CASE, Deleted, Reckoning, reckon
from tools.chaos.reply_reckoning import ReplyReckoning, reckon_replies
from tools.chaos.site import TABLE, SharedKeys, ask

# How many of each kind work side by side.
HANDS = {"deliver": 3, "note": 2, "take": 2, "sweep": 1}
WRITERS = 2
BY_FORM = 0.1  # the share of the reports that is filed over HTTP
CHAOS_SECONDS, STUCK_SECONDS = 30.0, 45.0
HOUR = 3600.0
_CASE_NUMBER = re.compile(r"PL-\w{4}-\w{4}")
SHORT = 500  # reports: a run of fewer is a short one
LONGEST_BACK_OFF = 64
SHARE_UNDER_FAULTS = 0.5  # of the mails, at least
AIM = 0.57  # of those that are known of: some fall back later, and are one mail more


@dataclass(frozen=True, slots=True)
class Options:
    """What a run can be told."""

    seed: int = 1
    reports: int = 2000
    plant: str = ""


@dataclass(slots=True)
class Beat:
    """Something that happens again and again, `every` seconds on average.

    On a slow machine it waits until the site has made `calls` more calls to DynamoDB: what is killed before
    it has done anything shows nothing. As long as no mail leaves, it backs off: a digest of hundreds takes
    thousands of calls, and whoever collects it must live that long now and then.
    """

    every: float
    happen: Callable[[], None]
    calls: int = 0
    at: float = 0.0
    from_calls: int = 0
    mails: int = 0
    back_off: int = 1

    def wait_for(self, calls: int, mails: int) -> None:
        """Do not happen again before the site has done something, of which so much is done by now."""
        self.back_off = 1 if mails > self.mails else min(2 * self.back_off, LONGEST_BACK_OFF)
        self.from_calls, self.mails = calls + self.calls * self.back_off, mails


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found, and the figures around it."""

    reckoning: Reckoning
    filed: int
    missing: int
    settled: bool
    figures: dict[str, Any]
    replies: ReplyReckoning


class Run:
    """Starts everything, makes it fail, lets it settle, and reckons."""

    def __init__(self, options: Options, folder: Path) -> None:
        self.options = options
        self.chance = random.Random(f"chaos {options.seed}")  # noqa: S311
        self.clock = SharedClock(folder / "clock")
        self.keys = SharedKeys(folder / "keys")
        self.rotations = -1
        self._rotate()
        self.jumps = 0
        self.least = min(CHAOS_SECONDS, 4 + options.reports / 60)
        self.most = 120 + options.reports * 0.3  # seconds: then it ends, met or not
        self._far = False
        self._by_form = max(1, int(options.reports * BY_FORM))  # the first so many are filed over HTTP
        self._came: dict[bool, int] = {}
        self._port = socket.socket()
        self.started = time.monotonic()
        rate = 3.0 if options.reports < SHORT else 1.0  # a short run is no calmer
        self.server = start_process(
            ["-m", "tools.chaos.server", str(options.seed), str(folder / "clock"), str(rate)]
        )
        self.address = pipe(self.server.stdout).readline().decode().strip()
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
        reports = self.options.reports
        process = start_process(["-m", "tools.chaos.crew"])
        run = {
            "seed": self.options.seed,
            "address": self.address,
            "clock": str(folder / "clock"),
            "keys": str(folder / "keys"),
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
        commands = pipe(process.stdin)
        commands.write(json.dumps(run).encode() + b"\n")
        commands.flush()
        if pipe(process.stdout).readline().strip() != b'"ready"':
            raise SystemExit("the site's processes did not start")
        crew = Crew(process)
        threading.Thread(target=crew.listen, daemon=True).start()
        return crew

    def __call__(self) -> Outcome:
        """Run, and return what was found."""
        self._fill_up()
        self._let_people_write()
        self._make_chaos()
        settled = self._settle()
        self.crew.weigh()
        for name in list(self.crew.living):
            self.crew.kill(name)
        everything = ask(self.address, "/control/everything")
        records = {record.id: record for record in self._records()}
        deleted = {}
        for item, at in everything["deleted"]:
            record = from_index(item)
            deleted[record.id] = Deleted(record, datetime.fromisoformat(at))
        filed = list(self.crew.filed)
        result = reckon(self.options.seed, filed, records, deleted, everything, self.crew.killed)
        missing = self.options.reports - len({one.number for one in filed})
        gone = {one.record.case_number for one in deleted.values()}
        shelf = DynamoReplies(partial(client, "dynamodb"), TABLE)
        replies = reckon_replies(everything["written"], records, gone, shelf)
        return Outcome(result, len(filed), missing, settled, self._figures(everything), replies)

    def _figures(self, everything: dict[str, Any]) -> dict[str, Any]:
        killed = [name.rpartition("-")[0] for name in self.crew.killed]
        return {
            "alarms": len(everything["alarms"]),
            "kills": len(killed),
            "writers_killed": sum(kind in ("write", "press") for kind in killed),
            "forms_killed": killed.count("serve"),
            "faults": sum(everything["faults"].values()),
            "notices_lost": everything["notices_lost"],
            "clock_jumps": self.jumps,
            "rotations": self.rotations,
            "max_rss_mb": round(self.crew.rss_mb, 1),
            "seconds": round(self._seconds(), 1),
        }

    # Who lives

    def _let_people_write(self) -> None:
        """Start those who file reports, some by the form over HTTP."""
        numbers = list(range(self.options.reports))
        by_form, rest = numbers[: self._by_form], numbers[self._by_form :]
        # Held for the whole run: while the form's process is dead, nobody else on this machine gets its port.
        self._port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._port.bind(("127.0.0.1", 0))
        port = self._port.getsockname()[1]
        self.crew.start("serve", port=port)
        self.crew.start("press", form=f"http://127.0.0.1:{port}", numbers=by_form, attempt=0)
        for first in range(WRITERS):
            self.crew.start("write", numbers=rest[first::WRITERS], attempt=0)

    def _people_are_writing(self) -> bool:
        # If they end without all receipts, the reckoning says so.
        return any(self.crew.lives(name) for name in self.crew.of_kind("write", "press"))

    def _fill_up(self) -> None:
        for kind, wanted in HANDS.items():
            for _ in range(wanted - len(self.crew.of_kind(kind))):
                # Clocks of machines differ a little.
                self.crew.start(kind, skew=self.chance.uniform(-3, 3))

    # Chaos

    def _make_chaos(self) -> None:
        pace = max(0.5, self.least / CHAOS_SECONDS)
        beats = [
            Beat(1.3, self._kill_one, calls=40),
            Beat(4.0, self._kill_a_writer, calls=40),
            Beat(7.0, self._rotate),
            Beat(2.5, lambda: self._jump(self.chance.uniform(-8, 10))),
            Beat(6.0, self._blackout, calls=250),
            Beat(11.0, lambda: self._control("suspend", self.chance.uniform(1.0, 3.0)), calls=300),
            Beat(5.0, lambda: self._control("outage", self.chance.uniform(0.2, 1.2))),
            Beat(5.0, lambda: self._control("throttle", self.chance.uniform(0.2, 1.0))),
            Beat(2.0, self._show),
        ]
        for beat in beats:
            beat.every *= pace
            beat.at = self._soon(beat.every)
        enough_at = 0.0
        while self._people_are_writing() or self._seconds() < self.least or not enough_at:
            now = time.monotonic()
            if now > enough_at and (self._enough_is_out() or self._seconds() > self.most):
                enough_at = now
            done = ask(self.address, "/control/calls")
            for beat in beats:
                if beat.at <= now and done["calls"] >= beat.from_calls:
                    beat.happen()
                    beat.at = self._soon(beat.every)
                    beat.wait_for(**done)
            time.sleep(0.1)

    def _enough_is_out(self) -> bool:
        """Say whether most mails have left already."""
        if self._people_are_writing() or self._seconds() < self.least:
            return False
        figures = ask(self.address, "/control/figures")
        left = figures["waiting"]
        return bool(figures["mails"] and figures["mails"] * (1 - AIM) >= left * AIM)

    def _soon(self, every: float) -> float:
        return time.monotonic() + self.chance.uniform(0.3, 1.7) * every

    def _kill_one(self) -> None:
        self.crew.weigh()
        (kind,) = self.chance.choices(("deliver", "note", "take", "sweep"), (0.6, 0.15, 0.15, 0.1))
        self.crew.kill(self.chance.choice(self.crew.of_kind(kind)))
        self._fill_up()

    def _kill_a_writer(self) -> None:
        """Somebody's browser, or the function that serves the form, ends in the middle of it.

        Each is let be until another report came by its way, so that a slow machine gets on as well.
        """
        alive = [name for name in self.crew.of_kind("write", "press", "serve") if self.crew.lives(name)]
        if all(name.startswith("serve") for name in alive):
            return
        name = self.chance.choice(alive)
        by_form = not name.startswith("write")
        came = sum((one.number < self._by_form) == by_form for one in list(self.crew.filed))
        if came > self._came.get(by_form, 0):
            self._came[by_form] = came
            self.crew.kill(name)
            self.crew.start_again(name)

    def _rotate(self) -> None:
        """Make a new key: what comes is sealed to it, and what lies there opens by the old ones."""
        self.keys.add(new_delivery_key(datetime.now(UTC)))
        self.rotations += 1

    def _blackout(self) -> None:
        """Everything dies, the clock jumps far, and life goes on. Once it jumps to the day of deletion."""
        self.crew.weigh()
        if not self._far and self._seconds() > self.least / 2 and not self._people_are_writing():
            self._far = True
            self._jump_a_day()
            return
        forward = self.chance.random() < 0.8
        self._blackout_for(self.chance.uniform(600, 1.5 * HOUR) if forward else -self.chance.uniform(60, 600))

    def _jump_a_day(self) -> None:
        """Let more time pass than reports are kept, once no notice of a mail that left is still under way."""
        for name in self.crew.of_kind("deliver"):
            self.crew.kill(name)
        patience = time.monotonic() + self.least
        while ask(self.address, "/control/figures")["notices"] and time.monotonic() < patience:
            time.sleep(0.1)
        self._blackout_for(26 * HOUR)

    def _jump(self, seconds: float) -> None:
        self.clock.jump(seconds)
        self.jumps += 1

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
            if seen != before or self._people_are_writing() or seen["replies"]:
                # Notices that stay come again until they are a quarter of an hour old. And on a slow machine
                # there are people whose form is still on its way: who ends before them counts them as lost.
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
                untold = self._watched_for(records)
                if not untold:
                    return True
                # What went wrong late is told of hours later; and where two workers tell of different reports
                # in one hour, the second alarm comes an hour after the first.
                self._blackout_for(max(0.0, (min(untold) - self.clock.now()).total_seconds()) + 1.1 * HOUR)
        return False

    def _watched_for(self, records: Sequence[SealedReport]) -> list[datetime]:
        """Return when each report will be told of that not everybody has, and that no alarm has named yet."""
        texts = [text for kind, text in ask(self.address, "/control/alarms") if kind in TELL_OF_A_CASE]
        named = set(_CASE_NUMBER.findall(" ".join(texts)))
        return [one.watch_at for one in records if one.watch_at and one.case_number not in named]

    def _blackout_for(self, seconds: float) -> None:
        for name in self.crew.of_kind(*HANDS):
            self.crew.kill(name)
        self._jump(seconds)
        self._fill_up()

    def _records(self) -> list[SealedReport]:
        return list(self.store.survey(self.clock.now()))

    def _seconds(self) -> float:
        return time.monotonic() - self.started

    def _show(self) -> None:
        figures = ask(self.address, "/control/figures")
        parts = [
            f"{self._seconds():4.0f} s",
            f"clock {self.clock.shift / HOUR:+5.1f} h",
            f"taken {len(self.crew.filed)}/{self.options.reports}",
            f"mails {figures['mails']}",
            f"to be sent {figures['waiting']}",
            f"due {figures['due']}",
            f"notices left {figures['notices']}",
            f"replies left {figures['replies']}",
            f"deleted {figures['deleted']}",
            f"kills {len(self.crew.killed)}",
            f"faults {figures['faults']}",
            "SES suspended" if figures["suspended"] else "",
        ]
        print("   ".join(parts), flush=True)

    def end(self) -> None:
        """End every process."""
        self._port.close()
        for process in (self.crew.process, self.server):
            pipe(process.stdin).close()
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


def _overdue(record: SealedReport, now: datetime) -> bool:
    due_at = record.due_at()
    return due_at is not None and due_at <= now and not (record.leased_until and record.leased_until > now)
