"""A fake of the agreements to hand-overs: it passes the contract of the adapter."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.delivery.agreed_hand_overs import AgreedHandOver, Agreement, HandOverKey
from tests.support.fakes import Failing


class FakeHandOvers(Failing):
    """The AgreedHandOvers in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[HandOverKey, dict[str, Agreement]] = {}

    def all(self) -> Sequence[AgreedHandOver]:
        self._about_to("all")
        return [self._row(asked) for asked in sorted(self._kept)]

    def of(self, asked: HandOverKey) -> AgreedHandOver:
        self._about_to("of")
        return self._row(asked)

    def agree(self, asked: HandOverKey, agreement: Agreement) -> None:
        self._about_to("agree")
        self._kept.setdefault(asked, {})[agreement.by] = agreement

    def take_back(self, asked: HandOverKey, by: str) -> None:
        self._about_to("take_back")
        self._kept.get(asked, {}).pop(by, None)

    def _row(self, asked: HandOverKey) -> AgreedHandOver:
        found = self._kept.get(asked, {}).values()
        return AgreedHandOver(asked, tuple(sorted(found, key=lambda one: (one.at, one.by))))
