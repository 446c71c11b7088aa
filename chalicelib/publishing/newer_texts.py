"""Edited documents of which a newer package ships another text: the base of each edit, and the merge.

Every draft and version says which shipped text it takes account of (its base). Where that is not the one that
ships now, the edited text hides what is new in the package, until somebody merges them or decides against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.delivery import mail_frames
from chalicelib.directory.document_ids import CATALOG, fingerprint, fingerprint_of_all
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import Entry, PoInvalid, read_po, write_po
from chalicelib.publishing import comparison
from chalicelib.publishing.documents import SHIPPED, Draft, Version
from chalicelib.publishing.merge import NEW, Merge, merge
from chalicelib.publishing.ports import DocumentStore, ShippedDocuments

ALL = "all"  # the key of a choice between two whole texts


@dataclass(frozen=True, slots=True)
class NewerText:
    """A document that was edited here, and that the package ships anew: its three texts.

    `before` is None when it is not known any more, and `merge` when there is nothing to merge with, or a text
    cannot be read: then one of the two is chosen as a whole.
    """

    document: str
    before: str | None
    yours: str
    new: str
    merge: Merge | None

    @property
    def fingerprint(self) -> str:
        """Return what stands for exactly these texts."""
        return fingerprint_of_all({"before": self.before or "", "yours": self.yours, "new": self.new})

    @property
    def needs_somebody(self) -> bool:
        """Say whether anything of the package's is hidden."""
        return self.yours != self.new and (self.merge is None or bool(self.merge.places))

    def merged(self, choices: Mapping[str, str]) -> str:
        """Return the text that takes what only the package changed, and what was chosen."""
        if self.merge is not None:
            return self.merge.write(choices)
        return self.new if choices.get(ALL) == NEW else self.yours


class NewerTexts:
    """The bases of edits, and what is newer in the package."""

    def __init__(self, store: DocumentStore, shipped: ShippedDocuments) -> None:
        self._store = store
        self._shipped = shipped

    def now(self, document: str) -> str:
        """Return the fingerprint of the text that ships now."""
        return fingerprint(self._shipped.text(document))

    def base_of(self, document: str, draft: Draft | None, live: Version) -> str:
        """Return the fingerprint of the shipped text that a draft, or the live version, takes account of."""
        if draft is not None:
            if draft.shipped:
                return draft.shipped
            if draft.base != SHIPPED and (begun := self._store.version(document, draft.base)):
                return begun.shipped or self._likeliest(document, begun.text)
            return self._likeliest(document, draft.text)  # drafts of before 0.2.0 do not say
        if live.number == SHIPPED:
            return self.now(document)
        return live.shipped or self._likeliest(document, live.text)

    def of(
        self, document: str, draft: Draft | None, live: Version, settled: Mapping[str, str]
    ) -> NewerText | None:
        """Return what is newer in the package than a document takes account of; None where nothing is."""
        base, now = self.base_of(document, draft, live), self.now(document)
        if now in (base, settled.get(document)):
            return None
        new = self._shipped.text(document)
        yours = with_new_sentences(document, draft.text if draft else live.text, new)
        before = self._text(document, base)
        newer = NewerText(document, before, yours, new, _merged(document, before, yours, new))
        return newer if newer.needs_somebody else None

    def keep(self, document: str, base: str) -> None:
        """Keep the shipped text that an edit takes account of, for the day the package has another."""
        if base == self.now(document):
            self._store.keep_shipped(document, self._shipped.text(document))

    def _text(self, document: str, base: str) -> str | None:
        for text in self._shipped.earlier(document):
            if fingerprint(text) == base:
                return text
        return self._store.shipped_text(document, base)

    def _likeliest(self, document: str, text: str) -> str:
        """Return the fingerprint of the shipped text that shares most lines with it; of two, the newer."""
        lines = text.split("\n")
        texts = [*self._shipped.earlier(document), self._shipped.text(document)]

        def shared(other: str) -> int:
            return sum(size for _, _, size in comparison.common(other.split("\n"), lines))

        return fingerprint(max(reversed(texts), key=shared))


def with_new_sentences(document: str, text: str, shipped: str) -> str:
    """Return a catalog with the sentences of the package that it lacks; any other text as it is."""
    if not document.startswith(CATALOG) or text == shipped:
        return text
    try:
        known = {entry.source for entry in read_po(text)}
        lacking: list[Entry] = [entry for entry in read_po(shipped) if entry.source not in known]
    except PoInvalid:  # the checks say so; nothing is to be hidden by it
        return text
    return f"{text.rstrip()}\n\n{write_po(lacking)}" if lacking else text


def _is_no_frame(document: str, *texts: str) -> bool:
    """Say whether one is a mail's text of before there were frames: nothing can be taken by lines."""
    return document in mail_frames.DOCUMENTS and any(mail_frames.faults(text) for text in texts)


def _merged(document: str, before: str | None, yours: str, new: str) -> Merge | None:
    if before is None or _is_no_frame(document, before, yours):
        return None
    try:
        return merge(document, before, yours, new)
    except DocumentInvalid:
        return None
