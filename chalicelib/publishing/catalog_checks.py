"""Linter of PO catalogs (gettext): placeholders, markup, sentences missing or said by no page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from chalicelib.directory.document_ids import CATALOG, SITE
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import (
    Entry,
    PoInvalid,
    read_po,
    set_aside,
)
from chalicelib.publishing.documents import (
    ASKS,
    STOPS,
    TELLS,
    Problem,
)
from chalicelib.publishing.json_documents import line_at, read
from chalicelib.shared.locales import DEFAULT

Catalogs = Mapping[str, Sequence[Entry]]
Sentences = Mapping[str, Sequence[tuple[str, int]]]

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_COUNTS = (
    "This has plural forms (msgid_plural) or a context (msgctxt), and no page asks for those: it is kept, and"
    " readers do not get it."
)
NOT_SAID = "No page or mail says this any more."
_MARKUP = re.compile(r"[<>]|&#?\w+;")


def check_syntax(whole: Mapping[str, str]) -> list[Problem]:
    """Say what keeps a catalog from being used at all: it cannot be read, or a page could break on it."""
    problems = []
    for document, text in whole.items():
        if not document.startswith(CATALOG):
            continue
        try:
            entries = read_po(text)
        except PoInvalid as error:
            problems.append(Problem(document, error.line, f"This catalog cannot be read: {error.sentence}."))
            continue
        problems += [
            Problem(document, line, f"{_COUNTS} {_short(source)}", TELLS) for line, source in set_aside(text)
        ]
        for entry in entries:
            if entry.source and entry.text and not entry.unsure:  # an unsure one is shown to nobody
                problems += [Problem(document, entry.line, fault) for fault in _faults(entry)]
    return problems


def check_sentences(catalogs: Catalogs, sentences: Sentences) -> list[Problem]:
    """Say what is odd about translations beside the sentences that the pages and mails say now."""
    problems = [
        Problem(document, line, f"Write out “per cent”: the sign is for placeholders. {_short(sentence)}")
        for sentence, places in sentences.items()
        if "%" in _PLACEHOLDER.sub("", sentence)
        for document, line in places[:1]
    ]
    for locale, entries in catalogs.items():
        for entry in entries:
            if not entry.source:
                continue
            if entry.source not in sentences:
                if entry.text:
                    problems.append(_problem(locale, entry, NOT_SAID, TELLS))
            elif entry.text:
                problems += [_problem(locale, entry, *odd) for odd in _oddities(entry)]
    return problems


def offered(whole: Mapping[str, str]) -> list[str]:
    """Return the languages that the site offers; none when its document cannot be read."""
    try:
        return [str(entry["tag"]) for entry in read(SITE, whole[SITE])["locales"]]
    except (DocumentInvalid, KeyError, TypeError):
        return []


def check_offered(whole: Mapping[str, str]) -> list[Problem]:
    """Name the languages that are offered without a catalog."""
    return [
        Problem(
            SITE,
            line_at(whole[SITE], whole[SITE].find(json.dumps(locale, ensure_ascii=False))),
            f"There is no catalog of sentences for “{locale}” yet, so it cannot be offered.",
        )
        for locale in offered(whole)
        if locale != DEFAULT and CATALOG + locale not in whole
    ]


def missing(catalogs: Catalogs, sentences: Sentences, offered: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the sentences of each offered language that readers would get in English."""
    untranslated = {}
    for locale, entries in catalogs.items():
        if locale == DEFAULT or locale not in offered:
            continue  # a sentence that nobody has reworded in English is as it was written
        there = {entry.source for entry in entries if entry.text.strip() and not entry.unsure}
        untranslated[locale] = tuple(sentence for sentence in sentences if sentence not in there)
    return {locale: gone for locale, gone in untranslated.items() if gone}


def sentences_of(node: object, keys: Iterable[str]) -> list[str]:
    """Return every sentence that a JSON document says, in its order: the texts under these keys."""
    wanted, sentences = frozenset(keys), []

    def walk(part: object) -> None:
        if isinstance(part, dict):
            for key, value in part.items():
                if key in wanted and isinstance(value, str) and value:
                    sentences.append(value)
                else:
                    walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    walk(node)
    return list(dict.fromkeys(sentences))


def _faults(entry: Entry) -> list[str]:
    here = set(_PLACEHOLDER.findall(entry.source))
    there = set(_PLACEHOLDER.findall(entry.text))
    faults = [
        f"%({name})s is missing. The page puts something there, like a number; keep it as it is."
        for name in sorted(here - there)
    ]
    faults += [
        f"%({name})s is a placeholder that nothing fills. Use those of the English sentence, unchanged."
        for name in sorted(there - here)
    ]
    if "%" in _PLACEHOLDER.sub("", entry.text):
        faults.append("The sign % is for placeholders only. Please write “per cent” in words.")
    return faults


def _oddities(entry: Entry) -> list[tuple[str, str]]:
    oddities = []
    if _MARKUP.search(entry.text):
        oddities.append(
            ("Readers would see < > or & exactly as typed here: sentences hold words, no markup.", ASKS)
        )
    if entry.unsure:
        oddities.append(("This is marked as unsure (fuzzy), so readers get it in English.", TELLS))
    if entry.text != entry.text.strip():
        oddities.append(("There is a space or an empty line at the beginning or the end.", TELLS))
    if re.findall(r"\d{3,}", entry.source) != re.findall(r"\d{3,}", entry.text):
        oddities.append(("The numbers are not those of the English sentence.", ASKS))
    return oddities


def _problem(locale: str, entry: Entry, sentence: str, weight: str = STOPS) -> Problem:
    return Problem(CATALOG + locale, entry.line, f"{sentence} {_short(entry.source)}", weight)


def _short(sentence: str) -> str:
    return f"(“{sentence}”)" if len(sentence) <= 60 else f"(“{sentence[:57]}…”)"
