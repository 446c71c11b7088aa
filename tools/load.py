"""`make load`: many people at once at this machine's site, and a look at whether answers got mixed up.

    REQUESTS=20000 SECONDS=1200 PEOPLE=8 SEED=7 python -m tools.load

Pages in every language, forms, forms with a fault in them, reports, codes and paths that are none, mixed.
Each answer must be in the language that was asked for and hold no other request's words. Then a flood of
receipt codes, while pages, forms and one true code are asked for beside it (tools/flood.py). Nothing leaves
this machine. The last line is one JSON object;
the exit code is 1 when anything was wrong.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import statistics
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from chalicelib.directory.adapters.shipped_content import CONTENT
from tools.flood import a_code, flood, is_good
from tools.local.running import running_site

_FORM = "application/x-www-form-urlencoded"
_MARK = re.compile(r"mark-\d+-\d+-end")
_LANGUAGE = re.compile(r'<html lang="([A-Za-z-]+)"')
_TOKEN = re.compile(r'name="t"[^>]*value="([^"]+)"')
_TICKED = re.compile(r'name="r" value="([^"]+)"')
_GROUPS = re.compile(r"\d{4}(?:\D{1,3}\d{4}){4}")
_TAGS = re.compile(r"<[^>]+>")
FLOOD_SECONDS = 120.0
FLOOD_CODES = 20.0  # a second
_GROWTH = 1.15  # of memory, from when everything has been used once to the end


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    text: str


@dataclass
class Tally:
    """What happened, counted by all people together."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: Counter[str] = field(default_factory=Counter)
    codes: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, seconds: float, faults: list[str]) -> None:
        """Count one request."""
        with self.lock:
            self.times[kind].append(seconds)
            self.faults.update(f"{kind}: {fault}" for fault in faults)

    def give(self, code: str) -> bool:
        """Remember a receipt code; say whether nobody else has got it."""
        with self.lock:
            new = code not in self.codes
            self.codes.add(code)
            return new

    @property
    def count(self) -> int:
        """Return how many requests were answered."""
        return sum(len(times) for times in self.times.values())


def faults_of(answer: Answer, statuses: tuple[int, ...], locale: str, mark: str) -> list[str]:
    """Say what is wrong with an answer: its status, its language, or words that are somebody else's."""
    found = []
    if answer.status not in statuses:
        found.append(f"status {answer.status}")
    language = _LANGUAGE.search(answer.text)
    if language is None or not (language[1] == locale or language[1].startswith(f"{locale}-")):
        found.append(f"language {language[1] if language else 'none'} for {locale}")
    if set(_MARK.findall(answer.text)) - {mark}:
        found.append("another request's words")
    return found


class Person:
    """One browser: a connection, and requests drawn at random."""

    def __init__(self, number: int, address: str, site: Mapping[str, Any], seed: int, tally: Tally) -> None:
        self._number = number
        self._host = urlsplit(address).netloc
        self._locales: list[str] = site["locales"]
        self._places: list[str] = site["places"]
        self._chance = random.Random(f"{seed} {number}")  # noqa: S311 (a repeatable mixture, no secret)
        self._tally = tally
        self._sent = 0
        self._line: http.client.HTTPConnection | None = None
        self._kinds: dict[str, tuple[int, Callable[[str, str], list[str]]]] = {
            "page": (60, self._page),
            "front": (10, self._front),
            "no page": (3, self._no_page),
            "form": (9, self._form),
            "mended form": (9, self._mended),
            "report": (6, self._report),
            "code": (3, self._code),
        }

    def ask_one(self) -> None:
        """Send one request and look at what comes back."""
        names = list(self._kinds)
        kind = self._chance.choices(names, [self._kinds[name][0] for name in names])[0]
        self._sent += 1
        mark = f"mark-{self._number}-{self._sent}-end"
        locale = self._chance.choice(self._locales)
        started = time.perf_counter()
        try:
            faults = self._kinds[kind][1](locale, mark)
        except (OSError, http.client.HTTPException) as error:
            faults = [type(error).__name__]
            self._line = None
        self._tally.note(kind, time.perf_counter() - started, faults)

    def send(
        self, method: str, path: str, fields: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Make one request on this person's connection."""
        if self._line is None:
            self._line = http.client.HTTPConnection(self._host, timeout=60)
        body = urlencode(fields).encode() if fields is not None else None
        sent = {**(headers or {}), **({"Content-Type": _FORM} if fields is not None else {})}
        self._line.request(method, path, body, sent)
        answer = self._line.getresponse()
        return Answer(answer.status, answer.read().decode("utf-8"))

    def page(self) -> Answer:
        """Read one page, any."""
        return self.send("GET", f"/{self._chance.choice(self._locales)}/{self._chance.choice(self._places)}/")

    def _page(self, locale: str, mark: str) -> list[str]:
        place = self._chance.choice(self._places)
        return faults_of(self.send("GET", f"/{locale}/{place}/"), (200,), locale, mark)

    def _front(self, locale: str, mark: str) -> list[str]:
        answer = self.send("GET", "/", headers={"Accept-Language": f"{locale};q=0.9"})
        return faults_of(answer, (200,), locale, mark)

    def _no_page(self, locale: str, mark: str) -> list[str]:
        return faults_of(self.send("GET", f"/{locale}/{mark}/"), (404,), locale, mark)

    def _form(self, locale: str, mark: str) -> list[str]:
        return faults_of(self._opened(locale)[1], (203,), locale, mark)

    def _opened(self, locale: str) -> tuple[str, Answer]:
        path = f"/{locale}/{self._chance.choice(self._places)}/note/"
        return path, self.send("GET", path)

    def _mended(self, locale: str, mark: str) -> list[str]:
        """Send a form that lacks something: it comes back, with what was typed."""
        path, form = self._opened(locale)
        answer = self.send("POST", path, [("t", *_TOKEN.findall(form.text)[:1]), ("a", mark), ("z", "")])
        faults = faults_of(answer, (400, 422), locale, mark)
        return faults if mark in answer.text else [*faults, "typed words are gone"]

    def _report(self, locale: str, mark: str) -> list[str]:
        path, form = self._opened(locale)
        to = [("r", name) for name in _TICKED.findall(form.text)]
        fields = [("t", *_TOKEN.findall(form.text)[:1]), ("a", f"What I saw: {mark}"), ("z", ""), *to]
        answer = self.send("POST", path, fields)
        faults = faults_of(answer, (200,), locale, mark)
        codes = set(_GROUPS.findall(_TAGS.sub("", answer.text)))
        if len(codes) != 1 or not self._tally.give(codes.pop()):
            faults.append("no code of its own")
        return faults

    def _code(self, locale: str, mark: str) -> list[str]:
        answer = self.send("POST", f"/{locale}/code/", [("k", a_code())])
        return faults_of(answer, (404, 503), locale, mark)


def crowd(
    people: list[Person], requests: int, seconds: float, tally: Tally, memory: Callable[[], int]
) -> list[int]:
    """Have everybody send requests, and return the least memory of the site during each tenth of them.

    The least, because each code that is being worked on takes 32 MB for a moment.
    """
    end = time.monotonic() + seconds
    seen: list[int] = []

    def go(person: Person) -> None:
        while tally.count < requests and time.monotonic() < end:
            person.ask_one()

    threads = [threading.Thread(target=go, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    least: list[int] = []
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.05)
        least.append(memory())
        if tally.count >= requests * (len(seen) + 1) / 10 and len(seen) < 10:
            seen.append(min(least))
            least = []
            print(
                f"{tally.count:6d} requests, {seen[-1] // 1024:4d} MB, {sum(tally.faults.values())} faults",
                flush=True,
            )
    return seen


def _middle(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100) if len(times) > 1 else (times or [0.0]) * 99
    return {"p50": round(cuts[49] * 1000, 1), "p95": round(cuts[94] * 1000, 1)}


def children_of(process: int) -> Iterator[int]:
    """Return the processes that a process started (Linux tells them in /proc)."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue  # ended meanwhile
        if int(parent) == process:
            yield int(stat.parent.name)


def memory_of(process: int) -> int:
    """Return what a process holds in memory, in KB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def main() -> int:
    """Run it as the environment says, and return the exit code."""
    told = {"REQUESTS": 20_000, "SECONDS": 1200, "PEOPLE": 8, "SEED": 7}
    asked = {name: int(os.environ.get(name) or default) for name, default in told.items()}
    documents = {name: json.loads((CONTENT / f"{name}.json").read_text()) for name in ("site", "places")}
    site = {
        "locales": [one["tag"] for one in documents["site"]["locales"]],
        "places": [one["slug"] for one in documents["places"]["places"]],
    }
    tally = Tally()
    with running_site() as address:
        [process] = children_of(os.getpid())
        people = [Person(n, address, site, asked["SEED"], tally) for n in range(asked["PEOPLE"])]
        started = time.monotonic()
        memory = crowd(people, asked["REQUESTS"], asked["SECONDS"], tally, lambda: memory_of(process))
        took = time.monotonic() - started
        flooded = flood(address, FLOOD_CODES, min(FLOOD_SECONDS, asked["SECONDS"]))
    for kind, times in sorted(tally.times.items()):
        cuts = _middle(times)
        print(f"{kind:12s} {len(times):6d}  p50 {cuts['p50']:7.1f} ms  p95 {cuts['p95']:7.1f} ms")
    for fault, count in tally.faults.most_common():
        print(f"FAULT {count} x {fault}")
    told_all = {
        "requests": tally.count,
        "seconds": round(took, 1),
        "faults": sum(tally.faults.values()),
        "reports": len(tally.codes),
        "memory_mb": [kilobytes // 1024 for kilobytes in memory],
        "flood": flooded,
    }
    # By a fifth of the way every template, language and client has been used once.
    flat = len(memory) < 10 or memory[-1] <= memory[1] * _GROWTH
    good = tally.count >= asked["REQUESTS"] and not tally.faults and flat and is_good(flooded)
    if not flat:
        print(f"FAULT memory grew from {memory[1] // 1024} to {memory[-1] // 1024} MB")
    print(json.dumps(told_all))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
