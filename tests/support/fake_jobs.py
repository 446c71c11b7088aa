"""A fake of the job store, which keeps the adapter's promises, and a queue that a test works off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from chalicelib.publishing import jobs
from chalicelib.publishing.ask_jobs import Look
from chalicelib.publishing.chunks import Chunk
from chalicelib.publishing.documents import CheckReport
from chalicelib.publishing.jobs import Job, Lane
from chalicelib.publishing.ports import ChunkInputs
from chalicelib.shared.errors import StaleRecord, StoreUnavailable


class FakeJobs:
    """A JobStore in memory. `before` is called with the name of each write, and may raise."""

    def __init__(self, before: Callable[[str], None] = lambda _: None) -> None:
        self.before = before
        self._jobs: dict[str, Job] = {}
        self._reports: dict[str, CheckReport] = {}
        self._lanes: dict[str, Lane] = {}
        self._chunks: dict[tuple[str, int], Chunk] = {}

    def job(self, id_: str) -> Job | None:
        return self._jobs.get(id_)

    def put_job(self, job: Job) -> None:
        self.before(f"put_job {job.state}")
        there = self._jobs.get(job.id)
        if (there.version if there else 0) != job.version - 1:
            raise StaleRecord("changed")
        self._jobs[job.id] = job

    def report(self, id_: str) -> CheckReport | None:
        return self._reports.get(id_)

    def put_report(self, job: Job, report: CheckReport) -> None:
        self.before("put_report")
        self._reports[job.id] = report

    def chunks(self, job: str, first: int) -> Sequence[Chunk]:
        found = [chunk for (of, number), chunk in self._chunks.items() if of == job and number >= first]
        return sorted(found, key=lambda chunk: chunk.number)

    def chunk(self, job: str, number: int) -> Chunk | None:
        return self._chunks.get((job, number))

    def add_chunk(self, chunk: Chunk) -> None:
        self.before("add_chunk")
        self._chunks[chunk.job, chunk.number] = chunk

    def put_chunk(self, chunk: Chunk) -> None:
        self.before("put_chunk")
        there = self._chunks.get((chunk.job, chunk.number))
        if (there.version if there else 0) != chunk.version - 1:
            raise StaleRecord("changed")
        self._chunks[chunk.job, chunk.number] = chunk

    def lane(self, name: str) -> Lane | None:
        return self._lanes.get(name)

    def put_lane(self, lane: Lane) -> None:
        self.before("put_lane")
        there = self._lanes.get(lane.name)
        if (there.revision if there else 0) != lane.revision - 1:
            raise StaleRecord("changed")
        self._lanes[lane.name] = lane

    def jobs(self) -> list[Job]:
        """Return every job, in the order in which they were begun."""
        return list(self._jobs.values())


class FakeJobInputs:
    """A JobInputs in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, int], ChunkInputs] = {}
        self._asked: dict[tuple[str, int], Mapping[str, str]] = {}

    def freeze(self, job: str, first: int, chunks: Sequence[ChunkInputs], asked: Mapping[str, str]) -> None:
        self._asked[job, first] = dict(asked)
        for number, inputs in enumerate(chunks, first):
            self.kept[job, number] = inputs

    def asked(self, job: str, first: int) -> Mapping[str, str]:
        return self._asked.get((job, first), {})

    def chunk(self, job: str, number: int) -> ChunkInputs | None:
        return self.kept.get((job, number))


class WaitingQueue:
    """A JobQueue that keeps ids until a test brings them. `away` is a queue that takes none."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.away = False

    def send(self, id_: str) -> None:
        if self.away:
            raise StoreUnavailable("the queue does not answer")
        self.ids.append(id_)


class TickingClock:
    """A clock that a test moves; each nonce is another one."""

    def __init__(self, now: datetime) -> None:
        self.time = now
        self._nonces = count(1)

    def now(self) -> datetime:
        return self.time

    def chance(self) -> float:
        return 0.5

    def nonce(self) -> bytes:
        return next(self._nonces).to_bytes(16, "big")

    def wait(self, **how_long: float) -> None:
        """Let time go by."""
        self.time += timedelta(**how_long)


class AtOnce:
    """Stands for AskJobs where every look is there at once: `plan` gives it, for a release or for drafts."""

    def __init__(self, plan: Callable[[int | None], Any], clock: Any) -> None:
        self._plan = plan
        self._clock = clock

    def look(
        self,
        who: str,
        role: str,
        release: int | None = None,
        why: str = "",
        anew: bool = False,
        scope: tuple[str, ...] | None = None,
        place: str = "",
    ) -> Look:
        assert scope is None, "it plans the whole site"
        assert not place
        now = self._clock.now()
        job = Job("a" * 32, jobs.CHECKS, who, role, now, now, state=jobs.DONE, release=release)
        return Look(job, self._plan(release), why)

    def publishing(self, who: str) -> Job | None:
        return None
