"""Publish a release, or roll back to an older one.

A release is written beside the live one, what changed of it, and last a single object is moved, by one
conditional write: readers get the old site or the new one, never half. Who published something else meanwhile
is taken along, and only who changed the same is told. Stopped at any step, the old site stays live, and the
same call made again finishes the work. What goes live is what was looked at: a plan has a fingerprint, and
anything else is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace

from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.publishing import documents, going_live, recipient_changes
from chalicelib.publishing.built_places import KnownPlaces
from chalicelib.publishing.check_documents import BuiltSite, CheckDocuments, Checked
from chalicelib.publishing.documents import SHIPPED, CheckReport, Problem, Release
from chalicelib.publishing.errors import ChangedSince, NothingToPublish, PublishUnderWay, RenderStopped
from chalicelib.publishing.going_live import AGAIN, PUBLISH
from chalicelib.publishing.keep_edition import KeepEdition
from chalicelib.publishing.older_maps import OlderMap, changed_places, entries_of, older_map
from chalicelib.publishing.ports import DocumentStore, ReleaseShelf, ShippedDocuments
from chalicelib.publishing.publish_plans import NotYet as NotYet
from chalicelib.publishing.publish_plans import PublishPlan as PublishPlan
from chalicelib.publishing.publish_plans import planned
from chalicelib.publishing.recipient_changes import RecipientChange
from chalicelib.publishing.release_files import ReleaseRecords, files_of, package_of
from chalicelib.publishing.release_history import MOST, ReleaseHistory
from chalicelib.publishing.release_history import ReleaseEntry as ReleaseEntry
from chalicelib.publishing.release_history import SiteStatus as SiteStatus
from chalicelib.publishing.targets import TEXTS, Target, Wish, texts_file
from chalicelib.publishing.whole_texts import all_texts, is_known
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StaleRecord, StoreUnavailable

_TRIES = 20  # others may publish other places all the time
_ALL_THE_TIME = "others publish all the time: try again in a minute"
_AT_A_TIME = 10  # releases that are deleted while somebody waits for a page
_TAKEN_BACK = "taken back while it was on its way"


class Publish(ReleaseHistory):
    """Publishes drafts together: all, or those of the documents in a `scope`. `who` is a publisher's address.

    `seen` is the fingerprint of the plan that this publisher looked at. A call without it takes what there
    is: no form leads to one. `numbered` is told a release's number before readers can get it.
    `keep_edition` writes the services for machines, where they change.
    """

    def __init__(
        self,
        store: DocumentStore,
        shipped: ShippedDocuments,
        shelf: ReleaseShelf,
        check: CheckDocuments,
        clock: Clock,
        numbered: Callable[[int], None] = lambda number: None,
        keep_edition: KeepEdition | None = None,
    ) -> None:
        super().__init__(store, shipped, shelf, clock)
        self._check = check
        self._numbered = numbered
        self._keep_edition = keep_edition
        self._records = ReleaseRecords(store, shipped, clock)

    def plan(self, scope: Collection[str] | None = None) -> PublishPlan:
        """Say what would be published now, after looking over every page. Changes nothing."""
        return self._plan(self.target(None, scope))

    def plan_back(self, number: int, place: str = "") -> PublishPlan:
        """Say likewise what a roll back to this release would change, of one place or all of it.

        Raises EntryMissing.
        """
        return self._plan(self.target(number, place=place))

    def plan_at_once(self, target: Target) -> PublishPlan | None:
        """Return the plan of a roll back for which no page has to be made; None for anything else."""
        if target.place and not target.going.texts:
            return planned(target, CheckReport(()))
        older = self._older(target)
        if older is None:
            return None
        live = target.since.index if target.since else {}
        return planned(target, older.report, changed_places(live, older.index))

    def target(self, number: int | None, scope: Collection[str] | None = None, place: str = "") -> Target:
        """Return what a publish leads to, or a roll back: nothing is rendered. Raises EntryMissing."""
        if number is None:
            return self._targets.drafts(scope)
        return self._targets.place_back_to(place, number) if place else self._targets.back_to(number)

    def _plan(self, target: Target) -> PublishPlan:
        """Check a target. What cannot be rendered is what stops it, and who asks must see it."""
        if plan := self.plan_at_once(target):
            return plan
        try:
            texts = self._targets.text_of(target)
            return planned(target, self._checked(target, texts, to_publish=False).report)
        except RenderStopped as stopped:
            said = f"{str(stopped)[:1].upper()}{str(stopped)[1:].removesuffix('.')}."
            return planned(target, CheckReport((Problem(stopped.document, stopped.line, said),)))

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
            there, known = self._shelf.numbers(), self._store.releases(MOST)
            for number in going_live.unwanted(there, live.number, known, self._clock.now())[:_AT_A_TIME]:
                self._shelf.delete(number)
            self._shelf.clear_standby()

    def clear_pages(self) -> None:
        """Delete pages that no release names any more; once a day, by who has published."""
        with suppress(StoreUnavailable):
            self._shelf.clear_pages(self._clock.now())

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
        self,
        number: int,
        who: str,
        why: str,
        accept: bool = True,
        seen: str | None = None,
        place: str = "",
    ) -> Release:
        """Bring an older release back, as a new one: all of it, or a `place`. 0 is the site as it shipped.

        Recipients stay as they are: they change only with a second publisher's agreement; so do the places
        that they serve. Drafts are kept. What has its pages there still is not rendered: the older map is
        moved. Raises EntryMissing, and what a publish raises.
        """
        why = documents.check_why(why)
        target = self.target(number, place=place)
        wish = Wish(who, why, accept, seen, again=0 if place else number)
        older = self._older(target)
        if older is None or not older.is_whole():
            return self._release(target, wish)
        if seen is not None:
            self.compare(target, seen)
        if older.report.needs_a_yes and not accept:
            raise NotYet(planned(target, older.report))
        older = self._with_edition(older, target)
        if target.since and older.index == target.since.index and not target.going.texts:
            raise NothingToPublish("every page is live as it is")
        for _ in range(_TRIES):
            try:
                return self._move(target, wish, older.index, older.package, older.files)
            except StaleRecord:  # who only drew the same number differs in nothing
                target = self._targets.rebased(target)
        raise PublishUnderWay(_ALL_THE_TIME)

    def _older(self, target: Target) -> OlderMap | None:
        """Return the map that a roll back of the whole site moves; None where something has to be rendered.

        That is so where places are kept that were not there then: what lies around them says so now.
        """
        number = _back_to(target)
        if number == SHIPPED or target.place or target.kept_places:
            return None
        return older_map(self._shelf, number, self._shipped.package())

    def _with_edition(self, older: OlderMap, target: Target) -> OlderMap:
        """Return an older map with an edition for machines that says that what it brings back changed now."""
        if not self._keep_edition:
            return older
        live = target.since.index if target.since else {}

        def whole() -> Mapping[str, str]:
            return all_texts(self._shipped, self._targets.text_of(target))

        return older.with_index(self._keep_edition.of_older(older.index, target.going.texts, whole, live))

    def _release(self, target: Target, wish: Wish) -> Release:
        """Bring a target to readers; where others published meanwhile, once more over what is live then."""
        if wish.seen is not None:
            self.compare(target, wish.seen)
        for _ in range(_TRIES):
            try:
                return self._once(target, wish)
            except StaleRecord:
                target = self._targets.rebased(target)
        raise PublishUnderWay(_ALL_THE_TIME)

    def _once(self, target: Target, wish: Wish) -> Release:
        texts = self._targets.text_of(target)
        checked = self._checked(target, texts, to_publish=True)
        report, built = checked.report, checked.built
        if built is None or report.stops or (report.needs_a_yes and not wish.accept):
            raise NotYet(planned(target, report))
        if self._keep_edition:
            live = target.since.index if target.since else {}
            named = self._keep_edition.of_texts(built.index, all_texts(self._shipped, texts), live)
            built = replace(built, index=named)
        self._compare_with_live(target, texts, built)

        def files(release: Release) -> Mapping[str, bytes]:
            found = files_of(release, built, report.missing, texts, self._shipped)
            return {**found, TEXTS: texts_file(release.versions, self._targets.raw(target))}

        return self._move(target, wish, built.index, package_of(built.places, self._shipped.package()), files)

    def _checked(
        self, target: Target, texts: Mapping[str, str], *, to_publish: bool, known: KnownPlaces | None = None
    ) -> Checked:
        before, raw = self._targets.before(target), self._targets.raw(target)
        return self._check(texts, before, known=known or self._known(target), raw=raw, to_publish=to_publish)

    def _known(self, target: Target) -> KnownPlaces:
        """Return what need not be built: what is live, and what a roll back goes back to."""
        numbers = [target.since.number] if target.since else []
        if back_to := _back_to(target):
            numbers.append(back_to)
        releases = [entries_of(self._shelf, number)[0] for number in numbers]
        slugs = {slug for entries in releases for slug in entries}
        entries = {slug: [one[slug] for one in releases if slug in one] for slug in slugs}
        any_package = target.scope is not None or back_to != SHIPPED
        return KnownPlaces(self._shipped.package(), any_package, entries)

    def _move(
        self,
        target: Target,
        wish: Wish,
        index: Mapping[str, object],
        package: str,
        files: Callable[[Release], Mapping[str, bytes]],
    ) -> Release:
        """Keep what goes along, write a release's files, and give it to readers.

        Raises StaleRecord where others published meanwhile.
        """
        held = self._hold(target.change)
        try:
            self._look_again(target, held)
            keep = self._records.keep
            kept = {name: keep(name, text, wish, target.since) for name, text in target.drafted.items()}
            release = self._records.number({**target.versions, **kept}, wish, target, package)
            self._numbered(release.number)
            self._shelf.put(release.number, files(release))
            self._look_again(target, held)
            self._numbered(release.number)  # the last moment in which it can have been stopped
            self._shelf.move(release.number, index, target.since)
        except Exception:
            self._let_go(held)
            raise
        self.finish()
        return release

    def compare(self, target: Target, seen: str) -> None:
        """Compare fingerprints: raise ChangedSince unless this is what was looked at."""
        release = self._store.release(target.since.number) if target.since else None
        # Who publishes for places of theirs is not told who published for others.
        by = release.who if release and target.scope is None else ""
        changes = target.going.changes_since(seen, by)
        if changes:
            raise ChangedSince(changes)

    def _compare_with_live(self, target: Target, texts: Mapping[str, str], built: BuiltSite) -> None:
        """Raise NothingToPublish when each text and each page is what readers have, by this package."""
        live = self._store.release(target.since.number) if target.since else None
        if target.since is None or live is None or target.going.texts:
            return
        if live.package != self._shipped.package() or built.index != target.since.index:
            return
        if lost := self._shelf.lost(target.since.index):  # nobody else would write them again
            self._checked(target, texts, to_publish=True, known=self._known(target).without(lost))
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


def _back_to(target: Target) -> int:
    """Return the release that a target goes back to; 0 for none, and for the site as it shipped."""
    what, _, rest = target.going.what.partition(":")
    return int(rest.partition(":")[0]) if what == going_live.BACK else SHIPPED
