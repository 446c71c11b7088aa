"""Changing texts at the desk: drafts, two people at once, sentences, contacts, publish, roll back."""

from __future__ import annotations

import json

import pytest

from chalicelib.shared.aws.sdk import client
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, PUBLISHER_TWO, DeskSite, Page, Person

pytestmark = pytest.mark.takes(60)

PAGE_TEXT = "/admin/text?d=template/public/page.html"


def form_of(page: Page, action: str) -> dict[str, str]:
    return page.forms(action)[0]


def published(desk: DeskSite) -> int:
    """The release that readers get, 0 for what shipped."""
    found = client("s3").list_objects_v2(Bucket=desk.settings.pages_bucket, Prefix="current.json")
    if not found["KeyCount"]:
        return 0
    answer = client("s3").get_object(Bucket=desk.settings.pages_bucket, Key="current.json")
    return int(json.load(answer["Body"])["release"])


def texts_of(desk: DeskSite, release: int) -> dict[str, str]:
    answer = client("s3").get_object(
        Bucket=desk.settings.pages_bucket, Key=f"releases/{release}/documents.json"
    )
    return dict(json.load(answer["Body"]))


def publish(person: Person, **typed: str) -> Page:
    return person.submit(person.get("/admin/publish"), "/admin/publish/now", **typed)


def test_a_text_comes_back_exactly_as_it_was_typed(desk):
    editor = desk.signed_in(PUBLISHER_TWO)
    text = "\n  <p>{{ _('Hello') }}</p> & \"quotes\" &amp; ünï 😀\r\n\ttab\r\n\r\n"
    assert editor.submit(editor.get(PAGE_TEXT), "/admin/text", text=text).status == 303
    opened = editor.get(PAGE_TEXT)
    assert form_of(opened, "/admin/text")["text"] == text.replace("\r\n", "\n")
    assert f"saved by {PUBLISHER_TWO}" in opened.words


def test_a_text_that_cannot_be_kept_is_shown_again_with_the_reason(desk):
    editor = desk.signed_in(PUBLISHER_TWO)
    page = editor.submit(editor.get(PAGE_TEXT), "/admin/text", text="a\nb\x00c")
    assert page.status == 422
    assert "line 2" in page.words.lower()
    assert form_of(page, "/admin/text")["revision"] == "0"


def test_of_two_who_edit_the_same_text_the_second_is_told_and_loses_nothing(desk):
    one, other = desk.signed_in(PUBLISHER_TWO), desk.signed_in(PUBLISHER_ONE)
    first, second = one.get(PAGE_TEXT), other.get(PAGE_TEXT)
    assert one.submit(first, "/admin/text", text="the first text\n").status == 303
    told = other.submit(second, "/admin/text", text="the second text\n")
    assert told.status == 409
    assert PUBLISHER_TWO in told.words
    assert form_of(told, "/admin/text")["text"] == "the second text\n"
    assert "the first text" in told.text
    assert form_of(one.get(PAGE_TEXT), "/admin/text")["text"] == "the first text\n"
    mine = other.submit(told, "/admin/text", text="both texts\n")
    assert mine.status == 303
    assert form_of(one.get(PAGE_TEXT), "/admin/text")["text"] == "both texts\n"
    assert [line["did"] for line in desk.log() if line["did"].startswith("save")] == [
        "save a draft",
        "save a draft: not done",
        "save a draft",
    ]


def test_a_draft_that_another_threw_away_is_not_lost(desk):
    one, other = desk.signed_in(PUBLISHER_TWO), desk.signed_in(PUBLISHER_ONE)
    one.submit(one.get(PAGE_TEXT), "/admin/text", text="a draft\n")
    opened = other.get(PAGE_TEXT)
    one.submit(one.get(PAGE_TEXT), "/admin/text/discard")
    told = other.submit(opened, "/admin/text", text="an edited draft\n")
    assert told.status == 409
    assert form_of(told, "/admin/text") | {"csrf": ""} == {
        "csrf": "",
        "d": "template/public/page.html",
        "revision": "0",
        "text": "an edited draft\n",
    }
    assert other.submit(told, "/admin/text").status == 303


def test_a_draft_that_was_saved_anew_meanwhile_is_not_thrown_away_unseen(desk):
    one, other = desk.signed_in(PUBLISHER_TWO), desk.signed_in(PUBLISHER_ONE)
    one.submit(one.get(PAGE_TEXT), "/admin/text", text="a draft\n")
    seen = other.get(PAGE_TEXT)
    one.submit(one.get(PAGE_TEXT), "/admin/text", text="a better draft\n")
    told = other.submit(seen, "/admin/text/discard")
    assert told.status == 409
    assert "nothing was thrown away" in told.words
    assert form_of(other.get(PAGE_TEXT), "/admin/text")["text"] == "a better draft\n"


def test_the_changes_of_a_draft_are_shown_sentence_by_sentence(desk):
    editor = desk.signed_in(PUBLISHER_TWO)
    opened = editor.get("/admin/text?d=template/mail/report/body.txt")
    before = form_of(opened, "/admin/text")["text"]
    lines = before.split("\n")
    editor.submit(opened, "/admin/text", text="\n".join([lines[0], "A new second line.", *lines[1:]]))
    page = editor.get("/admin/text/changes?d=template/mail/report/body.txt")
    assert ["".join(one.itertext()) for one in page.tree.iter("ins")] == ["new: A new second line."]


def test_one_sentence_in_english_and_spanish_is_published_and_rolled_back(desk):
    """The clerk's way of the issue, up to what readers get."""
    publisher = desk.signed_in(PUBLISHER_ONE)
    for locale, new in (("en", "Go away from this page"), ("es", "Irse de esta página")):
        page = publisher.get(f"/admin/sentences?d=catalog/{locale}&words=Leave+this+page")
        form = form_of(page, "/admin/sentences")
        [key] = [name for name in form if name.startswith("s-")]
        assert publisher.post("/admin/sentences", {**form, key: new}).status == 303
    assert new in publisher.get("/admin/preview/page?which=draft&name=es/los-banos-ca").text
    assert new not in publisher.get("/admin/preview/page?which=live&name=es/los-banos-ca").text
    assert published(desk) == 0
    refused = publish(publisher, why="")
    assert refused.status == 422
    assert "why" in refused.words
    assert published(desk) == 0
    typed = {"why": "Say it shorter", **({"yes": "yes"} if 'id="yes"' in refused.text else {})}
    assert publish(publisher, **typed).location == "/admin/releases?done=published"
    assert published(desk) == 1
    assert "Irse de esta página" in texts_of(desk, 1)["catalog/es"]
    assert "Irse" in publisher.get("/admin/preview/page?which=live&name=es/los-banos-ca").text
    history = publisher.get("/admin/text/history?d=catalog/es")
    assert "Say it shorter" in history.words
    before = publisher.get("/admin/releases/look?release=0")
    rows = [" ".join("".join(row.itertext()).split()) for row in before.tree.iter("dd")]
    assert "before: Go away from this page → now: Leave this page" in rows
    typed = {"yes": "yes"} if 'id="yes"' in before.text else {}
    back = publisher.submit(before, "/admin/releases/back", **typed)
    assert back.location == "/admin/releases?done=rolled"
    assert published(desk) == 2
    assert texts_of(desk, 2) == {}
    assert [line["did"] for line in desk.log() if line["did"].startswith(("publish", "roll back"))] == [
        "publish: not done",
        "publish",
        "roll back",
    ]


def test_an_editor_sees_what_the_checks_say_and_cannot_publish(desk):
    writer, editor = desk.signed_in(PUBLISHER_TWO), desk.signed_in(EDITOR_ONE)
    writer.submit(writer.get(PAGE_TEXT), "/admin/text", text="{% extends 'layout.html' %}\n{{ nothing }}\n")
    page = editor.get("/admin/publish")
    assert page.status == 200
    assert "must be mended" in page.words
    assert page.forms("/admin/publish/now") == []
    lines = 'href="/admin/text/lines?d=template/public/page.html'
    assert lines not in page.text  # raw text is for publishers
    assert "a publisher mends this" in page.words
    assert lines in writer.get("/admin/publish").text
    csrf = form_of(page, "/admin/sign-out")["csrf"]
    assert editor.post("/admin/publish/now", {"csrf": csrf, "why": "because", "yes": "yes"}).status == 403
    publisher = desk.signed_in(PUBLISHER_TWO)
    csrf = form_of(publisher.get("/admin/log"), "/admin/sign-out")["csrf"]
    refused = publisher.post("/admin/publish/now", {"csrf": csrf, "why": "because", "yes": "yes"})
    assert refused.status == 422
    assert published(desk) == 0


def test_what_an_editor_wrote_can_do_nothing_in_a_publishers_preview(desk):
    editor = desk.signed_in(PUBLISHER_TWO)
    opened = editor.get(PAGE_TEXT)
    text = form_of(opened, "/admin/text")["text"]
    evil = text.replace("{% block main %}", "{% block main %}<script>fetch('/admin/people')</script>", 1)
    assert evil != text
    editor.submit(opened, "/admin/text", text=evil)
    page = desk.signed_in(PUBLISHER_ONE).get("/admin/preview/page?which=draft&name=en/los-banos-ca")
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox;")
    assert "allow-" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "'none'; frame-ancestors" not in policy.replace("frame-ancestors 'self'", "")
    frames = list(editor.get("/admin/preview").tree.iter("iframe"))
    assert [frame.get("sandbox") for frame in frames] == ["", ""]


def test_two_people_translate_the_same_catalog_at_once(desk):
    one, other = desk.signed_in(EDITOR_ONE), desk.signed_in(PUBLISHER_ONE)
    pages = [person.get("/admin/sentences?d=catalog/es") for person in (one, other)]
    forms = [form_of(page, "/admin/sentences") for page in pages]
    keys = [name for name in forms[0] if name.startswith("s-")]
    assert one.post("/admin/sentences", {**forms[0], keys[0]: "Primera"}).status == 303
    assert other.post("/admin/sentences", {**forms[1], keys[1]: "Segunda"}).status == 303
    now = form_of(one.get("/admin/sentences?d=catalog/es"), "/admin/sentences")
    assert (now[keys[0]], now[keys[1]]) == ("Primera", "Segunda")
    clash = other.post("/admin/sentences", {**forms[1], keys[0]: "Otra"})
    assert clash.status == 409
    assert "Primera" in clash.words
    assert form_of(clash, "/admin/sentences")[keys[0]] == "Otra"
    assert other.post("/admin/sentences", form_of(clash, "/admin/sentences")).status == 303
    assert form_of(one.get("/admin/sentences?d=catalog/es"), "/admin/sentences")[keys[0]] == "Otra"


def test_a_clerk_fixes_a_phone_number_and_types_it_once(desk):
    editor = desk.signed_in(PUBLISHER_TWO)
    page = editor.get("/admin/contact?c=lbpd")
    fields = [(name, value) for name, value in _pairs(page, "/admin/contact")]
    changed = [(name, "(209) 555-0142" if value == "209-827-7070" else value) for name, value in fields] + [
        ("checked", "yes")
    ]
    changed = [(name, "shelter desk" if name == "role" else value) for name, value in changed]
    saved = editor.post("/admin/contact", changed)
    assert saved.location == "/admin/text/changes?d=contacts/los-banos-ca&done=saved"
    entry = _contact(editor, "lbpd")
    assert entry["channels"][0] == {"kind": "call", "show": "(209) 555-0142", "value": "+12095550142"}
    assert entry["checked_by"] == "shelter desk"
    wrong = [(name, "209-555" if value == "209-827-7070" else value) for name, value in fields]
    seen = dict(_pairs(editor.get("/admin/contact?c=lbpd"), "/admin/contact"))["seen"]
    wrong = [(name, seen if name == "seen" else value) for name, value in wrong]
    page = editor.post("/admin/contact", wrong)
    assert page.status == 422
    assert "This number has 6 digits. It needs 10" in page.words
    assert "209-555" in page.text


def test_a_number_that_changes_without_a_check_takes_the_stamp_along_and_says_so(desk):
    editor = desk.signed_in(PUBLISHER_TWO)
    form = next(
        one
        for one in editor.get("/admin/contacts").forms("/admin/contacts/checked")
        if one["contact"] == "vcc"
    )
    editor.post("/admin/contacts/checked", {**form, "role": "shelter desk"})
    assert _contact(editor, "vcc")["checked_by"] == "shelter desk"
    fields = _pairs(editor.get("/admin/contact?c=vcc"), "/admin/contact")
    other = [(name, "209-722-9999" if value == "209-722-4357" else value) for name, value in fields]
    answer = editor.post("/admin/contact", other)
    assert answer.location == "/admin/text/changes?d=contacts/merced-county-ca&done=fell"
    assert "taken away" in editor.get(answer.location).words
    entry = _contact(editor, "vcc")
    assert (entry["checked_on"], entry["checked_by"], entry["mark"]) == (None, None, "SINGLE")
    again = _pairs(editor.get("/admin/contact?c=vcc"), "/admin/contact")
    again = [(name, "CONFIRMED" if name == "mark" else value) for name, value in again]
    back = [(name, "209-722-8888" if value == "209-722-9999" else value) for name, value in again]
    saved = editor.post("/admin/contact", [*back, ("two", "yes")])
    assert saved.location == "/admin/text/changes?d=contacts/merced-county-ca&done=saved"
    assert _contact(editor, "vcc")["mark"] == "CONFIRMED"


def test_of_two_who_change_the_same_contact_the_second_is_told_and_loses_nothing(desk):
    one, other = desk.signed_in(PUBLISHER_TWO), desk.signed_in(PUBLISHER_ONE)
    pages = [_pairs(person.get("/admin/contact?c=lbpd"), "/admin/contact") for person in (one, other)]
    mine = [(name, "Mondays" if name == "hours" else value) for name, value in pages[0]]
    theirs = [(name, "Tuesdays" if name == "hours" else value) for name, value in pages[1]]
    assert one.post("/admin/contact", mine).status == 303
    told = other.post("/admin/contact", theirs)
    assert told.status == 409
    assert "Mondays" in told.text
    assert dict(_pairs(told, "/admin/contact"))["hours"] == "Tuesdays"
    assert other.post("/admin/contact", _pairs(told, "/admin/contact")).status == 303
    assert _contact(one, "lbpd")["hours"] == "Tuesdays"


def test_checked_today_is_one_button(desk):
    editor = desk.signed_in(PUBLISHER_TWO)
    page = editor.get("/admin/contacts")
    assert "never by a person" in page.words
    form = next(form for form in page.forms("/admin/contacts/checked") if form["contact"] == "vcc")
    assert editor.post("/admin/contacts/checked", {**form, "role": "city clerk"}).status == 303
    assert _contact(editor, "vcc")["checked_by"] == "city clerk"
    assert ("note a contact as checked", "vcc") in [(line["did"], line["about"]) for line in desk.log()]


@pytest.mark.parametrize("action", ["/admin/text", "/admin/text/restore"])
def test_recipients_are_never_changed_as_a_text(desk, action):
    publisher = desk.signed_in(PUBLISHER_ONE)
    csrf = form_of(publisher.get("/admin/log"), "/admin/sign-out")["csrf"]
    page = publisher.post(action, {"csrf": csrf, "d": "recipients", "revision": "0", "n": "0", "text": "[]"})
    assert page.status >= 400
    assert "no draft" in publisher.get("/admin/text?d=recipients").words


def test_the_text_of_a_mail_says_at_once_what_is_wrong_with_it(desk):
    editor = desk.signed_in(PUBLISHER_TWO)
    page = editor.get("/admin/text?d=template/mail/report/body.txt")
    assert "[[report]]" in page.words
    assert "Before this can be published" not in page.words
    form = form_of(page, "/admin/text")
    wrong = "{% if story %}\n[[report]]\n{% endif %}"
    assert editor.post("/admin/text", {**form, "text": wrong}).status == 303
    page = editor.get("/admin/text?d=template/mail/report/body.txt")
    assert "written the old way" in page.words
    form = form_of(page, "/admin/text")
    editor.post("/admin/text", {**form, "text": "[[report]]\nSee evil.example/x"})
    assert "evil.example" in editor.get("/admin/text?d=template/mail/report/body.txt").words
    assert editor.get("/admin/text?d=template/mail/report/subject.txt").status == 404


def _pairs(page: Page, action: str) -> list[tuple[str, str]]:
    """What a form would send, with names that come several times."""
    form = next(
        form
        for form in page.tree.iter("form")
        if form.get("action") == action and form.get("method") == "post"
    )
    pairs: list[tuple[str, str]] = []
    for element in form.iter():
        name = element.get("name")
        if not name or element.tag == "button":  # a button is sent only when it is pressed
            continue
        if element.tag == "select":
            options = list(element.iter("option"))
            chosen = next((one for one in options if one.get("selected") is not None), options[0])
            pairs.append((name, chosen.get("value") or "".join(chosen.itertext())))
        elif element.tag == "textarea":
            pairs.append((name, "".join(element.itertext())))
        elif element.get("type") != "checkbox":
            pairs.append((name, element.get("value", "")))
    return pairs


def _contact(person: Person, contact: str) -> dict[str, object]:
    found = []
    for place in ("los-banos-ca", "merced-county-ca", "california", "us"):
        text = form_of(person.get(f"/admin/text?d=contacts/{place}"), "/admin/text")["text"]
        found += [entry for entry in json.loads(text)["contacts"] if entry["id"] == contact]
    [entry] = found
    return dict(entry)
