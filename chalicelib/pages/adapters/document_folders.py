"""A cache of folders of documents: what shipped, with published texts or drafts laid over it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from chalicelib.directory.document_ids import (
    CATALOG,
    fingerprint_of_all,
    locale_of,
    path_of,
)
from chalicelib.pages import po_files
from chalicelib.shared.request_time import THIS_REQUEST

_KEPT = 4  # folders of other states that somebody may still be reading from


class Folders(NamedTuple):
    """Where the parts of one state of the site lie. They do not change once they are there."""

    templates: Path
    catalogs: Path
    content: Path


class ReleaseFiles:
    """Lays texts over the shipped files, in a folder of their own for each state.

    `state` changes when a shipped file does; without it, every file is looked at at each call. `root` is
    where they are made, if somebody else clears it away; without it they last as long as the process.
    """

    def __init__(
        self, shipped: Folders, state: Callable[[], int] | None = None, root: Path | None = None
    ) -> None:
        self._shipped = shipped
        self._state = state or (lambda: newest(shipped))
        self._root = root
        self._made: dict[str, Path] = {}
        self._lock = threading.Lock()

    def __call__(self, texts: Mapping[str, str]) -> Folders:
        """Return folders with these texts in place of what shipped; the same state gives the same folders.

        Raises PoInvalid when a catalog cannot be read, and DocumentInvalid for a document's id that is none.
        """
        state = f"{self._state() & 0xFFFFFFFFFFFFFFFF:016x}-{fingerprint_of_all(texts)}"
        with self._lock:
            folder = self._made.pop(state, None)
            if folder is None or not folder.is_dir():  # somebody may have tidied up temporary files
                folder = self._make(state, texts)
            self._made[state] = folder  # the newest comes last
            while len(self._made) > _KEPT:
                shutil.rmtree(self._made.pop(next(iter(self._made))), ignore_errors=True)
        return Folders(folder / "templates", folder / "locale", folder / "content")

    def _make(self, state: str, texts: Mapping[str, str]) -> Path:
        if self._root is None:
            self._root = Path(tempfile.mkdtemp(prefix="porchlight-"))
            atexit.register(shutil.rmtree, self._root, ignore_errors=True)
        folder, draft = self._root / state, self._root / f"{state}.part"
        shutil.rmtree(draft, ignore_errors=True)
        self._root.mkdir(exist_ok=True)
        ignored = shutil.ignore_patterns("admin", "*.po", "*.pot", "*~")
        for source, name in zip(self._shipped, ("templates", "locale", "content"), strict=True):
            shutil.copytree(source, draft / name, ignore=ignored)
        # What a mail's block says comes from these, whatever was published.
        shutil.copytree(self._shipped.catalogs, draft / "shipped-locale", ignore=ignored)
        for document, text in texts.items():
            path = draft / path_of(document)
            path.parent.mkdir(parents=True, exist_ok=True)
            if document.startswith(CATALOG):
                entries = _with_shipped(po_files.read_po(text), path)
                path.write_bytes(po_files.write_mo(entries, locale_of(document)))
            else:
                path.write_text(text, encoding="utf-8")
        draft.rename(folder)
        return folder


def _with_shipped(entries: Sequence[po_files.Entry], shipped: Path) -> list[po_files.Entry]:
    """Return a catalog's entries, and those of the compiled one that shipped which it lacks: a package newer
    than what was published says sentences that nobody could translate then."""
    known = {entry.source for entry in entries}
    there = po_files.read_mo(shipped.read_bytes()) if shipped.is_file() else {}
    return [*entries, *(po_files.Entry(one, text) for one, text in there.items() if one not in known)]


def newest_of_request(folders: Folders) -> int:
    """Return the same, looked up once a request: all of it sees one state of the files."""
    return THIS_REQUEST.once(("newest", folders), lambda: newest(folders))


def newest(folders: Folders) -> int:
    """Return a fingerprint that changes when any file in these folders was saved, added or removed."""
    saved = []
    for folder in folders:
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                if not name.endswith((".po", ".pot")):
                    saved.append((path, os.stat(path).st_mtime_ns))
    return hash(tuple(sorted(saved)))
