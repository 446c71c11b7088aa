"""History of sentences: what one said before, how that was translated, and who changed it.

Read from the versions and drafts that are kept anyway; nothing is written for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from chalicelib.directory.document_ids import CATALOG, JSON_DOCUMENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import Entry, read_po
from chalicelib.publishing.documents import SHIPPED
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.ports import ShippedDocuments
from chalicelib.publishing.still_fits import is_marked
from chalicelib.shared.locales import DEFAULT

_MOST = 12  # versions that are read of a document: who asks wants to know of the last ones
_ALIKE = 0.55  # of two sentences of one page, for the one to have become the other

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """The last change of a text: `before` is what it was. Nobody's name: it came with the package."""

    before: str = ""
    who: str = ""
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """The English that a translation was made of, when it is not the English of now.

    `text` is the last translation of it, or nothing; `who` changed the English, and `when`.
    """

    english: str
    text: str
    who: str = ""
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class _State:
    text: str
    who: str
    when: datetime | None


class SentenceHistory:
    """What the documents' histories say about single sentences. Made anew for each request."""

    def __init__(self, edit: EditText, shipped: ShippedDocuments) -> None:
        self._edit = edit
        self._shipped = shipped
        self._states: dict[str, list[_State]] = {}
        self._catalogs: dict[tuple[str, int], Texts] = {}
        self._read: dict[tuple[str, int], Mapping[str, Entry]] = {}

    def last_change(self, document: str, source: str) -> Change:
        """Return the last change of a sentence in a catalog; one without a time when it is as it came."""
        states = self._states_of(document)
        for number in range(len(states) - 1, 0, -1):
            before, after = (
                self._catalog(document, one).get(source, "").strip() for one in (number - 1, number)
            )
            if before != after:
                return Change(before, states[number].who, states[number].when)
        return Change()

    def earlier(
        self, document: str, source: str, places: Sequence[str], said: Sequence[str]
    ) -> Earlier | None:
        """Return the English that `source` took the place of, with its translation in this catalog.

        `places` are the documents that say it, `said` all that the site says now. None when it is new.
        """
        for place in places:
            found = (
                self._in_entries(place, source)
                if place in JSON_DOCUMENTS
                else self._in_words(document, place, source, said)
            )
            if found:
                return Earlier(found.before, self._translated(document, found.before), found.who, found.when)
        return None

    def behind(self, document: str, source: str) -> Earlier | None:
        """Return the English that a translation is of, when English was reworded after it, else None."""
        english = self.last_change(CATALOG + DEFAULT, source)
        if english.when is None or document == CATALOG + DEFAULT:
            return None
        own = self.last_change(document, source)
        if own.when is not None and own.when >= english.when:
            return None
        entry = self._now(document).get(source)
        if entry and is_marked(entry, self._english(source)):
            return None
        text = entry.text if entry else ""
        return Earlier(english.before or source, text, english.who, english.when)

    def looked_at(self, document: str, source: str) -> Change:
        """Return who found, and when, that a translation still fits the English of now; else nobody."""
        states, english = self._states_of(document), self._english(source)
        since = None
        for number in range(len(states) - 1, -1, -1):
            entry = self._entries(document, number).get(source)
            if entry is None or not is_marked(entry, english):
                break
            since = states[number]
        return Change("", since.who, since.when) if since else Change()

    def _in_entries(self, document: str, source: str) -> Change | None:
        """Find the text that stood in the same field of the same entry before."""
        states = [(state, _fields(document, state.text)) for state in self._states_of(document)]
        paths = [path for path, text in states[-1][1].items() if text == source]
        for (_, older), (state, newer) in zip(reversed(states[:-1]), reversed(states[1:]), strict=True):
            for path in paths:
                if newer.get(path) == source and older.get(path) not in (None, "", source):
                    return Change(older[path], state.who, state.when)
        return None

    def _in_words(self, document: str, place: str, source: str, said: Sequence[str]) -> Change | None:
        """Find the sentence most like it that this page does not say any more, and was translated."""
        now = frozenset(said)
        old: dict[str, None] = {}
        for number in range(len(self._states_of(document)) - 1, -1, -1):
            old.update(dict.fromkeys(one for one in self._catalog(document, number) if one not in now))
        best = max(old, key=lambda one: _likeness(one, source), default="")
        if not best or _likeness(best, source) < _ALIKE:
            return None
        head = " ".join(source.split())[:40]
        for state in self._states_of(place):
            if head in " ".join(state.text.split()):
                return Change(best, state.who, state.when)
        return Change(best)

    def _translated(self, document: str, source: str) -> str:
        for number in range(len(self._states_of(document)) - 1, -1, -1):
            text = self._catalog(document, number).get(source, "")
            if text:
                return text
        return ""

    def _english(self, source: str) -> str:
        """Return what readers get in English."""
        entry = self._now(CATALOG + DEFAULT).get(source)
        return entry.text if entry and entry.text and not entry.unsure else source

    def _now(self, document: str) -> Mapping[str, Entry]:
        return self._entries(document, len(self._states_of(document)) - 1)

    def _catalog(self, document: str, number: int) -> Texts:
        key = (document, number)
        if key not in self._catalogs:
            entries = self._entries(document, number)
            self._catalogs[key] = {source: entry.text for source, entry in entries.items()}
        return self._catalogs[key]

    def _entries(self, document: str, number: int) -> Mapping[str, Entry]:
        key = (document, number)
        if key not in self._read:
            try:
                entries = read_po(self._states_of(document)[number].text)
            except DocumentInvalid:
                entries = ()
            self._read[key] = {one.source: one for one in entries if one.source}
        return self._read[key]

    def _states_of(self, document: str) -> list[_State]:
        """Return a document's texts, oldest first: of earlier packages, shipped, published, drafted."""
        if document not in self._states:
            versions = list(reversed(self._edit.history(document)[: _MOST + 1]))
            states = [_State(one, "", None) for one in self._shipped.earlier(document)]
            states += [_State(one.text, one.who, one.when) for one in versions if one.number == SHIPPED]
            states += [_State(one.text, one.who, one.when) for one in versions if one.number != SHIPPED]
            opened = self._edit.open(document)
            if opened.live.text != (states[-1].text if states else ""):
                states.append(_State(opened.live.text, opened.live.who, opened.live.when))
            if opened.draft:
                states.append(_State(opened.draft.text, opened.draft.who, opened.draft.when))
            self._states[document] = states
        return self._states[document]


def _likeness(one: str, other: str) -> float:
    match = SequenceMatcher(None, one, other, autojunk=False)
    return match.ratio() if match.real_quick_ratio() > _ALIKE and match.quick_ratio() > _ALIKE else 0.0


def _fields(document: str, text: str) -> dict[str, str]:
    """Return each text of a document made of entries, by where it stands: entries count by their id."""
    found: dict[str, str] = {}

    def walk(part: Any, path: str) -> None:
        if isinstance(part, dict):
            for key, value in part.items():
                walk(value, f"{path}/{key}")
        elif isinstance(part, list):
            for number, value in enumerate(part):
                names = value if isinstance(value, dict) else {}
                walk(value, f"{path}/{names.get('id') or names.get('slug') or number}")
        elif isinstance(part, str):
            found[path] = part

    try:
        walk(read(document, text), "")
    except DocumentInvalid:
        return {}
    return found
