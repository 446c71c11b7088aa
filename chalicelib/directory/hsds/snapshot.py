"""Snapshot of the services (index in memory): built once, asked by an API's queries, and kept as bytes.

Each record is rendered once a language and lies compressed; what is asked for is found in small tables of row
numbers. So 20,000 services take some tens of megabytes, and start from bytes in a moment.
"""

from __future__ import annotations

import json
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from chalicelib.directory.hsds.folding import folded
from chalicelib.directory.hsds.ids import record_id
from chalicelib.directory.hsds.records import Json, Setting, service_record
from chalicelib.directory.hsds.terms import terms_of
from chalicelib.directory.places import KINDS
from chalicelib.directory.services import RETIRED, Service

ENGLISH = "en"
_ORGANIZATION = "organization"  # the part of what was brought besides that is of who offers it
_MAGIC = b"porchlight services 1\n"
_LENGTH = 8
_LIKE = 24  # records in the preset dictionary (zlib): what all have in common is stored once
_MOST_LIKE = 32_000
_TABLES = ("term", "taxonomy", "organization", "county", "zip", "town", "reach")


class Packer(Protocol):
    """A compressor (zlib) that knows what all records have in common."""

    def copy(self) -> Packer:
        """Return another in the same state."""

    def compress(self, data: bytes, /) -> bytes:
        """Return what is ready of the packed bytes."""

    def flush(self) -> bytes:
        """Return the rest of the packed bytes."""


# The counties (FIPS) of a place, as the digits that they all begin with: "" for a nation, "06" for a state,
# "06047" for a county; None for a place of which nobody knows.
Reach = Callable[[str], str | None]


@dataclass(slots=True)
class Snapshot:
    """All services that are not retired, sorted by name, then id: the order of each list.

    Each service is a row of `ids`, `changed` (seconds since 1970) and `at_locations` (their ids). What is
    searched is one text of a line each; `ends` says where each line ends.
    `tables` leads from a kind and a key to the numbers of rows. `organizations` are their ids, by name.
    """

    ids: list[str]
    text: bytes
    ends: array[int]
    changed: list[int]
    at_locations: list[list[str]]
    organizations: list[tuple[str, str]]
    tables: dict[str, dict[str, array[int]]]
    common: bytes
    packed: dict[str, dict[int, bytes]]
    rows: dict[str, int] = field(default_factory=dict)
    at_rows: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.index()

    def index(self) -> None:
        """Note where each id stands."""
        self.rows = {one: row for row, one in enumerate(self.ids)}
        self.at_rows = {
            one: (row, number) for row, ids in enumerate(self.at_locations) for number, one in enumerate(ids)
        }

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the tags of all languages in which something is said."""
        return tuple(self.packed)

    def record(self, row: int, tag: str = ENGLISH) -> Json:
        """Return a service in full in a language, or in English where nobody translated it."""
        found: Json = json.loads(self.written(row, tag))
        return found

    def written(self, row: int, tag: str = ENGLISH) -> bytes:
        """Return the same as JSON."""
        packed = self.packed.get(tag, {}).get(row) or self.packed[ENGLISH][row]
        return zlib.decompressobj(zdict=self.common).decompress(packed)

    def having(self, table: str, key: str) -> Collection[int]:
        """Return the rows that a table has under a key: of a term, an organization, a county."""
        return self.tables[table].get(key, ())

    def covering(self, postcode: str, counties: Iterable[str], towns: Iterable[str]) -> set[int]:
        """Return the rows of services for people of a ZIP: it, its county or its town is covered."""
        found = set(self.having("zip", postcode))
        for county in counties:
            found.update(self.having("county", county))
            for end in range(1, len(county) + 1):
                found.update(self.having("reach", county[:end]))
        for town in towns:
            found.update(self.having("town", folded(town)))
        return found.union(self.having("reach", ""))

    def saying(self, words: Sequence[str], rows: Sequence[int]) -> list[int]:
        """Return those of some rows that have all of these words in their names and sentences."""
        first, *others = sorted((word.encode() for word in words), key=len, reverse=True)
        found = [*self._lines_with(first)] if len(rows) == len(self) else [*self._having(first, rows)]
        for word in others:
            found = [*self._having(word, found)]
        return found

    def _having(self, word: bytes, rows: Iterable[int]) -> Iterator[int]:
        text, ends = self.text, self.ends
        return (row for row in rows if text.find(word, ends[row - 1] if row else 0, ends[row]) >= 0)

    def _lines_with(self, word: bytes) -> Iterator[int]:
        at = self.text.find(word)
        while at >= 0:
            row = bisect_right(self.ends, at)
            yield row
            at = self.text.find(word, self.ends[row])


def build(services: Iterable[Service], setting: Setting, reach: Reach) -> Snapshot:
    """Build the snapshot of all services that are not retired, in every language that one of them has."""
    offered = _of_one_organization([one for one in services if one.status != RETIRED], setting)
    there = [(folded(one.name), record_id("service", one.id), one) for one in offered]
    there.sort(key=lambda one: one[:2])
    like = [_written(service_record(one, setting)) for _, _, one in there[:: len(there) // _LIKE + 1]]
    common = b"".join(like)[-_MOST_LIKE:]
    made = Snapshot([], b"", array("I"), [], [], [], {name: {} for name in _TABLES}, common, {})
    made.packed = {ENGLISH: {}}
    made.packed |= {tag: {} for tag in sorted({tag for *_, one in there for tag in one.in_other})}
    # Copied for each record: to read the dictionary again each time would take as long as the packing.
    packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS, 8, zlib.Z_DEFAULT_STRATEGY, common)
    named: dict[str, str] = {}
    lines: list[bytes] = []
    for row, (_, own_id, one) in enumerate(there):
        record = service_record(one, setting)
        made.ids.append(own_id)
        lines.append(_searched(one).encode())
        made.ends.append(len(lines[-1]) + (made.ends[-1] if row else 0))
        made.changed.append(int(setting.changed_at(one).timestamp()))
        made.at_locations.append([each["id"] for each in record["service_at_locations"]])
        made.packed[ENGLISH][row] = _packed(record, packer)
        for tag in one.in_other:
            made.packed[tag][row] = _packed(service_record(one, setting, tag), packer)
        _enter(made.tables, row, _keys(one, record, reach))
        named.setdefault(record["organization"]["id"], folded(one.organization.name))
    made.text = b"".join(lines)
    made.organizations = sorted(named.items(), key=lambda one: (one[1], one[0]))
    made.index()
    return made


def _of_one_organization(services: list[Service], setting: Setting) -> list[Service]:
    """Let an organization be described by its service of the widest place: a town rewords nobody else's."""

    def width(service: Service) -> tuple[int, str]:
        known = service.serves in setting.places
        return (-KINDS.index(setting.places[service.serves].kind) if known else 0, service.id)

    said: dict[str, Service] = {}
    for one in sorted(services, key=width):
        said.setdefault(one.organization.id, one)
    return [_told_by(said[one.organization.id], one) for one in services]


def _told_by(other: Service, service: Service) -> Service:
    """Return a service with what another one says of their organization."""
    told, own = other.extra.get(_ORGANIZATION), service.extra.get(_ORGANIZATION)
    if service.organization == other.organization and told == own:
        return service
    extra = {part: one for part, one in service.extra.items() if part != _ORGANIZATION}
    whole = {**extra, _ORGANIZATION: told} if told else extra
    return replace(service, organization=other.organization, extra=whole)


def to_bytes(snapshot: Snapshot) -> bytes:
    """Return a snapshot as bytes to be kept: `from_bytes` makes the same of them."""
    body: list[bytes] = []
    lengths: dict[str, list[list[int]]] = {}
    for tag, records in snapshot.packed.items():
        lengths[tag] = [[row, len(one)] for row, one in records.items()]
        body += records.values()
    head = {
        "ids": snapshot.ids,
        "text": snapshot.text.decode(),
        "ends": [*snapshot.ends],
        "changed": snapshot.changed,
        "at_locations": snapshot.at_locations,
        "organizations": snapshot.organizations,
        "tables": {
            name: {key: [*rows] for key, rows in table.items()} for name, table in snapshot.tables.items()
        },
        "lengths": lengths,
    }
    packed = zlib.compress(json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode(), 6)
    sizes = len(packed).to_bytes(_LENGTH, "big") + len(snapshot.common).to_bytes(_LENGTH, "big")
    return b"".join((_MAGIC, sizes, packed, snapshot.common, *body))


def from_bytes(data: bytes) -> Snapshot:
    """Return the snapshot of `to_bytes`. Raises ValueError for bytes that are none."""
    if not data.startswith(_MAGIC):
        raise ValueError("this is no snapshot of services, or one of another version")
    start = len(_MAGIC)
    middle = start + _LENGTH
    ends = [int.from_bytes(data[at : at + _LENGTH], "big") for at in (start, middle)]
    head_start = middle + _LENGTH
    head = json.loads(zlib.decompress(data[head_start : head_start + ends[0]]))
    position = head_start + sum(ends)
    packed: dict[str, dict[int, bytes]] = {}
    for tag, lengths in head["lengths"].items():
        packed[tag] = {}
        for row, length in lengths:
            packed[tag][row] = data[position : position + length]
            position += length
    if position != len(data):
        raise ValueError("a snapshot of services that is cut off")
    return Snapshot(
        ids=head["ids"],
        text=head["text"].encode(),
        ends=array("I", head["ends"]),
        changed=head["changed"],
        at_locations=head["at_locations"],
        organizations=[(one, name) for one, name in head["organizations"]],
        tables={
            name: {key: array("I", rows) for key, rows in table.items()}
            for name, table in head["tables"].items()
        },
        common=data[head_start + ends[0] : head_start + sum(ends)],
        packed=packed,
    )


def _keys(service: Service, record: Json, reach: Reach) -> dict[str, Iterable[str]]:
    """Return the keys of a service in each table; those of terms are as its record says them."""
    terms = [one["taxonomy_term"] for one in record.get("attributes", ()) if "taxonomy_term" in one]
    around = reach(service.serves) if service.covers_whole_place else None
    return {
        "term": [one["id"] for one in terms],
        "taxonomy": [
            one.get("taxonomy_id") or one["taxonomy_detail"]["id"]
            for one in terms
            if "taxonomy_id" in one or "taxonomy_detail" in one
        ],
        "organization": [record["organization"]["id"]],
        "county": service.coverage.counties,
        "zip": service.coverage.zips,
        "town": [folded(one) for one in service.coverage.towns],
        "reach": [] if around is None else [around],
    }


def _enter(tables: dict[str, dict[str, array[int]]], row: int, keys: Mapping[str, Iterable[str]]) -> None:
    for name, found in keys.items():
        for key in dict.fromkeys(found):
            tables[name].setdefault(key, array("I")).append(row)


def _searched(service: Service) -> str:
    parts = [service.name, service.organization.name, service.what, *service.coverage.towns]
    parts += [str(service.extra.get("service", {}).get("alternate_name", ""))]
    parts += [term.name for term in terms_of(service)]
    parts += [texts.get(name, "") for texts in service.in_other.values() for name in ("name", "what")]
    return f"{folded(' | '.join(parts))}\n"


def _written(record: Json) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def _packed(record: Json, packer: Packer) -> bytes:
    one = packer.copy()
    return one.compress(_written(record)) + one.flush()
