"""Rendering of many places, cut into chunks (fan-out): inputs are frozen, and other workers make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chalicelib.publishing import chunks
from chalicelib.publishing.build_places import Wanted
from chalicelib.publishing.chunks import PLACES_IN_ONE, Chunk
from chalicelib.publishing.errors import BuildsUnderWay, KeepsChanging
from chalicelib.publishing.jobs import Job
from chalicelib.publishing.ports import ChunkInputs, JobInputs, JobStore


class SpreadBuilds:
    """Cuts what a job has to make into chunks of some `size`.

    `package` gives the fingerprint of the package at work.
    """

    def __init__(
        self, store: JobStore, inputs: JobInputs, package: Callable[[], str], size: int = PLACES_IN_ONE
    ) -> None:
        self._size = size
        self._store = store
        self._inputs = inputs
        self._package = package

    def __call__(self, job: Job, texts: Mapping[str, str], missing: Sequence[Wanted]) -> None:
        """Freeze the inputs of these places, each with its fingerprint, and keep their chunks.

        Raises BuildsUnderWay, and sends nothing: whoever holds the job lets it go first. Killed before that,
        the next one begins with the same numbers. Returns where few are left, beside those that were asked
        for already and did not come out whole: whoever holds the job makes these, and finds what is wrong.
        Raises KeepsChanging, StoreUnavailable.
        """
        asked = self._inputs.asked(job.id, job.first) if job.rounds else {}
        new = [(inputs, of) for inputs, of in missing if asked.get(inputs.place) != of]
        if len(new) <= self._size:
            return
        if job.rounds >= chunks.MOST_ROUNDS:
            raise KeepsChanging("texts changed again and again while pages were made")
        parts = [new[start : start + self._size] for start in range(0, len(new), self._size)]
        frozen = [ChunkInputs(texts, self._package(), part) for part in parts]
        self._inputs.freeze(job.id, job.chunks, frozen, {inputs.place: of for inputs, of in missing})
        for number, part in enumerate(parts, job.chunks):
            places = tuple(inputs.place for inputs, _ in part)
            named = chunks.in_words([chunks.name_in(inputs.content, inputs.place) for inputs, _ in part])
            self._store.add_chunk(Chunk(job.id, number, places, named, job.keep_until))
        raise BuildsUnderWay(len(parts), len(new))

    def put(self, job: Job) -> Mapping[str, str]:
        """Return the places of which a chunk of this round put all pages, each with its fingerprint.

        What was put long ago may have been cleared away since: a job that was interrupted for a day puts it
        once more.
        """
        asked = self._inputs.asked(job.id, job.first) if job.rounds else {}
        rows = self._store.chunks(job.id, job.first) if asked else ()
        fresh = [row for row in rows if row.put and chunks.is_fresh(row, job)]
        return {place: asked[place] for row in fresh for place in row.places if place in asked}


class SpreadOfJob:
    """The Spread of one job; `job` gives it as it was written last."""

    def __init__(self, spread: SpreadBuilds, job: Callable[[], Job]) -> None:
        self._spread = spread
        self._job = job
        self._put: Mapping[str, str] | None = None

    def __call__(self, texts: Mapping[str, str], missing: Sequence[Wanted], /) -> None:
        """Hand on these places. Raises BuildsUnderWay, KeepsChanging, StoreUnavailable."""
        self._spread(self._job(), texts, missing)

    def is_put(self, place: str, fingerprint: str) -> bool:
        """Say whether a chunk put all pages of a place."""
        if self._put is None:
            self._put = self._spread.put(self._job())
        return self._put.get(place) == fingerprint
