"""The documents as they shipped, read from the package's own folders."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from chalicelib.directory.document_ids import (
    CATALOG,
    JSON_DOCUMENTS,
    MAIL_TEMPLATE,
    PUBLIC_TEMPLATE,
    SERVICES,
    ZIPS,
    fingerprint_of_all,
)
from chalicelib.pages import po_files
from chalicelib.pages.adapters.document_folders import Folders, newest_of_request
from chalicelib.shared.locales import DEFAULT, ENDONYMS

_BESIDES = (SERVICES, ZIPS)  # documents that nobody edits as they ship: they are none of `ids`
EARLIER = Path(__file__).parent / "earlier_texts.json.xz"


def earlier_texts(document: str, archive: Path = EARLIER) -> Sequence[str]:
    """Return a document's texts in the earlier releases that an archive holds, oldest first."""
    return _texts_of(archive).get(document, ())


@cache
def _texts_of(earlier: Path) -> Mapping[str, Sequence[str]]:
    import lzma  # only once something was edited that a newer package ships anew

    texts: Mapping[str, Sequence[str]] = json.loads(lzma.decompress(earlier.read_bytes()))
    return texts


class ShippedFiles:
    """The ShippedDocuments over the package's own folders, as they are when they are asked for.

    `code` are the folders of what renders, which belong to the fingerprint. `sentences` returns the
    sentences of documents and where they are said: a catalog is shown with all of them. `state` changes when
    a file does; without it, every file is looked at whenever something is asked for.
    """

    def __init__(
        self,
        folders: Folders,
        code: Sequence[Path],
        sentences: Callable[[Mapping[str, str]], Mapping[str, Sequence[tuple[str, int]]]],
        state: Callable[[], int] | None = None,
        earlier: Path = EARLIER,
    ) -> None:
        self._folders = folders
        self._code = code
        self._sentences = sentences
        self._state = state or (lambda: newest_of_request(folders))
        self._earlier = earlier
        self._seen: tuple[int | None, dict[str, str], str] = (None, {}, "")
        self._besides: dict[str, str] = {}

    def ids(self) -> Sequence[str]:
        """Return every document's id: content, page templates, mail templates, catalogs."""
        return list(self._texts())

    def text(self, document: str) -> str:
        """Return a document's text; also that of all services, and of ZIPs.

        Raises KeyError when it did not ship.
        """
        texts = self._texts()
        return self._besides[document] if document in _BESIDES else texts[document]

    def earlier(self, document: str) -> Sequence[str]:
        """Return the texts of this document in earlier releases that the package knows, oldest first."""
        return earlier_texts(document, self._earlier)

    def package(self) -> str:
        """Return the fingerprint of all that pages are made of: documents, script and renderer."""
        self._texts()
        return self._seen[2]

    def _texts(self) -> dict[str, str]:
        state = self._state()
        if state != self._seen[0]:
            texts = self._read()
            files = {name: self._folders.content / f"{name}.json" for name in _BESIDES}
            self._besides = {
                name: path.read_text(encoding="utf-8") for name, path in files.items() if path.is_file()
            }
            scripts = sorted((self._folders.templates / "public").glob("*.js"))
            code = [*scripts, *(path for folder in self._code for path in sorted(folder.glob("*.py")))]
            programs = {"/".join(path.parts[-3:]): path.read_text(encoding="utf-8") for path in code}
            self._seen = (state, texts, fingerprint_of_all({**texts, **programs, **self._besides}))
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
