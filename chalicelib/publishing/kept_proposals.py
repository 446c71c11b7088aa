"""Recycle bin of proposals: a change of recipients that is withdrawn, or written over, is kept for 30 days.

It is kept as a draft of that document, among the others that were thrown away, and comes back as a proposal:
all addresses are confirmed anew, and two publishers decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.publishing.documents import Draft, DraftConflict, thrown
from chalicelib.publishing.overwritten import NOTHING, lost
from chalicelib.publishing.ports import DocumentStore
from chalicelib.publishing.recipient_changes import RecipientChange
from chalicelib.shared.clock import Clock


class KeptProposals:
    """Keeps proposals that are about to be lost. `base` is the number of the recipients that are live."""

    def __init__(self, store: DocumentStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @contextmanager
    def keeping(
        self, change: RecipientChange | None, live: str, base: int, by: str, text: str = ""
    ) -> Iterator[None]:
        """Keep a proposal while it is dropped, or written over by a text in which words of it are lost.

        It is kept no longer when that ends in a DraftConflict: then nothing was lost.
        """
        if change is None or (text and lost(RECIPIENTS, live, change.text, text) == NOTHING):
            yield
            return
        kept = thrown(as_draft(change, base), by, self._clock.now(), self._clock.nonce())
        self._store.keep_thrown(kept)
        try:
            yield
        except DraftConflict:
            self._store.drop_thrown(kept.id)
            raise


def as_draft(change: RecipientChange, base: int) -> Draft:
    """Return a proposal as a draft of its document."""
    return Draft(RECIPIENTS, change.text, change.revision, base, change.proposed_by, change.proposed_at)
