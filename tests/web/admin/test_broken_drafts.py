"""A draft that cannot be read is told with a sentence, and hides nothing else."""

from __future__ import annotations

import pytest

from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, Page


def form_of(page: Page, action: str) -> dict[str, str]:
    return page.forms(action)[0]


BROKEN = [
    ("contacts", "nonsense"),
    ("contacts", '{"contacts": 5}'),
    ("contacts", '{"contacts": [{"id": "x"}]}'),
    ("contacts", '{"contacts": ["x"]}'),
    ("places", "[]"),
    ("places", '{"places": [{}]}'),
    ("site", "{"),
    ("site", '{"locales": 3}'),
]
SCREENS = [
    "/admin/",
    "/admin/documents",
    "/admin/contacts",
    "/admin/contact?c=lbpd",
    "/admin/preview",
    "/admin/preview/page?which=draft&name=en/los-banos-ca",
    "/admin/preview/mail?name=report&recipient=dot-trafficking",
    "/admin/recipients",
    "/admin/recipient",
    "/admin/sentences?d=catalog/es",
]


@pytest.mark.parametrize(("document", "text"), BROKEN)
def test_a_broken_draft_brings_no_screen_down(desk, document, text):
    publisher = desk.signed_in(PUBLISHER_ONE)
    path = f"/admin/text?d={document}"
    assert publisher.submit(publisher.get(path), "/admin/text", text=text).status == 303
    assert publisher.get("/admin/").status == 200
    assert {
        screen: publisher.get(screen).status for screen in SCREENS if publisher.get(screen).status >= 500
    } == {}
    told = publisher.get("/admin/preview")
    assert told.status == 422
    assert document in told.words
    assert form_of(publisher.get(path), "/admin/text")["text"].strip() == text


def test_home_says_that_the_contacts_cannot_be_read_and_where_to_mend_them(desk):
    editor = desk.signed_in(EDITOR_ONE)
    editor.submit(editor.get("/admin/text?d=contacts"), "/admin/text", text='{\n"contacts": [,\n')
    home = editor.get("/admin/")
    assert "in line 2 of the text" in home.words
    assert 'href="/admin/text?d=contacts"' in home.text


def test_a_draft_of_the_recipients_is_refused_with_the_reason(desk):
    editor = desk.signed_in(EDITOR_ONE)
    form = form_of(editor.get("/admin/text?d=contacts"), "/admin/text")
    told = editor.post("/admin/text", {**form, "d": "recipients", "text": "[]", "revision": "0"})
    assert told.status == 422
    assert "two publishers" in told.words.lower()
