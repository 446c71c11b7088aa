"""One search over everything: what somebody saw leads to where it is changed, from the drafts as they are."""

from __future__ import annotations

import pytest

from chalicelib.directory.document_ids import CONTACTS, PLACES, fingerprint
from chalicelib.pages.po_files import replace_texts
from chalicelib.publishing.documents import Draft
from chalicelib.publishing.find_words import FindWords, Found, FoundEntry
from chalicelib.publishing.site_sentences import SiteSentences
from tests.support.editors_desk import ANA, EditorsDesk
from tests.support.fake_package import ES, LINE, SHELTER, FakeRenderer, written
from tests.support.fakes import NOON


class Finding(EditorsDesk):
    """The texts, and the search over them."""

    def __init__(self) -> None:
        super().__init__()
        renderer = FakeRenderer(self.shipped)
        self.site = SiteSentences(renderer, self.store, self.shipped, self.shelf)
        self.find = FindWords(self.site)

    def entries(self, words: str) -> list[tuple[str, str]]:
        return [(one.kind, one.id) for one in self.find(words).entries]

    def sentences(self, words: str) -> list[tuple[str, str]]:
        return [(one.source, one.locale) for one in self.find(words).sentences]


@pytest.fixture
def finding() -> Finding:
    return Finding()


def test_nothing_is_found_by_nothing(finding: Finding) -> None:
    assert finding.find("  ") == Found()
    assert finding.find("no such words").entries == []


def test_contacts_places_and_recipients_are_found_by_name(finding: Finding) -> None:
    assert finding.entries("shelter") == [("contact", "shelter")]
    assert finding.entries("the town") == [("place", "town")]
    assert finding.entries("TOWN POLICE") == [("recipient", "police")]


def test_a_contact_is_found_by_its_number(finding: Finding) -> None:
    assert finding.find("(888) 373 7888").entries == [
        FoundEntry("contact", "line", "The line", "888-373-7888", "us"),
        FoundEntry("contact", "shelter", "The shelter", "888-373-7888", "town"),
    ]


def test_a_sentence_is_found_in_english_and_in_a_translation(finding: Finding) -> None:
    finding.save(ES, replace_texts(finding.edit.open(ES).text, {"Day and night.": "Día y noche."}))
    assert finding.sentences("day and night") == [("Day and night.", "en")]
    assert finding.sentences("día y noche") == [("Day and night.", "es")]
    assert finding.find("día y").sentences[0].key == fingerprint("Day and night.")


def test_what_was_drafted_is_found_and_what_it_replaced_is_not(finding: Finding) -> None:
    finding.save(CONTACTS, written({"contacts": [LINE, {**SHELTER, "what": "Beds for the night."}]}))
    assert finding.sentences("beds for") == [("Beds for the night.", "en")]


def test_a_draft_that_cannot_be_read_leaves_the_live_words_to_be_found(finding: Finding) -> None:
    finding.store.put_draft(Draft(PLACES, "{", 1, 0, ANA, NOON))
    assert finding.site.now().unread
    assert finding.sentences("help by phone") == [("Help by phone.", "en")]
    assert finding.entries("the town") == []


def test_the_site_is_asked_again_only_when_a_text_changed(finding: Finding) -> None:
    asked: list[object] = []
    renderer = finding.site._renderer
    sentences = renderer.sentences
    renderer.sentences = lambda texts: (asked.append(texts), sentences(texts))[1]  # type: ignore[method-assign]
    for _ in range(3):
        finding.find("line")
    finding.save(ES, replace_texts(finding.edit.open(ES).text, {"Day and night.": "Día y noche."}))
    finding.find("line")
    assert len(asked) == 1, "a catalog says nothing of its own"
    finding.save(CONTACTS, written({"contacts": [LINE]}))
    finding.find("line")
    assert len(asked) == 2
