"""Signed tokens: what we signed comes back whole, and nothing else is taken for it."""

from __future__ import annotations

import base64

import pytest

from chalicelib.shared.signed_tokens import MarkKind, TokenForged, TokenKind

KEY, OTHER = b"k" * 32, b"o" * 32
KIND = TokenKind(b"a test", 5, 16)
MARK = MarkKind(b"a mark", 16)


def test_what_was_signed_comes_back():
    token = KIND.sign(KEY, b"hello")
    assert KIND.verify(KEY, token) == KIND.unverified(token) == b"hello"
    assert len(base64.urlsafe_b64decode(token)) == 5 + 16


def test_every_changed_bit_is_noticed():
    raw = base64.urlsafe_b64decode(KIND.sign(KEY, b"hello"))
    for at in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(TokenForged):
            KIND.verify(KEY, base64.urlsafe_b64encode(changed).decode("ascii"))


@pytest.mark.parametrize(
    "odd",
    ["", "A", "é" * 28, "hello", "====", "\x00" * 28, "A" * 27 + "\n", "A" * 4000, " " + "A" * 28, "\ud800"],
)
def test_what_is_no_token_is_refused_and_not_quoted(odd):
    for read in (lambda: KIND.verify(KEY, odd), lambda: KIND.unverified(odd)):
        with pytest.raises(TokenForged) as refused:
            read()
        assert not odd or odd not in str(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_neither_another_key_nor_another_kind_fits():
    token = KIND.sign(KEY, b"hello")
    for key, kind in ((OTHER, KIND), (KEY, TokenKind(b"another", 5, 16)), (KEY, TokenKind(b"a test", 6, 15))):
        with pytest.raises(TokenForged):
            kind.verify(key, token)
    assert not MarkKind(b"another", 16).fits(KEY, "hello", MARK.sign(KEY, "hello"))


def test_a_content_of_another_length_is_not_signed():
    with pytest.raises(ValueError, match="5 bytes"):
        KIND.sign(KEY, b"hello!")


def test_a_mark_fits_its_text_and_no_other():
    mark = MARK.sign(KEY, "texto ñ \ud800")
    assert MARK.fits(KEY, "texto ñ \ud800", mark)
    for text, given in (
        ("texto n", mark),
        ("texto ñ \ud800", mark + "="),
        ("texto ñ \ud800", ""),
        ("x", "é"),
    ):
        assert not MARK.fits(KEY, text, given)


def test_the_bytes_are_those_of_the_release_before():
    # A form that is open while a release goes live must be taken, and nobody at the desk lose a form.
    from datetime import UTC, datetime

    from chalicelib.desk.web import cookies
    from chalicelib.reporting import form_tokens

    now = datetime(2026, 11, 28, tzinfo=UTC)
    token = "AaIfc5wAbm5ubm5ubm5ubm5ubm5ubuOEkWCOpxDjcI2sb17emnI="
    assert form_tokens.make_token(KEY, now, b"n" * 16) == token
    assert form_tokens.came_back(KEY, token, "ZtAHmJfRq9LawYKhj9G63A")
    csrf = "bm5ubm5ubm5ubm5ubm5ubnTWTQz1yUscEGoq3xrfboN0eAR_nyMeY0BshNJ0Wtyh"
    assert cookies.form_token("secret", b"n" * 16) == csrf
