"""Publishing many places, measured: `python -m bench.towns PLACES=3000 LOCALES=10`.

So many places in so many languages are live, as years of work at the desk would have left them. Then each is
done in a process of its own that starts cold, through what a worker runs: a change of all pages is published,
what is live is published once more, one county's contact changes, and all is rolled back.

S3's stand-in (bench.shelf) and DynamoDB's (moto) are processes of their own. What they take of the
processors is printed, and not counted as ours; `full_s` is the time of the clock all the same, with nothing
taken off for them, so on two processors it is rather too long than too short. `full_s` and `rollback_s` are
the times until readers have it; spare pages are copied after that, and both are printed. Writes are counted
where they arrive.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bench.shelf import COUNTS
from chalicelib.pages.render.packing import PUBLISHED

_DEFAULTS = {"PLACES": 300, "LOCALES": 10}
_GZIP = 9  # as the render worker packs
_FROM = "http://127.0.0.1:"


class StandIns(NamedTuple):
    """The processes that stand in for AWS, and where they are."""

    s3: str
    dynamodb: str
    pids: Mapping[str, int]

    def environment(self) -> dict[str, str]:
        """Return what makes the SDK ask these."""
        return {
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "us-west-2",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_S3": self.s3,
            "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb,
        }

    def counts(self) -> dict[str, float]:
        """Return what S3's stand-in counted so far, and what it took."""
        found: dict[str, float] = json.loads(_fetched(f"{self.s3}/pages{COUNTS}"))
        return found

    def dynamodb_cpu(self) -> float:
        """Return the processor seconds of DynamoDB's stand-in, or 0 where nothing tells."""
        try:
            with open(f"/proc/{self.pids['dynamodb']}/stat", encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def stand_ins() -> Iterator[StandIns]:
    """Start both, and end them."""
    shelf = subprocess.Popen([sys.executable, "-m", "bench.shelf"], stdout=subprocess.PIPE)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    moto = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port), "-H", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert shelf.stdout is not None
        s3 = f"{_FROM}{int(shelf.stdout.readline())}"
        _until_it_answers(port)
        yield StandIns(s3, f"{_FROM}{port}", {"s3": shelf.pid, "dynamodb": moto.pid})
    finally:
        for process in (shelf, moto):
            process.kill()
            process.wait()


class Step(NamedTuple):
    """What one step took: `told` is its own word, all else is measured from outside."""

    told: Mapping[str, Any]
    cpu_s: float
    rss_mb: float
    writes: int
    requests: Mapping[str, float]
    shelf_cpu_s: float
    dynamodb_cpu_s: float
    moved_at: float

    @property
    def live_seconds(self) -> float:
        """Return how long it took until readers got it; standby pages come after that."""
        return round(self.moved_at - float(self.told["began"]), 2)

    @property
    def seconds(self) -> float:
        """Return how long it took by the clock."""
        return float(self.told["seconds"])


def step(aws: StandIns, name: str, *arguments: int) -> Step:
    """Do a step in a process of its own, and measure it with all processes that it started."""
    say(name)
    before, dynamodb = aws.counts(), aws.dynamodb_cpu()
    command = [sys.executable, "-m", "bench.town_steps", name, *map(str, arguments)]
    environment = {**os.environ, **aws.environment()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
        _, status, used = os.wait4(process.pid, 0)  # of all that it waited for, too
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"bench: {name} failed")
    after = aws.counts()
    done = {key: after[key] - before.get(key, 0) for key in after}
    return Step(
        json.loads(lines[-1]),
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1024,
        int(done.get("put", 0) + done.get("delete", 0)),
        {key: int(value) for key, value in done.items() if key not in ("cpu_s", "max_rss_mb", "moved_at")},
        done["cpu_s"],
        aws.dynamodb_cpu() - dynamodb,
        after["moved_at"],
    )


def measure(places: int, locales: int) -> dict[str, Any]:
    """Return every figure."""
    load = os.getloadavg()[0]
    with stand_ins() as aws:
        step(aws, "seed", places, locales)
        full = step(aws, "full")
        current = _fetched(f"{aws.s3}/pages/current.json")
        index = json.loads(current)["index"]
        unchanged = step(aws, "unchanged")
        one = step(aws, "one_contact")
        back = step(aws, "back")
        steps = (full, unchanged, one, back)
        ready = len(index["places"]) + len(index["other_pages"])
        pages = sum(1 for _ in index["locales"]) * ready
        return {
            "measured_on": datetime.now(UTC).date().isoformat(),
            "places": len(index["places"]),
            "languages": len(index["locales"]),
            "pages": pages,
            "encodings": {"gzip": _GZIP, "brotli": PUBLISHED},
            "processors": os.cpu_count(),
            "workers": full.told["workers"],
            "load_before": round(load, 2),
            "full_s": full.live_seconds,
            "full_with_spare_pages_s": full.seconds,
            "full_cpu_s": round(full.cpu_s, 1),
            "full_own_cpu_s": full.told["own_cpu_s"],
            "full_cpu_ms_a_page": round(full.cpu_s / pages * 1000, 1),
            "full_writes": full.writes,
            "full_requests": full.requests,
            "shelf_cpu_s": round(full.shelf_cpu_s, 1),
            "dynamodb_cpu_s": round(full.dynamodb_cpu_s, 1),
            "unchanged_s": unchanged.seconds,
            "unchanged_cpu_s": round(unchanged.cpu_s, 1),
            "unchanged_writes": unchanged.writes,
            "one_contact_s": one.seconds,
            "one_contact_until_live_s": one.live_seconds,
            "one_contact_places": one.told["places"],
            "one_contact_writes": one.writes,
            "rollback_s": back.live_seconds,
            "rollback_with_spare_pages_s": back.seconds,
            "rollback_writes": back.writes,
            "max_rss_mb": round(max(one.rss_mb for one in steps)),
            "rss_mb": {
                name: round(one.rss_mb)
                for name, one in zip(("full", "unchanged", "one_contact", "back"), steps, strict=True)
            },
            "current_json_bytes": len(gzip.compress(current, _GZIP, mtime=0)),
            "current_json_plain_bytes": len(current),
        }


def asked(arguments: Sequence[str]) -> dict[str, int]:
    """Read NAME=NUMBER for each of the names there are. Raises SystemExit."""
    found = dict(_DEFAULTS)
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name not in found or not (value.isascii() and value.isdecimal() and int(value)):
            raise SystemExit("usage: python -m bench.towns PLACES=3000 LOCALES=10")
        found[name] = int(value)
    return found


def say(text: str) -> None:
    """Tell whoever waits."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _fetched(address: str) -> bytes:
    with urllib.request.urlopen(address) as answer:
        return bytes(answer.read())


def _until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("bench: DynamoDB's stand-in did not start")


if __name__ == "__main__":
    wanted = asked(sys.argv[1:])
    print(json.dumps(measure(wanted["PLACES"], wanted["LOCALES"])))
