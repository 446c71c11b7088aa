"""A report is taken once, sealed, queued for whom it was meant, and never refused for being one too many."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reporting.cases import (
    FIRST,
    HELD,
    QUEUED,
    SealedReport,
)
from chalicelib.reporting.errors import FormExpired, InvalidReport, NobodyOffered
from chalicelib.reporting.receipts import read_code
from chalicelib.reporting.report import Report
from chalicelib.reporting.take_report import Receipt, TakeReport
from chalicelib.shared.errors import SecretMissing, StoreUnavailable
from tests.support.fakes import NOON, FakeRecipients, FakeSealer, FakeStore, FakeVault, FixedClock, recipient

POLICE = recipient("police")
BORDER = recipient("border", enforces_immigration=True)
NOT_YET = recipient("not-yet", agreed_on=None)


class Desk:
    """The use case among fakes."""

    def __init__(self, agreed_only: bool = True) -> None:
        self.store, self.sealer, self.vault, self.clock = FakeStore(), FakeSealer(), FakeVault(), FixedClock()
        self.recipients = FakeRecipients(POLICE, BORDER, NOT_YET)
        self.take = TakeReport(
            self.store,
            self.sealer,
            self.vault,
            self.recipients,
            self.clock,
            agreed_only=agreed_only,
            digest_every=timedelta(hours=1),
        )

    def form(self, story: str = "What I saw", **changed: list[str]) -> dict[str, list[str]]:
        """Return a form as a person sends it a minute after it was opened."""
        fields = {
            "t": [self.take.open_form("town")],
            "a": [story],
            "r": ["police", "border"],
            "z": [""],
            **changed,
        }
        self.clock.forward(minutes=1)
        return fields

    def send(self, fields: dict[str, list[str]] | None = None) -> Receipt:
        """Send a form from the town's page, in Spanish."""
        return self.take(fields if fields is not None else self.form(), "town", "es")

    def stored(self) -> list[SealedReport]:
        """Return what is stored, in the order in which it came."""
        return list(self.store.reports.values())

    def words(self, record: SealedReport) -> Report:
        """Open a stored report."""
        return Report.from_bytes(self.sealer.open(record.sealed, record.id))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_report_is_stored_sealed_and_queued_for_each_recipient_at_once(desk: Desk) -> None:
    taken = desk.send(desk.form("Vi algo"))
    (record,) = desk.stored()
    assert record.id == desk.vault.keys_of(taken.code).report_id
    assert desk.words(record) == Report("town", "es", "Vi algo")
    assert [(delivery.recipient, delivery.state, delivery.address) for delivery in record.deliveries] == [
        ("police", QUEUED, FIRST),
        ("border", QUEUED, FIRST),
    ]
    now = desk.clock.now()
    assert {delivery.next_try for delivery in record.deliveries} == {now}
    assert (record.place, record.taken_at, record.held, record.expires_at) == ("town", now, "", None)
    assert not record.counted
    assert desk.store.due(now, 10) == [record.id]


def test_the_receipt_names_its_code_and_who_gets_it(desk: Desk) -> None:
    taken = desk.send(desk.form(r=["police"]))
    assert read_code(taken.code) == taken.code
    assert taken.recipients == (POLICE,)
    assert not taken.may_concern_a_child
    assert desk.send(desk.form(b=["child"])).may_concern_a_child


def test_a_receipt_does_not_show_its_code_to_a_log(desk: Desk) -> None:
    taken = desk.send()
    assert taken.code not in repr(taken)


def test_the_same_form_sent_again_gives_the_same_receipt_and_one_report(desk: Desk) -> None:
    form = desk.form()
    first = desk.send(form)
    desk.clock.forward(hours=20)
    assert desk.send(form) == first
    assert len(desk.stored()) == 1


def test_the_same_form_with_its_line_breaks_written_otherwise_is_the_same(desk: Desk) -> None:
    form = desk.form("one\r\ntwo")
    assert desk.send(form) == desk.send({**form, "a": ["one\ntwo"]})
    assert len(desk.stored()) == 1


def test_an_edited_form_gives_a_new_receipt_and_a_second_report(desk: Desk) -> None:
    form = desk.form("One man")
    first = desk.send(form)
    second = desk.send({**form, "a": ["Two men"]})
    assert first.code != second.code
    assert [desk.words(record).story for record in desk.stored()] == ["One man", "Two men"]


def test_the_same_words_on_another_form_are_another_report(desk: Desk) -> None:
    assert desk.send(desk.form("The same")).code != desk.send(desk.form("The same")).code
    assert len(desk.stored()) == 2


def test_a_form_sent_twice_in_the_same_moment_gives_one_report_and_one_code(desk: Desk) -> None:
    together = threading.Barrier(8)
    add = desk.store.add

    def add_together(report: SealedReport) -> None:
        together.wait(timeout=10)
        add(report)

    desk.store.add = add_together  # type: ignore[method-assign]
    form = desk.form()
    with ThreadPoolExecutor(8) as pool:
        codes = {taken.code for taken in pool.map(lambda _: desk.send(form), range(8))}
    assert len(codes) == 1
    assert len(desk.stored()) == 1


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: text.strip()))
def test_words_reach_the_sealer_as_they_were_written(story: str) -> None:
    desk = Desk()
    desk.send(desk.form(story))
    (record,) = desk.stored()
    assert desk.words(record).story == story.replace("\r\n", "\n").replace("\r", "\n")


def test_a_recipient_may_be_left_out(desk: Desk) -> None:
    desk.send(desk.form(r=["border"]))
    assert [delivery.recipient for delivery in desk.stored()[0].deliveries] == ["border"]


def test_a_report_about_its_writer_goes_to_immigration_enforcers_only_when_asked(desk: Desk) -> None:
    desk.send(desk.form(e=["yes"]))
    desk.send(desk.form(e=["yes"], x=["1"]))
    assert [[delivery.recipient for delivery in record.deliveries] for record in desk.stored()] == [
        ["police"],
        ["police", "border"],
    ]


def test_in_production_an_agency_that_has_not_agreed_is_neither_offered_nor_sent_anything(desk: Desk) -> None:
    assert desk.take.offered("town") == (POLICE, BORDER)
    with pytest.raises(InvalidReport) as invalid:
        desk.send(desk.form(r=["police", "not-yet"]))
    assert invalid.value.problems == {"r": "unknown_choice"}
    assert Desk(agreed_only=False).take.offered("town") == (POLICE, BORDER, NOT_YET)


def test_a_form_that_nobody_would_get_is_not_opened(desk: Desk) -> None:
    desk.recipients.all = (NOT_YET,)
    with pytest.raises(NobodyOffered):
        desk.take.open_form("town")
    with pytest.raises(NobodyOffered):
        desk.take.open_form("atlantis")


def test_a_report_costs_one_write(desk: Desk) -> None:
    desk.send()
    assert desk.store.calls == ["add"]


def test_what_needs_mending_is_told_and_nothing_is_stored(desk: Desk) -> None:
    with pytest.raises(InvalidReport) as invalid:
        desk.send(desk.form("", b=["robbery"]))
    assert invalid.value.problems == {"a": "story_missing", "b": "unknown_choice"}
    assert desk.store.calls == []


@pytest.mark.parametrize("token", ["", "forged", "A" * 52])
def test_a_token_that_is_not_ours_is_told_together_with_all_else(desk: Desk, token: str) -> None:
    with pytest.raises(FormExpired) as expired:
        desk.send(desk.form("", t=[token]))
    assert expired.value.problems == {"a": "story_missing"}
    assert desk.store.calls == []


def test_a_form_opened_yesterday_is_sent_again_with_a_fresh_token(desk: Desk) -> None:
    form = desk.form()
    desk.clock.forward(hours=24)
    with pytest.raises(FormExpired) as expired:
        desk.send(form)
    assert expired.value.problems == {}
    again = {**form, "t": [desk.take.new_token()]}
    desk.clock.forward(seconds=5)
    assert desk.send(again).recipients == (POLICE, BORDER)


def test_a_form_sent_faster_than_a_person_writes_is_held_for_the_digest(desk: Desk) -> None:
    form = desk.form()
    desk.clock.time = NOON + timedelta(seconds=2.9)
    desk.send(form)
    (record,) = desk.stored()
    assert (record.held, record.counted) == ("hasty", True)
    assert {(delivery.state, delivery.next_try) for delivery in record.deliveries} == {
        (HELD, NOON + timedelta(hours=1))
    }


@pytest.mark.parametrize("filled", [["x"], [" "], ["", "x"]])
def test_a_form_with_the_hidden_field_filled_is_held_and_not_dropped(desk: Desk, filled: list[str]) -> None:
    taken = desk.send(desk.form(z=filled))
    (record,) = desk.stored()
    assert (record.held, record.counted) == ("honeypot", True)
    assert taken.recipients == (POLICE, BORDER), "whoever filled it is told the same as anybody"


def test_while_the_store_is_away_nothing_is_taken_and_the_same_form_succeeds_once_later(desk: Desk) -> None:
    form = desk.form()
    desk.store.fail(StoreUnavailable("away"))
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            desk.send(form)
    desk.store.mend()
    assert desk.send(form) == desk.send(form)
    assert len(desk.stored()) == 1


def test_a_report_stored_although_no_answer_came_is_found_again_by_the_next_try(desk: Desk) -> None:
    form, add = desk.form(), desk.store.add

    def store_and_lose_the_answer(report: SealedReport) -> None:
        add(report)
        raise StoreUnavailable("no answer")

    desk.store.add = store_and_lose_the_answer  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        desk.send(form)
    desk.store.add = add  # type: ignore[method-assign]
    taken = desk.send(form)
    assert [record.id for record in desk.stored()] == [desk.vault.keys_of(taken.code).report_id]


@pytest.mark.parametrize(
    "break_it",
    [
        lambda desk: desk.vault.fail(SecretMissing("none"), "form_secret"),
        lambda desk: desk.vault.fail(SecretMissing("none"), "receipt_secret"),
        lambda desk: desk.sealer.fail(SecretMissing("none"), "seal"),
    ],
)
def test_without_its_secrets_nothing_is_stored(desk: Desk, break_it: Callable[[Desk], None]) -> None:
    form = desk.form()
    break_it(desk)
    with pytest.raises(SecretMissing):
        desk.send(form)
    assert desk.stored() == []


def test_a_record_holds_no_word_that_was_written(desk: Desk) -> None:
    desk.send(desk.form("odd phrase", b=["sex"], c=["odd phrase"], d=["odd phrase"], e=["yes"]))
    (record,) = desk.stored()
    shown = repr(record) + repr(replace(record, sealed=b"")) + repr(desk.store.counters)
    assert "odd" not in shown
    assert "sex" not in shown
