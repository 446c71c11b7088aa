"""Who is in, asked anew at every request, and the authenticator of somebody who is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.desk.agreements import AUTHENTICATOR_AT, NOT_USED_YET, PASSWORD_AT
from chalicelib.desk.errors import SessionOver, TooManyTries, WrongCode
from chalicelib.desk.people import (
    CODE,
    EDITOR,
    MOST_TRIES,
    PUBLISHER,
    SESSION,
    SIGNED_IN,
)
from tests.support.staff import ANA, BEN, PASSWORD, Staff


@pytest.fixture
def staff() -> Staff:
    return Staff()


@pytest.fixture
def token(staff: Staff) -> str:
    """Ana's session."""
    return staff.come_in(ANA).handle


def over(staff: Staff, token: str) -> None:
    with pytest.raises(SessionOver):
        staff.sessions.who(token)


def test_a_session_tells_whose_it_is(staff: Staff, token: str) -> None:
    person = staff.sessions.who(token)
    assert (person.email, person.role, person.second_factor) == (ANA, PUBLISHER, True)


def test_nothing_is_asked_anywhere_for_a_forged_token(staff: Staff, token: str) -> None:
    staff.book.calls.clear()
    staff.people.calls.clear()
    for forged in ("", "made up", token + "x"):
        over(staff, forged)
    assert staff.book.calls == []
    assert staff.people.calls == []


def test_a_token_that_did_not_come_by_our_door_is_no_session(staff: Staff) -> None:
    step = staff.people.begin(ANA, PASSWORD)
    token = staff.people.give_code(step, staff.code()).handle
    assert staff.people.who(token).email == ANA
    over(staff, token)


def test_a_session_lasts_an_hour(staff: Staff, token: str) -> None:
    staff.clock.time += SESSION - timedelta(seconds=1)
    assert staff.sessions.who(token).email == ANA
    staff.clock.forward(seconds=1)
    over(staff, token)


def test_a_session_that_was_kept_for_another_address_is_over(staff: Staff, token: str) -> None:
    staff.people.issued[token] = (BEN, staff.people.issued[token][1])
    over(staff, token)


def test_a_session_of_whom_the_pool_calls_otherwise_is_over(staff: Staff, token: str) -> None:
    account = staff.people.accounts[ANA]
    account.person = replace(account.person, email=BEN)
    over(staff, token)


def test_a_new_role_a_removal_and_a_sign_out_count_at_once(staff: Staff, token: str) -> None:
    staff.people.set_role(ANA, EDITOR)
    assert staff.sessions.who(token).role == EDITOR
    ben = staff.come_in(BEN, sign_in_key="ben").handle
    staff.people.sign_out(BEN)
    over(staff, ben)
    staff.people.remove(ANA)
    over(staff, token)


def test_to_sign_out_ends_every_session_of_the_same_person_and_no_other(staff: Staff, token: str) -> None:
    elsewhere = staff.come_in(ANA, sign_in_key="elsewhere").handle
    ben = staff.come_in(BEN, sign_in_key="ben").handle
    staff.sessions.end(staff.sessions.who(token), token)
    over(staff, token)
    over(staff, elsewhere)
    assert token not in staff.book.sessions
    assert staff.sessions.who(ben).email == BEN


def inside(staff: Staff) -> tuple[str, str]:
    """Come in without an authenticator; return the token and a new secret."""
    token = staff.sign_in.begin("sign-in", ANA, PASSWORD).handle
    secret = staff.sessions.new_authenticator(staff.sessions.who(token), token)
    return token, secret


@pytest.fixture
def open_staff() -> Staff:
    return Staff(must=False, needed=False)


def test_who_is_in_sets_up_an_authenticator_and_is_asked_for_codes_from_the_next_time_on(
    open_staff: Staff,
) -> None:
    token, secret = inside(open_staff)
    code = open_staff.people.code(secret)
    person = open_staff.sessions.who(token)
    open_staff.sessions.confirm_authenticator(person, token, f"{code[:3]} {code[3:]}")
    assert open_staff.sessions.who(token).second_factor
    assert open_staff.sign_in.begin("sign-in", ANA, PASSWORD).kind == CODE
    assert open_staff.dated(ANA) == {AUTHENTICATOR_AT}
    assert [notice.headline for notice in open_staff.notices] == ["somebody has a new authenticator"]
    assert secret not in str(open_staff.notices) + str(open_staff.log)


def test_a_code_of_full_width_digits_proves_an_authenticator(open_staff: Staff) -> None:
    token, secret = inside(open_staff)
    wide = open_staff.people.code(secret).translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    open_staff.sessions.confirm_authenticator(open_staff.sessions.who(token), token, wide)
    assert open_staff.person(ANA).second_factor


@pytest.mark.parametrize("typed", ["", "12345", "000000", "no code"])
def test_a_wrong_code_inside_changes_nothing_and_tells_nobody(open_staff: Staff, typed: str) -> None:
    token, _ = inside(open_staff)
    person = open_staff.sessions.who(token)
    with pytest.raises(WrongCode):
        open_staff.sessions.confirm_authenticator(person, token, typed)
    assert not open_staff.person(ANA).second_factor
    assert open_staff.notices == []
    assert open_staff.sign_in.begin("sign-in", ANA, PASSWORD).kind == SIGNED_IN


def test_five_wrong_codes_inside_are_a_lock_that_is_told(open_staff: Staff) -> None:
    token, secret = inside(open_staff)
    person = open_staff.sessions.who(token)
    for _ in range(MOST_TRIES):
        with pytest.raises(WrongCode):
            open_staff.sessions.confirm_authenticator(person, token, "000000")
    for _ in range(2):
        with pytest.raises(TooManyTries):
            open_staff.sessions.confirm_authenticator(person, token, open_staff.people.code(secret))
    [line] = open_staff.log
    assert "one browser that was known: 5 times wrong authenticator code" in line.told
    assert [notice.headline for notice in open_staff.notices] == ["somebody was locked out"]


def test_a_proved_authenticator_clears_the_count_inside(open_staff: Staff) -> None:
    token, _ = inside(open_staff)
    person = open_staff.sessions.who(token)
    for _ in range(2):
        for _ in range(MOST_TRIES - 1):
            with pytest.raises(WrongCode):
                open_staff.sessions.confirm_authenticator(person, token, "no code")
        secret = open_staff.sessions.new_authenticator(person, token)
        open_staff.sessions.confirm_authenticator(person, token, open_staff.people.code(secret))


def test_an_authenticator_is_dated_before_it_is_proved(open_staff: Staff) -> None:
    token, _ = inside(open_staff)
    with pytest.raises(WrongCode):
        open_staff.sessions.confirm_authenticator(open_staff.sessions.who(token), token, "000000")
    assert open_staff.dated(ANA) == {AUTHENTICATOR_AT}


def test_who_is_out_sets_up_nothing(open_staff: Staff) -> None:
    token, _ = inside(open_staff)
    person = open_staff.sessions.who(token)
    open_staff.people.sign_out(ANA)
    with pytest.raises(SessionOver):
        open_staff.sessions.new_authenticator(person, token)


# Sessions that end when nothing is asked for


def test_a_session_that_ends_unused_goes_on_while_it_is_used_and_never_past_the_pools_hour(
    staff: Staff,
) -> None:
    ten, nine = timedelta(minutes=10), timedelta(minutes=9)
    sign_in, sessions = staff.with_short_sessions(ten)
    staff.clock.forward(seconds=61)
    sign_in.begin("sign-in", ANA, PASSWORD)
    token = sign_in.give_code("sign-in", staff.code()).handle
    for _ in range(6):
        staff.clock.forward(seconds=nine.total_seconds())
        assert sessions.who(token).email == ANA
    staff.clock.forward(seconds=nine.total_seconds())
    with pytest.raises(SessionOver):  # 63 minutes: the token itself has ended
        sessions.who(token)


def test_a_session_that_nobody_used_for_ten_minutes_is_over(staff: Staff) -> None:
    sign_in, sessions = staff.with_short_sessions(timedelta(minutes=10))
    staff.clock.forward(seconds=61)
    sign_in.begin("sign-in", ANA, PASSWORD)
    token = sign_in.give_code("sign-in", staff.code()).handle
    staff.clock.forward(seconds=600)
    with pytest.raises(SessionOver):
        sessions.who(token)


def test_what_was_handed_out_counts_from_its_first_use_and_once(staff: Staff) -> None:
    staff.dates.record(staff.person(ANA).id, PASSWORD_AT, NOT_USED_YET)
    staff.come_in(ANA)
    first = staff.dates.dates(staff.person(ANA).id)
    assert first == {PASSWORD_AT: staff.clock.now()}
    staff.come_in(ANA)
    assert staff.dates.dates(staff.person(ANA).id) == first
