"""Lookup of the field that a check's finding is about (form validation), by the line that it names.

A finding names a document and a line. What a clerk can mend is a field of a form: of a contact, a place, a
recipient, a setting, a sentence or a paragraph of a mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.delivery import mail_frames
from chalicelib.directory.document_ids import (
    CATALOG,
    CONTACTS,
    PLACES,
    RECIPIENTS,
    SITE,
    fingerprint,
    locale_of,
)
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import read_po
from chalicelib.publishing.catalog_checks import NOT_SAID
from chalicelib.publishing.document_forms import entry_starts
from chalicelib.publishing.documents import Problem
from chalicelib.publishing.edit_mail_texts import fields_of
from chalicelib.publishing.json_documents import line_at, read

_KEY = re.compile(r'"(\w+)"\s*:')
_NAMED = re.compile(r"“(\w+)”|\b([a-z]+_[a-z_]+)\b")
_QUOTED = re.compile(r"“([^”]+)”")
_VALUE = re.compile(r"'([^']+)'|“([^”]+)”")
_BY_WORD = {"source": "sources", "channel": "channels", "place": "serves"}
_CHECKED = re.compile(r"\bchecked\b")
_CHANNEL = re.compile(r'"(?:[^"\\]|\\.)*+"|\{')

# Fields of an entry that another field of its form stands for; those that are not here are called the same.
_CONTACT = {
    "channels": "show-1", "checked_as": "checked", "checked_by": "role", "checked_on": "checked",
    "one_source": "mark", "only_here": "", "read_as": "sources", "read_on": "sources",
}  # fmt: skip
_RECIPIENT = {"mark": "", "source": "", "read_on": ""}
_PARTS = {"exit_url": "exit", "hotline": "hotline", "locales": "languages"}  # of the settings, with a form
_LISTS = {CONTACTS: ("contacts", "id"), PLACES: ("places", "slug"), RECIPIENTS: ("", "id")}


@dataclass(frozen=True, slots=True)
class FoundField:
    """A field of a form. `entry` is what the form is of: an id, a part of the settings, a sentence's key.

    Without `entry` the document has a form, and the finding is about none of its entries alone. `name` is
    what the entry is called, or nothing; `field` the id of the field, or nothing for the form as a whole.
    """

    document: str
    entry: str = ""
    field: str = ""
    name: str = ""


def field_of(problem: Problem, text: str) -> FoundField | None:
    """Return the field that a finding is about, in the text that was checked; None where no form holds it."""
    try:
        return _of(problem, text)
    except DocumentInvalid:  # no form can open what nobody can read
        return None


def _of(problem: Problem, text: str) -> FoundField | None:
    document = problem.document
    if document in _LISTS:
        return _of_entry(problem, text)
    if document == SITE:
        return _of_setting(problem, text)
    if document.startswith(CATALOG):
        return _of_sentence(problem, text)
    if document in mail_frames.DOCUMENTS:
        fields = fields_of(text)
        found = fields[min(problem.line, len(fields)) - 1] if problem.line and fields else ""
        return FoundField(document, mail_frames.DOCUMENTS[document], found) if fields else None
    return None


def _of_entry(problem: Problem, text: str) -> FoundField:
    document = problem.document
    listed, known_by = _LISTS[document]
    parsed = read(document, text)
    entries: Any = parsed if not listed else parsed.get(listed)
    starts = [line_at(text, at) for at in entry_starts(text, listed)]
    number = sum(start <= problem.line for start in starts) - 1
    if not isinstance(entries, list) or not 0 <= number < len(entries):
        return FoundField(document)
    entry = entries[number]
    if not isinstance(entry, Mapping) or not isinstance(entry.get(known_by), str):
        raise DocumentInvalid("a form cannot find this entry")
    field = _field_in(problem, text, starts[number], entry)
    name = str(entry.get("name") or entry[known_by])
    return FoundField(document, entry[known_by], _CALLED[document](field, problem.sentence), name)


def _field_in(problem: Problem, text: str, start: int, entry: Mapping[str, Any]) -> str:
    """Return the field of an entry that a finding stands on the line of, or else tells of; or nothing."""
    lines = text.split("\n")
    keys = _KEY.findall(lines[problem.line - 1])
    above = "\n".join(lines[start - 1 : problem.line])
    _, there, ways = above.rpartition('"channels"')
    if there and keys and keys[0] not in entry:
        return f"show-{max(1, _CHANNEL.findall(ways).count('{'))}"
    if len(keys) == 1 and keys[0] in entry and keys[0] not in ("id", "slug"):
        return str(keys[0])
    return _told_in(problem.sentence, entry)


def _told_in(sentence: str, entry: Mapping[str, Any]) -> str:
    """Return the field that a finding names: by its name, by its value, or by what a rule calls it."""
    rule = sentence.rpartition(f"{entry.get('id', entry.get('slug'))}: ")[2]
    named = [one or other for one, other in _NAMED.findall(sentence)]
    for name in (*rule.split()[:1], *named):
        if name.strip("“”") in entry:
            return str(name.strip("“”"))
    for value in (one or other for one, other in _VALUE.findall(rule)):
        for number, way in enumerate(entry.get("channels") or (), 1):
            if isinstance(way, Mapping) and value in way.values():
                return f"show-{number}"
        found = next((name for name, one in entry.items() if one == value or value in _listed(one)), "")
        if found:
            return str(found)
    words = set(re.findall(r"\w+", rule))
    return next((name for word, name in _BY_WORD.items() if word in words and name in entry), "")


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _of_contact(field: str, sentence: str) -> str:
    if not field and _CHECKED.search(sentence):
        return "checked"
    return _CONTACT.get(field, field)


_CALLED: Mapping[str, Callable[[str, str], str]] = {
    CONTACTS: _of_contact,
    PLACES: lambda field, _: "" if field == "slug" else field,
    RECIPIENTS: lambda field, _: _RECIPIENT.get(field, field),
}


def _of_setting(problem: Problem, text: str) -> FoundField | None:
    """Return the part of the settings with a form on this line; None for a setting that has none."""
    read(SITE, text)
    setting, depth = "", 0
    for token in re.finditer(r'"((?:[^"\\]|\\.)*+)"(\s*:)?|[\[\]{}]', text):
        if line_at(text, token.start()) > problem.line:
            break
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        elif token[2] and depth == 1:
            setting = token[1]
    if setting in _PARTS:
        return FoundField(SITE, _PARTS[setting], setting)
    if setting == "police":
        return FoundField(CONTACTS)  # the form of a contact says whether it is the police
    return FoundField(SITE) if setting == "hosts" else None


def _of_sentence(problem: Problem, text: str) -> FoundField | None:
    document = problem.document
    entries = [one for one in read_po(text) if one.source]
    if problem.line:
        found = next((one for one in reversed(entries) if one.line <= problem.line), None)
    else:  # it quotes what is said
        quoted: Sequence[str] = _QUOTED.findall(problem.sentence)
        found = next((one for one in entries if {one.source, one.text} & set(quoted)), None)
    if found is None or problem.sentence.startswith(NOT_SAID):
        return FoundField(document)
    return FoundField(document, fingerprint(found.source), f"t-{locale_of(document)}", found.source)
