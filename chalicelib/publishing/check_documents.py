"""Validation of a whole release before it is published: schemas, rules, sentences, every rendered page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, cast

from chalicelib.delivery import mail_frames
from chalicelib.directory import document_ids
from chalicelib.directory.areas import NO_AREAS, Areas
from chalicelib.directory.content import read_content
from chalicelib.directory.document_ids import (
    CATALOG,
    CONTACTS,
    PLACES,
    RECIPIENTS,
    SERVICES,
    SITE,
    base_of,
    place_of,
)
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.services import ACTIVE
from chalicelib.pages import po_files
from chalicelib.publishing import (
    catalog_checks,
    contact_stamps,
    document_checks,
    documents,
    exit_words,
    release_pages,
)
from chalicelib.publishing.build_places import BuildPlaces, not_whole
from chalicelib.publishing.built_places import BuiltPlace, KnownPlaces, Maker, one_policy
from chalicelib.publishing.documents import ASKS, TELLS, CheckReport, Problem
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.page_units import with_hashes
from chalicelib.publishing.place_inputs import fingerprint_of, place_inputs, site_digest
from chalicelib.publishing.ports import PlaceInputs, ShippedDocuments, SiteLook, SiteRenderer
from chalicelib.publishing.renderer_by_place import problem_at_place
from chalicelib.publishing.site_areas import areas_of_texts, entries_of, services_in
from chalicelib.publishing.whole_texts import (
    all_texts,
    are_whole,
    owners,
    whole_of,
    whole_texts,
)
from chalicelib.shared.clock import Clock
from chalicelib.shared.days import latest_today, read_day

STALE_AFTER = timedelta(days=90)
POLICY = "Content-Security-Policy"
_ON_NO_PAGE = (
    "it would be on no page, since nothing that it covers is in a county of this site. Please look at its"
    " counties, ZIPs and towns."
)
BYTE_BUDGET = 11_200  # with its headers a page then fits into the first packets of a connection


@dataclass(frozen=True, slots=True)
class StaleContact:
    """A contact that nobody has checked for 90 days, or ever: `checked_on` is None then."""

    id: str
    name: str
    checked_on: date | None
    checked_by: str
    serves: str = ""


@dataclass(frozen=True, slots=True)
class BuiltSite:
    """A whole site as it was built: `index` is what readers' functions need, `frames` the texts of mails.

    `places` are the entries of every place, and of no place.
    """

    index: Mapping[str, Any]
    frames: Mapping[str, Mapping[str, str]]
    places: Mapping[str, BuiltPlace]


@dataclass(frozen=True, slots=True)
class Checked:
    """The report, and the site as it was built for it; None when the texts did not allow that."""

    report: CheckReport
    built: BuiltSite | None


class CheckDocuments:
    """Checks a whole site: `texts` are the documents that differ from what shipped."""

    def __init__(
        self, renderer: SiteRenderer, build: BuildPlaces, shipped: ShippedDocuments, clock: Clock
    ) -> None:
        self._renderer = renderer
        self._build = build
        self._shipped = shipped
        self._clock = clock

    def __call__(
        self,
        texts: Mapping[str, str],
        before: Mapping[str, Sequence[str]] | None = None,
        *,
        known: KnownPlaces | None = None,
        raw: Mapping[str, str] | None = None,
        to_publish: bool = False,
    ) -> Checked:
        """Return all that is wrong, each with its line, and the site if it could be built.

        `before` holds each document that is drafted, and for one made of JSON the texts that readers got, the
        live one first: a stamp must not outlive what it stood for. None stands for every document. Places
        that are `known` from the same inputs are not built again; `raw` are the texts as they were written,
        before the package's new sentences were added: what a deploy brings is not what somebody changed.
        Unless it is `to_publish`, nothing is put where readers' functions could get it.
        """
        whole, shipped = all_texts(self._shipped, texts), all_texts(self._shipped, {})
        problems = document_checks.check(whole, shipped)
        problems += [*catalog_checks.check_syntax(whole), *catalog_checks.check_offered(whole)]
        if not any(problem.weight == documents.STOPS for problem in problems):
            problems += [*self._stamps(whole, before or {}), *_left_alone(whole, before or {})]
        if any(problem.weight == documents.STOPS for problem in problems):
            return Checked(CheckReport(tuple(problems)), None)
        look = self._renderer.look(texts)
        problems += [_weighed(problem, before) for problem in look.problems]
        put = to_publish and not any(problem.weight == documents.STOPS for problem in problems)
        of_site = site_digest({**texts, **(raw or {})}, shipped)
        areas = areas_of_texts(self._shipped, whole) if look.renders else NO_AREAS
        built = self._built(texts, whole, of_site, look, known, areas, put=put)
        problems += [problem for one in built.values() for problem in one.problems]
        largest = max(built.values(), key=lambda one: one.largest, default=None)
        problems += [*_too_large(largest), *self._stale(whole), *_on_no_page(whole, before or {}, areas)]
        catalogs = {
            document_ids.locale_of(document): po_files.read_po(text)
            for document, text in whole.items()
            if document.startswith(CATALOG)
        }
        if look.index and not any(problem.weight == documents.STOPS for problem in problems):
            problems += _not_whole(whole, look, built)
        if look.sentences:
            problems += catalog_checks.check_sentences(catalogs, look.sentences)
            problems += exit_words.check(whole, shipped, look.sentences, before)
        report = CheckReport(
            problems=tuple(_in_order(problems)),
            missing=catalog_checks.missing(catalogs, look.sentences, catalog_checks.offered(whole)),
            pages=sum(one.pages for one in built.values()),
            largest=largest.largest if largest else 0,
        )
        return Checked(report, _site(look, built))

    def _built(
        self,
        texts: Mapping[str, str],
        whole: Mapping[str, str],
        of_site: str,
        look: SiteLook,
        known: KnownPlaces | None,
        areas: Areas,
        *,
        put: bool,
    ) -> dict[str, BuiltPlace]:
        """Return the entry of every place, known ones and new ones, in the order of the places."""
        if not look.renders:
            return {}
        package = self._shipped.package()
        known = known or KnownPlaces(package)
        offices = read(RECIPIENTS, whole[RECIPIENTS])
        hosts = None if are_whole(whole) else read(SITE, whole[SITE]).get("hosts")
        built: dict[str, BuiltPlace | None] = {}
        wanted: dict[str, tuple[PlaceInputs, str]] = {}
        for inputs in place_inputs(whole_of(whole), offices, hosts, areas, services_in(whole)):
            built[inputs.place] = None  # its turn in the order of all
            if entry := known.find(inputs, of_site):
                built[inputs.place] = entry
            else:
                wanted[inputs.place] = (inputs, fingerprint_of(inputs, of_site, package))
        policy = str(cast("Mapping[str, Any]", look.index["headers"])[POLICY])
        new = self._build(
            texts,
            [*wanted.values()],
            Maker(package, policy),
            lambda one: put and not known.holds(one),
        )
        for slug, entry in new.items():
            told = tuple(problem_at_place(each, wanted[slug][0], whole) for each in entry.problems)
            built[slug] = replace(entry, problems=told)
        return {slug: entry for slug, entry in built.items() if entry}

    def _stamps(self, whole: Mapping[str, str], before: Mapping[str, Sequence[str]]) -> list[Problem]:
        latest = latest_today(self._clock.now())
        drafted = [name for name in before if base_of(name) == CONTACTS]
        contacts = _contacts_in(whole[name] for name in drafted)
        live = _contacts_in(before[name][0] for name in drafted if before[name])
        others = [text for name in drafted for text in before[name][1:]]
        fallen = contact_stamps.check(contacts, [live, *others] if drafted else ())
        fallen += contact_stamps.days_to_come(contacts, latest)
        at = _at_contacts(whole)
        found = [Problem(*at(name), sentence) for name, sentence in fallen]
        return found + [one for one in document_checks.days_to_come(whole, latest) if one.document in before]

    def _stale(self, whole: Mapping[str, str]) -> list[Problem]:
        contacts, at = whole_texts(whole)[CONTACTS], _at_contacts(whole)
        return [
            Problem(
                *at(contact.id),
                f"{contact.name}: "
                + (
                    f"last checked on {contact.checked_on}, more than 90 days ago."
                    if contact.checked_on
                    else "no person has checked this yet."
                ),
                TELLS,
            )
            for contact in stale_contacts(contacts, self._clock.now().date())
        ]


def _on_no_page(whole: Mapping[str, str], drafted: Iterable[str], areas: Areas) -> list[Problem]:
    """Name the services of drafts that cover no county with a page: nobody would find them."""
    shown = {one for area in areas.by_unit.values() for one in area.services}
    at = document_checks.line_of_entry
    return [
        Problem(name, at(whole[name], one["id"]), f"{one['name']} ({place_of(name)}): {_ON_NO_PAGE}", ASKS)
        for name in drafted
        if areas.by_unit and base_of(name) == SERVICES
        for one in entries_of(name, whole[name])
        if one.get("status", ACTIVE) == ACTIVE and one["id"] not in shown
    ]


def _left_alone(whole: Mapping[str, str], before: Mapping[str, Sequence[str]]) -> list[Problem]:
    """Say which places would be gone whose reports an office gets: those that wait would reach nobody."""
    drafted = {name: before[name][0] for name in before if base_of(name) == PLACES and before[name]}
    there = _slugs_in(text for name, text in whole.items() if base_of(name) == PLACES)
    gone = {slug: name for name, text in drafted.items() for slug in _slugs_in([text]) - there}
    return [
        Problem(
            gone[office["serves"]],
            0,
            f"{office.get('name')} gets this place’s reports: first let it serve another one, or end it.",
        )
        for office in read(RECIPIENTS, whole[RECIPIENTS])
        if office.get("serves") in gone
    ]


def _slugs_in(texts: Iterable[str]) -> set[str]:
    """Return the slugs of the places in some documents; a text that cannot be read has none."""
    slugs: set[str] = set()
    for text in texts:
        with suppress(DocumentInvalid, KeyError, TypeError, AttributeError):
            slugs |= {str(entry.get("slug")) for entry in read(PLACES, text)["places"]}
    return slugs


def _contacts_in(texts: Iterable[str]) -> str:
    """Return the contacts of several documents as one; those of a text that cannot be read are left out."""
    contacts: list[Any] = []
    for text in texts:
        with suppress(DocumentInvalid, KeyError, TypeError):
            contacts += read(CONTACTS, text)["contacts"]
    return json.dumps({"contacts": contacts})


def _at_contacts(whole: Mapping[str, str]) -> Callable[[str], tuple[str, int]]:
    """Return what gives the document that holds a contact, and the line on which it begins."""
    names = owners(whole, CONTACTS)
    known = document_checks.lines_of_entries({name: whole[name] for name in names})
    return lambda contact: known.get(contact, (names[0], 0))


def stale_contacts(text: str, today: date) -> Sequence[StaleContact]:
    """Return the contacts of a contacts document that are due for a check, longest waiting first."""
    stale = []
    for entry in read(CONTACTS, text)["contacts"]:
        checked = _checked_on(entry, today)
        if checked is None or today - checked > STALE_AFTER:
            by = str(entry.get("checked_by") or "")
            serves = str(entry.get("serves") or "")
            stale.append(StaleContact(str(entry["id"]), str(entry["name"]), checked, by, serves))
    return sorted(stale, key=lambda contact: contact.checked_on or date.min)


def _weighed(problem: Problem, before: Mapping[str, object] | None) -> Problem:
    """Return a problem of a mail's text as told, when that text is not drafted: it stops nobody's publish.

    Until somebody writes it anew, mails go out with the text that came with the package.
    """
    drafted = before is None or problem.document in before
    of_mail = problem.document in mail_frames.DOCUMENTS or problem.sentence.startswith(mail_frames.IN_MAIL)
    if drafted or not of_mail:
        return problem
    until = "Mails go out with the text that came with the site, until this one is written anew."
    return replace(problem, sentence=f"{until} {problem.sentence}", weight=TELLS)


def _checked_on(entry: Mapping[str, Any], today: date) -> date | None:
    """Return the day of the check; one of the future, or one that is no day, was none."""
    try:
        checked = read_day(entry.get("checked_on"))
    except ValueError:
        return None
    return checked if checked <= today + timedelta(days=1) else None


def _not_whole(whole: Mapping[str, str], look: SiteLook, built: Mapping[str, BuiltPlace]) -> list[Problem]:
    """Say what the built site lacks of what these documents ask for: nothing then goes live."""
    contacts, places, site = whole_of(whole)
    index = release_pages.index_of(read_content(places, contacts, site))
    lacking = release_pages.index_amiss(index, look.index, built)
    return [not_whole(lacking)] if lacking else []


def _too_large(largest: BuiltPlace | None) -> list[Problem]:
    """Name the largest page when it is over the budget: mending it mostly mends the others."""
    if largest is None or largest.largest <= BYTE_BUDGET:
        return []
    over = max(1, round(100 * (largest.largest / BYTE_BUDGET - 1)))
    sentence = (
        f"A page has become too long: it takes {over} percent more to send than it may. People open it on"
        " old phones with a slow line. Please say something shorter."
    )
    return [Problem("template/public/page.html", 0, sentence, page=largest.largest_page)]


def _site(look: SiteLook, built: Mapping[str, BuiltPlace]) -> BuiltSite | None:
    """Return the site, if each of its places was built."""
    digests = {slug: one.digest for slug, one in built.items()}
    if not look.renders or not all(digests.values()):
        return None
    headers = dict(cast("Mapping[str, str]", look.index["headers"]))
    policy = one_policy(one.policy for one in built.values())
    try:
        index = with_hashes({**look.index, "headers": {**headers, POLICY: policy}}, digests)
    except KeyError:
        return None
    return BuiltSite(index, look.frames, built)


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    weights = {documents.STOPS: 0, documents.ASKS: 1, TELLS: 2}
    seen: dict[tuple[str, int, str], Problem] = {}
    for problem in problems:  # what every page shows is said once
        seen.setdefault((problem.document, problem.line, problem.sentence), problem)
    return sorted(seen.values(), key=lambda each: (weights[each.weight], each.document, each.line))
