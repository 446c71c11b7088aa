"""Ends of a background job that no worker writes down: a chunk was given up, or a person stopped it.

The audit log then says what became of what was begun, in the name of who pressed.
"""

from __future__ import annotations

from typing import Protocol

from chalicelib.desk.audit import FAILED as FAILED_LINE
from chalicelib.desk.audit import REFUSED as REFUSED_LINE
from chalicelib.publishing import chunks, jobs
from chalicelib.publishing.chunks import Chunk
from chalicelib.publishing.jobs import Job, TooLateToStop
from chalicelib.publishing.ports import JobStore
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StaleRecord, StoreBusy

_TRIES = 20  # a worker writes every few seconds


class RecordDeed(Protocol):
    """Adds a line to the audit log about somebody: `more` are texts of an AuditEntry."""

    def __call__(self, who: str, role: str, did: str, /, **more: str) -> None: ...


class EndJobs:
    """Ends jobs."""

    def __init__(self, store: JobStore, record: RecordDeed, alarms: Alarms, clock: Clock) -> None:
        self._store = store
        self._record = record
        self._alarms = alarms
        self._clock = clock

    def give_up(self, job: Job, chunk: Chunk) -> Job:
        """End a job of which a chunk was tried in vain, tell the operator, and return it as it is now."""
        told = chunks.why_given_up(chunk)
        ended = jobs.ended(job, jobs.FAILED, self._clock.now(), told)
        try:
            self._store.put_job(ended)
        except StaleRecord:  # somebody else ended it, or let it go on
            return self._store.job(job.id) or job
        error = f"chunk {chunk.number} was tried {chunk.tries} times"
        self._alarms.raise_alarm("job_failed", {"job": job.id, "kind": job.kind, "error": error})
        self._tell(job, FAILED_LINE, told)
        return ended

    def stop(self, job: Job, who: str) -> Job:
        """End a job that somebody does not want any more; one that has ended is returned as it is now.

        Whoever works on it finds that out with the next thing they write, and at the latest right before
        readers would get it. Raises TooLateToStop after that moment, StoreUnavailable.
        """
        told = f"{who} stopped this."
        for _ in range(_TRIES):
            if not job.open:
                return job
            if job.going:
                raise TooLateToStop("readers get it in this moment")
            ended = jobs.ended(job, jobs.STOPPED, self._clock.now(), told)
            try:
                self._store.put_job(ended)
            except StaleRecord:
                job = self._store.job(job.id) or job
                continue
            self._tell(job, REFUSED_LINE, told)
            return ended
        raise StoreBusy("others write the same job")

    def _tell(self, job: Job, outcome: str, told: str) -> None:
        if job.publishes:
            line = {"about": job.about, "why": job.why, "deed": job.deed, "outcome": outcome, "told": told}
            self._record(job.who, job.role, f"{jobs.DID[job.kind]}: not done", **line)
