"""A code and a first password are taken as they stand in a mail, on a phone and in other digits."""

import pytest

from chalicelib.desk.typed import typed_digits, typed_first_password

FIRST = "abcd-efgh-jkmn-pqrs-2345"


@pytest.mark.parametrize(
    "typed",
    [
        "123456",
        " 123 456\r\n",
        "123-456",
        "12-34-56",
        "123\u2013456",  # a dash between numbers
        "123\u2011456",  # a dash that does not break
        "123\u2212456",  # a minus
        "123.456",
        "\u00a0123\u202f456\u00a0",
        "\u200e123456\u200f",
        "\ufeff123456",
        "“123456”",
        "１２３４５６",
        "１２３－４５６",
        "١٢٣٤٥٦",  # Arabic-Indic
        "۱۲۳۴۵۶",  # Persian
        "੧੨੩੪੫੬",  # Gurmukhi
        "១២៣៤៥៦",  # Khmer
        "१२३ ४५६",  # Devanagari
        "𝟏𝟐𝟑𝟒𝟓𝟔",
    ],
)
def test_six_digits_are_read_however_they_come(typed: str) -> None:
    assert typed_digits(typed, 6) == "123456"


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "123a456", "abcdef", "12345²", "①②③④⑤⑥", "一二三四五六", "9" * 500]
)
def test_what_is_not_six_digits_is_no_code(typed: str) -> None:
    assert typed_digits(typed, 6) == ""


@pytest.mark.parametrize(
    "typed",
    [
        FIRST,
        f"    {FIRST}\n",
        f"\t{FIRST}\r\n\r\n",
        f"\u00a0\u2003{FIRST}\u00a0",
        f'"{FIRST}"',
        f"“{FIRST}”",
        f"> {FIRST}",
        f"\u200b{FIRST}\ufeff",
        FIRST.capitalize(),
        FIRST.upper(),
        FIRST.replace("-", "\u2011"),
        FIRST.replace("-", "\u2013"),
        FIRST.replace("-", " - "),
        "abcd-efgh-\n    jkmn-pqrs-2345",
        f"password {FIRST}.",
    ],
)
def test_a_first_password_is_taken_as_it_stands_in_the_mail(typed: str) -> None:
    assert typed_first_password(typed) == FIRST


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("  kX9$ tQ7-a\n", "kX9$ tQ7-a"),
        ('"kX9$tQ7a"', "kX9$tQ7a"),
        ("'half quoted", "'half quoted"),
        ("", ""),
        ("   ", ""),
        ("Straße-١٢٣", "Straße-١٢٣"),
    ],
)
def test_of_another_first_password_only_what_is_around_it_goes(typed: str, taken: str) -> None:
    assert typed_first_password(typed) == taken
