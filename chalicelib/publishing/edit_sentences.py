"""Translation editor of PO catalogs, sentence by sentence, each language beside the English.

Two people can work on one catalog at once: only a sentence that both changed is a conflict.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.directory.document_ids import CATALOG, fingerprint, locale_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import Entry, read_po, replace_texts
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.edit_text import EditText
from chalicelib.shared.errors import EntryMissing
from chalicelib.shared.locales import DEFAULT, ENDONYMS, direction

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence. `key` stands for it in a form, `seen` for its text as it was shown there."""

    key: str
    source: str
    text: str
    unsure: bool
    places: tuple[str, ...]

    @property
    def seen(self) -> str:
        """Return a fingerprint of this text."""
        return fingerprint(self.text.strip())

    @property
    def missing(self) -> bool:
        """Say whether readers get this sentence in English, or a text that nobody vouches for."""
        return not self.text or self.unsure


@dataclass(frozen=True, slots=True)
class Catalog:
    """A language's sentences as its draft has them, else as they are live."""

    document: str
    locale: str
    name: str
    lang: str
    direction: str
    sentences: tuple[Sentence, ...]
    drafted: bool

    @property
    def missing(self) -> int:
        """Return how many sentences are missing."""
        return 0 if self.locale == DEFAULT else sum(sentence.missing for sentence in self.sentences)


class SentencesConflict(Exception):
    """Edit conflict: somebody else changed the same sentences. Nothing was saved; `keys` says which."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(f"{len(keys)} sentences")
        self.keys = tuple(keys)


class EditSentences:
    """The catalogs, sentence by sentence."""

    def __init__(self, edit: EditText) -> None:
        self._edit = edit

    def open(self, document: str) -> Catalog:
        """Return a catalog. Raises EntryMissing, or DocumentInvalid when its draft cannot be read."""
        if not document.startswith(CATALOG):
            raise EntryMissing(document)
        opened = self._edit.open(document)
        entries = {entry.source: entry for entry in read_po(opened.text) if entry.source}
        if locale_of(document) == DEFAULT:
            entries = {**{source: Entry(source, "") for source in self._english()}, **entries}
        return Catalog(
            document,
            locale_of(document),
            ENDONYMS[locale_of(document)],
            locale_of(document),
            direction(locale_of(document)),
            tuple(
                Sentence(fingerprint(one.source), one.source, one.text, one.unsure, one.places)
                for one in entries.values()
            ),
            opened.draft is not None,
        )

    def save(
        self,
        document: str,
        texts: Mapping[str, str],
        seen: Mapping[str, str],
        sure: Collection[str],
        who: str,
    ) -> int:
        """Save the sentences that differ from what was shown, by key, and return how many did.

        `seen` names each text as it was shown; `sure` are the keys of unsure ones that are right as they are.
        Raises SentencesConflict, and what save_draft raises.
        """
        for _ in range(_TRIES):
            opened = self._edit.open(document)
            now = {sentence.key: sentence for sentence in self.open(document).sentences}
            changed = {
                key: text.strip()
                for key, text in texts.items()
                if key in now and (fingerprint(text.strip()) != seen.get(key) or key in sure)
            }
            clashing = [
                key
                for key, text in changed.items()
                if now[key].seen not in (seen.get(key), fingerprint(text))
            ]
            if clashing:
                raise SentencesConflict(clashing)
            if not changed:
                return 0
            text = replace_texts(opened.text, {now[key].source: new for key, new in changed.items()})
            try:
                self._edit.save_draft(document, text, opened.revision, who)
            except DraftConflict:
                continue  # somebody saved in the same moment: look again what they changed
            return len(changed)
        raise SentencesConflict(list(texts))

    def _english(self) -> list[str]:
        """Return every sentence of the site: the sources of all other catalogs."""
        sources: dict[str, None] = {}
        for entry in self._edit.list():
            if entry.kind == "catalog" and locale_of(entry.id) != DEFAULT:
                sources.update(dict.fromkeys(sentence.source for sentence in self._entries(entry.id)))
        return [source for source in sources if source]

    def _entries(self, document: str) -> tuple[Entry, ...]:
        """Return another language's entries: a draft that cannot be read must not hide this one."""
        opened = self._edit.open(document)
        try:
            return read_po(opened.text)
        except DocumentInvalid:
            return read_po(opened.live.text)
