"""Phone numbers as people write them: read once into what is shown and what a phone dials (E.164).

A wrong number can cost a life, so nothing is guessed: what is not plainly one number is refused in words.
"""

from __future__ import annotations

import re

_AROUND = "\"'“”‘’ \t\u00a0\u200e\u200f\u202a\u202c\u2060\ufeff"
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | {"\u00a0": " ", "\u202f": " ", "/": "-"})
_EXTENSION = re.compile(r"[\s,;]*(?:ext(?:ension|n)?[.:]?|x|#)\s*([0-9]{1,7})$", re.IGNORECASE)
_ROUNDED = re.compile(r"[0-9][.,][0-9]+E\+?[0-9]+", re.IGNORECASE)
_SHOWN = re.compile(r"\+?[0-9()][0-9(). -]*")
_ON_KEYS = "ABC DEF GHI JKL MNO PQRS TUV WXYZ"
_KEYS = {
    letter: digit
    for digit, letters in zip("23456789", re.findall("[A-Z]+", _ON_KEYS), strict=True)
    for letter in letters
}
LONGEST_SHOWN = 40
_NOT_ONE = "it is not one phone number: write its digits, such as 209-555-0100"


def read_number(text: str) -> tuple[str, str, str]:
    """Return what is shown of a number, what is dialled, and its extension.

    Raises ValueError with a sentence that says what to write instead.
    """
    shown = text.strip(_AROUND).translate(_DASHES).removeprefix("tel:").strip()
    if _ROUNDED.fullmatch(shown):
        raise ValueError("a spreadsheet has rounded this number: format the column as text and type it again")
    extension = ""
    if found := _EXTENSION.search(shown):
        shown, extension = shown[: found.start()].rstrip(" ,;"), found[1]
    if any(letter.isalpha() for letter in shown):
        shown = _in_digits(shown)
    if len(shown) > LONGEST_SHOWN or not _SHOWN.fullmatch(shown):
        raise ValueError(_NOT_ONE)
    return shown, _dialled(shown), extension


def _in_digits(shown: str) -> str:
    """Return a number with letters, 1-800-555-HELP, in the digits of a phone's keys."""
    digits = "".join(_KEYS.get(one, one) for one in shown.upper())
    plain = "".join(one for one in digits if one.isdigit())
    if not re.fullmatch(r"[0-9A-Za-z() .-]+", shown) or not re.fullmatch(r"1?[2-9][0-9]{9}", plain):
        raise ValueError("it has letters: write digits")
    national = plain[-10:]
    start = "1-" if len(plain) == 11 else ""
    return f"{start}{national[:3]}-{national[3:6]}-{national[6:]}"


def _dialled(shown: str) -> str:
    digits = "".join(one for one in shown if one in "0123456789")
    if shown.startswith("+"):
        if not 8 <= len(digits) <= 15 or (digits[0] == "1" and len(digits) != 11):
            raise ValueError("it has the wrong number of digits")
        if digits[0] == "1":
            _free_of_charge(digits[1:])
        return f"+{digits}"
    if re.fullmatch(r"1?[2-9][0-9]{9}", digits):
        return f"+1{_free_of_charge(digits[-10:])}"
    if 3 <= len(digits) <= 6 and digits[0] != "0":
        return digits
    if len(digits) == 7:
        raise ValueError("it has no area code: write all ten digits")
    if len(digits) in (10, 11) and digits[0] == "0":
        raise ValueError("it is a number of another country: write it with + and that country's code")
    raise ValueError(_NOT_ONE if len(digits) > 11 else "it has the wrong number of digits")


def _free_of_charge(national: str) -> str:
    """Return a number of ten digits; those that take money for a call are refused."""
    if national.startswith("900") or national[3:6] == "976":
        raise ValueError("it takes money from whoever calls it (900, 976): no service here does")
    return national
