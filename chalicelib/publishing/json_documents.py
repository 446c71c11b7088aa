"""JSON parser of the documents: whatever a text holds, it is read or refused with line and reason.

Nothing else reads a draft. Python's own parser takes much that no page and no answer can show: half letters,
numbers without end, a key twice, what is nested a thousand deep; and fails at some of it in ways of its own.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from chalicelib.directory.document_ids import (
    RECIPIENTS,
    SERVICES,
    base_of,
    is_entries,
    name_of,
    place_of,
)
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.documents import invisible_in

_MOST_DIGITS = 15
_MOST_OF_A_FRACTION = 25  # of what an import brought, such as where something is on a map
_DEEPEST = 12
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
# A pair of halves makes a letter; one half alone does not.
_BY_NUMBER = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u([0-9a-fA-F]{4})")
_KEY = "key"  # of a recipient: armored text, with a person's words around it


class Unreadable(DocumentInvalid):
    """Parse error of a document: `line` is where, or 0, and `sentence` why."""

    def __init__(self, document: str, line: int, sentence: str) -> None:
        where = f", in line {line} of the text" if line else ""
        named = name_of(document) if place_of(document) else document
        super().__init__(f"“{named}”{where}: {sentence[:1].lower()}{sentence[1:].removesuffix('.')}")
        self.document, self.line, self.sentence = document, line, sentence


def read(document: str, text: str) -> Any:
    """Return what a document holds. Raises Unreadable for everything that cannot be used."""
    try:
        return _read(document, text)
    except Unreadable:
        raise
    except json.JSONDecodeError as error:
        if text.startswith("\ufeff"):
            sentence = "The text begins with a mark that nobody can see (BOM); saved once more, it is gone."
            raise Unreadable(document, 1, sentence) from error
        if not text.strip():
            raise Unreadable(document, 0, "There is nothing in this text.") from error
        raise Unreadable(
            document,
            error.lineno,
            f"A comma, a quote or a bracket is amiss here or just before (column {error.colno}).",
        ) from error
    except Exception as error:  # never a reason to show nobody anything
        raise Unreadable(document, 0, "Something in this text is of no use here.") from error


def line_of_second(text: str, key: str) -> int:
    """Return the line on which a key stands for the second time in one entry, or 0."""
    depth, seen = 0, {}
    for match in re.finditer(r'[{}]|"((?:[^"\\]|\\.)*)"(\s*:)?', text):
        if match[0] == "{":
            depth += 1
            seen[depth] = False
        elif match[0] == "}":
            depth -= 1
        elif match[2] and match[1] == key:
            if seen.get(depth):
                return line_at(text, match.start())
            seen[depth] = True
    return 0


def line_at(text: str, at: int) -> int:
    """Return the line of a place in a text; 0 for none."""
    return text.count("\n", 0, at) + 1 if at >= 0 else 0


def _read(document: str, text: str) -> Any:
    if not is_entries(document):
        raise Unreadable(document, 0, "This is no document made of entries.")
    _check_depth(document, text)
    is_services = base_of(document) == SERVICES

    def number(literal: str) -> int | float:
        most = _MOST_OF_A_FRACTION if is_services and "." in literal else _MOST_DIGITS
        if len(literal) <= most:
            try:
                value = float(literal) if set(literal) & set(".eE") else int(literal)
            except ValueError:
                value = float("inf")
            if abs(value) < 10**_MOST_DIGITS:
                return value
        shown = literal if len(literal) <= 20 else f"{literal[:20]}…"
        raise Unreadable(
            document,
            line_at(text, text.find(literal)),
            f"“{shown}” is no number of use here: it is too long.",
        )

    def constant(literal: str) -> float:
        raise Unreadable(document, line_at(text, text.find(literal)), f"“{literal}” is no number.")

    def entry(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            times = Counter(key for key, _ in pairs)
            twice = next(key for key, _ in pairs if times[key] > 1)
            raise Unreadable(
                document,
                line_of_second(text, twice),
                f"“{_short(twice)}” stands twice in one entry; only one of them can count.",
            )
        return value

    parsed = json.loads(
        text, object_pairs_hook=entry, parse_int=number, parse_float=number, parse_constant=constant
    )
    _check_letters(document, text, parsed)
    wanted = list if document == RECIPIENTS else dict
    if not isinstance(parsed, wanted):
        form = "is a list of entries, between [ and ]" if wanted is list else "begins with { and ends with }"
        raise Unreadable(document, 1, f"The document {form}.")
    return parsed


def _check_depth(document: str, text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in ("[", "{"):
            depth += 1
            if depth > _DEEPEST:
                raise Unreadable(
                    document, line_at(text, token.start()), "This has too many brackets inside each other."
                )
        elif token[0] in ("]", "}"):
            depth -= 1


def _check_letters(document: str, text: str, node: Any) -> None:
    """Refuse letters that cannot be sent or seen: named by number, check_text sees none."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            _check_letters(document, text, key)
            if key != _KEY or not isinstance(value, str) or _unsendable(value):
                _check_letters(document, text, value)
    elif isinstance(node, list):
        for value in node:
            _check_letters(document, text, value)
    elif isinstance(node, str) and invisible_in(node):
        found = next((one for one in _BY_NUMBER.finditer(text) if one[1] and _is_bad(one[1])), None)
        shown = found[0] if found else "A letter"
        raise Unreadable(
            document,
            line_at(text, found.start()) if found else 0,
            f"“{shown}” is half a letter, or one that nobody can see; please type it anew.",
        )


def _unsendable(text: str) -> bool:
    return any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text)


def _is_bad(digits: str) -> bool:
    return bool(invisible_in(chr(int(digits, 16))))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
