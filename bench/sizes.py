"""How much there is to load: the package's parts, and what a browser gets at first."""

from __future__ import annotations

import base64
import json
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

from chalicelib.directory.adapters.shipped_content import shipped_content
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.pages.render.site import Site

_PAGES = "chalicelib/built_pages/"


def of_package(package: Path) -> dict[str, int]:
    """Return compressed bytes of the zip: our code with its bytecode, the pages, what others wrote, all."""
    parts = {"code": 0, "pages": 0, "packages": 0}
    with zipfile.ZipFile(package / "deployment.zip") as archive:
        for entry in archive.infolist():
            top = entry.filename.split("/")[0]
            ours = top in ("app.py", "chalicelib", "templates", "chalice", "__pycache__")
            part = "pages" if entry.filename.startswith(_PAGES) else "code" if ours else "packages"
            parts[part] += entry.compress_size
    return {**parts, "zip": (package / "deployment.zip").stat().st_size}


def first_views(folder: Path) -> dict[str, int]:
    """Return for each language the bytes of its largest place's page, as a browser gets it."""
    index = json.loads((folder / _PAGES / "index.json").read_text(encoding="utf-8"))
    return {
        locale: max(_packed(folder, locale, place) for place in index["places"])
        for locale in index["locales"]
    }


def header_bytes(folder: Path) -> int:
    """Return the bytes of the headers that each page carries."""
    headers: Mapping[str, str] = json.loads((folder / _PAGES / "index.json").read_text(encoding="utf-8"))[
        "headers"
    ]
    return sum(len(name) + len(value) + 4 for name, value in headers.items())


def _packed(folder: Path, locale: str, place: str) -> int:
    return len(base64.b64decode((folder / _PAGES / locale / f"{place}.b64").read_text(encoding="ascii")))


def rendering(folder: Path) -> dict[str, float]:
    """Return how long rendering every page of every place and language takes, as to publish."""
    package = folder / "chalicelib"
    started = time.perf_counter()
    site = Site(folder / "templates", Catalogs(package / "locale"), shipped_content(package / "content"))
    took = []
    for locale in site.locales:
        for place in site.places:
            site.page(locale, place)
            took.append(time.perf_counter())
    return {
        "pages": len(took),
        "first_ms": (took[0] - started) * 1000,
        "ms_per_page": (took[-1] - took[0]) * 1000 / max(1, len(took) - 1),
    }
