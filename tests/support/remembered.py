"""Cache of a render process's answers: about the same files none is asked twice.

Publishing renders and checks every page in every language, in five processes. The admin site's tests do
it again and again over the same texts; tests/publishing/test_render_process.py tries the process itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from chalicelib.publishing.render.site_renderer import Answering, StartProcess


class RememberingProcess:
    """Opens a real render process when something is asked that nobody has asked yet."""

    def __init__(self, start_process: StartProcess) -> None:
        self._start_process = start_process
        self.known: dict[str, str] = {}
        self.lock = threading.Lock()

    @contextmanager
    def __call__(self, folder: Path) -> Iterator[Answering]:
        """Give what answers for the folder, and end what was opened for it."""
        with ExitStack() as opened:
            yield _RememberedWorker(self, folder, lambda: opened.enter_context(self._start_process(folder)))


class _RememberedWorker:
    def __init__(self, cache: RememberingProcess, folder: Path, start: Any) -> None:
        self._cache = cache
        self._start = start
        self._process: Answering | None = None
        self._whole, self._content = _state(folder), _state(folder / "content")

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        asked = json.dumps(job, sort_keys=True)
        # The page to check comes with the job: beside it only the content counts, while nothing is wrong.
        states = (self._whole, self._content) if job["do"] == "check" else (self._whole,)
        keys = [f"{state} {asked}" for state in states]
        for key in keys:
            if key in self._cache.known:
                found: dict[str, Any] = json.loads(self._cache.known[key])
                return found
        if self._process is None:
            self._process = self._start()
        answer = self._process.ask(job)
        with self._cache.lock:
            self._cache.known[keys[0] if "fault" in answer else keys[-1]] = json.dumps(answer)
        return answer


def _state(folder: Path) -> str:
    digest = hashlib.sha256()
    for where, folders, files in os.walk(folder, followlinks=True):
        folders.sort()
        for name in sorted(files):
            path = Path(where, name)
            digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()
