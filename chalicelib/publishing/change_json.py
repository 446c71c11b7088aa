"""Draft changes of documents made of JSON, under an optimistic lock that is tried again.

Two people who change two entries at once both keep theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.directory.document_ids import fingerprint
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.document_forms import check_form
from chalicelib.publishing.documents import Draft, DraftConflict
from chalicelib.publishing.edit_text import EditText, read_json, write_json
from chalicelib.publishing.field_labels import plain, title_of

_TRIES = 3


def change_json(edit: EditText, document: str, change: Callable[[dict[str, Any]], None], who: str) -> Draft:
    """Save a draft of a document with `change` made to it as it stands; done anew when somebody was faster.

    Raises whatever `change` raises, DraftConflict after three tries, and what save_draft raises.
    """
    tries = 0
    while True:
        opened = edit.open(document)
        parsed = read_whole(document, opened.text)
        change(parsed)
        try:
            return edit.save_draft(document, write_json(parsed), opened.revision, who)
        except DraftConflict:
            tries += 1
            if tries == _TRIES:
                raise


def change_if(
    edit: EditText, document: str, change: Callable[[dict[str, Any]], None], who: str
) -> Draft | None:
    """Do as change_json, unless it changes nothing: then no draft is made."""
    text = edit.open(document).text
    after = read_whole(document, text)
    change(after)
    return None if after == read_whole(document, text) else change_json(edit, document, change, who)


def read_whole(document: str, text: str) -> dict[str, Any]:
    """Read a document, each field of its kind. Raises DocumentInvalid with the first that is not."""
    parsed = read_json(document, text)
    for problem in check_form(document, text, parsed)[:1]:
        where = f"the draft of “{title_of(document)}”, line {problem.line}"
        raise DocumentInvalid(f"{where}: {plain(problem.sentence)}")
    return parsed


def seen_as(entry: Mapping[str, Any]) -> str:
    """Return a fingerprint of an entry exactly as it stands."""
    return fingerprint(write_json(entry))
