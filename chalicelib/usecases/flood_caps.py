"""Caps on mails: past them a report waits for the digest. Nothing is refused, and nothing is lost.

Reports are counted when a worker first has them in hand, not when they are taken: whoever sends a form waits
for one write and no more, and a counter that is away is no matter between a person and the store.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.deliveries import SealedReport, next_digest
from chalicelib.domain.errors import StoreUnavailable
from chalicelib.ports import CopyMarks, ReportStore

COUNTER_KEPT = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Caps:
    """How many reports go out as mails of their own before the rest waits for the digest."""

    per_minute: int = 20
    per_hour: int = 120
    per_recipient_hour: int = 60
    same_text: int = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the caps say of a report: why some of its deliveries wait ("" for none), whose, and until when."""

    why: str
    recipients: tuple[str, ...]
    until: datetime

    def apply(self, record: SealedReport, now: datetime) -> SealedReport:
        """Return the record as counted, and held for these recipients."""
        return record.counted_as(self.why, self.recipients, self.until, now)


class FloodCaps:
    """Counts each report under the minute and the hour in which it was taken."""

    def __init__(
        self, store: ReportStore, marks: CopyMarks, *, digest_every: timedelta, caps: Caps | None = None
    ) -> None:
        self._store = store
        self._marks = marks
        self._digest_every = digest_every
        self._caps = caps or Caps()

    def __call__(self, record: SealedReport, story: str, now: datetime) -> Verdict:
        """Count a report whose words are `story`, and say who has to wait for it."""
        everybody = tuple(delivery.recipient for delivery in record.deliveries)
        until = next_digest(now, self._digest_every)
        try:
            if self._is_copy(record, story, now):
                return Verdict("copy", everybody, until)
            over = self._over(record, everybody, now)
        except StoreUnavailable:
            over = ()  # a cap that cannot be counted holds nothing
        return Verdict("flood" if over else "", over, until)

    def _is_copy(self, record: SealedReport, story: str, now: datetime) -> bool:
        plain = " ".join(unicodedata.normalize("NFKC", story).casefold().split())
        mark = self._marks.mark(plain, f"{record.taken_at:%Y-%m-%d}")
        return self._store.count(f"copies {mark}", ["all"], now + COUNTER_KEPT)["all"] > self._caps.same_text

    def _over(self, record: SealedReport, to: Sequence[str], now: datetime) -> tuple[str, ...]:
        """Return the recipients whose mails wait: all of them past a cap of the site."""
        caps, taken_at = self._caps, record.taken_at
        most = {"all": caps.per_hour, f"minute {taken_at:%M}": caps.per_minute}
        names = [*most, *(f"to {one}" for one in to)]
        counted = self._store.count(f"hour {taken_at:%Y-%m-%dT%H}", names, now + COUNTER_KEPT)
        if any(counted[name] > limit for name, limit in most.items()):
            return tuple(to)
        return tuple(one for one in to if counted[f"to {one}"] > caps.per_recipient_hour)
