"""View of one sentence for its form: words in pieces, what stood there before, and who changed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.desk.web.guard import AdminRequest
from chalicelib.directory.document_ids import NAMES, is_entries, name_of, place_of
from chalicelib.publishing.edit_sentences import Catalog, Sentence
from chalicelib.publishing.placeholders import names, pieces, shown
from chalicelib.publishing.sentence_history import Change, SentenceHistory
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

    `value` stands in the field, `theirs` is what is saved when that is something else.
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
        shown(sentence.text, source) if typed is None else typed,
        pieces(sentence.text, source),
        list(names(source).values()),
        [name_of_place(place) for place in sentence.places],
        earlier,
        history.last_change(catalog.document, source),
    )


def name_of_place(document: str) -> str:
    """Return what a document that says a sentence is called."""
    if is_entries(document):
        return name_of(document) if place_of(document) else _SHORT.get(document, NAMES[document])
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
