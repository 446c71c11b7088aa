"""Fakes of what the desk may know of deliveries: they pass the contract of the adapters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from chalicelib.delivery.ports import RefusedWish
from chalicelib.delivery.wishes import Wish
from chalicelib.reporting.cases import SealedReport
from tests.support.fakes import Failing, FakeStore


class FakeCases(Failing):
    """The Cases over a fake store of reports: never their words."""

    def __init__(self, store: FakeStore) -> None:
        super().__init__()
        self._store = store

    def find(self, case_number: str, now: datetime) -> SealedReport | None:
        self._about_to("find")
        return next((case for case in self._store.survey(now) if case.case_number == case_number), None)

    def all(self, now: datetime) -> Iterable[SealedReport]:
        self._about_to("all")
        return self._store.survey(now)

    def listed(
        self,
        name: str,
        now: datetime,
        upto: datetime | None = None,
        chunk: int = 50,
        oldest_first: bool = False,
    ) -> Iterator[SealedReport]:
        self._about_to("listed")
        cases = sorted(self._store.survey(now), key=lambda case: case.taken_at, reverse=not oldest_first)
        for case in cases:
            if case.listed_in() == name and (upto is None or case.taken_at <= upto):
                yield case

    def change(self, case: SealedReport) -> None:
        self._about_to("change")
        self._store.change(case)


class FakeStageMarks(Failing):
    """The StageMarks of a table that was made at `made`."""

    def __init__(self, made: datetime) -> None:
        super().__init__()
        self._made = made
        self._watched: datetime | None = None
        self._delivered: datetime | None = None

    def begin_to_watch(self, now: datetime) -> None:
        self._about_to("begin_to_watch")
        self._watched = self._watched or now

    def record_delivered(self, now: datetime) -> None:
        self._about_to("record_delivered")
        self._delivered = self._delivered or now

    def watched_since(self) -> datetime | None:
        self._about_to("watched_since")
        return self._watched

    def delivered_at(self) -> datetime | None:
        self._about_to("delivered_at")
        return self._delivered

    def made_at(self) -> datetime | None:
        self._about_to("made_at")
        return self._made if self._watched else None


class FakeWishes(Failing):
    """The WishBook in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Wish] = []
        self.no: list[RefusedWish] = []

    def add(self, wish: Wish) -> None:
        self._about_to("add")
        self.waiting.append(wish)

    def pending(self, most: int) -> Sequence[Wish]:
        self._about_to("pending")
        return sorted(self.waiting, key=lambda wish: wish.id)[:most]

    def take(self, most: int) -> Sequence[Wish]:
        self._about_to("take")
        return self.pending(most)

    def settle(self, wish: Wish) -> None:
        self._about_to("settle")
        self.waiting = [one for one in self.waiting if one.id != wish.id]

    def refuse(self, wish: Wish, reason: str, now: datetime) -> None:
        self._about_to("refuse")
        self.no.append(RefusedWish(wish, reason))
        self.waiting = [one for one in self.waiting if one.id != wish.id]

    def refused(self, case_number: str, now: datetime) -> Sequence[RefusedWish]:
        self._about_to("refused")
        return [one for one in reversed(self.no) if one.wish.case_number == case_number]
