"""Labels of a document's fields, and its values in a clerk's words: what a field diff is told in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.directory.document_ids import (
    CONTACTS,
    MAIL_TEMPLATE,
    PLACES,
    PUBLIC_TEMPLATE,
    RECIPIENTS,
    SERVICES,
    SITE,
    locale_of,
    name_of,
)
from chalicelib.publishing import placeholders
from chalicelib.publishing.service_words import SERVICE_LABELS, parts_of
from chalicelib.shared.days import day_in_words
from chalicelib.shared.locales import ENDONYMS

CONTACT_LABELS = {
    "name": "Name",
    "serves": "Town or area",
    "audience": "For whom",
    "channels": "Ways to reach it",
    "hours": "Hours",
    "languages": "Languages they speak",
    "what": "What they do",
    "what_not": "What they do not do",
    "mark": "How sure we are",
    "sources": "Source",
    "read_on": "Source read on",
    "checked_on": "Last checked on",
    "checked_by": "Last checked by",
    "only_here": "Shown in its own town only",
    "one_source": "Read in one source only",
    "name_lang": "Language of the name",
    "checked_as": "What “last checked” stands for",
    "read_as": "What “source read on” stands for",
}
CHANNEL_LABELS = {
    "call": "Phone",
    "text": "Text messages",
    "tty": "TTY (typed phone)",
    "chat": "Chat",
    "form": "Web form",
    "page": "Web page",
    "email": "E-mail address",
}
PLACE_LABELS = {
    "name": "Name",
    "kind": "Kind",
    "parent": "Lies in",
    "zone": "Local time",
    "paper": "Newspaper",
    "fips": "Number of the county (FIPS)",
    "state": "Letters of the state",
    "slug": "Address of its page",
}
SITE_LABELS = {
    "exit_url": "Where the exit button leads",
    "default_place": "Place that is shown first",
    "hotline": "Hotline",
    "hosts": "Web site that pages may link to",
    "founding_channels": "Contact of the founding article",
    "police": "Police",
    "keep_days": "Days that a report is kept",
    "places_order": "Order of places that were here first",
}
LANGUAGE_LABELS = {
    "own_name": "Its own name",
    "say": "Word to say on the phone",
    "line": "Sentence",
    "checked_on": "Translation checked on",
}
FIGURE_LABELS = {
    "text": "Sentence",
    "source": "Source",
    "link": "Page of the source",
    "mark": "How sure we are",
    "read_at": "Source read on",
}
RECIPIENT_LABELS = {
    "name": "Name",
    "serves": "Gets reports from",
    "email": "First address",
    "fallback": "Second address",
    "language": "Language of its mail",
    "nature": "Kind of office",
    "enforces_immigration": "Enforces immigration law",
    "agreed_on": "They agreed on",
    "key": "Key that locks its mail",
    "reply_from": "Replies come from",
    "answers": "Writes back to writers",
    "what": "What they do",
    "what_not": "What they do not do",
    "mark": "How sure we are",
    "source": "Source",
    "read_on": "Source read on",
}
_TITLES = {
    CONTACTS: "Contacts",
    PLACES: "Towns and areas",
    SERVICES: "Services",
    SITE: "Settings of the site",
    RECIPIENTS: "Who gets reports",
    f"{MAIL_TEMPLATE}report/body.txt": "The mail with a report",
    f"{MAIL_TEMPLATE}digest/body.txt": "The mail with many reports",
    f"{MAIL_TEMPLATE}report/subject.txt": "The subject of a mail with a report",
    f"{MAIL_TEMPLATE}digest/subject.txt": "The subject of a mail with many reports",
}
_MARKS = {
    "CONFIRMED": "two sources agree",
    "SINGLE": "read in one source",
    "UNVERIFIED": "in no source of the office itself",
}
_KINDS = {"city": "town or city", "nation": "country"}
_DAYS = ("read_on", "checked_on", "agreed_on", "read_at", "assured_on")
_PLACES_NAMED = ("serves", "parent", "default_place", "places_order")
_CONTACTS_NAMED = ("hotline", "founding_channels", "police")
_BY_CODE = {
    name: label
    for labels in (SERVICE_LABELS, LANGUAGE_LABELS, SITE_LABELS, RECIPIENT_LABELS, CONTACT_LABELS)
    for name, label in labels.items()
    if "_" in name
}
_CODED = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
_HYPHENED = re.compile(r"(?<![\w@./-])[a-z0-9]+(?:-[a-z0-9]+)+(?![\w@/-])")
_DAY = re.compile(r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b")
_INSTEAD = {
    "the package": "the site",
    "slug": "address of a page",
    "id": "short name",
    "JSON": "text",
    "catalog": "text of a language",
    "msgid": "English",
    "msgstr": "translation",
    "template": "page",
    "placeholder": "place to fill in",
    "bytes": "letters",
}
_FILLED_IN = re.compile(r"%\((\w{1,40})\)s|\{\{\s*(\w{1,40})\s*\}\}")


@dataclass(frozen=True, slots=True)
class Names:
    """Names of places and contacts by the ids that other documents know them by."""

    places: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)


def title_of(document: str) -> str:
    """Return what a document is called on the screens of changes."""
    locale = locale_of(document)
    if locale:
        return ENDONYMS.get(locale, locale)
    return _TITLES.get(document) or name_of(document)


def is_built(document: str) -> bool:
    """Say whether a document is a page as it is built, which no form shows."""
    return document.startswith(PUBLIC_TEMPLATE)


def label_of(labels: Mapping[str, str], name: str) -> str:
    """Return a field's label; one that nothing knows keeps its own name, in quotes."""
    return labels.get(name) or f"“{shortened(name)}”"


def value_of(name: str, value: Any, names: Names) -> str:
    """Return a field's value as a clerk reads it, or nothing where there is none."""
    if value is None or value == "" or value == []:
        return ""
    if (parts := parts_of(name, value)) is not None:
        return "\n".join(parts)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(value_of(name, one, names) for one in value)
    if isinstance(value, dict):
        return "\n".join(f"{key}: {value_of(key, one, names)}" for key, one in value.items())
    return _word_of(name, str(value), names)


def _word_of(name: str, text: str, names: Names) -> str:
    if name in _DAYS:
        return day_in_words(text)
    if name in _PLACES_NAMED:
        return names.places.get(text, text)
    if name in _CONTACTS_NAMED:
        return names.contacts.get(text, text)
    if name == "slug":
        return f"/en/{text}/"
    if name == "mark":
        return _MARKS.get(text, text)
    if name == "kind":
        return _KINDS.get(text, text)
    if name == "one_source":
        return CONTACT_LABELS.get(text, text)
    if name in ("language", "tag", "name_lang"):
        return ENDONYMS.get(text, text)
    if name == "zone":
        return text.rpartition("/")[2].replace("_", " ")
    return text


def readable(sentence: str) -> str:
    """Return a sentence with names in brackets for what a page fills in."""

    def name(match: re.Match[str]) -> str:
        called = match[1] or match[2]
        return f"[{placeholders.name_of(called)}]"

    return _FILLED_IN.sub(name, sentence).replace("%%", "%")


def plain(sentence: str) -> str:
    """Return what a check or an error says without the words of its program.

    Fields have the label of their form, days are written out, what a page fills in stands in brackets.
    """
    said = _DAY.sub(lambda match: day_in_words(match[0]), readable(sentence))
    said = _CODED.sub(lambda match: f"“{_BY_CODE[match[0]]}”" if match[0] in _BY_CODE else match[0], said)
    for word, instead in _INSTEAD.items():
        said = re.sub(rf"\b{word}\b", instead, said)
    return said


def with_names(text: str, names: Mapping[str, str]) -> str:
    """Return a text with the names of places and offices where it has their ids of several words."""
    return _HYPHENED.sub(lambda match: names.get(match[0], match[0]), text)


def shortened(text: str, most: int = 60) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
