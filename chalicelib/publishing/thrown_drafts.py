"""Drafts that were thrown away, kept for 30 days (a recycle bin), and how one is had back.

One that meets a newer draft, or a text that was published since, is put together with it where the two do not
touch the same place; what it takes the place of is kept here in its turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from chalicelib.directory.document_ids import BY_PLACE, fingerprint_of_all, is_entries
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.documents import SHIPPED, THROWN_FOR, Draft, ThrownDraft, Version
from chalicelib.publishing.edit_text import EditText, OpenDocument
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.merge import NEW, YOURS, Merge, merge
from chalicelib.publishing.ports import DocumentStore
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing, StaleRecord, StoreUnavailable

WHOLE = "whole"  # exactly as it was
WITH_NEWER = "newer"  # put together with what is there now; where both changed a place, the newer one stays
WITH_THROWN = "thrown"  # likewise, and there the one that was thrown away comes back
_BY_ITSELF = "the site writes this by itself now: the text can be read here, and is not used any more"
_BY_PLACE = "each place has a text of its own now: this one can be read here, and is not used any more"
_NO_SUCH = "the site has no such text any more"
_AT_A_TIME = 10  # old ones that are deleted while somebody waits for a page


@dataclass(frozen=True, slots=True)
class HaveBack:
    """A draft that was thrown away, beside what is there now, and the texts that it can come back as.

    `ways` are WHOLE and, where it is of use, WITH_NEWER or both others, the best one first. `seen` is the
    fingerprint of all of it: who has it back hands it in. `refused` says why it cannot be had back, if so.
    """

    thrown: ThrownDraft
    now: OpenDocument
    ways: dict[str, str]
    seen: str
    clashes: int = 0
    moved_on: bool = False
    refused: str = ""


class ThrownDrafts:
    """The drafts that were thrown away: list, look, have back."""

    def __init__(self, store: DocumentStore, edit: EditText, clock: Clock) -> None:
        self._store = store
        self._edit = edit
        self._clock = clock

    def list(self) -> Sequence[ThrownDraft]:
        """Return those of the last 30 days, newest first; older ones are deleted on the way."""
        kept = self._clock.now() - THROWN_FOR
        thrown = self._store.thrown()
        for old in [one for one in thrown if one.at <= kept][:_AT_A_TIME]:
            with suppress(StoreUnavailable):
                self._store.drop_thrown(old.id)
        return sorted((one for one in thrown if one.at > kept), key=lambda one: one.at, reverse=True)

    def open(self, id_: str) -> HaveBack:
        """Return one, beside what is there now. Raises EntryMissing when it is gone, or too old."""
        thrown = next((one for one in self.list() if one.id == id_), None)
        if thrown is None:
            raise EntryMissing(
                "this draft is not kept any more: drafts that were thrown away stay for 30 days"
            )
        now, refused = self._now(thrown.draft.document)
        mine = thrown.draft.text
        moved_on = bool(now.draft) or now.live.number != thrown.draft.base
        merged = self._merged(thrown.draft, now) if moved_on else None
        ways: dict[str, str] = {}
        if merged is not None:
            choices = {place.key: NEW for place in merged.clashes}
            ways[WITH_NEWER] = merged.write(dict.fromkeys(choices, YOURS))
            if choices:
                ways[WITH_THROWN] = merged.write(choices)
        document = thrown.draft.document
        ways = {
            way: text
            for way, text in ways.items()
            if not any(_is_same(document, text, one) for one in (mine, now.text))
        }
        ways[WHOLE] = mine
        seen = fingerprint_of_all({"thrown": mine, "now": now.text, "live": now.live.text})
        clashes = len(merged.clashes) if merged else 0
        return HaveBack(thrown, now, ways, seen, clashes, moved_on, refused)

    def have_back(self, id_: str, way: str, seen: str, who: str) -> Draft:
        """Make a draft of one again, in a way that was looked at, and take it off the list.

        What it takes the place of comes on the list. Raises StaleRecord when something is not as it was
        `seen`, EntryMissing, and what save_draft raises.
        """
        back = self._seen(id_, way, seen)
        document, shipped = back.thrown.draft.document, back.thrown.draft.shipped
        draft = self._edit.save_instead(document, back.ways[way], back.now.revision, who, shipped)
        self._store.drop_thrown(id_)
        return draft

    def _seen(self, id_: str, way: str, seen: str) -> HaveBack:
        back = self.open(id_)
        if back.refused:
            raise DocumentInvalid(back.refused)
        if back.seen != seen or way not in back.ways:
            raise StaleRecord("changed by somebody else")
        return back

    def _merged(self, draft: Draft, now: OpenDocument) -> Merge | None:
        """Return what the draft changed, put together with what is there now; None where that cannot be."""
        try:
            begun = self._edit.version(draft.document, draft.base)
            return merge(draft.document, begun.text, now.text, draft.text)
        except (DocumentInvalid, EntryMissing):
            return None

    def _why_retired(self, document: str) -> str:
        if not self._edit.is_retired(document):
            return ""
        return _BY_PLACE if document in BY_PLACE else _BY_ITSELF

    def _now(self, document: str) -> tuple[OpenDocument, str]:
        """Return what there is of a document now, and why no draft of it can be had back, if so."""
        refused = self._why_retired(document)
        try:
            return self._edit.open(document), refused
        except EntryMissing:  # of an older package
            nothing = Version(document, SHIPPED, "")
            return OpenDocument(document, "", "", 0, None, nothing, False), refused or _NO_SUCH


def _is_same(document: str, text: str, other: str) -> bool:
    """Say whether two texts hold the same, however they are written."""
    if not is_entries(document):
        return text == other
    try:
        return bool(read(document, text) == read(document, other))
    except DocumentInvalid:
        return False
