"""Import of a large file of services by an operator: `python -m tools.import_services FILE --list NAME ...`.

    STAGE=prod python -m tools.import_services list.csv --list "211 of Merced County" --place merced-county-ca
    STAGE=prod python -m tools.import_services export.json --own

It is what the desk does with a file that is chosen there, without the limit of a request: each place's
services become a draft, for somebody to look at and publish. A file that was exported here (--own) may have
services of many places; any other is for one. Nothing is saved without --save.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.hsds.door import Imported, Limits
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.edit_services import EditServices
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.import_services import OWN, ImportServices, Proposal, door_of, read_file
from chalicelib.settings import Settings
from chalicelib.shared.errors import PorchlightError, StoreUnavailable
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring import publishing
from tools.local.where import NoSite, where

_SHOWN = 50  # remarks
_WHO = "operator"


def bring(
    services: EditServices, name: str, data: bytes, source: str, place: str, yes: Iterable[str], save: bool
) -> Iterator[str]:
    """Compare a file with the services of its places, and make drafts if asked to; yield what is found.

    `place` is whose it is; of OWN each service says its own. Raises DocumentInvalid for what cannot be taken.
    """
    places, agreed = services.places(), list(yes)
    if place not in places:
        raise DocumentInvalid(f"there is no place {place!r}: --place takes the address of its page")
    door = door_of(places, place, source, services.today(place), services.where(), Limits())
    brought = read_file(data, name, door)
    yield from (f"refused: {one}" for one in brought.refusals[:_SHOWN])
    yield from (f"note: {one}" for one in brought.notes[:_SHOWN])
    if brought.refusals and "rest" not in agreed:
        raise DocumentInvalid(
            f"{len(brought.refusals)} records cannot be taken: mend them, or say --yes rest"
        )
    imports = ImportServices(services)
    for slug, part in _by_place(brought, place, source).items():
        proposal = (
            imports.take_read(slug, part, name, source, agreed, _WHO)
            if save
            else imports.look_read(slug, part, name, source)
        )
        yield from _told(slug, proposal, save)


def _by_place(brought: Imported, place: str, source: str) -> dict[str, Imported]:
    """Return what a file brings for each place. With any refusal nothing is retired anywhere."""
    slugs = dict.fromkeys(one.serves for one in brought.services) if source == OWN else {place: None}
    return {
        slug: replace(
            brought,
            services=tuple(one for one in brought.services if one.serves == slug),
            refusals=(),
            notes=(),
        )
        for slug in slugs
    }


def _told(place: str, proposal: Proposal, save: bool) -> Iterator[str]:
    what = proposal.difference
    yield from (f"refused: {one}" for one in proposal.refusals[:_SHOWN])
    done = "" if save else f"; needs --yes {' '.join(asks)}" if (asks := proposal.asks()) else ""
    yield (
        f"{place}: {len(what.added)} added, {len(what.changed)} changed, {len(what.retired)} retired,"
        f" {what.same} as they are, {len(proposal.refusals)} left out{done}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Import a file, and say what came of it; return the exit code."""
    asked = _asked(arguments)
    try:
        path = Path(asked.file)
        data = path.read_bytes()
        source = OWN if asked.own else " ".join(asked.list.split())
        services = _services()
        place = asked.place or next(one.slug for one in services.places() if one.parent is None)
        for line in bring(services, path.name, data, source, place, asked.yes, asked.save):
            print(line)
    except DraftConflict as error:
        print(f"{error}: start it once more", file=sys.stderr)
        return 1
    except (NoSite, StoreUnavailable, PorchlightError, OSError) as reason:
        print(reason, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"AWS does not answer: {error}", file=sys.stderr)
        return 1
    print(
        "They are drafts now: look at them at the desk, and publish them there."
        if asked.save
        else "Nothing is saved. Start it again with --save to make drafts."
    )
    return 0


def _services() -> EditServices:
    site = where()
    if not site.pages_bucket or not site.documents_table:
        raise NoSite(f"{site.title} does not say where its pages and documents are")
    settings = Settings(pages_bucket=site.pages_bucket, documents_table=site.documents_table)
    clock = SystemClock()
    part = publishing.parts(settings, clock)
    return EditServices(EditText(part.store, part.shipped, part.shelf, clock), clock)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tools.import_services", description=__doc__.split("\n")[0])
    parser.add_argument("file")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--list", default="", help="what the list is called; it is shown as the source")
    which.add_argument("--own", action="store_true", help="the file was exported here")
    parser.add_argument("--place", default="", help="whose services these are, such as merced-county-ca")
    parser.add_argument("--yes", nargs="*", default=[], choices=("far", "rest"),
                        help="far: retire many; rest: leave out what cannot be taken")  # fmt: skip
    parser.add_argument("--save", action="store_true", help="make drafts of it")
    asked = parser.parse_args(arguments)
    if asked.list and not asked.place:
        parser.error("--list needs --place: whose services these are")
    return asked


if __name__ == "__main__":
    sys.exit(main())
