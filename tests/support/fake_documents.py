"""Fakes of the document store and the shelf of releases; they keep the promises of the adapters."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from chalicelib.directory.document_ids import fingerprint
from chalicelib.pages.page_files import hashes_in, path_of
from chalicelib.publishing.documents import Draft, Release, ThrownDraft, Version
from chalicelib.publishing.page_units import page_paths
from chalicelib.publishing.ports import LiveRelease
from chalicelib.publishing.recipient_changes import RecipientChange
from chalicelib.shared.errors import StaleRecord


class FakeDocuments:
    """A DocumentStore in memory. `before` is called with the name of each write, and may raise."""

    def __init__(self, before: Callable[[str], None] = lambda _: None) -> None:
        self.before = before
        self._drafts: dict[str, Draft] = {}
        self._versions: dict[tuple[str, int], Version] = {}
        self._releases: dict[int, Release] = {}
        self._change: RecipientChange | None = None
        self._shipped: dict[tuple[str, str], str] = {}
        self._settled: dict[str, str] = {}
        self._thrown: dict[str, ThrownDraft] = {}

    def drafts(self) -> Sequence[Draft]:
        return [self._drafts[document] for document in sorted(self._drafts)]

    def draft(self, document: str) -> Draft | None:
        return self._drafts.get(document)

    def put_draft(self, draft: Draft) -> None:
        self.before("put_draft")
        _expect(self._drafts.get(draft.document), draft.revision - 1)
        self._drafts[draft.document] = draft

    def drop_draft(self, document: str, revision: int) -> None:
        self.before("drop_draft")
        if document not in self._drafts:
            raise StaleRecord("gone")
        _expect(self._drafts[document], revision)
        del self._drafts[document]

    def keep_thrown(self, thrown: ThrownDraft) -> None:
        self.before("keep_thrown")
        if thrown.id in self._thrown:
            raise StaleRecord("taken")
        self._thrown[thrown.id] = thrown

    def thrown(self) -> Sequence[ThrownDraft]:
        return [self._thrown[id_] for id_ in sorted(self._thrown)]

    def drop_thrown(self, id_: str) -> None:
        self.before("drop_thrown")
        self._thrown.pop(id_, None)

    def keep_shipped(self, document: str, text: str) -> None:
        self.before("keep_shipped")
        self._shipped[document, fingerprint(text)] = text

    def shipped_text(self, document: str, fingerprint: str) -> str | None:
        return self._shipped.get((document, fingerprint))

    def settle(self, document: str, fingerprint: str, who: str, when: datetime) -> None:
        self.before("settle")
        self._settled[document] = fingerprint

    def settled(self) -> Mapping[str, str]:
        return dict(self._settled)

    def versions(self, document: str) -> Sequence[Version]:
        found = [version for (name, _), version in self._versions.items() if name == document]
        return sorted(found, key=lambda version: -version.number)

    def version(self, document: str, number: int) -> Version | None:
        return self._versions.get((document, number))

    def read_ahead(self, versions: Mapping[str, int]) -> None:
        pass

    def add_version(self, version: Version) -> None:
        self.before("add_version")
        if (version.document, version.number) in self._versions:
            raise StaleRecord("taken")
        self._versions[version.document, version.number] = version

    def releases(self, limit: int) -> Sequence[Release]:
        return [self._releases[number] for number in sorted(self._releases, reverse=True)][:limit]

    def release(self, number: int) -> Release | None:
        return self._releases.get(number)

    def add_release(self, release: Release) -> None:
        self.before("add_release")
        if release.number in self._releases:
            raise StaleRecord("taken")
        self._releases[release.number] = replace(release, versions=dict(release.versions))

    def change(self) -> RecipientChange | None:
        return self._change

    def put_change(self, change: RecipientChange) -> None:
        self.before("put_change")
        _expect(self._change, change.revision - 1)
        self._change = change

    def drop_change(self, revision: int) -> None:
        self.before("drop_change")
        if self._change is None:
            raise StaleRecord("gone")
        _expect(self._change, revision)
        self._change = None


def _expect(there: Draft | RecipientChange | None, revision: int) -> None:
    if (there.revision if there else 0) != revision:
        raise StaleRecord("changed")


class FakeShelf:
    """A ReleaseShelf in memory; `files` is what a reader could fetch."""

    def __init__(self, before: Callable[[str], None] = lambda _: None) -> None:
        self.before = before
        self.files: dict[str, bytes] = {}
        self.standing_by = 0  # the release whose pages stand by
        self._marks = count(1)
        self._mark = ""

    def live(self) -> LiveRelease | None:
        if "current.json" not in self.files:
            return None
        current = json.loads(self.files["current.json"])
        return LiveRelease(current["release"], self._mark, current["index"])

    def put_pages(self, pages: Mapping[str, bytes]) -> None:
        for path in sorted(pages):
            self.before(f"put {path}")
            self.files.setdefault(path, pages[path])

    def put(self, number: int, files: Mapping[str, bytes]) -> None:
        for name in sorted(files):
            self.before(f"put {name}")
            self.files[f"releases/{number}/{name}"] = files[name]

    def file(self, number: int, name: str) -> bytes | None:
        return self.files.get(f"releases/{number}/{name}")

    def lost(self, index: Mapping[str, Any]) -> Collection[str]:
        return {place for place, path in page_paths(index) if path not in self.files}

    def page(self, name: str) -> bytes:
        """Return what a reader of the live release gets, such as en/us. Raises KeyError."""
        current = json.loads(self.files["current.json"])
        locale, _, page = name.partition("/")
        return self.files[path_of(current["release"], *hashes_in(current["index"]), locale, page) + ".b64"]

    def move(self, number: int, index: Mapping[str, object], since: LiveRelease | None) -> None:
        self.before("move")
        if self.live() != since:
            raise StaleRecord("another release is live")
        self.files["current.json"] = json.dumps({"release": number, "index": index}).encode()
        self._mark = f"mark {next(self._marks)}"

    def numbers(self) -> Sequence[int]:
        found = [name.split("/") for name in self.files]
        return sorted({int(parts[1]) for parts in found if parts[0] == "releases" and parts[1].isdecimal()})

    def delete(self, number: int) -> None:
        live = self.live()
        if live is None or number >= live.number:
            return
        for name in sorted(self.files):
            if name.startswith(f"releases/{number}/"):
                self.before(f"delete {name}")
                del self.files[name]

    def clear_pages(self, now: datetime) -> None:
        self.before("clear_pages")

    def clear_standby(self) -> None:
        self.before("clear_standby")

    def stand_by(self) -> None:
        live = self.live()
        if live and self.standing_by < live.number:
            self.before("stand_by")
            self.standing_by = max(self.standing_by, live.number)  # a newer one may have come meanwhile
