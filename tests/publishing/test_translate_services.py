"""Sentences of a service in other languages, typed at the desk beside the English that they are of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.publishing.edit_services import seen_as
from chalicelib.publishing.forms import FormConflict, FormInvalid, Typed
from chalicelib.publishing.service_words import parts_of
from chalicelib.publishing.translate_services import form_of, left_of, sentences_of
from chalicelib.shared.errors import EntryMissing
from tests.publishing.test_edit_services import ANA, BEDS, MEAL, Editing

PLAIN = replace(MEAL, in_other={})
SPANISH = {"what": ["Una comida caliente."]}


def translate(editing: Editing, service: str, language: str, seen: str = "", **typed: list[str]) -> None:
    seen = seen or seen_as(editing.now(service))
    editing.services.translate("town", service, language, Typed(typed), seen, ANA)


def test_a_form_has_what_there_is_to_translate_with_its_english_and_the_name_last() -> None:
    form = form_of(PLAIN, "es")
    assert [one.name for one in form] == sentences_of(PLAIN)
    assert [one.name for one in form][-1] == "name"
    assert {one.language for one in form} == {"es"}
    assert next(one.hint for one in form if one.name == "what") == PLAIN.what


def test_what_is_typed_is_a_draft_in_that_language_alone_and_what_is_empty_has_none() -> None:
    editing = Editing(PLAIN)
    left = left_of(PLAIN, "es")
    translate(editing, PLAIN.id, "es", what=["Una  comida\ncaliente."], name=[""])
    translate(editing, PLAIN.id, "hmn", what=["Ib pluag mov sov."])
    now = editing.now(PLAIN.id)
    assert now.in_other == {"es": {"what": "Una comida caliente."}, "hmn": {"what": "Ib pluag mov sov."}}
    assert left_of(now, "es") == left - 1
    assert replace(now, in_other={}) == PLAIN  # also its confirmation, which is of the English
    translate(editing, PLAIN.id, "es", what=[" "])
    assert editing.now(PLAIN.id).in_other == {"hmn": {"what": "Ib pluag mov sov."}}


def test_a_street_of_a_hidden_service_is_refused_in_any_language() -> None:
    editing = Editing(BEDS)
    with pytest.raises(FormInvalid) as refusal:
        translate(editing, BEDS.id, "es", what=["Venga a 77 Hidden Lane."])
    assert refusal.value.problems.keys() == {"what"}
    assert editing.now(BEDS.id) == BEDS


def test_what_somebody_else_saved_meanwhile_is_not_written_over() -> None:
    editing = Editing(PLAIN)
    seen = seen_as(PLAIN)
    translate(editing, PLAIN.id, "es", **SPANISH)
    with pytest.raises(FormConflict) as conflict:
        translate(editing, PLAIN.id, "es", seen, what=["Comida."])
    assert conflict.value.theirs.text("what") == "Una comida caliente."


@pytest.mark.parametrize("language", ["en", "xx", ""])
def test_a_language_that_the_site_has_not_is_missing(language: str) -> None:
    with pytest.raises(EntryMissing):
        translate(Editing(PLAIN), PLAIN.id, language, **SPANISH)


def test_a_changed_translation_is_told_in_words() -> None:
    assert parts_of("in_other", {"es": {"what": "Comida."}}) == ["Español: What they do: Comida."]
