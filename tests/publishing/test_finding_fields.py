"""What the checks find leads to the field that mends it; the rules alone, over the texts that ship."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from chalicelib.desk.people import EDITOR, PUBLISHER, Person
from chalicelib.directory.document_ids import CATALOG, CONTACTS, PLACES, RECIPIENTS, SITE, fingerprint
from chalicelib.directory.places import read_places
from chalicelib.directory.write_entries import write_entries
from chalicelib.publishing import catalog_checks, contact_form, document_checks, recipient_form
from chalicelib.publishing.documents import STOPS, Problem
from chalicelib.publishing.finding_fields import FoundField, field_of
from chalicelib.publishing.forms import ROWS
from chalicelib.publishing.web.finding_links import links
from chalicelib.shared.errors import EntryMissing
from tests.support.fake_package import ES, LINE, PAGE, POLICE, REPORT_MAIL, FakePackage, written

SHIPPED = Path("chalicelib/content")
ANA = "ana@desk.example"


def whole() -> dict[str, str]:
    package = FakePackage()
    return {name: package.text(name) for name in package.ids()}


def found_in(document: str, text: str) -> list[FoundField | None]:
    """Where everything leads that stops a publish with this text."""
    texts = {**whole(), document: text}
    problems = [*document_checks.check(texts, whole()), *catalog_checks.check_syntax(texts)]
    problems += catalog_checks.check_offered(texts)
    stops = [one for one in problems if one.weight == STOPS]
    assert stops
    return [field_of(one, texts[one.document]) for one in stops]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hours": 5}, "hours"),
        ({"what_not": 5}, "what_not"),
        ({"mark": "SURE"}, "mark"),
        ({"serves": "No where"}, "serves"),
        ({"checked_on": 20261128}, "checked"),
        ({"sources": []}, "sources"),
        ({"channels": []}, "show-1"),
        ({"audience": "x"}, "audience"),
        ({"channels": [*LINE["channels"], {"kind": "call", "show": "5", "value": "x"}]}, "show-2"),
        ({"channels": [{"kind": "call", "show": 5, "value": "+18883737888"}]}, "show-1"),
    ],
)
def test_what_is_wrong_with_a_contact_leads_to_the_field_of_its_form(change, field):
    text = write_entries({"contacts": [{**LINE, "id": "other", "name": "Another"}, {**LINE, **change}]})
    assert FoundField(CONTACTS, "line", field, "The line") in found_in(CONTACTS, text)


def test_a_contact_that_nobody_checked_leads_to_its_tick():
    text = write_entries({"contacts": [LINE, {**LINE, "id": "other", "name": "Another"}]})
    line = document_checks.line_of_entry(text, "other")
    problem = Problem(CONTACTS, line, "Another: no person has checked this yet.", "tells")
    assert field_of(problem, text) == FoundField(CONTACTS, "other", "checked", "Another")


@pytest.mark.parametrize(
    ("change", "field"),
    [({"kind": "hamlet"}, "kind"), ({"parent": "nowhere"}, "parent"), ({"name": 5}, "name")],
)
def test_what_is_wrong_with_a_place_leads_to_its_form(change, field):
    places = json.loads(whole()[PLACES])["places"]
    text = write_entries({"places": [{**places[0], **change}, places[1]]})
    [found] = found_in(PLACES, text)
    assert found is not None
    assert (found.entry, found.field) == ("town", field)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": 5}, "email"),
        ({"agreed_on": "soon"}, "agreed_on"),
        ({"nature": "x"}, "nature"),
    ],
)
def test_what_is_wrong_with_a_recipient_leads_to_its_form(change, field):
    text = write_entries([{**POLICE, "id": "first"}, {**POLICE, **change}])
    assert FoundField(RECIPIENTS, "police", field, "Town police") in found_in(RECIPIENTS, text)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"exit_url": 5}, FoundField(SITE, "exit", "exit_url")),
        ({"hotline": "nobody"}, FoundField(SITE, "hotline", "hotline")),
        ({"locales": [{"tag": "en"}, {"tag": "km"}]}, FoundField(SITE, "languages", "locales")),
    ],
)
def test_a_setting_leads_to_its_form(change, found):
    site = {**json.loads(whole()[SITE]), **change}
    assert found in found_in(SITE, write_entries(site))


def test_a_setting_without_a_form_leads_to_no_form():
    text = write_entries({**json.loads(whole()[SITE]), "founding_channels": []})
    assert set(found_in(SITE, text)) == {None}


def test_a_sentence_leads_to_its_own_form_in_its_language():
    text = whole()[ES].replace('msgstr "Call now in es"', 'msgstr "Llame al %(number)s"')
    assert found_in(ES, text) == [FoundField(ES, fingerprint("Call now"), "t-es", "Call now")]


def test_a_sentence_is_found_by_what_is_quoted_and_one_that_no_page_says_leads_to_the_list():
    quoted = Problem(ES, 0, "The exit leads elsewhere, and this still says “Call now in es” Write it anew.")
    found = field_of(quoted, whole()[ES])
    assert found is not None
    assert found.entry == fingerprint("Call now")
    unsaid = Problem(ES, 5, f"{catalog_checks.NOT_SAID} (“Call now”)", "tells")
    assert field_of(unsaid, whole()[ES]) == FoundField(ES)


@pytest.mark.parametrize(
    ("line", "field"), [(1, "before-1"), (3, "before-1"), (5, "after-1"), (7, "after-2")]
)
def test_a_line_of_a_mail_leads_to_its_paragraph(line, field):
    text = f"{whole()[REPORT_MAIL]}\n\nAnd more."
    assert field_of(Problem(REPORT_MAIL, line, "no"), text) == FoundField(REPORT_MAIL, "report", field)


@pytest.mark.parametrize(
    ("document", "text"),
    [(CONTACTS, "{"), (PLACES, "[]"), (ES, "msgid"), (REPORT_MAIL, "{{ old }}"), (PAGE, "<p>")],
)
def test_what_no_form_can_open_leads_to_none(document, text):
    assert field_of(Problem(document, 1, "This cannot be read."), text) is None


def test_every_line_of_every_document_that_ships_leads_to_a_field_that_its_form_has():
    texts = {name: (SHIPPED / f"{name}.json").read_text(encoding="utf-8") for name in (CONTACTS, RECIPIENTS)}
    places = read_places(json.loads((SHIPPED / "places.json").read_text(encoding="utf-8")))
    forms = {CONTACTS: contact_form.form_of(places, False), RECIPIENTS: recipient_form.form_of(places)}
    tried = 0
    for document, form in forms.items():
        names = {one.name for one in form if one.kind != ROWS} | {""}
        for number in range(1, texts[document].count("\n") + 1):
            found = field_of(Problem(document, number, "Something."), texts[document])
            assert found is not None
            assert found.field in names or re.fullmatch(r"show-[1-9][0-9]?", found.field), found
            tried += bool(found.entry and found.field)
    assert tried > 300


def test_an_editor_gets_the_field_and_a_publisher_the_line_as_well():
    text = write_entries({"contacts": [{**LINE, "hours": 5}]})
    problem = Problem(CONTACTS, text[: text.index('"hours"')].count("\n") + 1, "hours")
    editor, publisher = (links(lambda _: text, Person(ANA, role))(problem) for role in (EDITOR, PUBLISHER))
    assert (editor.href, editor.words, editor.lines) == ("/admin/contact?c=line#hours", "The line", "")
    assert publisher.href == editor.href
    assert publisher.lines.startswith("/admin/text/lines?d=contacts&line=")


def test_an_editor_is_led_to_the_list_of_recipients_whose_form_is_a_publishers():
    link = links(lambda _: written([POLICE]), Person(ANA, EDITOR))(Problem(RECIPIENTS, 3, "no"))
    assert (link.href, link.words) == ("/admin/recipients", "Town police")


def test_no_word_of_an_editor_gets_out_of_the_address_that_it_stands_in():
    evil = 'x"><script>&d=y#z'
    text = write_entries({"contacts": [{**LINE, "id": evil, "name": evil, "hours": 5}]})
    link = links(lambda _: text, Person(ANA, EDITOR))(Problem(CONTACTS, 4, "no"))
    assert re.fullmatch(r"/admin/contact\?c=[\w%.+-]+(#[a-z_-]+)?", link.href)


def test_a_finding_about_no_document_leads_to_its_line():
    def missing(document: str) -> str:
        raise EntryMissing(document)

    problem = Problem(f"{CATALOG}xx", 3, "no")
    assert links(missing, Person(ANA, PUBLISHER))(problem).href.endswith("line=3#L3")
    nowhere = links(missing, Person(ANA, EDITOR))(problem)  # raw text is for publishers
    assert (nowhere.href, nowhere.lines) == ("", "")
    assert nowhere.words.endswith("a publisher mends this")


def test_many_findings_read_a_text_once_and_the_rest_lead_to_lines():
    text = write_entries({"contacts": [{**LINE, "id": f"c{number}"} for number in range(1_000)]})
    asked = []

    def text_of(document: str) -> str:
        asked.append(document)
        return text

    link = links(text_of, Person(ANA, PUBLISHER))
    found = [link(Problem(CONTACTS, number, "no")) for number in range(1, 2_000)]
    assert asked == [CONTACTS]
    assert found[400].href.startswith("/admin/contact?c=c")
    assert found[1_500].href.startswith("/admin/text/lines?d=contacts&line=1501")
    editors = links(text_of, Person(ANA, EDITOR))
    assert [editors(Problem(CONTACTS, number, "no")).href for number in range(1, 2_000)][
        -1
    ] == "/admin/contacts"


def test_a_finding_in_the_contacts_or_the_entry_of_a_place_leads_to_its_form() -> None:
    text = write_entries({"contacts": [{"id": "line", "name": "Line", "mark": "SURE", "channels": []}]})
    found = field_of(Problem("contacts/los-banos-ca", 6, "line: mark is one of these"), text)
    assert found == FoundField("contacts/los-banos-ca", "line", "mark", "Line")
    text = '{\n  "places": [\n    {"slug": "us", "name": "US", "parent": null}\n  ]\n}\n'
    found = field_of(Problem("places/us", 3, "us: there is no place “parent”"), text)
    assert found is not None
    assert (found.document, found.entry, found.name) == ("places/us", "us", "US")
