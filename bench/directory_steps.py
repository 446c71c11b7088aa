"""Steps of the bench of the directory, each in a process of its own: make, find, start, ask.

The last line that a step prints is what it tells, as JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_MERCED = "06047"  # the county of which one service is changed
_ROUNDS = 40


class Watch:
    """Seconds by a clock and of this process's processor, since it was made: others may keep that busy."""

    def __init__(self) -> None:
        self._began = time.monotonic(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Return both."""
        clock, processor = self._began
        return round(time.monotonic() - clock, 2), round(time.process_time() - processor, 2)


def make(number: str, work: str) -> dict[str, Any]:
    """Bring so many services as a sheet, make all their pages, and the files for machines."""
    from dataclasses import replace

    from bench.invented_services import DAY, invented
    from chalicelib.directory.adapters.shipped_content import CONTENT, content_with_areas
    from chalicelib.directory.hsds.difference import difference
    from chalicelib.directory.hsds.door import Door
    from chalicelib.directory.hsds.export import export_csv
    from chalicelib.directory.hsds.read_sheet import read_sheet
    from chalicelib.directory.service_entries import entry_of
    from chalicelib.directory.services import Coverage
    from chalicelib.directory.write_entries import write_entries
    from chalicelib.directory.zips import read_zips

    zips = read_zips(json.loads((CONTENT / "zips.json").read_text(encoding="utf-8")))
    places = content_with_areas().places
    sheet = export_csv(invented(int(number), zips), DAY).text.encode()
    watch = Watch()
    door = Door(places, "california", "https://invented.example/", DAY, key="invented", own=True)
    taken = read_sheet(sheet, "services.csv", door)
    if taken.refusals or len(taken.services) != int(number):
        raise SystemExit(f"bench: the sheet was not taken in: {taken.refusals[:3]}")
    found = difference((), taken)
    document = write_entries({"services": [entry_of(one) for one in taken.services]})
    import_s, import_cpu_s = watch.read()
    if len(found.added) != int(number):
        raise SystemExit("bench: the difference is not all of the sheet")
    services = taken.services
    number = next((n for n, one in enumerate(services) if one.coverage == Coverage(counties=(_MERCED,))), 0)
    changed = replace(services[number], what="A warm meal, and people who listen.")
    after = [*services[:number], changed, *services[number + 1 :]]
    pages = _pages(json.loads(document)["services"], [entry_of(one) for one in after], zips)
    edition = _edition(services, after, places, zips, Path(work, "edition"))
    return {
        "services": len(services),
        "import_s": import_s,
        "import_cpu_s": import_cpu_s,
        **pages,
        **edition,
        "publish_s": round(pages["pages_s"] + edition["edition_s"], 2),
        "publish_cpu_s": round(pages["pages_cpu_s"] + edition["edition_cpu_s"], 2),
        "change_s": round(pages["change_pages_s"] + edition["change_edition_s"], 2),
        "change_cpu_s": round(pages["change_pages_cpu_s"] + edition["change_edition_cpu_s"], 2),
    }


def _pages(entries: Sequence[Any], after: Sequence[Any], zips: Any) -> dict[str, Any]:
    """Make every page of services in every language; then those that differ `after` a change."""
    from bench.directory_pages import make_pages, planned

    watch = Watch()
    before = planned(entries, zips)
    plan_s, plan_cpu_s = watch.read()
    made, seconds = make_pages([*before.values()])
    watch = Watch()
    new = [one for fingerprint, one in planned(after, zips).items() if fingerprint not in before]
    change_s, change_cpu_s = watch.read()
    changed, change_pages_s = make_pages(new, one_in=1)
    return {
        **made.told(),
        "plan_s": plan_s,
        "pages_s": round(plan_s + seconds, 2),
        "pages_cpu_s": round(plan_cpu_s + made.processor_s, 2),
        "change_units": [one.place for one in new],
        "change_pages": changed.pages,
        "change_pages_s": round(change_s + change_pages_s, 2),
        "change_pages_cpu_s": round(change_cpu_s + changed.processor_s, 2),
    }


def _edition(
    services: Sequence[Any], after: Sequence[Any], places: Any, zips: Any, folder: Path
) -> dict[str, Any]:
    """Make the files for machines; then see what it takes to find that nothing changed, or one service."""
    from bench.invented_services import DAY
    from chalicelib.directory.hsds.make_edition import read_changes
    from chalicelib.publishing.keep_edition import Given, edition_of
    from chalicelib.wiring.live_edition import shipped_words

    now = _moment(DAY)
    given = Given(zips, shipped_words(), (), "bench")
    watch = Watch()
    files = edition_of(services, places, given, {}, now).files()
    edition_s, edition_cpu_s = watch.read()
    watch = Watch()
    edition_of(services, places, given, read_changes(files["changes.json"]), now)
    unchanged_s, _ = watch.read()
    watch = Watch()
    edition_of(after, places, given, read_changes(files["changes.json"]), now).files()
    change_s, change_cpu_s = watch.read()
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {
        "edition_s": edition_s,
        "edition_cpu_s": edition_cpu_s,
        "edition_unchanged_s": unchanged_s,
        "change_edition_s": change_s,
        "change_edition_cpu_s": change_cpu_s,
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
