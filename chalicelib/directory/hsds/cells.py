"""Cells of the flat sheet (CSV): lists, phones and flags, written, and read from a clerk's hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from chalicelib.directory.phone_numbers import read_number
from chalicelib.directory.services import ACTIVE, PAUSED, RETIRED, Phone

_YES = ("yes", "y", "true", "1", "x", "si", "sí")
_NO = ("", "no", "n", "false", "0")
_KIND = re.compile(r"^(voice|phone|call|text|sms|tty|tdd|fax)\s*:\s*", re.IGNORECASE)
_KINDS = {"phone": "voice", "call": "voice", "sms": "text", "tdd": "tty"}
_LANGUAGES = re.compile(r"\s*\[([a-zA-Z, -]*)\]\s*$")
_APART = re.compile(r";|\s/\s|\s+or\s+|,\s*(?=\(?\d{3}[). -])", re.IGNORECASE)
_WITH_ZEROS = frozenset(("CT", "MA", "ME", "NH", "NJ", "RI", "VT", "PR", "VI"))
_DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%Y/%m/%d")

_STATUS_WORDS = {
    "": ACTIVE, "active": ACTIVE, "open": ACTIVE, "yes": ACTIVE, "true": ACTIVE, "y": ACTIVE,
    "inactive": RETIRED, "closed": RETIRED, "no": RETIRED, "false": RETIRED, "n": RETIRED, "defunct": RETIRED,
    "retired": RETIRED, "paused": PAUSED, "temporarily closed": PAUSED, "on hold": PAUSED,
}  # fmt: skip
_COUNTRIES = {
    "usa": "US",
    "united states": "US",
    "united states of america": "US",
    "u.s.": "US",
    "u.s.a.": "US",
}


def list_cell(texts: Sequence[str]) -> str:
    """Return texts as one cell, a line each; `read_list` gives them back."""
    # A semicolon parts texts where there is no second line: a last, empty line says that there is one.
    return "\n".join(texts) + ("\n" if len(texts) == 1 and ";" in texts[0] else "")


def read_list(cell: str, commas: bool = False) -> tuple[str, ...]:
    """Return the texts of a cell: a line each, or parted by semicolons, or else by commas if allowed."""
    if "\n" in cell:
        parts = cell.split("\n")
    else:
        parts = re.split(r"[;,]" if commas and ";" not in cell else ";", cell)
    return tuple(dict.fromkeys(one for one in (" ".join(part.split()) for part in parts) if one))


def phone_cell(phones: Iterable[Phone]) -> str:
    """Return phones as one cell, a line each: "text: 233733 x12 [en, es] | say HELP"."""
    return "\n".join(_phone_line(one) for one in phones)


def _phone_line(phone: Phone) -> str:
    kind = "" if phone.kind == "voice" else f"{phone.kind}: "
    extension = f" x{phone.extension}" if phone.extension else ""
    languages = f" [{', '.join(phone.languages)}]" if phone.languages else ""
    note = f" | {phone.note}" if phone.note else ""
    return f"{kind}{phone.show}{extension}{languages}{note}"


def read_phones(cell: str, usual: str = "voice") -> list[Phone]:
    """Return the phones of a cell, each of the `usual` kind unless it says another.

    Raises ValueError, in words.
    """
    # Within a line of ours a semicolon may stand in a note.
    lines = cell.split("\n") if "\n" in cell or " | " in cell else _APART.split(cell)
    return [_phone(line.strip(), usual) for line in lines if line.strip(" -")]


def _phone(line: str, usual: str) -> Phone:
    number, _, note = line.partition(" | ")
    kind = usual
    if found := _KIND.match(number):
        word = found[1].lower()
        kind, number = _KINDS.get(word, word), number[found.end() :]
    languages: tuple[str, ...] = ()
    if found := _LANGUAGES.search(number):
        languages = tuple(one.strip() for one in found[1].split(",") if one.strip())
        number = number[: found.start()]
    if re.fullmatch(r"1?[2-9][0-9]{9}\.0", number.strip()):  # a column of numbers
        number = number.strip()[:-2]
    show, value, extension = read_number(number)
    return Phone(kind, show, value, extension, languages, " ".join(note.split()))


def read_flag(cell: str) -> bool:
    """Return whether a cell says yes. Raises ValueError, in words."""
    word = cell.strip().casefold()
    if word not in (*_YES, *_NO):
        raise ValueError("write yes or no")
    return word in _YES


def read_date(cell: str) -> date:
    """Return the day of a cell, as sheets in the United States write it. Raises ValueError, in words."""
    text = cell.strip().partition(" 00:00")[0].partition("T")[0]
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    raise ValueError("write the day as 2026-11-25")


def read_age(cell: str) -> int | None:
    """Return an age, or None for none. Raises ValueError, in words."""
    text = cell.strip().removesuffix(".0")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", text):
        raise ValueError("write an age in whole years, or leave it empty")
    return int(text)


def read_zip(cell: str, state: str = "", country: str = "US") -> str:
    """Return the ZIP of a cell, with the zeros that a spreadsheet took from its beginning.

    Only states in the north-east, and islands, have such. Raises ValueError, in words; of another country any
    text is taken.
    """
    text = cell.strip().removesuffix(".0")
    if country != "US" or not text:
        return text
    if re.fullmatch(r"[0-9]{3,4}", text) and (len(state) != 2 or state.upper() in _WITH_ZEROS):
        return text.zfill(5)
    if re.fullmatch(r"[0-9]{9}", text):
        return f"{text[:5]}-{text[5:]}"
    if not re.fullmatch(r"[0-9]{5}(-[0-9]{4})?", text):
        raise ValueError("it is no ZIP: write its five digits, such as 95340")
    return text


def read_status(text: str) -> str:
    """Return the status that a cell says, active for none. Raises ValueError."""
    word = text.casefold()
    if word not in _STATUS_WORDS:
        raise ValueError("write active, paused or retired")
    return _STATUS_WORDS[word]


def read_country(text: str) -> str:
    """Return a country in two letters, the United States for none; what is not known stays as it is."""
    return _COUNTRIES.get(text.casefold(), text) or "US"
