"""Writer of an edition of the services for machines: its snapshot, and everything as one file (JSON, CSV).

Beside them stands when each service was changed last: the next edition keeps that of what stayed as it was.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.directory.hsds import snapshot as snapshots
from chalicelib.directory.hsds.edition import ABOUT, CHANGES, CSV, JSON, POSTCODES, SNAPSHOT, Words
from chalicelib.directory.hsds.export import export_csv, export_head
from chalicelib.directory.hsds.postcodes import pack_postcodes
from chalicelib.directory.hsds.reach import reach_of
from chalicelib.directory.hsds.records import Setting
from chalicelib.directory.places import Places
from chalicelib.directory.service_entries import entry_of
from chalicelib.directory.services import RETIRED, Service
from chalicelib.directory.zips import Zips

_GZIP = 6
_LETTERS = 16  # of a fingerprint in hex


class Change(NamedTuple):
    """The fingerprint of a service, and since when it is as it is; None as long as its own days say it."""

    fingerprint: str
    since: datetime | None


Changes = Mapping[str, Change]


@dataclass(frozen=True, slots=True)
class Source:
    """What an edition is made of. `on` is the moment, `words` are terms of ours in other languages."""

    services: Collection[Service]
    places: Places
    zips: Zips
    words: Words
    on: datetime


def changes_of(services: Iterable[Service], before: Changes | None, now: datetime) -> dict[str, Change]:
    """Return since when each service is as it is: what is as `before` keeps its moment, all else is of now.

    With nothing before, each was changed on the day on which it was read or confirmed.
    """
    found = {}
    for service in services:
        mark = hashlib.sha256(_spelled(entry_of(service))).hexdigest()[:_LETTERS]
        kept = (before or {}).get(service.id)
        if kept and kept.fingerprint == mark:
            found[service.id] = kept
        else:
            found[service.id] = Change(mark, None if before is None else now)
    return found


def edition_files(source: Source, changes: Changes) -> dict[str, bytes]:
    """Return the files of an edition by name. Retired services are in none of them."""
    changed = {own_id: change.since for own_id, change in changes.items() if change.since}
    setting = Setting(source.places, source.on, changed)
    built = snapshots.build(source.services, setting, reach_of(source.places, source.zips))
    day = source.on.date()
    sheet = export_csv((one for one in source.services if one.status != RETIRED), day, public=True)
    about = {
        "format": 1,
        "on": source.on.isoformat(),
        "words": source.words,
        "exports": {JSON: f"services-{day}.json", CSV: sheet.name},
    }
    return {
        SNAPSHOT: snapshots.to_bytes(built),
        POSTCODES: pack_postcodes(source.zips),
        ABOUT: _spelled(about),
        CHANGES: write_changes(changes),
        JSON: _zipped(_whole(built, export_head(day))),
        CSV: _zipped([sheet.text.encode()]),
    }


def write_changes(changes: Changes) -> bytes:
    """Return when each service was changed last, as it is kept."""
    return _spelled(
        {
            one: [each.fingerprint, each.since.isoformat() if each.since else ""]
            for one, each in changes.items()
        }
    )


def read_changes(data: bytes) -> dict[str, Change]:
    """Return what `write_changes` wrote. Raises ValueError or TypeError for what is none."""
    kept = json.loads(data)
    return {
        str(one): Change(str(mark), datetime.fromisoformat(since) if since else None)
        for one, (mark, since) in kept.items()
    }


def _whole(built: snapshots.Snapshot, head: str) -> Iterable[bytes]:
    """Yield the file with everything, in parts: what the snapshot has is rendered already."""
    yield head.encode()
    for row in range(len(built)):
        yield (b",\n" if row else b"") + built.written(row)
    yield b"\n]}\n"


def _zipped(parts: Iterable[bytes]) -> bytes:
    # Without a time: the same services make the same bytes.
    return gzip.compress(b"".join(parts), _GZIP, mtime=0)


def _spelled(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
