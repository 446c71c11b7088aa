"""The access screens: a sign-in, a session and cookies of their own, which no session of the desk opens."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.desk.adapters.dynamo_delayed_changes import DynamoDelayedChanges
from chalicelib.desk.delayed_changes import SETTLES_AFTER, DelayedChange, kept
from chalicelib.desk.hold_changes import OLD_INBOX
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.web import cookies
from chalicelib.desk.web.guard import NO_SESSION
from tests.desk.test_guard import table
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, PUBLISHER_TWO, DeskSite

pytestmark = [pytest.mark.takes(15), pytest.mark.usefixtures("first_ahead")]

SIGN_IN = "/admin/access/sign-in"
PEOPLE = "/admin/access/people"
RECIPIENTS = "/admin/access/recipients"
WAITING, STOP = "/admin/access/waiting", "/admin/access/stop"
NAMES = cookies.OF_ACCESS
ROUTES = table("access")
POSTS = sorted(path for (path, method), guard in ROUTES.items() if method == "POST" and guard != NO_SESSION)
GETS = sorted(path for (path, method), guard in ROUTES.items() if method == "GET" and guard != NO_SESSION)


def test_every_route_lies_below_its_cookies_path_and_names_what_it_demands():
    assert all(path.startswith(NAMES.path) for path, _ in ROUTES)
    assert set(ROUTES.values()) == {EDITOR, PUBLISHER, NO_SESSION}
    assert {path for (path, _), guard in ROUTES.items() if guard == NO_SESSION} == {SIGN_IN, STOP}
    publishers = {path for (path, method), guard in ROUTES.items() if (method, guard) == ("POST", PUBLISHER)}
    assert publishers == {
        PEOPLE,
        WAITING,  # what is looked for there
        f"{WAITING}/stop",
        *(f"/admin/access/hand-over/{one}" for one in ("agree", "back")),
        *(
            f"{RECIPIENTS}/{one}"
            for one in ("one", "without", "code", "confirm", "agree", "again", "withdraw")
        ),
        *(f"{RECIPIENTS}/operator-{one}" for one in ("code", "agrees")),
        *(
            f"{PEOPLE}/{one}"
            for one in ("role", "remove", "password", "authenticator", "sessions", "take", "place", "find")
        ),
    }


def test_the_desk_has_none_of_these_screens_but_leads_to_them():
    desk = table("admin")
    assert not [path for path, method in desk if method == "POST" and ("people" in path or "/access" in path)]
    assert ("/admin/people", "GET") in desk


def test_the_cookies_go_to_these_screens_alone_and_no_script_reads_them(desk: DeskSite):
    person = desk.person(PUBLISHER_ONE)
    first = person.get(SIGN_IN)
    page = person.submit(first, SIGN_IN, email=PUBLISHER_ONE, password="correct horse battery")
    assert (page.status, page.location) == (303, "/admin/access/home")
    lines = [*first.cookies, *page.cookies]
    assert {line.partition("=")[0] for line in lines} == set(NAMES.all())
    for line in lines:
        flags = set(line.split("; ")[1:])
        assert {"Path=/admin/access/", "Secure", "HttpOnly", "SameSite=Strict"} <= flags
        assert line.startswith("__Secure-")


def test_a_stolen_session_of_the_desk_opens_nothing_here(desk: DeskSite):
    thief = desk.signed_in(PUBLISHER_ONE)
    form = desk.signed_in(PUBLISHER_TWO).at_access().get(PEOPLE).forms(f"{PEOPLE}/remove")[0]
    for planted in (False, True):
        if planted:  # the pool knows the token, and these screens do not
            thief.jar[NAMES.session] = thief.jar[cookies.SESSION]
        for path in GETS:
            assert thief.get(path).location.startswith(SIGN_IN), path
        for path in POSTS:
            assert thief.post(path, form).status == 401, path
    assert not [line for line in desk.log() if line["did"] not in ("sign in", "sign in at People")]
    assert thief.get("/admin/log").status == 200


def test_a_session_of_these_screens_opens_nothing_of_the_desk(desk: DeskSite):
    person = desk.person(PUBLISHER_ONE).at_access()
    assert person.get(PEOPLE).status == 200
    person.jar[cookies.SESSION] = person.jar[NAMES.session]
    assert person.get("/admin/log").location.startswith("/admin/sign-in")


def test_an_editor_finds_their_own_authenticator_and_nothing_else(desk: DeskSite):
    editor = desk.person(EDITOR_ONE).at_access()
    assert editor.get("/admin/access/home").location == "/admin/access/authenticator"
    csrf = editor.get("/admin/access/authenticator").forms("/admin/access/sign-out")[0]["csrf"]
    for path in set(POSTS) - {"/admin/access/sign-out", "/admin/access/authenticator"}:
        assert editor.post(path, {"csrf": csrf, "email": EDITOR_ONE, "role": "publisher"}).status == 403, path
    assert desk.log()[-1]["told"] == "this needs the role publisher"


def test_somebody_is_signed_out_everywhere_at_once_and_everybody_hears_of_it(desk: DeskSite):
    publisher, other = desk.person(PUBLISHER_ONE).at_access(), desk.signed_in(PUBLISHER_TWO).at_access()
    action = f"{PEOPLE}/sessions"
    page = publisher.get(PEOPLE)
    which = [form["email"] for form in page.forms(action)].index(PUBLISHER_TWO)
    assert publisher.submit(page, action, which).location == f"{PEOPLE}?done=signed_out"
    assert other.get(PEOPLE).location.startswith(SIGN_IN)
    assert other.get("/admin/log").location.startswith("/admin/sign-in")
    line = desk.log()[-1]
    assert (line["did"], line["about"], line["outcome"]) == ("end somebody's sessions", PUBLISHER_TWO, "done")
    [mail] = [one for one in desk.mails() if f"To: {PUBLISHER_TWO}" in one["raw_data"]][-1:]
    assert "somebody was signed out" in mail["raw_data"]


def test_old_addresses_lead_here(desk: DeskSite):
    publisher = desk.signed_in(PUBLISHER_ONE)
    assert publisher.get("/admin/people").location == PEOPLE
    assert publisher.get("/admin/access").location == PEOPLE
    assert publisher.get("/admin/authenticator").location == "/admin/access/authenticator"


def test_a_publisher_of_a_place_looks_after_its_people_and_no_others(desk: DeskSite):
    ana = desk.person(PUBLISHER_ONE).at_access()
    for p, name, around in (("vale", "Vale County", "us"), ("elm", "Elm", "vale"), ("oak", "Oak", "us")):
        page = ana.submit(ana.get(PEOPLE), f"{PEOPLE}/place", p=p, name=name, around=around)
        assert page.location == f"{PEOPLE}?done=role_place"
    page = ana.submit(ana.get(PEOPLE), PEOPLE, email=PUBLISHER_TWO, role="publisher", place="vale")
    assert page.location == f"{PEOPLE}?done=role"
    ana.post(
        f"{PEOPLE}/role", {**ana.get(PEOPLE).forms(f"{PEOPLE}/role")[0], "email": PUBLISHER_TWO, "role": ""}
    )
    ana.submit(ana.get(PEOPLE), PEOPLE, email="oak@desk.example", role="editor", place="oak")

    ben = desk.person(PUBLISHER_TWO).at_access()
    page = ben.get(PEOPLE)
    assert PUBLISHER_TWO in page.words
    assert not [one for one in (PUBLISHER_ONE, EDITOR_ONE, "oak@") if one in page.words]
    assert not page.forms(f"{PEOPLE}/role")
    made = ben.submit(page, PEOPLE, email="elm@desk.example", role="editor", place="elm")
    assert made.location == f"{PEOPLE}?done=invited"
    assert "editor of Elm, Vale County" in ben.get(PEOPLE).words
    page = ben.get(PEOPLE)
    for place in ("oak", "us", ""):
        tried = ben.submit(page, PEOPLE, email="more@desk.example", role="editor", place=place)
        assert tried.status == 403, place
    assert ben.submit(page, PEOPLE, email="more@desk.example", role="editor", place="Elmm").status == 422
    csrf = page.forms(PEOPLE)[0]["csrf"]
    # what the guard looks at is what the screen acts on, wherever it stands
    asked = {"csrf": csrf, "email": "more@desk.example", "role": "publisher", "place": ""}
    assert ben.post(f"{PEOPLE}?place=elm", asked).location == f"{PEOPLE}?done=invited"
    assert (
        desk.cognito.admin_list_groups_for_user(UserPoolId=desk.pool, Username="more@desk.example")["Groups"]
        == []
    )
    for path in ("password", "authenticator", "sessions", "remove", "role"):
        for email in ("oak@desk.example", PUBLISHER_ONE):
            asked = {"csrf": csrf, "email": email, "role": "editor"}
            assert ben.post(f"{PEOPLE}/{path}", asked).status == 403, (path, email)
    assert ben.post(f"{PEOPLE}/remove", {"csrf": csrf, "email": "elm@desk.example"}).status == 303
    assert desk.log()[-1]["role"] == PUBLISHER


def hold(desk: DeskSite, subject: str, code: str) -> DynamoDelayedChanges:
    """Keep a change that waits, with one code for its old inbox."""
    changes = DynamoDelayedChanges(lambda: desk.dynamodb, desk.settings.access_table)
    now = datetime.now(UTC)
    made = DelayedChange(
        "one", subject, "recipient", "merced", "", "", ("Police: from <b>old</b> to new",), ("ana", "ben"),
        now, now + SETTLES_AFTER, codes=(kept(code, OLD_INBOX),),
    )  # fmt: skip
    changes.accept(made, "")
    return changes


def test_a_publisher_sees_what_waits_and_stops_it(desk: DeskSite):
    changes = hold(desk, "recipient#merced-police", "abcd-efgh-jkmn-pqrs-twxy")
    publisher = desk.person(PUBLISHER_ONE).at_access()
    page = publisher.get(WAITING)
    assert "Police: from <b>old</b> to new" in page.words
    assert any(zone in page.words for zone in ("PST", "PDT")), "times are those of the first place"
    assert publisher.submit(page, f"{WAITING}/stop").location == f"{WAITING}?done=stopped"
    assert changes.all()[0].stopped_by == PUBLISHER_ONE
    assert "Nothing waits." in publisher.get(WAITING).words
    assert publisher.submit(page, f"{WAITING}/stop").status == 409
    line = desk.log()[-2]
    assert (line["did"], line["about"]) == ("stop a change that waits", "recipient#merced-police")
    assert "a change was stopped" in desk.mails()[-1]["raw_data"]


def test_a_mailed_code_stops_a_change_without_an_account(desk: DeskSite):
    changes = hold(desk, "recipient#merced-police", "abcd-efgh-jkmn-pqrs-twxy")
    stranger = desk.person()
    form = stranger.get(STOP)
    assert stranger.submit(form, STOP, code="abcd-efgh-jkmn-pqrs-twxz").status == 422
    page = stranger.submit(form, STOP, code="ABCD efgh jkmn pqrs twxy")
    assert page.location == f"{STOP}?done=stopped"
    assert "It is stopped" in stranger.follow(page).words
    assert changes.all()[0].stopped_by == OLD_INBOX
    assert desk.log()[-1]["who"] == OLD_INBOX
    assert stranger.submit(form, STOP, code="abcd-efgh-jkmn-pqrs-twxy").status == 409
    late = desk.person().post(STOP, {"csrf": "old", "code": "abcd"})
    assert late.location == f"{STOP}?done=door", "whoever has no account is not led to a sign-in"
