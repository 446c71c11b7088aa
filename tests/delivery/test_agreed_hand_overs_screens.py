"""The page at People on which two publishers agree to a hand-over, as a browser shows it."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.desk.adapters.dynamo_roles import DynamoRoles
from chalicelib.desk.people import PUBLISHER
from tests.desk.test_screens import check
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, PUBLISHER_TWO, DeskSite, Page, Person
from tests.support.fakes import recipient
from tests.support.settled_recipients import put_offices

pytestmark = pytest.mark.takes(20)

NUMBER, HAND_OVER = "PL-7K2M-9QX4", "/admin/access/hand-over"
OFFICES = (
    recipient("pd", serves="los-banos-ca"),
    recipient("border", serves="fresno-ca", nature="services", enforces_immigration=True),
)
AGREE = f"{HAND_OVER}/agree"
LINK = f"{HAND_OVER}?n={NUMBER}&place=los-banos-ca&recipient=pd&other=border"
LEE, MAY = "lee@desk.example", "may@desk.example"


@pytest.fixture
def desk(make_desk: Any) -> DeskSite:
    site: DeskSite = make_desk(stage="dev")
    put_offices(site.settings.access_table, OFFICES)
    return site


def publishes(desk: DeskSite, email: str, place: str) -> Person:
    """Return somebody who has published a place for long, at People."""
    desk.add(email, "")
    account = desk.cognito.admin_get_user(UserPoolId=desk.pool, Username=email)
    id_ = {one["Name"]: one["Value"] for one in account["UserAttributes"]}["sub"]
    DynamoRoles(lambda: desk.dynamodb, desk.settings.access_table).give(id_, place, PUBLISHER)
    return desk.person(email).at_access()


def agree(person: Person, **typed: str) -> Page:
    return person.submit(person.get(LINK), AGREE, **({"number": NUMBER} | typed))


def test_publishers_of_a_place_and_of_the_site_agree_and_all_are_told(desk: DeskSite) -> None:
    lee, may = publishes(desk, LEE, "los-banos-ca"), publishes(desk, MAY, "merced-county-ca")
    page = lee.get(LINK)
    check(page)
    assert NUMBER not in page.words, "it is typed from the case, not from here"
    for words in (OFFICES[0].name, OFFICES[1].name, "It enforces immigration law", "Los Banos"):
        assert words in page.words
    assert "Nobody yet" in page.words
    wrong = agree(lee, number="PL-2222-2222")
    assert wrong.status == 422
    check(wrong)
    assert "This page is about another case" in wrong.words
    assert NUMBER not in wrong.words
    done = lee.follow(agree(lee))
    check(done)
    assert "You agree. One more publisher has to agree" in done.words
    assert done.forms(AGREE) == []
    mails = [one["raw_data"] for one in desk.mails()]
    assert {who for who in (LEE, MAY, PUBLISHER_ONE, PUBLISHER_TWO) if f"To: {who}" in str(mails)} == {
        *(LEE, MAY, PUBLISHER_ONE, PUBLISHER_TWO)
    }
    assert not [mail for mail in mails if NUMBER in mail.partition("\r\n\r\n")[0]], "no subject names a case"

    # the second one finds it at People without the desk
    listed = may.get(HAND_OVER)
    check(listed)
    assert f"{NUMBER} , to {OFFICES[1].name} : one more publisher has to agree" in listed.words
    assert f"{LEE}, which counts until" in may.get(LINK).words
    done = may.follow(agree(may))
    assert "Two publishers agree." in done.words
    log = [line for line in desk.log() if line["did"] == "agree to hand a report over"]
    assert [(line["who"], line["before"], line["after"]) for line in log] == [
        (LEE, "pd", "border"),
        (MAY, "pd", "border"),
    ]
    back = lee.follow(lee.submit(lee.get(LINK), f"{HAND_OVER}/back"))
    assert "You do not agree any more." in back.words
    assert f"{LEE} (you)" not in back.words


def test_nobody_else_agrees_and_a_foreign_place_is_not_shown(desk: DeskSite) -> None:
    lee, may = publishes(desk, LEE, "los-banos-ca"), publishes(desk, MAY, "fresno-ca")
    form = lee.get(LINK).forms(AGREE)[0]
    agree(lee)
    assert may.get(LINK).status == 403
    listed = may.get(HAND_OVER)
    assert NUMBER not in listed.text
    csrf = listed.forms("/admin/access/sign-out")[0]["csrf"]
    for changed in ({}, {"place": "Los Banos"}, {"place": "a-new-town"}, {"place": ""}):
        answer = may.post(AGREE, {**form, "number": NUMBER, "csrf": csrf, **changed})
        assert answer.status in (403, 404), changed
    editor = desk.person(EDITOR_ONE).at_access()
    assert editor.get(HAND_OVER).status == 200
    assert editor.get(LINK).status == 403
    csrf = editor.get(HAND_OVER).forms("/admin/access/sign-out")[0]["csrf"]
    assert editor.post(AGREE, {**form, "number": NUMBER, "csrf": csrf}).status == 403
    assert lee.post(AGREE, {**form, "number": NUMBER, "csrf": "x"}).status == 403
    new = "new@desk.example"
    desk.add(new, "publisher", days_ago=2)
    answer = agree(desk.person(new).at_access())
    assert answer.status == 422
    assert "seven days" in answer.words
    assert desk.log()[-1]["outcome"] == "refused"
    assert "one more publisher" in lee.get(LINK).words.lower()


@pytest.mark.parametrize("link", [LINK + "x", LINK.replace("pd", "p%23d"), LINK.replace(NUMBER, "PL-1")])
def test_a_link_to_nothing_says_so(desk: DeskSite, link: str) -> None:
    page = desk.person(PUBLISHER_ONE).at_access().get(link)
    assert page.status == 404
    check(page)


def test_who_is_not_signed_in_at_people_is_asked_to(desk: DeskSite) -> None:
    ana = desk.signed_in(PUBLISHER_ONE)  # at the desk alone
    assert ana.get(LINK).location.startswith("/admin/access/sign-in")
