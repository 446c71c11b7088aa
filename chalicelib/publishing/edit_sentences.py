"""Translation editor of PO catalogs, sentence by sentence, each language beside the English.

The sentences are those that the site says now. Two people can work on one catalog at once: only a sentence
that both changed is a conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.directory.armor import PRIVATE, holds_private
from chalicelib.directory.document_ids import CATALOG, fingerprint, locale_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import Entry, read_po, replace_texts
from chalicelib.publishing import still_fits
from chalicelib.publishing.documents import DraftConflict, invisible_in
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.placeholders import read_typed
from chalicelib.publishing.site_sentences import SaidNow
from chalicelib.shared.errors import EntryMissing
from chalicelib.shared.locales import DEFAULT, ENDONYMS, direction

_TRIES = 3
_LONGEST = 2_000  # letters of a sentence


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence. `key` stands for it in a form, `seen` for its text as it was shown there.

    `source` is the English as pages have it, `reworded` what readers get in English instead, if anything;
    `places` are the documents that say it.
    """

    key: str
    source: str
    text: str
    unsure: bool
    places: tuple[str, ...]
    reworded: str = ""

    @property
    def english(self) -> str:
        """Return what readers get in English."""
        return self.reworded or self.source

    @property
    def seen(self) -> str:
        """Return a fingerprint of this text."""
        return fingerprint(self.text.strip())

    @property
    def beside_english(self) -> str:
        """Return a fingerprint of this text beside what readers get in English."""
        return still_fits.seen_as(self.english, self.text)

    @property
    def missing(self) -> bool:
        """Say whether readers get this sentence in English, or a text that nobody vouches for."""
        return not self.text.strip() or self.unsure


@dataclass(frozen=True, slots=True)
class Catalog:
    """A language's sentences as its draft has them, else as they are live.

    `unread` says why drafts of pages are left out of it, if they are.
    """

    document: str
    locale: str
    name: str
    lang: str
    direction: str
    sentences: tuple[Sentence, ...]
    drafted: bool
    unread: str = ""

    @property
    def missing(self) -> int:
        """Return how many sentences are missing."""
        return 0 if self.locale == DEFAULT else sum(sentence.missing for sentence in self.sentences)


class SentencesConflict(Exception):
    """Edit conflict: somebody else changed the same sentences. Nothing was saved; `keys` says which."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(f"{len(keys)} sentences")
        self.keys = tuple(keys)


class SentencesWrong(DocumentInvalid):
    """Sentences whose placeholders are broken. Nothing was saved; `faults` says what is wrong, by key."""

    def __init__(self, faults: Mapping[str, Sequence[str]]) -> None:
        super().__init__(" ".join(fault for told in faults.values() for fault in told))
        self.faults = faults


class EditSentences:
    """The catalogs, sentence by sentence. `said` returns what the site says now."""

    def __init__(self, edit: EditText, said: Callable[[], SaidNow]) -> None:
        self._edit = edit
        self._said = said

    def open(self, document: str) -> Catalog:
        """Return a catalog. Raises EntryMissing, or DocumentInvalid when its draft cannot be read."""
        if not document.startswith(CATALOG):
            raise EntryMissing(document)
        opened, locale = self._edit.open(document), locale_of(document)
        entries = {entry.source: entry for entry in read_po(opened.text)}
        english = {} if locale == DEFAULT else self._english()
        said = self._said()
        return Catalog(
            document,
            locale,
            ENDONYMS[locale],
            locale,
            direction(locale),
            tuple(
                _sentence(source, entries.get(source), places, english.get(source, ""))
                for source, places in said.sentences.items()
            ),
            opened.draft is not None,
            said.unread,
        )

    def save(
        self,
        document: str,
        typed: Mapping[str, str],
        seen: Mapping[str, str],
        sure: Collection[str],
        who: str,
        fits: Mapping[str, str] | None = None,
    ) -> int:
        """Save the sentences that differ from what was shown, by key, and return how many did.

        They are typed with names in the place of placeholders. `seen` names each text as it was shown; `sure`
        are the keys of unsure ones that are right as they are; `fits` has the keys of translations that still
        fit, each with what was seen (see still_fits.py). Raises SentencesConflict, SentencesWrong, and what
        save_draft raises.
        """
        for _ in range(_TRIES):
            now = {sentence.key: sentence for sentence in self.open(document).sentences}
            opened = self._edit.open(document)
            changed = _changed(locale_of(document), now, typed, seen, sure)
            clashing = [
                key
                for key, text in changed.items()
                if now[key].seen not in (seen.get(key), fingerprint(text))
            ]
            fitting = {key: now[key] for key in fits or {} if key in now and key not in changed}
            clashing += [key for key, one in fitting.items() if one.beside_english != (fits or {})[key]]
            if clashing:
                raise SentencesConflict(clashing)
            if not changed and not fitting:
                return 0
            texts = {one.source: one.text for one in fitting.values()}
            text = replace_texts(opened.text, texts | {now[key].source: new for key, new in changed.items()})
            english = {one.source: one.english for one in fitting.values()}
            text = still_fits.with_marks(text, english, self._edit.today())
            try:
                self._edit.save_draft(document, text, opened.revision, who)
            except DraftConflict:
                continue  # somebody saved in the same moment: look again what they changed
            return len(changed) + len(fitting)
        raise SentencesConflict(list(typed))

    def _english(self) -> dict[str, str]:
        """Return what was reworded in English: a draft that cannot be read must not hide a language."""
        opened = self._edit.open(CATALOG + DEFAULT)
        try:
            entries = read_po(opened.text)
        except DocumentInvalid:
            entries = read_po(opened.live.text)
        return {one.source: one.text for one in entries if one.source and one.text and not one.unsure}


def read_sentence(typed: str, source: str) -> tuple[str, Sequence[str]]:
    """Return a typed sentence with its placeholders, and everything that is wrong with it."""
    text, faults = read_typed(typed.strip(), source)
    if holds_private(text):
        return text, (f"{PRIVATE[:1].upper()}{PRIVATE[1:]}. It was not kept here.",)
    more = []
    if invisible_in(text):
        more.append("There is a sign in this that nobody can see. Type it anew.")
    if len(text) > _LONGEST:
        more.append(f"This has {len(text):,} letters. {_LONGEST:,} are the most.")
    return text, (*more, *faults)


def _sentence(source: str, entry: Entry | None, places: Sequence[tuple[str, int]], reworded: str) -> Sentence:
    documents = tuple(dict.fromkeys(document for document, _ in places))
    text, unsure = (entry.text, entry.unsure) if entry else ("", False)
    return Sentence(fingerprint(source), source, text, unsure, documents, reworded)


def _changed(
    locale: str,
    now: Mapping[str, Sentence],
    typed: Mapping[str, str],
    seen: Mapping[str, str],
    sure: Collection[str],
) -> dict[str, str]:
    """Return the texts that differ from what was shown, by key. Raises SentencesWrong."""
    changed: dict[str, str] = {}
    wrong: dict[str, Sequence[str]] = {}
    for key, words in typed.items():
        if key not in now:
            continue
        text, faults = read_sentence(words, now[key].source)
        if locale == DEFAULT and text == now[key].source:
            text = ""  # as the pages have it: nothing to put in its place
        if fingerprint(text) == seen.get(key) and key not in sure:
            continue
        if faults:
            wrong[key] = faults
        changed[key] = text
    if wrong:
        raise SentencesWrong(wrong)
    return changed
