"""Give readers a new site, or an older one again.

A release is written in full beside the live one, and last a single object is moved, by one conditional
write: readers get the old site or the new one, and of two who publish at once the second is told. Stopped
at any step, the old site stays live, and the same call made again finishes the work.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from chalicelib.domain import documents
from chalicelib.domain.documents import JSON_DOCUMENTS, RECIPIENTS, SHIPPED, CheckReport, Release, Version
from chalicelib.domain.errors import (
    EntryMissing,
    NothingToPublish,
    PublishRefused,
    PublishUnderWay,
    StaleRecord,
)
from chalicelib.ports import Clock, DocumentStore, LiveRelease, Pressed, ReleaseShelf, ShippedDocuments
from chalicelib.usecases.check_documents import CheckDocuments
from chalicelib.usecases.edit_text import LiveTexts

MADE_ON_REQUEST = ("/note", "/note-mended", "/receipt", "/code", "/answer")


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    """A release in the list. `live` is what readers get now."""

    release: Release
    live: bool


@dataclass(frozen=True, slots=True)
class PublishPlan:
    """What a publish would do now: which drafts it takes, and what the checks say.

    `recipients_proposed_by` names who proposed the agreed change of recipients that goes with it, if any.
    """

    documents: Sequence[str]
    report: CheckReport
    recipients_proposed_by: str = ""


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """How it stands: the live release (None: what shipped), the drafts, and whether the package is newer.

    After a deploy, what was published before it stays as it is until somebody publishes `again`.
    """

    live: Release | None
    drafts: Sequence[str]
    package_is_newer: bool


class Publish:
    """Publishes all drafts together. `who` is a publisher's address."""

    def __init__(
        self,
        store: DocumentStore,
        shipped: ShippedDocuments,
        shelf: ReleaseShelf,
        check: CheckDocuments,
        clock: Clock,
    ) -> None:
        self._store = store
        self._shipped = shipped
        self._shelf = shelf
        self._check = check
        self._clock = clock
        self._live = LiveTexts(store, shipped)

    def plan(self) -> PublishPlan:
        """Say what would be published now, after looking over every page. Changes nothing."""
        since = self._shelf.live()
        texts = self._drafted(since)
        change = self._store.change()
        proposed_by = change.proposed_by if change and RECIPIENTS in texts else ""
        report = self._check({**self._live.changed(since), **texts}, self._before(since, texts)).report
        return PublishPlan(tuple(texts), report, proposed_by)

    def status(self) -> SiteStatus:
        """Say how it stands."""
        live = self._shelf.live()
        release = self._store.release(live.number) if live else None
        drafts = [draft.document for draft in self._store.drafts()]
        return SiteStatus(release, drafts, release is not None and release.package != self._shipped.package())

    def releases(self, limit: int = 50) -> Sequence[ReleaseEntry]:
        """Return the newest releases, newest first; one that was never live was stopped on its way."""
        live = self._shelf.live()
        number = live.number if live else 0
        return [ReleaseEntry(release, release.number == number) for release in self._store.releases(limit)]

    def __call__(self, who: str, why: str, accept: bool = False) -> Release:
        """Publish every draft and the agreed change of recipients, and return the release that is live now.

        `accept` is the explicit yes to what the report asks about, such as sentences missing in a language.
        Raises PublishRefused with the report, NothingToPublish, PublishUnderWay, DocumentInvalid (no reason
        given).
        """
        why = documents.check_why(why)
        since = self._shelf.live()
        drafted = self._drafted(since)
        if not drafted:
            self._tidy()
            raise NothingToPublish("no draft differs from what is live")
        release = self._release(since, self._live.numbers(since), drafted, _Wish(who, why, accept))
        self._tidy()
        return release

    def again(self, who: str, why: str, accept: bool = False) -> Release:
        """Render and publish the live documents once more, after a deploy brought a new package.

        Raises as a publish does.
        """
        why = documents.check_why(why)
        since = self._shelf.live()
        return self._release(since, self._live.numbers(since), {}, _Wish(who, why, accept))

    def roll_back(self, number: int, who: str, why: str, accept: bool = True) -> Release:
        """Publish an older release's documents again, as a new release. 0 is the site as it shipped.

        Recipients stay as they are: they change only with a second publisher's agreement. Drafts are kept.
        Raises EntryMissing, and what a publish raises.
        """
        why = documents.check_why(why)
        since = self._shelf.live()
        live = self._live.numbers(since)
        versions = {name: one for name, one in self._versions_of(number).items() if name != RECIPIENTS}
        if RECIPIENTS in live:
            versions[RECIPIENTS] = live[RECIPIENTS]
        return self._release(since, versions, {}, _Wish(who, why, accept, again=number))

    def _release(
        self,
        since: LiveRelease | None,
        versions: Mapping[str, int],
        drafted: Mapping[str, str],
        wish: _Wish,
    ) -> Release:
        texts = {name: self._live.version(name, number).text for name, number in versions.items()}
        texts.update(drafted)
        checked = self._check(texts, self._before(since, drafted))
        if (
            checked.pressed is None
            or checked.report.stops
            or (checked.report.needs_a_yes and not wish.accept)
        ):
            raise PublishRefused(checked.report)
        try:
            kept = {name: self._keep(name, text, wish) for name, text in drafted.items()}
            versions = {name: number for name, number in {**versions, **kept}.items() if number != SHIPPED}
            release = self._number(versions, wish, since)
            self._write(release, texts, checked.pressed)
            self._shelf.move(release.number, checked.pressed.index, since)
        except StaleRecord as error:
            raise PublishUnderWay("somebody else published in the same moment") from error
        return release

    def _before(self, since: LiveRelease | None, drafted: Mapping[str, str]) -> dict[str, list[str]]:
        """Return the texts that readers got of each drafted document made of JSON, the live one first."""
        live = self._live.numbers(since)
        return {
            name: [
                self._live.version(name, live.get(name, SHIPPED)).text,
                *(one.text for one in self._store.versions(name)),
                self._shipped.text(name),
            ]
            for name in drafted
            if name in JSON_DOCUMENTS
        }

    def _keep(self, document: str, text: str, wish: _Wish) -> int:
        """Make a draft's text a version, unless a stopped publish did so already; return its number."""
        shipped = self._shipped.text(document)
        if text == shipped:
            return SHIPPED
        known = self._store.versions(document)
        if known and known[0].text == text:
            return known[0].number
        number = documents.next_number(one.number for one in known)
        now = self._clock.now()
        self._store.add_version(
            Version(document, number, text, wish.who, now, wish.why, documents.fingerprint(shipped))
        )
        return number

    def _number(self, versions: Mapping[str, int], wish: _Wish, since: LiveRelease | None) -> Release:
        """Give a new release a number that was never used, and keep it."""
        taken = [one.number for one in self._store.releases(1)] + ([since.number] if since else [])
        number, package = documents.next_number(taken), self._shipped.package()
        release = Release(number, versions, wish.who, self._clock.now(), wish.why, wish.again, package)
        self._store.add_release(release)
        return release

    def _write(self, release: Release, texts: Mapping[str, str], pressed: Pressed) -> None:
        pages = {
            f"{page.name}.b64": page.packed.encode("ascii")
            for page in pressed.pages
            if not page.name.endswith(MADE_ON_REQUEST)
        }
        changed = {name: text for name, text in texts.items() if name in release.versions}
        self._shelf.put(
            release.number,
            {
                **pages,
                "index.json": json.dumps(pressed.index, indent=1).encode(),
                "documents.json": json.dumps(changed, ensure_ascii=False, indent=1).encode(),
            },
        )

    def _drafted(self, since: LiveRelease | None) -> dict[str, str]:
        """Return the texts that would be published and are not live yet, by document."""
        found = {draft.document: draft.text for draft in self._store.drafts()}
        change = self._store.change()
        if change and change.agreed:
            found[RECIPIENTS] = change.text
        live = self._live.numbers(since)
        known = self._shipped.ids()
        return {
            document: text
            for document, text in found.items()
            if document in known and text != self._live.version(document, live.get(document, SHIPPED)).text
        }

    def _tidy(self) -> None:
        """Delete the drafts that say what is live now; one that was saved meanwhile stays."""
        live = self._live.numbers(self._shelf.live())
        known = self._shipped.ids()
        for draft in self._store.drafts():
            number = live.get(draft.document, SHIPPED)
            if draft.document in known and draft.text == self._live.version(draft.document, number).text:
                with suppress(StaleRecord):  # somebody went on with it meanwhile: theirs to keep
                    self._store.drop_draft(draft.document, draft.revision)
        change = self._store.change()
        if change and change.text == self._live.version(RECIPIENTS, live.get(RECIPIENTS, SHIPPED)).text:
            with suppress(StaleRecord):
                self._store.drop_change(change.revision)

    def _versions_of(self, number: int) -> Mapping[str, int]:
        if number == SHIPPED:
            return {}
        release = self._store.release(number)
        if release is None:
            raise EntryMissing(f"there is no release {number}")
        return release.versions


@dataclass(frozen=True, slots=True)
class _Wish:
    """Who publishes, why, and with which yes."""

    who: str
    why: str
    accept: bool
    again: int = 0
