"""The HSDS API on a socket of this machine, with invented services, as `make run` serves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chalice.app import Chalice

from chalicelib.directory.hsds.edition import read_edition
from chalicelib.directory.hsds.make_edition import Source, changes_of, edition_files
from chalicelib.directory.places import read_places
from chalicelib.directory.services import Coverage, Organization, Service
from chalicelib.directory.zips import read_zips
from chalicelib.pages.hsds_editions import Current
from chalicelib.pages.web import hsds_routes
from chalicelib.pages.web.hsds_answers import hsds_function
from tests.directory.hsds.samples import KITCHEN, SAMPLES
from tools.local.local_server import LocalSite
from tools.local.quiet_server import HOST, reserve

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PLACES = read_places(
    {
        "places": [
            {"slug": "los-banos-ca", "name": "Los Banos", "parent": "merced-county-ca", "kind": "city"},
            {
                "slug": "merced-county-ca", "name": "Merced County", "parent": "california", "kind": "county",
                "fips": "06047",
            },
            {"slug": "california", "name": "California", "parent": "us", "kind": "state", "state": "ca",
             "zone": "America/Los_Angeles"},
            {"slug": "us", "name": "United States", "parent": None, "kind": "nation"},
        ]
    }
)  # fmt: skip
ZIPS = read_zips(
    {
        "sources": [{"name": "Invented", "licence": "CC0", "date": "2026"}],
        "states": [{"letters": "ca", "name": "California", "fips": "06"}],
        "counties": [
            {"fips": "06047", "name": "Merced County", "slug": "merced"},
            {"fips": "06019", "name": "Fresno County", "slug": "fresno"},
        ],
        "zips": {"93635": "06047 06019", "95340": "06047", "93701": "06019"},
        "towns": [
            {"name": "Los Banos", "state": "ca", "counties": "06047", "zips": "93635"},
            {"name": "Merced", "state": "ca", "counties": "06047", "zips": "95340"},
        ],
    }
)
WORDS = {"es": {"Food": "Comida", "Meals and groceries": "Comidas y alimentos"}}
MANY: list[Service] = [
    replace(
        KITCHEN,
        id=f"kitchen-{number}",
        name=f"Kitchen {number % 7}",
        organization=Organization(f"town-{number % 5}", f"Town {number % 5}"),
        coverage=Coverage(counties=("06047",)) if number % 3 else Coverage(),
        in_other={"es": {"what": "Una comida."}} if number % 4 == 0 else {},
    )
    for number in range(60)
]
SERVICES = [*SAMPLES, *MANY]


def files_of(services: list[Service]) -> dict[str, bytes]:
    return edition_files(Source(services, PLACES, ZIPS, WORDS, NOW), changes_of(services, None, NOW))


FILES = files_of(SERVICES)


class Here:
    """The Editions port over files in memory."""

    def __init__(self, files: Mapping[str, bytes] = FILES, away: str = "") -> None:
        self._current = Current(read_edition(files), files.__getitem__, away)

    def current(self) -> Current:
        return self._current


def handler(editions: Any = None, base: str = "https://a.example/hsds", log: Any = print) -> Any:
    return hsds_function(editions or Here(), base, log)


@contextmanager
def site(
    editions: Any = None, seen: Callable[[Any, Any], None] = lambda event, response: None
) -> Iterator[str]:
    """Serve, and give the address of the API; `seen` is told each event and its response."""
    listener = reserve(0)
    address = f"http://{HOST}:{listener.getsockname()[1]}/hsds"
    app = Chalice("hsds")
    handle = handler(editions, address)

    def told(event: Any, context: Any) -> Any:
        response = handle(event, context)
        seen(event, response)
        return response

    app.register_blueprint(hsds_routes.routes(told))
    served = LocalSite(app, listener, say=lambda line: None)
    served.start()
    try:
        yield address
    finally:
        served.stop()
