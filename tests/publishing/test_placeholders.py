"""What the site fills in: shown under its name, turned back when it is saved, and never lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.directory.adapters.shipped_content import CATALOGS
from chalicelib.pages.po_files import read_po
from chalicelib.publishing.placeholders import PLACEHOLDER, name_of, names, pieces, read_typed, shown

CALL = "Call %(number)s"
TEXT = "Text %(word)s to %(number)s"
SHIPPED = [
    (file.parent.parent.name, entry)
    for file in sorted(Path(CATALOGS).rglob("*.po"))
    for entry in read_po(file.read_text(encoding="utf-8"))
    if entry.source and PLACEHOLDER.search(entry.source)
]


def test_a_placeholder_stands_under_its_name() -> None:
    assert shown("Llame al %(number)s", CALL) == "Llame al [the phone number]"
    assert shown(TEXT, TEXT) == "Text [the word to text] to [the phone number]"


def test_every_placeholder_that_ships_has_a_name_in_words() -> None:
    assert len(SHIPPED) > 100
    for _, entry in SHIPPED:
        called = names(entry.source)
        assert all(name != placeholder and "_" not in name for placeholder, name in called.items())
        assert len(set(called.values())) == len(called)


def test_every_text_that_ships_comes_back_as_it_was() -> None:
    for locale, entry in SHIPPED:
        assert read_typed(shown(entry.text, entry.source), entry.source) == (entry.text, ()), (locale, entry)


@pytest.mark.parametrize(
    "typed",
    [
        "Llame al [the phone number]",
        "Llame al [The  Phone number]",
        "Llame al %(number)s",
        "[the phone number]",
    ],
)
def test_a_name_is_turned_back(typed: str) -> None:
    text, faults = read_typed(typed, CALL)
    assert PLACEHOLDER.findall(text) == ["number"]
    assert faults == ()


def test_an_apostrophe_may_be_straight() -> None:
    source = "This page is for %(place)s."
    assert read_typed("Para [the place's name].", source) == ("Para %(place)s.", ())


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Llame", "[the phone number] is missing"),
        ("Llame al 911", "[the phone number] is missing"),
        ("[the phone number] [the phone number]", "more often than in English"),
        ("Llame al [the phone number] de [the town]", "does not know [the town]"),
        ("Llame al [the phone numbr]", "does not know [the phone numbr]"),
        ("Llame al [the phone number", "A bracket is left open"),
        ("Llame al the phone number]", "A bracket is left open"),
        ("Llame al [the phone number] el %(day)s", "nothing to fill in for “the day”"),
        ("Llame al [the phone number], 100%", "per cent"),
        ("Llame al %(number)d", "per cent"),
        ("Llame al %(number) s", "per cent"),
    ],
)
def test_what_is_lost_doubled_or_made_up_is_told(typed: str, told: str) -> None:
    assert any(told in fault for fault in read_typed(typed, CALL)[1])


def test_all_faults_are_told_at_once() -> None:
    assert len(read_typed("[a] [b] 5%", TEXT)[1]) == 5


def test_an_empty_text_is_right() -> None:
    assert read_typed(" \n", CALL) == (" \n", ())


def test_a_sentence_may_have_brackets_of_its_own() -> None:
    source = "Call [sic] %(number)s"
    assert read_typed("Llame [sic] al [the phone number]", source) == ("Llame [sic] al %(number)s", ())
    assert read_typed("Llame [no] al [the phone number]", "Call %(number)s")[1]


def test_words_that_look_like_a_name_stay_words() -> None:
    source = "Call [the phone number] or %(number)s"
    assert read_typed(shown(source, source), source) == (source, ())
    assert pieces(source, source) == [
        ("Call ", False), ("[the phone number]", False), (" or ", False),
        ("the phone number, filled in", True),
    ]  # fmt: skip


def test_pieces_say_what_is_filled_in() -> None:
    assert pieces("Llame al %(number)s.", CALL) == [
        ("Llame al ", False), ("the phone number", True), (".", False),
    ]  # fmt: skip
    assert pieces("Leave", "Leave") == [("Leave", False)]


def test_a_placeholder_of_an_editor_has_a_name_too() -> None:
    assert name_of("opening_hours") == "opening hours"


def test_the_faults_have_no_word_of_a_programmer() -> None:
    for typed in ("x", "[a]", "%(day)s [the phone number", "[the phone number] [the phone number] %"):
        for fault in read_typed(typed, CALL)[1]:
            assert not any(word in fault for word in ("%(", "placeholder", "catalog", "template"))
