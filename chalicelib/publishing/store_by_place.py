"""Migration of whole contacts, places and settings to documents of places, over the store.

What an earlier package kept is never changed: its versions and releases stay as they are. A release of before
is read as the documents of places that it comes to; their texts become versions of their own when they are
asked for first. Drafts of before are made drafts of places once, before anything else is read. Each step is
the same when it is done twice, or was stopped half way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from chalicelib.directory.document_ids import CONTACTS, PLACES, SITE, base_of, fingerprint, place_of
from chalicelib.directory.errors import ContentInvalid, DocumentInvalid
from chalicelib.publishing.documents import SHIPPED, Draft, Release, ThrownDraft, Version, next_number
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.package_by_place import PackageByPlace, parts_of, without_strangers
from chalicelib.publishing.ports import DocumentStore, ReleaseShelf
from chalicelib.publishing.store_over_store import StoreOverStore
from chalicelib.publishing.whole_texts import WHOLE, empty_text, whole_texts
from chalicelib.shared.errors import StaleRecord

_TRIES = 5
_UNFIT = (ContentInvalid, DocumentInvalid, ValueError, LookupError, TypeError, AttributeError)


class StoreByPlace(StoreOverStore):
    """The DocumentStore over one that an earlier package left; `shelf` says which release is live."""

    def __init__(self, store: DocumentStore, package: PackageByPlace, shelf: ReleaseShelf) -> None:
        super().__init__(store)
        self._package = package
        self._shelf = shelf
        self._releases: dict[int, Release] = {}  # those of before, as they are by place: they never change
        self._has_begun = False

    def drafts(self) -> Sequence[Draft]:
        """Return every draft."""
        self._begin()
        return self._store.drafts()

    def draft(self, document: str) -> Draft | None:
        """Return a document's draft, if it has one."""
        self._begin()
        return self._store.draft(document)

    def thrown(self) -> Sequence[ThrownDraft]:
        """Return every draft that was thrown away and is still kept."""
        self._begin()
        return self._store.thrown()

    def settled(self) -> Mapping[str, str]:
        """Return the decisions, by document; one about a whole document counts for each part of it."""
        settled = dict(self._store.settled())
        for document in (CONTACTS, PLACES):
            if settled.get(document) == fingerprint(self._package.whole(document)):
                parts = (one for one in self._package.ids() if place_of(one) and base_of(one) == document)
                settled = {**{one: fingerprint(self._package.text(one)) for one in parts}, **settled}
        if settled.get(SITE) == fingerprint(self._package.whole(SITE)):
            settled[SITE] = fingerprint(self._package.text(SITE))
        return settled

    def release(self, number: int) -> Release | None:
        """Return one release, with versions of the documents of places."""
        if number in self._releases:
            return self._releases[number]
        release = self._store.release(number)
        if release is None or not self._is_of_before(release):
            return release
        moved = self._moved(release)
        self._releases[number] = moved
        return moved

    # Releases of before

    def _is_of_before(self, release: Release) -> bool:
        if any(place_of(name) for name in release.versions):
            return False
        if CONTACTS in release.versions or PLACES in release.versions:
            return True
        if SITE not in release.versions:
            return False
        site = self._store.version(SITE, release.versions[SITE])
        return site is not None and is_whole_site(site.text)

    def _moved(self, release: Release) -> Release:
        """Return a release with versions of the places' documents in place of whole ones, kept on the way."""
        whole: dict[str, Version] = {}
        for name in WHOLE:
            version = self._store.version(name, release.versions.get(name, SHIPPED))
            if version is not None:
                whole[name] = version
        try:
            parts = self._package.parts({name: version.text for name, version in whole.items()})
        except _UNFIT:  # published with rules of long ago: it stays as it was written down
            return release
        came = self._package.parts()
        versions = {name: one for name, one in release.versions.items() if name not in WHOLE}
        for document in dict.fromkeys([*parts, *came]):
            text = parts.get(document) or empty_text(document)
            if text == self._package.text(document):
                continue
            of = whole.get(base_of(document)) or next(iter(whole.values()))
            versions[document] = self._kept(document, text, of)
        return replace(release, versions=versions)

    def _kept(self, document: str, text: str, of: Version) -> int:
        """Keep a text as a version by who published the whole one, unless it is there; return its number."""
        base = self._base(document, base_of(document), of.shipped if of.document == base_of(document) else "")
        for _ in range(_TRIES):
            known = self._store.versions(document)
            same = next((one for one in known if one.text == text), None)
            if same is not None:
                return same.number
            number = next_number(one.number for one in known)
            with suppress(StaleRecord):  # somebody looked at the same release in the same moment
                self._store.add_version(Version(document, number, text, of.who, of.when, of.why, base))
                return number
        raise StaleRecord(f"others write versions of {document}")

    def _base(self, document: str, whole: str, mark: str) -> str:
        """Return the fingerprint of the shipped part that belongs to a shipped whole text; "" if unknown."""
        if not mark:
            return ""
        texts = [self._package.whole(whole)]
        if fingerprint(texts[0]) != mark:
            earlier = self._package.whole_earlier(whole)
            texts = [one for one in (*earlier, self._store.shipped_text(whole, mark) or "") if one]
        for text in texts:
            if fingerprint(text) == mark:
                with suppress(*_UNFIT):
                    part = self._package.parts({whole: text}).get(document) or empty_text(document)
                    self._store.keep_shipped(document, part)
                    return fingerprint(part)
        return ""

    # Drafts of before

    def _begin(self) -> None:
        """Make the drafts of before drafts of places, once in the life of a process."""
        if self._has_begun:
            return
        drafts = {draft.document: draft for draft in self._store.drafts()}
        old = {
            name: draft
            for name, draft in drafts.items()
            if name in (CONTACTS, PLACES) or (name == SITE and is_whole_site(draft.text))
        }
        if old:
            self._move_drafts(old, drafts)
        self._has_begun = True

    def _move_drafts(self, old: Mapping[str, Draft], drafts: Mapping[str, Draft]) -> None:
        live = self._live_parts()
        now = {name: drafts[name].text if name in drafts else live[name] for name in {*live, *drafts}}
        now = {name: text for name, text in now.items() if place_of(name) or name == SITE}
        now = {**now, SITE: live[SITE]} if SITE in old else now
        try:
            whole = {**whole_texts(now), **{name: draft.text for name, draft in old.items()}}
            contacts, places, site = (read(name, whole[name]) for name in WHOLE)
            if SITE not in old:
                site = without_strangers(site, contacts)
            parts = parts_of(contacts, places, site, [place_of(name) for name in now if place_of(name)])
        except _UNFIT:  # nothing of it could be in its place: it stays to be read and copied
            return
        for (
            document,
            text,
        ) in parts.items():  # the settings come last: what they say of places is kept by then
            if text != now.get(document, self._package.text(document)):
                self._move(document, text, old, live)
        for name, draft in old.items():
            if name != SITE or parts[SITE] == live[SITE]:
                with suppress(StaleRecord):  # somebody else moves them at the same time
                    self._store.drop_draft(name, draft.revision)

    def _move(self, document: str, text: str, old: Mapping[str, Draft], live: Mapping[str, str]) -> None:
        """Make a draft of a part, over the one of the settings that it comes from, and over nobody else's."""
        of = old.get(base_of(document)) or next(iter(old.values()))
        there = self._store.draft(document)
        if there is not None and not (document == SITE and SITE in old):
            if there.text != text:
                self._set_aside(of)
            return
        release = self._live()
        base = release.versions.get(document, SHIPPED) if release else SHIPPED
        mark = of.shipped if of.document == base_of(document) else ""
        draft = replace(of, document=document, text=text, base=base, shipped="")
        draft = replace(
            draft,
            shipped=self._base(document, base_of(document), mark),
            revision=there.revision + 1 if there else 1,
        )
        try:
            self._store.put_draft(draft)
        except StaleRecord:  # somebody went on with it, or another process moves the same
            there = self._store.draft(document)
            if there is None or there.text != text:
                self._set_aside(of)

    def _set_aside(self, draft: Draft) -> None:
        """Keep a whole draft among those thrown away, since somebody has a newer one of a part of it."""
        id_ = f"{draft.when:%Y%m%d%H%M%S}-{fingerprint(draft.document + draft.text)}"
        with suppress(StaleRecord):  # by the try before this one
            self._store.keep_thrown(ThrownDraft(id_, draft, draft.who, draft.when))

    def _live(self) -> Release | None:
        live = self._shelf.live()
        return self.release(live.number) if live else None

    def _live_parts(self) -> dict[str, str]:
        release = self._live()
        texts = {name: self._package.text(name) for name in self._package.ids()}
        for name, number in (release.versions if release else {}).items():
            version = self._store.version(name, number)
            if version is not None:
                texts[name] = version.text
        return texts


def is_whole_site(text: str) -> bool:
    """Say whether settings are of before contacts lay with their places: they name the police themselves."""
    try:
        parsed: Any = json.loads(text)
    except ValueError:
        return False
    return isinstance(parsed, dict) and "police" in parsed
