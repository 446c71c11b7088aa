"""Once reports are delivered, invitations, roles and resets wait for a day, on the screens and in mails."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.policy import default
from typing import Any

import pytest
from moto.ses.models import RawMessage

from chalicelib.desk.adapters.dynamo_delayed_changes import DynamoDelayedChanges
from chalicelib.desk.adapters.dynamo_roles import DynamoRoles
from chalicelib.desk.hold_changes import OLD_INBOX, OPERATOR, draft_of
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.places_of_roles import PlaceOfRoles
from chalicelib.directory.adapters.dynamo_people_to_tell import DynamoPeopleToTell
from chalicelib.shared.aws.faults import Table
from chalicelib.wiring.access import on_the_hour
from tests.desk.test_people import first_password, press
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, PUBLISHER_TWO, DeskSite

pytestmark = pytest.mark.takes(10)

PEOPLE, WAITING, STOP = "/admin/access/people", "/admin/access/waiting", "/admin/access/stop"
NEW, LEE, MAY, OPS = "new@desk.example", "lee@desk.example", "may@desk.example", "ops@desk.example"
TOWN = "los-banos-ca"


def a_day_later(desk: DeskSite) -> None:
    """Put the day that changes wait for behind them."""
    table = desk.settings.access_table
    for item in desk.dynamodb.scan(TableName=table)["Items"]:
        if item["pk"] == {"S": "waiting"}:
            desk.dynamodb.put_item(TableName=table, Item={**item, "settles_at": item["accepted_at"]})


@pytest.fixture(autouse=True)
def no_mails_of_before() -> None:
    """Forget what other tests of this process mailed."""
    RawMessage.instances_tracked.clear()


def mailed(desk: DeskSite) -> dict[str, str]:
    """Return the newest notice of a change that waits, by whom it went to."""
    texts = [one["raw_data"] for one in desk.mails() if "can still be stopped" in one["raw_data"]]
    read = [message_from_string(text, policy=default) for text in texts]
    return {mail["To"]: mail.get_content() for mail in read}


def code_in(text: str) -> str:
    [code] = re.findall(r"^ +([a-z0-9]{4}(?:-[a-z0-9]{4})+)\s*$", text, re.MULTILINE)
    return str(code)


def accounts(desk: DeskSite) -> set[str]:
    return {user["Username"] for user in desk.cognito.list_users(UserPoolId=desk.pool)["Users"]}


def test_an_invitation_waits_is_shown_and_is_mailed_when_it_counts(desk: DeskSite) -> None:
    ana = desk.person(PUBLISHER_ONE).at_access()
    page = ana.submit(ana.get(PEOPLE), PEOPLE, email=NEW, role="editor")
    assert page.location == f"{PEOPLE}?done=waits"
    page = ana.follow(page)
    assert f"{NEW} is invited to the desk, as an editor. From " in page.words
    assert f"{NEW} is invited" in ana.get(WAITING).words
    assert NEW not in accounts(desk)
    assert {*mailed(desk)} == {PUBLISHER_ONE, PUBLISHER_TWO}
    a_day_later(desk)
    page = ana.get(PEOPLE)
    assert NEW in accounts(desk)
    assert (page.forms(f"{WAITING}/stop"), "What waits" in page.words) == ([], False)
    line = desk.log()[-1]
    assert (line["who"], line["did"], line["about"]) == (PUBLISHER_ONE, "carry out what waited", NEW)
    assert "Choose your own password" in desk.person(NEW).sign_in(first_password(desk, NEW)).words


def test_a_stopped_role_is_never_given_and_a_lower_one_counts_at_once(desk: DeskSite) -> None:
    ana, ben = desk.person(PUBLISHER_ONE).at_access(), desk.person(PUBLISHER_TWO).at_access()
    assert press(ana, f"{PEOPLE}/role", EDITOR_ONE, role="publisher").location == f"{PEOPLE}?done=waits"
    page = ben.submit(ben.get(PEOPLE), f"{WAITING}/stop")
    assert page.location == f"{WAITING}?done=stopped"
    a_day_later(desk)
    assert f"{EDITOR_ONE} becomes" not in ana.get(PEOPLE).words
    assert desk.person(EDITOR_ONE).at_access().get(PEOPLE).status == 403
    assert press(ana, f"{PEOPLE}/role", PUBLISHER_TWO, role="editor").location == f"{PEOPLE}?done=role"
    assert ben.get(PEOPLE).status == 403


def test_who_loses_a_password_or_authenticator_by_it_stops_it_by_a_mailed_code(make_desk) -> None:
    desk = make_desk(operator=OPS)
    ana = desk.person(PUBLISHER_ONE).at_access()
    assert press(ana, f"{PEOPLE}/password", PUBLISHER_TWO).location == f"{PEOPLE}?done=waits"
    csrf = ana.get(PEOPLE).forms(PEOPLE)[0]["csrf"]
    told = mailed(desk)
    assert {*told} == {PUBLISHER_ONE, PUBLISHER_TWO, OPS}
    stranger = desk.person()
    page = stranger.submit(stranger.get(STOP), STOP, code=code_in(told[PUBLISHER_TWO]))
    assert page.location == f"{STOP}?done=stopped"
    assert desk.log()[-1]["who"] == OLD_INBOX
    asked = {"csrf": csrf, "email": EDITOR_ONE}
    assert ana.post(f"{PEOPLE}/authenticator", asked).location == f"{PEOPLE}?done=waits"
    page = stranger.submit(stranger.get(STOP), STOP, code=code_in(mailed(desk)[OPS]))
    assert (page.location, desk.log()[-1]["who"]) == (f"{STOP}?done=stopped", OPERATOR)
    assert ana.get(PEOPLE).forms(f"{WAITING}/stop") == []
    # one's own is not what somebody else does to one
    assert press(ana, f"{PEOPLE}/password", PUBLISHER_ONE).location == f"{PEOPLE}?done=password"


def test_a_new_password_is_mailed_when_its_owner_begins_to_sign_in_a_day_later(desk: DeskSite) -> None:
    ana = desk.person(PUBLISHER_ONE).at_access()
    press(ana, f"{PEOPLE}/password", EDITOR_ONE)
    before = len(desk.mails())
    at = "/admin/access/sign-in"
    cam = desk.person(EDITOR_ONE)
    assert cam.submit(cam.get(at), at, email=EDITOR_ONE, password="forgotten").status == 422
    assert len(desk.mails()) == before
    a_day_later(desk)
    assert cam.submit(cam.get(at), at, email=EDITOR_ONE, password="forgotten").status == 422
    assert "Choose your own password" in cam.sign_in(first_password(desk, EDITOR_ONE)).words


def test_publishers_of_a_place_hear_of_its_people_and_stop_that_and_nothing_else(desk: DeskSite) -> None:
    roles = DynamoRoles(lambda: desk.dynamodb, desk.settings.access_table)
    for email, role, place in ((LEE, PUBLISHER, TOWN), (MAY, EDITOR, TOWN)):
        desk.add(email, "")
        account = desk.cognito.admin_get_user(UserPoolId=desk.pool, Username=email)
        roles.give({one["Name"]: one["Value"] for one in account["UserAttributes"]}["sub"], place, role)
    ana, lee = desk.person(PUBLISHER_ONE).at_access(), desk.person(LEE).at_access()
    ana.submit(ana.get(PEOPLE), PEOPLE, email=NEW, role="editor", place="")
    assert {*mailed(desk)} == {PUBLISHER_ONE, PUBLISHER_TWO}
    sites = ana.get(WAITING).forms(f"{WAITING}/stop")[0]
    ana.submit(ana.get(PEOPLE), PEOPLE, email=NEW, role="editor", place=TOWN)
    assert {*mailed(desk)} == {PUBLISHER_ONE, PUBLISHER_TWO, LEE}
    page = lee.get(WAITING)
    [own] = page.forms(f"{WAITING}/stop")
    assert [form["id"] for form in lee.get(PEOPLE).forms(f"{WAITING}/stop")] == [own["id"]]
    assert lee.post(f"{WAITING}/stop", {**own, "subject": sites["subject"], "id": sites["id"]}).status == 403
    assert lee.post(f"{WAITING}/stop", own).location == f"{WAITING}?done=stopped"
    assert len(ana.get(WAITING).forms(f"{WAITING}/stop")) == 1
    told = {mail["raw_data"] for mail in desk.mails() if "a change was stopped" in mail["raw_data"]}
    assert len([text for text in told if f"To: {LEE}" in text]) == 1


def test_the_clock_carries_out_what_waited_though_nobody_opens_people(desk: DeskSite) -> None:
    ana = desk.person(PUBLISHER_ONE).at_access()
    ana.submit(ana.get(PEOPLE), PEOPLE, email=NEW, role="editor", place=TOWN)
    on_the_hour(desk.settings, None, lambda: desk.cognito)
    assert NEW not in accounts(desk)
    a_day_later(desk)
    for _ in range(2):  # and once only
        on_the_hour(desk.settings, None, lambda: desk.cognito)
    assert NEW in accounts(desk)
    line = desk.log()[-1]
    assert (line["who"], line["did"], line["about"]) == (PUBLISHER_ONE, "carry out what waited", NEW)
    assert "Choose your own password" in desk.person(NEW).sign_in(first_password(desk, NEW)).words
    rows = DynamoPeopleToTell(lambda: desk.dynamodb, desk.settings.access_table)
    assert [(row.email, row.edits, row.publishes) for row in rows.read()] == [(NEW, {TOWN}, set())]
    press(ana, f"{PEOPLE}/take", NEW)
    assert rows.read() == []


def test_a_county_gets_a_town_a_day_after_it_was_moved_there(desk: DeskSite) -> None:
    roles = DynamoRoles(lambda: desk.dynamodb, desk.settings.access_table)
    roles.put_place(PlaceOfRoles("elsewhere", "Elsewhere County", "california"))
    ana, place = desk.person(PUBLISHER_ONE).at_access(), f"{PEOPLE}/place"
    moved = {"p": TOWN, "name": "Los Banos", "around": "elsewhere"}
    assert ana.submit(ana.get(PEOPLE), place, **moved).location == f"{PEOPLE}?done=role_place_waits"
    assert roles.places()[TOWN].parent == "merced-county-ca"
    assert {*mailed(desk)} == {PUBLISHER_ONE, PUBLISHER_TWO}
    assert "Los Banos, Merced County will lie in Elsewhere County" in ana.get(PEOPLE).words
    assert ana.submit(ana.get(PEOPLE), f"{WAITING}/stop").location == f"{WAITING}?done=stopped"
    a_day_later(desk)
    on_the_hour(desk.settings, None, lambda: desk.cognito)
    assert roles.places()[TOWN].parent == "merced-county-ca"
    ana.submit(ana.get(PEOPLE), place, **moved)
    a_day_later(desk)
    on_the_hour(desk.settings, None, lambda: desk.cognito)
    assert roles.places()[TOWN].parent == "elsewhere"
    assert desk.log()[-1]["about"] == TOWN


def test_many_that_wait_come_a_page_at_a_time_and_are_found_by_words(
    desk: DeskSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, asked, call = desk.person(PUBLISHER_ONE).at_access(), [], Table.call
    changes = DynamoDelayedChanges(lambda: desk.dynamodb, desk.settings.access_table)
    now = datetime.now(UTC)
    for at in range(60):
        who, place = f"new-{at:02}@desk.example", TOWN if at % 2 else ""
        said, subject = f"{who} becomes an editor.", f"person#role#{who}#{place}"
        until = now + timedelta(days=8)
        draft = draft_of(
            f"{at:016}", subject, "role", place, ("", EDITOR), (said,), (PUBLISHER_ONE,), now, until
        )
        changes.accept(replace(draft, settles_at=now + timedelta(days=1)), "")

    def counted(table: Table, operation: str, **arguments: Any) -> Any:
        asked.append(arguments.get("Key", {}).get("pk"))
        return call(table, operation, **arguments)

    monkeypatch.setattr(Table, "call", counted)
    page = ana.get(WAITING)
    assert "1 to 25 of 60" in page.words
    assert len(page.forms(f"{WAITING}/stop")) == 25
    assert asked.count({"S": "places"}) <= 1
    assert "51 to 60 of 60" in ana.get(f"{WAITING}?page=3").words
    [form] = [one for one in page.forms(WAITING) if "words" in one]
    found = ana.post(WAITING, {**form, "words": "new-42"})
    assert "new-42@desk.example becomes" in found.words
    assert len(found.forms(f"{WAITING}/stop")) == 1
    page = ana.get(PEOPLE)
    assert len(page.forms(f"{WAITING}/stop")) == 5
    assert "All 60 that wait" in page.words
