"""Field diff of the documents made of entries: contacts, places, services, settings, recipients.

An entry is known by its id, so that one that was moved is not taken for another; ways to reach a contact are
paired by their kind.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chalicelib.directory.contacts import DIALLED, LINKED
from chalicelib.directory.document_ids import (
    CONTACTS,
    PLACES,
    RECIPIENTS,
    SERVICES,
    SITE,
    base_of,
    fingerprint,
)
from chalicelib.publishing import comparison
from chalicelib.publishing.change_rows import (
    ADDED,
    CHANGED,
    REMOVED,
    EntryChange,
    FieldChange,
    field_change,
)
from chalicelib.publishing.field_labels import (
    CHANNEL_LABELS,
    CONTACT_LABELS,
    FIGURE_LABELS,
    LANGUAGE_LABELS,
    PLACE_LABELS,
    RECIPIENT_LABELS,
    SITE_LABELS,
    Names,
    label_of,
    shortened,
    value_of,
)
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.service_words import SERVICE_LABELS, parts_of
from chalicelib.shared.locales import ENDONYMS

Entry = Mapping[str, Any]
_MISSING: Any = object()
_IDS = ("id", "slug", "tag")
_PROSE = ("what", "what_not", "hours", "languages", "line", "text", "source")
# document -> its lists, each with what an entry is known by and the labels of its fields
_LISTS: Mapping[str, Mapping[str, tuple[str, Mapping[str, str]]]] = {
    CONTACTS: {"contacts": ("id", CONTACT_LABELS)},
    PLACES: {"places": ("slug", PLACE_LABELS)},
    RECIPIENTS: {"": ("id", RECIPIENT_LABELS)},
    SERVICES: {"services": ("id", SERVICE_LABELS)},
    SITE: {
        "locales": ("tag", LANGUAGE_LABELS),
        "other_languages": ("tag", LANGUAGE_LABELS),
        "figures": ("text", FIGURE_LABELS),
    },
}
_ORDER = {
    "contacts": "Order of the contacts",
    "places": "Order of the places",
    "services": "Order of the services",
    "": "Order of the offices",
    "locales": "Order of the languages",
    "other_languages": "Order of the other languages",
    "figures": "Order of the figures",
}
_SHOWS_AS = {"locales": "Language of the site", "other_languages": "Other language"}


def compare(document: str, before: str, after: str, names: Names) -> list[EntryChange]:
    """Return what differs, in the order of the new text. Raises DocumentInvalid for what cannot be read."""
    old, new = read(document, before), read(document, after)
    document = base_of(document)  # those of a place have the same form
    if document == RECIPIENTS:
        old, new = {"": old}, {"": new}
    names = Names({**names.places, **_named(document, PLACES, old, new)}, names.contacts)
    if document == CONTACTS:
        names = Names(names.places, {**names.contacts, **_named(document, CONTACTS, old, new)})
    lists = _LISTS[document]
    found = _of_settings(old, new, lists, names)
    for listed, (known_by, labels) in lists.items():
        walk = _Entries(listed, known_by, labels, names)
        found += walk.compare(old.get(listed, _MISSING), new.get(listed, _MISSING))
    return found


def _named(document: str, wanted: str, *texts: Mapping[str, Any]) -> dict[str, str]:
    if document != wanted:
        return {}
    ((listed, (known_by, _)),) = _LISTS[document].items()
    return {
        str(entry.get(known_by)): str(entry.get("name") or entry.get(known_by))
        for text in texts
        for entry in _maps(text.get(listed))
    }


def _of_settings(old: Entry, new: Entry, lists: Mapping[str, Any], names: Names) -> list[EntryChange]:
    """Return what differs beside the lists of entries."""
    rows = [
        row
        for name in _in_order(SITE_LABELS, old, new)
        if name not in lists and not _same(old.get(name, _MISSING), new.get(name, _MISSING))
        for row in _field(name, SITE_LABELS, old.get(name, _MISSING), new.get(name, _MISSING), names)
    ]
    return [EntryChange("Settings", CHANGED, tuple(rows))] if rows else []


class _Entries:
    """The diff of one list of entries."""

    def __init__(self, listed: str, known_by: str, labels: Mapping[str, str], names: Names) -> None:
        self._listed = listed
        self._known_by = known_by
        self._labels = labels
        self._names = names

    def compare(self, old: Any, new: Any) -> list[EntryChange]:
        if _same(old, new):
            return []
        if not (isinstance(old, list) and isinstance(new, list)):
            rows = _field(self._listed, {}, old, new, self._names)
            return [EntryChange(_ORDER[self._listed].removeprefix("Order of "), CHANGED, tuple(rows))]
        before, after = self._keyed(old), self._keyed(new)
        if self._known_by not in _IDS:
            after = _renamed(before, after)
        found = [self._changed(key, before.get(key, _MISSING), entry) for key, entry in after.items()]
        found += [self._changed(key, entry, _MISSING) for key, entry in before.items() if key not in after]
        stayed = [key for key in before if key in after], [key for key in after if key in before]
        moved = self._moved(*stayed, {**before, **after})
        return [one for one in found if one is not None] + moved

    def _keyed(self, entries: Sequence[Any]) -> dict[str, Any]:
        """Return entries by what they are known by; the second of one name by that and its number."""
        keyed: dict[str, Any] = {}
        for entry in entries:
            name = str(entry.get(self._known_by, "")) if isinstance(entry, Mapping) else ""
            key, number = name, 1
            while key in keyed:
                number += 1
                key = f"{name}\n{number}"
            keyed[key] = entry
        return keyed

    def _changed(self, key: str, old: Any, new: Any) -> EntryChange | None:
        if _same(old, new):
            return None
        entry = new if new is not _MISSING else old
        kind = ADDED if old is _MISSING else REMOVED if new is _MISSING else CHANGED
        sides = [side if isinstance(side, Mapping) else {} for side in (old, new)]
        rows = self._fields(*sides) if isinstance(entry, Mapping) else []
        if kind != CHANGED:
            rows = [row for row in rows if row.before or row.after]
        if not rows and kind == CHANGED:
            rows = [field_change("Entry", *(value_of("", one, self._names) for one in (old, new)))]
        form = key if kind != REMOVED and "\n" not in key else ""
        return EntryChange(self._called(key, entry), kind, tuple(rows), form)

    def _fields(self, old: Entry, new: Entry) -> list[FieldChange]:
        rows: list[FieldChange] = []
        for name in _in_order(self._labels, old, new):
            before, after = old.get(name, _MISSING), new.get(name, _MISSING)
            if name == self._known_by and name not in self._labels:
                continue
            if not _same(before, after):
                rows += _field(name, self._labels, before, after, self._names)
        return rows

    def _called(self, key: str, entry: Any) -> str:
        """Return what an entry is called on the screens."""
        key = key.partition("\n")[0]
        if self._listed in _SHOWS_AS:
            own_name = entry.get("own_name") if isinstance(entry, Mapping) else ""
            return f"{_SHOWS_AS[self._listed]}: {shortened(str(own_name or ENDONYMS.get(key, key)))}"
        name = entry.get("name") if isinstance(entry, Mapping) else ""
        return shortened(str(name or key or "An entry without a name"), 120)

    def _moved(self, old: list[str], new: list[str], entries: Mapping[str, Any]) -> list[EntryChange]:
        """Return the fewest entries that were moved, each with what it stood and stands after."""
        stays = {i for i, _, size in comparison.common(old, new) for i in range(i, i + size)}
        rows = [
            field_change(
                self._called(key, entries[key]),
                self._behind(old, at, entries),
                self._behind(new, new.index(key), entries),
            )
            for at, key in enumerate(old)
            if at not in stays
        ]
        return [EntryChange(_ORDER[self._listed], CHANGED, tuple(rows))] if rows else []

    def _behind(self, order: list[str], at: int, entries: Mapping[str, Any]) -> str:
        return f"after {self._called(order[at - 1], entries[order[at - 1]])}" if at else "first"


def _field(name: str, labels: Mapping[str, str], old: Any, new: Any, names: Names) -> Iterator[FieldChange]:
    """Yield the rows of a field that differs; a list has one for each of its parts that does."""
    label = label_of(labels, name)
    if name == "channels" and _is_list_of(old, Mapping) and _is_list_of(new, Mapping):
        yield from _channels(_maps(old), _maps(new), label)
    elif name in ("checked_as", "read_as"):
        yield field_change(label, _stood_for(old, "stood there before"), _stood_for(new, "stands there now"))
    elif name == "key":
        yield field_change(label, _key(old), _key(new))
    elif name in ("phones", "hours", "coverage") and _has_parts(old, new):
        before_parts, after_parts = (parts_of(name, side) or [] for side in (old, new))
        yield from _parts("", label, before_parts, after_parts, names)
    elif _is_list_of(old, str) and _is_list_of(new, str):
        yield from _parts(name, label, _texts(old), _texts(new), names)
    else:
        before, after = (value_of(name, None if one is _MISSING else one, names) for one in (old, new))
        yield field_change(label, before, after, prose=name in _PROSE)


def _has_parts(*sides: Any) -> bool:
    return any(isinstance(side, list | Mapping) for side in sides) and not any(
        isinstance(side, str) for side in sides
    )


def _parts(name: str, label: str, old: list[str], new: list[str], names: Names) -> Iterator[FieldChange]:
    """Yield what differs in a list of texts: parts that went, came or changed; else its order."""
    gone, come = _without(old, new), _without(new, old)
    for at in range(max(len(gone), len(come))):
        before, after = (value_of(name, one[at], names) if at < len(one) else "" for one in (gone, come))
        yield field_change(label, before, after)
    if not gone and not come:
        before, after = (", ".join(value_of(name, one, names) for one in parts) for parts in (old, new))
        yield field_change(f"{label}: order", before, after)


def _channels(old: Sequence[Entry], new: Sequence[Entry], label: str) -> Iterator[FieldChange]:
    gone, come = _without(old, new), _without(new, old)
    for kind in dict.fromkeys(str(one.get("kind")) for one in (*gone, *come)):
        before, after = ([one for one in side if str(one.get("kind")) == kind] for side in (gone, come))
        for at in range(max(len(before), len(after))):
            texts = (_way(side[at]) if at < len(side) else "" for side in (before, after))
            yield field_change(label_of(CHANNEL_LABELS, kind), *texts)
    if not gone and not come:
        yield field_change(f"{label}: order", *(", ".join(_way(one) for one in side) for side in (old, new)))


def _way(channel: Entry) -> str:
    """Return a way to reach a contact as people read it, and what a machine reads where that differs."""
    kind = channel.get("kind")
    show, value = str(channel.get("show") or ""), str(channel.get("value") or "")
    text = show or value
    if kind in LINKED:
        text = f"{value}, shown as {show}" if show else value
    elif kind in DIALLED:
        if _digits(show).removeprefix("1") != _digits(value).removeprefix("1"):
            text = f"{show or 'nothing'}; a phone dials {value or 'nothing'}"
    elif show != value:
        text = f"{show or 'nothing'}; a mail goes to {value or 'nothing'}"
    if channel.get("body"):
        text += f", with the word “{channel['body']}”"
    more = {name: one for name, one in channel.items() if name not in ("kind", "show", "value", "body")}
    return "; ".join([text, *(f"{name}: {value_of(name, one, Names())}" for name, one in more.items())])


def _stood_for(value: Any, when: str) -> str:
    """Return what a stamp stands for, in words: it is kept as a digest of all that is told of a contact."""
    return "" if value is _MISSING or not value else f"all that {when}"


def _key(value: Any) -> str:
    """Return what stands for a key: it is long, and nobody compares it by eye."""
    if value is _MISSING or not value:
        return ""
    mark = fingerprint(str(value))
    return f"a key of {len(str(value)):,} letters (its mark is {mark[:4]} {mark[4:8]})"


def _in_order(labels: Mapping[str, str], *entries: Entry) -> list[str]:
    there = dict.fromkeys(name for entry in entries for name in entry)
    return [*(name for name in labels if name in there), *(name for name in there if name not in labels)]


def _renamed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the new entries with the old names of those that took another's place.

    For a list without ids: what is known by its words is the same entry when they change.
    """
    gone = [key for key in before if key not in after]
    come = [key for key in after if key not in before]
    old_names = dict(zip(come, gone, strict=False))
    return {old_names.get(key, key): entry for key, entry in after.items()}


def _same(old: Any, new: Any) -> bool:
    """Say whether two values are the same as they are written, but for the order of an entry's fields."""
    return old is new or (not (old is _MISSING or new is _MISSING) and _written(old) == _written(new))


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _without(some: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Return what is in one list and not in another, as often as it is there more often."""
    left, rest = Counter(_written(one) for one in others), []
    for one in some:
        written = _written(one)
        if left[written]:
            left[written] -= 1
        else:
            rest.append(one)
    return rest


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii() and letter.isdigit())


def _is_list_of(value: Any, kind: type) -> bool:
    return value is _MISSING or (isinstance(value, list) and all(isinstance(one, kind) for one in value))


def _maps(value: Any) -> list[Entry]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [] if value is _MISSING else list(value)
