"""A phone number is read once, as people write it, and never guessed."""

from __future__ import annotations

import pytest

from chalicelib.directory.phone_numbers import read_number

READ = {
    "209-555-0100": ("209-555-0100", "+12095550100", ""),
    "(209) 555-0100": ("(209) 555-0100", "+12095550100", ""),
    "2095550100": ("2095550100", "+12095550100", ""),
    "1-800-555-0100": ("1-800-555-0100", "+18005550100", ""),
    "+1 209 555 0100": ("+1 209 555 0100", "+12095550100", ""),
    "+44 1234 234567": ("+44 1234 234567", "+441234234567", ""),
    '"+44 1234 234567"': ("+44 1234 234567", "+441234234567", ""),
    "tel:+12095550100": ("+12095550100", "+12095550100", ""),
    "209–555–0100": ("209-555-0100", "+12095550100", ""),
    "209/555-0100": ("209-555-0100", "+12095550100", ""),
    "209\u00a0555\u00a00100": ("209 555 0100", "+12095550100", ""),
    "209-555-0100 ext. 12": ("209-555-0100", "+12095550100", "12"),
    "209-555-0100 x012": ("209-555-0100", "+12095550100", "012"),
    "209-555-0100, extension 7": ("209-555-0100", "+12095550100", "7"),
    "1-800-555-HELP": ("1-800-555-4357", "+18005554357", ""),
    "911": ("911", "911", ""),
    "233733": ("233733", "233733", ""),
}


@pytest.mark.parametrize("text", READ)
def test_a_number_is_read_as_it_is_written(text):
    assert read_number(text) == READ[text]


@pytest.mark.parametrize("text", READ)
def test_what_is_shown_is_read_as_the_same_number(text):
    show, value, _ = READ[text]
    assert read_number(show) == (show, value, "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not one phone number"),
        ("call us", "letters"),
        ("555-0100", "area code"),
        ("2.0956E+09", "rounded"),
        ("209-555-0100 209-555-0101", "not one phone number"),
        ("209-555-010", "number of digits"),
        ("109-555-0100", "number of digits"),
        ("01234 234567", "another country"),
        ("+1 555", "number of digits"),
        ("٢٠٩-٥٥٥-٠١٠٠", "not one phone number"),
        ("12", "number of digits"),
        ("800-FLOWERS-NOW-AND-THEN", "letters"),
        ("-", "not one phone number"),
        ("1-900-555-0100", "takes money"),
        ("+1 900 555 0100", "takes money"),
        ("(209) 976-0100", "takes money"),
    ],
)
def test_what_is_not_plainly_one_number_is_refused_in_words(text, says):
    with pytest.raises(ValueError, match=says):
        read_number(text)
