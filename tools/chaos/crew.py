"""The process that the site's processes are forked from, so that one that was killed is back in a moment.

    python -m tools.chaos.crew

It reads one line of JSON that describes the run, then one a process: {"kind": ..., "name": ...}. For each
it answers with the process's number. Writers say on their standard output, which is ours, what they filed.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from chalicelib.delivery.flood_caps import Caps
from chalicelib.shared.errors import StoreUnavailable
from tools.chaos.clock import SharedClock
from tools.chaos.forms import file_by_form
from tools.chaos.people import file_reports
from tools.chaos.planted_replies import ALL_PLANTS
from tools.chaos.site import Site, ask, note_batch
from tools.chaos.take_replies import take_batch

RUN_SECONDS = (16.0, 24.0)  # of which the last fifteen are left alone


def deliver(site: Site, run: dict[str, Any], asked: dict[str, Any], clock: SharedClock) -> None:
    """Be the function that EventBridge calls again and again."""
    chance = random.Random(f"{run['seed']} {asked['name']}")  # noqa: S311
    while True:
        site.deliverer(clock)(_time_left(chance.uniform(*RUN_SECONDS)))
        time.sleep(chance.uniform(0.05, 0.3))


def note(site: Site, run: dict[str, Any], asked: dict[str, Any], clock: SharedClock) -> None:
    """Be the function that the queue calls."""
    noter = site.noter(clock)
    while True:
        messages = ask(run["address"], "/queue/receive")
        if messages:
            ask(run["address"], "/queue/delete", {"messages": note_batch(noter, site.plant, messages)})
        else:
            time.sleep(0.05)


def take(site: Site, run: dict[str, Any], asked: dict[str, Any], clock: SharedClock) -> None:
    """Be the function that the queue of inbound mail calls."""
    taker = site.reply_taker(clock, partial(ask, run["address"]))
    while True:
        messages = ask(run["address"], "/inbound/receive")
        if messages:
            ask(run["address"], "/inbound/delete", {"messages": take_batch(taker, messages)})
        else:
            time.sleep(0.05)


def sweep(site: Site, run: dict[str, Any], asked: dict[str, Any], clock: SharedClock) -> None:
    """Be the function that deletes on time. What fails is tried again, as EventBridge does."""
    while True:
        with suppress(StoreUnavailable):
            site.sweeper(clock)(_time_left(60.0), clock.now())
        time.sleep(0.5)


def write(site: Site, run: dict[str, Any], asked: dict[str, Any], clock: SharedClock) -> None:
    """Be people who file reports by the use case, quickly."""
    take, attempt = site.taker(clock), asked["attempt"]
    filed = file_reports(
        take, lambda: site.token(clock), run["seed"], asked["numbers"], attempt, run["pause"]
    )
    for one in filed:
        _say([one.number, one.attempt, one.report_id])


def press(site: Site, run: dict[str, Any], asked: dict[str, Any], clock: SharedClock) -> None:
    """Be people who file reports by the form over HTTP."""
    for one in file_by_form(asked["form"], run["seed"], asked["numbers"], asked["attempt"]):
        _say([one.number, one.attempt, one.report_id])


def serve(site: Site, run: dict[str, Any], asked: dict[str, Any], clock: SharedClock) -> None:
    """Be the function that serves the form."""
    site.forms(clock, asked["port"]).start()
    signal.pause()


KINDS: dict[str, Callable[[Site, dict[str, Any], dict[str, Any], SharedClock], None]] = {
    "deliver": deliver,
    "note": note,
    "take": take,
    "sweep": sweep,
    "write": write,
    "press": press,
    "serve": serve,
}


def main() -> None:
    """Fork what is asked for, until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries the dead
    run = json.loads(sys.stdin.readline())
    site = Site(Path(run["keys"]), run["digest_every"], Caps(**run["caps"]), ALL_PLANTS[run["plant"]]())
    site.warm_up()
    _say("ready")
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _live(site, run, asked)
        _say({"name": asked["name"], "pid": child})


def _say(what: Any) -> None:
    # One write, so that the lines of several processes never mix.
    os.write(1, json.dumps(what).encode() + b"\n")


def _time_left(seconds: float) -> Callable[[], timedelta]:
    ends = time.monotonic() + seconds
    return lambda: timedelta(seconds=ends - time.monotonic())


def _die_with_the_crew() -> None:
    """Ask Linux to kill this process when its parent ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _live(site: Site, run: dict[str, Any], asked: dict[str, Any]) -> None:
    code = 0
    try:
        _die_with_the_crew()
        random.seed(f"{run['seed']} {asked['name']}")
        clock = SharedClock(Path(run["clock"]), asked.get("skew", 0.0))
        site.call_as(asked["name"])
        KINDS[asked["kind"]](site, run, asked, clock)
    except BaseException as error:
        import traceback

        traceback.print_exc()
        code = 1 if isinstance(error, Exception) else 0
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
