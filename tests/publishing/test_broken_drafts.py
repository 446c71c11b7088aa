"""A draft that cannot be read is told with a sentence, and hides nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.publishing.documents import Draft
from chalicelib.publishing.field_labels import title_of
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, DeskSite, Page

pytestmark = pytest.mark.takes(45)


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
    ("places", '{"places": [\n{"slug": "us", "name": "US", "pop": ' + "9" * 5000 + "}]}"),
    ("contacts", '{"contacts": [{"id": "x", "name": "United \\ud800 States"}]}'),
    ("contacts", "[" * 90_000),
    ("catalog/es", "msgid nothing"),
]
SCREENS = [
    "/admin/",
    "/admin/documents",
    "/admin/contacts",
    "/admin/contact?c=lbpd",
    "/admin/contact",
    "/admin/contact/out?c=lbpd",
    "/admin/towns",
    "/admin/town",
    "/admin/town/out?p=los-banos-ca",
    "/admin/site",
    "/admin/site/change?part=exit",
    "/admin/site/change?part=hotline",
    "/admin/site/change?part=languages",
    "/admin/mail",
    "/admin/preview",
    "/admin/preview/page?which=draft&name=en/los-banos-ca",
    "/admin/preview/mail?name=report&recipient=dot-trafficking",
    "/admin/recipients",
    "/admin/recipient",
    "/admin/sentences?d=catalog/es",
]


def leave(desk: DeskSite, document: str, text: str) -> None:
    """Leave a draft that no screen of today would have taken."""
    draft = Draft(document, text, 1, 0, EDITOR_ONE, datetime(2026, 11, 25, tzinfo=UTC))
    DynamoDocuments(lambda: desk.dynamodb, desk.settings.documents_table).put_draft(draft)


@pytest.mark.parametrize(("document", "text"), BROKEN)
def test_a_broken_draft_brings_no_screen_down(desk, document, text):
    publisher = desk.signed_in(PUBLISHER_ONE)
    leave(desk, document, text)
    path = f"/admin/text?d={document}"
    assert publisher.get("/admin/").status == 200
    assert {
        screen: publisher.get(screen).status
        for screen in (
            *SCREENS,
            path,
            f"/admin/text/changes?d={document}",
            f"/admin/text/history?d={document}",
        )
        if publisher.get(screen).status >= 500
    } == {}
    told = publisher.get("/admin/preview")
    assert told.status == 422
    assert title_of(document) in told.words
    checks = publisher.get("/admin/publish")
    assert checks.status == 200
    assert title_of(document) in checks.words
    shown = form_of(publisher.get(path), "/admin/text")["text"].strip()
    assert shown == text.strip()


@pytest.mark.parametrize(
    ("document", "text", "said"),
    [
        ("contacts", "nonsense", "In line 1 of the text: a comma"),
        (
            "places",
            '{"places": [\n' + "9" * 5000 + "]}",
            "in line 2 of the text: “99999999999999999999…”",
        ),
        ("site", '{"exit_url": "\\ud800"}', "half a letter"),
        ("catalog/es", 'msgid "a"\nmsgstr "b', "ine 2: the text is not between two quotes"),
    ],
)
def test_what_cannot_be_read_is_not_saved_and_stays_in_the_form(desk, document, text, said):
    editor = desk.signed_in(EDITOR_ONE)
    path = f"/admin/text?d={document}"
    told = editor.submit(editor.get(path), "/admin/text", text=text)
    assert told.status == 422
    assert said.lower() in told.words.lower()
    assert form_of(told, "/admin/text")["text"].strip() == text
    assert form_of(editor.get(path), "/admin/text")["revision"] == "0"


def test_home_says_that_the_contacts_cannot_be_read_and_where_to_mend_them(desk):
    editor = desk.signed_in(EDITOR_ONE)
    leave(desk, "contacts", '{\n"contacts": [,\n')
    home = editor.get("/admin/")
    assert "in line 2 of the text" in home.words
    assert 'href="/admin/text?d=contacts"' in home.text


def test_a_draft_of_the_recipients_is_refused_with_the_reason(desk):
    editor = desk.signed_in(EDITOR_ONE)
    form = form_of(editor.get("/admin/text?d=contacts"), "/admin/text")
    told = editor.post("/admin/text", {**form, "d": "recipients", "text": "[]", "revision": "0"})
    assert told.status == 422
    assert "two publishers" in told.words.lower()
