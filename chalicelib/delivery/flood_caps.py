"""Rate limits on mails (flood caps): past them a report waits for the digest.

Nothing is refused, and nothing is lost.

Reports are counted when a worker first has them in hand, not when they are taken: whoever sends a form waits
for one write and no more, and a counter that is away is no matter between a person and the store.

A place's reports to a recipient are counted first, apart from all others. Only what passes there is counted
for the recipient, and only what passes there for the site: a town's flood ends at its own cap, and uses up
nothing of what an office or the site lets through for other towns.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.delivery.ports import CopyMarks
from chalicelib.reporting.cases import SealedReport, next_digest
from chalicelib.reporting.ports import Counters
from chalicelib.shared.errors import StoreUnavailable

COUNTER_KEPT = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Caps:
    """The limits: how many reports go out as mails of their own before the rest waits for the digest.

    `per_minute` and `per_hour` hold for one place's reports to one recipient; `per_recipient_hour` for what
    one recipient gets from all places; those of the site, the last resort, for everything. `same_text` is for
    one text from one place in a day, since short texts are alike in many towns.
    """

    per_minute: int = 20
    per_hour: int = 60
    per_recipient_hour: int = 240
    site_per_minute: int = 200
    site_per_hour: int = 1000
    same_text: int = 3
    site_same_text: int = 12


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision of the rate limits on a report: why some deliveries wait ("" for none), whose, how long.

    `reached` are the caps of an hour that this report is the first to be held by, in our own words.
    """

    why: str
    recipients: tuple[str, ...]
    until: datetime
    reached: tuple[Mapping[str, str], ...] = ()

    def apply(self, record: SealedReport, now: datetime) -> SealedReport:
        """Return the record as counted, and held for these recipients."""
        return record.counted_as(self.why, self.recipients, self.until, now)


class FloodCaps:
    """Rate limits with a counter for each minute and hour in which reports were taken."""

    def __init__(
        self, store: Counters, marks: CopyMarks, *, digest_every: timedelta, caps: Caps | None = None
    ) -> None:
        self._store = store
        self._marks = marks
        self._digest_every = digest_every
        self._caps = caps or Caps()

    def __call__(self, record: SealedReport, story: str, now: datetime) -> Verdict:
        """Count a report whose words are `story`, and return whose deliveries have to wait."""
        everybody = tuple(delivery.recipient for delivery in record.deliveries)
        until = next_digest(now, self._digest_every)
        try:
            if self._is_copy(record, story, now):
                return Verdict("copy", everybody, until)
            over, reached = self._over(record, everybody, now)
        except StoreUnavailable:
            over, reached = (), []  # a cap that cannot be counted holds nothing
        return Verdict("flood" if over else "", over, until, tuple(reached))

    def _is_copy(self, record: SealedReport, story: str, now: datetime) -> bool:
        plain = " ".join(unicodedata.normalize("NFKC", story).casefold().split())
        mark = self._marks.mark(plain, f"{record.taken_at:%Y-%m-%d}")
        here = f"in {record.place}"
        counted = self._store.count(f"copies {mark}", ["all", here], now + COUNTER_KEPT)
        return counted[here] > self._caps.same_text or counted["all"] > self._caps.site_same_text

    def _over(
        self, record: SealedReport, to: Sequence[str], now: datetime
    ) -> tuple[tuple[str, ...], list[Mapping[str, str]]]:
        """Return the recipients whose mails wait, and which caps of an hour were reached just now."""
        caps, hour = self._caps, f"hour {record.taken_at:%Y-%m-%dT%H}"
        minute = f"minute {record.taken_at:%M}"
        names = [f"{when}to {recipient}" for recipient in to for when in ("", f"{minute} ")]
        here = self._store.count(f"{hour} in {record.place}", names, now + COUNTER_KEPT)
        passed = [
            recipient
            for recipient in to
            if here[f"to {recipient}"] <= caps.per_hour
            and here[f"{minute} to {recipient}"] <= caps.per_minute
        ]
        reached: list[Mapping[str, str]] = [
            {"recipient": recipient, "place": record.place}
            for recipient in to
            if here[f"to {recipient}"] == caps.per_hour + 1
        ]
        over = set(to).difference(passed)
        if passed:
            alone = self._store.count(f"{hour} of recipients", passed, now + COUNTER_KEPT)
            most = caps.per_recipient_hour
            reached += [
                {"recipient": recipient, "place": ""} for recipient in passed if alone[recipient] == most + 1
            ]
            over.update(recipient for recipient in passed if alone[recipient] > most)
        if len(over) < len(to):
            site = self._store.count(hour, ["all", minute], now + COUNTER_KEPT)
            if site["all"] == caps.site_per_hour + 1:
                reached.append({"recipient": "", "place": ""})
            if site["all"] > caps.site_per_hour or site[minute] > caps.site_per_minute:
                over.update(to)
        return tuple(recipient for recipient in to if recipient in over), reached
