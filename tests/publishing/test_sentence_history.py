"""What a sentence said before it said this, how that was translated, and who changed it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.directory.document_ids import CONTACTS
from chalicelib.pages.po_files import replace_texts
from chalicelib.publishing.sentence_history import Change, Earlier, SentenceHistory
from tests.support.editors_desk import ANA, BEN, EditorsDesk
from tests.support.fake_package import EN, ES, LINE, PAGE, SHELTER, written
from tests.support.fakes import NOON

CALL, ALONE, WRITE = "Call now", "You are not alone", "Write to us"
HOURS, LATER = "Day and night.", "Weekdays from 9 to 5."


@pytest.fixture
def desk() -> EditorsDesk:
    return EditorsDesk()


def history(desk: EditorsDesk) -> SentenceHistory:
    return SentenceHistory(desk.edit, desk.shipped)


def say(desk: EditorsDesk, document: str, texts: dict[str, str], who: str = BEN) -> None:
    desk.save(document, replace_texts(desk.edit.open(document).text, texts), who)


def with_hours(hours: str) -> str:
    return written({"contacts": [LINE, {**SHELTER, "hours": hours}]})


def test_what_is_as_it_came_was_changed_by_nobody(desk: EditorsDesk) -> None:
    assert history(desk).last_change(ES, CALL) == Change()


def test_the_last_who_changed_a_translation_is_named(desk: EditorsDesk) -> None:
    desk.publish({ES: replace_texts(desk.shipped.text(ES), {CALL: "Llame ahora"})})
    say(desk, ES, {WRITE: "Escríbanos"}, ANA)
    assert history(desk).last_change(ES, CALL) == Change("Call now in es", BEN, NOON)
    assert history(desk).last_change(ES, WRITE) == Change("", ANA, NOON)


def test_a_changed_field_of_a_contact_has_its_old_english_and_the_translation_of_it(
    desk: EditorsDesk,
) -> None:
    say(desk, ES, {HOURS: "Día y noche."})
    desk.save(CONTACTS, with_hours(LATER), ANA)
    assert history(desk).earlier(ES, LATER, [CONTACTS], [LATER, HOURS]) == Earlier(
        HOURS, "Día y noche.", ANA, NOON
    )


def test_a_field_that_changed_twice_has_the_english_just_before(desk: EditorsDesk) -> None:
    desk.publish({CONTACTS: with_hours("Mornings.")})
    desk.save(CONTACTS, with_hours(LATER), ANA)
    found = history(desk).earlier(ES, LATER, [CONTACTS], [LATER])
    assert found is not None
    assert (found.english, found.text) == ("Mornings.", "")


def test_a_sentence_of_a_page_has_the_one_most_like_it_that_is_gone(desk: EditorsDesk) -> None:
    new = "Call us now"
    desk.save(PAGE, f"<p>{new}</p>", ANA)
    said = [new, ALONE, WRITE]
    assert history(desk).earlier(ES, new, [PAGE], said) == Earlier(CALL, "Call now in es", ANA, NOON)
    assert history(desk).earlier(ES, "Wear a seat belt", [PAGE], said) is None
    assert history(desk).earlier(ES, new, [PAGE], [*said, CALL]) is None, "what is still said became nothing"


def test_the_translation_of_an_earlier_package_is_found(desk: EditorsDesk) -> None:
    desk.shipped.releases.append({ES: 'msgid "Please call now"\nmsgstr "Por favor llame ahora"\n'})
    found = history(desk).earlier(ES, "Please call us now", [PAGE], ["Please call us now", CALL, ALONE])
    assert found is not None
    assert found.text == "Por favor llame ahora"


def test_a_translation_is_behind_when_english_was_reworded_after_it(desk: EditorsDesk) -> None:
    assert history(desk).behind(ES, CALL) is None
    say(desk, EN, {CALL: "Call today"}, ANA)
    assert history(desk).behind(ES, CALL) == Earlier(CALL, "Call now in es", ANA, NOON)
    assert history(desk).behind(EN, CALL) is None
    desk.clock.time += timedelta(minutes=1)
    say(desk, ES, {CALL: "Llame hoy"})
    assert history(desk).behind(ES, CALL) is None


def test_a_text_that_cannot_be_read_hides_no_other(desk: EditorsDesk) -> None:
    desk.publish({ES: "no catalog", CONTACTS: "{"})
    assert history(desk).last_change(ES, CALL).before == "Call now in es"
    assert history(desk).earlier(ES, HOURS, [CONTACTS], [HOURS]) is None
