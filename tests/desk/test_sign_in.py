"""The way in, step by step: a password, a first one replaced, an authenticator and its codes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.desk.agreements import AUTHENTICATOR_AT, PASSWORD_AT
from chalicelib.desk.errors import (
    PasswordRefused,
    SecondFactorMissing,
    SessionOver,
    SignInExpired,
    WrongCode,
    WrongSignIn,
)
from chalicelib.desk.people import (
    BROWSER_KNOWN_FOR,
    CODE,
    MOST_IN_ONE_BROWSER,
    NEW_PASSWORD,
    SESSION,
    SET_UP,
    SIGN_IN_TAKES,
    SIGNED_IN,
)
from chalicelib.shared.errors import StoreUnavailable
from tests.support.staff import ANA, BEN, CAM, PASSWORD, STRANGER, Staff

NEW = "new@desk.example"
OWN = "a password of one's own"
SECOND = timedelta(seconds=1)


@pytest.fixture
def staff() -> Staff:
    return Staff()


def at_new_password(staff: Staff) -> None:
    assert staff.sign_in.begin("sign-in", NEW, staff.invited(NEW)).kind == NEW_PASSWORD


def at_set_up(staff: Staff) -> str:
    """Come to the authenticator; return its secret."""
    at_new_password(staff)
    assert staff.sign_in.choose_password("sign-in", OWN, OWN).kind == SET_UP
    return staff.sign_in.new_authenticator("sign-in")


def test_a_right_password_asks_for_the_code_and_keeps_the_step_behind_its_door(staff: Staff) -> None:
    step = staff.sign_in.begin("sign-in", ANA, PASSWORD)
    assert (step.kind, step.email) == (CODE, ANA)
    assert staff.sign_in.where("sign-in") == step
    assert staff.sign_in.where("another sign-in") is None


def test_a_step_lasts_ten_minutes(staff: Staff) -> None:
    staff.sign_in.begin("sign-in", ANA, PASSWORD)
    staff.clock.time += SIGN_IN_TAKES - SECOND
    assert staff.sign_in.where("sign-in") is not None
    staff.clock.time += SECOND
    assert staff.sign_in.where("sign-in") is None
    with pytest.raises(SignInExpired):
        staff.sign_in.give_code("sign-in", staff.code())


def test_a_sign_in_that_was_given_up_begins_again(staff: Staff) -> None:
    staff.sign_in.begin("sign-in", ANA, PASSWORD)
    staff.sign_in.give_up("sign-in")
    assert staff.sign_in.where("sign-in") is None


@pytest.mark.parametrize("email", ["ANA@desk.example", "  ana@Desk.Example\n"])
def test_an_address_is_the_same_in_capitals_and_with_spaces_around_it(staff: Staff, email: str) -> None:
    assert staff.sign_in.begin("sign-in", email, PASSWORD).email == ANA


@pytest.mark.parametrize(
    ("email", "password"),
    [(ANA, "wrong"), (ANA, ""), (STRANGER, PASSWORD), ("", ""), (ANA, PASSWORD.upper())],
)
def test_a_wrong_password_and_an_unknown_address_are_refused_alike(
    staff: Staff, email: str, password: str
) -> None:
    with pytest.raises(WrongSignIn):
        staff.sign_in.begin("sign-in", email, password)
    assert staff.sign_in.where("sign-in") is None


def test_a_wrong_password_is_written_down_and_a_stranger_s_address_is_not(staff: Staff) -> None:
    for email in (STRANGER, ANA):
        with pytest.raises(WrongSignIn):
            staff.sign_in.begin("sign-in", email, "wrong")
    assert [(line.who, line.about, line.told) for line in staff.log] == [
        ("somebody at the door", ANA, "wrong password")
    ]


@pytest.mark.parametrize("typed", ['"{}"', "“{}”", " {} ", "{}\n"])
def test_a_password_of_one_s_own_counts_as_it_was_typed(staff: Staff, typed: str) -> None:
    with pytest.raises(WrongSignIn):
        staff.sign_in.begin("sign-in", ANA, typed.format(PASSWORD))


@pytest.mark.parametrize("typed", ["{}", '"{}"', "  {}\n", "Your first password: {}", "\u200b{}", "“{}”"])
def test_a_first_password_counts_without_what_stood_around_it_in_the_mail(staff: Staff, typed: str) -> None:
    first = staff.invited(NEW)
    assert staff.sign_in.begin("sign-in", NEW, typed.format(first)).kind == NEW_PASSWORD


def test_a_first_password_counts_in_capitals_and_with_the_dashes_of_a_phone(staff: Staff) -> None:
    first = staff.invited(NEW)
    assert staff.sign_in.begin("sign-in", NEW, first.upper().replace("-", "–")).kind == NEW_PASSWORD


def test_a_first_password_that_an_operator_gave_counts_without_what_stood_around_it(staff: Staff) -> None:
    staff.people.invite(NEW, "editor", "an operator's own 1")
    assert staff.sign_in.begin("sign-in", NEW, "“an operator's own 1”").kind == NEW_PASSWORD


def test_nothing_is_asked_of_the_pool_when_the_try_cannot_be_counted(staff: Staff) -> None:
    staff.book.fail(StoreUnavailable("away"), "count_try")
    staff.people.calls.clear()
    with pytest.raises(StoreUnavailable):
        staff.sign_in.begin("sign-in", ANA, PASSWORD)
    assert staff.people.calls == []


def test_where_no_second_factor_is_needed_a_password_lets_in() -> None:
    staff = Staff(must=False, needed=False)
    step = staff.sign_in.begin("sign-in", ANA, PASSWORD)
    assert step.kind == SIGNED_IN
    assert staff.sign_in.where("sign-in") is None
    assert staff.sessions.who(step.handle).email == ANA


def test_where_it_is_needed_and_the_pool_asks_for_none_nobody_is_let_in() -> None:
    staff = Staff(must=False, needed=True)
    with pytest.raises(SecondFactorMissing):
        staff.sign_in.begin("sign-in", ANA, PASSWORD)
    assert staff.book.sessions == {}
    [token] = staff.people.issued
    with pytest.raises(SessionOver):
        staff.people.who(token)


def test_a_new_person_chooses_a_password_sets_up_an_authenticator_and_is_in(staff: Staff) -> None:
    secret = at_set_up(staff)
    step = staff.sign_in.confirm_authenticator("sign-in", staff.people.code(secret))
    assert (step.kind, step.email, step.second_factor) == (SIGNED_IN, NEW, True)
    assert staff.sessions.who(step.handle).second_factor
    staff.clock.forward(minutes=1)
    assert staff.sign_in.begin("sign-in", NEW, OWN).kind == CODE


@pytest.mark.parametrize(
    ("password", "again", "why"),
    [
        (OWN, OWN + " ", "not_the_same"),
        (OWN, "", "not_the_same"),
        ("x" * 13, "x" * 13, "too_short"),
        ("", "", "too_short"),
        ("x" * 257, "x" * 257, "too_long"),
    ],
)
def test_a_new_password_is_refused_with_its_reason_and_the_step_stays(
    staff: Staff, password: str, again: str, why: str
) -> None:
    at_new_password(staff)
    with pytest.raises(PasswordRefused, match=f"^{why}$"):
        staff.sign_in.choose_password("sign-in", password, again)
    assert "set_password" not in staff.people.calls
    assert staff.dated(NEW) == set()
    assert staff.sign_in.choose_password("sign-in", OWN, OWN).kind == SET_UP


@pytest.mark.parametrize("length", [14, 256])
def test_a_new_password_has_14_to_256_letters(staff: Staff, length: int) -> None:
    at_new_password(staff)
    assert staff.sign_in.choose_password("sign-in", "x" * length, "x" * length).kind == SET_UP


def test_a_password_that_the_pool_refuses_may_be_mended(staff: Staff) -> None:
    at_new_password(staff)
    staff.people.fail_next("set_password", PasswordRefused("used before"))
    with pytest.raises(PasswordRefused, match="used before"):
        staff.sign_in.choose_password("sign-in", OWN, OWN)
    assert staff.dated(NEW) == {PASSWORD_AT}, "dated before it is done"
    assert staff.notices == []
    assert staff.sign_in.choose_password("sign-in", OWN, OWN).kind == SET_UP


def test_a_chosen_password_is_dated_written_down_and_told(staff: Staff) -> None:
    at_new_password(staff)
    staff.sign_in.choose_password("sign-in", OWN, OWN)
    assert staff.dated(NEW) == {PASSWORD_AT}
    assert [(line.who, line.did, line.outcome) for line in staff.log] == [
        (NEW, "choose a new password", "done")
    ]
    assert [(notice.headline, notice.also) for notice in staff.notices] == [
        ("somebody has a new password", (NEW,))
    ]
    assert OWN not in str(staff.notices) + str(staff.log)


def test_no_step_is_taken_that_is_not_the_next_one(staff: Staff) -> None:
    staff.sign_in.begin("code", ANA, PASSWORD)
    at_new_password(staff)
    for sign_in_key in ("code", "no sign-in"):
        with pytest.raises(SignInExpired):
            staff.sign_in.choose_password(sign_in_key, OWN, OWN)
    for sign_in_key in ("code", "sign-in", "no sign-in"):
        with pytest.raises(SignInExpired):
            staff.sign_in.new_authenticator(sign_in_key)
        with pytest.raises(SignInExpired):
            staff.sign_in.confirm_authenticator(sign_in_key, "123456")
    for sign_in_key in ("sign-in", "no sign-in"):
        with pytest.raises(SignInExpired):
            staff.sign_in.give_code(sign_in_key, "123456")
    assert not any(what.startswith("code") for what in staff.book.tries)


def test_whoever_is_removed_on_the_way_in_begins_again_and_finds_nothing(staff: Staff) -> None:
    at_new_password(staff)
    staff.people.remove(NEW)
    with pytest.raises(SignInExpired):
        staff.sign_in.choose_password("sign-in", OWN, OWN)
    with pytest.raises(WrongSignIn):
        staff.sign_in.begin("sign-in", NEW, OWN)


def test_whoever_is_removed_while_setting_up_an_authenticator_begins_again(staff: Staff) -> None:
    secret = at_set_up(staff)
    staff.people.remove(NEW)
    with pytest.raises(SignInExpired):
        staff.sign_in.confirm_authenticator("sign-in", staff.people.code(secret))


def test_a_right_code_lets_in_for_an_hour(staff: Staff) -> None:
    staff.sign_in.begin("sign-in", ANA, PASSWORD)
    step = staff.sign_in.give_code("sign-in", staff.code())
    assert (step.kind, step.email, step.second_factor) == (SIGNED_IN, ANA, True)
    assert staff.sign_in.where("sign-in") is None
    session = staff.book.session(step.handle, staff.clock.now())
    assert session is not None
    assert (session.email, session.until) == (ANA, staff.clock.now() + SESSION)


@pytest.mark.parametrize("way", ["groups", "full width", "arabic", "quoted"])
def test_a_code_counts_however_it_was_typed(staff: Staff, way: str) -> None:
    code = staff.code()
    typed = {
        "groups": f" {code[:3]}\u00a0{code[3:]} ",
        "full width": code.translate({48 + digit: 0xFF10 + digit for digit in range(10)}),
        "arabic": code.translate({48 + digit: 0x660 + digit for digit in range(10)}),
        "quoted": f"“{code[:2]}-{code[2:]}”",
    }[way]
    staff.sign_in.begin("sign-in", ANA, PASSWORD)
    assert staff.sign_in.give_code("sign-in", typed).kind == SIGNED_IN


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "１２３４５", "six"])
def test_what_is_no_code_is_wrong_and_is_not_sent_to_the_pool(staff: Staff, typed: str) -> None:
    staff.sign_in.begin("sign-in", ANA, PASSWORD)
    with pytest.raises(WrongCode):
        staff.sign_in.give_code("sign-in", typed)
    assert "give_code" not in staff.people.calls
    assert [line.told for line in staff.log] == ["wrong authenticator code"]


def test_a_wrong_code_is_written_down_and_may_be_mended(staff: Staff) -> None:
    staff.sign_in.begin("sign-in", ANA, PASSWORD)
    wrong = f"{(int(staff.code()) + 1) % 10**6:06d}"
    with pytest.raises(WrongCode):
        staff.sign_in.give_code("sign-in", wrong)
    assert [(line.about, line.told) for line in staff.log] == [(ANA, "wrong authenticator code")]
    assert wrong not in str(staff.log)
    assert staff.sign_in.give_code("sign-in", staff.code()).kind == SIGNED_IN


def test_a_code_that_was_used_lets_nobody_in_again(staff: Staff) -> None:
    for sign_in_key in ("one", "other"):
        staff.sign_in.begin(sign_in_key, ANA, PASSWORD)
    staff.sign_in.give_code("one", staff.code())
    with pytest.raises(WrongCode):
        staff.sign_in.give_code("other", staff.code())


def test_a_secret_for_the_authenticator_gives_ten_more_minutes(staff: Staff) -> None:
    at_new_password(staff)
    staff.sign_in.choose_password("sign-in", OWN, OWN)
    staff.clock.forward(minutes=9)
    staff.sign_in.new_authenticator("sign-in")
    staff.clock.forward(minutes=9)
    assert staff.sign_in.where("sign-in") is not None


def test_a_new_authenticator_is_dated_written_down_and_told(staff: Staff) -> None:
    secret = at_set_up(staff)
    staff.log.clear()
    staff.notices.clear()
    staff.sign_in.confirm_authenticator("sign-in", staff.people.code(secret))
    assert AUTHENTICATOR_AT in staff.dated(NEW)
    assert [(line.who, line.did) for line in staff.log] == [(NEW, "choose a new authenticator")]
    assert [notice.headline for notice in staff.notices] == ["somebody has a new authenticator"]
    assert secret not in str(staff.notices) + str(staff.log)


def test_a_wrong_first_code_lets_nobody_in_and_keeps_the_secret(staff: Staff) -> None:
    secret = at_set_up(staff)
    staff.log.clear()
    staff.notices.clear()
    for typed in ("no code", "000000"):
        with pytest.raises(WrongCode):
            staff.sign_in.confirm_authenticator("sign-in", typed)
    assert [line.told for line in staff.log] == ["wrong authenticator code"] * 2
    assert staff.notices == []
    assert staff.book.sessions == {}
    assert staff.sign_in.confirm_authenticator("sign-in", staff.people.code(secret)).kind == SIGNED_IN


def test_what_is_no_code_dates_no_authenticator(staff: Staff) -> None:
    at_set_up(staff)
    with pytest.raises(WrongCode):
        staff.sign_in.confirm_authenticator("sign-in", "no code")
    assert AUTHENTICATOR_AT not in staff.dated(NEW)


def test_a_browser_is_remembered_for_half_a_year(staff: Staff) -> None:
    [browser] = staff.sign_in.remember(ANA, ())
    assert len(browser) == 64
    staff.clock.time += BROWSER_KNOWN_FOR - SECOND
    assert staff.book.browser(browser, staff.clock.now()) is not None
    staff.clock.time += SECOND
    assert staff.book.browser(browser, staff.clock.now()) is None


def test_a_browser_that_comes_in_again_holds_a_new_secret_and_the_old_one_ends(staff: Staff) -> None:
    [old] = staff.sign_in.remember(ANA, ())
    [new] = staff.sign_in.remember(ANA, [old])
    assert new != old
    assert staff.book.browser(old, staff.clock.now()) is None
    assert staff.book.browser(new, staff.clock.now()) is not None


def test_a_browser_that_several_share_keeps_the_others_secrets_and_drops_what_is_not_ours(
    staff: Staff,
) -> None:
    [ana] = staff.sign_in.remember(ANA, ())
    held = staff.sign_in.remember(BEN, [ana, "made up"])
    assert held[1:] == [ana]
    held = staff.sign_in.remember(CAM, held)
    known = [staff.book.browser(browser, staff.clock.now()) for browser in held]
    assert [person.email if person else "" for person in known] == [CAM, BEN, ANA]


def test_a_browser_holds_four_secrets_at_most(staff: Staff) -> None:
    held: list[str] = []
    for number in range(6):
        held = [*staff.sign_in.remember(f"person-{number}@desk.example", held)]
        assert len(held) <= MOST_IN_ONE_BROWSER
    assert len(held) == MOST_IN_ONE_BROWSER
