"""A catalog sentence by sentence: only a sentence that two people changed is a conflict."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from chalicelib.directory.document_ids import CONTACTS, fingerprint
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import read_po
from chalicelib.publishing.documents import Draft
from chalicelib.publishing.edit_sentences import (
    Catalog,
    EditSentences,
    Sentence,
    SentencesConflict,
    SentencesWrong,
)
from chalicelib.publishing.site_sentences import SaidNow
from chalicelib.shared.errors import EntryMissing, StaleRecord
from tests.support.editors_desk import ANA, BEN, EditorsDesk
from tests.support.fake_package import EN, ES, PA, PAGE
from tests.support.fakes import NOON

CALL, ALONE, WRITE = "Call now", "You are not alone", "Write to us"
NOTE = "template/public/note.html"


class Translating(EditorsDesk):
    """The catalogs, sentence by sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, list[tuple[str, int]]] = {
            CALL: [(PAGE, 1)], ALONE: [(PAGE, 2), (PAGE, 3)], WRITE: [(NOTE, 1)],
        }  # fmt: skip
        self.sentences = EditSentences(self.edit, lambda: SaidNow(self.said, ["en", "es", "pa"]))

    def translate(
        self,
        texts: Mapping[str, str],
        document: str = ES,
        who: str = ANA,
        shown: Catalog | None = None,
        sure: tuple[str, ...] = (),
    ) -> int:
        """Save texts, by their English, over what was shown."""
        shown = shown or self.sentences.open(document)
        seen = {one.key: one.seen for one in shown.sentences}
        typed = {fingerprint(source): text for source, text in texts.items()}
        return self.sentences.save(document, typed, seen, [fingerprint(one) for one in sure], who)

    def texts(self, document: str = ES) -> dict[str, str]:
        return {one.source: one.text for one in self.sentences.open(document).sentences}


@pytest.fixture
def translating() -> Translating:
    return Translating()


def test_a_catalog_shows_each_sentence_with_its_text_and_where_it_is_said(translating: Translating) -> None:
    catalog = translating.sentences.open(ES)
    assert (catalog.document, catalog.locale, catalog.name, catalog.lang) == (ES, "es", "Español", "es")
    assert catalog.direction == "ltr"
    assert catalog.sentences == (
        Sentence(fingerprint(CALL), CALL, "Call now in es", False, (PAGE,)),
        Sentence(fingerprint(ALONE), ALONE, "Not alone in es", True, (PAGE,)),
        Sentence(fingerprint(WRITE), WRITE, "", False, (NOTE,)),
    )


def test_a_language_written_from_the_right_is_shown_so(translating: Translating) -> None:
    translating.shipped.texts["catalog/ar"] = translating.shipped.texts[ES]
    catalog = translating.sentences.open("catalog/ar")
    assert (catalog.direction, catalog.name) == ("rtl", "العربية")


def test_what_nobody_vouches_for_is_missing_as_what_is_not_translated_is(translating: Translating) -> None:
    catalog = translating.sentences.open(ES)
    assert [one.missing for one in catalog.sentences] == [False, True, True]
    assert catalog.missing == 2


def test_a_catalog_is_shown_as_its_draft_has_it_else_as_it_is_live(translating: Translating) -> None:
    translating.publish({ES: translating.shipped.text(ES).replace("Call now in es", "Llame ahora")})
    assert translating.texts()[CALL] == "Llame ahora"
    assert not translating.sentences.open(ES).drafted
    translating.translate({CALL: "Llame ya"})
    assert translating.texts()[CALL] == "Llame ya"
    assert translating.sentences.open(ES).drafted


def test_the_sentences_are_those_of_the_site_whatever_a_catalog_holds(translating: Translating) -> None:
    new = "Open on weekdays, 9 to 5."
    del translating.said[CALL]
    translating.said[new] = [(CONTACTS, 7)]
    for document in (ES, PA, EN):
        catalog = translating.sentences.open(document)
        assert [one.source for one in catalog.sentences] == [ALONE, WRITE, new]
    assert translating.sentences.open(ES).missing == 3
    assert translating.translate({new: "Abierto entre semana, de 9 a 5."}) == 1
    assert translating.texts()[new] == "Abierto entre semana, de 9 a 5."
    assert "Call now in es" in translating.edit.open(ES).text, "what nobody says any more is kept"


def test_english_misses_none(translating: Translating) -> None:
    catalog = translating.sentences.open(EN)
    assert [one.source for one in catalog.sentences] == [CALL, ALONE, WRITE]
    assert {one.text for one in catalog.sentences} == {""}
    assert (catalog.missing, catalog.name) == (0, "English")


def test_what_was_reworded_in_english_is_shown_in_all_languages(translating: Translating) -> None:
    assert translating.translate({CALL: "Call today"}, EN) == 1
    assert translating.texts(EN) == {CALL: "Call today", ALONE: "", WRITE: ""}
    assert translating.texts(ES)[CALL] == "Call now in es"
    assert [one.english for one in translating.sentences.open(ES).sentences] == ["Call today", ALONE, WRITE]


def test_english_as_the_pages_have_it_takes_nothings_place(translating: Translating) -> None:
    translating.translate({CALL: "Call today"}, EN)
    assert translating.translate({CALL: CALL}, EN) == 1
    assert translating.texts(EN)[CALL] == ""


def test_a_draft_that_cannot_be_read_hides_no_other_language(translating: Translating) -> None:
    translating.store.put_draft(Draft(EN, "no catalog at all", 1, 0, BEN, NOON))
    with pytest.raises(DocumentInvalid, match="line 1"):
        translating.sentences.open(EN)
    assert translating.texts(ES)[CALL] == "Call now in es"


def test_why_drafts_of_pages_are_left_out_is_said(translating: Translating) -> None:
    sentences = EditSentences(translating.edit, lambda: SaidNow({}, [], "line 3: a quote is amiss"))
    assert sentences.open(ES).unread == "line 3: a quote is amiss"


@pytest.mark.parametrize("document", ["", CONTACTS, PAGE, "catalog/", "catalog/xx", "catalog/ES"])
def test_what_is_no_catalog_is_missing(translating: Translating, document: str) -> None:
    with pytest.raises(EntryMissing):
        translating.sentences.open(document)
    with pytest.raises(EntryMissing):
        translating.sentences.save(document, {fingerprint(CALL): "x"}, {}, (), ANA)
    assert translating.store.drafts() == []


def test_the_sentences_that_were_changed_are_saved_and_counted(translating: Translating) -> None:
    changed = translating.translate({CALL: "  Llame ahora\n", ALONE: "Not alone in es", WRITE: "Escríbanos"})
    assert changed == 2
    assert translating.texts() == {CALL: "Llame ahora", ALONE: "Not alone in es", WRITE: "Escríbanos"}
    [draft] = translating.store.drafts()
    assert (draft.document, draft.revision, draft.who) == (ES, 1, ANA)


def test_all_else_in_the_catalog_stays_as_it_stands(translating: Translating) -> None:
    text = translating.shipped.text(ES).replace('msgid "Write', '# for the form\nmsgid "Write')
    translating.publish({ES: text})
    translating.translate({CALL: "Llame ahora"})
    assert translating.edit.open(ES).text == text.replace("Call now in es", "Llame ahora")


def test_nothing_changed_is_no_draft(translating: Translating) -> None:
    assert translating.translate({CALL: " Call now in es ", WRITE: "  "}) == 0
    assert translating.translate({}) == 0
    assert translating.store.drafts() == []


def test_a_sentence_that_the_catalog_does_not_know_is_left_out(translating: Translating) -> None:
    assert translating.translate({"Of an older page": "x", CALL: "Llame ahora"}) == 1
    assert "Of an older page" not in translating.texts()


def test_a_sentence_that_is_right_as_it_is_is_sure_from_then_on(translating: Translating) -> None:
    assert translating.translate({ALONE: "Not alone in es"}, sure=(ALONE,)) == 1
    [sentence] = [one for one in translating.sentences.open(ES).sentences if one.source == ALONE]
    assert (sentence.text, sentence.unsure, sentence.missing) == ("Not alone in es", False, False)


def test_a_sentence_that_was_mended_is_sure_from_then_on(translating: Translating) -> None:
    translating.translate({ALONE: "No está solo"})
    assert [one.unsure for one in translating.sentences.open(ES).sentences] == [False] * 3


def test_a_sentence_that_was_emptied_is_missing(translating: Translating) -> None:
    assert translating.translate({CALL: " "}) == 1
    assert translating.sentences.open(ES).missing == 3


@pytest.mark.parametrize("text", ['“Llame” \\ "ya"', "Una línea\ny otra", "Llame\tya", "ਹੁਣੇ ਕਾਲ ਕਰੋ"])
def test_a_text_comes_back_as_it_was_typed(translating: Translating, text: str) -> None:
    translating.translate({CALL: text})
    assert translating.texts()[CALL] == text
    assert translating.translate({CALL: text}) == 0, "shown and sent again, it has not changed"


@pytest.mark.parametrize("text", ["Llame\x07 ahora", "-----BEGIN PRIVATE KEY-----"])
def test_what_cannot_be_kept_is_refused(translating: Translating, text: str) -> None:
    with pytest.raises(DocumentInvalid):
        translating.translate({CALL: text})
    assert translating.store.drafts() == []


def test_a_sentence_that_somebody_changed_since_it_was_shown_is_a_conflict_and_nothing_is_saved(
    translating: Translating,
) -> None:
    shown = translating.sentences.open(ES)
    translating.translate({CALL: "Llame ya"}, who=BEN)
    with pytest.raises(SentencesConflict) as conflict:
        translating.translate({CALL: "Llame ahora", WRITE: "Escríbanos"}, shown=shown)
    assert conflict.value.keys == (fingerprint(CALL),)
    assert translating.texts() == {CALL: "Llame ya", ALONE: "Not alone in es", WRITE: ""}
    assert translating.edit.open(ES).revision == 1


def test_two_who_write_the_same_are_no_conflict(translating: Translating) -> None:
    shown = translating.sentences.open(ES)
    translating.translate({CALL: "Llame ya"}, who=BEN)
    translating.translate({CALL: "Llame ya", WRITE: "Escríbanos"}, shown=shown)
    assert translating.texts() == {CALL: "Llame ya", ALONE: "Not alone in es", WRITE: "Escríbanos"}


def test_a_sentence_that_was_found_right_is_a_conflict_when_somebody_mended_it(
    translating: Translating,
) -> None:
    shown = translating.sentences.open(ES)
    translating.translate({ALONE: "No está solo"}, who=BEN)
    with pytest.raises(SentencesConflict):
        translating.translate({ALONE: "Not alone in es"}, shown=shown, sure=(ALONE,))
    assert translating.texts()[ALONE] == "No está solo"


def test_a_text_of_which_it_is_not_said_what_was_shown_overwrites_nothing(translating: Translating) -> None:
    key = fingerprint(CALL)
    with pytest.raises(SentencesConflict):
        translating.sentences.save(ES, {key: "Llame ahora"}, {}, (), ANA)
    assert translating.texts()[CALL] == "Call now in es"


def test_two_who_work_on_one_catalog_at_once_both_keep_their_sentences(translating: Translating) -> None:
    translating.meanwhile.append(lambda: translating.translate({WRITE: "Escríbanos"}, who=BEN))
    assert translating.translate({CALL: "Llame ahora"}) == 1
    assert translating.texts() == {CALL: "Llame ahora", ALONE: "Not alone in es", WRITE: "Escríbanos"}
    assert translating.edit.open(ES).revision == 2


def test_two_who_change_one_sentence_at_once_are_a_conflict(translating: Translating) -> None:
    translating.meanwhile.append(lambda: translating.translate({CALL: "Llame ya"}, who=BEN))
    with pytest.raises(SentencesConflict) as conflict:
        translating.translate({CALL: "Llame ahora", WRITE: "Escríbanos"})
    assert conflict.value.keys == (fingerprint(CALL),)
    assert translating.texts()[CALL] == "Llame ya"


def test_who_never_gets_a_turn_is_told_so_after_three_tries(translating: Translating) -> None:
    def collide() -> None:
        raise StaleRecord("changed")

    translating.meanwhile += [collide] * 3
    with pytest.raises(SentencesConflict) as conflict:
        translating.translate({CALL: "Llame ahora", WRITE: "Escríbanos"})
    assert set(conflict.value.keys) == {fingerprint(CALL), fingerprint(WRITE)}
    assert translating.store.drafts() == []
    translating.meanwhile += [collide] * 2
    assert translating.translate({CALL: "Llame ahora"}) == 1


def test_a_catalog_that_was_discarded_meanwhile_is_begun_anew(translating: Translating) -> None:
    translating.translate({WRITE: "Escríbanos"}, who=BEN)
    translating.meanwhile.append(lambda: translating.edit.discard(ES, 1))
    assert translating.translate({CALL: "Llame ahora"}) == 1
    assert translating.texts() == {CALL: "Llame ahora", ALONE: "Not alone in es", WRITE: ""}
    assert len(read_po(translating.edit.open(ES).text)) == 4


WHEN = "Open from %(day)s"


@pytest.mark.parametrize(
    "typed", ["Abierto", "Desde [the date]", "[the day] [the day]", "[the day", "[the day] %"]
)
def test_a_broken_placeholder_is_refused_with_its_sentence_and_nothing_is_saved(
    translating: Translating, typed: str
) -> None:
    translating.said[WHEN] = [(PAGE, 4)]
    with pytest.raises(SentencesWrong) as wrong:
        translating.translate({CALL: "Llame ahora", WHEN: typed})
    assert list(wrong.value.faults) == [fingerprint(WHEN)]
    assert translating.store.drafts() == []


def test_a_name_is_saved_as_its_placeholder(translating: Translating) -> None:
    translating.said[WHEN] = [(PAGE, 4)]
    assert translating.translate({WHEN: "Desde [the day]"}) == 1
    assert translating.texts()[WHEN] == "Desde %(day)s"
    assert translating.translate({WHEN: "Desde [The day]"}) == 0, "the same, typed again"


def test_english_may_not_lose_a_placeholder_either(translating: Translating) -> None:
    translating.said[WHEN] = [(PAGE, 4)]
    with pytest.raises(SentencesWrong):
        translating.translate({WHEN: "Open from Monday"}, EN)
    assert translating.translate({WHEN: "From [the day]"}, EN) == 1


def test_one_that_was_broken_before_keeps_nobody_from_saving_another(translating: Translating) -> None:
    translating.said[WHEN] = [(PAGE, 4)]
    broken = translating.shipped.text(ES) + f'\nmsgid "{WHEN}"\nmsgstr "Abierto"\n'
    translating.publish({ES: broken})
    assert translating.translate({WHEN: "Abierto", CALL: "Llame ahora"}) == 1
