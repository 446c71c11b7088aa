"""A sentence is found by what somebody sees on the page, not by how a file has it."""

from __future__ import annotations

import pytest

from chalicelib.publishing.seen_words import (
    ALL_OF_IT,
    IN_IT,
    WORDS_OF_IT,
    Steps,
    asked,
    fit,
    fits_number,
    place_names,
)

PLACES = place_names(["Los Banos", "Merced County"], [{"Merced County": "Condado de Merced"}])
CALL = "To talk to someone, day or night: %(number)s"
PLACE = "This page is for %(place)s."
READ = "We read these numbers on public pages on %(date)s. No person has called to check them yet."
TEXT = "Text %(word)s to %(number)s"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("To talk to someone, day or night: 1-888-373-7888", CALL),
        ("day or night: 1-888", CALL),
        ("to talk to someone", CALL),
        ("night: [the phone number]", CALL),
        ("This page is for Los Banos.", PLACE),
        ("page is for los ban", PLACE),
        ("for Merced County", PLACE),
        ("public pages on November 25, 2026. No person has", READ),
        ("on Nov 25, 2026. No person", READ),
        ("Text HELP to 233733", TEXT),
        ("Call 911", "Call %(number)s"),
        ("Call (209) 827-7070", "Call %(number)s"),
        ("friend's phone", "Use a friend’s phone if you can."),
        ("friend’s PHONE", "Use a friend's phone if you can."),
        ("  24 hours -  call", "24 hours – call"),
        ("“Hello”", 'Say "hello" first'),
        ("Llame al 1-888-373-7888 a", "Llame al %(number)s a toda hora"),
        ("condado de merced", "Esta página es para el Condado de Merced"),
        ("Leave this page now. This button opens", "Leave this page now."),
    ],
)
def test_it_is_found(typed: str, sentence: str) -> None:
    assert fit(asked(typed), sentence, sentence, PLACES) >= IN_IT


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", CALL),
        ("   ", CALL),
        ("1-888-373-7888", CALL),
        ("911", "Call %(number)s"),
        ("Los Banos", PLACE),
        ("This page is for everybody.", PLACE),
        ("Call the police", "Call %(number)s"),
        ("something else entirely", READ),
        ("November 25, 2026", "%(month)s %(day)s, %(year)s"),
        ("xyz", "Leave"),
    ],
)
def test_it_is_not_found(typed: str, sentence: str) -> None:
    assert fit(asked(typed), sentence, sentence, PLACES) == 0


def test_the_whole_sentence_comes_before_a_part_and_that_before_its_words() -> None:
    assert fit(asked("leave this page"), "Leave this page") == ALL_OF_IT
    assert fit(asked("this page"), "Leave this page") == IN_IT
    assert fit(asked("page leave"), "Leave this page") == WORDS_OF_IT


def test_signs_that_nobody_sees_do_not_matter() -> None:
    assert fit(asked("call\u200e now"), "Call \u2068now\u2069") == ALL_OF_IT


@pytest.mark.parametrize(
    "typed", ["209-722-4357", "(209) 722 4357", "2097224357", "+1 209 722 4357", "722-4357"]
)
def test_a_number_is_found_however_it_is_written(typed: str) -> None:
    assert fits_number(asked(typed), "209-722-4357")


@pytest.mark.parametrize("typed", ["20", "209-722-9999", "call 209-722-4357", ""])
def test_another_number_is_not(typed: str) -> None:
    assert not fits_number(asked(typed), "209-722-4357")


def test_a_long_search_is_cut_off_and_ends() -> None:
    text = "%(a)s %(b)s %(c)s %(d)s " * 4
    assert fit(asked("a b " * 5000), text) == 0


def test_a_search_takes_no_more_steps_than_it_has_whatever_the_texts_are() -> None:
    wanted = asked("a" * 200)
    bomb = "a%(w)sa%(x)sa%(y)sa%(z)sa%(q)sa%(r)sa" + "b" * 100
    steps = Steps(50_000)
    assert not any(fit(wanted, bomb, bomb, None, steps) for _ in range(1_000))
    assert -20_000 < steps.left <= 0, "each sentence after the last step is compared by its own words"
    assert fit(asked("Call now"), "Call now", "Call now", None, steps) == ALL_OF_IT
    many = frozenset(f"place {number}" for number in range(10_000))
    steps = Steps(50_000)
    fit(asked("it is for place 1"), "It is for %(place)s", "It is for %(place)s", many, steps)
    assert steps.left < 50_000 - 60 * 100, "places that are looked through cost more"
