"""Files of a release, and its record: what readers' functions take, and what the next publish starts from.

`index.json` names the pages, `inputs.json` says from what they were built, `mails.json` and `documents.json`
are what the functions of reports read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.directory.document_ids import SERVICES, base_of, place_of
from chalicelib.publishing import built_places, documents
from chalicelib.publishing.built_places import BuiltPlace
from chalicelib.publishing.check_documents import BuiltSite
from chalicelib.publishing.documents import SHIPPED, Release, Version
from chalicelib.publishing.live_texts import LiveTexts
from chalicelib.publishing.newer_texts import NewerTexts
from chalicelib.publishing.overdue_services import due_days
from chalicelib.publishing.ports import DocumentStore, LiveRelease, ShippedDocuments
from chalicelib.publishing.targets import Target, Wish
from chalicelib.publishing.whole_texts import all_texts, laid_out
from chalicelib.shared.clock import Clock

INDEX, INPUTS, MAILS, DOCUMENTS = "index.json", "inputs.json", "mails.json", "documents.json"
DUE = "due.json"  # from when on services of places are to be confirmed, for the monthly reminder


class ReleaseRecords:
    """Keeps versions and releases. What is kept stays, whether a release goes live with it or not."""

    def __init__(self, store: DocumentStore, shipped: ShippedDocuments, clock: Clock) -> None:
        self._store = store
        self._shipped = shipped
        self._clock = clock
        self._live = LiveTexts(store, shipped)
        self._newer = NewerTexts(store, shipped)

    def keep(self, document: str, text: str, wish: Wish, since: LiveRelease | None) -> int:
        """Make a draft's text a version, unless a stopped publish did so already; return its number."""
        if text == self._shipped.text(document):
            return SHIPPED
        known = self._store.versions(document)
        base = self._base(document, text, since)
        if known and known[0].text == text and known[0].shipped == base:
            return known[0].number
        number = documents.next_number(one.number for one in known)
        self._newer.keep(document, base)
        self._store.add_version(Version(document, number, text, wish.who, self._clock.now(), wish.why, base))
        return number

    def _base(self, document: str, text: str, since: LiveRelease | None) -> str:
        """Return the fingerprint of the shipped text that a new version takes account of."""
        draft = self._store.draft(document)
        number = self._live.numbers(since).get(document, SHIPPED)
        live = self._live.version(document, number)
        return self._newer.base_of(document, draft if draft and draft.text == text else None, live)

    def number(self, versions: Mapping[str, int], wish: Wish, target: Target, package: str) -> Release:
        """Give a new release a number that was never used, and keep it. Raises StaleRecord."""
        since = target.going.release
        number = documents.next_number([since, *(one.number for one in self._store.releases(1))])
        changed = {name: one for name, one in versions.items() if one != SHIPPED}
        now = self._clock.now()
        release = Release(number, changed, wish.who, now, wish.why, wish.again, package, since)
        self._store.add_release(release)
        return release


def files_of(
    release: Release,
    built: BuiltSite,
    missing: Mapping[str, Sequence[str]],
    texts: Mapping[str, str],
    shipped: ShippedDocuments,
) -> dict[str, bytes]:
    """Return the files of a release that was built."""
    files = {
        INDEX: index_file(built.index),
        INPUTS: built_places.written(built.places.values(), missing),
    }
    if built.frames:
        files[MAILS] = _spelled({"format": 1, "mails": built.frames})
    files[DOCUMENTS] = documents_file(texts, release, shipped)
    whole = all_texts(shipped, texts)
    offered = {place_of(name): text for name, text in whole.items() if base_of(name) == SERVICES}
    files[DUE] = _spelled(due_days(offered))
    return files


def index_file(index: Mapping[str, Any]) -> bytes:
    """Return the file of an index."""
    return json.dumps(index, indent=1).encode()


def documents_file(texts: Mapping[str, str], release: Release, shipped: ShippedDocuments) -> bytes:
    """Return the file of the texts of a release; a document that is as it shipped stays away."""
    return _spelled(
        laid_out(shipped, {name: text for name, text in texts.items() if name in release.versions})
    )


def package_of(places: Mapping[str, BuiltPlace], package: str) -> str:
    """Return the package that made all of these; where any is another's, that one: there is a newer one."""
    return next((one.package for one in places.values() if one.package != package), package)


def _spelled(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode()
