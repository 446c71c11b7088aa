"""View of one sentence for its form: words in pieces, what stood there before, and who changed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.desk.web.guard import AdminRequest
from chalicelib.directory.armor import without_private
from chalicelib.directory.document_ids import JSON_DOCUMENTS, NAMES
from chalicelib.publishing.edit_sentences import Catalog, Sentence, SentencesConflict
from chalicelib.publishing.placeholders import names, pieces, read_typed, shown
from chalicelib.publishing.sentence_history import Change, Earlier, SentenceHistory
from chalicelib.publishing.still_fits import seen_as
from chalicelib.shared.locales import DEFAULT

Pieces = Sequence[tuple[str, bool]]

CHANGED_MEANWHILE = "Somebody else changed this sentence meanwhile. Theirs is shown with yours."
_PAGES = {
    "about.html": "The page about the site",
    "answer.html": "The answer to a code",
    "code.html": "The page that asks for a code",
    "error.html": "The pages that say what went wrong",
    "layout.html": "Every page",
    "more.html": "The page of other languages",
    "note.html": "The form",
    "page.html": "The page of every place",
    "parts.html": "Pieces of several pages",
    "receipt.html": "The receipt",
}
_SHORT = {"contacts": "Contacts", "recipients": "Recipients"}


@dataclass(frozen=True, slots=True)
class EarlierView:
    """What English said when the sentence was last translated, and that translation."""

    english: Pieces
    text: Pieces
    who: str
    when: datetime | None


@dataclass(frozen=True, slots=True)
class SentenceView:
    """A sentence in one language, as its form shows it.

    `value` stands in the field, `theirs` is what is saved when that is something else. `fits` is handed in by
    who says that the translation still fits; nothing where that cannot be said.
    """

    sentence: Sentence
    english: Pieces
    source: Pieces
    value: str
    theirs: Pieces
    fills: Sequence[str]
    places: Sequence[str]
    earlier: EarlierView | None
    change: Change
    fits: str = ""
    looked_at: Change = field(default_factory=Change)


def view_of(
    sentence: Sentence,
    catalog: Catalog,
    history: SentenceHistory,
    said: Sequence[str],
    typed: str | None = None,
) -> SentenceView:
    """Return the view of a sentence; `typed` is what somebody typed who was refused."""
    source = sentence.source
    old = history.behind(catalog.document, source) if sentence.text else None
    if old is None and not sentence.text and catalog.locale != DEFAULT:
        old = history.earlier(catalog.document, source, sentence.places, said)
    earlier = (
        EarlierView(pieces(old.english, old.english), pieces(old.text, old.text), old.who, old.when)
        if old
        else None
    )
    return SentenceView(
        sentence,
        pieces(sentence.english, source),
        pieces(source, source),
        shown(sentence.text, source) if typed is None else without_private(typed),
        pieces(sentence.text, source),
        list(names(source).values()),
        [name_of_place(place) for place in sentence.places],
        earlier,
        history.last_change(catalog.document, source),
        _fits(sentence, old) if catalog.locale != DEFAULT else "",
        history.looked_at(catalog.document, source),
    )


def still_fitting(
    ticked: Mapping[str, str], catalog: Catalog, history: SentenceHistory
) -> tuple[dict[str, str], dict[str, str]]:
    """Return, by key, the translations that still fit, and those of earlier English that are taken again.

    `ticked` has by key what was seen. Where nobody has translated the sentence yet, it is the translation of
    what it said before; the text is as it is typed. Raises SentencesConflict when that is another now.
    """
    said, marks, taken = [one.source for one in catalog.sentences], {}, {}
    for one in catalog.sentences:
        if one.key not in ticked:
            continue
        if one.text:
            marks[one.key] = ticked[one.key]
            continue
        old = history.earlier(catalog.document, one.source, one.places, said)
        if old is None or not ticked[one.key] or _fits(one, old) != ticked[one.key]:
            raise SentencesConflict([one.key])
        taken[one.key] = shown(old.text, one.source)
    return marks, taken


def _fits(sentence: Sentence, old: Earlier | None) -> str:
    """Return what stands for the translation that may still fit; nothing where there is none."""
    if old is None or sentence.unsure:
        return ""
    if sentence.text:
        return sentence.beside_english
    faults = read_typed(shown(old.text, sentence.source), sentence.source)[1]
    return seen_as(sentence.english, old.text) if old.text and not faults else ""


def name_of_place(document: str) -> str:
    """Return what a document that says a sentence is called."""
    if document in JSON_DOCUMENTS:
        return _SHORT.get(document, NAMES[document])
    return NAMES.get(document) or _PAGES.get(document.rpartition("/")[2], "A page")


def typed_texts(request: AdminRequest, prefix: str) -> dict[str, str]:
    """Return the fields of a form whose names begin so, by what follows."""
    return {
        name.removeprefix(prefix): values[0].replace("\r\n", "\n")
        for name, values in request.fields.items()
        if name.startswith(prefix)
    }


def told_of(faults: Mapping[str, Sequence[str]], prefix: str) -> dict[str, str]:
    """Return faults as the summary of a form has them, by the id of the field."""
    return {f"{prefix}{key}": " ".join(told) for key, told in faults.items()}
