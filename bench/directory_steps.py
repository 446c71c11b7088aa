"""Steps of the bench of the directory, each in a process of its own: make, find, start, ask.

The last line that a step prints is what it tells, as JSON.
"""

from __future__ import annotations

import base64
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_ENGLISH_BUDGET, _WORST_BUDGET = 6_500, 8_500  # bytes of gzip, as the pages of counties may have
_ROUNDS = 40


def make(number: str, work: str) -> dict[str, Any]:
    """Bring so many services as a sheet, make all their pages, and the files for machines."""
    from bench.invented_services import DAY, invented
    from chalicelib.directory.adapters.shipped_content import CONTENT, content_with_areas
    from chalicelib.directory.hsds.difference import difference
    from chalicelib.directory.hsds.door import Door
    from chalicelib.directory.hsds.export import export_csv
    from chalicelib.directory.hsds.read_sheet import read_sheet
    from chalicelib.directory.service_entries import entry_of
    from chalicelib.directory.write_entries import write_entries
    from chalicelib.directory.zips import read_zips

    zips = read_zips(json.loads((CONTENT / "zips.json").read_text(encoding="utf-8")))
    places = content_with_areas().places
    sheet = export_csv(invented(int(number), zips), DAY).text.encode()
    began = time.monotonic()
    door = Door(places, "california", "https://invented.example/", DAY, key="invented", own=True)
    taken = read_sheet(sheet, "services.csv", door)
    if taken.refusals or len(taken.services) != int(number):
        raise SystemExit(f"bench: the sheet was not taken in: {taken.refusals[:3]}")
    found = difference((), taken)
    document = write_entries({"services": [entry_of(one) for one in taken.services]})
    import_s = time.monotonic() - began
    if len(found.added) != int(number):
        raise SystemExit("bench: the difference is not all of the sheet")
    pages = _pages(json.loads(document)["services"])
    edition = _edition(taken.services, places, zips, Path(work, "edition"))
    return {
        "services": int(number),
        "import_s": round(import_s, 2),
        **pages,
        **edition,
        "publish_s": round(pages["pages_s"] + edition["edition_s"], 2),
    }


def _pages(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Make and pack every page of services in every language."""
    from chalicelib.directory.adapters.shipped_content import CATALOGS, CONTENT, TEMPLATES
    from chalicelib.directory.content import read_content
    from chalicelib.pages.render.catalogs import Catalogs
    from chalicelib.pages.render.packing import pack, pack_brotli
    from chalicelib.pages.render.site import Site

    def read(name: str) -> Any:
        return json.loads((CONTENT / f"{name}.json").read_text(encoding="utf-8"))

    began = time.monotonic()
    content = read_content(*(read(one) for one in ("places", "contacts", "site")), entries, read("zips"))
    site = Site(TEMPLATES, Catalogs(CATALOGS), content)
    sizes: dict[str, list[int]] = defaultdict(list)
    for locale in site.locales:
        for unit in site.areas:
            html = site.area(locale, unit)
            sizes[locale].append(len(base64.b64decode(pack(html))))
            pack_brotli(html)
    over = sum(
        size > (_ENGLISH_BUDGET if locale == "en" else _WORST_BUDGET)
        for locale, found in sizes.items()
        for size in found
    )
    return {
        "pages": sum(map(len, sizes.values())),
        "pages_s": round(time.monotonic() - began, 2),
        "largest_page_bytes": max(map(max, sizes.values())),
        "largest_english_bytes": max(sizes["en"]),
        "pages_over_budget": over,
    }


def _edition(services: Sequence[Any], places: Any, zips: Any, folder: Path) -> dict[str, Any]:
    """Make the files for machines; then see what it takes to find that nothing changed."""
    from bench.invented_services import DAY
    from chalicelib.directory.hsds.make_edition import read_changes
    from chalicelib.publishing.keep_edition import Given, edition_of
    from chalicelib.wiring.live_edition import shipped_words

    now = _moment(DAY)
    given = Given(zips, shipped_words(), (), "bench")
    began = time.monotonic()
    files = edition_of(services, places, given, {}, now).files()
    edition_s = time.monotonic() - began
    began = time.monotonic()
    edition_of(services, places, given, read_changes(files["changes.json"]), now)
    unchanged_s = time.monotonic() - began
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {
        "edition_s": round(edition_s, 2),
        "edition_unchanged_s": round(unchanged_s, 2),
        "edition_bytes": {name: len(content) for name, content in files.items()},
    }


def _moment(day: Any) -> Any:
    from datetime import UTC, datetime
    from datetime import time as of_day

    return datetime.combine(day, of_day(12), UTC)


def find() -> dict[str, Any]:
    """Look places up by ZIP, by name, and by a name with a wrong letter."""
    from chalicelib.directory.adapters.shipped_content import CONTENT
    from chalicelib.directory.zips import read_zips
    from chalicelib.pages.find_place import PlaceSearch
    from chalicelib.pages.pack_zips import pack_zips
    from chalicelib.pages.zip_table import ZipTable

    zips = read_zips(json.loads((CONTENT / "zips.json").read_text(encoding="utf-8")))
    search = PlaceSearch(ZipTable(pack_zips(zips)))
    typed = [*zips.counties_of][::50] + [town.name for town in zips.towns[::50]] + ["Los Baños", "Mercedd"]
    times = []
    for _ in range(_ROUNDS):
        for one in typed:
            began = time.perf_counter()
            search.find(one)
            times.append(time.perf_counter() - began)
    return {"find_us_p50": round(statistics.median(times) * 1e6, 1)}


def start() -> dict[str, Any]:
    """Start the HSDS function and answer once, as a cold start does."""
    began = time.monotonic()
    answer = _function()
    told = time.monotonic() - began
    _asked(answer, "/hsds/services", {})
    return {"start_ms": told * 1000, "first_ms": (time.monotonic() - began) * 1000}


def ask() -> dict[str, Any]:
    """Ask the HSDS function for lists and records of every kind."""
    answer = _function()
    first = json.loads(_asked(answer, "/hsds/services", {"per_page": "100"})["body"])
    terms = json.loads(_asked(answer, "/hsds/taxonomy_terms", {"per_page": "100"})["body"])["contents"]
    ids, last = [one["id"] for one in first["contents"]], first["total_pages"]
    kinds: dict[str, list[float]] = defaultdict(list)
    for number in range(_ROUNDS):
        for kind, path, query in (
            ("list", "/hsds/services", {"page": str(number * last // _ROUNDS + 1)}),
            ("search", "/hsds/services", {"search": ("river", "lantern law", "oak 17", "meal")[number % 4]}),
            ("term", "/hsds/services", {"taxonomy_term_id": terms[number % len(terms)]["id"]}),
            ("postcode", "/hsds/service_at_locations", {"postcode": ("93635", "95340", "90001")[number % 3]}),
            ("full", "/hsds/services", {"full": "true", "page": str(number % last + 1), "lang": "es"}),
            ("changed", "/hsds/services", {"modified_after": f"2026-{number % 11 + 1:02}-01"}),
            ("organizations", "/hsds/organizations", {"page": str(number + 1)}),
            ("one", f"/hsds/services/{ids[number % len(ids)]}", {}),
        ):
            began = time.perf_counter()
            _asked(answer, path, query)
            kinds[kind].append((time.perf_counter() - began) * 1000)
    times = sorted(one for found in kinds.values() for one in found)
    return {
        "p50": round(statistics.median(times), 2),
        "p95": round(times[int(len(times) * 0.95)], 2),
        "by_kind": {
            kind: [round(statistics.median(found), 2), round(max(found), 2)] for kind, found in kinds.items()
        },
    }


def _function() -> Callable[[Any, Any], dict[str, Any]]:
    from chalicelib.wiring.hsds_function import answer

    return answer


def _asked(
    answer: Callable[[Any, Any], dict[str, Any]], path: str, query: Mapping[str, str]
) -> dict[str, Any]:
    event = {
        "path": path,
        "httpMethod": "GET",
        "headers": {"accept-language": "es"},
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
    }
    found = answer(event, None)
    if found["statusCode"] != 200:
        raise SystemExit(f"bench: {path} was answered with {found['statusCode']}")
    return found


def _most_memory() -> int:
    """Return the most memory that this process had, in MB: what wait4 says counts its parent's as well."""
    with open("/proc/self/status", encoding="ascii") as file:
        return round(next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024)


STEPS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "make": make, "find": find, "start": start, "ask": ask,
}  # fmt: skip

if __name__ == "__main__":
    told = STEPS[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({**told, "rss_mb": _most_memory()}))
