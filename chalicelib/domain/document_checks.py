"""The rules of contacts, places, recipients and the site, each told with the line that breaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from chalicelib.domain.content import read_content
from chalicelib.domain.days import read_day
from chalicelib.domain.documents import (
    CONTACTS,
    JSON_DOCUMENTS,
    PLACES,
    RECIPIENTS,
    SITE,
    Problem,
    check_text,
)
from chalicelib.domain.errors import ContentInvalid, DocumentInvalid
from chalicelib.domain.recipients import read_recipients

_NAMES = {"contact": CONTACTS, "place": PLACES, "recipient": RECIPIENTS, "site": SITE}
_SUBJECT = re.compile(r"(contact|place|recipient|site)\s*'?([a-z0-9-]*)'?: (.*)", re.DOTALL)
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}")
_QUOTED = re.compile(r"'([^']{2,})'")


def check(whole: Mapping[str, str], shipped: Mapping[str, str]) -> list[Problem]:
    """Check every document's form, and the rules of those made of JSON.

    `shipped` is what came with the package.
    """
    found = _check_form(whole)
    parsed: dict[str, Any] = {}
    for document in JSON_DOCUMENTS:
        problem = _parse(document, whole[document], parsed)
        if problem:
            found.append(problem)
    if found:
        return found
    return [*_check_rules(whole, parsed), *_check_kept(whole, parsed, shipped)]


def days_to_come(whole: Mapping[str, str], latest: date) -> list[Problem]:
    """Name the consents of recipients and the checks of languages that are later than `latest`."""
    texts = [("id", "agreed_on", RECIPIENTS, entry) for entry in json.loads(whole[RECIPIENTS])]
    texts += [("tag", "checked_on", SITE, entry) for entry in json.loads(whole[SITE])["locales"]]
    return [
        Problem(
            document,
            _line_of(whole[document], json.dumps(entry[name])),
            f"{entry[name]}: {key} is {entry[key]}, a day that has not come yet.",
        )
        for name, key, document, entry in texts
        if entry.get(key) and read_day(entry[key]) > latest
    ]


def line_of_entry(text: str, entry: str) -> int:
    """Return the line on which the entry with this id or slug begins, or 0."""
    match = re.search(rf'"(?:id|slug)"\s*:\s*"{re.escape(entry)}"', text) if entry else None
    return text.count("\n", 0, match.start()) + 1 if match else 0


def _check_form(whole: Mapping[str, str]) -> list[Problem]:
    found = []
    for document, text in whole.items():
        try:
            check_text(text)
        except DocumentInvalid as error:
            found.append(Problem(document, 0, f"{error}."))
    return found


def _parse(document: str, text: str, parsed: dict[str, Any]) -> Problem | None:
    try:
        parsed[document] = json.loads(text, object_pairs_hook=_no_key_twice)
    except json.JSONDecodeError as error:
        sentence = (
            f"A comma, a quote or a bracket is amiss here or just before ({error.msg}, column {error.colno})."
        )
        return Problem(document, error.lineno, sentence)
    except _KeyTwice as twice:
        line = _line_of_second(text, str(twice))
        return Problem(document, line, f"“{twice}” stands twice in one entry; only one of them can count.")
    except RecursionError:
        return Problem(document, 0, "This has too many brackets inside each other.")
    wanted = list if document == RECIPIENTS else dict
    if not isinstance(parsed[document], wanted):
        return Problem(document, 1, f"This begins with {'[' if wanted is list else '{'} and ends likewise.")
    return None


def _check_rules(whole: Mapping[str, str], parsed: Mapping[str, Any]) -> list[Problem]:
    try:
        content = read_content(parsed[PLACES], parsed[CONTACTS], parsed[SITE])
    except ContentInvalid as error:
        return [_located(whole, str(error))]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        return [Problem(SITE, 0, f"Something is missing, or is not what belongs there: {error}.")]
    try:
        read_recipients(parsed[RECIPIENTS], [place.slug for place in content.places])
    except ContentInvalid as error:
        return [_located(whole, str(error))]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        return [Problem(RECIPIENTS, 0, f"Something is missing, or is not what belongs there: {error}.")]
    return []


def _check_kept(
    whole: Mapping[str, str], parsed: Mapping[str, Any], shipped: Mapping[str, str]
) -> list[Problem]:
    """Say which of the ways to report that the founding article printed would be lost."""
    kept = parsed[SITE].get("founding_channels") or ()
    line = _line_of(whole[SITE], '"founding_channels"')
    return [
        Problem(SITE, line, f"“{channel}” is one of the ways the newspaper printed: it stays on the page.")
        for channel in json.loads(shipped[SITE])["founding_channels"]
        if channel not in kept
    ]


def _located(whole: Mapping[str, str], error: str) -> Problem:
    match = _SUBJECT.match(error)
    if match is None:
        return Problem(SITE, 0, _sentence(error))
    document = _NAMES[match[1]]
    text = whole[document]
    line = line_of_entry(text, match[2])
    start = len("\n".join(text.split("\n")[: line - 1])) if line else 0
    for value in (*_QUOTED.findall(match[3]), *_HOST.findall(match[3])):
        at = text.find(value, start)  # the rule names a value: point at it, after the entry's beginning
        if at >= 0:
            line = text.count("\n", 0, at) + 1
            break
    about = f"{match[2]}: " if match[2] else ""
    return Problem(document, line, _sentence(about + match[3]))


def _sentence(text: str) -> str:
    return text if text.endswith(".") else text + "."


def _line_of(text: str, part: str) -> int:
    at = text.find(part)
    return text.count("\n", 0, at) + 1 if at >= 0 else 0


def _line_of_second(text: str, key: str) -> int:
    """Return the line on which a key stands for the second time in one entry."""
    depth, seen = 0, {}
    for match in re.finditer(r'[{}]|"((?:[^"\\]|\\.)*)"(\s*:)?', text):
        if match[0] == "{":
            depth += 1
            seen[depth] = False
        elif match[0] == "}":
            depth -= 1
        elif match[2] and match[1] == key:
            if seen.get(depth):
                return text.count("\n", 0, match.start()) + 1
            seen[depth] = True
    return 0


class _KeyTwice(ValueError):
    """A key stands twice in one entry."""


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _KeyTwice(next(key for key in keys if keys.count(key) > 1))
    return found
