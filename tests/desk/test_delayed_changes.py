"""What is accepted counts a day later, and what was stopped never does: rules, store contract, use case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest

from chalicelib.desk.adapters import dynamo_standings
from chalicelib.desk.adapters.dynamo_delayed_changes import DynamoDelayedChanges
from chalicelib.desk.delayed_changes import (
    DONE,
    EXPIRED,
    SETTLED,
    SETTLES_AFTER,
    STOPPED,
    TAKEN_UP_WITHIN,
    WAITING,
    DelayedChange,
    DelayedChanges,
    TooLateToStop,
    kept,
    settles_at,
    whose_code,
)
from chalicelib.desk.errors import TooManyTries, WrongCode
from chalicelib.desk.grants import GrantsOfPeople
from chalicelib.desk.hold_changes import (
    MOST_GUESSES,
    MOST_STRAY,
    OLD_INBOX,
    OPERATOR,
    HoldChanges,
    Notices,
    draft_of,
)
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import EntryMissing, StaleRecord
from chalicelib.shared.mail import MailRefused
from tests.support.fake_delayed_changes import FakeDelayedChanges
from tests.support.fake_people import FakePeople
from tests.support.fake_sign_ins import FakeSignIns
from tests.support.fakes import NOON, FakeAlarms, FakeMailer, FixedClock

_numbers = count(1)
MOMENT = timedelta(microseconds=1)
DAY_LATER = NOON + SETTLES_AFTER
SUBJECT = "recipient#merced-police"
CHANGE = DelayedChange(
    "one", SUBJECT, "recipient", "merced", '{"email": "a"}', '{"email": "b"}', ("Police: a to b",),
    ("ana@desk.example",), NOON, DAY_LATER, codes=(kept("abcd-efgh-jkmn-pqrs-twxy", ""),),
)  # fmt: skip
ENDING = replace(CHANGE, expires_at=DAY_LATER + TAKEN_UP_WITHIN)
OPERATOR_AT, OLD_AT = "operator@porchlight.example", "old@police.example"


@pytest.fixture(params=["fake", "moto"])
def changes(request: pytest.FixtureRequest) -> DelayedChanges:
    if request.param == "fake":
        return FakeDelayedChanges()
    request.getfixturevalue("aws")
    dynamodb, name = client("dynamodb"), f"waiting-{next(_numbers)}"
    dynamodb.create_table(**dynamo_standings.table_definition(name))
    return DynamoDelayedChanges(lambda: dynamodb, name)


@pytest.mark.parametrize(
    ("ends", "ahead", "at"),
    [(False, False, DAY_LATER), (True, False, NOON), (False, True, NOON), (True, True, NOON)],
)
def test_a_change_counts_a_day_later_unless_it_ends_something_or_nothing_was_delivered(
    ends: bool, ahead: bool, at: datetime
) -> None:
    assert settles_at(NOON, ends_something=ends, first_ahead=ahead) == at


@pytest.mark.parametrize(
    ("change", "now", "state", "effect"),
    [
        (CHANGE, DAY_LATER - MOMENT, WAITING, False),
        (CHANGE, DAY_LATER, SETTLED, True),
        (CHANGE, DAY_LATER + timedelta(days=999), SETTLED, True),
        (replace(CHANGE, stopped_at=NOON), DAY_LATER, STOPPED, False),
        (ENDING, DAY_LATER, SETTLED, False),
        (ENDING, DAY_LATER + TAKEN_UP_WITHIN, EXPIRED, False),
        (replace(ENDING, taken_up_at=DAY_LATER), DAY_LATER + 2 * TAKEN_UP_WITHIN, DONE, True),
        (replace(ENDING, stopped_at=DAY_LATER), DAY_LATER, STOPPED, False),
    ],
)
def test_what_is_read_follows_from_the_time(
    change: DelayedChange, now: datetime, state: str, effect: bool
) -> None:
    assert (change.state(now), change.in_effect(now)) == (state, effect)


def test_a_change_comes_back_as_it_was_kept(changes: DelayedChanges) -> None:
    changes.accept(CHANGE, "")
    changes.accept(replace(ENDING, subject="person#1", id="two"), "")
    assert changes.of(SUBJECT) == CHANGE
    assert [one.subject for one in changes.all()] == ["person#1", SUBJECT]
    assert changes.of("recipient#nobody") is None


def test_a_subject_has_one_change_and_the_same_one_twice_is_one(changes: DelayedChanges) -> None:
    changes.accept(CHANGE, "")
    changes.accept(CHANGE, "")
    other = replace(CHANGE, id="two")
    for over in ("", "three"):
        with pytest.raises(StaleRecord):
            changes.accept(other, over)
    assert changes.of(SUBJECT) == CHANGE
    changes.accept(other, "one")
    assert changes.of(SUBJECT) == other


def test_a_stopped_change_stays_stopped_and_one_in_effect_cannot_be(changes: DelayedChanges) -> None:
    changes.accept(CHANGE, "")
    with pytest.raises(StaleRecord):
        changes.stop(CHANGE, "ana", DAY_LATER)
    with pytest.raises(StaleRecord):
        changes.stop(replace(CHANGE, id="two"), "ana", NOON)
    changes.stop(CHANGE, "ana", DAY_LATER - MOMENT)
    [found] = changes.all()
    assert found == replace(CHANGE, stopped_at=DAY_LATER - MOMENT, stopped_by="ana")
    with pytest.raises(StaleRecord):
        changes.stop(CHANGE, "ben", NOON)
    assert not found.in_effect(DAY_LATER + timedelta(days=1))


def test_what_has_an_end_is_taken_up_once_within_its_time_and_stopped_until_then(
    changes: DelayedChanges,
) -> None:
    changes.accept(ENDING, "")
    for now in (DAY_LATER - MOMENT, DAY_LATER + TAKEN_UP_WITHIN):
        with pytest.raises(StaleRecord):
            changes.take_up(ENDING, now)
    changes.take_up(ENDING, DAY_LATER)
    for late in (changes.take_up, lambda change, now: changes.stop(change, "ana", now)):
        with pytest.raises(StaleRecord):
            late(ENDING, DAY_LATER + MOMENT)
    changes.accept(replace(ENDING, id="two"), "one")
    changes.stop(replace(ENDING, id="two"), "ana", DAY_LATER + MOMENT)
    with pytest.raises(StaleRecord):
        changes.take_up(replace(ENDING, id="two"), DAY_LATER + 2 * MOMENT)
    changes.accept(replace(CHANGE, id="three"), "two")
    with pytest.raises(StaleRecord):  # it takes effect by itself
        changes.take_up(replace(CHANGE, id="three"), DAY_LATER)


def test_only_the_very_change_is_forgotten(changes: DelayedChanges) -> None:
    changes.accept(CHANGE, "")
    changes.forget(replace(CHANGE, id="two"))
    assert changes.of(SUBJECT) == CHANGE
    changes.forget(CHANGE)
    assert changes.of(SUBJECT) is None


def _fields(change: DelayedChange) -> dict[str, object]:
    return {name: getattr(change, name) for name in change.__dataclass_fields__}


class Held:
    """HoldChanges among fakes, with two publishers, an editor, and what was mailed to whom."""

    def __init__(self, ahead: bool = False) -> None:
        self.clock, self.changes, self.ahead = FixedClock(), FakeDelayedChanges(), ahead
        self.mailer, self.alarms = FakeMailer(), FakeAlarms()
        self.mailed: dict[str, str] = {}
        people = FakePeople(self.clock, False)
        for email, role in (("ana@desk.example", PUBLISHER), ("ben@desk.example", PUBLISHER),
                            ("cam@desk.example", EDITOR)):  # fmt: skip
            people.add(email, role, "a long password", "")
        notices = Notices(self.mailer, self.alarms, "desk@porchlight.example", OPERATOR_AT, self._write)
        letters = count()
        self.hold = HoldChanges(
            self.changes, people, GrantsOfPeople(), lambda place: (place, "us"), FakeSignIns(), self,
            self.clock, notices, lambda known: known[next(letters) * 7 % len(known)],
        )  # fmt: skip
        self.draft = draft_of("one", SUBJECT, "recipient", "merced", ("a", "b"), ("a to b",), ("ana",), NOON)

    def is_ahead(self) -> bool:
        return self.ahead

    def _write(self, to: str, lines: Sequence[str], at: datetime, code: str) -> bytes:
        self.mailed[to] = code
        return f"{to} {lines} {at} {code}".encode()


def test_everybody_hears_of_it_and_codes_go_to_who_has_no_account() -> None:
    held = Held()
    change = held.hold.accept(held.draft, [OLD_AT])
    assert change.settles_at == DAY_LATER
    assert set(held.mailed) == {OLD_AT, OPERATOR_AT, "ana@desk.example", "ben@desk.example"}
    assert {to for to, code in held.mailed.items() if code} == {OLD_AT, OPERATOR_AT}
    assert held.mailed[OLD_AT] != held.mailed[OPERATOR_AT]
    kept_text = repr([_fields(one) for one in held.changes.all()])
    assert not [code for code in held.mailed.values() if code and code in kept_text]
    held.mailed.clear()
    assert held.hold.accept(held.draft, [OLD_AT]) == change
    assert not held.mailed, "the same again mails nobody twice"


@pytest.mark.parametrize("who", [OLD_AT, OPERATOR_AT])
def test_each_code_stops_it_however_it_is_typed(who: str) -> None:
    held = Held()
    held.hold.accept(held.draft, [OLD_AT])
    typed = f"  “{held.mailed[who].upper().replace('-', ' – ')}” "
    stopped = held.hold.stop_by_code(typed)
    assert stopped.stopped_by == (OLD_INBOX if who == OLD_AT else OPERATOR)
    [kept_change] = held.changes.all()
    assert kept_change.state(DAY_LATER) == STOPPED
    assert not held.hold.waiting()
    with pytest.raises(TooLateToStop):
        held.hold.stop_by_code(held.mailed[who])


def test_a_publisher_stops_exactly_what_was_shown_and_nothing_that_counts() -> None:
    held = Held()
    held.hold.accept(held.draft)
    with pytest.raises(EntryMissing):
        held.hold.stop(SUBJECT, "two", "ana")
    held.clock.time = DAY_LATER
    with pytest.raises(TooLateToStop):
        held.hold.stop(SUBJECT, "one", "ana")
    assert held.changes.all()[0].in_effect(held.clock.now())


def test_guesses_are_counted_with_the_code_that_they_are_at() -> None:
    held = Held()
    held.hold.accept(held.draft, [OLD_AT])
    right, others = held.mailed[OLD_AT], held.mailed[OPERATOR_AT]
    wrong = right[:10] + others[10:]
    assert whose_code(held.changes.all()[0], wrong) == ""
    for _ in range(MOST_GUESSES):
        with pytest.raises(WrongCode):
            held.hold.stop_by_code(wrong)
    for typed in (wrong, right):
        with pytest.raises(TooManyTries):
            held.hold.stop_by_code(typed)
    assert held.hold.stop_by_code(others).stopped_by == OPERATOR


def test_stray_codes_lock_nobody_out() -> None:
    held = Held()
    held.hold.accept(held.draft, [OLD_AT])
    for number in range(MOST_STRAY):
        with pytest.raises(WrongCode):
            held.hold.stop_by_code("" if number % 2 else "abcd-abcd-abcd-abcd-abcd")
    with pytest.raises(TooManyTries):
        held.hold.stop_by_code("abcd")
    assert held.hold.stop_by_code(held.mailed[OLD_AT]).stopped_by == OLD_INBOX


@pytest.mark.parametrize("ahead", [True, False])
def test_what_counts_at_once_has_no_code(ahead: bool) -> None:
    held = Held(ahead)
    change = held.hold.accept(held.draft, [OLD_AT], ends_something=not ahead)
    assert change.in_effect(NOON)
    assert set(held.mailed.values()) == {""}


def test_an_inbox_that_takes_no_mail_stops_nothing_and_the_operator_hears_of_it() -> None:
    held = Held()
    held.mailer.fail(MailRefused("no"), "send")
    held.hold.accept(held.draft, [OLD_AT])
    assert held.changes.of(SUBJECT) is not None
    assert [kind for kind, _ in held.alarms.raised] == ["desk_not_told"]
