"""A clerk adds a town, a shelter, another exit and words of a mail, by forms alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.publishing.edit_text import read_json
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, DeskSite, Page, Person

pytestmark = pytest.mark.takes(35)

# Words that a clerk would not use; the raw texts under Advanced are no part of these screens.
CODE = re.compile(
    r"\b(json|jinja|gettext|slugs?|ids?|utc|catalogs?|templates?|placeholders?|bytes?|null|raw)\b|\b[a-z]+_[a-z]+\b|%\(",
    re.IGNORECASE,
)
SHELTER = {
    "name": "Casa Segura",
    "serves": "dos-palos-ca",
    "what": "A safe house for people who leave.",
    "sources": "They told us by phone.",
}
TOWN = {"name": "Dos Palos", "kind": "city", "parent": "merced-county-ca", "zone": ""}


def draft(desk: DeskSite, document: str) -> Any:
    kept = DynamoDocuments(lambda: desk.dynamodb, desk.settings.documents_table).draft(document)
    assert kept is not None
    return read_json(document, kept.text)


def send(person: Person, path: str, typed: dict[str, str], **rows: list[str]) -> Page:
    """Fill in the form that stands at a path; `rows` are fields that are there several times."""
    action = path.partition("?")[0]
    [fields] = person.get(path).forms(action)
    kept = [(name, value) for name, value in {**fields, **typed}.items() if name not in rows]
    return person.post(action, [*kept, *((name, one) for name, many in rows.items() for one in many)])


def errors(page: Page) -> dict[str, str]:
    """Return the errors of the summary, by field; each stands at its field too, which names it."""
    assert page.status == 422, page.words[:300]
    [summary] = [part for part in page.tree.iter("div") if part.get("role") == "alert"]
    found = {str(one.get("href"))[1:]: "".join(one.itertext()) for one in summary.iter("a")}
    by_id = {part.get("id"): part for part in page.tree.iter() if part.get("id")}
    for name, sentence in found.items():
        assert by_id[name].get("aria-invalid") == "true"
        assert f"{name}-problem" in by_id[name].get("aria-describedby")
        assert "".join(by_id[f"{name}-problem"].itertext()) == f"Error: {sentence}"
    assert "".join(next(page.tree.iter("title")).itertext()).startswith("Error:")
    return found


def test_a_town_and_its_shelter_are_added_and_can_be_looked_at(desk):
    editor = desk.signed_in(EDITOR_ONE)
    assert errors(send(editor, "/admin/town", {})).keys() == {"name", "parent"}
    added = editor.follow(send(editor, "/admin/town", TOWN))
    assert "The page of Dos Palos will be at /en/dos-palos-ca/ when it is published" in added.words
    ways = {
        "kind": ["call", "page", "call"],
        "show": ["209-555-014", "http://casa.example/", ""],
        "body": [""] * 3,
    }
    refused = send(editor, "/admin/contact", {"serves": "dos-palos-ca", "hours": "<b>day</b>"}, **ways)
    assert errors(refused).keys() == {"name", "show-1", "show-2", "what", "sources"}
    [kept] = refused.forms("/admin/contact")
    assert (kept["serves"], kept["hours"]) == ("dos-palos-ca", "<b>day</b>")
    assert all(one in refused.text for one in ('value="209-555-014"', 'value="http://casa.example/"'))
    right = {**ways, "show": ["209-555-0142", "casa.example/help", ""]}
    assert send(editor, "/admin/contact", SHELTER, **right).location == "/admin/contacts?done=added"
    assert draft(desk, "contacts/dos-palos-ca")["contacts"][-1]["channels"] == [
        {"kind": "call", "show": "209-555-0142", "value": "+12095550142"},
        {"kind": "page", "show": "", "value": "https://casa.example/help"},
    ]
    assert draft(desk, "contacts/dos-palos-ca")["hosts"] == ["casa.example"]
    shown = editor.get("/admin/preview/page?which=draft&name=es/dos-palos-ca")
    assert shown.status == 200
    assert "Casa Segura" in shown.text
    lines = [(line["did"], line["about"]) for line in desk.log()]
    assert ("change a town", "dos-palos-ca") in lines
    assert ("change a contact", "casa-segura") in lines


def test_what_is_taken_out_says_what_it_means_and_why_it_cannot_be(desk):
    editor = desk.signed_in(EDITOR_ONE)
    hotline = editor.get("/admin/contact/out?c=nhth")
    assert "is the hotline of every page" in hotline.words
    assert hotline.forms("/admin/contact/out") == []
    page = editor.get("/admin/contact/out?c=lbpd")
    assert editor.submit(page, "/admin/contact/out").location == "/admin/contacts?done=taken_out"
    assert "lbpd" not in [one["id"] for one in draft(desk, "contacts/los-banos-ca")["contacts"]]
    assert "police" not in draft(desk, "contacts/los-banos-ca")
    assert editor.submit(page, "/admin/contact/out").status == 404
    town = editor.get("/admin/town/out?p=los-banos-ca")
    assert "Los Banos Police report form serves Los Banos." in town.words
    by_hand = {**hotline.forms("/admin/sign-out")[0], "p": "los-banos-ca", "seen": "x"}
    assert editor.post("/admin/town/out", by_hand).status == 422
    assert ("take a contact out", "lbpd") in [(line["did"], line["about"]) for line in desk.log()]


def test_exit_hotline_and_languages_are_changed_by_form(desk):
    editor = desk.signed_in(EDITOR_ONE)
    path = "/admin/site/change?part="
    assert errors(send(editor, f"{path}exit", {"exit_url": "nonsense"})).keys() == {"exit_url"}
    send(editor, f"{path}exit", {"exit_url": "www.news.example/"})
    send(editor, f"{path}hotline", {"hotline": "vcc"})
    assert send(editor, f"{path}languages", {}, locales=["es"]).location == "/admin/site?done=saved"
    site = draft(desk, "site")
    assert (site["exit_url"], site["hotline"]) == ("https://www.news.example/", "vcc")
    assert [one["tag"] for one in site["locales"]] == ["en", "es"]
    assert "www.weather.gov" not in site["hosts"]
    facts = editor.get("/admin/site").words
    assert "www.news.example the exit" in facts
    assert "Valley Crisis Center. Change the hotline" in facts


def test_of_two_who_change_one_setting_the_second_is_told_and_loses_nothing(desk):
    one, other = desk.signed_in(EDITOR_ONE), desk.signed_in(PUBLISHER_ONE)
    path = "/admin/site/change"
    theirs = other.get(f"{path}?part=exit")
    send(one, f"{path}?part=exit", {"exit_url": "https://one.example/"})
    told = other.submit(theirs, path, exit_url="https://other.example/")
    assert told.status == 409
    assert "Page that the exit opens https://one.example/" in told.words
    assert told.forms(path)[0]["exit_url"] == "https://other.example/"
    assert other.submit(told, path).status == 303
    assert draft(desk, "site")["exit_url"] == "https://other.example/"


def test_the_mail_is_written_around_the_report_and_shown_as_an_officer_reads_it(desk):
    editor, publisher = desk.signed_in(EDITOR_ONE), desk.signed_in(PUBLISHER_ONE)
    page = editor.get("/admin/mail")
    assert "It is not checked. We cannot tell who wrote it" in page.words
    assert "Advanced" not in page.words
    refused = send(editor, "/admin/mail", {}, before=["=====", ""], after=["Thank you."])
    assert errors(refused).keys() == {"before-1"}
    assert "Thank you." in refused.words
    done = send(editor, "/admin/mail", {}, before=["Please read <b>this</b>."], after=["Thank you.\n\nBye."])
    assert done.location == "/admin/mail?m=report&done=saved"
    mail = "/admin/preview/mail?name=report&recipient=dot-trafficking"
    seen = editor.get(mail).words
    assert "Please read <b>this</b>." in seen
    assert "Thank you. Bye." in seen
    assert "MIME-Version" not in seen
    assert "MIME-Version" in publisher.get(mail).words
    assert 'href="/admin/text?d=template/mail/report/body.txt"' in publisher.get("/admin/mail").text


def test_no_screen_of_a_form_has_a_word_of_code(desk):
    publisher = desk.signed_in(PUBLISHER_ONE).at_access()
    paths = [
        "/admin/contact", "/admin/contact?c=vcc", "/admin/contact/out?c=nhth", "/admin/contacts",
        "/admin/towns", "/admin/town", "/admin/town?p=los-banos-ca", "/admin/town/out?p=los-banos-ca",
        "/admin/site",
        "/admin/site/change?part=exit", "/admin/site/change?part=hotline",
        "/admin/site/change?part=languages",
        "/admin/mail", "/admin/mail?m=digest", "/admin/recipients", "/admin/access/recipients",
        "/admin/access/recipients/one", "/admin/access/recipients/one?r=dot-trafficking",
        "/admin/access/recipients/without?r=dot-trafficking", "/admin/access/waiting", "/admin/places",
    ]  # fmt: skip
    for path in paths:
        page = publisher.get(path)
        assert page.status == 200, path
        words = page.words.replace("America/New_York", "")  # an invented report has it
        assert not CODE.search(words), (path, CODE.search(words))
    for path in ("/admin/contact", "/admin/town", "/admin/access/recipients/one"):
        refused = send(publisher, path, {"key": "x", "email": "y", "checked": "yes", "two": "yes"})
        assert len(errors(refused)) > 1
        assert not CODE.search(refused.words), (path, CODE.search(refused.words))
