"""How many people who open the form meet a cold start, in a simulated month: `python -m bench.warm`.

What is assumed, since none of it is known before a site runs on AWS:

- A town's month: 2,000 openings of the form (four for each of the 500 reports in docs/cost.md), by the hours
  of a day as in HOURS, at random within them; every fourth opening is followed by a form that is sent, some
  minutes later. Once a week thirty people open it within ten minutes, as after a talk at a school.
- An instance has one request at a time, ends when it was idle for 5 to 15 minutes, each length as likely as
  another, and in any case after one to four hours: AWS says "every few hours".
- A request goes to the instance that was used last, and starts a new one when all are at work. A start takes
  SECONDS_COLD, and until then the new one is at work.
- A schedule calls as punctually as a clock; when its call meets a start, nobody waits.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

DAY = 86_400.0
DAYS = 30
OPENINGS = 2_000
SENT = 0.25  # of the openings
CROWD, CROWD_SECONDS, CROWDS_EVERY = 30, 600.0, 7 * DAY
IDLE = (300.0, 900.0)
LIFE = (3_600.0, 14_400.0)
SECONDS_COLD, SECONDS_OPENING, SECONDS_REPORT, SECONDS_BEAT = 2.0, 0.05, 0.4, 0.05
EVERY = 240.0
# How many of a hundred openings come in each hour, from midnight on: few at night, most in the evening.
HOURS = (3, 2, 2, 1, 1, 1, 2, 3, 4, 4, 4, 5, 6, 5, 4, 5, 5, 6, 6, 7, 8, 7, 5, 4)

OPENING, REPORT, BEAT = "opening", "report", "beat"
_TAKES = {OPENING: SECONDS_OPENING, REPORT: SECONDS_REPORT, BEAT: SECONDS_BEAT}


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """A call of the function, by its second of the month."""

    at: float
    kind: str


@dataclass(slots=True)
class Instance:
    """A started function: it can be used while it is idle, and not for too long."""

    free_at: float
    ends_at: float
    idle_seconds: float

    def is_idle(self, now: float) -> bool:
        """Say whether it may take a call."""
        return self.free_at <= now < min(self.ends_at, self.free_at + self.idle_seconds)


@dataclass(slots=True)
class Month:
    """What a month's calls met: how many of each kind, and how many of those a cold start."""

    calls: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_TAKES, 0))
    cold: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_TAKES, 0))

    def share(self, kind: str = OPENING) -> float:
        """Return the share of a kind's calls that met a cold start."""
        return self.cold[kind] / max(1, self.calls[kind])


def openings(chance: random.Random, count: int) -> Iterator[float]:
    """Return the seconds at which forms are opened, unsorted."""
    for _ in range(count):
        [hour] = chance.choices(range(24), HOURS)
        yield chance.randrange(DAYS) * DAY + (hour + chance.random()) * DAY / 24
    for week in range(int(DAYS * DAY // CROWDS_EVERY)):
        begun = week * CROWDS_EVERY + chance.uniform(0.4, 0.6) * DAY
        yield from (begun + chance.random() * CROWD_SECONDS for _ in range(CROWD))


def calls(chance: random.Random, count: int, every: float) -> list[Call]:
    """Return a month's calls in order: forms opened and sent, and the schedule's every so many seconds."""
    found = [Call(at, OPENING) for at in openings(chance, count)]
    found += [Call(one.at + chance.expovariate(1 / 360), REPORT) for one in found if chance.random() < SENT]
    if every:
        found += [Call(number * every, BEAT) for number in range(int(DAYS * DAY / every))]
    return sorted(found)


def simulate(month: Sequence[Call], chance: random.Random) -> Month:
    """Let a month's calls come, and count who meets a cold start."""
    met, instances = Month(), list[Instance]()
    for call in month:
        instances = [one for one in instances if one.free_at > call.at or one.is_idle(call.at)]
        idle = [one for one in instances if one.is_idle(call.at)]
        met.calls[call.kind] += 1
        takes = _TAKES[call.kind]
        if idle:
            used = max(idle, key=lambda one: one.free_at)
        else:
            met.cold[call.kind] += 1
            takes += SECONDS_COLD
            used = Instance(0.0, call.at + chance.uniform(*LIFE), 0.0)
            instances.append(used)
        used.free_at, used.idle_seconds = call.at + takes, chance.uniform(*IDLE)
    return met


def months(count: int, every: float, seeds: Sequence[int] = range(12)) -> list[Month]:
    """Return several months with this many openings each."""
    found = []
    for seed in seeds:
        chance = random.Random(seed)  # noqa: S311 (a simulation)
        found.append(simulate(calls(chance, count, every), chance))
    return found


def main() -> int:
    """Print the shares."""
    print("| openings a month | schedule | meet a cold start | worst of 12 months | of reports sent |")
    print("| ---: | --- | ---: | ---: | ---: |")
    for count in (OPENINGS // 10, OPENINGS, OPENINGS * 10):
        for every in (0.0, EVERY):
            found = months(count, every)
            whole = sum(one.cold[OPENING] for one in found) / sum(one.calls[OPENING] for one in found)
            sent = sum(one.cold[REPORT] for one in found) / sum(one.calls[REPORT] for one in found)
            worst = max(one.share() for one in found)
            name = f"every {every / 60:.0f} minutes" if every else "none"
            print(f"| {count:,} | {name} | {whole:.1%} | {worst:.1%} | {sent:.1%} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
