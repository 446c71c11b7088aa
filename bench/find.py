"""The place search of the page function, beside a page of it: `python -m bench.find` prints the figures.

Both run under AWS's own runtime client, and take turns, so that a busy minute is busy for both. Pages and the
index of ZIPs are those that ship. The last line is JSON. It ends with 1 where a search costs more than it
may.
"""

from __future__ import annotations

import compileall
import json
import py_compile
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from bench import events
from bench.alone_find import alone
from bench.runtime import Function
from bench.targets import runtime
from chalicelib.directory.adapters.shipped_content import CATALOGS, CONTENT, TEMPLATES, content_with_areas
from chalicelib.directory.zips import Zips, read_zips
from chalicelib.pages.pack_zips import pack_zips
from chalicelib.pages.page_headers import ERROR_STATUSES
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.pages.render.packing import PUBLISHED, pack, pack_brotli
from chalicelib.pages.render.site import Site
from tools.build.functions import PAGE

ROOT = Path(__file__).resolve().parent.parent
MOST_RATIO, MOST_FIRST_MS = 1.5, 10.0
ROUNDS, WARM = 7, 400
COUNTY = "/es/places/ca/merced/"
TYPED = {
    "ZIP": "93635",
    "town": "Los Baños",
    "several counties": "",
    "wrong letter": "Los Bamos",
    "nothing": "qqqqqqq",
}


def main() -> int:
    """Measure, print, and say whether it holds."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        zips = read_zips(json.loads((CONTENT / "zips.json").read_text(encoding="utf-8")))
        function = lay_out(work / "function", zips)
        packages = runtime(work, ("awslambdaric",)).site_packages
        asked = requests(zips)
        took = {name: list[float]() for name in asked}
        used = {name: list[float]() for name in asked}
        first = {name: list[float]() for name in asked}
        for _ in range(ROUNDS):
            for name, event in asked.items():
                one_round(function, packages, event, took[name], used[name], first[name])
        by_itself = {name: alone(function, event) for name, event in asked.items()}
    return report(took, used, first, by_itself)


def requests(zips: Zips) -> dict[str, bytes]:
    """Return a request for a page, and one for each kind of search."""
    several = next(code for code, counties in zips.counties_of.items() if len(counties) > 1)
    found = {"page": events.page(COUNTY)}
    for name, typed in TYPED.items():
        body = urlencode({"place": typed or several})
        found[name] = events.form("/{locale}/{place}", "/es/places/", body)
    return found


def one_round(
    folder: Path, packages: Path, event: bytes, took: list[float], used: list[float], first: list[float]
) -> None:
    """Start a function, show another page first, then ask once, then again and again."""
    with Function(folder, PAGE.handler, {}, packages) as function:
        function.invoke(events.page())
        function.invoke(events.page("/es/us/"))
        before = function.cpu_seconds()  # by the clock, a busy machine's turns would count as well
        function.invoke(event)
        first.append((function.cpu_seconds() - before) * 1e3)
        for _ in range(WARM // 10):
            function.invoke(event)
        before, times = function.cpu_seconds(), list[float]()
        for _ in range(WARM):
            times.append(function.invoke(event).seconds * 1e6)
        used.append((function.cpu_seconds() - before) * 1e6 / WARM)
        took.append(statistics.median(times))


def lay_out(folder: Path, zips: Zips) -> Path:
    """Write a function as a package has it, with a page for each county."""
    ours = folder / "chalicelib"
    ignored = shutil.ignore_patterns("__pycache__", "content", "locale")
    shutil.copytree(ROOT / "chalicelib", ours, ignore=ignored)
    compileall.compile_dir(ours, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    build_pages(ours / "built_pages", zips, PUBLISHED)
    return folder


def build_pages(pages: Path, zips: Zips, quality: int) -> None:
    """Write what a package has of pages, in two languages: for benches and tests."""
    site = Site(TEMPLATES, Catalogs(CATALOGS), content_with_areas())
    index = {
        "locales": ["en", "es"],
        "places": list(site.places),
        "areas": list(site.areas),
        "default_place": site.default_place,
        "headers": site.headers(),
        "brotli": True,
    }
    for locale in ("en", "es"):
        (pages / locale).mkdir(parents=True)
        made = {place: site.page(locale, place) for place in site.places}
        made |= {area: site.area(locale, area) for area in site.areas}
        made |= {f"error-{status}": site.error(locale, status) for status in ERROR_STATUSES}
        for name, html in made.items():
            (pages / locale / f"{name}.b64").write_text(pack(html), encoding="ascii")
            (pages / locale / f"{name}.br.b64").write_text(pack_brotli(html, quality), encoding="ascii")
    (pages / "index.json").write_text(json.dumps(index), encoding="utf-8")
    (pages / "zips").write_bytes(pack_zips(zips))


def report(
    took: Mapping[str, list[float]],
    used: Mapping[str, list[float]],
    first: Mapping[str, list[float]],
    by_itself: Mapping[str, float],
) -> int:
    """Print a table and the figures, and return 1 where a search costs more than it may."""
    warm = {name: statistics.median(times) for name, times in took.items()}
    cpu = {name: statistics.median(times) for name, times in used.items()}
    once = {name: statistics.median(times) for name, times in first.items()}
    print("| asked for | p50 us | processor us | x a page | handler alone us | first one, ms more |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in warm:
        ratio, more = cpu[name] / cpu["page"], once[name] - once["page"]
        times = f"{warm[name]:.0f} | {cpu[name]:.0f} | {ratio:.2f} | {by_itself[name]:.1f} | {more:.1f}"
        print(f"| {name} | {times} |")
    figures = {
        "find_ratio": max(cpu[name] / cpu["page"] for name in TYPED),
        "find_p50_ratio": max(warm[name] / warm["page"] for name in TYPED),
        "find_alone_us": max(by_itself[name] for name in TYPED),
        "page_alone_us": by_itself["page"],
        "find_first_ms": max(once[name] for name in TYPED) - once["page"],
    }
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))
    holds = figures["find_ratio"] <= MOST_RATIO and figures["find_first_ms"] <= MOST_FIRST_MS
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
