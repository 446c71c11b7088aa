"""Deliveries looked after by case number: what is amiss from the first failed try on, and sending again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.delivery.look_after_cases import (
    STATES,
    AwayDay,
    CaseLine,
    LookAfterCases,
)
from chalicelib.reporting import cases
from chalicelib.reporting.cases import (
    BOUNCED,
    DELAYED,
    DELIVERED,
    FALLBACK,
    FALLEN_BACK,
    FIRST,
    HELD,
    QUEUED,
    SENT,
    UNCLEAR,
    WITHHELD,
    Delivery,
    SealedReport,
)
from chalicelib.shared.errors import EntryMissing, StaleRecord, StoreUnavailable
from tests.support.fake_cases import FakeCases
from tests.support.fakes import FakeRecipients, FakeStore, FixedClock, recipient

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FRESH = Delivery("police", QUEUED, NOW - MINUTE, next_try=NOW - MINUTE)


def why(delivery: Delivery) -> str:
    store = FakeStore()
    store.add(SealedReport("0" * 32, b"", b"", "town", NOW - MINUTE, (delivery,)))
    after = LookAfterCases(FakeCases(store), FakeRecipients(recipient("police")), FixedClock(NOW))
    return " ".join(line.why for file in after.amiss().files for line in file.lines)


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


CLINIC = replace(FRESH, recipient="clinic")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LETTERS_LIKE_IT = str.maketrans("01", "OI")


class Looking:
    """The use case over fakes: police has a second address, the clinic has none."""

    def __init__(self) -> None:
        self.clock, self.store = FixedClock(NOW), FakeStore()
        self.cases = FakeCases(self.store)
        directory = FakeRecipients(recipient("police", fallback="chief@agency.example"), recipient("clinic"))
        self.after = LookAfterCases(self.cases, directory, self.clock)

    def put(self, *copies: Delivery, number: int = 1, taken: datetime = NOW - MINUTE, **told: Any) -> str:
        """Store a report; return its case number."""
        case = SealedReport(f"{number:032x}", b"the words", b"a key", "town", taken, copies or (FRESH,))
        self.store.add(replace(case, **told))
        return case.case_number

    def stored(self, number: int = 1) -> SealedReport:
        return self.store.reports[f"{number:032x}"]

    def line(self, copy: Delivery, *others: Delivery, **told: Any) -> CaseLine:
        """Return the line of a copy, in a case of its own."""
        number = len(self.store.reports) + 1
        return self.after.find(self.put(copy, *others, number=number, **told)).lines[0]


@pytest.fixture
def looking() -> Looking:
    return Looking()


def test_cases_are_listed_newest_first_and_those_amiss_longest_waiting_first(looking: Looking) -> None:
    amiss = replace(FRESH, attempts=1)
    for number, copy in enumerate((amiss, FRESH, amiss, FRESH, amiss), 1):
        looking.put(copy, number=number, taken=NOW - number * MINUTE)
    assert [int(file.case.id, 16) for file in looking.after.newest(["town"]).files] == [1, 2, 3, 4, 5]
    assert [int(file.case.id, 16) for file in looking.after.amiss().files] == [5, 3, 1]
    assert all(file.amiss for file in looking.after.amiss().files)


def test_an_automatic_answer_counts_for_the_day_of_its_place(looking: Looking) -> None:
    evening = datetime(2026, 11, 28, 4, 10, tzinfo=UTC)
    looking.put(replace(FRESH, away_at=evening, away_mail="m"))
    zones = {"town": "America/Los_Angeles"}
    directory = FakeRecipients(recipient("police"))
    after = LookAfterCases(looking.cases, directory, looking.clock, zones.__getitem__)
    assert [away.day for away in after.away(after.newest(["town"]).files)] == [date(2026, 11, 27)]


def test_one_copy_amiss_is_a_case_amiss(looking: Looking) -> None:
    looking.put(FRESH, replace(CLINIC, state=DELAYED))
    [file] = looking.after.amiss().files
    assert [bool(line.why) for line in file.lines] == [False, True]


def test_nobody_at_the_desk_gets_the_words(looking: Looking) -> None:
    number = looking.put()
    for file in (looking.after.find(number), *looking.after.newest(["town"]).files):
        assert (file.case.sealed, file.case.reporter_key) == (b"", b"")


def test_a_case_is_found_by_its_number_however_it_is_typed(looking: Looking) -> None:
    for case in range(1, 13):
        number = looking.put(number=case)
        plain = number.removeprefix("PL-")
        for typed in (number, number.lower(), f" {number.replace('-', ' ')} ", plain, plain.replace("-", ""),
                      f"PL{plain}", number.replace("-", "\u2011"), f"PL-{plain.translate(LETTERS_LIKE_IT)}",
                      f"PL-{plain.replace('1', 'l')}"):  # fmt: skip
            assert looking.after.find(typed).case.id == f"{case:032x}", typed


@pytest.mark.parametrize(
    "typed", ["", "PL", "PL-1A2B-3C4", "PL-1A2B-3C4D5", "PL-1A2B-3C4U", "PL-1A2B-3C4é", "PL-١A2B-3C4D"]
)
def test_what_is_no_case_number_is_said_to_be_none(looking: Looking, typed: str) -> None:
    with pytest.raises(EntryMissing, match="looks like"):
        looking.after.find(typed)


def test_a_case_that_there_is_not_or_whose_time_is_over_is_missing(looking: Looking) -> None:
    number = looking.put(expires_at=NOW + MINUTE)
    assert looking.after.find(number)
    looking.clock.forward(minutes=1)
    for unknown in (number, "PL-0000-0000"):
        with pytest.raises(EntryMissing, match="no case with this number"):
            looking.after.find(unknown)
    assert looking.after.newest(["town"]).files == []


def test_every_state_has_a_sentence() -> None:
    assert set(STATES) == set(cases.STATES)


@pytest.mark.parametrize("state", cases.STATES)
def test_a_line_says_its_state_in_words(looking: Looking, state: str) -> None:
    assert looking.line(replace(FRESH, state=state)).state == STATES[state]


def test_a_line_names_the_recipient_and_says_if_there_is_a_second_address(looking: Looking) -> None:
    number = looking.put(FRESH, CLINIC)
    told = [(line.name, line.known, line.has_fallback) for line in looking.after.find(number).lines]
    assert told == [("The police office", True, True), ("The clinic office", True, False)]


def test_a_recipient_that_is_gone_is_called_by_its_id(looking: Looking) -> None:
    line = looking.line(replace(FRESH, recipient="gone", instead_of="gone-too"))
    assert (line.name, line.known, line.has_fallback) == ("gone", False, False)
    assert line.instead_of == "gone-too"


def test_a_copy_that_was_handed_over_names_whose_it_was(looking: Looking) -> None:
    assert looking.line(replace(CLINIC, instead_of="police")).instead_of == "The police office"
    assert looking.line(CLINIC).instead_of == ""


@pytest.mark.parametrize("state", sorted(cases.LOST))
def test_a_lost_copy_is_amiss_until_somebody_answers_for_it(looking: Looking, state: str) -> None:
    lost = replace(FRESH, state=state, next_try=None)
    assert "nobody has acknowledged" in looking.line(lost).why
    assert looking.line(lost, answered_at=NOW).why == ""


def test_a_withheld_copy_is_amiss_only_where_nobody_has_the_report(looking: Looking) -> None:
    withheld = replace(FRESH, state=WITHHELD, next_try=None)
    assert "Nobody has this report" in looking.line(withheld).why
    assert "Nobody has this report" in looking.line(withheld, replace(CLINIC, state=SENT)).why
    assert looking.line(withheld, replace(CLINIC, state=DELIVERED)).why == ""
    assert looking.line(withheld, answered_at=NOW).why == ""


def test_a_server_that_keeps_us_waiting_and_a_first_address_that_failed_are_amiss(looking: Looking) -> None:
    assert "keeps us waiting" in looking.line(replace(FRESH, state=DELAYED)).why
    assert "first address did not take it" in looking.line(replace(FRESH, state=FALLEN_BACK)).why


def test_a_copy_held_for_its_key_is_amiss_and_one_held_for_a_digest_is_not(looking: Looking) -> None:
    assert "key cannot be used" in looking.line(replace(FRESH, state=HELD)).why
    assert looking.line(replace(FRESH, state=HELD, digest=True, next_try=NOW + HOUR)).why == ""


@pytest.mark.parametrize("state", [QUEUED, UNCLEAR])
def test_what_waits_for_more_than_an_hour_is_amiss(looking: Looking, state: str) -> None:
    waiting = replace(FRESH, state=state, changed_at=NOW - HOUR, next_try=NOW + MINUTE)
    assert looking.line(waiting).why == ""
    longer = replace(waiting, changed_at=NOW - HOUR - timedelta(seconds=1))
    assert "more than an hour" in looking.line(longer).why


def test_five_minutes_past_its_time_nothing_is_amiss_yet(looking: Looking) -> None:
    assert looking.line(replace(FRESH, next_try=NOW - 5 * MINUTE)).why == ""
    assert "nothing was tried" in looking.line(replace(FRESH, next_try=NOW - 5 * MINUTE - HOUR / 3600)).why


def test_absence_notes_are_counted_by_day_and_recipient_and_a_digest_is_one_mail(looking: Looking) -> None:
    def away(copy: Delivery, when: datetime, mail: str) -> Delivery:
        return replace(copy, state=SENT, away_at=when, away_mail=mail)

    looking.put(away(FRESH, NOW, "m-1"), away(CLINIC, NOW, "m-2"), number=1)
    looking.put(away(FRESH, NOW, "m-1"), number=2)  # the same digest
    looking.put(away(FRESH, NOW - 11 * HOUR, "m-3"), number=3)
    looking.put(away(FRESH, NOW - DAY, "m-4"), CLINIC, number=4)
    assert looking.after.away(looking.after.newest(["town"]).files) == [
        AwayDay("The clinic office", NOW.date(), 1),
        AwayDay("The police office", NOW.date(), 2),
        AwayDay("The police office", NOW.date() - DAY, 1),
    ]
    assert looking.after.away([]) == []


def test_a_copy_is_sent_again_at_once_in_a_new_turn_and_keeps_its_words(looking: Looking) -> None:
    number = looking.put(replace(FRESH, state=BOUNCED, attempts=4, next_try=None, doubtful=(0,)), CLINIC)
    looking.after.send_again(number, "police", FIRST, version=0)
    copy, other = looking.stored().deliveries
    assert (copy.state, copy.turn, copy.attempts, copy.next_try, copy.address) == (QUEUED, 1, 0, NOW, FIRST)
    assert copy.doubtful == ()
    assert other == CLINIC
    assert (looking.stored().sealed, looking.stored().version) == (b"the words", 1)


def test_a_copy_is_sent_again_to_the_second_address(looking: Looking) -> None:
    number = looking.put(replace(FRESH, state=DELIVERED, next_try=None))
    looking.after.send_again(number, "police", FALLBACK, version=0)
    assert (looking.stored().deliveries[0].address, looking.stored().deliveries[0].turn) == (FALLBACK, 1)


def test_what_waits_anyway_is_only_tried_at_once(looking: Looking) -> None:
    waiting = replace(FRESH, attempts=3, next_try=NOW + HOUR)
    looking.after.send_again(looking.put(waiting), "police", FALLBACK, version=0)
    assert looking.stored().deliveries[0] == replace(waiting, next_try=NOW)


@pytest.mark.parametrize(
    ("to", "address"), [("clinic", FIRST), ("", FIRST), ("police", "third"), ("police", "")]
)
def test_nothing_is_sent_to_whom_the_case_does_not_know(looking: Looking, to: str, address: str) -> None:
    number = looking.put()
    with pytest.raises(EntryMissing, match="no such recipient"):
        looking.after.send_again(number, to, address, version=0)
    assert looking.stored().version == 0


def test_a_case_that_changed_since_it_was_shown_is_not_changed(looking: Looking) -> None:
    number = looking.put(version=3)
    for change in (
        lambda version: looking.after.send_again(number, "police", FIRST, version),
        lambda version: looking.after.acknowledge(number, version),
        lambda version: looking.after.hold_by_law(number, True, version),
    ):
        for version in (2, 4):
            with pytest.raises(StaleRecord):
                change(version)
        looking.cases.fail_next("change", StaleRecord("in the same moment"))
        with pytest.raises(StaleRecord):
            change(3)
    assert looking.stored().version == 3


def test_a_case_that_is_gone_is_not_changed(looking: Looking) -> None:
    for change in (
        lambda: looking.after.send_again("PL-0000-0000", "police", FIRST, 0),
        lambda: looking.after.acknowledge("PL-0000-0000", 0),
        lambda: looking.after.hold_by_law("nonsense", True, 0),
    ):
        with pytest.raises(EntryMissing):
            change()


def test_an_answer_ends_the_watch_and_begins_the_time_until_deletion(looking: Looking) -> None:
    lost = replace(FRESH, state=BOUNCED, changed_at=NOW - DAY, next_try=None)
    number = looking.put(lost, watch_at=NOW + HOUR)
    looking.after.acknowledge(number, version=0)
    case = looking.stored()
    assert (case.answered_at, case.watch_at, case.expires_at) == (NOW, None, NOW + 30 * DAY)
    assert looking.after.amiss().files == []


def test_a_copy_sent_again_after_an_answer_is_not_deleted_meanwhile(looking: Looking) -> None:
    number = looking.put(replace(FRESH, state=BOUNCED, next_try=None))
    looking.after.acknowledge(number, version=0)
    looking.after.send_again(number, "police", FIRST, version=1)
    assert looking.stored().expires_at is None


def test_a_case_held_by_law_has_no_end_until_the_hold_does(looking: Looking) -> None:
    number = looking.put(replace(FRESH, state=DELIVERED, changed_at=NOW, next_try=None))
    looking.after.hold_by_law(number, True, version=0)
    assert (looking.stored().legal_hold, looking.stored().expires_at) == (True, None)
    looking.after.hold_by_law(number, False, version=1)
    assert (looking.stored().legal_hold, looking.stored().expires_at) == (False, NOW + 30 * DAY)


def test_a_store_that_is_away_is_said_to_be_away(looking: Looking) -> None:
    number = looking.put()
    looking.cases.fail(StoreUnavailable("away"))
    for ask in (
        lambda: looking.after.newest(["town"]),
        looking.after.amiss,
        lambda: looking.after.find(number),
    ):
        with pytest.raises(StoreUnavailable):
            ask()
