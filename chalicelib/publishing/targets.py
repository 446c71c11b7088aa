"""Target state of a publish, another rendering or a roll back: the whole of it, read once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.directory.document_ids import (
    CONTACTS,
    PLACES,
    RECIPIENTS,
    base_of,
    documents_of_place,
    is_entries,
    place_of,
)
from chalicelib.directory.places import with_places
from chalicelib.directory.write_entries import write_entries
from chalicelib.publishing.documents import SHIPPED, Release
from chalicelib.publishing.edit_text import LiveTexts
from chalicelib.publishing.errors import ChangedSince
from chalicelib.publishing.going_live import (
    AGAIN,
    BACK,
    PUBLISH,
    RELEASE,
    GoingLive,
    steps,
)
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.newer_texts import with_new_sentences
from chalicelib.publishing.ports import (
    DocumentStore,
    LiveRelease,
    ReleaseShelf,
    ShippedDocuments,
)
from chalicelib.publishing.recipient_changes import RecipientChange
from chalicelib.publishing.whole_texts import are_whole, is_known
from chalicelib.shared.errors import EntryMissing

TEXTS = "texts.json"


@dataclass(frozen=True, slots=True)
class Target:
    """Target state of the site, to be reached from the release `since`.

    `versions` are kept already; `drafted` are texts that become versions, and replace those.
    `kept_places` names the places that a roll back takes along, because offices there get reports. `scope`
    names the documents whose drafts go along, None for all. `place` is the one that alone is rolled back.
    """

    since: LiveRelease | None
    going: GoingLive
    versions: Mapping[str, int]
    drafted: Mapping[str, str] = field(default_factory=dict)
    change: RecipientChange | None = None
    kept_places: Sequence[str] = ()
    scope: Collection[str] | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who publishes, why, with which yes, and what was looked at."""

    who: str
    why: str
    accept: bool
    seen: str | None = None
    again: int = 0


def texts_file(versions: Mapping[str, int], texts: Mapping[str, str]) -> bytes:
    """Return the texts of a release with their versions, as they lie beside it."""
    whole = {name: [one, texts[name]] for name, one in versions.items() if name in texts}
    return json.dumps(whole, ensure_ascii=False).encode()


def read_texts(content: bytes | None) -> dict[tuple[str, int], str]:
    """Read them back; nothing where there are none."""
    found: Mapping[str, Sequence[Any]] = json.loads(content or b"{}")
    return {(name, int(number)): str(text) for name, (number, text) in found.items()}


class Targets:
    """Target states, read from the store and the shelf; each is of one moment."""

    def __init__(self, store: DocumentStore, shipped: ShippedDocuments, shelf: ReleaseShelf) -> None:
        self._store = store
        self._shipped = shipped
        self._shelf = shelf
        self.live = LiveTexts(store, shipped)
        self._texts: dict[tuple[str, int], str] = {}

    def drafts(self, scope: Collection[str] | None = None) -> Target:
        """Return what the drafts of the documents in `scope` lead to, over what is live of the others.

        None are all drafts, and the agreed change of recipients, which goes with the whole site alone.
        """
        since = self._shelf.live()
        drafts = {
            draft.document: (draft.text, draft.who)
            for draft in self._store.drafts()
            if scope is None or draft.document in scope
        }
        change = self._store.change() if scope is None else None
        if change and change.agreed:
            drafts[RECIPIENTS] = (change.text, f"{change.proposed_by}, agreed to by {change.agreed_by}")
        live = self.live.numbers(since)
        known = self._shipped.ids()
        changed = {
            name: (text, who)
            for name, (text, who) in drafts.items()
            if is_known(name, known) and text != self.live.version(name, live.get(name, SHIPPED)).text
        }
        texts = {name: text for name, (text, _) in changed.items()}
        taken = change if change and RECIPIENTS in texts else None
        by = {name: who for name, (_, who) in changed.items()}
        going = self._going(PUBLISH if texts else AGAIN, since, texts, by, live, taken)
        return Target(since, going, live, texts, taken, scope=scope)

    def back_to(self, number: int) -> Target:
        """Return what an older release leads to; 0 is the site as it shipped. Raises EntryMissing.

        Recipients stay, and so do the places they serve.
        """
        since = self._shelf.live()
        live = self.live.numbers(since)
        known = self._shipped.ids()
        older = {name: one for name, one in self.versions_of(number).items() if is_known(name, known)}
        versions = {name: one for name, one in older.items() if name != RECIPIENTS}
        if RECIPIENTS in live:
            versions[RECIPIENTS] = live[RECIPIENTS]
        texts = {
            name: self.live.version(name, versions.get(name, SHIPPED)).text
            for name in sorted({*versions, *live})
            if versions.get(name, SHIPPED) != live.get(name, SHIPPED)
        }
        drafted: dict[str, str] = {}
        kept_places: tuple[str, ...] = ()
        if any(place_of(name) and base_of(name) == PLACES for name in texts):
            kept_places = self._keep_served(live, texts, drafted)
        elif PLACES in texts:
            now = self.live.version(PLACES, live.get(PLACES, SHIPPED)).text
            served = self.live.version(RECIPIENTS, live.get(RECIPIENTS, SHIPPED)).text
            text, kept_places = with_places(texts[PLACES], now, served)
            if kept_places:
                texts[PLACES] = drafted[PLACES] = text
        going = self._going(f"{BACK}:{number}", since, texts, dict.fromkeys(texts, f"release {number}"), live)
        return Target(since, going, versions, drafted, None, kept_places)

    def place_back_to(self, slug: str, number: int) -> Target:
        """Return what it leads to if a place's documents are as in an older release. Raises EntryMissing."""
        since = self._shelf.live()
        live, older = self.live.numbers(since), self.versions_of(number)
        texts = {
            name: self.live.version(name, older.get(name, SHIPPED)).text
            for name in documents_of_place(slug)
            if older.get(name, SHIPPED) != live.get(name, SHIPPED)
        }
        kept = self._keep_served(live, texts, {})
        texts = {name: text for name, text in texts.items() if place_of(name) not in kept}
        versions = {**live, **{name: older.get(name, SHIPPED) for name in texts}}
        by = dict.fromkeys(texts, f"release {number}")
        going = self._going(f"{BACK}:{number}:{slug}", since, texts, by, live)
        return Target(since, going, versions, kept_places=kept, scope=documents_of_place(slug), place=slug)

    def rebased(self, target: Target) -> Target:
        """Return the same target over what is live now. Raises ChangedSince where others changed the same.

        A roll back of the whole site brings back all of it: whatever was published meanwhile differs.
        """
        since = self._shelf.live()
        if since == target.since:  # somebody drew the same number, and is not live yet
            return target
        before, live = self.live.numbers(target.since), self.live.numbers(since)
        going = target.going
        number = since.number if since else SHIPPED
        release = self._store.release(number) if since else None
        by = f", published by {release.who}" if release and target.scope is None else ""
        if going.what.startswith(BACK) and not target.place:
            raise ChangedSince([(RELEASE, f"number {number} is live now{by}")])
        changed = [name for name in going.texts if before.get(name, SHIPPED) != live.get(name, SHIPPED)]
        if changed:
            raise ChangedSince([(name, f"another text of it is live now{by}") for name in changed], late=True)
        mine = {
            name: target.versions.get(name, SHIPPED) for name in going.texts if name not in target.drafted
        }
        return replace(target, since=since, going=replace(going, release=number), versions={**live, **mine})

    def _keep_served(
        self, live: Mapping[str, int], texts: dict[str, str], drafted: dict[str, str]
    ) -> tuple[str, ...]:
        """Keep the places that offices get reports from, as they are now, in what a roll back leads to."""
        served = self.live.version(RECIPIENTS, live.get(RECIPIENTS, SHIPPED)).text
        kept: list[str] = []
        seen: set[str] = set()
        for office in read(RECIPIENTS, served):
            slug = str(office.get("serves") or "")
            while slug and slug not in seen:
                seen.add(slug)
                name = f"{PLACES}/{slug}"
                entries = read(name, self.live.version(name, live.get(name, SHIPPED)).text)["places"]
                if entries and name in texts and not read(name, texts[name])["places"]:
                    kept.append(slug)
                    texts[name] = drafted[name] = write_entries({"places": entries})
                    contacts = f"{CONTACTS}/{slug}"
                    if contacts in texts:
                        now = self.live.version(contacts, live.get(contacts, SHIPPED)).text
                        texts[contacts] = drafted[contacts] = now
                slug = str(entries[0].get("parent") or "") if entries else ""
        return tuple(kept)

    def text_of(self, target: Target) -> dict[str, str]:
        """Return the text of each document that is not as it shipped, as it would be live."""
        return {
            name: with_new_sentences(name, text, self._shipped.text(name))
            for name, text in self.raw(target).items()
        }

    def raw(self, target: Target) -> dict[str, str]:
        """Return the same texts as they were written, without sentences that the package brought since."""
        return {**self._kept(target), **target.drafted}

    def _kept(self, target: Target) -> dict[str, str]:
        """Return the texts of the versions of a target.

        Those of thousands of places lie in one file beside the live release: versions never change, and to
        ask for each would take a minute.
        """
        wanted = {name: one for name, one in target.versions.items() if one != SHIPPED}
        if target.since and any((name, one) not in self._texts for name, one in wanted.items()):
            self._texts |= read_texts(self._shelf.file(target.since.number, TEXTS))
        others = {name: one for name, one in wanted.items() if (name, one) not in self._texts}
        self._store.read_ahead(others)
        for name, one in others.items():
            self._texts[name, one] = self.live.version(name, one).text
        return {name: self._texts[name, one] for name, one in wanted.items()}

    def before(self, target: Target) -> dict[str, list[str]]:
        """Return each drafted document, and for one of JSON the texts that readers got, live one first."""
        live = self.live.numbers(target.since)
        return {
            name: [
                self.live.version(name, live.get(name, SHIPPED)).text,
                *(one.text for one in self._store.versions(name)),
                self._shipped.text(name),
            ]
            if is_entries(name)
            else []
            for name in target.drafted
        }

    def steps_of(
        self, release: Release, known: Mapping[int, Mapping[str, int]]
    ) -> Sequence[tuple[str, int, int]] | None:
        """Return what a release changed, as `going_live.steps`; None where it is not known.

        `known` are the versions of releases as they were written down. The first release by place is compared
        with what the one before it is by place.
        """
        if release.since not in known:
            return None
        before = known[release.since]
        were_whole = are_whole(before) or PLACES in before
        if were_whole and not (are_whole(release.versions) or PLACES in release.versions):
            before = self.versions_of(release.since)
        return steps(before, release.versions)

    def versions_of(self, number: int) -> Mapping[str, int]:
        """Return the versions in a release. Raises EntryMissing."""
        if number == SHIPPED:
            return {}
        release = self._store.release(number)
        if release is None:
            raise EntryMissing("there is no such publish")
        return release.versions

    def _going(
        self,
        what: str,
        since: LiveRelease | None,
        texts: Mapping[str, str],
        by: Mapping[str, str],
        live: Mapping[str, int],
        change: RecipientChange | None = None,
    ) -> GoingLive:
        number = since.number if since else SHIPPED
        bases = {name: live.get(name, SHIPPED) for name in texts}
        return GoingLive(what, number, self._shipped.package(), texts, by, change, bases)
