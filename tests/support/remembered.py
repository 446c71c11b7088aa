"""A render process with a cache: what a process answered once about the same files, it is not asked again.

Publishing renders and checks every page in every language, in five processes. The admin site's tests do
it again and again over the same texts; test_render_process.py tries the process itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from chalicelib.publishing.render.site_renderer import Answering, StartProcess


class RememberingProcess:
    """Opens a render process when something is asked that nobody has asked yet."""

    def __init__(self, start_process: StartProcess, shared: Path | None = None) -> None:
        """`shared` is a folder in which the workers of one run of the tests tell each other."""
        self._start_process = start_process
        self._shared = shared
        self._known: dict[str, str] = {}
        self._lock = threading.Lock()

    def known(self, keys: Sequence[str]) -> dict[str, Any] | None:
        """Return what was answered under one of these keys, by a worker of this run of the tests."""
        for key in keys:
            if key not in self._known and self._shared and (self._shared / _name(key)).is_file():
                self._known[key] = (self._shared / _name(key)).read_text(encoding="utf-8")
            if key in self._known:
                found: dict[str, Any] = json.loads(self._known[key])
                return found
        return None

    def keep(self, key: str, answer: Mapping[str, Any]) -> None:
        """Keep an answer, for the other workers as well."""
        text = json.dumps(answer)
        with self._lock:
            self._known[key] = text
        if self._shared:
            self._shared.mkdir(parents=True, exist_ok=True)
            draft = self._shared / f"{_name(key)}.{os.getpid()}-{threading.get_ident()}"
            draft.write_text(text, encoding="utf-8")
            draft.rename(self._shared / _name(key))

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
        self._taken: Mapping[str, Any] | None = None  # the content that what is asked next is about
        self._told = True

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        if job["do"] == "take":
            self._taken, self._told = job, False
        asked = json.dumps([self._taken, job], sort_keys=True)
        # The page to check comes with the job: beside it only the content counts, while nothing is wrong.
        states = (self._whole, self._content) if job["do"] == "check" else (self._whole,)
        keys = [f"{state} {asked}" for state in states]
        known = self._cache.known(keys)
        if known is not None:
            return known
        if self._process is None:
            self._process = self._start()
        if self._taken and not self._told and job is not self._taken:
            self._process.ask(self._taken)  # it was remembered, and this process has not heard of it
        self._told = True
        answer = self._process.ask(job)
        self._cache.keep(keys[0] if "fault" in answer else keys[-1], answer)
        return answer


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _state(folder: Path) -> str:
    digest = hashlib.sha256()
    for where, folders, files in os.walk(folder, followlinks=True):
        folders.sort()
        for name in sorted(files):
            path = Path(where, name)
            digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()
