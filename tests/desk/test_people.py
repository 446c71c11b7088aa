"""Inviting, changing and removing people, and the log of what was done."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from email import message_from_string
from email.policy import default

import pytest

from chalicelib.desk.ports import AuditEntry
from chalicelib.desk.web.audit_log import as_csv
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, PUBLISHER_TWO, DeskSite, Page, Person
from tests.support.fakes import NOON

pytestmark = [pytest.mark.takes(25), pytest.mark.usefixtures("first_ahead")]

PEOPLE = "/admin/access/people"
NEW = "dee@desk.example"


def press(person: Person, action: str, email: str, **more: str) -> Page:
    """Press the button of somebody's row."""
    page = person.get(PEOPLE)
    form = next(
        form
        for form in page.forms(action)
        if form["email"] == email and all(form.get(name) == value for name, value in more.items())
    )
    return person.post(action, form)


def first_password(desk: DeskSite, to: str) -> str:
    """The password in the newest mail to somebody."""
    texts = [mail["raw_data"] for mail in desk.mails() if f"To: {to}" in mail["raw_data"]]
    text = message_from_string(texts[-1], policy=default).get_content().replace("\r\n", "\n")
    [password] = re.findall(r"^    (\S+)$", text, re.MULTILINE)
    return password


def test_somebody_is_invited_by_mail_chooses_a_password_and_is_in(desk):
    publisher = desk.signed_in(PUBLISHER_ONE).at_access()
    page = publisher.submit(publisher.get(PEOPLE), PEOPLE, email=f" {NEW.upper()} ", role="editor")
    assert page.location == f"{PEOPLE}?done=invited"
    password = first_password(desk, NEW)
    assert len(password.replace("-", "")) == 20
    new = desk.person(NEW)
    form = new.sign_in(password)
    done = new.submit(form, "/admin/sign-in", password="a new long password", again="a new long password")
    assert new.follow(done).status == 200
    assert new.at_access("a new long password").get(PEOPLE).status == 403
    assert NEW in publisher.get(PEOPLE).words
    assert password not in str(desk.log())


def test_an_address_that_is_none_or_known_is_said_to_be_so(desk):
    publisher = desk.signed_in(PUBLISHER_ONE).at_access()
    for email, sentence in (
        ("no address", "not an e-mail"),
        ("a@b", "not an e-mail"),
        (EDITOR_ONE, "before"),
    ):
        page = publisher.submit(publisher.get(PEOPLE), PEOPLE, email=email, role="editor")
        assert page.status == 422
        assert sentence in page.words
        assert page.forms(PEOPLE)[0]["email"] == email


def test_a_role_that_does_not_exist_is_given_to_nobody(desk):
    publisher = desk.signed_in(PUBLISHER_ONE).at_access()
    page = publisher.submit(publisher.get(PEOPLE), PEOPLE, email=NEW, role="owner")
    assert page.status == 422
    assert "Choose one of those that are listed" in page.words
    assert NEW not in publisher.get(PEOPLE).words


def test_a_new_first_password_ends_the_old_one_and_the_session(desk):
    publisher, editor = desk.signed_in(PUBLISHER_ONE).at_access(), desk.signed_in(EDITOR_ONE)
    assert press(publisher, f"{PEOPLE}/password", EDITOR_ONE).location == f"{PEOPLE}?done=password"
    assert editor.get("/admin/log").location.startswith("/admin/sign-in")
    again = desk.person(EDITOR_ONE)
    page = again.submit(again.get("/admin/sign-in"), "/admin/sign-in", email=EDITOR_ONE, password="x" * 20)
    assert page.status == 422
    assert (
        "Choose your own password" in desk.person(EDITOR_ONE).sign_in(first_password(desk, EDITOR_ONE)).words
    )


def test_whoever_is_removed_is_out_at_once_and_cannot_come_back(desk):
    publisher, editor = desk.signed_in(PUBLISHER_ONE).at_access(), desk.signed_in(EDITOR_ONE)
    assert press(publisher, f"{PEOPLE}/remove", EDITOR_ONE).location == f"{PEOPLE}?done=removed"
    assert editor.get("/admin/log").location.startswith("/admin/sign-in")
    gone = desk.person(EDITOR_ONE)
    page = gone.submit(gone.get("/admin/sign-in"), "/admin/sign-in", email=EDITOR_ONE, password="x" * 20)
    assert page.status == 422


def test_a_removed_persons_session_is_not_that_of_a_new_person_with_the_address(desk):
    publisher, editor = desk.signed_in(PUBLISHER_ONE).at_access(), desk.signed_in(EDITOR_ONE).at_access()
    press(publisher, f"{PEOPLE}/remove", EDITOR_ONE)
    desk.add(EDITOR_ONE, "publisher")
    assert editor.get(PEOPLE).location.startswith("/admin/access/sign-in")
    assert editor.get("/admin/log").location.startswith("/admin/sign-in")


def test_nobody_removes_themselves_and_somebody_always_publishes(desk):
    publisher = desk.signed_in(PUBLISHER_ONE).at_access()
    csrf = publisher.get(PEOPLE).forms(PEOPLE)[0]["csrf"]
    assert publisher.post(f"{PEOPLE}/remove", {"csrf": csrf, "email": PUBLISHER_ONE}).status == 403
    press(publisher, f"{PEOPLE}/remove", PUBLISHER_TWO)
    page = press(publisher, f"{PEOPLE}/role", PUBLISHER_ONE, role="editor")
    assert page.status == 409
    assert "Somebody must remain" in page.words
    assert publisher.get(PEOPLE).status == 200


def test_what_is_asked_about_somebody_unknown_is_answered_with_not_here(desk):
    publisher = desk.signed_in(PUBLISHER_ONE).at_access()
    csrf = publisher.get(PEOPLE).forms(PEOPLE)[0]["csrf"]
    for action in ("role", "remove", "password", "authenticator"):
        fields = {"csrf": csrf, "email": "nobody@desk.example", "role": "publisher"}
        assert publisher.post(f"{PEOPLE}/{action}", fields).status == 404


def test_the_log_says_who_did_what_to_whom_and_why(desk):
    publisher = desk.signed_in(PUBLISHER_ONE).at_access()
    page = publisher.get(PEOPLE)
    form = next(form for form in page.forms(f"{PEOPLE}/remove") if form["email"] == EDITOR_ONE)
    publisher.post(f"{PEOPLE}/remove", {**form, "why": "moved  away\nlast week"})
    line = desk.log()[-1]
    assert (line["who"], line["role"], line["did"], line["about"], line["why"]) == (
        PUBLISHER_ONE,
        "publisher",
        "remove somebody",
        EDITOR_ONE,
        "moved away last week",
    )
    kept_for = int(line["expires_at"]) - datetime.fromisoformat(line["at"].partition(" ")[0]).timestamp()
    assert 365 * 86400 <= kept_for <= 367 * 86400
    words = publisher.get("/admin/log").words
    assert "remove somebody" in words
    assert "moved away last week" in words


def test_the_log_is_handed_out_as_a_table_to_publishers(desk):
    publisher = desk.signed_in(PUBLISHER_ONE)
    page = publisher.get("/admin/log/file")
    assert page.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert page.headers["Content-Disposition"] == 'attachment; filename="log.csv"'
    assert page.text.startswith("\ufeff")  # or Excel reads other letters than were written
    rows = list(csv.DictReader(io.StringIO(page.text.removeprefix("\ufeff"))))
    assert [(row["who"], row["did"]) for row in rows] == [(PUBLISHER_ONE, "sign in")]


def test_no_cell_of_the_table_can_become_a_formula():
    evil = '=HYPERLINK("https://bad.example")'
    text = as_csv(
        [AuditEntry(NOON, evil, "+1", "-1", "@a", '\t=1,"x"\n', "\uff1d1", "\u202e=1", told="\u00a0+1")]
    )
    [names, row] = list(csv.reader(io.StringIO(text)))
    assert row[0] == "2026-11-25 12:00:00"
    assert all(
        cell.startswith("'") for name, cell in zip(names[1:], row[1:], strict=True) if name != "outcome"
    )


def test_signs_that_turn_or_hide_words_do_not_reach_the_log(desk):
    publisher = desk.signed_in(PUBLISHER_ONE).at_access()
    page = publisher.get(PEOPLE)
    form = next(form for form in page.forms(f"{PEOPLE}/remove") if form["email"] == EDITOR_ONE)
    why = "left\u202e tsal\u2066 week\u200f\u061c\ufeff\u00ad\u0007 \U000e0041ਗੁ\u200dਰੂ"
    publisher.post(f"{PEOPLE}/remove", {**form, "why": why})
    assert desk.log()[-1]["why"] == "left tsal week ਗੁ\u200dਰੂ"
    assert "\u202e" not in publisher.get("/admin/log").text


def test_a_line_from_before_there_were_outcomes_is_read_and_shown(desk):
    at = datetime.now(UTC)
    item = {
        "month": f"{at:%Y-%m}",
        "at": f"{at:%Y-%m-%dT%H:%M:%S.%f}Z 0badcafe",
        "who": "old@desk.example",
        "role": "publisher",
        "did": "publish: not done",
        "about": "contacts",
        "why": "\u202eolder",
    }
    desk.dynamodb.put_item(
        TableName=desk.settings.audit_table, Item={name: {"S": value} for name, value in item.items()}
    )
    page = desk.signed_in(PUBLISHER_ONE).at_access().get("/admin/log")
    assert "publish: not done Contacts" in page.words
    assert "older" in page.words
    assert "\u202e" not in page.text


def test_a_deed_that_was_cut_off_on_its_way_is_never_called_done(desk):
    publisher = desk.signed_in(PUBLISHER_ONE).at_access()
    first = publisher.get(PEOPLE).forms(f"{PEOPLE}/role")[0]
    before = len(desk.lines())
    publisher.post(f"{PEOPLE}/role", first)
    begun, ended = desk.lines()[before:]
    desk.dynamodb.delete_item(
        TableName=desk.settings.audit_table, Key={name: {"S": ended[name]} for name in ("month", "at")}
    )
    assert "begun, and nothing is known of its end" in publisher.get("/admin/log").words
    assert desk.log()[-1] == begun


def test_when_the_log_cannot_be_written_nothing_is_done(desk):
    publisher = desk.signed_in(PUBLISHER_ONE).at_access()
    page = publisher.get(PEOPLE)
    form = next(form for form in page.forms(f"{PEOPLE}/remove") if form["email"] == EDITOR_ONE)
    desk.dynamodb.delete_table(TableName=desk.settings.audit_table)
    assert publisher.post(f"{PEOPLE}/remove", form).status == 503
    assert EDITOR_ONE in publisher.get(PEOPLE).words
