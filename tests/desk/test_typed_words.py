"""What was typed into a form is kept, and what must not be is not."""

from __future__ import annotations

from chalicelib.desk.web.typed_words import kept, words

KEY = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nabcd\n-----END PGP PRIVATE KEY BLOCK-----"


def test_passwords_codes_and_keys_are_kept_nowhere() -> None:
    fields = {"password": ["a long pass phrase"], "again": ["a long pass phrase"], "code": ["12 34 56"]}
    fields |= {"csrf": ["x" * 60], "key": [f"see {KEY}"], "why": ["two words"]}
    assert words(fields)[-1] == "two words"
    assert [name for name, _ in kept(fields)] == ["key", "why"]
    assert "abcd" not in str(kept(fields)) + str(words(fields))


def test_words_are_what_somebody_would_not_type_once_more() -> None:
    fields = {
        "revision": ["7"],
        "seen": ["0" * 16],
        "what": ["Help by phone.", "Help by phone."],
        "k": ["z" * 41],
    }
    assert words(fields) == ["Help by phone.", "z" * 41]
