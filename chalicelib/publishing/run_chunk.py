"""Worker of chunks: renders some places of a job, done once however often it is asked for.

What it made is kept by the fingerprint of its inputs, so killed at any point it leaves less for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from chalicelib.publishing import chunks, jobs
from chalicelib.publishing.chunks import Chunk
from chalicelib.publishing.end_jobs import EndJobs
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.jobs import Job
from chalicelib.publishing.move_chunks import MoveChunks
from chalicelib.publishing.ports import (
    BuildStore,
    ChunkInputs,
    JobInputs,
    JobStore,
    PlaceInputs,
    RenderedPlace,
)
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing, StaleRecord, StoreUnavailable

_TRIES = 4
PutPages = Callable[[Sequence[RenderedPlace]], None]


class RendersPlaces(Protocol):
    """Renderer of places, in a sandbox: the part of a SiteRenderer that chunks need."""

    def places(
        self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs], *, brotli: bool = True
    ) -> Sequence[RenderedPlace]:
        """Render, check and pack the pages of some places. Raises RenderStopped when no text is to blame."""


class RunChunk:
    """Does one chunk. `put_pages` puts the pages of places under their hashes, where a job publishes.

    `package` gives the fingerprint of the package at work.
    """

    def __init__(
        self,
        store: JobStore,
        inputs: JobInputs,
        builds: BuildStore,
        renderer: RendersPlaces,
        put_pages: PutPages,
        package: Callable[[], str],
        move: MoveChunks,
        end: EndJobs,
        clock: Clock,
    ) -> None:
        self._store = store
        self._inputs = inputs
        self._builds = builds
        self._renderer = renderer
        self._put_pages = put_pages
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
            self._make(job, chunk)
        except Exception:
            if chunk.tries >= chunks.MOST_TRIES:
                self._end.give_up(job, chunk)
                return False
            with suppress(StaleRecord, StoreUnavailable):
                self._store.put_chunk(chunks.given_back(chunk))
            raise
        self._done(chunk)
        return True

    def _make(self, job: Job, chunk: Chunk) -> None:
        frozen = self._inputs.chunk(job.id, chunk.number)
        if frozen is None:
            raise EntryMissing("the inputs of this chunk are not kept any more")
        if frozen.package != self._package():
            return  # a deploy came: the job looks anew, and finds what there is to make by now
        made = self._made(frozen)
        if job.publishes:
            self._put_pages(made)

    def _made(self, frozen: ChunkInputs) -> Sequence[RenderedPlace]:
        """Return each place; what was made already is not made again."""
        there = {inputs.place: self._builds.rendered(inputs.place, of) for inputs, of in frozen.wanted}
        missing = {inputs.place: (inputs, of) for inputs, of in frozen.wanted if not there[inputs.place]}
        found = {place: rendered for place, rendered in there.items() if rendered}
        if missing:
            asked: list[PlaceInputs] = [inputs for inputs, _ in missing.values()]
            for rendered in self._renderer.places(frozen.texts, asked):
                self._builds.keep(rendered, missing[rendered.place][1])
                found[rendered.place] = rendered
        if len(found) < len(frozen.wanted):
            raise RenderStopped("not every place was rendered")
        return list(found.values())

    def _done(self, chunk: Chunk) -> None:
        """Write down that it is done, over whatever a second worker on it wrote."""
        there: Chunk | None = chunk
        for _ in range(_TRIES):
            if there is None or there.done_at:
                return
            try:
                self._store.put_chunk(chunks.done(there, self._clock.now()))
            except StaleRecord:
                there = self._store.chunk(chunk.job, chunk.number)
            else:
                return
        raise StaleRecord("others write the same chunk")
