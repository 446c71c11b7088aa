"""Validation of a contact's review stamps: "last checked on ... by ..." and the mark.

A stamp stands for all that a reader is told of a contact, and the mark CONFIRMED for its name and the ways
to reach it. When those change and nobody checked or read anew, the stamp goes and the mark is lowered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from chalicelib.directory.contacts import CONFIRMED, SINGLE
from chalicelib.directory.document_ids import CONTACTS, fingerprint
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.json_documents import read
from chalicelib.shared.days import read_day

Entry = Mapping[str, Any]

_CHECKED = {
    "name": "the name",
    "serves": "the place it serves",
    "audience": "for whom it is",
    "channels": "the ways to reach it",
    "hours": "the hours",
    "languages": "the languages",
    "what": "what they do",
    "what_not": "what they do not do",
}
_READ = ("name", "channels")


def stamped(entry: Entry, role: str, day: date) -> dict[str, Any]:
    """Return a contact as checked on this day, as it stands, by somebody in this role."""
    stamp = {"checked_on": day.isoformat(), "checked_by": role, "checked_as": _sign(entry, _CHECKED)}
    return {**entry, **stamp}


def read_anew(entry: Entry, day: date) -> dict[str, Any]:
    """Return a contact as read on this day, as it stands, in two sources of different publishers."""
    return {**entry, "read_on": day.isoformat(), "read_as": _sign(entry, _READ)}


def publishers(entry: Entry) -> int:
    """Return how many publishers a contact's sources have: two pages of one web site are of one."""
    return len({_publisher(str(source)) for source in entry.get("sources") or () if str(source).strip()})


def without_what_fell(before: Entry, after: Entry) -> dict[str, Any]:
    """Return a changed contact without the stamp, and with a lower mark, when they stood for something else.

    To be called on what was typed, before anything is stamped anew.
    """
    left = dict(after)
    if changed(before, after, _CHECKED):
        left = {name: value for name, value in left.items() if name != "checked_as"}
        left |= {"checked_on": None, "checked_by": None}
    if changed(before, after, _READ):
        left.pop("read_as", None)
        if left.get("mark") == CONFIRMED:
            left["mark"] = SINGLE
    return left


def changed(before: Entry, after: Entry, names: Iterable[str] = tuple(_CHECKED)) -> list[str]:
    """Return in words what of a contact differs. Commas, capitals and spaces do not count."""
    return [_CHECKED[name] for name in names if _plain(before, name) != _plain(after, name)]


def check(text: str, published: Sequence[str]) -> list[tuple[str, str]]:
    """Return each contact whose stamps stand for something else, with a sentence.

    `published` are the contacts documents that readers got, the live one first. What stood in one of them
    as a whole keeps its stamps: an older version brings its own back.
    """
    if not published:
        return []
    live = _by_id(published[0])
    once = [entry for one in published for entry in _by_id(one).values()]
    faults = []
    now = _by_id(text)
    for name, entry in now.items():
        before = live.get(name) or _renamed(entry, live, now)
        if before is None:
            continue
        sentences = [_stale_stamp(before, entry, once), _stale_mark(before, entry, once)]
        faults += [(name, f"{entry.get('name')}: {sentence}") for sentence in sentences if sentence]
    return faults


def days_to_come(text: str, latest: date) -> list[tuple[str, str]]:
    """Return each contact with a day later than `latest`, with a sentence."""
    return [
        (name, f"{entry.get('name')}: {key} is {entry[key]}, a day that has not come yet.")
        for name, entry in _by_id(text).items()
        for key in ("checked_on", "read_on")
        if _day(entry.get(key)) > latest
    ]


def _stale_stamp(before: Entry, entry: Entry, once: Sequence[Entry]) -> str:
    stamp = _stamp(entry)
    if not any(stamp) or any(_stamp(one) == stamp and not changed(one, entry) for one in once):
        return ""
    what = changed(before, entry)
    if "checked_as" in entry:
        newly = entry["checked_as"] == _sign(entry, _CHECKED)
    else:
        newly = stamp != _stamp(before) and _day(stamp[0]) >= _day(before.get("checked_on"))
    if newly:
        return ""
    return (
        f"it says “last checked on {stamp[0]} by {stamp[1]}”, and since then {_listed(what)} changed. Check"
        " it anew and say so in its form, or take checked_on, checked_by and checked_as out of the text."
    )


def _stale_mark(before: Entry, entry: Entry, once: Sequence[Entry]) -> str:
    what = changed(before, entry, _READ)
    if entry.get("mark") != CONFIRMED or not what:
        return ""
    if any(one.get("mark") == CONFIRMED and not changed(one, entry, _READ) for one in once):
        return ""
    if entry.get("read_as") == _sign(entry, _READ) and publishers(entry) > 1:
        return ""
    added = [one for one in entry.get("sources") or () if one not in (before.get("sources") or ())]
    if publishers({"sources": added}) > 1 and _day(entry.get("read_on")) > _day(before.get("read_on")):
        return ""
    return (
        f"it says CONFIRMED, and {_listed(what)} changed. Set the mark to SINGLE, or say in its form that two"
        " sources of different publishers show it as it is now."
    )


def _renamed(entry: Entry, live: Mapping[str, Entry], now: Mapping[str, Entry]) -> Entry | None:
    """Return the live contact whose stamp this one took along to another id, if there is one."""
    gone = [one for name, one in live.items() if name not in now]
    return next((one for one in gone if any(_stamp(entry)) and _stamp(one) == _stamp(entry)), None)


def _by_id(text: str) -> dict[str, Entry]:
    try:
        entries = read(CONTACTS, text)["contacts"]
    except DocumentInvalid:  # published long ago; what is a draft was read before
        return {}
    return {str(entry.get("id")): entry for entry in entries}


def _stamp(entry: Entry) -> tuple[object, object]:
    return entry.get("checked_on") or None, entry.get("checked_by") or None


def _day(value: object) -> date:
    try:
        return read_day(value)
    except ValueError:  # none, or one that was published before days were looked at so closely
        return date.min


def _sign(entry: Entry, names: Iterable[str]) -> str:
    return fingerprint(json.dumps([_plain(entry, name) for name in names]))


def _plain(entry: Entry, name: str) -> object:
    if name == "channels":
        return sorted(
            [str(one.get(part) or "") for part in ("kind", "value", "body")]
            for one in entry.get("channels") or ()
        )
    text = str(entry.get(name) or ("anyone" if name == "audience" else ""))
    words = "".join(letter if letter.isalnum() or not letter.isascii() else " " for letter in text.casefold())
    return words.split()


def _publisher(source: str) -> str:
    host = urlsplit(source.strip()).hostname if "://" in source else ""
    return host.removeprefix("www.") if host else source.strip().casefold()


def _listed(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part) or "something"
