"""A form's signed token says when it was made, is ours alone, and is good for a day."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reporting.errors import FormExpired
from chalicelib.reporting.form_tokens import (
    HASTY,
    LIFETIME,
    came_back,
    make_token,
    read_token,
    returned_stamps,
    says_it_may_stay,
)
from tests.support.fakes import NOON

SECRET = b"secret"
NONCE = bytes(range(16))
MILLISECOND = timedelta(milliseconds=1)
TOKEN = make_token(SECRET, NOON, NONCE)


def refused(token: str, secret: bytes = SECRET, after: timedelta = timedelta(minutes=1)) -> FormExpired:
    """Return why a token is refused."""
    with pytest.raises(FormExpired) as expired:
        read_token(secret, token, NOON + after)
    return expired.value


@given(st.binary(min_size=16, max_size=16), st.integers(0, 10**12))
def test_a_token_says_when_it_was_made_and_its_nonce(nonce: bytes, milliseconds: int) -> None:
    made_at = NOON + milliseconds * MILLISECOND
    token = make_token(SECRET, made_at, nonce)
    assert read_token(SECRET, token, made_at) == (made_at, nonce)
    assert token.isascii()
    assert set('"&<>+ %') & set(token) == set()


def test_a_token_is_good_for_a_day_and_not_a_millisecond_longer() -> None:
    assert read_token(SECRET, TOKEN, NOON + LIFETIME).nonce == NONCE
    refused(TOKEN, after=LIFETIME + MILLISECOND)


def test_a_token_from_a_clock_a_little_ahead_is_good_and_one_from_the_future_is_not() -> None:
    assert read_token(SECRET, TOKEN, NOON - timedelta(minutes=2)).nonce == NONCE
    refused(TOKEN, after=-timedelta(minutes=2) - MILLISECOND)


def test_a_token_that_another_secret_signed_is_refused() -> None:
    refused(TOKEN, secret=b"another")


def test_a_token_changed_anywhere_is_refused() -> None:
    raw = base64.urlsafe_b64decode(TOKEN)
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= 1
        refused(base64.urlsafe_b64encode(changed).decode())
    for length in range(len(raw)):
        refused(base64.urlsafe_b64encode(raw[:length]).decode())
    refused(base64.urlsafe_b64encode(raw + b"\0").decode())


@given(st.text(max_size=100))
def test_anything_else_is_refused_without_being_quoted(text: str) -> None:
    refusal = refused(text)
    assert str(refusal) in ("the token is not one", "the token is not ours")
    assert refusal.__cause__ is None


def test_a_form_is_hasty_for_three_seconds() -> None:
    token = read_token(SECRET, TOKEN, NOON)
    assert token.hasty(NOON)
    assert token.hasty(NOON + HASTY - MILLISECOND)
    assert not token.hasty(NOON + HASTY)


def test_a_nonce_of_another_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="22 bytes"):
        make_token(SECRET, NOON, b"short")


def test_a_form_that_came_back_is_never_hasty_and_stays_one_form() -> None:
    for age in (timedelta(0), MILLISECOND, HASTY - MILLISECOND, HASTY, LIFETIME, LIFETIME + MILLISECOND):
        now = NOON + age
        token, mark = returned_stamps(SECRET, TOKEN, now, b"another nonce 16")
        content = read_token(SECRET, token, now)
        assert content.nonce == NONCE
        assert not content.hasty(now) or came_back(SECRET, token, mark)
        assert (token == TOKEN) == (age <= LIFETIME)
        assert bool(mark) == (age < HASTY)


def test_a_form_from_a_clock_that_was_set_back_is_taken_when_it_comes_again() -> None:
    now = NOON - timedelta(days=1)
    token, _ = returned_stamps(SECRET, TOKEN, now, b"another nonce 16")
    assert not read_token(SECRET, token, now).hasty(now)


def test_an_old_token_is_made_so_that_no_machines_clock_finds_it_hasty() -> None:
    now = NOON + 2 * LIFETIME
    token, _ = returned_stamps(SECRET, TOKEN, now, b"another nonce 16")
    assert not read_token(SECRET, token, now - timedelta(minutes=2)).hasty(now - timedelta(minutes=2))


@pytest.mark.parametrize("token", ["", "forged", "A" * 52, TOKEN[:-2] + "AA", "ñ"])
def test_a_form_whose_token_cannot_be_read_comes_back_with_one_that_is_not_hasty(token: str) -> None:
    nonce = b"another nonce 16"
    content, mark = returned_stamps(SECRET, token, NOON, nonce)
    assert (read_token(SECRET, content, NOON).nonce, mark) == (nonce, "")
    assert not read_token(SECRET, content, NOON).hasty(NOON)


@pytest.mark.parametrize("mark", ["", "A" * 22, "ñ", "\ud800", TOKEN])
def test_a_mark_that_is_not_ours_or_anothers_says_nothing(mark: str) -> None:
    _, ours = returned_stamps(SECRET, TOKEN, NOON, NONCE)
    assert came_back(SECRET, TOKEN, ours)
    assert not came_back(SECRET, TOKEN, mark)
    assert not came_back(b"another", TOKEN, ours)
    assert not came_back(SECRET, make_token(SECRET, NOON, b"another nonce 16"), ours)


@given(st.text(max_size=60))
def test_what_a_token_says_of_itself_is_believed_only_as_far_as_it_can_be_read(text: str) -> None:
    assert not says_it_may_stay(text, NOON)
    assert says_it_may_stay(TOKEN, NOON + HASTY)
    assert not says_it_may_stay(TOKEN, NOON)
