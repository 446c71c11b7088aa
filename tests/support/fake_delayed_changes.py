"""A fake of the delayed changes: it passes the contract of the adapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.desk.delayed_changes import SETTLED, DelayedChange
from chalicelib.shared.errors import StaleRecord
from tests.support.fakes import Failing


class FakeDelayedChanges(Failing):
    """The DelayedChanges in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[str, DelayedChange] = {}

    def all(self) -> Sequence[DelayedChange]:
        self._about_to("all")
        return [self._kept[subject] for subject in sorted(self._kept)]

    def of(self, subject: str) -> DelayedChange | None:
        self._about_to("of")
        return self._kept.get(subject)

    def accept(self, change: DelayedChange, over: str) -> None:
        self._about_to("accept")
        known = self._kept.get(change.subject)
        if known is not None and known.id == change.id:
            return
        if (known.id if known else "") != over:
            raise StaleRecord("another one")
        self._kept[change.subject] = change

    def stop(self, change: DelayedChange, by: str, now: datetime) -> None:
        self._about_to("stop")
        known = self._open(change)
        if not known.may_be_stopped(now):
            raise StaleRecord("too late")
        self._kept[change.subject] = replace(known, stopped_at=now, stopped_by=by)

    def take_up(self, change: DelayedChange, now: datetime) -> None:
        self._about_to("take_up")
        known = self._open(change)
        if known.expires_at is None or known.state(now) != SETTLED:
            raise StaleRecord("not its time")
        self._kept[change.subject] = replace(known, taken_up_at=now)

    def forget(self, change: DelayedChange) -> None:
        self._about_to("forget")
        known = self._kept.get(change.subject)
        if known is not None and known.id == change.id:
            del self._kept[change.subject]

    def _open(self, change: DelayedChange) -> DelayedChange:
        known = self._kept.get(change.subject)
        if known is None or known.id != change.id:
            raise StaleRecord("another one")
        return known
