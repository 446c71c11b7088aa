"""Errors that callers in every room handle, named for what their catcher does next."""

from __future__ import annotations


class PorchlightError(Exception):
    """Something a caller is expected to handle. Its text never holds a person's words."""


class StoreUnavailable(PorchlightError):
    """The store did not respond: show a 503 page with phone numbers; the writer may try again."""


class StoreBusy(StoreUnavailable):
    """The store throttles us (rate limit): try again a little later."""


class StaleRecord(PorchlightError):
    """An optimistic lock failed, as somebody else changed this record: read it again and repeat the move."""


class SecretMissing(PorchlightError):
    """A secret the site needs has not been set up yet."""


class EntryMissing(PorchlightError):
    """What was asked for (a person, a document, a case) is not there, or not any more: respond with 404."""
