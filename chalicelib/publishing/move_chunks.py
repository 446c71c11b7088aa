"""Chunks of a job on their way: a few are sent at a time, and those of which nothing is heard once more.

When all are done the job itself is sent, and goes on.
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.publishing import chunks, jobs
from chalicelib.publishing.chunks import Chunk
from chalicelib.publishing.end_jobs import EndJobs
from chalicelib.publishing.jobs import Job
from chalicelib.publishing.ports import JobQueue, JobStore
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock
from chalicelib.shared.error_place import where
from chalicelib.shared.errors import StaleRecord, StoreUnavailable


class MoveChunks:
    """Sends chunks, and says how far a job is by them."""

    def __init__(self, store: JobStore, queue: JobQueue, end: EndJobs, alarms: Alarms, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._end = end
        self._alarms = alarms
        self._clock = clock

    def are_done(self, job: Job) -> bool:
        """Say whether every chunk is done, so that the job goes on."""
        return chunks.are_done(self._rows(job))

    def send(self, job: Job) -> None:
        """Send the next chunks, or the job once all are done; end it for one that was tried in vain.

        Raises StoreUnavailable.
        """
        rows, now = self._rows(job), self._clock.now()
        if given_up := [row for row in rows if chunks.is_given_up(row, now)]:
            self._end.give_up(job, given_up[0])
            return
        if chunks.are_done(rows):
            self._queue.send(job.id)
            return
        for chunk in chunks.next_of(rows, now):
            mine = chunks.sent(chunk, now)
            try:
                self._store.put_chunk(mine)  # first: who else looks now leaves it
            except StaleRecord:
                continue
            self._queue.send(mine.message)

    def look(self, job: Job) -> Job:
        """Return a job as its chunks show it.

        One of which nothing is heard is sent once more, and one with a chunk that was tried in vain ends.
        """
        rows, now = self._rows(job), self._clock.now()
        if given_up := [row for row in rows if chunks.is_given_up(row, now)]:
            return self._end.give_up(job, given_up[0])
        seen = chunks.seen(job, rows)
        if not jobs.is_to_be_sent(seen, now):
            return seen
        again = jobs.chunks_sent(job, now)
        try:
            self._store.put_job(again)
        except StaleRecord:  # somebody else sends it, or it goes on
            return self._store.job(job.id) or job
        try:
            self.send(again)
        except StoreUnavailable as away:
            self._alarms.raise_alarm("job_not_sent", {"job": job.id, "kind": job.kind, "error": where(away)})
        there = self._store.job(job.id) or again  # a quick worker may be done already
        return chunks.seen(there, self._rows(there)) if there.state == jobs.BUILDING else there

    def _rows(self, job: Job) -> Sequence[Chunk]:
        return self._store.chunks(job.id, job.first)
