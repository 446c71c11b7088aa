"""Validation rules of the documents made of entries, each told with the line that breaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from chalicelib.directory.content import read_content
from chalicelib.directory.document_ids import (
    CONTACTS,
    PLACES,
    RECIPIENTS,
    SERVICES,
    SITE,
    base_of,
    is_entries,
    name_of,
    place_of,
)
from chalicelib.directory.errors import ContentInvalid, DocumentInvalid
from chalicelib.directory.place_documents import Whole, join, strangers
from chalicelib.directory.places import read_places
from chalicelib.directory.recipients import read_offices
from chalicelib.directory.service_entries import read_services
from chalicelib.publishing.document_forms import check_form
from chalicelib.publishing.documents import STOPS, Problem, check_text
from chalicelib.publishing.field_names import unknown_fields
from chalicelib.publishing.json_documents import Unreadable, line_at, read
from chalicelib.publishing.overdue_services import entries_in
from chalicelib.shared.days import read_day
from chalicelib.shared.locales import ENDONYMS
from chalicelib.shared.time_zones import is_known_zone

_NAMES = {"contact": CONTACTS, "place": PLACES, "recipient": RECIPIENTS, "site": SITE}
_SUBJECT = re.compile(r"(contact|place|recipient|site)\b\s*(.*?): (.*)", re.DOTALL)
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}")
_MOST_SAID = 400  # letters of a sentence; a value may be longer than anybody reads
_QUOTED = re.compile(r"'([^']{2,})'")
_ENTRY = re.compile(r'"(?:id|slug)"\s*:\s*"([^"\\]*)"')


def check(whole: Mapping[str, str], shipped: Mapping[str, str]) -> list[Problem]:
    """Check every document's form, and the rules of those made of JSON.

    `shipped` is what came with the package.
    """
    problems = _check_form(whole)
    parsed: dict[str, Any] = {}
    for document in filter(is_entries, whole):
        problems += _parse(document, whole[document], parsed)
    problems += _check_owners(whole, parsed) if not problems else []
    for document, entry in parsed.items() if not problems else ():
        problems += unknown_fields(document, whole[document], entry)
    if any(problem.weight == STOPS for problem in problems):
        return problems
    together = _together(parsed)
    kept = _together({name: json.loads(text) for name, text in shipped.items() if is_entries(name)})
    offices = parsed[RECIPIENTS]
    found = _check_rules(whole, together, offices)
    found += _check_services(whole, parsed, together) if not found else []
    return [*problems, *found, *_check_kept(whole, together, kept)]


def days_to_come(whole: Mapping[str, str], latest: date) -> list[Problem]:
    """Name the consents of recipients, checks of languages and confirmations of services after `latest`."""
    texts = [("id", "agreed_on", RECIPIENTS, entry) for entry in json.loads(whole[RECIPIENTS])]
    site = json.loads(whole[SITE])
    languages = [*site["locales"], *site.get("other_languages", ())]
    texts += [("tag", "checked_on", SITE, entry) for entry in languages]
    offered = [(name, entries_in(text)) for name, text in whole.items() if base_of(name) == SERVICES]
    texts += [("id", "assured_on", name, entry) for name, entries in offered for entry in entries]
    return [
        Problem(
            document,
            _line_of(whole[document], json.dumps(entry[name])),
            f"{_called(whole[document], entry[name])}: {key} is {entry[key]}, a day that has not come yet.",
        )
        for name, key, document, entry in texts
        if entry.get(key) and read_day(entry[key]) > latest
    ]


def line_of_entry(text: str, entry: str) -> int:
    """Return the line on which the entry with this id or slug begins, or 0."""
    match = re.search(rf'"(?:id|slug)"\s*:\s*"{re.escape(entry)}"', text) if entry else None
    return text.count("\n", 0, match.start()) + 1 if match else 0


def lines_of_entries(texts: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    """Return for each entry, by its id or slug, the first of these documents that holds it, and the line."""
    found: dict[str, tuple[str, int]] = {}
    for name, text in texts.items():
        line, at = 1, 0
        for match in _ENTRY.finditer(text):
            line, at = line + text.count("\n", at, match.start()), match.start()
            found.setdefault(match[1], (name, line))
    return found


def _check_form(whole: Mapping[str, str]) -> list[Problem]:
    problems = []
    for document, text in whole.items():
        try:
            check_text(text, document)
        except DocumentInvalid as error:
            said = re.match(r"line ([0-9]+)", str(error))
            problems.append(Problem(document, int(said[1]) if said else 0, _sentence(str(error))))
    return problems


def _parse(document: str, text: str, parsed: dict[str, Any]) -> list[Problem]:
    try:
        parsed[document] = read(document, text)
    except Unreadable as error:
        return [Problem(document, error.line, error.sentence)]
    return check_form(document, text, parsed[document])


def _check_owners(whole: Mapping[str, str], parsed: Mapping[str, Any]) -> list[Problem]:
    """Say which entries stand in the document of another place: nobody writes for another town."""
    found = [
        Problem(
            document,
            line_of_entry(whole[document], entry),
            f"{entry[:60]}: it belongs to another place than this text.",
        )
        for document, part in parsed.items()
        if place_of(document)
        for entry in strangers(document, part)
    ]
    if "police" in parsed[SITE] and any(place_of(document) for document in parsed):
        line = _line_of(whole[SITE], '"police"')
        found.append(Problem(SITE, line, "Who is police is said with the contacts of the place."))
    return found


def _together(parsed: Mapping[str, Any]) -> Whole:
    """Return what was read as whole documents."""
    if CONTACTS in parsed:
        return Whole(parsed[CONTACTS], parsed[PLACES], parsed[SITE])
    return join(parsed)


def _check_rules(whole: Mapping[str, str], parsed: Whole, offices: Any) -> list[Problem]:
    document = PLACES
    try:
        places = read_places(parsed.places)
        unknown = next((one for one in places if one.zone and not is_known_zone(one.zone)), None)
        if unknown is not None:
            rule = f"place {unknown.slug}: there is no time zone {unknown.zone!r}"
            return [_located(whole, rule)]
        document = CONTACTS if _site_is_whole(parsed) else SITE
        read_content(parsed.places, parsed.contacts, parsed.site)
        document = RECIPIENTS
        read_offices(offices, [place.slug for place in places])
    except ContentInvalid as error:
        return [_located(whole, str(error))]
    except Exception:  # nothing that somebody typed may hide who has to mend it
        at = _owners(whole, document)[0]
        return [Problem(at, 0, "Something is missing here, or is not what belongs there.")]
    return []


def _check_services(whole: Mapping[str, str], parsed: Mapping[str, Any], together: Whole) -> list[Problem]:
    """Check the services of each place: the first that breaks a rule is told, and each id that is not new."""
    places = read_places(together.places)
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for document in (name for name in parsed if base_of(name) == SERVICES):
        try:
            services = read_services(parsed[document], places, None)
        except ContentInvalid as error:
            entry, _, rule = str(error).removeprefix("service ").partition(": ")
            line = line_of_entry(whole[document], entry)
            about = f"{_called(whole[document], entry)[:60]}: "
            problems.append(Problem(document, line, _sentence(about + rule)))
            continue
        for one in services:
            if one.id in seen:
                line = line_of_entry(whole[document], one.id)
                sentence = f"{one.name[:60]}: its id is that of a service in “{name_of(seen[one.id])}”."
                problems.append(Problem(document, line, sentence))
            seen.setdefault(one.id, document)
    return problems


def _owners(whole: Mapping[str, str], document: str) -> list[str]:
    """Return the documents that make up a whole one; the settings, where there is none."""
    return [name for name in whole if base_of(name) == document] or [SITE]


def _site_is_whole(parsed: Whole) -> bool:
    """Say whether the site's own rules hold, or fail in a way that has a sentence of its own."""
    try:
        read_content(parsed.places, {"contacts": []}, parsed.site)
    except ContentInvalid:
        return True
    except Exception:
        return False
    return True


def _check_kept(whole: Mapping[str, str], parsed: Whole, shipped: Whole) -> list[Problem]:
    """Say which of the ways to report that the founding article printed would be lost."""
    kept = parsed.site.get("founding_channels") or ()
    line = _line_of(whole[SITE], '"founding_channels"')
    return [
        Problem(SITE, line, f"“{channel}” is one of the ways the newspaper printed: it stays on the page.")
        for channel in shipped.site["founding_channels"]
        if channel not in kept
    ]


def _located(whole: Mapping[str, str], error: str) -> Problem:
    match = _SUBJECT.match(error)
    document, entry, rule = (_NAMES[match[1]], match[2].strip("'"), match[3]) if match else (SITE, "", error)
    document = _holding(whole, document, entry, rule)
    text = whole[document]
    line = line_of_entry(text, entry)
    start = len("\n".join(text.split("\n")[: line - 1])) if line else 0
    for value in (*_QUOTED.findall(rule), *_HOST.findall(rule)):
        at = text.find(value, start)  # the rule names a value: point at it, after the entry's beginning
        if at >= 0:
            line = line_at(text, at)
            break
    about = f"{_called(text, entry)[:60]}: " if entry else ""
    return Problem(document, line, _sentence(about + rule))


def _holding(whole: Mapping[str, str], document: str, entry: str, rule: str) -> str:
    """Return the document, of those that make up a whole one, that holds an entry or what the rule names."""
    parts = _owners(whole, document)
    if document == SITE:
        parts += [name for name in whole if place_of(name)]
    values = [json.dumps(value) for value in _QUOTED.findall(rule)]
    holding = [name for name in parts if line_of_entry(whole[name], entry)]
    holding += [name for name in parts if any(value in whole[name] for value in values)]
    return next(iter(holding), parts[0])


def _called(text: str, entry: str) -> str:
    """Return the name of an entry of a document, by its id; of one without a name the id."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return entry
    lists = parsed.values() if isinstance(parsed, dict) else [parsed]
    for one in (one for listed in lists if isinstance(listed, list) for one in listed):
        if isinstance(one, dict) and entry in (one.get("id"), one.get("slug"), one.get("tag")):
            return str(one.get("name") or one.get("own_name") or ENDONYMS.get(entry, entry))
    return entry


def _sentence(text: str) -> str:
    text = text if len(text) <= _MOST_SAID else f"{text[:_MOST_SAID]}…"
    return text if text.endswith(".") else text + "."


def _line_of(text: str, part: str) -> int:
    at = text.find(part)
    return text.count("\n", 0, at) + 1 if at >= 0 else 0
