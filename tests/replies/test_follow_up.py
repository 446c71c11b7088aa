"""A code leads to what is known of each delivery; whatever leads nowhere is answered alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.replies.follow_up import DeliveryStatus, FollowUp
from chalicelib.reporting.cases import (
    DELIVERED,
    QUEUED,
    SENT,
    UNCLEAR,
    Delivery,
    SealedReport,
)
from chalicelib.reporting.receipts import check_digit
from chalicelib.shared.errors import StoreUnavailable
from tests.support.fake_replies import FakeCodeVault, FakeReplyShelf
from tests.support.fakes import NOON, FakeRecipients, FakeStore, FakeVault, FixedClock, recipient

CODE = "1234567890123456789" + check_digit("1234567890123456789")
OTHER = "9876543210987654321" + check_digit("9876543210987654321")


class Desk:
    """The use case among fakes, with one report behind CODE."""

    def __init__(self) -> None:
        self.store, self.vault = FakeStore(), FakeVault()
        self.clock = FixedClock(NOON + timedelta(minutes=42))
        self.shelf, self.book = FakeReplyShelf(), FakeRecipients(recipient("police"))
        self.follow_up = FollowUp(self.store, self.shelf, FakeCodeVault(self.vault), self.book, self.clock)
        self.record = SealedReport(
            id=FakeVault().keys_of(CODE).report_id,
            sealed=b"",
            reporter_key=b"",
            place="town",
            taken_at=NOON,
            deliveries=(
                Delivery("police", DELIVERED, NOON + timedelta(minutes=41, seconds=7)),
                Delivery("closed-since", QUEUED, NOON, NOON),
            ),
        )
        self.store.add(self.record)
        self.store.calls.clear()

    def statuses(self, code: str = CODE) -> tuple[DeliveryStatus, ...]:
        """Return what a code that leads somewhere says of each delivery."""
        case = self.follow_up(code)
        assert case is not None
        return self.follow_up.statuses(case)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_code_leads_to_the_state_of_each_delivery_to_the_hour(desk: Desk) -> None:
    assert desk.statuses() == (
        DeliveryStatus("The police office", DELIVERED, NOON),
        DeliveryStatus("closed-since", QUEUED, NOON),
    )


def test_a_state_of_an_evening_has_the_day_of_the_town_and_not_tomorrows(desk: Desk) -> None:
    evening = datetime(2026, 11, 28, 4, 10, tzinfo=UTC)
    taken = Delivery("police", DELIVERED, evening)
    desk.store.reports[desk.record.id] = replace(desk.record, deliveries=(taken,))
    zones = {"town": "America/Los_Angeles"}
    desk.follow_up = FollowUp(
        desk.store, desk.shelf, FakeCodeVault(desk.vault), desk.book, desk.clock, zones.__getitem__
    )
    [status] = desk.statuses()
    assert f"{status.since:%Y-%m-%d %H:%M}" == "2026-11-27 20:00"


def test_while_it_is_not_clear_if_a_server_took_it_it_was_handed_over(desk: Desk) -> None:
    """Published pages of before do not know the word; and our waiting is no news."""
    unclear = Delivery("police", UNCLEAR, NOON, NOON)
    desk.store.reports[desk.record.id] = replace(desk.record, deliveries=(unclear,))
    assert desk.statuses() == (DeliveryStatus("The police office", SENT, NOON),)


def test_a_code_may_be_typed_in_groups_and_in_other_digits(desk: Desk) -> None:
    assert desk.follow_up(" " + "-".join(CODE[start : start + 4] for start in range(0, 20, 4))) is not None
    assert desk.follow_up("".join(chr(ord("٠") + int(digit)) for digit in CODE)) is not None


@pytest.mark.parametrize("typed", ["", OTHER, CODE[:-1], CODE[:-1] + "x", "9" * 20, "a code", "0" * 10_000])
def test_what_leads_nowhere_is_answered_alike(desk: Desk, typed: str) -> None:
    assert desk.follow_up(typed) is None


def test_an_expired_report_is_answered_like_none(desk: Desk) -> None:
    desk.store.save(replace(desk.record, expires_at=desk.clock.now()))
    assert desk.follow_up(CODE) is None


@pytest.mark.parametrize("typed", [CODE, OTHER, CODE[:-1] + "x", ""])
def test_known_unknown_and_mistyped_codes_cost_the_same_work(desk: Desk, typed: str) -> None:
    desk.follow_up(typed)
    assert desk.store.calls == ["look_up"]
    assert len(desk.vault.asked) == 1
    assert len(desk.vault.asked[0]) == 20


def test_a_mistyped_code_never_leads_anywhere_even_if_something_were_there(desk: Desk) -> None:
    desk.store.add(replace(desk.record, id=FakeVault().keys_of("0" * 20).report_id))
    assert desk.follow_up("mistyped") is None


def test_whoever_looks_up_many_codes_closes_the_page_for_nobody_and_writes_nothing(desk: Desk) -> None:
    for _ in range(10_000):
        desk.follow_up(OTHER)
    assert desk.follow_up(CODE) is not None
    assert set(desk.store.calls) == {"look_up"}


def test_while_the_store_is_away_nothing_is_said_about_a_code(desk: Desk) -> None:
    desk.store.fail(StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        desk.follow_up(CODE)


def test_asking_changes_nothing(desk: Desk) -> None:
    desk.follow_up(CODE)
    assert desk.store.reports == {desk.record.id: desk.record}
