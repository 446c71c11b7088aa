"""Drafts of the texts of an older release: the way on where a roll back is not let through as it is."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.field_labels import title_of
from chalicelib.publishing.ports import DocumentStore, ReleaseShelf, ShippedDocuments
from chalicelib.publishing.targets import Targets


class DraftsOfRelease:
    """Makes a draft of each text that a roll back would change; drafts that are there are put aside."""

    def __init__(
        self, store: DocumentStore, shipped: ShippedDocuments, shelf: ReleaseShelf, edit: EditText
    ) -> None:
        self._targets = Targets(store, shipped, shelf)
        self._edit = edit

    def __call__(self, number: int, who: str) -> Sequence[str]:
        """Return the documents that have such a draft now.

        Stopped on its way, the same call made again goes on. Raises EntryMissing for an unknown release,
        DraftConflict when somebody saves meanwhile, and DocumentInvalid once all others are drafts, with each
        text that cannot be one.
        """
        texts = self._targets.back_to(number).going.texts
        done, wrong = [], []
        for document, text in texts.items():
            if document == RECIPIENTS:
                continue
            opened = self._edit.open(document)
            if opened.draft is None or opened.draft.text != text:
                try:
                    self._edit.save_instead(document, text, opened.revision, who)
                except DocumentInvalid as error:
                    wrong.append(f"{title_of(document)}: {error}")
                    continue
            done.append(document)
        if wrong:
            others = f"; drafts there are of: {', '.join(map(title_of, done))}" if done else ""
            raise DocumentInvalid(f"these older texts cannot be drafts: {'; '.join(wrong)}{others}")
        return done
