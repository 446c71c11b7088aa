"""Receipt codes: twenty digits, the last of which is a check digit and finds slips."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reporting.receipts import (
    check_digit,
    in_groups,
    read_code,
    receipt_code,
)

NONCE = bytes(16)
CODE = receipt_code(b"secret", NONCE, b"sent")
digits = st.text("0123456789", min_size=19, max_size=19)


def test_a_code_has_twenty_digits_and_completes_itself() -> None:
    assert len(CODE) == 20
    assert CODE.isdecimal()
    assert check_digit(CODE[:-1]) == CODE[-1]


def test_the_check_digit_is_damms() -> None:
    assert check_digit("572") == "4"  # his own example


def test_the_same_sending_gives_the_same_code_and_any_other_another() -> None:
    assert receipt_code(b"secret", NONCE, b"sent") == CODE
    others = {
        receipt_code(b"Secret", NONCE, b"sent"),
        receipt_code(b"secret", bytes(15) + b"\1", b"sent"),
        receipt_code(b"secret", NONCE, b"sent!"),
        receipt_code(b"secret", NONCE + b"s", b"ent"),
    }
    assert len(others) == 4
    assert CODE not in others


def test_codes_are_spread_evenly() -> None:
    codes = [receipt_code(b"secret", number.to_bytes(16, "big"), b"") for number in range(2000)]
    assert len(set(codes)) == 2000
    for place in range(20):
        counts = [sum(code[place] == digit for code in codes) for digit in "0123456789"]
        assert min(counts) > 140
        assert max(counts) < 270


@given(digits)
def test_what_is_shown_is_read_back(start: str) -> None:
    code = start + check_digit(start)
    assert read_code(" ".join(in_groups(code))) == code
    assert [len(group) for group in in_groups(code)] == [4] * 5


@given(digits, st.integers(0, 19), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(start: str, place: int, by: int) -> None:
    code = start + check_digit(start)
    wrong = code[:place] + str((int(code[place]) + by) % 10) + code[place + 1 :]
    assert read_code(wrong) is None


@given(digits, st.integers(0, 18))
def test_every_swap_of_neighbours_is_found(start: str, place: int) -> None:
    code = start + check_digit(start)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert read_code(swapped) == (code if code == swapped else None)


@pytest.mark.parametrize("between", ["", " ", "-", ".", "\u00a0", "\n", " – ", "\u200f"])
def test_marks_between_digits_do_not_matter(between: str) -> None:
    assert read_code(between.join(CODE)) == CODE
    assert read_code(f"  {CODE}\r\n") == CODE


@pytest.mark.parametrize("zero", ["٠", "۰", "०", "੦", "០", "０"])
def test_digits_of_any_script_are_understood(zero: str) -> None:
    assert read_code("".join(chr(ord(zero) + int(digit)) for digit in CODE)) == CODE


@pytest.mark.parametrize("typed", ["", " ", CODE[:-1], CODE + "0", "O" + CODE[1:], "code " + CODE, "²" * 20])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert read_code(typed) is None


@given(st.text(max_size=400))
def test_whatever_is_typed_is_a_code_or_none(typed: str) -> None:
    code = read_code(typed)
    assert code is None or (len(code) == 20 and code.isascii() and code.isdecimal())
