"""Worker of chunks: makes some places of a job, done once however often it is asked for.

What it made is kept by the fingerprint of its inputs, so killed at any point it leaves less for the next.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import chunks, jobs
from chalicelib.publishing.chunks import Chunk
from chalicelib.publishing.end_jobs import EndJobs
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.jobs import Job
from chalicelib.publishing.move_chunks import MoveChunks
from chalicelib.publishing.ports import ChunkInputs, JobInputs, JobStore
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing, StaleRecord, StoreUnavailable

_TRIES = 4
Make = Callable[[ChunkInputs, bool], bool]


class RunChunk:
    """Does one chunk.

    `make` renders and keeps the places that are not kept yet, and puts their pages under their hashes where
    it is told that the job publishes; it says whether all lie there. What a text is to blame for it leaves to
    the job to find. `package` gives the fingerprint of the package at work.
    """

    def __init__(
        self,
        store: JobStore,
        inputs: JobInputs,
        make: Make,
        package: Callable[[], str],
        move: MoveChunks,
        end: EndJobs,
        clock: Clock,
    ) -> None:
        self._store = store
        self._inputs = inputs
        self._make_places = make
        self._package = package
        self._move = move
        self._end = end
        self._clock = clock

    def __call__(self, id_: str, number: int) -> None:
        """Do a chunk, and send what comes next; nothing where its job has ended, or went on without it.

        Whatever it raises, its message is to come again; after the last try the job ends, and says why.
        """
        job, chunk = self._store.job(id_), self._store.chunk(id_, number)
        if job is None or chunk is None or job.state != jobs.BUILDING or number < job.first:
            return
        if chunk.done_at is None and not self._do(job, chunk):
            return
        self._move.send(job)

    def _do(self, job: Job, chunk: Chunk) -> bool:
        """Do a chunk that is not done; say whether the job goes on."""
        if chunk.tries >= chunks.MOST_TRIES:
            self._end.give_up(job, chunk)
            return False
        chunk = chunks.taken(chunk, self._clock.now())
        try:
            self._store.put_chunk(chunk)
        except StaleRecord:
            return False  # somebody else took it in this moment, and their message comes again if need be
        try:
            put = self._make(job, chunk)
        except (RenderStopped, DocumentInvalid):
            put = False  # a text may be to blame: the job tries these places itself, and finds out
        except Exception:
            if chunk.tries >= chunks.MOST_TRIES:
                self._end.give_up(job, chunk)
                return False
            with suppress(StaleRecord, StoreUnavailable):
                self._store.put_chunk(chunks.given_back(chunk))
            raise
        self._done(chunk, put)
        return True

    def _make(self, job: Job, chunk: Chunk) -> bool:
        frozen = self._inputs.chunk(job.id, chunk.number)
        if frozen is None:
            raise EntryMissing("the inputs of this chunk are not kept any more")
        if frozen.package != self._package():
            return False  # a deploy came: the job looks anew, and finds what there is to make by now
        return self._make_places(frozen, job.publishes)

    def _done(self, chunk: Chunk, put: bool) -> None:
        """Write down that it is done, over whatever a second worker on it wrote."""
        there: Chunk | None = chunk
        for _ in range(_TRIES):
            if there is None or there.done_at:
                return
            try:
                self._store.put_chunk(chunks.done(there, self._clock.now(), put))
            except StaleRecord:
                there = self._store.chunk(chunk.job, chunk.number)
            else:
                return
        raise StaleRecord("others write the same chunk")
