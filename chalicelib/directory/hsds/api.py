"""HSDS API (read-only, GET): paths and parameters in, JSON and its headers out, from the snapshot alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from chalicelib.directory.hsds import parameters
from chalicelib.directory.hsds.folding import folded
from chalicelib.directory.hsds.openapi import openapi
from chalicelib.directory.hsds.parameters import Problem, Wanted, read_parameters
from chalicelib.directory.hsds.records import (
    Json,
    at_location_with,
    list_item,
    organization_with,
    root_record,
)
from chalicelib.directory.hsds.rules_of_profile import profile_record
from chalicelib.directory.hsds.snapshot import ENGLISH, Snapshot
from chalicelib.directory.hsds.terms import TERMS, taxonomy_records, term_in, term_record
from chalicelib.shared.locales import nearest, negotiate

# A response has a limit: Lambda sends six million bytes, some signs of which are written as six. So an
# organization with more services than these has them in short, whatever is asked, or has none in it.
MOST_FULL_SERVICES = 200
MOST_SERVICES = 1_000
LONGEST_PAGE = 3_000_000  # bytes

Query = Mapping[str, Sequence[str]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: its status (HTTP), its body (JSON), and its language."""

    status: int
    body: str
    language: str = ENGLISH

    @property
    def headers(self) -> dict[str, str]:
        """Return its headers. Any site may read it, and nothing is asked of who reads."""
        return {
            "Content-Type": "application/json; charset=utf-8",
            "Content-Language": self.language,
            "Vary": "Accept-Language",
            "Access-Control-Allow-Origin": "*",
        }


@dataclass(frozen=True, slots=True)
class Zips:
    """What is known of a ZIP: the counties (FIPS) and towns that it touches; none where nobody knows."""

    counties: Callable[[str], Iterable[str]]
    towns: Callable[[str], Iterable[str]] = lambda postcode: ()


@dataclass(frozen=True, slots=True)
class Api:
    """The API of one snapshot. `base` is its address, `profile` that of the page that describes it.

    `words` has terms of ours in other languages: by tag, then by the English text.
    """

    snapshot: Snapshot
    base: str
    profile: str
    zips: Zips
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    publisher: Mapping[str, str] = field(default_factory=dict)

    def answer(self, path: str, query: Query, accept_language: str = "") -> Answer:
        """Answer a GET: a record, a page of records, or in words why not (400, 404)."""
        offered = tuple(dict.fromkeys((*self.snapshot.languages, *self.words)))
        wanted = nearest(next(iter(query.get("lang", ())), ""), offered)
        tag = wanted or negotiate(accept_language, offered)
        kind, _, own_id = path.strip("/").partition("/")
        try:
            return _answer(200, self._found(kind, own_id.lower(), query, tag), tag)
        except Problem as problem:
            return _answer(problem.status, {"status": problem.status, "message": problem.says}, ENGLISH)

    def _found(self, kind: str, own_id: str, query: Query, tag: str) -> Json:
        if kind in ("", "openapi.json", "profile") and not own_id:
            read_parameters(query, parameters.ONE)
            if kind == "profile":
                return profile_record(self.base)
            root = root_record(self.base, self.profile, self.publisher)
            return openapi(self.base, self.profile) if kind else root
        if kind not in _KINDS:
            raise Problem(404, "there is no such path")
        for_list, for_one = _KINDS[kind]
        asked = read_parameters(query, for_one if own_id else for_list)
        words = self.words.get(tag, {})
        if kind == "taxonomies":
            records = [one for one in taxonomy_records() if _says(one, asked)]
            return _one(records, own_id) if own_id else _page(records, asked, dict)
        if kind == "taxonomy_terms":
            terms = [term_in(term_record(one), tag, words) for one in TERMS]
            records = [one for one in terms if _is_asked(one, asked)]
            return _one(records, own_id) if own_id else _page(records, asked, dict)
        look = _Look(self.snapshot, self.zips, tag, words)
        return look.one(kind, own_id, asked) if own_id else look.page(kind, asked)


@dataclass(frozen=True, slots=True)
class _Look:
    """One look into the snapshot, in one language."""

    snapshot: Snapshot
    zips: Zips
    tag: str
    words: Mapping[str, str]

    def one(self, kind: str, own_id: str, asked: Wanted) -> Json:
        """Return one record in full. Raises Problem (404)."""
        if kind == "services" and own_id in self.snapshot.rows:
            return self._service(self.snapshot.rows[own_id])
        if kind == "service_at_locations" and own_id in self.snapshot.at_rows:
            row, number = self.snapshot.at_rows[own_id]
            return at_location_with(self._service(row), number)
        if kind == "organizations" and (rows := self.snapshot.having("organization", own_id)):
            return self._organization_with(rows, asked)
        raise Problem(404, "there is no such record")

    def _organization_with(self, rows: Collection[int], asked: Wanted) -> Json:
        """Return an organization with its services of these rows, unless they are too many for a response."""
        if len(rows) > MOST_SERVICES:
            alone: Json = self._service(next(iter(rows)))["organization"]
            return alone
        in_full = asked.full_service and len(rows) <= MOST_FULL_SERVICES
        return organization_with((self._service(row) for row in rows), in_full)

    def page(self, kind: str, asked: Wanted) -> Json:
        """Return a page of a list."""
        if kind == "organizations":
            return self._organizations(asked)
        rows = self._rows(asked)
        if kind == "services":
            return _page(rows, asked, lambda row: self._in_list(row, asked))
        pairs = [(row, number) for row in rows for number in range(len(self.snapshot.at_locations[row]))]
        return _page(pairs, asked, lambda pair: self._at_location(*pair, asked.full))

    def _rows(self, asked: Wanted) -> Sequence[int]:
        """Return the rows that every filter lets through, in order."""
        snapshot = self.snapshot
        found: set[int] | None = None
        for table, keys in (
            ("term", asked.terms),
            ("taxonomy", asked.taxonomies),
            ("organization", asked.organizations),
        ):
            for key in keys:
                having = snapshot.having(table, key)
                found = set(having) if found is None else found.intersection(having)
        if asked.postcode:
            zips = self.zips
            covering = snapshot.covering(
                asked.postcode, zips.counties(asked.postcode), zips.towns(asked.postcode)
            )
            found = covering if found is None else found & covering
        rows: Sequence[int] = range(len(snapshot)) if found is None else sorted(found)
        if asked.modified_after is not None:
            rows = [row for row in rows if snapshot.changed[row] >= asked.modified_after]
        return snapshot.saying(asked.words, rows) if asked.words else rows

    def _service(self, row: int) -> Json:
        record = self.snapshot.record(row, self.tag)
        for one in record.get("attributes", ()) if self.words else ():
            if "taxonomy_term" in one:
                one["taxonomy_term"] = term_in(one["taxonomy_term"], self.tag, self.words)
        return record

    def _in_list(self, row: int, asked: Wanted) -> Json:
        record = self._service(row)
        if asked.minimal:
            # The official description wants id and date alone, the official schema name and status too.
            return {name: record[name] for name in ("id", "name", "status", "last_modified")}
        return record if asked.full else list_item(record)

    def _at_location(self, row: int, number: int, full: bool) -> Json:
        record = at_location_with(self._service(row), number)
        return record if full else list_item(record)

    def _organizations(self, asked: Wanted) -> Json:
        snapshot = self.snapshot
        names = snapshot.organizations
        if asked.terms or asked.taxonomies:
            rows = set(self._rows(Wanted(terms=asked.terms, taxonomies=asked.taxonomies)))
            names = [one for one in names if not rows.isdisjoint(snapshot.having("organization", one[0]))]
        names = [one for one in names if all(word in one[1] for word in asked.words)]
        return _page(names, asked, lambda one: self._organization(one[0], asked))

    def _organization(self, own_id: str, asked: Wanted) -> Json:
        if asked.full or asked.full_service:
            return self.one("organizations", own_id, asked)
        row = next(iter(self.snapshot.having("organization", own_id)))
        return list_item(organization_with([self._service(row)], in_full=False))


_KINDS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "services": (parameters.SERVICES, parameters.ONE),
    "service_at_locations": (parameters.AT_LOCATIONS, parameters.ONE),
    "organizations": (parameters.ORGANIZATIONS, parameters.ONE_ORGANIZATION),
    "taxonomies": (parameters.TAXONOMIES, parameters.ONE),
    "taxonomy_terms": (parameters.TERMS, parameters.ONE),
}


def _page(found: Sequence[T], asked: Wanted, record: Callable[[T], Json]) -> Json:
    """Return one page (pagination) of what was found; a page behind the last one is empty, and no error.

    Raises Problem (400) for one that is too long to be sent.
    """
    total, size = len(found), asked.per_page
    pages = -(-total // size)
    shown: list[Json] = []
    left = LONGEST_PAGE
    for one in found[(asked.page - 1) * size : asked.page * size]:
        shown.append(record(one))
        left -= len(_written(shown[-1]).encode())
        if left < 0:
            raise Problem(400, "this page would be too long: ask for fewer records, with per_page")
    return {
        "total_items": total,
        "total_pages": pages,
        "page_number": asked.page,
        "size": len(shown),
        "first_page": asked.page == 1,
        "last_page": asked.page >= pages,
        "empty": not shown,
        "contents": shown,
    }


def _one(records: Sequence[Json], own_id: str) -> Json:
    for one in records:
        if one["id"] == own_id:
            return one
    raise Problem(404, "there is no such record")


def _says(record: Json, asked: Wanted) -> bool:
    text = folded(f"{record['name']} {record['description']}")
    return all(word in text for word in asked.words)


def _is_asked(term: Json, asked: Wanted) -> bool:
    """Say whether a term is asked for; all are at the top, so none has a parent."""
    taxonomy = term["taxonomy_detail"]["id"]
    return _says(term, asked) and all(taxonomy == one for one in asked.taxonomies) and not asked.parents


def _answer(status: int, body: Json, tag: str) -> Answer:
    return Answer(status, _written(body), tag)


def _written(body: Json) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
