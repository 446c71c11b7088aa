"""Publish a release, or roll back to an older one.

A release is written in full beside the live one, and last a single object is moved, by one conditional
write: readers get the old site or the new one, and of two who publish at once the second is told. Stopped
at any step, the old site stays live, and the same call made again finishes the work. What goes live is what
was looked at: a plan has a fingerprint, and anything else is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.publishing import documents, going_live, recipient_changes
from chalicelib.publishing.check_documents import CheckDocuments, Checked
from chalicelib.publishing.documents import (
    SHIPPED,
    CheckReport,
    Problem,
    Release,
    Version,
)
from chalicelib.publishing.errors import ChangedSince, NothingToPublish, PublishUnderWay, RenderStopped
from chalicelib.publishing.going_live import AGAIN, PUBLISH
from chalicelib.publishing.newer_texts import NewerTexts
from chalicelib.publishing.page_units import units_of
from chalicelib.publishing.ports import (
    DocumentStore,
    LiveRelease,
    ReleaseShelf,
    RenderedSite,
    ShippedDocuments,
)
from chalicelib.publishing.publish_plans import NotYet as NotYet
from chalicelib.publishing.publish_plans import PublishPlan as PublishPlan
from chalicelib.publishing.publish_plans import planned
from chalicelib.publishing.recipient_changes import RecipientChange
from chalicelib.publishing.targets import Target, Targets, Wish
from chalicelib.publishing.whole_texts import is_known, laid_out
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StaleRecord, StoreUnavailable

_MOST = 2000  # releases that are looked at: with one a day, those of five years
_AT_A_TIME = 10  # releases that are deleted while somebody waits for a page
_TAKEN_BACK = "taken back while it was on its way"


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    """A release in the list. `live` is what readers get now; one that was stopped never `reached` them.

    `changed` are the documents in which it differs from the one that it took the place of, with the versions
    of both; None where that is not known.
    """

    release: Release
    live: bool
    reached: bool = True
    changed: Sequence[tuple[str, int, int]] | None = None


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """Status of the site: the live release (None: as shipped), the drafts, whether the package is newer.

    After a deploy, what was published before it stays as it is until somebody publishes `again`.
    """

    live: Release | None
    drafts: Sequence[str]
    package_is_newer: bool


class Publish:
    """Publishes drafts together: all, or those of the documents in a `scope`. `who` is a publisher's address.

    `seen` is the fingerprint of the plan that this publisher looked at. A call without it takes what there
    is: no form leads to one. `numbered` is told a release's number before readers can get it.
    """

    def __init__(
        self,
        store: DocumentStore,
        shipped: ShippedDocuments,
        shelf: ReleaseShelf,
        check: CheckDocuments,
        clock: Clock,
        numbered: Callable[[int], None] = lambda number: None,
    ) -> None:
        self._store = store
        self._shipped = shipped
        self._shelf = shelf
        self._check = check
        self._clock = clock
        self._numbered = numbered
        self._targets = Targets(store, shipped, shelf)
        self._newer = NewerTexts(store, shipped)

    def plan(self, scope: Collection[str] | None = None) -> PublishPlan:
        """Say what would be published now, after looking over every page. Changes nothing."""
        return self._plan(self.target(None, scope))

    def plan_back(self, number: int) -> PublishPlan:
        """Say likewise what a roll back to this release would change. Raises EntryMissing."""
        return self._plan(self.target(number))

    def target(self, number: int | None, scope: Collection[str] | None = None) -> Target:
        """Return what a publish leads to, or a roll back: nothing is rendered. Raises EntryMissing."""
        return self._targets.drafts(scope) if number is None else self._targets.back_to(number)

    def _plan(self, target: Target) -> PublishPlan:
        """Check a target. What cannot be rendered is what stops it, and who asks must see it."""
        try:
            return planned(target, self._checked(target, to_publish=False).report)
        except RenderStopped as stopped:
            said = f"{str(stopped)[:1].upper()}{str(stopped)[1:].removesuffix('.')}."
            return planned(target, CheckReport((Problem(stopped.document, stopped.line, said),)))

    def status(self) -> SiteStatus:
        """Return the status of the site."""
        live = self._shelf.live()
        release = self._store.release(live.number) if live else None
        drafts = [draft.document for draft in self._store.drafts()]
        return SiteStatus(release, drafts, release is not None and release.package != self._shipped.package())

    def releases(self) -> Sequence[ReleaseEntry]:
        """Return the releases that are there, newest first; not those that are or will be deleted."""
        live = self._shelf.live()
        number = live.number if live else SHIPPED
        releases = self._store.releases(_MOST)
        known = {SHIPPED: {}, **{release.number: release.versions for release in releases}}
        reached = going_live.reached(number, {release.number: release.since for release in releases})
        shown = self._shown(number, releases)
        return [
            ReleaseEntry(
                release,
                release.number == number,
                release.number in reached,
                self._targets.steps_of(release, known),
            )
            for release in releases
            if release.number in shown
        ]

    def changed_by(self, release: Release) -> str:
        """Return in one line which documents a release changed, from which version to which."""
        before = {} if release.since < SHIPPED else self._targets.versions_of(release.since)
        return going_live.in_words(before, release.versions)

    def release(self, number: int) -> Release | None:
        """Return a release, whether readers ever got it or not."""
        return self._store.release(number)

    def reached(self, numbers: Iterable[int]) -> int:
        """Return which of these releases readers get, or got before the live one; 0 for none of them."""
        live = self._shelf.live()
        since = {release.number: release.since for release in self._store.releases(_MOST)} if live else {}
        reached = going_live.reached(live.number, since) if live else set()
        return max(reached.intersection(numbers), default=SHIPPED)

    def stand_by(self) -> None:
        """Finish the pages for when the functions fail, should who published last have been stopped."""
        with suppress(StoreUnavailable):  # the site itself is whole, and whoever comes next tries again
            self._shelf.stand_by()

    def clear_away(self) -> None:
        """Delete the releases that nobody can want any more, and the standby pages of places that are gone.

        A few at a time: whoever comes next goes on. Where anything cannot be read, nothing is deleted.
        """
        with suppress(StoreUnavailable):
            live = self._shelf.live()
            if live is None:
                return
            there, known = self._shelf.numbers(), self._store.releases(_MOST)
            for number in going_live.unwanted(there, live.number, known, self._clock.now())[:_AT_A_TIME]:
                self._shelf.delete(number)
            self._shelf.clear_standby()

    def clear_pages(self) -> None:
        """Delete pages that no release names any more; once a day, by who has published."""
        with suppress(StoreUnavailable):
            self._shelf.clear_pages(self._clock.now())

    def _shown(self, live: int, releases: Sequence[Release]) -> set[int]:
        """Return the releases to be listed: those with files, the live one, and those that were stopped."""
        now = self._clock.now()
        numbers = {release.number for release in releases}
        gone = set(going_live.unwanted(numbers, live, releases, now))
        with suppress(StoreUnavailable):  # then the rule alone says what there is
            since = {release.number: release.since for release in releases}
            gone |= going_live.reached(live, since) - {*self._shelf.numbers(), live}
        return numbers - gone

    def __call__(
        self,
        who: str,
        why: str,
        accept: bool = False,
        seen: str | None = None,
        scope: Collection[str] | None = None,
    ) -> Release:
        """Publish every draft and the agreed change of recipients, and return the release that is live now.

        With a `scope` only drafts of those documents go along. `accept` is the explicit yes to what the
        report asks about, such as sentences missing in a language.
        Raises PublishRefused with the report, ChangedSince, NothingToPublish, PublishUnderWay,
        DocumentInvalid (no reason given).
        """
        why = documents.check_why(why)
        target = self._targets.drafts(scope)
        if not target.drafted:
            self.finish()
            raise NothingToPublish("no draft differs from what is live")
        return self._release(target, Wish(who, why, accept, seen))

    def again(self, who: str, why: str, accept: bool = False, seen: str | None = None) -> Release:
        """Render and publish the live documents once more, after a deploy brought a new package.

        Drafts stay behind; where the plan that was looked at had some, or there are some now, that is
        another thing. Raises as a publish does.
        """
        why = documents.check_why(why)
        target = self._targets.drafts()
        wish = Wish(who, why, accept, seen)
        if seen is not None:
            self.compare(target, seen)
        alone = replace(target.going, what=AGAIN, texts={}, by={}, change=None)
        return self._release(Target(target.since, alone, target.versions), wish)

    def roll_back(
        self, number: int, who: str, why: str, accept: bool = True, seen: str | None = None
    ) -> Release:
        """Publish an older release's documents again, as a new release. 0 is the site as it shipped.

        Recipients stay as they are: they change only with a second publisher's agreement; so do the places
        that they serve. Drafts are kept. Raises EntryMissing, and what a publish raises.
        """
        why = documents.check_why(why)
        return self._release(self._targets.back_to(number), Wish(who, why, accept, seen, again=number))

    def _release(self, target: Target, wish: Wish) -> Release:
        if wish.seen is not None:
            self.compare(target, wish.seen)
        checked = self._checked(target, to_publish=True)
        report = checked.report
        if checked.rendered is None or report.stops or (report.needs_a_yes and not wish.accept):
            raise NotYet(planned(target, report))
        self._compare_with_live(target, checked.rendered)
        held = self._hold(target.change)
        try:
            kept = {name: self._keep(name, text, wish, target.since) for name, text in target.drafted.items()}
            versions = {**target.versions, **kept}
            versions = {name: number for name, number in versions.items() if number != SHIPPED}
            release = self._number(versions, wish, target)
            self._numbered(release.number)
            index = self._write(release, self._targets.text_of(target), checked.rendered, target)
            self._look_again(target, held)
            self._numbered(release.number)  # the last moment in which it can have been stopped
            self._shelf.move(release.number, index, target.since)
        except Exception as error:
            self._let_go(held)
            if isinstance(error, StaleRecord):
                raise PublishUnderWay("somebody else published in the same moment") from error
            raise
        self.finish()
        return release

    def _checked(self, target: Target, *, to_publish: bool) -> Checked:
        texts, before = self._targets.text_of(target), self._targets.before(target)
        return self._check(texts, before, to_publish=to_publish)

    def compare(self, target: Target, seen: str) -> None:
        """Compare fingerprints: raise ChangedSince unless this is what was looked at."""
        release = self._store.release(target.since.number) if target.since else None
        # Who publishes for places of theirs is not told who published for others.
        by = release.who if release and target.scope is None else ""
        changes = target.going.changes_since(seen, by)
        if changes:
            raise ChangedSince(changes)

    def _compare_with_live(self, target: Target, rendered: RenderedSite) -> None:
        """Raise NothingToPublish when each text and each page is what readers have, by this package."""
        live = self._store.release(target.since.number) if target.since else None
        if target.since is None or live is None or target.going.texts:
            return
        if live.package != self._shipped.package():
            return
        units = units_of(rendered)
        if units.index == target.since.index:
            self._shelf.mend(units.without({}))  # should one be gone: nobody else would write it again
            self.finish()
            raise NothingToPublish("every page is live as it is")

    def _hold(self, change: RecipientChange | None) -> RecipientChange | None:
        """Lock the change of recipients that goes along: from here on nobody withdraws it unnoticed."""
        if change is None:
            return None
        held = recipient_changes.with_hold(change, self._clock.now())
        try:
            self._store.put_change(held)
        except StaleRecord as error:
            raise ChangedSince([(RECIPIENTS, _TAKEN_BACK)], late=True) from error
        return held

    def _let_go(self, held: RecipientChange | None) -> None:
        if held:
            with suppress(StaleRecord, StoreUnavailable):  # it ends by itself
                self._store.put_change(recipient_changes.without_hold(held))

    def _look_again(self, target: Target, held: RecipientChange | None) -> None:
        """Look, a moment before the move, whether anything that goes along was taken back meanwhile."""
        if self._shelf.live() != target.since:
            raise StaleRecord("another release is live")
        if held:
            change = self._store.change()
            there = change is not None and change.revision == held.revision
            if not there or not recipient_changes.may_still_move(held, self._clock.now()):
                how = _TAKEN_BACK if not there else "writing took too long"
                raise ChangedSince([(RECIPIENTS, how)], late=True)
        wanted = {*target.drafted} - {RECIPIENTS} if target.going.what == PUBLISH else set()
        if gone := wanted - {draft.document for draft in self._store.drafts()}:
            raise ChangedSince([(name, _TAKEN_BACK) for name in sorted(gone)], late=True)

    def _keep(self, document: str, text: str, wish: Wish, since: LiveRelease | None) -> int:
        """Make a draft's text a version, unless a stopped publish did so already; return its number."""
        shipped = self._shipped.text(document)
        if text == shipped:
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
        number = self._targets.live.numbers(since).get(document, SHIPPED)
        live = self._targets.live.version(document, number)
        return self._newer.base_of(document, draft if draft and draft.text == text else None, live)

    def _number(self, versions: Mapping[str, int], wish: Wish, target: Target) -> Release:
        """Give a new release a number that was never used, and keep it."""
        since = target.going.release
        number = documents.next_number([since, *(one.number for one in self._store.releases(1))])
        release = Release(
            number,
            versions,
            wish.who,
            self._clock.now(),
            wish.why,
            wish.again,
            self._shipped.package(),
            since,
        )
        self._store.add_release(release)
        return release

    def _write(
        self, release: Release, texts: Mapping[str, str], rendered: RenderedSite, target: Target
    ) -> Mapping[str, object]:
        """Write what readers do not have yet, and return the index of the release."""
        units = units_of(rendered)
        files = {"index.json": json.dumps(units.index, indent=1).encode()}
        if rendered.frames:
            frames = {"format": 1, "mails": rendered.frames}
            files["mails.json"] = json.dumps(frames, ensure_ascii=False, indent=1).encode()
        changed = laid_out(
            self._shipped, {name: text for name, text in texts.items() if name in release.versions}
        )
        files["documents.json"] = json.dumps(changed, ensure_ascii=False, indent=1).encode()
        self._shelf.put(release.number, files, units.without(target.since.index if target.since else {}))
        return units.index

    def finish(self) -> None:
        """Do what is left once a release is live; whatever is away now is done by the next who publishes."""
        self.stand_by()
        with suppress(StoreUnavailable):
            self._tidy()

    def _tidy(self) -> None:
        """Delete the drafts that say what is live now; one that was saved meanwhile stays."""
        texts, live = self._targets.live, self._targets.live.numbers(self._shelf.live())
        known = self._shipped.ids()
        for draft in self._store.drafts():
            number = live.get(draft.document, SHIPPED)
            if is_known(draft.document, known) and draft.text == texts.version(draft.document, number).text:
                with suppress(StaleRecord):  # somebody went on with it meanwhile: theirs to keep
                    self._store.drop_draft(draft.document, draft.revision)
        change = self._store.change()
        if change and change.text == texts.version(RECIPIENTS, live.get(RECIPIENTS, SHIPPED)).text:
            with suppress(StaleRecord):
                self._store.drop_change(change.revision)
