"""What the desk lists under "To look at": a mail that does not leave is there at the first failed try."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.delivery.look_after_cases import DeliveryDesk
from chalicelib.reporting.cases import (
    DELIVERED,
    FALLEN_BACK,
    HELD,
    QUEUED,
    SENT,
    Delivery,
    SealedReport,
)
from tests.support.fakes import FakeDirectory, recipient

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FRESH = Delivery("police", QUEUED, NOW - MINUTE, next_try=NOW - MINUTE)


class Kept:
    """The kept cases."""

    def __init__(self, *cases: SealedReport) -> None:
        self._cases = cases

    def all(self, now: datetime) -> tuple[SealedReport, ...]:
        return self._cases


class Noon:
    def now(self) -> datetime:
        return NOW


def why(delivery: Delivery) -> str:
    case = SealedReport("0" * 32, b"", b"", "town", NOW - MINUTE, (delivery,))
    directory = FakeDirectory(recipient("police"))
    desk = DeliveryDesk(Kept(case), directory, Noon())  # type: ignore[arg-type]
    return " ".join(line.why for file in desk.amiss() for line in file.lines)


@pytest.mark.parametrize("state", [QUEUED, HELD, FALLEN_BACK])
def test_a_failed_try_is_listed_at_once(state: str) -> None:
    tried = replace(FRESH, state=state, attempts=1, digest=True, next_try=NOW + 10 * MINUTE)
    assert why(tried)
    assert not why(replace(FRESH, attempts=0))


def test_the_number_of_tries_is_told() -> None:
    assert "failed once" in why(replace(FRESH, attempts=1))
    assert "failed 7 times" in why(replace(FRESH, attempts=7))


def test_a_recipient_that_is_gone_is_listed_before_its_turn_comes() -> None:
    assert "not in the list any more" in why(replace(FRESH, recipient="gone"))


@pytest.mark.parametrize(("state", "digest"), [(QUEUED, False), (QUEUED, True), (HELD, True)])
def test_what_nobody_tries_is_listed_after_five_minutes(state: str, digest: bool) -> None:
    late = replace(FRESH, state=state, digest=digest, next_try=NOW - 6 * MINUTE)
    assert "nothing was tried" in why(late)
    assert not why(replace(late, next_try=NOW + MINUTE))


def test_what_went_out_after_some_tries_is_no_longer_listed() -> None:
    assert not why(replace(FRESH, state=SENT, attempts=3, next_try=None))
    assert not why(replace(FRESH, state=DELIVERED, attempts=3, next_try=None))
