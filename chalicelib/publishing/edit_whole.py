"""Draft changes of contacts, places and settings as one state, saved in the documents of their places.

A document in which nothing changed is not touched: of two clerks of two towns each keeps theirs. Each is
saved under an optimistic lock that is tried again. A draft that cannot be read stands in nobody's way but of
those who would change the same document: what is live counts for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.directory.document_ids import PLACES, SITE, base_of, fingerprint, name_of, place_of
from chalicelib.directory.errors import ContentInvalid, DocumentInvalid
from chalicelib.directory.place_documents import ORDER, Whole, join, split, strangers
from chalicelib.directory.places import read_places
from chalicelib.directory.write_entries import write_entries
from chalicelib.publishing.documents import Draft, DraftConflict
from chalicelib.publishing.edit_text import EditText, EntriesText, read_json
from chalicelib.publishing.whole_texts import WHOLE, are_whole, empty_text, read_part

_TRIES = 3
Texts = Mapping[str, EntriesText]


def now(edit: EditText) -> Whole:
    """Return contacts, places and settings as drafts have them, else as they are live.

    Raises DocumentInvalid.
    """
    return _read(edit.entries())[0]


def live(edit: EditText) -> Whole:
    """Return them as readers get them. Raises DocumentInvalid."""
    return both(edit)[0]


def both(edit: EditText) -> tuple[Whole, Whole]:
    """Return them as readers get them, and as drafts have them, read at once. Raises DocumentInvalid."""
    texts = edit.entries()
    published = {name: EntriesText(one.live, one.live, 0) for name, one in texts.items()}
    return _read(published)[0], _read(texts)[0]


def unread(edit: EditText) -> Mapping[str, str]:
    """Return the documents whose drafts cannot be read, each with the reason."""
    texts = edit.entries()
    if are_whole(texts):
        return {}
    return {name: str(error) for name, error in _read(texts)[1].items()}


def texts_with(edit: EditText, do: Callable[[Whole], None]) -> Mapping[str, str]:
    """Return the texts that saving a change would write, and save none. Raises as `change`."""
    texts = edit.entries()
    whole, _ = _read(texts)
    before = _written(whole, texts)
    do(whole)
    after = _written(whole, texts)
    return {name: text for name, text in after.items() if text != before.get(name, empty_text(name))}


def change(edit: EditText, do: Callable[[Whole], None], who: str, also: str = "") -> Draft | None:
    """Save drafts of the documents in which `do` changes something; done anew when somebody was faster.

    Of `also` a draft is saved in any case. Returns its draft, or the last that was saved. Raises whatever
    `do` raises, DraftConflict after three tries, and what save_draft raises.
    """
    tries = 0
    while True:
        texts = edit.entries()
        whole, broken = _read(texts)
        before = _written(whole, texts)
        do(whole)
        after = _written(whole, texts)
        changed = [
            name for name in after if name == also or after[name] != before.get(name, empty_text(name))
        ]
        for name in changed:
            if name in broken:
                raise broken[name]
        # What comes is saved before what goes: an entry that changes its place is never nowhere.
        changed.sort(key=lambda name: len(after[name]) < len(before.get(name, "")))
        try:
            return _save(edit, {name: after[name] for name in changed}, texts, who, also)
        except DraftConflict:
            tries += 1
            if tries == _TRIES:
                raise


def _save(edit: EditText, changed: Mapping[str, str], texts: Texts, who: str, also: str) -> Draft | None:
    saved: dict[str, Draft] = {}
    for name, text in changed.items():
        revision = texts[name].revision if name in texts else 0
        saved[name] = edit.save_draft(name, text, revision, who)
    return saved.get(also) or next(reversed(saved.values()), None)


def _read(texts: Texts) -> tuple[Whole, dict[str, DocumentInvalid]]:
    if are_whole(texts):
        return Whole(*(read_json(name, texts[name].text) for name in WHOLE)), {}
    parsed: dict[str, Any] = {}
    broken: dict[str, DocumentInvalid] = {}
    for name, one in texts.items():
        try:
            parsed[name] = read_part(name, one.text)
            if place_of(name) and (others := strangers(name, parsed[name])):
                raise DocumentInvalid(f"the draft of “{name_of(name)}”: {others[0]} belongs to another place")
        except DocumentInvalid as error:
            broken[name] = error
            parsed[name] = read_part(name, one.live)
    broken |= _without_bad_places(parsed, texts)
    return join(parsed), broken


def _without_bad_places(parsed: dict[str, Any], texts: Texts) -> dict[str, DocumentInvalid]:
    """Put what is live in the place of drafts of places that break a rule together; return those with why."""
    drafted = [name for name in parsed if base_of(name) == PLACES and place_of(name) and texts[name].revision]
    if not drafted or not _why_bad(parsed):
        return {}
    drafted.sort(key=lambda name: not parsed[name]["places"])  # what goes is not gone before what needs it
    drafts = {name: parsed[name] for name in drafted}
    parsed |= {name: read_part(name, texts[name].live) for name in drafted}
    taken = True
    while taken and drafts:  # a town may need the county that is drafted beside it
        good = next((name for name, part in drafts.items() if not _why_bad({**parsed, name: part})), "")
        taken = bool(good)
        if taken:
            parsed[good] = drafts.pop(good)
    return {
        name: DocumentInvalid(f"the draft of “{name_of(name)}”: {_why_bad({**parsed, name: part})}")
        for name, part in drafts.items()
    }


def _why_bad(parsed: Mapping[str, Any]) -> str:
    try:
        read_places(join(parsed).places)
    except ContentInvalid as error:
        return str(error)
    return ""


def _written(whole: Whole, texts: Texts) -> dict[str, str]:
    """Return the texts of all documents of a state; what the settings hold of hosts and order stays there."""
    if are_whole(texts):
        return {name: write_entries(part) for name, part in zip(WHOLE, whole, strict=True)}
    try:
        parts = split(whole, [place_of(name) for name in texts if place_of(name)])
    except ContentInvalid as error:
        raise DocumentInvalid(str(error)) from error
    own = _own(texts[SITE])
    kept = {*(own.get("hosts") or ())} & {*(whole.site.get("hosts") or ())}
    parts[SITE]["hosts"] = sorted({*parts[SITE]["hosts"], *kept})
    if ORDER in own:
        parts[SITE][ORDER] = own[ORDER]
    return {name: write_entries(part) for name, part in parts.items()}


def _own(site: EntriesText) -> Mapping[str, Any]:
    try:
        return read_part(SITE, site.text)
    except DocumentInvalid:
        return read_part(SITE, site.live)


def seen_as(entry: Mapping[str, Any]) -> str:
    """Return a fingerprint of an entry exactly as it stands."""
    return fingerprint(write_entries(entry))
