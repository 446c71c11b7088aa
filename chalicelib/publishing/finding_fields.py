"""Lookup of the field that a check's finding is about (form validation), by the line that it names.

A finding names a document and a line. What a clerk can mend is a field of a form: of a contact, a place, a
recipient, a setting, a sentence or a paragraph of a mail.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.delivery import mail_frames
from chalicelib.directory.document_ids import (
    CATALOG,
    CONTACTS,
    PLACES,
    RECIPIENTS,
    SERVICES,
    SITE,
    base_of,
    fingerprint,
    locale_of,
)
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import read_po
from chalicelib.publishing.catalog_checks import NOT_SAID
from chalicelib.publishing.document_forms import entry_starts
from chalicelib.publishing.documents import Problem
from chalicelib.publishing.edit_mail_texts import fields_of
from chalicelib.publishing.json_documents import read

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
_SERVICE = {
    "organization": "organization", "phones": "number-1", "address": "street", "coverage": "counties",
    "assured_on": "checked", "assured_by": "role", "in_other": "", "extra": "", "read_on": "sources",
    "serves": "", "status": "",
}  # fmt: skip
_RECIPIENT = {"mark": "", "source": "", "read_on": ""}
_PARTS = {"exit_url": "exit", "hotline": "hotline", "locales": "languages"}  # of the settings, with a form
_LISTS = {CONTACTS: ("contacts", "id"), PLACES: ("places", "slug"), RECIPIENTS: ("", "id"),
          SERVICES: ("services", "id")}  # fmt: skip
_MOST_LINES, _LONGEST_LINE = 200, 2_000  # of an entry that are looked at for each finding
_LONGEST_NAME = 60  # of the entry, with which a finding begins


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


Lookup = Callable[[Problem], FoundField | None]


class FindingFields:
    """Fields that findings are about, in the texts that were checked; each text is read once.

    `text_of` returns a document's text.
    """

    def __init__(self, text_of: Callable[[str], str]) -> None:
        self._text_of = text_of
        self._lookups: dict[str, Lookup] = {}

    def __call__(self, problem: Problem) -> FoundField | None:
        """Return the field that a finding is about; None where no form holds it. Raises EntryMissing."""
        document = problem.document
        if document not in self._lookups:
            try:
                self._lookups[document] = _lookup(document, self._text_of(document))
            except DocumentInvalid:  # no form can open what nobody can read
                self._lookups[document] = _nowhere
        return self._lookups[document](problem)


def field_of(problem: Problem, text: str) -> FoundField | None:
    """Return the field that one finding is about, in the text that was checked, as FindingFields does."""
    return FindingFields(lambda _: text)(problem)


def _nowhere(problem: Problem) -> FoundField | None:
    return None


def _lookup(document: str, text: str) -> Lookup:
    if base_of(document) in _LISTS:
        return _Entries(document, text)
    if document == SITE:
        return _Settings(text)
    if document.startswith(CATALOG):
        return _Sentences(document, text)
    if document in mail_frames.DOCUMENTS:
        return _Paragraphs(document, text)
    return _nowhere


class _Paragraphs:
    def __init__(self, document: str, text: str) -> None:
        self._document, self._fields = document, fields_of(text)

    def __call__(self, problem: Problem) -> FoundField | None:
        fields = self._fields
        found = fields[min(problem.line, len(fields)) - 1] if problem.line and fields else ""
        mail = mail_frames.DOCUMENTS[self._document]
        return FoundField(self._document, mail, found) if fields else None


class _Entries:
    def __init__(self, document: str, text: str) -> None:
        self._document = document
        self._base = base_of(document)
        self._listed, self._known_by = _LISTS[self._base]
        parsed = read(document, text)
        entries: Any = parsed if not self._listed else parsed.get(self._listed)
        self._entries: Sequence[Any] = entries if isinstance(entries, list) else []
        self._lines = text.split("\n")
        self._starts = _lines_at(text, entry_starts(text, self._listed))

    def __call__(self, problem: Problem) -> FoundField | None:
        number = bisect_right(self._starts, problem.line) - 1
        if not 0 <= number < len(self._entries):
            return FoundField(self._document)
        entry = self._entries[number]
        if not isinstance(entry, Mapping) or not isinstance(entry.get(self._known_by), str):
            return None  # a form cannot find this entry
        above = self._lines[self._starts[number] - 1 : problem.line][-_MOST_LINES:]
        field = _CALLED[self._base](_field_in(problem.sentence, above, entry), problem.sentence)
        return FoundField(
            self._document, entry[self._known_by], field, str(entry.get("name") or entry[self._known_by])
        )


class _Settings:
    """The part of the settings on a line, by the key at the top that stands before it."""

    def __init__(self, text: str) -> None:
        read(SITE, text)
        depth, keys = 0, []
        for token in re.finditer(r'"((?:[^"\\]|\\.)*+)"(\s*:)?|[\[\]{}]', text):
            if token[0] in "[{":
                depth += 1
            elif token[0] in "]}":
                depth -= 1
            elif token[2] and depth == 1:
                keys.append((token.start(), token[1]))
        self._lines = _lines_at(text, [at for at, _ in keys])
        self._names = [name for _, name in keys]

    def __call__(self, problem: Problem) -> FoundField | None:
        number = bisect_right(self._lines, problem.line) - 1
        setting = self._names[number] if number >= 0 else ""
        if setting in _PARTS:
            return FoundField(SITE, _PARTS[setting], setting)
        if setting == "police":
            return FoundField(CONTACTS)  # the form of a contact says whether it is the police
        return FoundField(SITE) if setting == "hosts" else None


class _Sentences:
    def __init__(self, document: str, text: str) -> None:
        self._document = document
        self._entries = [one for one in read_po(text) if one.source]
        self._lines = [one.line for one in self._entries]
        self._by_words = {words: one for one in self._entries for words in (one.text, one.source) if words}

    def __call__(self, problem: Problem) -> FoundField | None:
        if problem.line:
            number = bisect_right(self._lines, problem.line) - 1
            found = self._entries[number] if number >= 0 else None
        else:  # it quotes what is said
            quoted = _QUOTED.findall(problem.sentence)
            found = next((self._by_words[one] for one in quoted if one in self._by_words), None)
        if found is None or problem.sentence.startswith(NOT_SAID):
            return FoundField(self._document)
        field = f"t-{locale_of(self._document)}"
        return FoundField(self._document, fingerprint(found.source), field, found.source)


def _lines_at(text: str, places: Sequence[int]) -> list[int]:
    """Return the lines of places in a text, which are in order."""
    lines, line, at = [], 1, 0
    for place in places:
        line += text.count("\n", at, place)
        at = place
        lines.append(line)
    return lines


def _field_in(sentence: str, above: Sequence[str], entry: Mapping[str, Any]) -> str:
    """Return the field of an entry on whose line a finding stands, or of which it tells; or nothing.

    `above` are the lines of the entry down to that of the finding.
    """
    keys = _KEY.findall(above[-1][:_LONGEST_LINE]) if above else []
    _, there, ways = "\n".join(above).rpartition('"channels"')
    if there and keys and keys[0] not in entry:
        return f"show-{max(1, _CHANNEL.findall(ways).count('{'))}"
    if len(keys) == 1 and keys[0] in entry and keys[0] not in ("id", "slug"):
        return str(keys[0])
    return _told_in(sentence, entry)


def _told_in(sentence: str, entry: Mapping[str, Any]) -> str:
    """Return the field that a finding names: by its name, by its value, or by what a rule calls it."""
    rule = sentence
    for called in (
        entry.get("name"),
        entry.get("id", entry.get("slug")),
    ):  # a finding begins with what it is of
        if called and f"{str(called)[:_LONGEST_NAME]}: " in sentence:
            rule = sentence.rpartition(f"{str(called)[:_LONGEST_NAME]}: ")[2]
            break
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
    SERVICES: lambda field, _: _SERVICE.get(field, field),
}
