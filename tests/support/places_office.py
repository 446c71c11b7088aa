"""A desk whose pages are made by place, in chunks, over moto; workers come when a test calls them.

Its coordinator is the least that one can be: it asks for every place, and hands on what is not there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.publishing import jobs
from chalicelib.publishing.adapters.dynamo_documents import table_definition
from chalicelib.publishing.adapters.dynamo_jobs import DynamoJobs
from chalicelib.publishing.adapters.s3_builds import S3Builds, S3JobInputs
from chalicelib.publishing.adapters.s3_releases import S3Releases
from chalicelib.publishing.ask_jobs import AskJobs, PublishWish
from chalicelib.publishing.build_places import BuildPlaces, BuildProgress, Spread, make_chunk
from chalicelib.publishing.check_documents import CheckDocuments
from chalicelib.publishing.chunks import read_message
from chalicelib.publishing.documents import Problem
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.end_jobs import EndJobs
from chalicelib.publishing.jobs import Job
from chalicelib.publishing.move_chunks import MoveChunks
from chalicelib.publishing.place_inputs import fingerprint_of, place_inputs, site_digest
from chalicelib.publishing.ports import ChunkInputs, PlaceInputs, RenderedPlace, SiteLook
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.run_chunk import RunChunk
from chalicelib.publishing.run_jobs import RunJobs
from chalicelib.publishing.spread_builds import SpreadBuilds
from chalicelib.publishing.whole_texts import whole_of
from chalicelib.shared.aws.sdk import client
from tests.conftest import REGION
from tests.publishing.test_publish import ANA, NOW, PAGE, FakeRenderer, Killed, Shipped
from tests.support.fake_documents import FakeDocuments
from tests.support.fake_jobs import TickingClock, WaitingQueue

BUCKET = "pages"
TOWNS = [f"town-{number:02}" for number in range(13)]
IN_ONE = 2  # places of a chunk: with the pages of no place, seven chunks


class Strikes:
    """Kills whoever calls any port for the n-th time: before the call, or once it is done."""

    def __init__(self, after: bool = False) -> None:
        self.calls: list[str] = []
        self.after = after
        self._at = 0

    def begin(self, at: int) -> None:
        """Count from here; 0 kills nobody."""
        self.calls.clear()
        self._at = at

    def on(self, port: Any) -> Any:
        return _Struck(port, self)

    def count(self, name: str) -> bool:
        self.calls.append(name)
        return len(self.calls) == self._at


class _Struck:
    def __init__(self, port: Any, strikes: Strikes) -> None:
        self._port = port
        self._strikes = strikes

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*args: Any, **named: Any) -> Any:
            struck = self._strikes.count(f"{type(self._port).__name__}.{name}")
            if struck and not self._strikes.after:
                raise Killed
            answer = found(*args, **named)
            if struck:
                raise Killed
            return answer

        return call


class FakePlaces(FakeRenderer):
    """Renders places, each of its own inputs and the texts alone. `before` may raise; `made` remembers."""

    def __init__(self, shipped: Shipped) -> None:
        super().__init__(shipped)
        self.made: list[str] = []
        self.faults: dict[str, list[Problem]] = {}

    def look(self, texts: Mapping[str, str]) -> SiteLook:
        before, self.before = self.before, lambda: None
        try:
            return super().look(texts)
        finally:
            self.before = before

    def places(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> Sequence[RenderedPlace]:
        self.before()
        self.made += [one.place for one in inputs]
        return [
            replace(one, problems=self.faults.get(one.place, [])) for one in super().places(texts, inputs)
        ]


class PlacesOffice:
    """Moto must stand for AWS already. `strikes` kills whoever works, once."""

    def __init__(self, strikes: Strikes | None = None) -> None:
        client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        client("dynamodb").create_table(**table_definition("documents"))
        on = strikes.on if strikes else _as_it_is
        self.shipped = Shipped()
        places = json.loads(self.shipped.texts["places"])
        places["places"] += [{"slug": one, "name": one, "parent": "us", "kind": "city"} for one in TOWNS]
        self.shipped.texts["places"] = json.dumps(places, indent=1)
        self.clock = TickingClock(NOW)
        self.queue = WaitingQueue()
        self.later: list[str] = []  # messages that are hidden still
        self.renderer = FakePlaces(self.shipped)
        self.lines: list[tuple[str, str, dict[str, str]]] = []
        self.alarms: list[tuple[str, Mapping[str, str]]] = []
        self.jobs = DynamoJobs(lambda: client("dynamodb"), "documents")
        self.shelf = S3Releases(lambda: client("s3"), BUCKET, now=self.clock.now)
        self.inputs = S3JobInputs(lambda: client("s3"), BUCKET)
        self.documents = FakeDocuments()
        self._store: Any = on(self.jobs)
        self._documents: Any = on(self.documents)
        self._shelf: Any = on(self.shelf)
        self.builds: Any = on(S3Builds(lambda: client("s3"), BUCKET))
        self._renderer: Any = on(self.renderer)
        queue, inputs = on(self.queue), on(self.inputs)
        end = EndJobs(self._store, self.record, self, self.clock)
        move = MoveChunks(self._store, queue, end, self, self.clock)
        package = self.shipped.package
        self.edit = EditText(self.documents, self.shipped, self.shelf, self.clock)
        self.publish = Publish(self._documents, self.shipped, self._shelf, self._check(), self.clock)
        self.ask = AskJobs(self._store, queue, self.publish, end, self, self.clock)
        spread = SpreadBuilds(self._store, inputs, package, IN_ONE)
        self.run = RunJobs(self._store, self._publish_with, self.record, self, self.clock, spread, move)
        self.run_chunk = RunChunk(self._store, inputs, self.make, package, move, end, self.clock)

    # The desk

    def save(self, text: str, document: str = PAGE) -> None:
        self.edit.save_draft(document, text, self.edit.open(document).revision, ANA)

    def press(self) -> Job:
        seen = self.publish.target(None).going.fingerprint()
        return self.ask.publish(PublishWish(jobs.PUBLISH, ANA, "publisher", "a page", True, seen, "d1"))

    def job(self, job: Job) -> Job:
        kept = self.jobs.job(job.id)
        assert kept is not None
        return kept

    def record(self, who: str, role: str, did: str, /, **more: str) -> None:
        self.lines.append((who, did, more))

    def raise_alarm(self, kind: str, detail: Mapping[str, str]) -> bool:
        self.alarms.append((kind, detail))
        return True

    # The workers

    def bring(self, body: str) -> bool:
        """Bring a message to a worker; return whether it is done with, as wiring/run_job.py does."""
        part = read_message(body)
        if part is None:
            return self.run(body, lambda: timedelta(minutes=5))
        self.run_chunk(*part)
        return True

    def bring_next(self) -> None:
        """Bring the next message. Where it fails, or its worker is killed, it comes again later."""
        body = self.queue.ids.pop(0)
        try:
            done = self.bring(body)
        except (Exception, Killed):
            done = False
        if not done:
            self.later.append(body)

    def work_off(self, job: Job) -> Job:
        """Bring what there is until a job has ended; somebody looks in when nothing is left to bring."""
        for _ in range(200):
            if not self.job(job).open:
                return self.job(job)
            if self.queue.ids:
                self.bring_next()
            elif self.later:
                self.clock.wait(minutes=31)
                self.queue.ids, self.later = self.later, []
            else:
                self.clock.wait(minutes=6)
                try:
                    self.ask.see(job.id)
                except Killed:
                    continue
        raise AssertionError(f"it never ends: {self.job(job)}")

    # What readers get

    def files(self) -> dict[str, bytes]:
        """Return every object of the bucket."""
        s3, found = client("s3"), {}
        for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
            found[one["Key"]] = s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()
        return found

    def same_in_every_run(self) -> dict[str, bytes]:
        """Return what is in the bucket, but for the numbers of releases, which a killed publish uses up."""
        files = self.files()
        current = json.loads(files["current.json"])
        folder = f"releases/{current['release']}/"
        live = {
            key.replace(folder, "live/"): content for key, content in files.items() if key.startswith(folder)
        }
        others = {
            key: content
            for key, content in files.items()
            if key.startswith(("releases/places/", "releases/shared/", "site/"))
            or (key.startswith("built/") and not key.startswith("built/jobs/"))
        }
        index = json.dumps(current["index"], sort_keys=True).encode()
        standby = json.loads(files["standby.json"])["release"] == current["release"]
        return {**live, **others, "index": index, "standby": str(standby).encode()}

    # By place

    def wanted(self, texts: Mapping[str, str]) -> list[tuple[PlaceInputs, str]]:
        """Return the inputs of every place, with their fingerprints."""
        whole = {**self.shipped.texts, **texts}
        of_site, package = site_digest(whole, self.shipped.texts), self.shipped.package()
        return [(one, fingerprint_of(one, of_site, package)) for one in place_inputs(whole_of(whole))]

    def _publish_with(self, progress: Any, numbered: Callable[[int], None], spread: Spread) -> Publish:
        check = self._check(spread)
        return Publish(self._documents, self.shipped, self._shelf, check, self.clock, numbered)

    def _check(self, spread: Spread | None = None) -> CheckDocuments:
        return CheckDocuments(self._renderer, self._build(spread), self.shipped, self.clock)

    def make(self, asked: ChunkInputs, publishes: bool) -> bool:
        """Make the places of a chunk, as wiring/run_job.py does."""
        return make_chunk(self._build(), asked, publishes)

    def _build(self, spread: Spread | None = None) -> BuildPlaces:
        progress = BuildProgress(lambda phase, done, of: None)
        return BuildPlaces(self._renderer, self.builds, self._shelf, progress, spread, IN_ONE)


def _as_it_is(port: Any) -> Any:
    return port
