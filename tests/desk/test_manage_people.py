"""People are invited, get other roles, are helped when they are locked out, and are removed."""

from __future__ import annotations

import re

import pytest

from chalicelib.desk.agreements import AUTHENTICATOR_AT, PASSWORD_AT, PUBLISHER_SINCE
from chalicelib.desk.errors import (
    LastPublisher,
    NotAllowed,
    PersonKnown,
    SessionOver,
    TooManyTries,
    WrongSignIn,
)
from chalicelib.desk.manage_people import AddressWrong
from chalicelib.desk.people import (
    CODE,
    EDITOR,
    FIRST_PASSWORD_LIVES,
    INVITED,
    MOST_TRIES,
    NEW_PASSWORD,
    PUBLISHER,
    SET_UP,
)
from chalicelib.shared.errors import EntryMissing, StoreUnavailable
from tests.support.staff import ANA, BEN, CAM, PASSWORD, Staff

NEW = "new@desk.example"


@pytest.fixture
def staff() -> Staff:
    return Staff()


def lock(staff: Staff, email: str) -> None:
    for _ in range(MOST_TRIES):
        with pytest.raises(WrongSignIn):
            staff.sign_in.begin("stranger", email, "wrong")
    with pytest.raises(TooManyTries):
        staff.sign_in.begin("stranger", email, "wrong")


def test_everybody_is_listed_by_address(staff: Staff) -> None:
    assert [person.email for person in staff.manage.everybody()] == [ANA, BEN, CAM]


@pytest.mark.parametrize("role", [EDITOR, PUBLISHER])
def test_somebody_invited_gets_their_role_and_a_mail_with_a_first_password(staff: Staff, role: str) -> None:
    person = staff.manage.invite(f"  {NEW.upper()} ", role)
    assert (person.email, person.role, person.state) == (NEW, role, INVITED)
    assert staff.person(NEW) == person
    [(to, password, new)] = staff.mailed
    assert (to, new) == (NEW, True)
    assert staff.sign_in.begin("sign-in", NEW, password).kind == NEW_PASSWORD


def test_a_first_password_is_five_groups_of_letters_that_are_hard_to_confuse(staff: Staff) -> None:
    first, second = staff.invited(NEW), staff.invited("newer@desk.example")
    assert re.fullmatch(r"[abcdefghjkmnpqrstwxyz2-9]{4}(-[abcdefghjkmnpqrstwxyz2-9]{4}){4}", first)
    assert first != second


def test_a_mailed_password_is_remembered_for_seven_days(staff: Staff) -> None:
    first = staff.invited(NEW)
    now = staff.clock.now()
    assert staff.book.is_first_password(NEW, first, now)
    assert not staff.book.is_first_password(NEW, first, now + FIRST_PASSWORD_LIVES)


@pytest.mark.parametrize("email", ["", "  ", "new", "new@desk", "@desk.example", "a@b@desk.example",
                                   "new one@desk.example", "new@desk.example;x", "new@desk.example\r\nCc: x",
                                   "<new@desk.example>", f"{'n' * 250}@desk.example"])  # fmt: skip
def test_what_is_no_address_is_not_invited(staff: Staff, email: str) -> None:
    with pytest.raises(AddressWrong):
        staff.manage.invite(email, EDITOR)
    assert staff.mailed == []
    assert len(staff.people.accounts) == 3


@pytest.mark.parametrize("email", [CAM, CAM.upper()])
def test_somebody_known_is_not_invited_again_and_keeps_all_they_have(staff: Staff, email: str) -> None:
    browser = staff.know_browser(CAM)
    with pytest.raises(PersonKnown):
        staff.manage.invite(email, PUBLISHER)
    assert staff.mailed == []
    assert staff.person(CAM).role == EDITOR
    assert staff.book.browser(browser, staff.clock.now()) is not None
    staff.come_in(CAM)


@pytest.mark.parametrize("role", ["", "admin", "Publisher", "editor "])
def test_nobody_gets_a_role_that_there_is_not(staff: Staff, role: str) -> None:
    with pytest.raises(EntryMissing):
        staff.manage.invite(NEW, role)
    with pytest.raises(EntryMissing):
        staff.manage.change_role(CAM, role)
    assert staff.mailed == []
    assert NEW not in staff.people.accounts
    assert staff.person(CAM).role == EDITOR
    assert staff.dated(CAM) == set()


def test_an_address_that_was_tried_in_vain_before_is_counted_anew_for_whom_it_is_given_to(
    staff: Staff,
) -> None:
    lock(staff, NEW)
    staff.manage.invite(NEW, EDITOR)
    with pytest.raises(WrongSignIn):
        staff.sign_in.begin("sign-in", NEW, "wrong")


def test_an_editor_who_becomes_a_publisher_is_dated_and_told_as_who_they_were(staff: Staff) -> None:
    before = staff.manage.change_role(CAM, PUBLISHER)
    assert before.role == EDITOR
    assert staff.person(CAM).role == PUBLISHER
    assert staff.dated(CAM) == {PUBLISHER_SINCE}


def test_a_publisher_who_is_one_already_is_not_dated_anew(staff: Staff) -> None:
    staff.manage.change_role(ANA, PUBLISHER)
    assert staff.person(ANA).role == PUBLISHER
    assert staff.dated(ANA) == set()


def test_a_publisher_becomes_an_editor_while_somebody_else_publishes(staff: Staff) -> None:
    assert staff.manage.change_role(ANA, EDITOR).role == PUBLISHER
    assert staff.person(ANA).role == EDITOR
    assert staff.dated(ANA) == set()


def test_a_role_is_dated_before_it_is_given(staff: Staff) -> None:
    staff.people.fail(StoreUnavailable("away"), "set_role")
    with pytest.raises(StoreUnavailable):
        staff.manage.change_role(CAM, PUBLISHER)
    assert staff.dated(CAM) == {PUBLISHER_SINCE}
    assert staff.person(CAM).role == EDITOR


def test_no_role_is_given_that_could_not_be_dated(staff: Staff) -> None:
    staff.dates.fail(StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        staff.manage.change_role(CAM, PUBLISHER)
    assert staff.person(CAM).role == EDITOR


def test_the_last_publisher_stays_one(staff: Staff) -> None:
    staff.manage.change_role(BEN, EDITOR)
    with pytest.raises(LastPublisher):
        staff.manage.change_role(ANA, EDITOR)
    with pytest.raises(LastPublisher):
        staff.manage.remove(ANA, staff.person(CAM))
    assert staff.person(ANA).role == PUBLISHER


def test_somebody_who_is_switched_off_does_not_count_as_a_publisher_who_remains(staff: Staff) -> None:
    staff.people.shut_out(BEN)
    with pytest.raises(LastPublisher):
        staff.manage.change_role(ANA, EDITOR)
    with pytest.raises(LastPublisher):
        staff.manage.remove(ANA, staff.person(CAM))
    staff.manage.remove(BEN, staff.person(ANA))
    assert [person.email for person in staff.manage.everybody()] == [ANA, CAM]


def test_a_new_first_password_ends_the_old_one_and_every_session(staff: Staff) -> None:
    token = staff.come_in(CAM).handle
    person = staff.manage.send_first_password(CAM)
    assert person.email == CAM
    [(to, first, new)] = staff.mailed
    assert (to, new) == (CAM, False)
    with pytest.raises(SessionOver):
        staff.sessions.who(token)
    with pytest.raises(WrongSignIn):
        staff.sign_in.begin("sign-in", CAM, PASSWORD)
    assert staff.sign_in.begin("sign-in", CAM, first).kind == NEW_PASSWORD


def test_a_new_first_password_is_dated_before_it_is_given_and_mailed_after(staff: Staff) -> None:
    staff.people.fail(StoreUnavailable("away"), "set_first_password")
    with pytest.raises(StoreUnavailable):
        staff.manage.send_first_password(CAM)
    assert staff.handed_out(CAM) == {PASSWORD_AT}
    assert staff.mailed == []
    assert staff.sign_in.begin("sign-in", CAM, PASSWORD).kind == CODE


def test_whoever_was_locked_out_is_counted_anew_and_no_browser_is_known(staff: Staff) -> None:
    browser = staff.know_browser(CAM)
    lock(staff, CAM)
    staff.manage.send_first_password(CAM)
    assert staff.book.browser(browser, staff.clock.now()) is None
    with pytest.raises(WrongSignIn):
        staff.sign_in.begin("sign-in", CAM, "wrong")


def test_a_first_password_that_was_tried_too_often_is_counted_anew_with_the_next_one(staff: Staff) -> None:
    first = staff.invited(NEW)
    for _ in range(MOST_TRIES):
        staff.sign_in.begin("sign-in", NEW, first)
    with pytest.raises(TooManyTries):
        staff.sign_in.begin("sign-in", NEW, first)
    staff.manage.send_first_password(NEW)
    assert staff.sign_in.begin("sign-in", NEW, staff.mailed[-1][1]).kind == NEW_PASSWORD


def test_whoever_lost_their_phone_sets_up_another_authenticator(staff: Staff) -> None:
    token, browser = staff.come_in(CAM).handle, staff.know_browser(CAM)
    assert staff.manage.forget_authenticator(CAM).email == CAM
    with pytest.raises(SessionOver):
        staff.sessions.who(token)
    assert staff.book.browser(browser, staff.clock.now()) is None
    assert staff.handed_out(CAM) == {AUTHENTICATOR_AT}
    assert staff.sign_in.begin("sign-in", CAM, PASSWORD).kind == SET_UP
    assert staff.mailed == []


def test_whoever_is_removed_is_out_and_nothing_of_theirs_opens_anything(staff: Staff) -> None:
    first = staff.invited(NEW)
    token, browser = staff.come_in(CAM).handle, staff.know_browser(CAM)
    assert staff.manage.remove(CAM, staff.person(ANA)).email == CAM
    staff.manage.remove(NEW, staff.person(ANA))
    assert [person.email for person in staff.manage.everybody()] == [ANA, BEN]
    with pytest.raises(SessionOver):
        staff.sessions.who(token)
    assert staff.book.browser(browser, staff.clock.now()) is None
    assert not staff.book.is_first_password(NEW, first, staff.clock.now())


def test_nobody_removes_themselves(staff: Staff) -> None:
    with pytest.raises(NotAllowed):
        staff.manage.remove(ANA, staff.person(ANA))
    assert ANA in staff.people.accounts


def test_whoever_is_not_there_is_missing_whatever_is_asked(staff: Staff) -> None:
    by = staff.person(ANA)
    for ask in (
        lambda who: staff.manage.change_role(who, EDITOR),
        lambda who: staff.manage.change_role(who, PUBLISHER),
        staff.manage.send_first_password,
        staff.manage.forget_authenticator,
        lambda who: staff.manage.remove(who, by),
    ):
        with pytest.raises(EntryMissing):
            ask("gone@desk.example")
    assert staff.mailed == []
    assert len(staff.people.accounts) == 3
