"""Strangers who try passwords shut out strangers, and neither known browsers nor first passwords."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_string
from email.policy import default

import pytest

from chalicelib.desk.web import cookies
from tests.desk.test_people import first_password, press
from tests.support.desk_site import (
    EDITOR_ONE,
    PASSWORD,
    PUBLISHER_ONE,
    PUBLISHER_TWO,
    DeskSite,
    Page,
    Person,
)
from tests.support.fakes import FixedClock

pytestmark = [pytest.mark.takes(20), pytest.mark.usefixtures("first_ahead")]

SIGN_IN = "/admin/sign-in"
NEW = "a new long password"


def try_password(person: Person, password: str) -> Page:
    return person.submit(person.get(SIGN_IN), SIGN_IN, email=person.email, password=password)


def lock(desk: DeskSite, email: str, tries: int = 6) -> None:
    stranger = desk.person(email)
    assert [try_password(stranger, "wrong").status for _ in range(tries)][-1] == (429 if tries > 5 else 422)


def mails_about(desk: DeskSite, words: str, since: int) -> dict[str, int]:
    """How many mails of a kind each address got."""
    secrets: dict[str, int] = {}
    for mail in desk.mails()[since:]:
        message = message_from_string(mail["raw_data"], policy=default)
        if words in str(message["Subject"]):
            secrets[str(message["To"])] = secrets.get(str(message["To"]), 0) + 1
    return secrets


@pytest.fixture
def clocked(make_desk: Callable[..., DeskSite]) -> tuple[DeskSite, FixedClock]:
    clock = FixedClock(datetime.now(UTC))
    return make_desk(clock=clock), clock


def test_strangers_shut_out_strangers_and_no_known_browser(clocked) -> None:
    desk, _ = clocked
    known = desk.signed_in(PUBLISHER_TWO)
    [cookie] = [known.jar[cookies.KNOWN]]
    known.submit(known.get("/admin/log"), "/admin/sign-out")
    sent = len(desk.mails())
    lock(desk, PUBLISHER_TWO, 9)
    assert try_password(desk.person(PUBLISHER_TWO), PASSWORD).status == 429
    # told once for the lock, not for each try: both publishers
    mails = mails_about(desk, "locked out", sent)
    assert mails == {PUBLISHER_ONE: 1, PUBLISHER_TWO: 1}
    lines = [(line["about"], line["told"]) for line in desk.log() if line.get("outcome") == "refused"]
    locked = "locked for a quarter of an hour, for every browser that is not known: 5 times wrong password"
    assert sorted(lines) == [(PUBLISHER_TWO, locked)] + [(PUBLISHER_TWO, "wrong password")] * 5
    # a forged cookie, another person's cookie and a few odd ones are nothing
    other = desk.signed_in(EDITOR_ONE).jar[cookies.KNOWN]
    for forged in ("f" * 64, other, f"{'0' * 64}.{'1' * 64}", "....", "x"):
        stranger = desk.person(PUBLISHER_TWO)
        stranger.jar[cookies.KNOWN] = forged
        assert try_password(stranger, PASSWORD).status == 429
    # whoever shares the browser is known too, and the known one comes in and stays counted apart
    known.jar[cookies.KNOWN] = f"{other}.{cookie}"
    assert known.sign_in().path == "/admin/"
    assert known.jar[cookies.KNOWN].split(".")[1:] == [other]
    assert cookie not in known.jar[cookies.KNOWN]
    assert try_password(desk.person(PUBLISHER_TWO), PASSWORD).status == 429


def test_a_known_browser_is_counted_too_and_a_stolen_one_shuts_out_itself_alone(clocked) -> None:
    desk, clock = clocked
    thief, here, there = (desk.signed_in(EDITOR_ONE) for _ in range(3))
    thief.jar = {cookies.KNOWN: here.jar[cookies.KNOWN]}
    assert [try_password(thief, "wrong").status for _ in range(7)] == [422] * 5 + [429] * 2
    assert there.sign_in().path == "/admin/"
    assert desk.person(EDITOR_ONE).sign_in().path == "/admin/"
    assert try_password(thief, PASSWORD).status == 429
    clock.forward(minutes=16)
    assert try_password(thief, PASSWORD).status == 303


def test_the_known_browsers_cookie_is_for_this_host_alone_and_for_no_script(desk: DeskSite) -> None:
    response = try_password(desk.person(EDITOR_ONE), PASSWORD)
    [known] = [line for line in response.cookies if line.startswith("__Host-known=")]
    value, *flags = known.split("; ")
    assert set(flags) == {"Max-Age=15552000", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"}
    stored = str(desk.dynamodb.scan(TableName=desk.settings.door_table)["Items"])
    assert value.partition("=")[2] not in stored


def test_a_new_first_password_gets_in_while_strangers_go_on_trying(desk: DeskSite) -> None:
    ana, old = desk.person(PUBLISHER_ONE).at_access(), desk.signed_in(PUBLISHER_TWO)
    lock(desk, PUBLISHER_TWO)
    press(ana, "/admin/access/people/password", PUBLISHER_TWO)
    password = first_password(desk, PUBLISHER_TWO)
    # the count begins anew; strangers fill it again, and still the mailed password opens
    lock(desk, PUBLISHER_TWO)
    # the browser that was known before is a stranger's now
    stolen = desk.person(PUBLISHER_TWO)
    stolen.jar[cookies.KNOWN] = old.jar[cookies.KNOWN]
    assert try_password(stolen, PASSWORD).status == 429
    ben = desk.person(PUBLISHER_TWO)
    form = ben.sign_in(f"    {password}\r\n")
    assert "Choose your own password" in form.words
    assert ben.follow(ben.submit(form, SIGN_IN, password=NEW, again=NEW)).path == "/admin/"
    assert ben.sign_in(NEW).path == "/admin/"
    assert try_password(desk.person(PUBLISHER_TWO), password).status == 422


@pytest.mark.parametrize("around", ["    {}\r\n", "\u00a0{}\u00a0", "“{}”", "> {}"])
def test_a_first_password_is_taken_as_it_stands_in_the_mail(desk: DeskSite, around: str) -> None:
    ana = desk.person(PUBLISHER_ONE).at_access()
    press(ana, "/admin/access/people/password", EDITOR_ONE)
    typed = around.format(first_password(desk, EDITOR_ONE))
    assert "Choose your own password" in desk.person(EDITOR_ONE).sign_in(typed).words


def test_a_password_of_ones_own_counts_as_it_was_typed(desk: DeskSite) -> None:
    own = " “with spaces and quotes” "
    desk.cognito.admin_set_user_password(
        UserPoolId=desk.pool, Username=EDITOR_ONE, Password=own, Permanent=True
    )
    assert try_password(desk.person(EDITOR_ONE), own.strip()).status == 422
    assert desk.person(EDITOR_ONE).sign_in(own).path == "/admin/"
    # a first one that somebody else made up, by hand in the pool, comes without what is around it
    desk.cognito.admin_set_user_password(
        UserPoolId=desk.pool, Username=EDITOR_ONE, Password="kX9$ tQ7-aabbcc", Permanent=False
    )
    assert "Choose your own password" in desk.person(EDITOR_ONE).sign_in("\tkX9$ tQ7-aabbcc \n").words


def test_tries_of_strangers_are_mailed_a_few_times_a_day_and_unknown_addresses_never(clocked) -> None:
    desk, clock = clocked
    sent = len(desk.mails())
    lock(desk, "nobody@desk.example")
    assert [line for line in desk.log() if "nobody" in str(line)] == []
    for _ in range(6):
        lock(desk, PUBLISHER_TWO)
        clock.forward(minutes=16)
    assert mails_about(desk, "locked out", sent) == {PUBLISHER_ONE: 4, PUBLISHER_TWO: 4}
    locks = [line for line in desk.log() if line.get("told", "").startswith("locked")]
    assert len(locks) == 6
