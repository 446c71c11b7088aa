"""Documents as files: those that shipped, with published texts or drafts laid over them."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from chalicelib.domain import po_files
from chalicelib.domain.document_ids import (
    CATALOG,
    JSON_DOCUMENTS,
    MAIL_TEMPLATE,
    PUBLIC_TEMPLATE,
    fingerprint_of_all,
    locale_of,
    path_of,
)
from chalicelib.domain.locales import DEFAULT, ENDONYMS

_KEPT = 4  # folders of other states that somebody may still be reading from


class Folders(NamedTuple):
    """Where the parts of one state of the site lie. They do not change once they are there."""

    templates: Path
    catalogs: Path
    content: Path


class ShippedFiles:
    """The ShippedDocuments over the package's own folders, as they are when they are asked for.

    `code` is the folder of the renderer, which belongs to the fingerprint. `sentences` returns the
    sentences of documents and where they are said: a catalog is shown with all of them. `state` changes when
    a file does; without it, every file is looked at whenever something is asked for.
    """

    def __init__(
        self,
        folders: Folders,
        code: Path,
        sentences: Callable[[Mapping[str, str]], Mapping[str, Sequence[tuple[str, int]]]],
        state: Callable[[], int] | None = None,
    ) -> None:
        self._folders = folders
        self._code = code
        self._sentences = sentences
        self._state = state or (lambda: newest(folders))
        self._seen: tuple[int | None, dict[str, str], str] = (None, {}, "")

    def ids(self) -> Sequence[str]:
        """Return every document's id: content, page templates, mail templates, catalogs."""
        return list(self._texts())

    def text(self, document: str) -> str:
        """Return a document's text. Raises KeyError when it did not ship."""
        return self._texts()[document]

    def package(self) -> str:
        """Return the fingerprint of all that pages are made of: documents, script and renderer."""
        self._texts()
        return self._seen[2]

    def _texts(self) -> dict[str, str]:
        state = self._state()
        if state != self._seen[0]:
            texts = self._read()
            scripts = sorted((self._folders.templates / "public").glob("*.js"))
            code = [*scripts, *sorted(self._code.glob("*.py"))]
            programs = {path.name: path.read_text(encoding="utf-8") for path in code}
            self._seen = (state, texts, fingerprint_of_all({**texts, **programs}))
        return self._seen[1]

    def _read(self) -> dict[str, str]:
        templates, catalogs, content = self._folders
        files = {name: content / f"{name}.json" for name in JSON_DOCUMENTS}
        public = sorted((templates / "public").glob("*.html")) + sorted((templates / "public").glob("*.css"))
        files |= {PUBLIC_TEMPLATE + path.name: path for path in public}
        mails = sorted((templates / "mail").glob("*/*.txt"))
        files |= {f"{MAIL_TEMPLATE}{path.parent.name}/{path.name}": path for path in mails}
        texts = {document: path.read_text(encoding="utf-8") for document, path in files.items()}
        said = self._sentences(texts)
        for locale in ENDONYMS:
            if locale == DEFAULT or (catalogs / locale).is_dir():
                texts[CATALOG + locale] = self._catalog(locale, said)
        return texts

    def _catalog(self, locale: str, said: Mapping[str, Sequence[tuple[str, int]]]) -> str:
        path = self._folders.catalogs / locale / "LC_MESSAGES" / "porchlight.mo"
        known = po_files.read_mo(path.read_bytes()) if path.is_file() else {}
        header = known.get("") or f"Language: {locale}\nContent-Type: text/plain; charset=utf-8\n"
        entries = [po_files.Entry("", header)]
        for sentence, places in said.items():
            where = tuple(dict.fromkeys(document for document, _ in places))
            entries.append(po_files.Entry(sentence, known.get(sentence, ""), places=where))
        return po_files.write_po(entries)


class ReleaseFiles:
    """Lays texts over the shipped files, in a folder of their own for each state.

    `state` changes when a shipped file does; without it, every file is looked at at each call.
    """

    def __init__(self, shipped: Folders, state: Callable[[], int] | None = None) -> None:
        self._shipped = shipped
        self._state = state or (lambda: newest(shipped))
        self._root: Path | None = None
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
                path.write_bytes(po_files.write_mo(po_files.read_po(text), locale_of(document)))
            else:
                path.write_text(text, encoding="utf-8")
        draft.rename(folder)
        return folder


def newest(folders: Folders) -> int:
    """Return a number that changes when any file in these folders was saved, added or removed."""
    found = []
    for folder in folders:
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                if not name.endswith((".po", ".pot")):
                    found.append((path, os.stat(path).st_mtime_ns))
    return hash(tuple(sorted(found)))
