"""Edited here, newer in the package: what is hidden is found, merged, and asked about once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.desk.errors import AgreementMissing
from chalicelib.directory.document_ids import CONTACTS, RECIPIENTS, fingerprint
from chalicelib.pages.adapters.document_folders import Folders, ReleaseFiles
from chalicelib.pages.po_files import Entry, read_mo, read_po, write_mo
from chalicelib.publishing.documents import Draft, Release, Version
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.merge import NEW
from chalicelib.publishing.newer_texts import ALL
from chalicelib.shared.errors import StaleRecord
from tests.support.fake_documents import FakeDocuments, FakeShelf
from tests.support.fake_package import ES, PAGE, FakePackage
from tests.support.fakes import FixedClock

ANA, NOW = "ana@desk.example", datetime(2026, 11, 28, tzinfo=UTC)
OLD = "one\ntwo\nthree\nfour\nfive"
OURS = "one\nTWO\nthree\nfour\nfive"
NEWER = "one\ntwo\nthree\nfour\nFIVE"
CLASHING = "one\nzwei\nthree\nfour\nfive"


class Town:
    """A desk whose package can be replaced."""

    def __init__(self) -> None:
        self.package, self.store, self.shelf = FakePackage(), FakeDocuments(), FakeShelf()
        self.package.texts[PAGE] = OLD
        self.edit = EditText(self.store, self.package, self.shelf, FixedClock())

    def publish(self, document: str, text: str, base: str) -> None:
        number = len(self.store.versions(document)) + 1
        self.store.add_version(Version(document, number, text, ANA, NOW, "why", base))
        release = len(self.store.releases(99)) + 1
        self.store.add_release(Release(release, {document: number}, ANA, NOW, "why"))
        self.shelf.move(release, {}, self.shelf.live())

    def deploy(self, document: str, text: str) -> None:
        """Bring a package that ships another text, and knows what the one before shipped."""
        self.package.releases.append({document: self.package.texts[document]})
        self.package.texts[document] = text

    def anew(self) -> list[str]:
        return [entry.id for entry in self.edit.list() if entry.shipped_anew]


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_text_that_nobody_edited_hides_nothing(town: Town) -> None:
    town.deploy(PAGE, NEWER)
    assert town.anew() == []
    assert town.edit.newer(PAGE) is None


def test_a_package_without_a_new_text_hides_nothing(town: Town) -> None:
    town.publish(PAGE, OURS, fingerprint(OLD))
    town.edit.save_draft(CONTACTS, json.dumps({"contacts": []}), 0, ANA)
    assert town.anew() == []


@pytest.mark.parametrize("drafted", [False, True])
def test_an_edited_text_is_merged_with_a_newer_one(town: Town, drafted: bool) -> None:
    if drafted:
        town.edit.save_draft(PAGE, OURS, 0, ANA)
    else:
        town.publish(PAGE, OURS, fingerprint(OLD))
    town.deploy(PAGE, NEWER)
    assert town.anew() == [PAGE]
    assert town.edit.open(PAGE).shipped_anew
    newer = town.edit.newer(PAGE)
    assert newer is not None
    assert newer.merge is not None
    assert (newer.before, newer.yours, newer.new) == (OLD, OURS, NEWER)
    assert newer.merge.clashes == ()
    draft = town.edit.take_newer(PAGE, {}, newer.fingerprint, ANA)
    assert draft is not None
    assert (draft.text, draft.shipped) == ("one\nTWO\nthree\nfour\nFIVE", fingerprint(NEWER))
    assert town.anew() == []


def test_where_both_changed_a_place_it_is_as_the_publisher_chose(town: Town) -> None:
    town.publish(PAGE, OURS, fingerprint(OLD))
    town.deploy(PAGE, CLASHING)
    newer = town.edit.newer(PAGE)
    assert newer is not None
    assert newer.merge is not None
    [clash] = newer.merge.clashes
    draft = town.edit.take_newer(PAGE, {clash.key: NEW}, newer.fingerprint, ANA)
    assert draft is not None
    assert draft.text == CLASHING


def test_whoever_keeps_what_was_edited_is_not_asked_again_until_the_next_package(town: Town) -> None:
    town.publish(PAGE, OURS, fingerprint(OLD))
    town.deploy(PAGE, CLASHING)
    newer = town.edit.newer(PAGE)
    assert newer is not None
    assert town.edit.take_newer(PAGE, {}, newer.fingerprint, ANA) is None
    assert town.anew() == []
    assert town.store.drafts() == []
    town.deploy(PAGE, NEWER)
    assert town.anew() == [PAGE]
    later = town.edit.newer(PAGE)
    assert later is not None
    town.edit.keep_edited(PAGE, later.fingerprint, ANA)
    assert town.anew() == []


def test_what_changed_since_it_was_looked_at_is_not_decided(town: Town) -> None:
    town.publish(PAGE, OURS, fingerprint(OLD))
    town.deploy(PAGE, NEWER)
    newer = town.edit.newer(PAGE)
    assert newer is not None
    town.edit.save_draft(PAGE, "one\nANOTHER\nthree\nfour\nfive", 0, ANA)
    with pytest.raises(StaleRecord):
        town.edit.take_newer(PAGE, {}, newer.fingerprint, ANA)
    with pytest.raises(StaleRecord):
        town.edit.keep_edited(PAGE, newer.fingerprint, ANA)


def test_the_text_that_an_edit_began_from_is_kept_beside_it(town: Town) -> None:
    """Also of a release that no package knows: somebody's own, or one between two releases."""
    town.edit.save_draft(PAGE, OURS, 0, ANA)
    town.package.texts[PAGE] = NEWER
    newer = town.edit.newer(PAGE)
    assert newer is not None
    assert newer.before == OLD


def test_an_edit_of_an_edit_takes_account_of_no_more_than_the_first(town: Town) -> None:
    town.publish(PAGE, OURS, fingerprint(OLD))
    town.deploy(PAGE, NEWER)
    draft = town.edit.save_draft(PAGE, OURS + "\nsix", 0, ANA)
    assert draft.shipped == fingerprint(OLD)
    assert town.anew() == [PAGE]
    restored = town.edit.restore(PAGE, 0, draft.revision, ANA)
    assert restored.shipped == fingerprint(NEWER)
    assert town.anew() == []


def test_a_draft_of_before_bases_were_kept_is_compared_with_the_likeliest_text(town: Town) -> None:
    town.store.put_draft(Draft(PAGE, OURS, 1, 0, ANA, NOW))
    town.deploy(PAGE, "quite\nanother")
    town.deploy(PAGE, NEWER)
    newer = town.edit.newer(PAGE)
    assert newer is not None
    assert newer.before == OLD


def test_without_the_text_before_one_of_the_two_is_chosen_whole(town: Town) -> None:
    town.publish(PAGE, OURS, "0" * 16)
    newer = town.edit.newer(PAGE)
    assert newer is not None
    assert newer.merge is None
    assert newer.before is None
    draft = town.edit.take_newer(PAGE, {ALL: NEW}, newer.fingerprint, ANA)
    assert draft is not None
    assert draft.text == OLD


def test_new_sentences_arrive_in_an_edited_catalog_by_themselves(town: Town) -> None:
    ours = town.package.texts[ES].replace("Call now in es", "Llame ahora")
    town.publish(ES, ours, fingerprint(town.package.texts[ES]))
    town.deploy(
        ES,
        town.package.texts[ES]
        + '\nmsgid "A new one"\nmsgstr "Una nueva"\n\nmsgid "Untranslated"\nmsgstr ""\n',
    )
    texts = {entry.source: entry.text for entry in read_po(town.edit.open(ES).text)}
    assert texts["Call now"] == "Llame ahora"
    assert (texts["A new one"], texts["Untranslated"]) == ("Una nueva", "")
    assert town.anew() == []
    assert town.edit.diff(ES) == ()


def test_a_sentence_that_both_translated_anew_is_asked_about(town: Town) -> None:
    before = town.package.texts[ES]
    town.publish(ES, before.replace("Call now in es", "Llame ahora"), fingerprint(before))
    town.deploy(ES, before.replace("Call now in es", "Llame ya"))
    newer = town.edit.newer(ES)
    assert newer is not None
    assert newer.merge is not None
    [clash] = newer.merge.clashes
    assert (clash.name, clash.yours, clash.new) == ("Call now", "Llame ahora", "Llame ya")


def test_recipients_are_shown_and_merged_only_by_two_people(town: Town) -> None:
    before = town.package.texts[RECIPIENTS]
    town.publish(RECIPIENTS, before.replace("Police", "The Police"), fingerprint(before))
    town.deploy(RECIPIENTS, "[]\n")
    newer = town.edit.newer(RECIPIENTS)
    assert newer is not None
    with pytest.raises(AgreementMissing):
        town.edit.take_newer(RECIPIENTS, {}, newer.fingerprint, ANA)
    town.edit.keep_edited(RECIPIENTS, newer.fingerprint, ANA)
    assert town.anew() == []


def test_a_catalog_that_cannot_be_read_is_opened_as_it_is(town: Town) -> None:
    town.publish(ES, "no catalog", fingerprint(town.package.texts[ES]))
    town.deploy(ES, town.package.texts[ES] + '\nmsgid "A new one"\nmsgstr ""\n')
    assert town.edit.open(ES).text == "no catalog"
    assert town.anew() == [ES]


def test_where_pages_are_rendered_new_sentences_arrive_in_what_an_older_package_published(
    tmp_path: Path,
) -> None:
    """Forms are rendered from published catalogs, which may be older than the package that renders them."""
    compiled = tmp_path / "locale" / "es" / "LC_MESSAGES" / "porchlight.mo"
    for folder in ("templates", "content"):
        (tmp_path / folder).mkdir()
    compiled.parent.mkdir(parents=True)
    compiled.write_bytes(write_mo([Entry("Call now", "Llame"), Entry("A new one", "Una nueva")], "es"))
    lay = ReleaseFiles(Folders(tmp_path / "templates", tmp_path / "locale", tmp_path / "content"))
    published = 'msgid "Call now"\nmsgstr "Llame ahora"\n\nmsgid "Emptied"\nmsgstr ""\n'
    laid = lay({ES: published}).catalogs / "es" / "LC_MESSAGES" / "porchlight.mo"
    read = read_mo(laid.read_bytes())
    assert (read["Call now"], read["A new one"]) == ("Llame ahora", "Una nueva")
    assert "Emptied" not in read
