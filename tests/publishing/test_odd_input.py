"""Every field of every form, filled in oddly: all errors at once, beside the field, in a clerk's words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import html5lib
import pytest

from chalicelib.desk.people import PUBLISHER, ROLES, Person
from chalicelib.desk.places_of_roles import PlacesOfRoles
from chalicelib.desk.web.people import PeopleScreens
from chalicelib.desk.web.people_at_places import Lists
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.places import read_places
from chalicelib.publishing import contact_form, recipient_form
from chalicelib.publishing.documents import CheckReport, Problem
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_mail_texts import FORM as MAIL_FORM
from chalicelib.publishing.edit_places import EditPlaces
from chalicelib.publishing.edit_recipients import OUT_FORM
from chalicelib.publishing.edit_sentences import EditSentences, SentencesWrong
from chalicelib.publishing.edit_site import PARTS, EditSite
from chalicelib.publishing.errors import CodeWrong
from chalicelib.publishing.forms import CHOICE, DAY, LINE, ROWS, TICK, TICKS, WORDS, Field, Form, Typed
from chalicelib.publishing.publish import PublishPlan, SiteStatus
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.site_sentences import SaidNow
from chalicelib.publishing.web.contacts import ContactScreens
from chalicelib.publishing.web.form_screens import FormView
from chalicelib.publishing.web.publish import PublishScreens
from chalicelib.publishing.web.recipients import RecipientScreens
from tests.desk.test_screens_called import Answers, Shown, admin_request
from tests.publishing.test_change_screens import PAGES, Browser
from tests.support.editors_desk import ANA, EditorsDesk
from tests.support.fake_jobs import AtOnce
from tests.support.fake_package import ES, FakePackage

UNSEEN = {
    "NUL": "a\0b",
    "override": "a\u202eb",
    "half a letter": "a\ud800b",
    "bell": "\x07",
    "tag": "a\U000e0041",
}
LONG, EMOJI = "x" * 10_000, "👩🏽‍🚒 ñ 中 ـ"
CODE = re.compile(
    r"\b(json|jinja|slug|ids?|utc|catalog|template|placeholder|bytes?|null|line \d+)\b|_", re.IGNORECASE
)


def all_forms() -> Iterator[tuple[str, Form]]:
    desk = EditorsDesk()
    places = read_places(json.loads(FakePackage().text("places")))
    yield "contact", contact_form.form_of(places, is_new=True)
    yield "contact that is there", contact_form.form_of(places, is_new=False)
    yield "checked", contact_form.CHECKED_FORM
    yield "place", EditPlaces(desk.edit).form()
    yield "recipient", recipient_form.form_of(places)
    yield "recipient out", OUT_FORM
    yield "mail", MAIL_FORM
    for part in PARTS:
        yield f"site {part}", EditSite(desk.edit).form(part)


FORMS = dict(all_forms())
FIELDS = [
    pytest.param(form, one, column, id=f"{name}-{(column or one).name}")
    for name, form in FORMS.items()
    for one in form
    for column in (one.columns if one.kind == ROWS else [None])
]


def problem(form: Form, one: Field, column: Field | None, value: str) -> str:
    """What is told of one field with this value, all others empty."""
    if column is None:
        return form.problems(Typed({one.name: [value]})).get(one.name, "")
    filled = {each.name: [value if each is column else "x"] for each in one.columns}
    return form.problems(Typed(filled)).get(f"{column.name}-1", "")


@pytest.mark.parametrize(("form", "one", "column"), FIELDS)
def test_a_field_says_what_is_wrong_with_it_in_words(form: Form, one: Field, column: Field | None) -> None:
    field = column or one
    assert problem(form, one, column, "") == field.needed
    told = [problem(form, one, column, value) for value in UNSEEN.values()]
    too_long, fine = problem(form, one, column, LONG), problem(form, one, column, EMOJI)
    if field.kind in (LINE, WORDS):
        assert all("nobody can see" in one for one in told) or field.pasted
        assert ("10,000 letters" in too_long) == (field.most < 10_000)
        assert fine == ""
    elif field.kind in (CHOICE, TICKS):
        assert {*told, too_long, fine} == {"Choose one of those that are listed."}
    elif field.kind == DAY:
        assert all((*told, too_long, fine))
    else:
        assert field.kind == TICK
        assert not any((*told, too_long, fine)), "whatever is sent is a tick"
    for said in (*told, too_long, fine, field.needed, field.label, field.hint):
        assert not CODE.search(said), said
        assert LONG not in said


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("value", ["", "a\u202e\0", LONG])
def test_all_errors_stand_at_once_beside_their_fields_and_lead_there(name: str, value: str) -> None:
    form = FORMS[name]
    typed = Typed({(c or one).name: [value] for one in form for c in (one.columns or [None])})
    problems = form.problems(typed)
    view = FormView("A title", "/admin/x", "Save", ("/admin/", "Leave it"))
    html = PAGES.render(
        "form.html", person=Person(ANA, PUBLISHER), csrf="csrf", here="/admin/x", done="",
        zone_of=lambda _: "UTC", view=view, form=form, typed=typed.shown(), problems=problems, saved=[],
    )  # fmt: skip
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(re.sub("[\0\x07]", "?", html))
    by_id = {part.get("id"): part for part in tree.iter() if part.get("id")}
    [summary] = [part for part in tree.iter("div") if part.get("role") == "alert"] or [None]
    links = [one.get("href") for one in summary.iter("a")] if summary is not None else []
    assert links == [f"#{key}" for key in problems]
    for key in problems:
        assert f"{key}-problem" in by_id, key
        described = by_id[key].get("aria-describedby") or ""
        assert f"{key}-problem" in described or by_id[key].tag == "fieldset"


def test_a_private_key_is_shown_again_nowhere() -> None:
    key = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nabcd\n-----END PGP PRIVATE KEY BLOCK-----"
    for form in FORMS.values():
        for one in form:
            if one.kind in (LINE, WORDS):
                assert "private" in form.problems(Typed({one.name: [key]}))[one.name]


@pytest.mark.parametrize("value", [*UNSEEN.values(), LONG])
def test_a_sentence_is_refused_at_its_own_field(value: str) -> None:
    desk = EditorsDesk()
    sentences = EditSentences(desk.edit, lambda: SaidNow({"Call now": [("page", 1)]}, ["en", "es"]))
    [one] = sentences.open(ES).sentences
    with pytest.raises(SentencesWrong) as wrong:
        sentences.save(ES, {one.key: value}, {one.key: one.seen}, [], ANA)
    assert list(wrong.value.faults) == [one.key]
    assert not CODE.search(str(wrong.value))
    assert sentences.save(ES, {one.key: EMOJI}, {one.key: one.seen}, [], ANA) == 1


def fields_wrong(screen: Any) -> dict[str, str]:
    """The errors of a screen by field: each is in the summary and beside the field."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
        re.sub("[\0\x07]", "?", screen.text)
    )
    [summary] = [part for part in tree.iter("div") if part.get("role") == "alert"]
    found = {str(one.get("href"))[1:]: "".join(one.itertext()) for one in summary.iter("a")}
    by_id = {part.get("id"): part for part in tree.iter() if part.get("id")}
    for key in found:
        assert by_id[key].get("aria-invalid") == "true"
        assert f"{key}-problem" in by_id[key].get("aria-describedby")
        assert f"{key}-problem" in by_id
    return found


def test_who_notes_a_contact_as_checked_without_a_role_is_told_at_its_field() -> None:
    desk = EditorsDesk()
    screens = ContactScreens(Browser(), EditContacts(desk.edit, desk.clock))
    for role in ("", *UNSEEN.values(), LONG):
        screen = screens.checked(Browser().post(contact="shelter", role=role))
        assert screen.status_code == 422
        assert list(fields_wrong(screen)) == ["role-2"]
    assert desk.store.drafts() == []


@pytest.mark.parametrize(
    "email", ["", "ana", "a\0@x.example", "ana@x.example\u202e", f"{LONG}@x.example", EMOJI]
)
def test_an_invitation_says_all_that_is_wrong_and_keeps_the_role(email: str) -> None:
    roles: Any = SimpleNamespace(
        places=PlacesOfRoles,
        looked_after=lambda *_: [],
        lines=lambda *_: [],
        whole=list,
    )
    nobody: Any = SimpleNamespace()
    delay: Any = SimpleNamespace(waiting=lambda *_: [])
    everybody = Lists(Browser(), roles, delay)  # type: ignore[arg-type]
    screens = PeopleScreens(everybody, nobody, roles, lambda *_: None, delay)  # type: ignore[arg-type]
    screen = screens.people(Browser().post(email=email, role="owner"))
    assert screen.status_code == 422
    assert list(fields_wrong(screen)) == ["email", "role"]
    for role in ROLES:
        again = screens.people(Browser().post(email=email, role=role))
        assert list(fields_wrong(again)) == ["email"]
        assert f'<option value="{role}" selected>' in again.text


def test_a_wrong_code_of_an_address_is_told_at_that_address() -> None:
    change = SimpleNamespace(agreed=True, text="[]")
    state = SimpleNamespace(waiting=["a@x.example", "b@x.example"], change=change, live="[]")
    shown = Shown()
    for now, field in ((state, "code-2"), (None, "")):
        changes = Answers(confirm=CodeWrong("no"), agree_by_operator=CodeWrong("no"), state=now, list=())
        edit, see = Answers(entries=((), 1), places=()), Answers(between=None)
        screens = RecipientScreens(shown, changes, edit, Answers(), lambda *_: None, see)
        assert screens.confirm_address(admin_request(address="b@x.example", revision="1")).status_code == 422
        assert list(shown.names["problems"]) == [field]


PLAN = PublishPlan(
    ("contacts",), CheckReport((Problem("contacts", 3, "Is it so?", "asks"),)), fingerprint="seen", texts={}
)


def test_a_publish_says_at_once_that_a_reason_and_a_yes_are_missing() -> None:
    desk = EditorsDesk()

    def publish(*_: Any) -> None:
        raise DocumentInvalid("please say why")

    status: Any = SimpleNamespace(status=lambda: SiteStatus(None, [], False))
    ask: Any = AtOnce(lambda release: PLAN, desk.clock)
    ask.publish = publish
    see = SeeChanges(desk.store, desk.shipped, desk.shelf)
    screens = PublishScreens(Browser(), status, see, ask, desk.clock)
    screen = screens.publish_now(Browser().post(why="", seen="seen"))
    assert list(fields_wrong(screen)) == ["why", "yes"]
    ticked = screens.publish_now(Browser().post(why="", seen="seen", yes="yes"))
    assert list(fields_wrong(ticked)) == ["why"]
    assert re.search(r'name="yes" value="yes" checked', ticked.text)
    stale = screens.publish_now(Browser().post(why="", seen="another", yes="yes"))
    assert list(fields_wrong(stale)) == ["why", "yes"], "a yes to something else is none"
