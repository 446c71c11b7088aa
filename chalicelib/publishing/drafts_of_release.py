"""Drafts of the texts of an older release: the way on where a roll back is not let through as it is."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.publishing.edit_text import EditText
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
        DocumentInvalid for a text that cannot be a draft, DraftConflict when somebody saves meanwhile.
        """
        texts = self._targets.back_to(number).going.texts
        done = []
        for document, text in texts.items():
            if document == RECIPIENTS:
                continue
            opened = self._edit.open(document)
            if opened.draft is None or opened.draft.text != text:
                self._edit.save_instead(document, text, opened.revision, who)
            done.append(document)
        return done
