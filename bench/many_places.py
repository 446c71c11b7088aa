"""The page function of a site with many places: `python -m bench.many_places [PLACES]`, for 3,000 by itself.

Instructions of a cold start and of a warm request, beside a bare handler: for a site as it ships, published,
and published with many places, of which the last one is asked for. And how many bytes the index takes that
every instance fetches, with the number of places from which on it is more than it should be.

`make bench` measures the same over the package; here our code is laid out as the package has it, with its
bytecode and pages, and nothing is built.
"""

from __future__ import annotations

import compileall
import gzip
import hashlib
import json
import py_compile
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import events, invented_towns, pages, targets
from bench.bucket import RELEASE, Bucket
from bench.targets import BARE, PORCHLIGHT, Runtime, Target
from chalicelib.directory.adapters.shipped_content import TEMPLATES
from chalicelib.pages.page_files import hashes_in, path_of
from tools.build.catalogs import compile_catalogs
from tools.build.functions import PAGE
from tools.build.package_pages import render

PLACES, COUNTED = 3000, 20
MOST_BYTES = 60_000
_ROOT = Path(__file__).resolve().parent.parent


class CrowdedBucket(Bucket):
    """A bucket whose release has many places more; the last of them has a page, that of the front page."""

    def __init__(self, folder: Path, places: int) -> None:
        super().__init__(folder)
        current = json.loads(self._files["/current.json"])
        index = current["index"]
        known, shared = hashes_in(index)
        index["places"] = with_invented(known, places)
        [*_, self.last] = index["places"]
        for locale in index["locales"]:
            page = path_of(RELEASE, known, shared, locale, index["default_place"])
            copy = path_of(RELEASE, index["places"], shared, locale, self.last)
            for ending in (".b64", ".br.b64"):
                self._files[f"/{copy}{ending}"] = self._files[f"/{page}{ending}"]
        self.current = json.dumps(current).encode("utf-8")
        self._files["/current.json"] = self.current


def with_invented(known: dict[str, str], count: int) -> dict[str, str]:
    """Return so many places with hashes, the known ones first."""
    invented = invented_towns.places(max(count - len(known), 1))
    return {**known, **{one.slug: hashlib.sha256(one.slug.encode()).hexdigest()[:20] for one in invented}}


def packed(current: bytes) -> int:
    """Return the bytes of an index on its way, as gzip."""
    return len(gzip.compress(current, 9, mtime=0))


def most_places(bucket: CrowdedBucket) -> int:
    """Return with how many places the index is still as small as it should be, to the nearest fifty."""
    current = json.loads(bucket.current)
    known = current["index"]["places"]
    shipped = {slug: known[slug] for slug in known if not slug.endswith(invented_towns.ENDINGS)}
    count = 50
    while count < invented_towns.MOST:
        current["index"]["places"] = with_invented(shipped, count + 50)
        if packed(json.dumps(current).encode()) > MOST_BYTES:
            break
        count += 50
    return count


def crowded(ours: Target, runtime: Runtime, places: int = PLACES) -> dict[str, Any]:
    """Count instructions of a function that finds many places published, and weigh the index."""
    bucket = CrowdedBucket(ours.folder, places)
    try:
        cost = pages.PageCost()
        event = events.page(f"/es/{bucket.last}/")
        pages.count_instructions(targets.published(ours, bucket.address), runtime, event, COUNTED, cost)
    finally:
        bucket.close()
    return {
        **cost.figures(),
        "places": places,
        "current_json_bytes": packed(bucket.current),
        "current_json_plain_bytes": len(bucket.current),
        "most_places": most_places(bucket),
    }


def measure(ours: Target, bare: Target, runtime: Runtime, places: int = PLACES) -> dict[str, Any]:
    """Count the same beside a bare handler, and beside few places."""
    few = Bucket(ours.folder)
    found: dict[str, Any] = {}
    try:
        for target in (bare, ours, targets.published(ours, few.address)):
            cost = pages.PageCost()
            pages.count_instructions(target, runtime, events.page(), COUNTED, cost)
            found[target.name] = cost.figures()
    finally:
        few.close()
    found[f"{places:,} places"] = crowded(ours, runtime, places)
    for figures in found.values():
        for figure in ("cold_instructions_m", "warm_instructions_k"):
            figures[f"{figure[:4]}_ratio"] = round(figures[figure] / found[BARE][figure], 3)
    return found


def laid_out(work: Path) -> Target:
    """Lay our code and pages out as the package has them, for the page function alone."""
    folder = work / "porchlight"
    ignored = shutil.ignore_patterns("__pycache__", "built_pages", "locale")
    shutil.copytree(_ROOT / "chalicelib", folder / "chalicelib", ignore=ignored)
    shutil.copytree(TEMPLATES, folder / "vendor" / "templates")
    compile_catalogs(target=folder / "chalicelib" / "locale")
    render(folder, "2100-01-01T00:00:00Z")
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=2, invalidation_mode=unchecked)
    return Target(PORCHLIGHT, folder, PAGE.handler)


def main(places: int = PLACES) -> dict[str, Any]:
    """Measure with what is installed here."""
    with tempfile.TemporaryDirectory(prefix="porchlight-bench-") as name:
        work = Path(name)
        [bare] = targets.baselines(work, only=[BARE])
        return measure(laid_out(work), bare, targets.runtime(work), places)


if __name__ == "__main__":
    print(json.dumps(main(*map(int, sys.argv[1:2])), indent=1))
