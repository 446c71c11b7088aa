"""A fake of the monthly sums: it passes the contract of the adapter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.delivery.month_tallies import MonthSum
from chalicelib.shared.errors import StaleRecord
from tests.support.fakes import Failing


class FakeMonthSums(Failing):
    """The MonthSums in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], MonthSum] = {}
        self._since: datetime | None = None

    def all(self) -> Iterable[MonthSum]:
        self._about_to("all")
        return list(self.kept.values())

    def of(self, places: Sequence[str], months: Sequence[str]) -> Iterable[MonthSum]:
        self._about_to("of")
        return [one for one in self.kept.values() if one.place in places and one.month in months]

    def save(self, changed: MonthSum) -> None:
        self._about_to("save")
        key = changed.month, changed.place
        there = self.kept.get(key)
        if (there.version if there else 0) != changed.version:
            raise StaleRecord("summed by somebody else")
        self.kept[key] = replace(changed, version=changed.version + 1)
        self._about_to("answer of save")

    def begin(self, now: datetime) -> None:
        self._about_to("begin")
        self._since = self._since or now

    def since(self) -> datetime | None:
        self._about_to("since")
        return self._since
