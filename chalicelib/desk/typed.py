"""Normalized input of authenticator codes (TOTP) and first passwords.

People type and paste them in groups, with whatever stood around them.
"""

from __future__ import annotations

import re
import unicodedata

# First passwords are read out loud and typed by hand: no 0/O, 1/l/I, u/v.
FIRST_LETTERS = "abcdefghjkmnpqrstwxyz23456789"
FIRST_GROUPS, FIRST_GROUP = 5, 4

_LONGEST = 200
_BETWEEN = frozenset(".·•_,:;|/*\"'`´()[]{}<>+=~#\u2212")  # besides spaces, dashes and marks that do not show
_NOT_SHOWN = ("Cc", "Cf", "Zs", "Zl", "Zp")
_QUOTES = ("Pi", "Pf")
_GROUPED = "-".join([f"[{FIRST_LETTERS}]{{{FIRST_GROUP}}}"] * FIRST_GROUPS)
_FIRST = re.compile(rf"(?<![0-9a-z-]){_GROUPED}(?![0-9a-z-])")


def typed_digits(text: str, count: int) -> str:
    """Return the `count` digits of a code as it was typed, or "" when it can be none.

    Digits of every script are understood; spaces, dashes, quotes and points around them are dropped.
    A letter, or a digit too many, makes it no code: nothing is guessed.
    """
    digits = []
    for sign in text.strip()[:_LONGEST]:
        value = unicodedata.decimal(sign, None)
        if value is not None:
            digits.append(str(value))
        elif not _between(sign):
            return ""
    return "".join(digits) if len(digits) == count else ""


def typed_first_password(text: str) -> str:
    """Return a first password, normalized: without what stood around it in the mail, or came in when copied.

    Ours is found by its groups, in whatever dashes and capitals a phone made of it. Of any other only what
    surrounds it is dropped. Not for a password that somebody chose: that one counts as it was typed.
    """
    plain = unicodedata.normalize("NFKC", text[: 5 * _LONGEST]).lower()
    shown = "".join("-" if unicodedata.category(sign) == "Pd" or sign == "\u2212" else sign for sign in plain)
    joined = "".join(sign for sign in shown if unicodedata.category(sign) not in ("Cf", "Cc"))
    passwords = {*_FIRST.findall(joined), *_FIRST.findall(re.sub(r"\s+", "", shown))}
    if len(passwords) == 1:
        return str(passwords.pop())
    return _without_edges(text)


def _between(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category in (*_NOT_SHOWN, *_QUOTES, "Pd") or sign in _BETWEEN


def _without_edges(text: str) -> str:
    edges = "".join({sign for sign in text if sign.isspace() or unicodedata.category(sign) in _NOT_SHOWN})
    inner = text.strip(edges) if edges else text
    for left, right in (('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"), ("«", "»"), ("„", "“"), ("`", "`")):
        if len(inner) > 2 and inner.startswith(left) and inner.endswith(right):
            return inner[1:-1].strip(edges)
    return inner
