"""Texts that ship, opened by form and saved: nothing changes, and one field changes its lines alone."""

from __future__ import annotations

import difflib
from collections.abc import Callable

import pytest

from chalicelib.desk.people import PUBLISHER, Person
from chalicelib.directory.document_ids import CATALOG, CONTACTS, PLACES, RECIPIENTS, SITE, fingerprint
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.write_entries import write_entries
from chalicelib.pages.adapters.document_folders import Folders
from chalicelib.publishing.change_recipients import ChangeRecipients
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_mail_texts import EditMailTexts
from chalicelib.publishing.edit_places import EditPlaces
from chalicelib.publishing.edit_recipients import EditRecipients
from chalicelib.publishing.edit_sentences import EditSentences
from chalicelib.publishing.edit_site import EXIT, PARTS, EditSite
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.edit_whole import seen_as
from chalicelib.publishing.forms import FormInvalid, Typed
from chalicelib.publishing.placeholders import shown
from chalicelib.publishing.render.sentences import of_texts
from chalicelib.publishing.site_sentences import SaidNow
from tests.publishing.test_edit_recipients import Ahead, describe
from tests.support.editors_desk import ANA, EditorsDesk
from tests.support.fake_sign_ins import FakeSignIns
from tests.support.fakes import FakeMailer
from tests.support.rendered import shipped_files, shipped_folders

ME = Person(ANA, PUBLISHER)


class Shipped(EditorsDesk):
    """A desk over the texts that ship, with its forms."""

    def __init__(self, folders: Folders) -> None:
        super().__init__()
        self.shipped = shipped_files(folders)  # type: ignore[assignment]  # more of the same
        self.edit = EditText(self.store, self.shipped, self.shelf, self.clock)
        said = of_texts({name: self.shipped.text(name) for name in self.shipped.ids()})
        self.sentences = EditSentences(self.edit, lambda: SaidNow(said, ["en", "es"]))
        self.changes = ChangeRecipients(
            self.store,
            self.shipped,
            self.shelf,
            FakeMailer(),
            self.clock,
            "desk@porchlight.example",
            lambda to, code: b"",
            describe,
            FakeSignIns(),
            Ahead(),
            "",
            lambda to, code, lines: b"",
        )
        self.recipients = EditRecipients(self.changes, self.edit, self.clock)

    def now(self, document: str) -> str:
        """Return a text as the last draft or proposal has it."""
        change = self.store.change()
        if document == RECIPIENTS:
            return change.text if change else self.shipped.text(document)
        return self.edit.open(document).text

    def changed_lines(self, document: str) -> list[str]:
        """Return the lines that are gone or new, each with its sign."""
        texts = (self.shipped.text(document).split("\n"), self.now(document).split("\n"))
        return [line for line in difflib.ndiff(*texts) if line[:2] in ("- ", "+ ")]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return shipped_folders(tmp_path_factory.mktemp("shipped"))


@pytest.fixture
def desk(folders: Folders) -> Shipped:
    return Shipped(folders)


def with_one(typed: Typed, **fields: str) -> Typed:
    return Typed({**typed.fields, **{name: [value] for name, value in fields.items()}})


def only(before: str, after: str) -> Callable[[list[str]], bool]:
    """Return what says whether one line alone changed, from one text to another."""
    return lambda lines: len(lines) == 2 and before in lines[0] and after in lines[1]


def test_every_contact(desk: Shipped) -> None:
    edit = EditContacts(desk.edit, desk.clock)
    lines = edit.list()
    assert len(lines) > 10
    for line in lines:
        name = str(line.entry["id"])
        edit.save(name, edit.typed(name), seen_as(edit.open(name)), ANA)
    assert desk.changed_lines(CONTACTS) == []
    assert desk.changed_lines(SITE) == []
    name = str(lines[0].entry["id"])
    before = str(edit.open(name)["languages"])
    edit.save(name, with_one(edit.typed(name), languages="Latin."), seen_as(edit.open(name)), ANA)
    changed = [line for line in desk.changed_lines(CONTACTS) if "checked" not in line and "_as" not in line]
    assert only(before, '"languages": "Latin."')(changed), changed


def test_every_place(desk: Shipped) -> None:
    edit = EditPlaces(desk.edit)
    slugs = [line.place.slug for line in edit.list() if line.place.kind != "nation"]
    for slug in slugs:
        edit.save(slug, edit.typed(slug), seen_as(edit.open(slug)), ANA)
    assert desk.changed_lines(PLACES) == []
    slug = slugs[0]
    name = str(edit.open(slug)["name"])
    edit.save(slug, with_one(edit.typed(slug), name="Springfield"), seen_as(edit.open(slug)), ANA)
    assert only(name, "Springfield")(desk.changed_lines(PLACES))


def test_every_recipient(desk: Shipped) -> None:
    """Those that ship have no day of consent and no second address yet: their form asks for both."""
    edit = desk.recipients
    entries, revision = edit.entries()
    more = {"why": "new", "agreed_on": "2026-11-20", "fallback": "second@town.example"}
    for entry in entries:
        name = str(entry["id"])
        with pytest.raises(FormInvalid):
            edit.propose(name, with_one(edit.typed(name, ME)[0], why="as it is"), revision, ME)
        edit.propose(name, with_one(edit.typed(name, ME)[0], **more), revision, ME)
        new = sorted(line for line in desk.changed_lines(RECIPIENTS) if line[0] == "+")
        assert [line.partition(":")[0].split('"')[1] for line in new] == ["agreed_on", "fallback"]
        change = desk.store.change()
        assert change is not None
        desk.store.drop_change(change.revision)
    with pytest.raises(DocumentInvalid, match="changes nothing"):
        desk.changes.propose(write_entries(entries), 0, ME, "as it is")


def test_every_setting(desk: Shipped) -> None:
    edit = EditSite(desk.edit)
    for part in PARTS:
        edit.save(part, edit.typed(part), edit.seen(part), ANA)
    assert desk.changed_lines(SITE) == []
    edit.save(EXIT, Typed({"exit_url": ["https://www.weather.gov/radar"]}), edit.seen(EXIT), ANA)
    assert only("weather.gov/", "weather.gov/radar")(desk.changed_lines(SITE))


@pytest.mark.parametrize("locale", ["en", "es", "ar"])
def test_every_sentence(desk: Shipped, locale: str) -> None:
    document = CATALOG + locale
    catalog = desk.sentences.open(document)
    seen = {one.key: one.seen for one in catalog.sentences}
    typed = {one.key: shown(one.text, one.source) for one in catalog.sentences}
    assert len(typed) > 150
    assert desk.sentences.save(document, typed, seen, [], ANA) == 0
    assert desk.changed_lines(document) == []
    one = next(one for one in catalog.sentences if "%(" not in one.source)
    assert desk.sentences.save(document, {fingerprint(one.source): "Else"}, seen, [], ANA) == 1
    assert only(one.text, 'msgstr "Else"')(desk.changed_lines(document))


@pytest.mark.parametrize("mail", ["report", "digest"])
def test_every_paragraph_of_a_mail(desk: Shipped, mail: str) -> None:
    edit = EditMailTexts(desk.edit, lambda: [])
    opened = edit.open(mail)
    edit.save(mail, opened.typed, opened.revision, ANA)
    assert desk.store.draft(opened.document) is None
    after = list(opened.typed.fields["after"])
    words = after[-1].split("\n")[-1]
    typed = Typed({**opened.typed.fields, "after": [*after[:-1], after[-1].replace(words, "Other words.")]})
    edit.save(mail, typed, opened.revision, ANA)
    assert only(words, "Other words.")(desk.changed_lines(opened.document))
