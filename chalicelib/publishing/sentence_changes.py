"""Field diff of the texts made of sentences: translations, mails to offices, and pages.

How a page is built is not told here: only that it differs, and by how many lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from chalicelib.delivery import mail_frames
from chalicelib.directory.document_ids import locale_of
from chalicelib.pages.po_files import Entry, read_po
from chalicelib.publishing import comparison, still_fits
from chalicelib.publishing.change_rows import CHANGED, EntryChange, FieldChange, field_change
from chalicelib.publishing.field_labels import readable
from chalicelib.shared.locales import DEFAULT, ENDONYMS

_SENTENCE = re.compile(r"(\{%-?\s*trans\b(?:[^%]|%(?!\}))*%\})(.*?)(\{%-?\s*endtrans\s*-?%\})", re.DOTALL)
_STATE = "Is it right?"
_SURE, _UNSURE = "yes", "nobody is sure: readers get English"
_LOOKED_AT = "Looked at again, and it fits"
_NO_SENTENCE = "How the page is built"


def of_language(document: str, before: str, after: str) -> Iterator[EntryChange]:
    """Yield each sentence of a language that differs, under its English. Raises DocumentInvalid."""
    locale = locale_of(document)
    old = {entry.source: entry for entry in read_po(before)}
    new = {entry.source: entry for entry in read_po(after)}
    for source in dict.fromkeys([*new, *old]):
        nothing = Entry(source, "")
        rows = tuple(_of_sentence(locale, old.get(source, nothing), new.get(source, nothing)))
        if rows and source:
            yield EntryChange(readable(source), CHANGED, rows, lang=DEFAULT)
        elif rows:
            yield EntryChange("About this translation", CHANGED, rows)


def _of_sentence(locale: str, old: Entry, new: Entry) -> Iterator[FieldChange]:
    name = ENDONYMS.get(locale, locale)
    if old.text != new.text:
        # An English field that is empty leaves the sentence as it stands in the pages.
        texts = [one.text or (one.source if locale == DEFAULT else "") for one in (old, new)]
        before, after = (readable(text) for text in texts)
        yield field_change(name, before, after, prose=True, lang=locale if old.source else "")
    if old.unsure != new.unsure and (old.text and new.text):
        yield field_change(_STATE, *(_UNSURE if one.unsure else _SURE for one in (old, new)))
    days = [still_fits.day_of(one) for one in (old, new)]
    if old.text == new.text and days[0] != days[1]:
        yield field_change(_LOOKED_AT, *days)


def of_mail(before: str, after: str) -> Iterator[EntryChange]:
    """Yield what differs in the text around the reports of a mail: one line of it is one sentence."""
    rows = tuple(_of_lines(_mail_lines(before), _mail_lines(after)))
    if rows:
        yield EntryChange("The text around the report", CHANGED, rows)


def of_page(document: str, before: str, after: str) -> Iterator[EntryChange]:
    """Yield the sentences of a page that differ, and how many lines do of how it is built."""
    rows = tuple(_of_lines(_sentences(before), _sentences(after)))
    if rows:
        yield EntryChange("Sentences", CHANGED, rows, lang=DEFAULT)
    told = _of_build(_without_sentences(before), _without_sentences(after))
    if told:
        yield EntryChange(_NO_SENTENCE, CHANGED, (told,))


def _of_build(before: str, after: str) -> FieldChange | None:
    if before == after:
        return None
    old, new = before.split("\n"), after.split("\n")
    same = sum(size for _, _, size in comparison.common(old, new))
    gone, come = len(old) - same, len(new) - same
    if not gone and not come:
        return FieldChange("Lines", "", "", note="Sentences stand in another way.")
    told = " and ".join(filter(None, (_lines(gone, "go"), _lines(come, "come"))))
    return FieldChange("Lines", "", "", note=f"{told}: see them under “Advanced”.")


def _lines(count: int, verb: str) -> str:
    one = "goes" if verb == "go" else "comes"
    return "" if not count else f"1 line {one}" if count == 1 else f"{count:,} lines {verb}"


def _of_lines(old: Sequence[str], new: Sequence[str]) -> Iterator[FieldChange]:
    """Yield the sentences that differ, each beside the one whose place it takes."""
    i = j = 0
    for a, b, size in [*comparison.common(old, new), (len(old), len(new), 0)]:
        gone, come = [*old[i:a]], [*new[j:b]]
        for at in range(max(len(gone), len(come))):
            texts = [side[at] if at < len(side) else "" for side in (gone, come)]
            if any(texts):
                yield field_change("Sentence", *texts, prose=True)
        i, j = a + size, b + size


def _mail_lines(text: str) -> list[str]:
    lines = (line.replace(mail_frames.MARKER, "[the report]") for line in text.split("\n"))
    return [readable(line.rstrip()) for line in lines if line.strip()]


def _sentences(text: str) -> list[str]:
    return [readable(" ".join(match[2].split())) for match in _SENTENCE.finditer(text)]


def _without_sentences(text: str) -> str:
    """Return a page with its sentences taken out: where one stood, a mark is left."""
    return _SENTENCE.sub(lambda match: f"{match[1]}¶{match[3]}", text)
