"""Measure everything and print it: `python -m bench.run PACKAGE`, in the environment __main__ made."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench import delivery, events, many_places, pages, reports, sizes, table, targets
from bench.bucket import Bucket
from bench.stub import Stub
from bench.targets import BARE, OBVIOUS, PORCHLIGHT, PUBLISHED, Target

ROOT = Path(__file__).resolve().parent.parent
QUICK = bool(os.environ.get("QUICK"))
ROUNDS = 5 if QUICK else 11
WARM = 100 if QUICK else 500
COUNTED = 20  # warm requests whose instructions are counted
# How many are due, and whether they are held: past the caps reports wait for digests, so a flood is held.
DELIVERED = ((1, False), (100, False), (500, True)) if QUICK else ((1, False), (100, False), (10_000, True))


def main(package: Path) -> int:
    """Measure, print, and write build/bench.json."""
    started, load = time.time(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="porchlight-bench-") as work:
        found = measure(package, Path(work))
    found["about"] = {
        "python": platform.python_version(),
        "processor": platform.machine(),
        "processors": os.cpu_count(),
        "rounds": ROUNDS,
        "quick": QUICK,
        "seconds": time.time() - started,
        "load": load,
    }
    (ROOT / "build" / "bench.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(table.show(found))
    return 0


def measure(package: Path, work: Path) -> dict[str, Any]:
    """Return every figure."""
    say("laying out the baselines")
    runtime = targets.runtime(work)
    all_targets = targets.baselines(work)
    ours = targets.porchlight(package, work)
    bucket = Bucket(ours.folder)
    all_targets += [ours, targets.through_chalice(ours), targets.published(ours, bucket.address)]
    costs = {target.name: pages.PageCost() for target in all_targets}
    event = events.page()
    for number in range(ROUNDS):
        say(f"pages: round {number + 1} of {ROUNDS}")
        for target in all_targets:
            pages.one_round(target, runtime, event, WARM, costs[target.name])
    if not QUICK:
        shipped_otherwise = [
            targets.with_bytecode(target)
            for target in all_targets
            if not target.name.startswith((BARE, PORCHLIGHT))
        ]
        for target in shipped_otherwise:
            costs[target.name] = pages.PageCost()
            for _ in range(5):
                pages.one_round(target, runtime, event, 0, costs[target.name])
        all_targets += shipped_otherwise
    quick = (BARE, OBVIOUS, PORCHLIGHT, PUBLISHED)
    counted = [target for target in all_targets if not QUICK or target.name in quick]
    say(f"counting instructions of {len(counted)} page functions")

    def count(target: Target) -> None:
        warm = 0 if target.name.endswith(".pyc") else COUNTED
        pages.count_instructions(target, runtime, event, warm, costs[target.name])

    # Counts do not depend on what else the machine does, so two at a time will do.
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count, counted))
    found: dict[str, Any] = {
        "pages": {target.name: costs[target.name].figures() for target in all_targets},
        "first_views": sizes.first_views(ours.folder),
        "many_places": many_places.crowded(ours, runtime),
        "header_bytes": sizes.header_bytes(ours.folder),
        "sizes": sizes.of_package(package),
        "render": sizes.rendering(ours.folder),
    }
    desk, secrets = reports.secrets_of_the_bench()
    stub = Stub(secrets)
    try:
        say("reports")
        plain = next(target for target in all_targets if target.name == f"{OBVIOUS} + boto3")
        slow = targets.report_baseline(work)
        theirs = reports.Baselines(plain, slow, targets.with_bytecode(slow))
        found["report"] = reports.measure(ours, theirs, runtime, stub, bucket, ROUNDS // 2, WARM // 2)
        found["report_calls"] = reports.stub_calls_of_one_report(ours, runtime, stub)
        found["deliver"] = []
        for due, held in DELIVERED:
            say(f"delivering {due} reports{' in digests' if held else ''}")
            found["deliver"].append(delivery.measure(ours, runtime, stub, desk, due, held))
    finally:
        stub.close()
        bucket.close()
    return found


def say(text: str) -> None:
    """Tell whoever waits."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
