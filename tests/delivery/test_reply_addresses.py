"""Reply addresses: typed off paper, mistyped, guessed."""

from __future__ import annotations

import pytest

from chalicelib.delivery.reply_addresses import read_token, reply_token

SECRET = b"s" * 32
TOKEN = reply_token(SECRET, "report-" + "0" * 32, "police")
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def test_a_token_is_the_same_each_time_and_another_for_each_report_recipient_and_secret() -> None:
    assert reply_token(SECRET, "report-" + "0" * 32, "police") == TOKEN
    others = {
        reply_token(SECRET, "report-" + "1" * 32, "police").text,
        reply_token(SECRET, "report-" + "0" * 32, "county").text,
        reply_token(b"t" * 32, "report-" + "0" * 32, "police").text,
    }
    assert len({TOKEN.text, *others}) == 4
    assert len(TOKEN.text) == 19
    assert TOKEN.text not in TOKEN.hashed()


def test_what_was_made_is_read_however_it_is_typed() -> None:
    assert read_token(TOKEN.text) == TOKEN
    assert read_token(TOKEN.text.upper()) == TOKEN
    assert read_token(f"'{TOKEN.text}'") == TOKEN
    assert read_token(TOKEN.text + "+caf_=somebody") == TOKEN
    typed = TOKEN.text[2:].replace("0", "o").replace("1", "l").replace("v", "u")
    assert read_token("R-" + typed) == TOKEN


def test_each_wrong_character_and_each_swap_of_neighbours_is_found() -> None:
    body = TOKEN.text[2:]
    wrong = [
        body[:at] + letter + body[at + 1 :]
        for at in range(len(body))
        for letter in LETTERS
        if letter != body[at]
    ]
    wrong += [
        body[:at] + body[at + 1] + body[at] + body[at + 2 :]
        for at in range(len(body) - 1)
        if body[at] != body[at + 1]
    ]
    for typed in wrong:
        token = read_token("r-" + typed)
        assert token is not None, typed
        assert token.mistyped, typed


def test_a_missing_or_an_extra_character_is_a_slip_and_no_guess() -> None:
    body = TOKEN.text[2:]
    for typed in (body[1:], body[:-1], body[:5] + body[6:], body + "7"):
        token = read_token("r-" + typed)
        assert token is not None
        assert token.mistyped


@pytest.mark.parametrize(
    "text", ["", "desk", "r-", "r-abc", "postmaster", "r-" + "a" * 40, "röntgen-abc", "r-...."]
)
def test_what_is_nothing_like_a_token_is_none(text: str) -> None:
    assert read_token(text) is None
