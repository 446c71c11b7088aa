"""Pages of the bench of the directory, as a publish makes them: by area, from its inputs alone.

They are rendered and packed in as many processes as there are processors. To look over a page takes longer
than all else: one in sixteen is, and the rest is reckoned from them. Nothing is written to a bucket.
"""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.area_units import is_area
from chalicelib.directory.areas import find_areas
from chalicelib.directory.place_documents import Whole
from chalicelib.directory.places import read_places
from chalicelib.directory.service_entries import read_service
from chalicelib.directory.zips import Zips
from chalicelib.pages.adapters.document_folders import ReleaseFiles
from chalicelib.pages.render.packing import PUBLISHED, pack, pack_brotli
from chalicelib.publishing.place_inputs import fingerprint_of, place_inputs
from chalicelib.publishing.ports import PlaceInputs
from chalicelib.publishing.release_pages import names_of
from chalicelib.publishing.render.page_checks import check_page
from chalicelib.publishing.render.render_worker import Inside
from chalicelib.wiring.texts import SHIPPED

_ENGLISH_BUDGET, _WORST_BUDGET = 6_500, 8_500  # bytes of gzip, as the pages of counties may have
_SMALLEST = 9  # gzip level, as a publish packs
ONE_IN = 16  # pages of which one is looked over

Entries = Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class Made:
    """What pages took, in seconds of a processor by step, and their sizes by language."""

    took: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    sizes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    checked: int = 0
    findings: int = 0

    def add(self, other: Made) -> None:
        """Count in what another process made."""
        for step, seconds in other.took.items():
            self.took[step] += seconds
        for locale, sizes in other.sizes.items():
            self.sizes[locale] += sizes
        self.checked += other.checked
        self.findings += other.findings

    @property
    def pages(self) -> int:
        """Return how many there are."""
        return sum(map(len, self.sizes.values()))

    @property
    def processor_s(self) -> float:
        """Return the seconds of a processor that all takes, where every page is looked over."""
        others = self.pages / max(self.checked, 1) - 1
        return sum(self.took.values()) + self.took["check"] * others

    def told(self) -> dict[str, Any]:
        """Return sizes, and milliseconds of a processor that a page took, by step."""
        over = sum(
            size > (_ENGLISH_BUDGET if locale == "en" else _WORST_BUDGET)
            for locale, found in self.sizes.items()
            for size in found
        )
        each = {step: seconds / self.pages * 1000 for step, seconds in self.took.items()}
        each["check"] = self.took["check"] / max(self.checked, 1) * 1000
        return {
            "pages": self.pages,
            "largest_page_bytes": max(map(max, self.sizes.values())),
            "largest_english_bytes": max(self.sizes["en"]),
            "pages_over_budget": over,
            "page_ms": {step: round(one, 2) for step, one in each.items()},
            "findings": self.findings,
        }


def planned(entries: Entries, zips: Zips) -> dict[str, PlaceInputs]:
    """Return the inputs of every area by the fingerprint of its pages: so a publish finds what changed."""
    contacts, places, site = map(_read, ("contacts", "places", "site"))
    known = read_places(places)
    areas = find_areas(zips, known, [read_service(one, known, None) for one in entries])
    inputs = place_inputs(Whole(contacts, places, site), areas=areas, services=entries)
    return {fingerprint_of(one, "", "bench"): one for one in inputs if is_area(one.place)}


def make_pages(inputs: Sequence[PlaceInputs], one_in: int = ONE_IN) -> tuple[Made, float]:
    """Make the pages of areas and look over one `one_in` so many; return them and the seconds by a clock.

    The seconds are those that a publish takes, which looks over all.
    """
    workers = min(os.cpu_count() or 1, len(inputs))
    shares = [(inputs[start::workers], one_in) for start in range(workers)]
    made, began = Made(), time.monotonic()
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        for one in pool.starmap(_share, shares):
            made.add(one)
    seconds = time.monotonic() - began
    return made, seconds + (made.processor_s - sum(made.took.values())) / workers


def _share(inputs: Sequence[PlaceInputs], one_in: int) -> Made:
    """Do one process's part of the work, as the process that renders does it."""
    made = Made()
    inside = Inside(ReleaseFiles(SHIPPED, lambda: 0)({}).content.parent)
    took, cpu = made.took, time.process_time
    for one in inputs:
        began = cpu()
        inside.take(one.content)
        took["take"] += cpu() - began
        for name in names_of(one):
            began = cpu()
            html = inside.page(name)["html"]
            rendered = cpu()
            packed = pack(html, _SMALLEST)
            zipped = cpu()
            pack_brotli(html, PUBLISHED)
            took["render"] += rendered - began
            took["gzip"] += zipped - rendered
            took["brotli"] += cpu() - zipped
            made.sizes[name.partition("/")[0]].append(len(base64.b64decode(packed)))
            if made.pages % one_in == 0:
                began = cpu()
                made.findings += len(check_page(name, html, inside._content))
                took["check"] += cpu() - began
                made.checked += 1
    return made


def _read(name: str) -> Any:
    return json.loads((CONTENT / f"{name}.json").read_text(encoding="utf-8"))
