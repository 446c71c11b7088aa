"""Search over everything that the desk changes: sentences in each language, contacts, services, places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from chalicelib.directory.document_ids import (
    CATALOG,
    CONTACTS,
    PLACES,
    RECIPIENTS,
    SERVICES,
    base_of,
    fingerprint,
    place_of,
)
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import read_po
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.overdue_services import entries_in
from chalicelib.publishing.seen_words import ALL_OF_IT, IN_IT, Steps, asked, fit, fits_number, place_names
from chalicelib.publishing.site_sentences import SaidNow, SiteSentences
from chalicelib.publishing.whole_texts import owners
from chalicelib.shared.locales import DEFAULT, ENDONYMS, direction

CONTACT, PLACE, RECIPIENT, SERVICE = "contact", "place", "recipient", "service"
_MOST = 40


@dataclass(frozen=True, slots=True)
class FoundSentence:
    """A sentence: its key and English, and the language and text in which it was found."""

    key: str
    source: str
    locale: str
    text: str
    fit: int

    @property
    def name(self) -> str:
        """Return the language's own name."""
        return ENDONYMS[self.locale]

    @property
    def direction(self) -> str:
        """Return the language's text direction."""
        return direction(self.locale)


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """A contact, service, place or recipient, by its id; `detail` is what fits, when it is not the name.

    `place` is whose it is: none for a recipient, which the site looks after.
    """

    kind: str
    id: str
    name: str
    detail: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, best first. `more` says how many sentences were left off."""

    entries: Sequence[FoundEntry] = ()
    sentences: Sequence[FoundSentence] = ()
    more: int = 0


@dataclass(slots=True)
class _Site:
    """All that is searched, read once."""

    said: SaidNow
    catalogs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    entries: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)  # texts, by place


class FindWords:
    """Finds words as they are seen, in what the next publish would show."""

    def __init__(self, site: SiteSentences) -> None:
        self._site = site

    def __call__(self, words: str) -> Found:
        """Return what has these words; nothing when there are none."""
        wanted = asked(words)
        if not wanted:
            return Found()
        site = self._read()
        names = place_names(
            [str(one.get("name")) for one in site.entries[PLACES]], list(site.catalogs.values())
        )
        found = sorted(self._sentences(wanted, site, names), key=lambda one: -one.fit)
        if found and found[0].fit >= IN_IT:  # then those that only have its words are noise
            found = [one for one in found if one.fit >= IN_IT]
        return Found(
            [*_entries(wanted, site), *islice(_services(wanted, site), _MOST)],
            found[:_MOST],
            max(0, len(found) - _MOST),
        )

    def _read(self) -> _Site:
        said, texts = self._site.now(), self._site.whole()
        catalogs = {
            locale: _translations(texts.get(CATALOG + locale, ""))
            for locale in dict.fromkeys([DEFAULT, *said.locales])
            if locale in ENDONYMS
        }
        entries = {
            document: [one for name in owners(texts, document) for one in _entries_of(name, texts[name])]
            for document in (CONTACTS, PLACES, RECIPIENTS)
        }
        services = {place_of(name): texts[name] for name in texts if base_of(name) == SERVICES}
        return _Site(said, catalogs, entries, services)

    def _sentences(self, wanted: str, site: _Site, names: frozenset[str]) -> Iterator[FoundSentence]:
        """Yield each sentence once, in the language in which it fits best; English comes first."""
        steps = Steps()
        for source in site.said.sentences:
            best: FoundSentence | None = None
            for locale, texts in site.catalogs.items():
                for text in dict.fromkeys([texts.get(source, ""), source if locale == DEFAULT else ""]):
                    how = fit(wanted, text, source, names, steps) if text else 0
                    if how > (best.fit if best else 0):
                        best = FoundSentence(fingerprint(source), source, locale, text, how)
                if best and best.fit == ALL_OF_IT:
                    break
            if best:
                yield best


def _entries(wanted: str, site: _Site) -> Iterator[FoundEntry]:
    for contact in site.entries[CONTACTS]:
        name, detail = str(contact.get("name") or ""), _channel(wanted, contact)
        if detail or fit(wanted, name):
            yield FoundEntry(
                CONTACT, str(contact.get("id") or ""), name, detail, str(contact.get("serves") or "")
            )
    for place in site.entries[PLACES]:
        name, slug = str(place.get("name") or ""), str(place.get("slug") or "")
        translated = [texts.get(name, "") for texts in site.catalogs.values()]
        if any(fit(wanted, one) for one in (name, *translated) if one):
            yield FoundEntry(PLACE, slug, name, place=slug)
    for recipient in site.entries[RECIPIENTS]:
        name = str(recipient.get("name") or "")
        if fit(wanted, name):
            yield FoundEntry(RECIPIENT, str(recipient.get("id") or ""), name)


def _services(wanted: str, site: _Site) -> Iterator[FoundEntry]:
    for place, text in site.services.items():
        for service in entries_in(text):
            name, organization = (
                str(one.get("name") or "") for one in (service, _map(service, "organization"))
            )
            phones = (
                str(one.get("show") or "") for one in service.get("phones") or () if isinstance(one, dict)
            )
            detail = next((one for one in phones if fits_number(wanted, one)), "")
            if detail or fit(wanted, name) or fit(wanted, organization):
                yield FoundEntry(SERVICE, str(service.get("id") or ""), name, detail, place)


def _map(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = entry.get(name)
    return value if isinstance(value, dict) else {}


def _channel(wanted: str, contact: Mapping[str, Any]) -> str:
    """Return the number or address of a contact that fits, or nothing."""
    for channel in contact.get("channels") or ():
        shown = str(channel.get("show") or channel.get("value") or "")
        value = str(channel.get("value") or "")
        if fits_number(wanted, shown) or fits_number(wanted, value) or fit(wanted, shown):
            return shown
        if len(wanted) > 3 and wanted in value:
            return value
    return ""


def _translations(text: str) -> dict[str, str]:
    try:
        return {one.source: one.text for one in read_po(text) if one.source and one.text}
    except DocumentInvalid:
        return {}


def _entries_of(document: str, text: str) -> Sequence[Mapping[str, Any]]:
    """Return the entries of a document; none of one that cannot be read: its own page says why."""
    try:
        content = read(document, text)
        entries = content if document == RECIPIENTS else content[base_of(document)]
        return [one for one in entries if isinstance(one, dict)]
    except (DocumentInvalid, KeyError, TypeError):
        return []
