"""Lanes of publishing (mutual exclusion): one job at a time for each place, and one for the whole site.

Publishers of different places never wait for each other, nor for the whole site: each changes only what is
theirs in the live map. Whoever wants to publish a place that somebody publishes already is led to that job.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from chalicelib.directory.document_ids import place_of
from chalicelib.publishing import jobs
from chalicelib.publishing.jobs import Job, JobUnderWay, Lane
from chalicelib.publishing.ports import JobStore
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StaleRecord


class PublishLanes:
    """The lanes of publishes. A job is in those of all places that it is about."""

    def __init__(self, store: JobStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def check(self, scope: Collection[str] | None, but: Job | None = None) -> None:
        """Raise JobUnderWay where another job than `but` is in one of the lanes of these documents."""
        for name in _names(scope):
            there = self._job_in(name)
            if there and not (but and there.id == but.id) and jobs.blocks(there, self._clock.now()):
                raise JobUnderWay(there)

    def take(self, job: Job) -> None:
        """Put a job into its lanes. Raises JobUnderWay where somebody was quicker; it is stopped then."""
        try:
            for name in _names(job.scope):
                self._enter(name, job)
        except JobUnderWay:
            self._store.put_job(jobs.ended(job, jobs.STOPPED, self._clock.now(), "Somebody was quicker."))
            raise
        with suppress(StaleRecord):  # the same person in two windows: either will do
            self._put(jobs.lane_of_publisher(job.who), job)

    def _enter(self, name: str, job: Job) -> None:
        there = self._job_in(name)
        if there and there.id == job.id:
            return
        if there and jobs.blocks(there, self._clock.now()):
            raise JobUnderWay(there)
        try:
            self._put(name, job)
        except StaleRecord:
            other = self._job_in(name)
            if other is None:
                raise
            raise JobUnderWay(other) from None

    def _put(self, name: str, job: Job) -> None:
        lane = self._store.lane(name)
        self._store.put_lane(Lane(name, job.id, job.keep_until, lane.revision + 1 if lane else 1))

    def publishing(self, who: str) -> Job | None:
        """Return the publish of the whole site that is on its way, else the last one that somebody began."""
        for name in (jobs.PUBLISHING, jobs.lane_of_publisher(who)):
            job = self._job_in(name)
            if job and job.open:
                return job
        return None

    def _job_in(self, name: str) -> Job | None:
        lane = self._store.lane(name)
        return self._store.job(lane.job) if lane and lane.job else None


def _names(scope: Collection[str] | None) -> list[str]:
    if scope is None:
        return [jobs.PUBLISHING]
    return [jobs.lane_of_place(place) for place in sorted({place_of(document) for document in scope})]
