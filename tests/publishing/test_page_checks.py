"""What a clerk may break, and how it is told: a sentence, a document, a line."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.pages import po_files
from chalicelib.pages.adapters.document_folders import Folders, ReleaseFiles
from chalicelib.publishing.adapters.shipped_documents import ShippedFiles
from chalicelib.publishing.check_documents import CheckDocuments
from chalicelib.publishing.documents import ASKS, STOPS
from chalicelib.publishing.render.render_cache import RenderCache
from chalicelib.publishing.render.render_worker import Inside, answer
from chalicelib.publishing.render.site_renderer import WorkerSiteRenderer
from tests.support.fake_builds import checks
from tests.support.fake_documents import FakeShelf
from tests.support.rendered import shipped_files, shipped_folders

pytestmark = pytest.mark.takes(60)

SEND = "Send it"
ABOUT = "template/public/about.html"


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

    def chance(self) -> float:
        return 0.5

    def nonce(self) -> bytes:
        return bytes(16)


class OpenProcess:
    """The render worker's work without its limits (test_render_process.py): one process is quicker."""

    def __init__(self, folder: Path) -> None:
        self._inside = Inside(folder)

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        an_hour = time.monotonic() + 3600  # nothing here is about time
        done: dict[str, Any] = json.loads(json.dumps(answer(self._inside, {**job, "until": an_hour})))
        return done


@contextmanager
def open_worker(folder: Path) -> Iterator[OpenProcess]:
    yield OpenProcess(folder)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return shipped_folders(tmp_path_factory.mktemp("shipped"), locales=("en", "es"))


@pytest.fixture(scope="module")
def shipped(folders: Folders) -> ShippedFiles:
    return shipped_files(folders)


@pytest.fixture(scope="module")
def renderer(folders: Folders) -> WorkerSiteRenderer:
    files = ReleaseFiles(folders)
    return WorkerSiteRenderer(lambda texts: files(texts).content.parent, open_worker, 1, RenderCache())


@pytest.fixture(scope="module")
def check(renderer: WorkerSiteRenderer, shipped: ShippedFiles) -> CheckDocuments:
    return checks(renderer, shipped, FakeShelf(), Clock())


def with_translation(shipped: ShippedFiles, sentence: str, translation: str) -> dict[str, str]:
    entries = po_files.read_po(shipped.text("catalog/es"))
    return {"catalog/es": po_files.with_texts(entries, {sentence: translation})}


LAYOUT, PAGE, NOTE, ANSWER = (f"template/public/{name}.html" for name in ("layout", "page", "note", "answer"))
CSS, MAIL = "template/public/page.css", "template/mail/report/body.txt"

CASE_ES = "El número de caso muestra"
BROKEN = {
    "the exit": (LAYOUT, '<a id="exit" data-exit', '<a id="out"', "Leave this page"),
    "the exit's place": (LAYOUT, "<body>", '<body>\n<a href="/en/">x</a>', "first link"),
    "911": (LAYOUT, 'href="tel:911"', 'href="tel:912"', "911"),
    "the hotline": (LAYOUT, "hotline.channels", "[] | list", "hotline"),
    "the form": (PAGE, "{{ note_href }}", "{{ code_href }}", "way to the form"),
    "the languages": (LAYOUT, "languages | length > 1", "false", "another language"),
    "the warning": (LAYOUT, 'class="care"', 'class="box"', "warning about phones"),
    "the title": (LAYOUT, 'plain("Information")', '"Report trafficking"', "title"),
    "an unknown name": (PAGE, "{{ note_href }}", "{{ note_hrfe }}", "note_hrfe"),
    "an unknown part": (PAGE, "place.name", "place.nmae", "nmae"),
    "a filter": (PAGE, "{{ note_href }}", "{{ note_href | shout }}", "shout"),
    "syntax": (PAGE, "{% endif %}", "{% endfi %}", "endfi"),
    "a file": (PAGE, 'import "parts.html"', 'import "../../app.py"', "app.py"),
    "HTML": (PAGE, "</section>", "</sektion>", "HTML is broken"),
    "a heading": (PAGE, "<h3>", "<h4>", "level"),
    "two titles": (PAGE, "<h2>", "<h1>", "<h1>"),
    "an outside host": (PAGE, "<h1>", '<a href="https://evil.example/">x</a><h1>', "list of"),
    "a picture": (PAGE, "<h1>", '<img src="/x.png" alt=""><h1>', "loads nothing"),
    "a script": (PAGE, "<h1>", "<script>alert(1)</script><h1>", "one <script>"),
    "an attribute": (PAGE, "<h1>", '<h1 onclick="x()">', "onclick"),
    "a style": (PAGE, "<h1>", '<h1 style="color:red">', "page.css"),
    "a mail link": (PAGE, "<h1>", '<a href="mailto:a@b.example">x</a><h1>', "never linked"),
    "a field": (NOTE, 'id="a" name="a"', 'id="a" name="story"', "lost a field"),
    "autocomplete": (NOTE, 'autocomplete="off">', ">", "autocomplete"),
    "a label": (NOTE, '<label for="c">', '<label for="cc">', "no label"),
    "the box for a message": (ANSWER, 'name="a" rows="4"', 'name="b" rows="4"', "cannot be answered"),
    "what was written back": (ANSWER, "{{ reply.text }}", "", "is not shown here"),
    "what was typed there": (ANSWER, 'spellcheck="false" autocomplete="off"', "", "would remember"),
    "the code": ("template/public/receipt.html", 'code_groups | join(" ")', '"1234"', "show its code"),
    "who runs the site": (ABOUT, "name=bdi(operator)", 'name="us"', "who runs the site"),
    "the place of a report": (MAIL, "[[report]]", "A report.", "[[report]]"),
    "two places of a report": (MAIL, "[[report]]", "[[report]]\n\n[[report]]", "second one"),
    "data in a mail": (MAIL, "[[report]]", "{{ story }}\n[[report]]", "old way"),
    "logic in a mail": (MAIL, "[[report]]", "{% if 1 %}\n[[report]]", "old way"),
    "a link in a mail": (MAIL, "[[report]]", "[[report]]\nSee evil.example/x", "evil.example"),
    "a marker by translation": ("catalog/es", CASE_ES, "[[report]] " + CASE_ES, "In the mail"),
    "a fence by translation": ("catalog/es", CASE_ES, "----- " + CASE_ES, "In the mail"),
    "contrast": (CSS, "--press: #14506c", "--press: #aaa", "contrast"),
    "one colour": (CSS, "h1 { ", "h1 { color: #333; ", "together"),
    "a font": (CSS, "h1 { ", "@font-face { src: url(x) } h1 { ", "loads nothing"),
    "the sticky exit": (CSS, "position: sticky", "position: static", "in sight"),
    "JSON": ("contacts", 'Department",', 'Department"', "comma"),
    "a host": ("contacts", "https://losbanos.org/report/", "https://losbanos.example/report/", "hosts"),
    "a place": ("contacts", '"serves": "los-banos-ca"', '"serves": "los-banos"', "los-banos"),
    "a recipient": ("places", '"parent": "us"', '"parent": "uss"', "uss"),
    "a placeholder": ("catalog/es", "%(number)s", "%(numero)s", "%(numero)s"),
    "a width": ("catalog/es", "%(number)s", "%(number)999999999s", "%"),
    "a catalog": ("catalog/es", 'msgstr "', 'msgstr ', "quotes"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_what_a_clerk_breaks_is_told_in_a_sentence_with_its_document(
    check: CheckDocuments, shipped: ShippedFiles, what: str
) -> None:
    document, old, new, expected = BROKEN[what]
    text = shipped.text(document)
    assert old in text
    report = check({document: text.replace(old, new, 1)}).report
    told = [
        problem for problem in report.problems if problem.weight == STOPS and expected in problem.sentence
    ]
    assert told, report.problems
    assert {problem.document for problem in told} <= {document, "template/public/page.html"}
    assert not report.can_be_published


def test_what_nobody_broke_passes(check: CheckDocuments) -> None:
    report = check({}).report
    assert {problem.weight for problem in report.problems} <= {"tells"}
    assert report.can_be_published
    assert not report.needs_a_yes


def line_with(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.split("\n"), 1) if part in line)


@pytest.mark.parametrize(
    ("document", "old", "new", "at"),
    [
        ("template/public/page.html", "{{ note_href }}", "{{ note_hrfe }}", "note_hrfe"),
        ("template/public/page.html", "place.name", "place.nmae", "place.nmae"),
        ("template/public/page.html", "{{ note_href }}", "{{ note_href | shout }}", "shout"),
        ("template/public/page.html", "<h1>", '<a href="https://evil.example/">x</a><h1>', "evil.example"),
        ("template/public/layout.html", 'href="tel:911"', 'href="tel:912"', "912"),
        ("template/mail/report/body.txt", "What this mail is not:", "What {{ this }} mail", "{{ this }}"),
        ("template/public/page.css", "h1 { ", "h1 { color: #333; ", "color: #333;"),
        ("contacts", "https://losbanos.org/report/", "https://losbanos.example/report/", "losbanos.example"),
        ("contacts", '"show": "209-827-7070"', '"show": "209-827-7071"', "209-827-7071"),
        ("places", '"parent": "california"', '"parent": "californa"', "californa"),
    ],
)
def test_the_line_is_the_one_to_look_at(
    check: CheckDocuments, shipped: ShippedFiles, document: str, old: str, new: str, at: str
) -> None:
    text = shipped.text(document).replace(old, new, 1)
    report = check({document: text}).report
    lines = {problem.line for problem in report.stops if problem.document == document}
    assert line_with(text, at) in lines, report.stops


def test_a_place_whose_reports_an_office_gets_stays(check: CheckDocuments, shipped: ShippedFiles) -> None:
    live = json.loads(shipped.text("places"))
    live["places"].append({"slug": "elm", "name": "Elm", "kind": "town", "parent": "merced-county-ca"})
    office = {**json.loads(shipped.text("recipients"))[0], "id": "elm-police", "name": "Elm Police"}
    before = {"places": [json.dumps(live), shipped.text("places")]}
    for serves, told in (("elm", 1), ("us", 0), ("nowhere", 0)):
        offices = json.dumps([{**office, "serves": serves}])
        report = check({"places": shipped.text("places"), "recipients": offices}, before).report
        found = [one.document for one in report.stops if "Elm Police gets" in one.sentence]
        assert found == ["places"] * told, report.stops


def test_a_page_edited_before_offices_could_write_back_works_and_is_asked_about(
    check: CheckDocuments, shipped: ShippedFiles
) -> None:
    text = shipped.text(ANSWER)
    for start, end in (
        ("{% if notice or problems %}", "{% if states %}"),
        ("{% if box and not box.closed %}", "{% if kept_until %}"),
    ):
        text = text[: text.index(start)] + text[text.index(end) :]
    report = check({ANSWER: text}).report
    told = [problem for problem in report.problems if problem.document == ANSWER]
    assert [(problem.weight, "not shown here" in problem.sentence) for problem in told] == [("asks", True)]
    assert report.can_be_published


def test_a_missing_sentence_asks_for_a_yes(check: CheckDocuments, shipped: ShippedFiles) -> None:
    report = check(with_translation(shipped, SEND, "")).report
    assert report.missing == {"es": (SEND,)}
    assert report.can_be_published
    assert report.needs_a_yes


def test_a_sentence_that_a_template_says_anew_is_missing_until_it_is_translated(
    check: CheckDocuments, shipped: ShippedFiles
) -> None:
    document = "template/public/note.html"
    changed = {document: shipped.text(document).replace('_("Where?")', '_("Which place?")')}
    report = check(changed).report
    assert report.missing == {"es": ("Which place?",)}
    assert [problem.sentence for problem in report.problems if problem.document == "catalog/es"] == [
        "No page or mail says this any more. (“Where?”)"
    ]


def test_markup_in_a_catalog_is_shown_as_typed_and_asked_about(
    check: CheckDocuments, shipped: ShippedFiles, renderer: WorkerSiteRenderer
) -> None:
    changed = with_translation(shipped, SEND, "<script>alert(1)</script>")
    report = check(changed).report
    assert [problem.weight for problem in report.problems if problem.document == "catalog/es"] == ["asks"]
    html = renderer.page(changed, "es/los-banos-ca/note").html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert html.count("<script") == 1


def test_a_number_that_a_translation_changes_is_asked_about(
    check: CheckDocuments, shipped: ShippedFiles
) -> None:
    sentence = next(
        entry.source for entry in po_files.read_po(shipped.text("catalog/es")) if "20 digits" in entry.source
    )
    translation = next(
        entry.text for entry in po_files.read_po(shipped.text("catalog/es")) if entry.source == sentence
    )
    report = check(with_translation(shipped, sentence, translation.replace("20", "200"))).report
    assert any("numbers" in problem.sentence for problem in report.problems if problem.weight == "asks")


def test_a_language_without_a_catalog_cannot_be_offered(check: CheckDocuments, shipped: ShippedFiles) -> None:
    site = json.loads(shipped.text("site"))
    site["locales"].append({"tag": "km", "checked_on": None})
    report = check({"site": json.dumps(site, indent=1)}).report
    assert any("km" in problem.sentence for problem in report.stops)


def test_who_mistypes_a_name_is_told_the_names_there_are_and_none_of_jinjas_own(
    shipped: ShippedFiles, check: CheckDocuments
) -> None:
    text = shipped.text("template/public/page.html")
    report = check(
        {"template/public/page.html": text.replace("{{ note_href }}", "{{ note_hrfe }}", 1)}
    ).report
    [told] = [one.sentence for one in report.problems if "note_hrfe" in one.sentence]
    named = told.partition("There are: ")[2].removesuffix(".").split(", ")
    assert "note_href" in named
    assert not {"kwargs", "varargs", "caller"} & set(named)


FORM_FAULTS = {
    "a link": (
        '{{ bdi("report.cybertip.org") }}',
        '<a href="/en/us/">elsewhere</a>',
        "inside the form empties it",
    ),
    "no sentence": ('id="unseen"', 'id="other"', "cannot say that a sending failed"),
    "another id": ('<form id="f"', '<form id="g"', "takes the buttons for the form"),
}


@pytest.mark.parametrize("fault", FORM_FAULTS)
def test_what_would_cost_words_asks_for_a_yes(
    check: CheckDocuments, shipped: ShippedFiles, fault: str
) -> None:
    before, after, said = FORM_FAULTS[fault]
    text = shipped.text(NOTE)
    assert before in text
    report = check({NOTE: text.replace(before, after)}).report
    assert [one for one in report.problems if said in one.sentence and one.weight == ASKS]


def test_a_page_with_a_form_is_previewed_under_the_policy_it_is_answered_with(
    renderer: WorkerSiteRenderer,
) -> None:
    for name in ("en/los-banos-ca/note", "en/code", "en/los-banos-ca/note-mended"):
        page = renderer.page({}, name)
        style = page.html.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page.headers["Content-Security-Policy"]
