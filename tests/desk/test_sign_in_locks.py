"""Tries are counted: strangers shut out strangers, and neither a known browser nor a first password."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from chalicelib.desk.errors import TooManyTries, WrongCode, WrongSignIn
from chalicelib.desk.people import (
    CODE,
    MOST_IN_ONE_BROWSER,
    MOST_TRIES,
    NEW_PASSWORD,
    TRIES_COUNT_FOR,
)
from tests.support.staff import ANA, BEN, PASSWORD, STRANGER, Staff

NEW = "new@desk.example"
SECOND = timedelta(seconds=1)


@pytest.fixture
def staff() -> Staff:
    return Staff()


def wrong(staff: Staff, email: str = ANA, browsers: Sequence[str] = ()) -> None:
    with pytest.raises(WrongSignIn):
        staff.sign_in.begin("stranger", email, "wrong", browsers)


def refused(staff: Staff, email: str = ANA, password: str = PASSWORD, browsers: Sequence[str] = ()) -> None:
    with pytest.raises(TooManyTries):
        staff.sign_in.begin("sign-in", email, password, browsers)


def lock(staff: Staff, email: str = ANA, browsers: Sequence[str] = ()) -> None:
    for _ in range(MOST_TRIES):
        wrong(staff, email, browsers)
    refused(staff, email, browsers=browsers)


def wrong_code(staff: Staff, browsers: Sequence[str] = ()) -> None:
    with pytest.raises(WrongCode):
        staff.sign_in.give_code("sign-in", "no code", browsers)


def test_after_five_tries_the_right_password_is_not_even_looked_at(staff: Staff) -> None:
    for _ in range(MOST_TRIES):
        wrong(staff)
    asked = staff.people.calls.count("begin")
    refused(staff)
    assert staff.people.calls.count("begin") == asked == 5


def test_four_wrong_tries_leave_one(staff: Staff) -> None:
    for _ in range(MOST_TRIES - 1):
        wrong(staff)
    assert staff.sign_in.begin("sign-in", ANA, PASSWORD).kind == CODE


def test_an_unknown_address_is_shut_out_alike_and_nobody_is_told(staff: Staff) -> None:
    lock(staff, STRANGER)
    assert staff.log == []
    assert staff.notices == []


def test_one_address_in_other_letters_is_one_address(staff: Staff) -> None:
    for email in (ANA, "Ana@Desk.Example", " ANA@DESK.EXAMPLE", ANA, ANA):
        wrong(staff, email)
    refused(staff)


def test_other_addresses_are_not_shut_out(staff: Staff) -> None:
    lock(staff)
    assert staff.sign_in.begin("sign-in", BEN, PASSWORD).kind == CODE


def test_a_lock_ends_a_quarter_of_an_hour_after_the_last_try_that_was_let_through(staff: Staff) -> None:
    for _ in range(MOST_TRIES):
        staff.clock.forward(minutes=14)
        wrong(staff)
    staff.clock.time += TRIES_COUNT_FOR - SECOND
    refused(staff)
    staff.clock.time += SECOND
    assert staff.sign_in.begin("sign-in", ANA, PASSWORD).kind == CODE


def test_tries_that_were_refused_draw_no_lock_out(staff: Staff) -> None:
    lock(staff)
    for _ in range(3):
        staff.clock.forward(minutes=5)
        refused(staff)
    staff.clock.forward(seconds=30)
    assert staff.sign_in.begin("sign-in", ANA, PASSWORD).kind == CODE


def test_a_known_password_alone_clears_no_count(staff: Staff) -> None:
    for _ in range(MOST_TRIES):
        staff.sign_in.begin("sign-in", ANA, PASSWORD)
    refused(staff)


def test_a_whole_sign_in_clears_the_count_of_its_address(staff: Staff) -> None:
    for _ in range(MOST_TRIES - 1):
        wrong(staff)
    staff.come_in()
    for _ in range(MOST_TRIES - 1):
        wrong(staff)
    staff.come_in()


def test_a_lock_is_written_down_and_mailed_once(staff: Staff) -> None:
    lock(staff)
    refused(staff)
    refused(staff)
    reasons = [line.told for line in staff.log]
    assert reasons[:MOST_TRIES] == ["wrong password"] * MOST_TRIES
    assert reasons[MOST_TRIES:] == [
        "locked for a quarter of an hour, for every browser that is not known: 5 times wrong password"
    ]
    assert {(line.who, line.about, line.outcome) for line in staff.log} == {
        ("somebody at the door", ANA, "refused")
    }
    [notice] = staff.notices
    assert (notice.headline, notice.also) == ("somebody was locked out", (ANA,))
    assert ANA in notice.lines[0]


def test_four_locks_a_day_are_mailed_and_the_fourth_says_that_it_is_the_last(staff: Staff) -> None:
    for _ in range(6):
        lock(staff)
        staff.clock.forward(minutes=16)
    assert [any("No more mails" in line for line in notice.lines) for notice in staff.notices] == [
        False,
        False,
        False,
        True,
    ]
    assert sum(line.told.startswith("locked") for line in staff.log) == 6
    staff.clock.forward(hours=24)
    lock(staff)
    assert len(staff.notices) == 5


def test_a_known_browser_is_let_in_while_strangers_are_shut_out(staff: Staff) -> None:
    browser = staff.know_browser(ANA)
    lock(staff)
    staff.come_in(ANA, [browser])


def test_nobody_is_let_past_by_a_browser_of_somebody_else_or_of_nobody(staff: Staff) -> None:
    browser = staff.know_browser(BEN)
    lock(staff)
    refused(staff, browsers=[browser, "made up", ""])


def test_only_the_first_four_secrets_of_a_browser_are_looked_at(staff: Staff) -> None:
    browser = staff.know_browser(ANA)
    lock(staff)
    others = [f"made up {number}" for number in range(MOST_IN_ONE_BROWSER)]
    refused(staff, browsers=[*others, browser])
    staff.come_in(ANA, [*others[1:], browser])


def test_a_known_browser_has_a_lock_of_its_own(staff: Staff) -> None:
    browser = staff.know_browser(ANA)
    lock(staff, browsers=[browser])
    assert staff.log[-1].told == (
        "locked for a quarter of an hour, for one browser that was known: 5 times wrong password"
    )
    assert staff.sign_in.begin("sign-in", ANA, PASSWORD).kind == CODE, "elsewhere nobody tried"


def test_an_owner_s_sign_in_gives_strangers_no_new_tries(staff: Staff) -> None:
    browser = staff.know_browser(ANA)
    lock(staff)
    staff.come_in(ANA, [browser])
    refused(staff)


def test_a_sign_in_in_a_known_browser_clears_the_count_of_that_browser(staff: Staff) -> None:
    browser = staff.know_browser(ANA)
    for _ in range(3):
        for _ in range(MOST_TRIES - 1):
            wrong(staff, browsers=[browser])
        staff.come_in(ANA, [browser])


def test_the_mailed_password_opens_where_strangers_are_shut_out(staff: Staff) -> None:
    first = staff.invited(NEW)
    lock(staff, NEW)
    assert staff.sign_in.begin("sign-in", NEW, first).kind == NEW_PASSWORD


def test_the_mailed_password_is_counted_too_and_apart(staff: Staff) -> None:
    first = staff.invited(NEW)
    for _ in range(MOST_TRIES):
        staff.sign_in.begin("sign-in", NEW, first)
    refused(staff, NEW, first)
    wrong(staff, NEW)


def test_the_password_that_was_mailed_before_the_last_one_is_a_stranger_s(staff: Staff) -> None:
    older = staff.invited(NEW)
    staff.manage.send_first_password(NEW)
    lock(staff, NEW)
    refused(staff, NEW, older)


def test_a_mailed_password_passes_no_lock_after_seven_days(staff: Staff) -> None:
    first = staff.invited(NEW)
    staff.clock.forward(days=7)
    lock(staff, NEW)
    refused(staff, NEW, first)


def test_a_mailed_password_passes_no_lock_once_somebody_came_in(staff: Staff) -> None:
    first = staff.invited(NEW)
    staff.sign_in.begin("sign-in", NEW, first)
    staff.sign_in.choose_password("sign-in", PASSWORD, PASSWORD)
    staff.sign_in.confirm_authenticator(
        "sign-in", staff.people.code(staff.sign_in.new_authenticator("sign-in"))
    )
    lock(staff, NEW)
    refused(staff, NEW, first)


def test_codes_are_counted_apart_from_passwords(staff: Staff) -> None:
    for _ in range(MOST_TRIES - 1):
        wrong(staff)
    staff.sign_in.begin("sign-in", ANA, PASSWORD)
    for _ in range(MOST_TRIES):
        wrong_code(staff)
    with pytest.raises(TooManyTries):
        staff.sign_in.give_code("sign-in", staff.code())
    assert "give_code" not in staff.people.calls
    assert "5 times wrong authenticator code" in staff.log[-1].told


def test_a_step_that_is_begun_anew_gives_no_new_tries_of_codes(staff: Staff) -> None:
    for _ in range(MOST_TRIES):
        staff.sign_in.begin("sign-in", ANA, PASSWORD)
        wrong_code(staff)
        staff.book.forget_tries(f"password {ANA}")
    staff.sign_in.begin("sign-in", ANA, PASSWORD)
    with pytest.raises(TooManyTries):
        staff.sign_in.give_code("sign-in", staff.code())


def test_codes_in_a_known_browser_are_counted_apart(staff: Staff) -> None:
    browser = staff.know_browser(ANA)
    staff.sign_in.begin("sign-in", ANA, PASSWORD)
    for _ in range(MOST_TRIES):
        wrong_code(staff)
    assert staff.sign_in.give_code("sign-in", staff.code(), [browser]).email == ANA


def test_the_first_codes_of_an_authenticator_are_counted_as_codes(staff: Staff) -> None:
    staff.sign_in.begin("sign-in", NEW, staff.invited(NEW))
    staff.sign_in.choose_password("sign-in", PASSWORD, PASSWORD)
    secret = staff.sign_in.new_authenticator("sign-in")
    for _ in range(MOST_TRIES):
        with pytest.raises(WrongCode):
            staff.sign_in.confirm_authenticator("sign-in", "000000")
    with pytest.raises(TooManyTries):
        staff.sign_in.confirm_authenticator("sign-in", staff.people.code(secret))
    assert staff.book.sessions == {}
