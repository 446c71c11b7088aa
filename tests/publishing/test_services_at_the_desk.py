"""A clerk looks after the services of a county, by forms and by a file of hers."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest

from chalicelib.desk.web.uploads import MULTIPART
from chalicelib.directory.hsds.door import Door
from chalicelib.directory.hsds.read_json import read_json
from chalicelib.directory.places import read_places
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.publishing.edit_text import read_json as read_document
from tests.support.desk_site import EDITOR_ONE, ORIGIN, PUBLISHER_ONE, DeskSite, Page, Person

pytestmark = pytest.mark.takes(35)

PLACE = "dos-palos-ca"  # a town that the clerk added herself: nothing ships there
DOCUMENT = f"services/{PLACE}"
OF_PLACE = f"/admin/services/of?p={PLACE}"
NEW = f"/admin/service?p={PLACE}"
IMPORT = f"/admin/services/import?p={PLACE}"
ADDRESS = {"street": "12 Elm Street", "city": "Merced", "state": "CA", "postal_code": "95340"}
KITCHEN = {
    "name": "Elm Kitchen (invented)",
    "what": "A warm meal for everybody.",
    "needs": ["food"],
    "organization": "Elm Church (invented)",
    "kind": ["voice", "voice"],
    "number": ["209-555-0142", ""],
    "extension": ["3", ""],
    "answers": ["", ""],
    "note": ["", ""],
    "hours": "Mon-Fri 8am-5pm",
    "languages": "English, Spanish",
    "sources": "They told us by phone.",
    **ADDRESS,
}
SHEET = """Program,Agency,Phone,Category,Description,Address,City,State,ZIP,Hours
Food box,Valley Aid (invented),(209) 555-0100,Food pantry,A box of food.,1 Oak St,Merced,CA,95340,Mon 9am-12pm
Night place,Valley Aid (invented),209-555-0101,Shelter,Beds. Come to 77 Hidden Lane.,77 Hidden Lane,\
Merced,CA,95340,24/7
Talk,Valley Aid (invented),209-555-0102,Counseling,Somebody to talk to.,,,,,
"""


@pytest.fixture
def editor(desk: DeskSite) -> Person:
    clerk = desk.signed_in(EDITOR_ONE)
    town = {"name": "Dos Palos", "kind": "city", "parent": "merced-county-ca", "zone": ""}
    assert send(clerk, "/admin/town", **town).status == 303
    return clerk


def send(person: Person, path: str, **typed: str | list[str]) -> Page:
    """Fill in the form that stands at a path; a list is ticked, or is one of rows."""
    action = path.partition("?")[0]
    [fields] = person.get(path).forms(action)
    kept = [(name, value) for name, value in fields.items() if name not in typed]
    many = [(name, [value] if isinstance(value, str) else value) for name, value in typed.items()]
    return person.post(action, [*kept, *((name, one) for name, values in many for one in values)])


def bring(person: Person, data: bytes, name: str = "list.csv", **typed: str) -> Page:
    """Choose a file at the screen of an import, as a browser sends it."""
    [fields] = person.get(IMPORT).forms("/admin/services/import")
    fields.pop("file")
    parts = {**fields, "source": "another", "named": "211 of the valley (invented)", **typed}
    body = b"".join(
        f'--xyz\r\nContent-Disposition: form-data; name="{one}"\r\n\r\n{value}\r\n'.encode()
        for one, value in parts.items()
    )
    head = f'--xyz\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    head += "Content-Type: text/csv\r\n\r\n"
    headers = {
        "Content-Type": f"{MULTIPART}; boundary=xyz",
        "Origin": ORIGIN,
        "Sec-Fetch-Site": "same-origin",
    }
    return person.ask(
        "POST", "/admin/services/import", body + head.encode() + data + b"\r\n--xyz--\r\n", headers
    )


def take(person: Person, page: Page, *yes: str) -> Page:
    [fields] = page.forms("/admin/services/import/take")
    return person.post("/admin/services/import/take", [*fields.items(), *(("yes", one) for one in yes)])


def drafted(desk: DeskSite) -> list[dict[str, Any]]:
    kept = DynamoDocuments(lambda: desk.dynamodb, desk.settings.documents_table).draft(DOCUMENT)
    assert kept is not None
    return list(read_document(DOCUMENT, kept.text)["services"])


def errors(page: Page) -> dict[str, str]:
    """Return the errors of the summary, by field; each that has a field stands beside it, which names it."""
    assert page.status == 422, page.words[:300]
    [summary] = [part for part in page.tree.iter("div") if part.get("role") == "alert"]
    found = {str(one.get("href"))[1:]: "".join(one.itertext()) for one in summary.iter("a")}
    by_id = {part.get("id"): part for part in page.tree.iter() if part.get("id")}
    for name in found:
        assert f"{name}-problem" in by_id
    return found


def test_a_clerk_adds_finds_changes_confirms_and_retires_a_service(desk: DeskSite, editor: Person) -> None:
    assert "There is none yet." in editor.get(OF_PLACE).words
    refused = errors(send(editor, NEW))
    assert refused.keys() == {"name", "what", "needs", "organization", "sources"}
    added = editor.follow(send(editor, NEW, **KITCHEN))
    assert "Elm Kitchen (invented) draft" in added.words
    [entry] = drafted(desk)
    assert entry["id"] == "elm-kitchen-invented"
    assert entry["phones"] == [
        {"kind": "voice", "show": "209-555-0142", "value": "+12095550142", "extension": "3"}
    ]
    assert entry["hours"] == [{"days": ["MO", "TU", "WE", "TH", "FR"], "opens": "08:00", "closes": "17:00"}]
    assert entry["address"]["street"] == "12 Elm Street"
    form = f"{NEW}&s=elm-kitchen-invented"
    changed = editor.follow(send(editor, form, cost="Free.", checked="yes", role="county clerk"))
    assert "What it costs" in changed.words
    assert "Elm Kitchen" in changed.words
    assert drafted(desk)[0]["assured_by"] == "county clerk"
    fell = editor.follow(send(editor, form, cost="Two dollars."))
    assert "“last checked” is taken away" in fell.words
    assert "assured_on" not in drafted(desk)[0]
    page = editor.get(OF_PLACE)
    noted = editor.submit(page, "/admin/services/confirmed", role="county clerk")
    assert "Noted as confirmed" in editor.follow(noted).words
    assert drafted(desk)[0]["assured_by"] == "county clerk"
    page = editor.get(f"/admin/service/standing?p={PLACE}&s=elm-kitchen-invented")
    assert editor.submit(page, "/admin/service/standing").status == 303
    assert drafted(desk)[0]["status"] == "retired"
    assert editor.submit(page, "/admin/service/standing").status == 409
    assert "offered no more" in editor.get(form).words
    back = editor.get(f"/admin/service/standing?p={PLACE}&s=elm-kitchen-invented")
    assert editor.submit(back, "/admin/service/standing").status == 303
    assert "status" not in drafted(desk)[0]
    lines = [(line["did"], line["about"], line.get("after", "")) for line in desk.log()]
    assert ("change a service", PLACE, "elm-kitchen-invented") in lines
    assert ("retire a service, or bring it back", PLACE, "elm-kitchen-invented retired") in lines


def test_services_are_found_by_words_and_by_need(desk: DeskSite, editor: Person) -> None:
    take(editor, bring(editor, SHEET.encode()))
    page = editor.get(OF_PLACE)
    [form] = [one for one in page.forms("/admin/services/of") if "words" in one and "need" in one]
    by_words = editor.post("/admin/services/of", {**form, "words": "valley BOX"}).words
    assert "1 found with “ valley BOX ”" in by_words
    assert "Food box" in by_words
    by_need = editor.post("/admin/services/of", {**form, "need": "talk"}).words
    assert "1 found, for somebody to talk to" in by_need
    assert "Food box" not in by_need
    assert "/admin/service?p=dos-palos-ca&amp;s=" in editor.get("/admin/search?q=food+box").text
    assert "Food box service (209) 555-0100" in editor.get("/admin/search?q=209-555-0100").words
    assert "Night place service" in editor.get("/admin/search?q=valley+aid").words
    assert "None with “ nothing ”" in editor.post("/admin/services/of", {**form, "words": "nothing"}).words


def test_a_service_with_beds_has_no_address_and_says_no_street(desk: DeskSite, editor: Person) -> None:
    refused = send(editor, NEW, **{**KITCHEN, "needs": ["bed"]})
    assert errors(refused).keys() == {"street"}
    told = send(editor, NEW, **{**KITCHEN, "needs": ["bed"], "street": "", "what": "Come to 12 Elm Street."})
    assert errors(told).keys() == {"what"}
    assert "“12 Elm Street” reads like a street" in told.words
    odd = {"needs": ["bed"], "street": "", "what": "Call 10 minutes before court."}
    assert errors(send(editor, NEW, **{**KITCHEN, **odd})).keys() == {"what"}
    assert send(editor, NEW, **{**KITCHEN, **odd, "no_street": "yes"}).status == 303
    page = editor.get(f"{NEW}&s=elm-kitchen-invented")
    assert "street" not in page.forms("/admin/service")[0]
    by_hand = {**page.forms("/admin/service")[0], **KITCHEN, "needs": ["bed"]}
    many = [
        (name, one)
        for name, values in by_hand.items()
        for one in ([values] if isinstance(values, str) else values)
    ]
    answer = editor.post("/admin/service", many)
    assert answer.status == 422
    assert "has no address here" in answer.words
    assert "12 Elm" not in json.dumps(drafted(desk))


def test_when_a_service_comes_to_hide_its_street_no_sentence_may_keep_it(
    desk: DeskSite, editor: Person
) -> None:
    send(editor, NEW, **{**KITCHEN, "what": "Ask for the red door of twelve elm.", "street": "Twelve Elm"})
    form = f"{NEW}&s=elm-kitchen-invented"
    hidden = {"needs": ["food", "bed"], "no_street": "yes", **dict.fromkeys(ADDRESS, "")}
    told = send(editor, form, **hidden)
    assert errors(told).keys() == {"what"}
    assert send(editor, form, **{**hidden, "what": "Ask for help."}).status == 303
    assert "elm" not in json.dumps(drafted(desk)).lower().replace("elm-", "").replace(
        "elm kitchen", ""
    ).replace("elm church", "")


def test_of_two_who_change_one_service_the_second_is_told_and_loses_nothing(
    desk: DeskSite, editor: Person
) -> None:
    other = desk.signed_in(PUBLISHER_ONE)
    send(editor, NEW, **KITCHEN)
    form = f"{NEW}&s=elm-kitchen-invented"
    theirs = other.get(form)
    send(editor, form, cost="Free.")
    fields = [(name, value) for name, value in theirs.forms("/admin/service")[0].items() if name != "cost"]
    told = other.post(
        "/admin/service", [*fields, ("needs", "food"), ("audiences", "anyone"), ("cost", "A dollar.")]
    )
    assert told.status == 409
    assert "What it costs Free." in told.words
    assert told.forms("/admin/service")[0]["cost"] == "A dollar."
    aside = other.post(
        "/admin/service",
        [
            *told.forms("/admin/service")[0].items(),
            ("needs", "food"),
            ("audiences", "anyone"),
            ("leave", "yes"),
        ],
    )
    assert aside.location == "/admin/thrown?done=put_aside"
    assert drafted(desk)[0]["cost"] == "Free."


def test_a_sheet_is_a_difference_first_and_a_draft_when_somebody_says_so(
    desk: DeskSite, editor: Person
) -> None:
    assert errors(bring(editor, b"", named="")).keys() == {"file", "source"}
    looked = bring(editor, SHEET.encode())
    assert "3 added" in looked.words
    assert "where a confidential service is was left out" in looked.words
    assert "Hidden Lane" not in looked.words
    assert DynamoDocuments(lambda: desk.dynamodb, desk.settings.documents_table).draft(DOCUMENT) is None
    taken = editor.follow(take(editor, looked))
    assert "The file is in your draft" in taken.words
    assert len(drafted(desk)) == 3
    assert "Hidden" not in json.dumps(drafted(desk))
    assert ("take in a file of services", PLACE, "3 added, 0 changed, 0 retired, 0 left out") in [
        (line["did"], line["about"], line.get("after", "")) for line in desk.log()
    ]
    # The next month: one is gone, one has another number.
    rows = SHEET.replace("555-0100", "555-0199").splitlines()
    again = bring(editor, "\n".join(rows[:3]).encode(), source="211 of the valley (invented)", named="")
    assert "1 changed" in again.words
    assert "1 retired" in again.words
    assert "Phone" in again.words
    refused = take(editor, again)
    assert errors(refused).keys() == {"yes-far"}
    assert len([one for one in drafted(desk) if "status" in one]) == 0
    assert take(editor, refused, "far").status == 303
    assert [one["name"] for one in drafted(desk) if one.get("status") == "retired"] == ["Talk"]


def test_a_bad_file_says_record_and_field_and_its_good_records_can_be_taken(
    desk: DeskSite, editor: Person
) -> None:
    bad = SHEET.replace("(209) 555-0100", "5550100").encode()
    looked = bring(editor, bad)
    assert "1 that cannot be taken" in looked.words
    assert "line 2 (Food box) , Phone : it has no area code" in looked.words
    assert errors(take(editor, looked)).keys() == {"yes-rest"}
    assert take(editor, looked, "rest").status == 303
    assert [one["name"] for one in drafted(desk)] == ["Night place", "Talk"]
    nothing = bring(editor, b"PK\x03\x04 a workbook", "list.xlsx")
    assert nothing.forms("/admin/services/import/take") == []
    assert "cannot be taken" in nothing.words


def test_what_is_taken_along_comes_back_without_a_change(desk: DeskSite, editor: Person) -> None:
    take(editor, bring(editor, SHEET.encode()))
    for form, kind in (("csv", "text/csv"), ("json", "application/json")):
        file = editor.get(f"/admin/services/file?p={PLACE}&form={form}")
        assert file.headers["Content-Type"].startswith(kind)
        assert 'filename="list-20' in file.headers["Content-Disposition"]
        assert "Hidden Lane" not in file.text
        looked = bring(editor, file.text.encode(), f"list.{form}", source="own")
        assert "0 added" in looked.words, form
        assert "0 changed" in looked.words, form
        assert "3 as they are" in looked.words, form
    places = read_places({"places": [{"slug": PLACE, "name": "Merced", "parent": None, "kind": "nation"}]})
    read = read_json(file.text.encode(), "list.json", Door(places, PLACE, "x", date(2026, 11, 29), own=True))
    assert len(read.services) == 3


def test_what_nobody_confirmed_for_long_is_listed_and_can_be_taken_along(
    desk: DeskSite, editor: Person
) -> None:
    own = [
        ["name", "organization", "needs", "what", "phones", "assured_on", "assured_by", "id", "exported_on",
         "read_on", "serves", "mark", "sources", "shown_first", "email"],
        ["=Old", "Org", "food", "Food.", "209-555-0100", "2024-01-01", "clerk", "old", "2026-01-01",
         "2024-01-01", PLACE, "SINGLE", "us", "", "old@example.org"],
    ]  # fmt: skip
    text = io.StringIO()
    csv.writer(text).writerows(own)
    assert take(editor, bring(editor, text.getvalue().encode(), source="own")).status == 303
    page = editor.get("/admin/services/due")
    assert "Old" in page.words
    assert "One service nobody has confirmed for a year" in editor.get("/admin").words
    assert "1 of 1 are to be confirmed" in editor.get(OF_PLACE).words
    file = editor.get("/admin/services/due/file")
    rows = list(csv.reader(io.StringIO(file.text.removeprefix("\ufeff"))))
    assert rows[1][1].startswith("'=")
    assert rows[1][3] == "old@example.org"
    assert rows[1][8] == "2024-12-31"
    editor.submit(editor.get(OF_PLACE), "/admin/services/confirmed", role="clerk")
    assert "All are confirmed." in editor.get("/admin/services/due").words
    assert "nobody has confirmed" not in editor.get("/admin").words


def test_no_text_of_a_file_or_a_form_is_markup_on_any_screen(editor: Person) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)> {{ 7*191 }} 100%"
    sheet = io.StringIO(newline="")
    rows = [
        ["Program", "Agency", "Phone", "Category", "Description", "Website", evil],
        [f"Box {evil}", f"Aid {evil}", "209-555-0100", "Food", evil, "", evil],
        [f"Bad {evil}", "Aid", evil, "Food", evil, "", ""],
        ["Link", "Aid", "209-555-0101", "Food", "A link.", "javascript:alert(1)", ""],
    ]
    csv.writer(sheet).writerows(rows)
    looked = bring(editor, sheet.getvalue().encode(), name=f"{evil}.csv", named=f"List {evil}")
    assert looked.status == 200
    assert "that cannot be taken" in looked.words
    assert "no web address" in looked.words
    taken = take(editor, looked, "rest")
    assert taken.status == 303, taken.words
    changes = f"/admin/text/changes?d={DOCUMENT}"
    due = "/admin/services/due"
    screens = [looked, *(editor.get(path) for path in (OF_PLACE, changes, due, "/admin/services", IMPORT))]
    screens.append(editor.get("/admin/search?q=alert"))
    [service] = [one for one in screens[1].tree.iter("a") if "/admin/service?" in str(one.get("href"))][:1]
    screens.append(editor.get(str(service.get("href"))))
    for screen in screens:
        assert screen.status == 200, screen.words
        assert not list(screen.tree.iter("img"))
        assert all("alert(1)" not in "".join(one.itertext()) for one in screen.tree.iter("script"))
        assert not [one for one in screen.tree.iter() for name in one.attrib if str(name).startswith("on")]
        assert "1337" not in screen.words
    assert evil in "".join(screens[1].tree.itertext())


def test_the_page_of_the_county_is_seen_with_the_draft_before_it_is_published(editor: Person) -> None:
    editor.follow(send(editor, NEW, **KITCHEN))
    assert f"/admin/preview?page={PLACE}/services#looks" in editor.get(OF_PLACE).text
    choices = editor.get(f"/admin/preview?page={PLACE}/services&locale=es")
    assert "ervices are changed in their own forms" in choices.words
    of_county = [
        str(one.get("value"))
        for one in choices.tree.iter("option")
        if str(one.get("value")).startswith(f"{PLACE}/services")
    ]
    assert of_county[0] == f"{PLACE}/services"
    drafted = [editor.get(f"/admin/preview/page?which=draft&name=es/{name}") for name in of_county]
    assert "Elm Kitchen (invented)" in " ".join(page.words for page in drafted)
    live = editor.get("/admin/preview/page?which=live&name=es/los-banos-ca/services")
    assert "Valley Crisis Center" in live.words
    assert "Elm Kitchen" not in live.words
    assert "sandbox; default-src 'none'" in drafted[0].headers["Content-Security-Policy"]


def test_a_clerk_types_a_services_sentences_in_another_language(desk: DeskSite, editor: Person) -> None:
    editor.follow(send(editor, NEW, **KITCHEN))
    form = f"{NEW}&s=elm-kitchen-invented"
    assert f"/admin/service/translated?p={PLACE}&amp;s=elm-kitchen-invented&amp;l=es" in editor.get(form).text
    words = f"/admin/service/translated?p={PLACE}&s=elm-kitchen-invented&l=es"
    page = editor.get(words)
    assert "A warm meal for everybody." in page.words
    changed = editor.follow(send(editor, words, what="Una comida caliente para todos."))
    assert "Español: What they do: Una comida caliente para todos." in changed.words
    assert drafted(desk)[0]["in_other"] == {"es": {"what": "Una comida caliente para todos."}}
    assert ("translate a service", PLACE, "elm-kitchen-invented es") in [
        (line["did"], line["about"], line.get("after", "")) for line in desk.log()
    ]
    assert editor.get(words.replace("l=es", "l=en")).status == 404
