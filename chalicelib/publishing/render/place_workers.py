"""Workers on the pages of places: several sandboxed processes, each with one place after the other."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.ports import PlaceInputs, Progress
from chalicelib.publishing.render.render_cache import Lru, digest_of

ENOUGH = 60  # problems; who has more mends these first
_TOLD_EVERY = 0.25  # seconds: how far it is
_GRACE = 4.0  # seconds for more faults after the first: a fault may take long to come to, page after page


class Answering(Protocol):
    """A render process that answers jobs."""

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]: ...


StartProcess = Callable[[Path], AbstractContextManager[Answering]]


@dataclass(slots=True)
class PlaceWork:
    """Jobs about the pages of one place, for one process: `html` by name, where pages are looked over."""

    do: str
    inputs: PlaceInputs
    names: Sequence[str]
    html: Mapping[str, str] = field(default_factory=dict)
    taken_by: Answering | None = None  # the process that has the inputs


class PlaceWorkers:
    """Does work on places in so many processes. What they said of the same page before is in `answers`."""

    def __init__(
        self,
        start_process: StartProcess,
        workers: int,
        answers: Lru[Mapping[str, Any]],
        progress: Progress,
    ) -> None:
        self._start_process = start_process
        self._workers = workers
        self._answers = answers
        self._progress = progress

    def __call__(
        self, folder: Path, works: Sequence[PlaceWork], phase: str
    ) -> dict[str, dict[str, dict[str, Any]]]:
        """Do the work in several processes, place by place, and return the answers by place and page.

        One that is stopped stops all; after a fault the others have a few seconds left. What `progress`
        raises ends them too, and is raised.
        """
        batch = _Batch(works, self._answers)

        def work() -> None:
            with self._start_process(folder) as worker:
                batch.work_with(worker)

        threads = [threading.Thread(target=work) for _ in range(min(self._workers, len(works)))]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(_TOLD_EVERY)
                    self._progress(phase, batch.pages, sum(len(one.names) for one in works))
        finally:
            batch.stop.set()
            for thread in threads:
                thread.join()
        return batch.done


class _Batch:
    """Work that several processes share: what waits, and what is done."""

    def __init__(self, works: Sequence[PlaceWork], answers: Lru[Mapping[str, Any]]) -> None:
        self._answers = answers
        self._waiting: queue.SimpleQueue[PlaceWork] = queue.SimpleQueue()
        for one in works:
            self._waiting.put(one)
        self._faults: list[float] = []  # when they came up
        self.done: dict[str, dict[str, dict[str, Any]]] = {}
        self.pages = 0  # that are done
        self.stop = threading.Event()

    def work_with(self, worker: Answering) -> None:
        """Take one place after the other, until none is left or all has to stop."""
        while not self.stop.is_set():
            try:
                one = self._waiting.get_nowait()
            except queue.Empty:
                return
            answers = self.done[one.inputs.place] = {}
            for name in one.names:
                if self.stop.is_set():
                    return
                answers[name] = self._answer(worker, one, name)
                self.pages += 1
                self._look(answers[name])

    def _look(self, answer: Mapping[str, Any]) -> None:
        if "stopped" in answer:
            self.stop.set()
        if "fault" in answer:
            self._faults.append(time.monotonic())
        faults = self._faults
        if faults and (len(faults) > ENOUGH or time.monotonic() - faults[0] > _GRACE):
            self.stop.set()

    def _answer(self, worker: Answering, work: PlaceWork, name: str) -> dict[str, Any]:
        """Return what a process says of one page, unless the answer is known."""
        html = work.html.get(name)
        digest = "" if html is None else digest_of(work.do, name, html, work.inputs.content)
        if digest and (known := self._answers.get(digest)):
            return dict(known)
        try:
            if work.taken_by is not worker:
                taken = worker.ask({"do": "take", "content": work.inputs.content})
                if "fault" in taken:
                    return taken
                work.taken_by = worker
            answer = worker.ask({"do": work.do, "name": name} | ({} if html is None else {"html": html}))
        except RenderStopped as error:
            return {"stopped": error}
        if digest and "fault" not in answer:
            self._answers.keep(digest, answer)
        return answer
