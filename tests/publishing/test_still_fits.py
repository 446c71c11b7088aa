"""A translation that fits the English of now, as somebody found who looked at it again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.directory.document_ids import CONTACTS, fingerprint
from chalicelib.pages.po_files import read_po, replace_texts
from chalicelib.publishing.edit_sentences import EditSentences, SentencesConflict
from chalicelib.publishing.merge import NEW, merge
from chalicelib.publishing.sentence_changes import of_language
from chalicelib.publishing.sentence_history import Change, SentenceHistory
from chalicelib.publishing.site_sentences import SaidNow
from chalicelib.publishing.still_fits import carried, is_marked, with_marks
from chalicelib.publishing.web.sentence_view import still_fitting, view_of
from tests.support.editors_desk import ANA, BEN, EditorsDesk
from tests.support.fake_package import EN, ES, LINE, PAGE, SHELTER, written
from tests.support.fakes import NOON

CALL, ALONE = "Call now", "You are not alone"
TODAY, NOW_SAYS = date(2026, 11, 28), "Call today"


class Translating(EditorsDesk):
    """A catalog whose English was reworded after it was translated."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, Any] = {CALL: [(PAGE, 1)], ALONE: [(PAGE, 2)]}
        self.sentences = EditSentences(self.edit, lambda: SaidNow(self.said, ["en", "es"]))
        self.say(EN, {CALL: NOW_SAYS})
        self.clock.time += timedelta(minutes=1)

    def say(self, document: str, texts: dict[str, str]) -> None:
        self.save(document, replace_texts(self.edit.open(document).text, texts), ANA)

    @property
    def history(self) -> SentenceHistory:
        return SentenceHistory(self.edit, self.shipped)

    def again(self) -> list[str]:
        """The sentences that are to be looked at again."""
        catalog = self.sentences.open(ES)
        return [one.source for one in catalog.sentences if self.history.behind(ES, one.source)]

    def view(self, source: str = CALL) -> Any:
        catalog = self.sentences.open(ES)
        [one] = [one for one in catalog.sentences if one.source == source]
        return view_of(one, catalog, self.history, list(self.said))

    def press(self, view: Any, source: str = CALL, typed: str | None = None) -> int:
        """Press “The translation still fits” at a sentence as it was shown."""
        key = fingerprint(source)
        marks, taken = still_fitting({key: view.fits}, self.sentences.open(ES), self.history)
        words = {key: view.value if typed is None else typed}
        return self.sentences.save(ES, words | taken, {key: view.sentence.seen}, [], BEN, marks)


@pytest.fixture
def translating() -> Translating:
    return Translating()


def test_a_translation_that_still_fits_is_to_be_looked_at_no_more(translating: Translating) -> None:
    assert translating.again() == [CALL]
    before = translating.edit.open(ES).text
    assert translating.press(translating.view()) == 1
    assert translating.again() == []
    after = translating.edit.open(ES).text
    assert {one.source: one.text for one in read_po(after)} == {
        one.source: one.text for one in read_po(before)
    }
    assert [line for line in after.split("\n") if line not in before.split("\n")] == [
        next(line for line in after.split("\n") if line.startswith("# Looked at again on 20"))
    ], "one line is new, and no other differs"


def test_it_is_said_who_looked_and_when_and_no_address_stands_in_the_catalog(
    translating: Translating,
) -> None:
    translating.press(translating.view())
    assert translating.history.looked_at(ES, CALL) == Change("", BEN, NOON + timedelta(minutes=1))
    assert translating.history.looked_at(ES, ALONE) == Change()
    assert "@" not in translating.edit.open(ES).text


def test_once_either_text_changes_the_mark_stands_for_nothing(translating: Translating) -> None:
    translating.press(translating.view())
    translating.clock.time += timedelta(minutes=1)
    translating.say(EN, {CALL: "Call this minute"})
    assert translating.again() == [CALL]
    [entry] = [one for one in read_po(translating.edit.open(ES).text) if one.source == CALL]
    assert is_marked(entry, NOW_SAYS)
    [other] = [
        one
        for one in read_po(replace_texts(translating.edit.open(ES).text, {CALL: "Llame"}))
        if one.source == CALL
    ]
    assert not is_marked(other, NOW_SAYS)


def test_what_changed_since_it_was_shown_is_not_marked(translating: Translating) -> None:
    shown = translating.view()
    translating.say(EN, {CALL: "Call never"})
    with pytest.raises(SentencesConflict):
        translating.press(shown)
    assert translating.again() == [CALL]


def test_who_types_another_text_gets_that_saved_and_no_mark(translating: Translating) -> None:
    assert translating.press(translating.view(), typed="Llame hoy") == 1
    assert translating.again() == []
    assert translating.history.looked_at(ES, CALL) == Change()


def test_an_unsure_one_has_its_own_tick_and_english_has_nothing_to_fit(translating: Translating) -> None:
    assert translating.view(ALONE).fits == ""
    catalog = translating.sentences.open(EN)
    assert view_of(catalog.sentences[0], catalog, translating.history, list(translating.said)).fits == ""


def test_the_translation_of_the_english_before_is_taken_again_where_it_still_fits(
    translating: Translating,
) -> None:
    old, new = LINE["hours"], "Day and night, always."
    translating.say(ES, {str(old): "Día y noche."})
    translating.save(CONTACTS, written({"contacts": [LINE, {**SHELTER, "hours": new}]}))
    translating.said = {CALL: [(PAGE, 1)], new: [(CONTACTS, 1)]}
    shown = translating.view(new)
    assert shown.sentence.missing
    assert translating.press(shown, new) == 1
    assert {one.source: one.text for one in translating.sentences.open(ES).sentences}[new] == "Día y noche."
    translating.said = {**translating.said, "Else": [(PAGE, 1)]}
    catalog, forged = translating.sentences.open(ES), {fingerprint("Else"): "0" * 16}
    with pytest.raises(SentencesConflict):
        still_fitting(forged, catalog, translating.history)


def test_nothing_is_offered_where_what_the_site_fills_in_is_another(translating: Translating) -> None:
    translating.say(ES, {str(LINE["hours"]): "Llame al %(number)s."})
    new = "Day and night, always."
    translating.save(CONTACTS, written({"contacts": [LINE, {**SHELTER, "hours": new}]}))
    translating.said = {new: [(CONTACTS, 1)]}
    assert translating.view(new).earlier is not None
    assert translating.view(new).fits == ""


def test_marking_twice_leaves_one_mark_and_comments_stay(translating: Translating) -> None:
    text = translating.edit.open(ES).text.replace("#: template/public/page.html", "# A note.\n#: page", 1)
    once = with_marks(text, {CALL: NOW_SAYS}, TODAY)
    twice = with_marks(once, {CALL: "Another"}, TODAY)
    assert twice.count("# Looked at again") == 1
    assert twice.count("# A note.") == 1
    assert with_marks(text, {"Write to us": "Write"}, TODAY) == text, "there is no translation to fit"


def test_a_mark_outlives_merges_from_both_sides(translating: Translating) -> None:
    text = translating.edit.open(ES).text
    marked = with_marks(text, {CALL: NOW_SAYS}, TODAY)
    newer = replace_texts(text, {ALONE: "No está solo"})
    for yours, new in ((marked, newer), (newer, marked)):
        merged = merge(ES, text, yours, new)
        result = merged.write(dict.fromkeys((one.key for one in merged.clashes), NEW))
        [entry] = [one for one in read_po(result) if one.source == CALL]
        assert is_marked(entry, NOW_SAYS)
        assert "No está solo" in result


def test_a_mark_is_not_carried_to_another_translation(translating: Translating) -> None:
    text = translating.edit.open(ES).text
    marked = with_marks(text, {CALL: NOW_SAYS}, TODAY)
    other = replace_texts(text, {CALL: "Llame hoy"})
    assert carried(other, marked) == other
    assert carried(marked, marked) == marked


def test_a_mark_is_a_row_of_what_changes(translating: Translating) -> None:
    text = translating.edit.open(ES).text
    [change] = of_language(ES, text, with_marks(text, {CALL: NOW_SAYS}, TODAY))
    [row] = change.fields
    assert (row.field, row.after) == ("Looked at again, and it fits", "November 28, 2026")
